"""Routes answer alike whether they are solved in full or in short, and are described in full."""

from types import SimpleNamespace

import pytest
from fastapi import APIRouter, FastAPI
from httpx import ASGITransport, AsyncClient

from shared.errors import Unauthenticated
from shared.http import Run, View
from shared.http.served import served
from shared.identity import Caller
from shared.ids import PersonId
from shared.metrics import Metrics
from shared.problems import add_problem_handlers
from shared.rates import Rates

router = APIRouter(prefix="/things")
TOKENS = {
    "anna": Caller(subject="anna", person_id=PersonId("anna")),
    "machine": Caller(subject="machine", roles=frozenset({"measuring_system"})),
}


@router.post("/{thing}")
async def run_thing(thing: str, run: Run, size: int = 1) -> dict[str, str | int | None]:
    """What the command's route is given."""
    condition = None if run._condition is None else repr(run._condition)
    moved = str(run._now) if run._now else None
    return {
        "thing": thing,
        "size": size,
        "who": run.caller.subject,
        "key": run._key,
        "if": condition,
        "now": moved,
    }


@router.get("/{thing}")
async def view_thing(thing: str, view: View) -> dict[str, str | None]:
    """What the reading route is given."""
    return {"thing": thing, "who": view.caller.subject, "person": view.caller.person_id}


class Verifier:
    """Knows two tokens."""

    async def verify(self, token: str) -> Caller:
        """Whose it is."""
        if token not in TOKENS:
            raise Unauthenticated("Who is that?")
        return TOKENS[token]


class Everybody:
    """Nobody has left."""

    async def admit(self, caller: Caller) -> Caller:
        """Them."""
        return caller


def app_of(api: FastAPI) -> FastAPI:
    api.state.tokens, api.state.standing = Verifier(), Everybody()
    api.state.work = api.state.db = api.state.access = None
    api.state.confidential = {}
    api.state.rates, api.state.metrics = Rates(rate=0, burst=1), Metrics("goals")
    api.state.settings = SimpleNamespace(development=True)
    add_problem_handlers(api)
    return api


def in_full() -> FastAPI:
    api = FastAPI()
    api.include_router(router)
    return app_of(api)


def in_short() -> FastAPI:
    return app_of(FastAPI(routes=[*served([router])]))


BEARER = {"Authorization": "Bearer anna"}
REQUESTS = {
    "plain": ("POST", "/things/a", BEARER),
    "with all its headers": (
        "POST",
        "/things/a?size=3",
        {**BEARER, "Idempotency-Key": "k1", "If-Match": '"v3", W/"v4"', "Cairn-Time": "2026-01-02T03:04:05Z"},
    ),
    "no token": ("POST", "/things/a", {}),
    "another scheme": ("POST", "/things/a", {"Authorization": "Basic anna"}),
    "an unknown token": ("GET", "/things/a", {"Authorization": "Bearer eve"}),
    "a machine": ("GET", "/things/a", {"Authorization": "bearer machine"}),
    "a bad key": ("POST", "/things/a", {**BEARER, "Idempotency-Key": "a b"}),
    "a bad condition": ("POST", "/things/a", {**BEARER, "If-Match": "v3"}),
    "a bad time": ("POST", "/things/a", {**BEARER, "Cairn-Time": "soon"}),
    "a bad parameter": ("POST", "/things/a?size=many", BEARER),
    "an unknown parameter": ("POST", "/things/a?siez=1", BEARER),
    "no such route": ("POST", "/thing/a", BEARER),
    "no such method": ("PUT", "/things/a", BEARER),
}


@pytest.mark.parametrize("asked", REQUESTS)
async def test_short_and_full_answer_alike(asked: str) -> None:
    method, path, headers = REQUESTS[asked]
    answers = []
    for app in (in_full(), in_short()):
        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            answer = await client.request(method, path, headers=headers)
            body = {name: value for name, value in answer.json().items() if name != "correlation_id"}
            answers.append((answer.status_code, answer.headers["content-type"], body))
    assert answers[0] == answers[1]


def test_what_is_read_in_short_is_described_in_full() -> None:
    assert in_short().openapi() == in_full().openapi()
    described = in_short().openapi()["paths"]["/things/{thing}"]["post"]
    assert {each["name"] for each in described["parameters"]} >= {"Idempotency-Key", "If-Match", "size"}
    assert described["security"]
