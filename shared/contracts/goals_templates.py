"""What the goals service tells the others of goal templates: that they are there, and never their words."""

from typing import ClassVar

from shared.contracts.base import Event
from shared.contracts.goals import GoalKind
from shared.ids import PersonId, TemplateId


class _TemplateEvent(Event):
    subject_field: ClassVar[str] = "template_id"
    template_id: TemplateId
    edition: int
    by_person_id: PersonId | None


class GoalTemplateWritten(_TemplateEvent):
    """A template is new, or says something else; everybody may use it once it is published."""

    kind: GoalKind
    published: bool


class GoalTemplateArchived(_TemplateEvent):
    """A template is not used for new goals any more."""
