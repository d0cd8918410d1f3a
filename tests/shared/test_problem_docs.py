"""The API description tells every problem that a route may answer with, and only those."""

from typing import Annotated

import pytest
import schemathesis
from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from hypothesis import settings
from pydantic import BaseModel
from schemathesis import checks

from shared.errors import NotFound, Refusal, Unauthenticated
from shared.preconditions import IdempotencyKeyHeader, IfMatchHeader, idempotency_key, if_match
from shared.problem_docs import document_problems, refusals
from shared.problems import add_problem_handlers


class GoalNotAgreed(Refusal):
    """Only an agreed goal
    can be measured.

    More about it.
    """


class GoalClosed(Refusal):
    """A closed goal stays as it is."""


class GoalUnknown(NotFound):
    """There is no such goal."""


class Measurement(BaseModel):
    value: float


def build():
    app = FastAPI()
    add_problem_handlers(app)

    @app.get("/plain")
    async def plain() -> str:
        return ""

    @app.get("/goals/{goal_id}")
    async def read(
        goal_id: int,
        sent: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    ) -> int:
        if sent is None or sent.credentials != "good":
            raise Unauthenticated("Send a token.")
        if goal_id % 2:
            raise GoalUnknown("There is no such goal.")
        return goal_id

    @app.post(
        "/goals/{goal_id}/measurements",
        responses=refusals(GoalNotAgreed, GoalClosed, GoalUnknown),
        status_code=201,
    )
    async def measure(
        goal_id: str,
        body: Measurement,
        match: IfMatchHeader = None,
        key: IdempotencyKeyHeader = None,
    ) -> list:
        if goal_id == "a":
            raise GoalNotAgreed("It is a draft.")
        return [body.value, if_match(match), idempotency_key(key)]

    return app


@pytest.fixture
def description():
    return build().openapi()


def statuses(description, path, method):
    return set(description["paths"][path][method]["responses"])


def test_a_route_that_asks_for_nothing_documents_little(description):
    assert statuses(description, "/plain", "get") == {"200", "503", "default"}


def test_what_follows_from_the_form_of_a_route_is_documented(description):
    assert statuses(description, "/goals/{goal_id}", "get") == {
        "200", "400", "401", "403", "404", "422", "429", "503", "default",
    }  # fmt: skip
    assert statuses(description, "/goals/{goal_id}/measurements", "post") == {
        "201", "400", "404", "409", "412", "413", "422", "428", "503", "default",
    }  # fmt: skip


def test_the_rules_of_a_route_are_told_by_name(description):
    told = description["paths"]["/goals/{goal_id}/measurements"]["post"]["responses"]
    assert "`goal-not-agreed`: Only an agreed goal can be measured." in told["409"]["description"]
    assert "`goal-closed`" in told["409"]["description"]
    assert "More about it" not in told["409"]["description"]
    assert "`goal-unknown`" in told["404"]["description"]


def test_the_frameworks_own_form_of_errors_is_gone(description):
    assert "HTTPValidationError" not in str(description)
    assert "ValidationError" not in description["components"]["schemas"]


def test_every_problem_is_of_one_schema(description):
    for response in description["components"]["responses"].values():
        assert response["content"]["application/problem+json"]["schema"] == {
            "$ref": "#/components/schemas/Problem"
        }
    assert "Problem" in description["components"]["schemas"]


def test_all_references_lead_somewhere(description):
    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    for reference in references(description):
        found = description
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_a_response_that_the_route_tells_itself_stays():
    own = {"description": "Mine."}
    described = document_problems({"paths": {"/a": {"get": {"responses": {"503": own, "default": own}}}}})
    assert described["paths"]["/a"]["get"]["responses"] == {"503": own, "default": own}


def test_a_description_that_tells_its_problems_is_left_as_it_is(description):
    assert document_problems(description) == description


def test_the_description_is_made_once():
    app = build()
    assert app.openapi() is app.openapi()


def test_a_route_that_is_added_later_is_described():
    app = build()
    app.openapi()

    @app.get("/later/{id}")
    async def later(id: Annotated[str, "x"]) -> str:  # noqa: A002
        return id

    assert "404" in app.openapi()["paths"]["/later/{id}"]["get"]["responses"]


CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
schema = schemathesis.openapi.from_asgi("/openapi.json", build())


@schema.parametrize()
@settings(max_examples=30)
def test_no_answer_is_outside_of_the_description(case):
    case.call_and_validate(checks=CHECKS)
