"""What a column of an export is called, what kind of values it has, and where in a document they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final, Literal

from shared.mongo import Doc

Kind = Literal["text", "choice", "whole", "number", "truth", "day", "instant"]
"""`choice` is text of a few values, `number` a float, `day` a date, `instant` a time in UTC."""
Value = Callable[[Doc], Any]
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `value` finds it in a document, None where there is none, and needs this `field` of it."""

    name: str
    kind: Kind
    value: Value
    field: str


def column(kind: Kind, name: str, value: Value | str | None = None) -> Column:
    """A column of a kind; its values are at a path such as `standing.pace`, by default at its name.

    What computes them instead is given the document with the field of the column's name.
    """
    if callable(value):
        return Column(name, kind, value, name)
    path = (value or name).split(".")
    return Column(name, kind, partial(_at, path, _READ.get(kind)), path[0])


text: Final = partial(column, "text")
choice: Final = partial(column, "choice")
whole: Final = partial(column, "whole")
number: Final = partial(column, "number")
truth: Final = partial(column, "truth")
day: Final = partial(column, "day")
instant: Final = partial(column, "instant")


def fields_of(columns: Sequence[Column]) -> Sequence[str]:
    """The fields of a document that are needed for its row."""
    return list(dict.fromkeys(each.field for each in columns))


def row_of(doc: Doc, columns: Sequence[Column]) -> Row:
    """The values of a document."""
    return [each.value(doc) for each in columns]


def _day(value: str | date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


_READ: Final[Mapping[Kind, Callable[[Any], Any]]] = {"day": _day, "number": float}


def _at(path: Sequence[str], read: Callable[[Any], Any] | None, doc: Doc) -> Any:
    value: Any = doc
    for step in path:
        if value is None:
            return None
        value = value.get(step)
    return value if value is None or read is None else read(value)
