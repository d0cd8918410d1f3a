"""What every service tells of a person whom it has forgotten; each has a type of its own for it.

On a stream of their own, since the people service reads them of all services and nothing else of theirs.
"""

from typing import ClassVar

from shared.contracts.base import Event
from shared.ids import PersonId


class Forgotten(Event):
    """How far a service is with forgetting a person.

    `removed` documents are deleted so far.  `parked` records still name the person and wait for an operator.
    `checked`: a look, later than anything that was under way could last, has found nothing more.
    """

    stream: ClassVar[str] = "erasures"
    cumulative: ClassVar[bool] = True
    subject_field: ClassVar[str] = "erasure_id"
    erasure_id: str
    person_id: PersonId
    removed: int
    parked: int
    checked: bool
