"""What a table reads of a resource: fields by name, of a model or of a MongoDB document.

The same question is asked of one resource in Python and of all of them as a filter, and both must
have the same answer; what MongoDB does with arrays and missing fields is therefore done here too.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

Filter = dict[str, Any]
NOTHING: Mapping[str, Any] = {"_id": {"$in": []}}
"""A filter that no document passes."""


@dataclass(frozen=True, slots=True)
class Fields:
    """How fields are read; `stored` is what those are called in documents that differ there."""

    stored: Mapping[str, str] = field(default_factory=dict[str, str])

    def name(self, field_name: str) -> str:
        """What a field is called in documents."""
        return self.stored.get(field_name, field_name)

    def values(self, resource: object, field_name: str) -> tuple[Any, ...]:
        """The values of a field: one, or all of an array; a document without it has None.

        Raises `AttributeError` for a model that has no such field: the table is wrong.
        """
        value: Any = self._value(resource, field_name)
        if isinstance(value, (list, tuple, set, frozenset)):
            return tuple(cast("Collection[Any]", value))
        return (value,)

    def _value(self, resource: object, field_name: str) -> Any:
        if isinstance(resource, Mapping):
            return cast("Mapping[str, Any]", resource).get(self.name(field_name))
        return getattr(resource, field_name)


@dataclass(frozen=True, slots=True)
class Condition:
    """That a field, or one of its elements, has one of the values."""

    field: str
    values: tuple[Any, ...]

    def met_by(self, resource: object, fields: Fields) -> bool:
        """Whether the resource is so."""
        return any(plain(value) in self.values for value in fields.values(resource, self.field))

    def filter(self, fields: Fields) -> Filter:
        """Matches the documents that are so."""
        only = self.values[0] if len(self.values) == 1 else {"$in": list(self.values)}
        return {fields.name(self.field): only}

    def __str__(self) -> str:
        return f"{self.field} is {' or '.join(map(str, self.values))}"


def condition(field_name: str, wanted: object) -> Condition:
    """From `stage="shared"` or `stage={"shared", "final"}`."""
    if isinstance(wanted, Collection) and not isinstance(wanted, str):
        values = cast("Collection[Any]", wanted)
        ordered = sorted(values, key=str) if isinstance(values, (set, frozenset)) else values
        return Condition(field_name, tuple(map(plain, ordered)))
    return Condition(field_name, (plain(wanted),))


def plain(value: Any) -> Any:
    """The value as documents have it."""
    return value.value if isinstance(value, Enum) else value


def both(one: Filter, other: Filter) -> Filter:
    """Matches what both match."""
    return {"$and": [one, other]} if one.keys() & other.keys() else one | other


def either(filters: Collection[Filter]) -> Filter:
    """Matches what any of them matches; of none, nothing."""
    if not filters:
        return dict(NOTHING)
    return {"$or": list(filters)} if len(filters) > 1 else next(iter(filters))
