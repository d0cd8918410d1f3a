"""The problems that each route may answer with, in the OpenAPI description.

What follows from a route's form is added by itself: 401, 403 and 429 where a token is asked for, 404
where the path or the body may name something, 412 where If-Match is taken.  What a rule of the
domain refuses is added by the route with `refusals(...)`.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from fastapi import FastAPI

from shared.errors import Refusal

SCHEMA_REF: Final = {"$ref": "#/components/schemas/Problem"}
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SAYS: Final = {
    400: "What was sent cannot be read.",
    401: "The caller did not prove who they are.",
    403: "The access table does not grant it.",
    404: "There is nothing of this id, or the caller may not know that there is.",
    409: "A rule of the domain, or a change by somebody else, stands against it.",
    412: "It has changed since it was read.",
    413: "The body is too large.",
    422: "What was sent does not fit; `errors` tells each place, why, and how to mend it.",
    428: "The change needs If-Match.",
    429: "The caller asks more often than is granted.",
    503: "What the service stands on is out of reach; ask again.",
}
OTHERWISE: Final = "Any other problem."
HEADERS: Final = {
    401: ("WWW-Authenticate", "The challenge of RFC 6750."),
    429: ("Retry-After", "Seconds to wait before asking again."),
    503: ("Retry-After", "Seconds to wait before asking again."),
}
PROBLEM_SCHEMA: Final = {
    "title": "Problem",
    "description": "What went wrong, as RFC 9457 tells it. Some problems carry further members.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "correlation_id"],
    "additionalProperties": True,
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "description": "Names the rule, such as urn:cairn:problem:not-found.",
        },
        "title": {"type": "string", "description": "The rule in words; the same every time."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What is wrong this time, and how to mend it."},
        "correlation_id": {
            "type": ["string", "null"],
            "description": "Names this request in the logs; quote it in a report.",
        },
        "errors": {
            "type": "array",
            "description": "The places that are wrong, of an invalid request.",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "reason", "mend"],
                "properties": {
                    "in": {"type": "string", "description": "body, query, path, header or cookie."},
                    "pointer": {
                        "type": "string",
                        "description": "A JSON pointer into the body, or the parameter's name.",
                    },
                    "reason": {"type": "string"},
                    "mend": {"type": "string"},
                },
            },
        },
    },
}


def refusals(*kinds: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """The rules that may refuse on a route, by status: `@post(..., responses=refusals(GoalNotAgreed))`."""
    by_status: dict[int, list[str]] = {}
    for kind in kinds:
        says = (inspect.getdoc(kind) or kind.title).partition("\n\n")[0].replace("\n", " ")
        by_status.setdefault(kind.status, []).append(f"`{kind.rule}`: {says}")
    return {status: _response("\n\n".join(lines), status) for status, lines in by_status.items()}


def document_problems(description: Mapping[str, Any]) -> dict[str, Any]:
    """The OpenAPI description with the problems of every operation; what a route says itself stays."""
    components = dict(description.get("components", {}))
    schemas = {
        name: schema
        for name, schema in components.get("schemas", {}).items()
        if name not in {"HTTPValidationError", "ValidationError"}
    }
    components["schemas"] = {**schemas, "Problem": PROBLEM_SCHEMA}
    components["responses"] = {
        **components.get("responses", {}),
        **{f"Problem{status}": _response(says, status) for status, says in SAYS.items()},
        "Problem": _response(OTHERWISE, None),
    }
    paths = {path: _path(item) for path, item in description.get("paths", {}).items()}
    return {**description, "paths": paths, "components": components}


def describe_problems(api: FastAPI) -> None:
    """Have `api.openapi()` document the problems of every route."""
    describe(api, document_problems)


def describe(api: FastAPI, document: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
    """Have `api.openapi()` give what `document` makes of it."""
    plain: Callable[[], dict[str, Any]] = api.openapi
    made: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def openapi() -> dict[str, Any]:
        description = plain()
        if not made or made[0][0] is not description:
            made[:] = [(description, document(description))]
        return made[0][1]

    api.openapi = openapi


def _path(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _operation(key, cast("Mapping[str, Any]", value)) if key in METHODS else value
        for key, value in item.items()
    }


def _operation(method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = dict(operation.get("responses", {}))
    if _is_frameworks_own(said.get("422")):
        del said["422"]
    for status in _statuses(method, operation):
        said.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
    said.setdefault("default", {"$ref": "#/components/responses/Problem"})
    return {**operation, "responses": said}


def _statuses(method: str, operation: Mapping[str, Any]) -> Iterator[int]:
    parameters = {(each.get("in"), each.get("name")) for each in operation.get("parameters", ())}
    places = {place for place, _ in parameters}
    has_body = "requestBody" in operation
    if operation.get("security"):
        yield from (401, 403, 429)
    if "path" in places or has_body:
        yield 404
    if has_body or parameters:
        yield from (400, 422)
    if has_body:
        yield 413
    if method not in {"get", "head", "options"}:
        yield 409
    if ("header", "If-Match") in parameters:
        yield from (412, 428)
    yield 503


def _is_frameworks_own(response: object) -> bool:
    return "HTTPValidationError" in repr(response)


def _response(says: str, status: int | None) -> dict[str, Any]:
    phrase = f"{HTTPStatus(status).phrase}. " if status is not None else ""
    response: dict[str, Any] = {
        "description": phrase + says,
        "content": {"application/problem+json": {"schema": SCHEMA_REF}},
    }
    if status in HEADERS:
        name, meaning = HEADERS[status]
        response["headers"] = {name: {"description": meaning, "schema": {"type": "string"}}}
    return response
