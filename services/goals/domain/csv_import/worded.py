"""A goal as a file words it, with its place among others and what is to be done for it."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from services.goals.domain.initiative import InitiativeTerms
from services.goals.domain.wording import Wording
from shared.contracts.base import Frozen
from shared.ids import PersonId

LONGEST_ID: Final = 200
ImportId = Annotated[str, StringConstraints(max_length=LONGEST_ID)]


class WordedInitiative(InitiativeTerms):
    """What is to be done; the owner left out, by the goal's owner."""

    owner_id: PersonId | None = None


class Placed(Wording):
    """A wording with the key of the goal that it serves, how it weighs there, and what is done for it.

    The key is one of the same importer, in this file or an earlier one.
    """

    parent_import_id: ImportId | None = None
    contribution: float = Field(default=1.0, gt=0, le=100)
    initiatives: tuple[WordedInitiative, ...] = Field(default=(), max_length=200)

    def wording(self) -> Wording:
        """What a draft of it says."""
        said: dict[str, Any] = {name: getattr(self, name) for name in Wording.model_fields}
        return Wording.model_validate(said)


class WordedGoal(Frozen):
    """A goal as a file words it: its key there, where each of its rows begins, and whose it is to be.

    `line` is that of its first row, `initiative_lines` are those of its initiatives.
    """

    import_id: str
    line: int
    owner_id: PersonId | None
    wording: Wording
    parent_import_id: str | None = None
    contribution: float = 1.0
    initiatives: tuple[WordedInitiative, ...] = ()
    initiative_lines: tuple[int, ...] = ()


def parents_first(goals: Sequence[WordedGoal]) -> Sequence[WordedGoal]:
    """The goals so that each stands behind the one that it serves; those in a circle come last."""
    placed: list[WordedGoal] = []
    waiting = [*goals]
    while waiting:
        keys = {each.import_id for each in waiting}
        ready = [each for each in waiting if each.parent_import_id not in keys]
        placed += ready or waiting
        waiting = [each for each in waiting if each.parent_import_id in keys] if ready else []
    return placed
