"""What every request must be like, whatever it asks: only known names, days as days, plain text.

What the framework would let pass in silence is refused here, once for all routes, by `require_form`:
a mistyped filter would give the unfiltered list, of one that is sent twice the last alone would count, a
mistyped field leave out what was meant, a number for a day give one in 1970, `true` for a number the number
one, and a character that nobody can see would be kept for ever.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from starlette.requests import Request

from shared.known_fields import shape_of, unknown_fields
from shared.unseen import maybe_unseen, unseen_in

Path = tuple[str, ...]
Error = dict[str, Any]
ITEMS: Final = "*"
"""The step of a path that stands for every item of a list, or every value of an object."""
DAYS: Final = {"date": "date_form", "date-time": "datetime_form"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBERS: Final = frozenset({"number", "integer"})
_NOT_TOLD: Final = "anything"
_EITHER: Final = ("anyOf", "oneOf", "allOf")


class Form:
    """What a route takes: its query parameters, the fields of its body, and where days and numbers are."""

    def __init__(self, route: APIRoute) -> None:
        self.route = route
        schemas = {name: _schema(field.annotation) for name, field in _parameters(route.dependant)}
        self.parameters = sorted(schemas)
        self.days = {name: _days(schema) for name, schema in schemas.items()}
        self.lists = {name for name, schema in schemas.items() if _is_list(schema)}
        body = route.body_field
        schema = _schema(body.field_info.annotation if body else None)
        self.body = shape_of(schema) if body else None
        self.body_days = _days(schema)
        self.body_kinds = _kinds(schema)
        self.left = frozenset(path for path, node in _nodes(schema) if _closed(node))

    def faults(self, request: Request) -> Iterator[Error]:
        """What is wrong with the query."""
        known = ", ".join(self.parameters)
        for name in dict.fromkeys(request.query_params):
            if name not in self.days:
                kind = "unknown_parameter" if known else "extra_forbidden"
                yield _error(kind, ("query", name), "There is no parameter of this name.", known=known)
                continue
            given = request.query_params.getlist(name)
            if len(given) > 1 and name not in self.lists:
                reason = "The parameter stands in the query more than once."
                yield _error("repeated_parameter", ("query", name), reason)
            for value in given if self.days[name] else ():
                yield from _no_days(value, ("query", name), self.days[name], ())


_forms: dict[int, Form] = {}
"""By the identity of their routes, which have no hash; a form keeps its route, and so the identity."""


async def require_form(request: Request) -> None:
    """Return if the request is in form; raise `RequestValidationError` that names each place."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    form = _forms.get(id(route))
    if form is None:
        form = _forms[id(route)] = Form(route)
    errors = list(form.faults(request))
    body = await request.body() if "json" in request.headers.get("Content-Type", "").lower() else b""
    unseen = maybe_unseen(body)
    if body and (unseen or form.body):
        try:
            said = await request.json()
        except ValueError:
            return  # the framework says of what is no JSON where it ends to be
        errors += _body_faults(said, form, unseen=unseen)
    if errors:
        raise RequestValidationError(errors)


def _parameters(dependant: Dependant) -> Iterator[tuple[str, FieldInfo]]:
    """The query parameters of a route and all that it depends on, those of models one by one."""
    for each in dependant.query_params:
        kind: Any = each.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from ((field.alias or name, field) for name, field in kind.model_fields.items())
        else:
            yield each.alias, each.field_info
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _body_faults(body: Any, form: Form, *, unseen: bool) -> Iterator[Error]:
    if form.body is not None:
        yield from unknown_fields(body, form.body)
    for path, kind in form.body_days.items():
        yield from _no_days(body, ("body",), {path: kind}, path)
    for path, kind in form.body_kinds.items():
        yield from _of_another_kind(body, ("body",), kind, path)
    if unseen:
        yield from _unseen(body, ("body",), form.left)


