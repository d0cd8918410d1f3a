"""Every answer that is not a success, as RFC 9457 tells it.

A problem's type is `urn:cairn:problem:<rule>`: a name, not an address.  Bodies tell what is
wrong, where, and how to mend it; never what was sent, nor anything of the inside.  How the
problems are documented is `shared.problem_docs`'s; who logs and counts them is `shared.edge`'s.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, cast

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import Fact, Refusal
from shared.logs import correlation_id
from shared.mending import mend_of
from shared.problem_docs import describe_problems

MEDIA_TYPE: Final = "application/problem+json"
RULE_IN_SCOPE: Final = "cairn.rule"
RETRY_AFTER_SECONDS: Final = 1

_TITLES: Final = {413: ("too-large", "Too large"), 422: ("invalid-request", "Invalid request")}
_DETAILS: Final = {
    404: "There is nothing at this address. The addresses are listed at /docs.",
    413: "The body is larger than this service takes. Send less at a time.",
}
_LONGEST_REASON = 300


class ProblemResponse(Response):
    """An RFC 9457 body with the correlation id of the request."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        *,
        rule: str,
        title: str,
        detail: str,
        facts: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        body = {
            **(facts or {}),
            "type": problem_type(rule),
            "title": title,
            "status": status,
            "detail": detail,
            "correlation_id": correlation_id(),
        }
        encoded = orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS)
        super().__init__(encoded, status_code=status, headers=headers)
        self.rule = rule


def problem_type(rule: str) -> str:
    """The URI that names a rule."""
    return f"urn:cairn:problem:{rule}"


def refusal_response(refusal: Refusal) -> ProblemResponse:
    """The answer to what a rule refused."""
    return ProblemResponse(
        refusal.status,
        rule=refusal.rule,
        title=refusal.title,
        detail=refusal.detail,
        facts=refusal.facts,
        headers=refusal.headers,
    )


def unexpected_response() -> ProblemResponse:
    """The answer to an error of our own; tells nothing of it but the id to ask about."""
    return ProblemResponse(
        500,
        rule="unexpected",
        title="Unexpected error",
        detail="The service made a mistake. Quote the correlation id when you report it.",
    )


def too_large_response(limit: int) -> ProblemResponse:
    """The answer to a body over the limit, in bytes."""
    return ProblemResponse(
        413, rule=_TITLES[413][0], title=_TITLES[413][1], detail=_DETAILS[413], facts={"limit_bytes": limit}
    )


def unavailable_response() -> ProblemResponse:
    """The answer when what we stand on is out of reach and nobody knows whether the work was done."""
    return ProblemResponse(
        503,
        rule="unavailable",
        title="Out of reach",
        detail="The service could not reach what it stands on in time. Ask again; with the same "
        "Idempotency-Key nothing is done twice.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def add_problem_handlers(app: FastAPI, *, unavailable: Sequence[type[Exception]] = ()) -> None:
    """Answer refusals, invalid requests, HTTP errors and `unavailable` exceptions with problems.

    The API description says so too.
    What none of these covers goes up to `shared.edge.Edge`, which logs it and answers 500.
    """

    async def refused(request: Request, exc: Exception) -> Response:
        return _noted(request, refusal_response(cast("Refusal", exc)))

    async def invalid(request: Request, exc: Exception) -> Response:
        return _noted(request, invalid_response(cast("RequestValidationError", exc)))

    async def http_error(request: Request, exc: Exception) -> Response:
        return _noted(request, http_error_response(cast("HTTPException", exc)))

    async def out_of_reach(request: Request, exc: Exception) -> Response:  # noqa: ARG001  Starlette's signature
        return _noted(request, unavailable_response())

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)
    for kind in unavailable:
        app.add_exception_handler(kind, out_of_reach)
    describe_problems(app)


def http_error_response(error: HTTPException) -> ProblemResponse:
    """The answer to an error that the framework found: no such address, method or form of body."""
    status = error.status_code
    phrase = _phrase(status)
    rule, title = _TITLES.get(status, (phrase.lower().replace(" ", "-"), phrase))
    said = error.detail if isinstance(cast("object", error.detail), str) else ""
    detail = said if said and said != phrase else _DETAILS.get(status, phrase)
    facts: Mapping[str, Fact] = {}
    if allowed := (error.headers or {}).get("Allow"):
        detail, facts = f"This address answers to {allowed}.", {"allowed": sorted(allowed.split(", "))}
    return ProblemResponse(status, rule=rule, title=title, detail=detail, facts=facts, headers=error.headers)


def invalid_response(error: RequestValidationError) -> ProblemResponse:
    """The answer to a request that is out of form: each place that is wrong, why, and how to mend it."""
    errors = [cast("Mapping[str, Any]", each) for each in error.errors()]
    broken = next((each for each in errors if each["type"] == "json_invalid"), None)
    if broken is not None:
        position = broken["loc"][-1]
        return ProblemResponse(
            400,
            rule="malformed-json",
            title="Malformed JSON",
            detail=f"The body is not JSON from character {position} on. Send valid JSON.",
            facts={"position": position},
        )
    places = [_place(each) for each in errors]
    named = ", ".join(dict.fromkeys(place["pointer"] for place in places[:5]))
    return ProblemResponse(
        422,
        rule=_TITLES[422][0],
        title=_TITLES[422][1],
        detail=f"{len(places)} {'place is' if len(places) == 1 else 'places are'} wrong: {named}.",
        facts={"errors": places},
    )


def _place(error: Mapping[str, Any]) -> dict[str, str]:
    where, *path = [str(part)[:100] for part in error["loc"]] or ["body"]
    steps = [step.replace("~", "~0").replace("/", "~1") for step in path]
    reason = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return {
        "in": where,
        "pointer": "#" + "".join(f"/{step}" for step in steps) if where == "body" else "/".join(path),
        "reason": reason[:_LONGEST_REASON],
        "mend": mend_of(str(error["type"]), error.get("ctx") or {}),
    }


def _noted(request: Request, response: ProblemResponse) -> Response:
    request.scope[RULE_IN_SCOPE] = response.rule
    if response.status_code in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
        return Response(status_code=response.status_code)
    return response


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
