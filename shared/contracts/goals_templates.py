"""What the goals service tells the others of goal templates: that they are there, and few of their words."""

from typing import ClassVar, Literal

from shared.contracts.base import Event, State
from shared.contracts.goals import GoalKind, Perspective
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


class GoalTemplateState(State):
    """A goal template as others may know it; only one that is published shows its title and category.

    Goals that begin with it last so many `days`, or, without, as long as their period.
    """

    subject_field: ClassVar[str] = "template_id"
    template_id: TemplateId
    edition: int
    status: Literal["draft", "published", "archived"]
    kind: GoalKind
    perspective: Perspective | None
    days: int | None
    title: str | None
    category: str | None
