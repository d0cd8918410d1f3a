"""What the people service tells the others: who works here and who reports to whom."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.base import Event, Inbound, State
from shared.contracts.erasure import Forgotten
from shared.identity import MachineRole
from shared.ids import PersonId, UnitId


class PersonJoined(Event):
    """A person was added to the directory."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId
    manager_id: PersonId | None
    unit_id: UnitId | None
    joined_on: date | None


class PersonMoved(Event):
    """A person went to another org unit."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId
    from_unit_id: UnitId | None
    to_unit_id: UnitId | None


class ManagerChanged(Event):
    """A person reports to somebody else, or to nobody."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId
    from_manager_id: PersonId | None
    to_manager_id: PersonId | None


class PersonLeft(Event):
    """A person does not work here any more; `left_on` is the last day, null where nobody said."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId
    left_on: date | None


class PersonDetailsChanged(Event):
    """Something else in a person's directory entry changed: name, address, title, level, time zone."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId


class PersonRolesChanged(Event):
    """The identity provider's groups give a person other roles than before; the state has them."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId


class UnitCreated(Event):
    """An org unit was added."""

    subject_field: ClassVar[str] = "unit_id"
    unit_id: UnitId
    parent_id: UnitId | None


class UnitChanged(Event):
    """An org unit's name, parent or HR partners changed."""

    subject_field: ClassVar[str] = "unit_id"
    unit_id: UnitId
    parent_id: UnitId | None


class PersonErased(Event):
    """All that the directory knows of a person is gone for good; every service forgets them too."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId


class PersonForgotten(Forgotten):
    """How far the people service is with forgetting a person."""


class PersonState(State):
    """A person as the directory shows them; carries names, so its readers are granted one by one.

    `job_level` is the level of the job in the organisation's own code, such as `L3`; what is paid for it is
    not told.  `roles` are those that the identity provider's groups give, beside those of the person's token;
    pass over one that you do not know.  Demographic attributes are never part of it.
    """

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId
    given_name: str
    family_name: str
    email: str | None
    job_title: str | None
    unit_id: UnitId | None
    manager_id: PersonId | None
    location: str | None
    time_zone: str
    language: str
    joined_on: date | None
    left_on: date | None
    status: Literal["active", "left"]
    job_level: str | None = None
    roles: tuple[str, ...] = ()


class UnitState(State):
    """An org unit as the directory shows it."""

    subject_field: ClassVar[str] = "unit_id"
    unit_id: UnitId
    name: str
    kind: Literal["company", "department", "team"]
    parent_id: UnitId | None
    hr_partner_ids: tuple[PersonId, ...]


class HoldState(State):
    """That what is kept of a person must be kept; a null when it need not be any more.

    For Cairn's own services alone, which remove nothing for its age while it is so: nobody else is granted
    the topic.  Under which case, it does not tell.
    """

    stream: ClassVar[str] = "holds.state"
    internal: ClassVar[bool] = True
    subject_field: ClassVar[str] = "hold_id"
    hold_id: str
    person_id: PersonId
    since: datetime


class HoldsTold(State):
    """That all holds there are were told; until then nobody removes anything for its age."""

    stream: ClassVar[str] = HoldState.stream
    internal: ClassVar[bool] = True
    subject_field: ClassVar[str] = "holds_id"
    holds_id: Literal["all_holds"]


ALL_HOLDS: Final = "all_holds"
HOLD_ON: Final = "hold_on_"
"""How the id of a hold begins; the person's follows, so that a null says of whom."""
Said = Annotated[str, Field(max_length=1000)]


class PersonSnapshot(Inbound):
    """What a system of the enterprise says of a person now; what it does not name stays as it is.

    The person is known by `employee_number`, without regard to case, and joins if nobody has it.  A manager
    who is not there yet is followed as soon as this topic tells of them; null is nobody.  `status` left ends
    the work here.  What is older by its time than what its source told of the person before changes
    nothing; a time more than ten minutes ahead is refused.
    """

    topic: ClassVar[str] = "cairn.people.inbound"
    sender: ClassVar[MachineRole] = "hr_system"
    subject_field: ClassVar[str] = "employee_number"
    employee_number: Annotated[str, Field(min_length=1, max_length=200)]
    given_name: Said | None = None
    family_name: Said | None = None
    email: Said | None = None
    external_id: Said | None = None
    job_title: Said | None = None
    job_level: Said | None = None
    location: Said | None = None
    time_zone: Said | None = None
    language: Said | None = None
    joined_on: date | None = None
    unit_id: UnitId | None = None
    manager_employee_number: Annotated[str, Field(max_length=200)] | None = None
    status: Literal["active", "left"] | None = None
    left_on: date | None = None
