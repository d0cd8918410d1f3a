"""The columns that a file of goals may have, and where in a goal's wording each of them belongs."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from shared.csv_files import Problem, Record, Unusable, quoted

Kind = Literal["text", "prose", "word", "list", "number", "amount", "day"]
"""How a cell is read; `prose` keeps the blanks around it, `amount` is an exact decimal."""
Of = Literal["goal", "key_result", "milestone", "link", "initiative"]
"""What a column speaks of.  A row may have one of each; a milestone is of the key result there or above."""


class Target(NamedTuple):
    """What of a wording a column gives: a field of the goal, or of what of it the row tells, in words."""

    field: str
    says: str
    kind: Kind = "text"
    of: Of = "goal"
    required: bool = False


COLUMNS: Final[Mapping[str, Target]] = {
    "import_id": Target(
        "import_id",
        "the key that you give the goal; a row without one belongs to the row above",
        required=True,
    ),
    "title": Target("title", "what it is called", required=True),
    "owner_id": Target("owner_id", "whose it is; left out, yours"),
    "description": Target("description", "what will be different", "prose"),
    "relevance": Target("relevance", "why it matters", "prose"),
    "kind": Target("kind", "`objective`, `kpi` or `development`", "word"),
    "level": Target("level", "`person`, `team` or `organisation`", "word"),
    "category": Target("category", "a word of your own"),
    "perspective": Target(
        "perspective", "`financial`, `customer`, `internal_process` or `learning_and_growth`", "word"
    ),
    "tags": Target("tags", "separated by commas or semicolons; quoted where they have such", "list"),
    "visibility": Target("visibility", "`private`, `line`, `team` or `everyone`", "word"),
    "period_id": Target("period_id", "the period in which it is due"),
    "parent_id": Target("parent_id", "the goal that it serves, by its id"),
    "parent_import_id": Target(
        "parent_import_id", "the goal that it serves, by its key in this file or one that you sent before"
    ),
    "contribution": Target("contribution", "how it weighs beside the others that serve that goal", "number"),
    "weight": Target("weight", "out of 100 for all that the owner does", "number"),
    "starts_on": Target("starts_on", "the first day", "day", required=True),
    "due_on": Target("due_on", "the last day", "day", required=True),
    "key_result": Target("title", "what a key result is called", of="key_result"),
    "key_result_id": Target("key_result_id", "its id, if you give it one", of="key_result"),
    "type": Target(
        "type",
        "`increase`, `decrease`, `milestone`, `stay_above`, `stay_below` or `baseline`",
        "word",
        "key_result",
    ),
    "unit_kind": Target(
        "unit_kind", "`number`, `percent`, `money`, `yes_no` or `milestones`", "word", "key_result"
    ),
    "unit": Target("unit", "what is counted; of money its currency", of="key_result"),
    "start": Target(
        "start", "where it starts; of a yes or no and of milestones left out", "number", "key_result"
    ),
    "target": Target("target", "what is aimed at; left out for the same", "number", "key_result"),
    "commit": Target("commit", "what is surely to be reached", "number", "key_result"),
    "stretch": Target("stretch", "more than what is asked for", "number", "key_result"),
    "key_result_weight": Target("weight", "how it weighs beside the goal's others", "number", "key_result"),
    "milestone": Target(
        "title", "a milestone of the key result in this row, or else of the last one above", of="milestone"
    ),
    "milestone_id": Target("milestone_id", "its id, if you give it one", of="milestone"),
    "milestone_weight": Target("weight", "how it weighs beside the others", "number", "milestone"),
    "link": Target("title", "what a page that belongs to the goal is called", of="link"),
    "link_url": Target("url", "its http or https address", of="link"),
    "initiative": Target("title", "something that is done for the goal", of="initiative"),
    "initiative_description": Target("description", "more of it", "prose", "initiative"),
    "initiative_owner_id": Target("owner_id", "who does it; left out, the goal's owner", of="initiative"),
    "initiative_starts_on": Target("starts_on", "its first day", "day", "initiative"),
    "initiative_due_on": Target("due_on", "its last day", "day", "initiative"),
    "initiative_effort_days": Target(
        "planned_effort_days", "person-days that it is to take", "amount", "initiative"
    ),
    "initiative_cost": Target("planned_cost", "money that it is to take", "amount", "initiative"),
    "initiative_currency": Target("currency", "of that, a code of ISO 4217", of="initiative"),
}
OF: Final[Mapping[str, Of]] = {
    "key_results": "key_result",
    "milestones": "milestone",
    "links": "link",
    "initiatives": "initiative",
}
"""By the list of a wording, what is in it."""
COLUMN: Final[Mapping[tuple[Of, str], str]] = {(each.of, each.field): name for name, each in COLUMNS.items()}
"""By what is spoken of and its field, the column."""


def described() -> str:
    """The columns as a table of Markdown."""
    rows = [f"| `{name}` | {each.of.replace('_', ' ')} | {each.says} |" for name, each in COLUMNS.items()]
    return "\n".join(["| Column | Of | What it says |", "|---|---|---|", *rows])


class Columns(NamedTuple):
    """Where each column stands in a row, and what the file calls it."""

    positions: Mapping[str, int]
    headers: Mapping[str, str]
    width: int

    def cell(self, record: Record, name: str) -> str:
        """The cell as written; empty where the file or the row has none."""
        position = self.positions.get(name)
        return "" if position is None or position >= len(record.cells) else record.cells[position]

    def header(self, name: str) -> str:
        """The column as the file names it."""
        return self.headers.get(name, name)


def meaning(header: str) -> str | None:
    """The column that a header names, whatever its case, blanks and signs: `Due on` is `due_on`."""
    return _PLAIN.get(_plain(header))


def find_columns(header: Record, *, problems: list[Problem]) -> Columns:
    """Where each column stands; what is no column is left out with a word.

    Raises Unusable for a file without what every goal needs, and for two columns of one name.
    """
    while header.cells and not header.cells[-1].strip():
        header.cells.pop()
    positions: dict[str, int] = {}
    headers: dict[str, str] = {}
    for position, cell in enumerate(header.cells):
        name = meaning(cell)
        if name is None:
            problems.append(_unknown(header.line, cell))
        elif name in positions:
            mend = "Leave one of them out."
            raise Unusable(f"Two columns are {quoted(name)}.", mend=mend, line=header.line, column=cell)
        else:
            positions[name], headers[name] = position, " ".join(cell.split())
    missing = [name for name, target in COLUMNS.items() if target.required and name not in positions]
    if missing:
        mend = f"Name the columns in the first row: {', '.join(COLUMNS)}."
        raise Unusable(f"The file has no column {', '.join(missing)}.", mend=mend, line=header.line)
    return Columns(positions, headers, len(header.cells))


def _unknown(line: int, cell: str) -> Problem:
    return Problem(
        line=line,
        column=" ".join(cell.split()) or None,
        severity="warning",
        reason="The column is none that goals have; it was left out.",
        mend=f"Leave it out, or name it as one of {', '.join(COLUMNS)}.",
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


_PLAIN: Final = {_plain(name): name for name in COLUMNS}
