"""Which fields a body may have: what others there are is refused, and the API's description says so.

Bodies are made of values that are stored and published too, and those pass over what they do not know, so
that a later version may add to them.  A request is about now: a field that nobody knows is a slip, and
what was meant would be missing in silence.  So bodies are held to their JSON schema here, however deep
they go, and no model has to be told.  A model that closes itself is left to its own refusal.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final, cast

Json = Mapping[str, Any]
Error = dict[str, Any]
MOST: Final = 20
"""Unknown fields that one answer names."""
NO_FIELD: Final = "There is no field of this name."
_LONGEST: Final = 100
_REF: Final = "#/components/schemas/"
_INPUT: Final = "-Input"


@dataclass(slots=True)
class Shape:
    """What may stand at one place of a body; `each` is what stands in a list or under any key."""

    fields: dict[str, "Shape"] = field(default_factory=dict[str, "Shape"])
    each: "Shape | None" = None
    strict: bool = False


def shape_of(schema: Json) -> Shape:
    """The shape that a body's JSON schema describes; a schema that recurs is followed once."""
    shape = Shape()
    _fill(shape, schema, schema, ())
    return shape


def unknown_fields(body: Any, shape: Shape) -> Sequence[Error]:
    """The first fields of a body that its shape does not have, as errors of pydantic's form."""
    return list(islice(_unknown(body, shape, ("body",)), MOST))


def what_was_meant(name: str, known: Iterable[str]) -> str | None:
    """The known name that is closest to one that is not; without regard to case and signs."""
    plain = {_plain(each): each for each in known}
    found = get_close_matches(_plain(name[:_LONGEST]), plain, n=1)
    return plain[found[0]] if found else None


def close_bodies(description: Json) -> dict[str, Any]:
    """The OpenAPI description in which bodies that are sent have the fields that are told, and no others.

    A schema that answers have too stays open for them; bodies have one of their own, named `-Input`.
    """
    schemas: Json = description.get("components", {}).get("schemas", {})
    bodies, answers = _parts(description)
    sent, told = _reached(bodies, schemas), _reached(answers, schemas)
    names = {name: f"{name}{_INPUT}" if name in told else name for name in sent}
    closed = {names[name]: _closed(_renamed(schemas[name], names)) for name in sorted(sent)}
    return {
        **description,
        "paths": {path: _path(item, names) for path, item in description.get("paths", {}).items()},
        "components": {**description.get("components", {}), "schemas": {**schemas, **closed}},
    }


def _fill(shape: Shape, schema: Json, root: Json, seen: tuple[str, ...]) -> None:
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference not in seen:
            _fill(shape, root["$defs"][reference.rpartition("/")[2]], root, (*seen, reference))
        return
    for way in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(way, ()):
            _fill(shape, inner, root, seen)
    if "properties" in schema:
        shape.strict = "additionalProperties" not in schema
    for name, inner in schema.get("properties", {}).items():
        _fill(shape.fields.setdefault(name, Shape()), inner, root, seen)
    for inner in (schema.get("items"), schema.get("additionalProperties"), *schema.get("prefixItems", ())):
        if isinstance(inner, dict):
            shape.each = shape.each or Shape()
            _fill(shape.each, cast("Json", inner), root, seen)


def _unknown(value: Any, shape: Shape, at: tuple[Any, ...]) -> Iterator[Error]:
    if isinstance(value, dict):
        for name, item in cast("dict[str, Any]", value).items():
            inner = shape.fields.get(name, shape.each)
            if name not in shape.fields and shape.strict:
                yield _error(name, shape.fields, (*at, name))
            elif inner is not None:
                yield from _unknown(item, inner, (*at, name))
    elif isinstance(value, list) and shape.each is not None:
        for place, item in enumerate(cast("list[Any]", value)):
            yield from _unknown(item, shape.each, (*at, place))


def _error(name: str, known: Iterable[str], at: Sequence[Any]) -> Error:
    # Half of a surrogate pair is a name that no answer can repeat as it is.
    at = tuple(
        each.encode(errors="backslashreplace").decode() if isinstance(each, str) else each for each in at
    )
    meant = what_was_meant(name, known)
    if meant is not None:
        return {"type": "misspelt_field", "loc": at, "msg": NO_FIELD, "ctx": {"meant": meant}}
    listed = ", ".join(sorted(known))
    kind = "unknown_field" if listed else "extra_forbidden"
    return {"type": kind, "loc": at, "msg": NO_FIELD, "ctx": {"known": listed}}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _parts(description: Json) -> tuple[list[Any], list[Any]]:
    """What is sent as a body, and all else that the operations tell."""
    bodies, others = list[Any](), list[Any]()
    for item in description.get("paths", {}).values():
        for operation in item.values():
            if isinstance(operation, dict):
                told = dict(cast("Json", operation))
                bodies.append(told.pop("requestBody", None))
                others.append(told)
    return bodies, others


def _reached(node: Any, schemas: Json) -> set[str]:
    found = set[str]()
    waiting = list(_references(node))
    while waiting:
        name = waiting.pop()
        if name not in found and name in schemas:
            found.add(name)
            waiting += _references(schemas[name])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, str) and node.startswith(_REF):
        yield node.removeprefix(_REF)
    elif isinstance(node, dict):
        for each in cast("Json", node).values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in cast("list[Any]", node):
            yield from _references(each)


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, str) and node.startswith(_REF):
        name = node.removeprefix(_REF)
        return _REF + names.get(name, name)
    if isinstance(node, dict):
        return {key: _renamed(value, names) for key, value in cast("Json", node).items()}
    if isinstance(node, list):
        return [_renamed(value, names) for value in cast("list[Any]", node)]
    return node


def _closed(schema: Json) -> Json:
    return {"additionalProperties": False, **schema} if "properties" in schema else schema


def _path(item: Json, names: Mapping[str, str]) -> Json:
    return {key: _operation(value, names) for key, value in item.items()}


def _operation(operation: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(operation, dict) or "requestBody" not in operation:
        return cast("Any", operation)
    told = cast("dict[str, Any]", operation)
    return {**told, "requestBody": _renamed(told["requestBody"], names)}


__all__ = ["NO_FIELD", "Shape", "close_bodies", "shape_of", "unknown_fields", "what_was_meant"]
