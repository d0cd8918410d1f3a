"""What every request must be like, whatever it asks: only known names, days as days, plain text.

What the framework would let pass in silence is refused here, once for all routes, by `require_form`:
a mistyped filter would give the unfiltered list, a mistyped field leave out what was meant, a number
for a day give one in 1970, and a character that nobody can see would be kept for ever.
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

Path = tuple[str, ...]
Error = dict[str, Any]
ITEMS: Final = "*"
"""The step of a path that stands for every item of a list, or every value of an object."""
DAYS: Final = {"date": "date_form", "date-time": "datetime_form"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MAYBE_UNSEEN = re.compile(rb"\\u00[0189][0-9a-f]|\\u007f|\\[bf]|\x7f|\xc2[\x80-\x9f]", re.IGNORECASE)


class Form:
    """What a route takes: its query parameters, the fields of its body, and where in both there are days."""

    def __init__(self, route: APIRoute) -> None:
        self.route = route
        schemas = {name: _schema(field.annotation) for name, field in _parameters(route.dependant)}
        self.parameters = sorted(schemas)
        self.days = {name: dict(_days(schema, schema)) for name, schema in schemas.items()}
        body = route.body_field
        schema = _schema(body.field_info.annotation if body else None)
        self.body = shape_of(schema) if body else None
        self.body_days = dict(_days(schema, schema))

    def faults(self, request: Request) -> Iterator[Error]:
        """What is wrong with the query."""
        known = ", ".join(self.parameters)
        for name in dict.fromkeys(request.query_params):
            if name not in self.days:
                kind = "unknown_parameter" if known else "extra_forbidden"
                yield _error(kind, ("query", name), "There is no parameter of this name.", known=known)
                continue
            for value in request.query_params.getlist(name) if self.days[name] else ():
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
    unseen = _MAYBE_UNSEEN.search(body) is not None
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
    if unseen:
        yield from _unseen(body, ("body",))


def _no_days(value: Any, at: Sequence[Any], days: Mapping[Path, str], path: Path) -> Iterator[Error]:
    """Numbers, and text of digits alone, at the path: the framework would count seconds since 1970."""
    if path:
        for step, item in _steps(value, path[0]):
            yield from _no_days(item, (*at, step), days, path[1:])
    elif (isinstance(value, str) and not _DAY.match(value)) or isinstance(value, (int, float)):
        yield _error(next(iter(days.values())), at, "Input should be a day of the calendar, not a number.")


def _steps(value: Any, step: str) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        yield from found.items() if step == ITEMS else [(step, found[step])] if step in found else ()
    elif isinstance(value, list) and step == ITEMS:
        yield from enumerate(cast("list[Any]", value))


def _unseen(value: Any, at: Sequence[Any]) -> Iterator[Error]:
    if isinstance(value, str):
        if _UNSEEN.search(value):
            yield _error("control_character", at, "The text has a character that nobody can see.")
        return
    for step, item in _steps(value, ITEMS):
        yield from _unseen(item, (*at, step))


def _days(schema: Mapping[str, Any], root: Mapping[str, Any], seen: Path = ()) -> Iterator[tuple[Path, str]]:
    """The paths at which a JSON schema has days, and which kind of them; no further where it recurs."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference not in seen:
            target = root["$defs"][reference.rpartition("/")[2]]
            yield from _days(target, root, (*seen, reference))
        return
    if schema.get("format") in DAYS:
        yield (), DAYS[schema["format"]]
    for name, inner in schema.get("properties", {}).items():
        yield from (((name, *path), kind) for path, kind in _days(inner, root, seen))
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from (((ITEMS, *path), kind) for path, kind in _days(schema[word], root, seen))
    for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for inner in schema.get(word, ()):
            yield from _days(inner, root, seen)


def _schema(annotation: Any) -> Mapping[str, Any]:
    return TypeAdapter(annotation).json_schema()


def _error(kind: str, at: Sequence[Any], reason: str, **context: str) -> Error:
    return {"type": kind, "loc": tuple(at), "msg": reason, "ctx": context}


__all__ = ["Form", "require_form"]