def _no_days(value: Any, at: Sequence[Any], days: Mapping[Path, str], path: Path) -> Iterator[Error]:
    """Numbers, and text of digits alone, at the path: the framework would count seconds since 1970."""
    if path:
        for step, item in _steps(value, path[0]):
            yield from _no_days(item, (*at, step), days, path[1:])
    elif (isinstance(value, str) and not _DAY.match(value)) or isinstance(value, (int, float)):
        yield _error(next(iter(days.values())), at, "Input should be a day of the calendar, not a number.")


def _of_another_kind(value: Any, at: Sequence[Any], kind: str, path: Path) -> Iterator[Error]:
    """Text and truth where a number belongs, text and numbers where truth does."""
    if path:
        for step, item in _steps(value, path[0]):
            yield from _of_another_kind(item, (*at, step), kind, path[1:])
    elif kind == "bool_type":
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            yield _error(kind, at, "Input should be true or false.")
    elif isinstance(value, (str, bool)):
        quoted = "in quotation marks" if isinstance(value, str) else "true or false"
        yield _error(kind, at, f"Input should be a number, not {quoted}.")


def _steps(value: Any, step: str) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        yield from found.items() if step == ITEMS else [(step, found[step])] if step in found else ()
    elif isinstance(value, list) and step == ITEMS:
        yield from enumerate(cast("list[Any]", value))


def _unseen(value: Any, at: Sequence[Any], left: frozenset[Path], path: Path = ()) -> Iterator[Error]:
    if path in left:
        return
    if isinstance(value, str):
        if (reason := unseen_in(value)) is not None:
            yield _error("unseen_character", at, reason)
        return
    for step, item in _steps(value, ITEMS):
        inner = ITEMS if isinstance(value, list) else str(step)
        yield from _unseen(item, (*at, step), left, (*path, inner))


def _is_list(schema: Mapping[str, Any]) -> bool:
    ways: Sequence[Mapping[str, Any]] = schema.get("anyOf", [schema])
    return any(way.get("type") == "array" for way in ways)


def _days(schema: Mapping[str, Any]) -> dict[Path, str]:
    """The paths at which a JSON schema has days, and which kind of them."""
    return {path: DAYS[node["format"]] for path, node in _nodes(schema) if node.get("format") in DAYS}


def _kinds(schema: Mapping[str, Any]) -> dict[Path, str]:
    """The paths at which there is a number, or true or false, and nothing else, with the error of another."""
    types: dict[Path, set[str]] = {}
    for path, node in _nodes(schema):
        if not any(word in node for word in _EITHER):
            types.setdefault(path, set()).add(node.get("type", _NOT_TOLD))
    kinds: dict[Path, str] = {}
    for path, found in types.items():
        told = found - {"null"}
        if told and told <= _NUMBERS:
            kinds[path] = "int_type" if told == {"integer"} else "float_type"
        elif told == {"boolean"}:
            kinds[path] = "bool_type"
    return kinds


def _nodes(
    node: Mapping[str, Any], root: Mapping[str, Any] | None = None, seen: Path = ()
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each schema of a JSON schema by the path of what it describes; one that recurs is followed once.

    What is inside of a model that closes itself is left to that one's refusals; see known_fields.
    """
    root = node if root is None else root
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference not in seen:
            yield from _nodes(root["$defs"][reference.rpartition("/")[2]], root, (*seen, reference))
        return
    yield (), node
    for inner in (each for word in _EITHER for each in node.get(word, ())):
        yield from _nodes(inner, root, seen)
    if not _closed(node):
        for step, inner in _below(node):
            yield from (((step, *path), found) for path, found in _nodes(inner, root, seen))


def _closed(node: Mapping[str, Any]) -> bool:
    return node.get("additionalProperties") is False


def _below(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The schemas of what is inside of a value, with the step that leads there."""
    yield from schema.get("properties", {}).items()
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield ITEMS, schema[word]
    for inner in schema.get("prefixItems", ()):
        yield ITEMS, inner


def _schema(annotation: Any) -> Mapping[str, Any]:
    return TypeAdapter(annotation).json_schema()


def _error(kind: str, at: Sequence[Any], reason: str, **context: str) -> Error:
    return {"type": kind, "loc": tuple(at), "msg": reason, "ctx": context}


__all__ = ["Form", "require_form"]
