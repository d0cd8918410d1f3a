"""Stored documents as values, and views of such values: types and defaults as the class says, no rules.

A rule is for who commands.  One that came later, or was mended, must not make unreadable what was stored
before it; so lengths, bounds, patterns and validators of the class are passed over, and what a field can
hold at all (a number, a date, one of some words) is not.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel
from pydantic_core import SchemaValidator

M = TypeVar("M", bound=BaseModel)
_BOUNDS: Final = frozenset(
    {
        *("min_length", "max_length", "pattern", "ge", "gt", "le", "lt", "multiple_of"),
        *("max_digits", "decimal_places", "allow_inf_nan", "strict", "fail_fast"),
    }
)
_BOUNDED: Final = frozenset(
    {
        "str",
        "bytes",
        "int",
        "float",
        "decimal",
        "date",
        "datetime",
        "tuple",
        "list",
        "set",
        "frozenset",
        "dict",
    }
)
_METADATA: Final = "pydantic._internal._known_annotated_metadata"


def as_stored(kind: type[M], said: Mapping[str, Any]) -> M:
    """The value in a document, or the view of one.

    Raises:
        pydantic.ValidationError: it is of no such kind at all.
    """
    return _reader(kind).validate_python(said)


@cache
def _reader(kind: type[BaseModel]) -> SchemaValidator:
    # A prebuilt validator of a class within would bring its rules back.
    return SchemaValidator(_without_rules(kind.__pydantic_core_schema__), _use_prebuilt=False)


def _without_rules(schema: Any) -> Any:
    """The schema of a class without what refuses values of the right type."""
    if isinstance(schema, list | tuple):
        parts = [_without_rules(each) for each in cast("list[Any]", schema)]
        return parts if isinstance(schema, list) else tuple(parts)
    if not isinstance(schema, dict):
        return schema
    part = cast("dict[str, Any]", schema)
    # Where fields are listed by name, one of them may be called type.
    of_type = part.get("type") if isinstance(part.get("type"), str) else None
    if of_type in {"function-after", "function-wrap"} and _is_rule(part):
        return _without_rules(part["schema"])
    bounds = _BOUNDS if of_type in _BOUNDED else frozenset[str]()
    return {name: _without_rules(value) for name, value in part.items() if name not in bounds}


def _is_rule(part: Mapping[str, Any]) -> bool:
    """Whether it checks what it is given, which is of the right type already."""
    function = part["function"]
    if not isinstance(function, dict):  # of a serializer
        return False
    module: str = getattr(cast("dict[str, Any]", function)["function"], "__module__", "")
    return module == _METADATA or (part["type"] == "function-after" and not module.startswith("pydantic"))
