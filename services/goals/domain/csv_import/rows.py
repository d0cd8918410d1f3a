"""The rows of one goal: what they say of it, of its parts, and on which line each was said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from services.goals.domain.csv_import.columns import COLUMN, COLUMNS, OF, Of

LISTS: Final[Mapping[Of, str]] = {of: name for name, of in OF.items()}
_ABOUT: Final = {
    "milestones belong": "unit_kind",
    "an amount of money": "unit",
    "a key result of unit_kind": "type",
    "two milestones": "milestone_id",
    "more than all milestones": "stretch",
    "commit": "commit",
    "stretch": "stretch",
}
"""How a rule of a key result begins that is about another column than the target."""


class Unplaced(NamedTuple):
    """What cannot be where it is: the column, why, and how to mend it."""

    column: str
    reason: str
    mend: str


@dataclass(slots=True)
class Part:
    """A key result, a milestone, a link or an initiative, and the line where it is."""

    line: int
    said: dict[str, Any]
    milestones: "list[Part]" = field(default_factory=list["Part"])

    def worded(self) -> dict[str, Any]:
        """What is said of it and of its milestones."""
        inner = {"milestones": [each.said for each in self.milestones]} if self.milestones else {}
        return {**self.said, **inner}


@dataclass(slots=True)
class Rows:
    """The rows of one goal; not `sound` once something in one cannot be read."""

    import_id: str
    line: int
    said: dict[str, Any] = field(default_factory=dict[str, Any])
    lines: dict[str, int] = field(default_factory=dict[str, int])
    parts: dict[Of, list[Part]] = field(default_factory=dict[Of, list[Part]])
    sound: bool = True

    def take(self, line: int, said: Mapping[Of, dict[str, Any]]) -> Iterator[Unplaced]:
        """Add what a row says of parts, and tell what it says of none."""
        for of in LISTS:
            if of not in said:
                continue
            part = Part(line, said[of])
            if of != "milestone":
                self.parts.setdefault(of, []).append(part)
            elif self.parts.get("key_result"):
                self.parts["key_result"][-1].milestones.append(part)
            else:
                yield Unplaced(
                    "milestone",
                    "No key result of the goal stands in this row or above it.",
                    "Write the milestone beside or below its key result.",
                )

    def tell(self, line: int, name: str, value: Any) -> int | None:
        """Take what a row says of the goal; the line of another row that says something else, if one does."""
        if self.said.setdefault(name, value) != value:
            return self.lines[name]
        self.lines.setdefault(name, line)
        return None

    def lacking(self) -> Iterator[tuple[int, Unplaced]]:
        """What is missing of it as a whole, or said twice, and the lines."""
        if {"parent_id", "parent_import_id"} <= self.said.keys():
            reason, mend = "The goal says twice what it serves.", "Leave this empty, or parent_id."
            yield self.lines["parent_import_id"], Unplaced("parent_import_id", reason, mend)
        for part in self.parts.get("key_result", ()):
            if part.said.get("unit_kind") == "milestones" and not part.milestones:
                reason = "A list of milestones names at least one."
                mend = "Write each in a row of its own, beside or below its key result."
                yield part.line, Unplaced("milestone", reason, mend)

    def worded(self) -> dict[str, Any]:
        """All that the rows say, in the form of a wording."""
        parts = {LISTS[of]: [each.worded() for each in parts] for of, parts in self.parts.items()}
        return {**{name: value for name, value in self.said.items() if name != "owner_id"}, **parts}

    def lines_of(self, of: Of) -> Sequence[int]:
        """Where the parts of a kind are."""
        return tuple(each.line for each in self.parts.get(of, ()))

    def place(self, loc: Sequence[Any], reason: str) -> tuple[int, str | None]:
        """The line and the column of an error of validation."""
        top, *path = loc
        if top in OF:
            return self._place_of_part(OF[str(top)], path, reason)
        name = str(top) if top in COLUMNS else None
        return self.lines.get(name or "", self.line), name

    def _place_of_part(self, of: Of, path: Sequence[Any], reason: str) -> tuple[int, str | None]:
        if not path:
            return self.line, COLUMN[of, "title"]
        part = self.parts[of][int(path[0])]
        inner = [str(each) for each in path[1:]]
        if len(path) > 3 and inner[0] == "milestones":
            return part.milestones[int(path[2])].line, COLUMN["milestone", inner[2]]
        if not inner:
            about = next((column for start, column in _ABOUT.items() if reason.startswith(start)), "target")
            return part.line, about if of == "key_result" else COLUMN[of, "title"]
        return part.line, "milestone" if inner[0] == "milestones" else COLUMN[of, inner[0]]
