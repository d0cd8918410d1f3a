"""Finds that differ in one value are one question to the database: merged to ask, told apart to answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from shared.mongo import Doc, Query
from shared.work.transaction import Find


@dataclass(slots=True)
class Gathered:
    """One query and the finds that it answers; with `name`, each gets the documents of its value there."""

    query: Query
    finds: list[Find]
    name: str = ""
    by_value: dict[str, list[Find]] = field(default_factory=dict[str, list[Find]])

    def give(self, docs: Sequence[Doc]) -> None:
        """Each find its documents, in the order in which they came."""
        if not self.name:
            for find in self.finds:
                find.found.extend(docs)
            return
        for doc in docs:
            told = doc.get(self.name)
            values = cast("list[Any]", told) if isinstance(told, list) else [told]
            for value in {value for value in values if isinstance(value, str)}:
                for find in self.by_value.get(value, ()):
                    find.found.append(doc)


def gather(finds: Iterable[Find]) -> list[Gathered]:
    """As few queries as answer all of them; what has a limit is asked on its own."""
    groups: dict[str, list[Find]] = {}
    for number, find in enumerate(finds):
        name = _name(find)
        others = {key: value for key, value in find.filter.items() if key != name}
        alike = (
            repr((find.collection, name, others, find.sort, find.fields))
            if name and not find.limit
            else str(number)
        )
        groups.setdefault(alike, []).append(find)
    return [_gathered(group) for group in groups.values()]


def _gathered(finds: list[Find]) -> Gathered:
    first = finds[0]
    if len(finds) == 1:
        asked = Query(first.collection, first.filter, first.sort, first.limit, fields=first.fields)
        return Gathered(asked, finds)
    name = _name(first)
    by_value: dict[str, list[Find]] = {}
    for find in finds:
        by_value.setdefault(find.filter[name], []).append(find)
    filter_ = {**first.filter, name: {"$in": list(by_value)}}
    fields = (*first.fields, name) if first.fields else ()
    return Gathered(Query(first.collection, filter_, first.sort, fields=fields), finds, name, by_value)


def _name(find: Find) -> str:
    """The field that finds of a kind differ in: the first that must equal a text, if any."""
    plain = (
        name
        for name, value in find.filter.items()
        if isinstance(value, str) and not name.startswith("$") and "." not in name
    )
    return next(plain, "")


__all__ = ["Gathered", "gather"]
