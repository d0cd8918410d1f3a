"""Every answer that is not a success is a problem that says what is wrong and how to mend it."""

from datetime import date, datetime
from typing import Annotated, Literal

import pytest
from fastapi import FastAPI, Header, HTTPException, Query
from httpx import ASGITransport, AsyncClient
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from starlette.responses import PlainTextResponse

from shared.errors import Forbidden, NotFound, Refusal, Unauthenticated
from shared.logs import bind_correlation
from shared.problems import MEDIA_TYPE, add_problem_handlers


class WeightsOver100(Refusal):
    """The weights of one owner in one period total 100 or less."""


class Unsettled(Exception):  # noqa: N818
    """The database did not answer."""


class UnsettledStill(Unsettled):
    """A kind of it."""


class KeyResult(BaseModel):
    model_config = ConfigDict(extra="forbid")
    target: int = Field(ge=0, le=100)


class Goal(BaseModel):
    title: str = Field(min_length=3, max_length=10)
    kind: Literal["objective", "kpi"] = "kpi"
    due_on: date | None = None
    starts_at: AwareDatetime | None = None
    key_results: list[KeyResult] = Field(default=[], max_length=2)
    code: Annotated[str, Field(pattern="^[a-z]+$")] = "a"
    secret: str = ""

    @field_validator("secret")
    @classmethod
    def _no_secret(cls, value: str) -> str:
        if value:
            raise ValueError("must be left to the vault")
        return value


@pytest.fixture
def app():
    app = FastAPI()
    add_problem_handlers(app, unavailable=(Unsettled, OSError))

    @app.post("/goals")
    async def create(goal: Goal) -> dict:
        return goal.model_dump()

    @app.get("/goals/{number}")
    async def read(
        number: int, limit: Annotated[int, Query(ge=1)] = 1, x: Annotated[int, Header()] = 1
    ) -> int:
        return number + limit + x

    raised = {
        "refused": WeightsOver100("They total 120.", owner_id="person_1", total=120, on=date(2026, 1, 2)),
        "colliding": Refusal("No.", status="mine", type="mine", detail2=1),
        "missing": NotFound("There is no such goal."),
        "forbidden": Forbidden("No."),
        "unknown-caller": Unauthenticated("Send a token."),
        "unsettled": UnsettledStill("mongodb://user:secret@host"),
        "disk": OSError("secret path"),
        "teapot": HTTPException(418, "I am a teapot"),
        "odd": HTTPException(499, {"not": "text"}),
        "plain": HTTPException(404),
        "unchanged": HTTPException(304),
    }

    @app.get("/raise/{which}")
    async def fail(which: str) -> None:
        raise raised[which]

    @app.get("/fine")
    async def fine() -> PlainTextResponse:
        return PlainTextResponse("fine")

    return app


@pytest.fixture
async def client(app):
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


async def problem(answer_coming, status):
    answer = await answer_coming
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    body = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:cairn:problem:")
    assert body["title"]
    assert body["detail"]
    assert "correlation_id" in body
    return body


async def test_a_refusal_names_its_rule_and_gives_its_facts(client):
    body = await problem(client.get("/raise/refused"), 409)
    assert body["type"] == "urn:cairn:problem:weights-over100"
    assert body["title"] == "Weights over100"
    assert (body["detail"], body["owner_id"], body["total"], body["on"]) == (
        "They total 120.",
        "person_1",
        120,
        "2026-01-02",
    )


async def test_facts_never_stand_in_for_the_standard_members(client):
    body = await problem(client.get("/raise/colliding"), 409)
    assert (body["type"], body["detail2"]) == ("urn:cairn:problem:refused", 1)


@pytest.mark.parametrize(
    ("which", "status"), [("missing", 404), ("forbidden", 403), ("unknown-caller", 401), ("plain", 404)]
)
async def test_each_refusal_has_its_status(client, which, status):
    await problem(client.get(f"/raise/{which}"), status)


async def test_a_401_is_a_challenge(client):
    assert "Bearer" in (await client.get("/raise/unknown-caller")).headers["www-authenticate"]


async def test_the_correlation_id_is_in_the_body(client):
    with bind_correlation("abc"):
        assert (await problem(client.get("/raise/missing"), 404))["correlation_id"] == "abc"


@pytest.mark.parametrize("which", ["unsettled", "disk"])
async def test_what_is_out_of_reach_is_503_with_a_time_to_come_back(client, which):
    body = await problem(client.get(f"/raise/{which}"), 503)
    assert "Idempotency-Key" in body["detail"]
    assert "secret" not in str(body)
    assert (await client.get(f"/raise/{which}")).headers["retry-after"] == "1"


async def test_an_unknown_address_is_a_problem(client):
    body = await problem(client.get("/nowhere/<script>"), 404)
    assert body["type"] == "urn:cairn:problem:not-found"
    assert "script" not in str(body)
    assert "/docs" in body["detail"]


async def test_a_wrong_method_says_which_are_right(client):
    body = await problem(client.delete("/goals"), 405)
    assert (body["type"], body["allowed"]) == ("urn:cairn:problem:method-not-allowed", ["POST"])
    assert (await client.delete("/goals")).headers["allow"] == "POST"


async def test_an_http_error_of_a_route_keeps_its_words(client):
    assert (await problem(client.get("/raise/teapot"), 418))["detail"] == "I am a teapot"


async def test_an_http_error_of_no_known_status_is_still_a_problem(client):
    assert (await problem(client.get("/raise/odd"), 499))["title"] == "Status 499"


async def test_an_answer_that_may_have_no_body_has_none(client):
    answer = await client.get("/raise/unchanged")
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("body", [b"{", b"{'a': 1}", b"", b"nul", b'{"title": }', b"\xff\xfe"])
async def test_a_body_that_is_not_json_is_no_500(client, body):
    answer = await client.post("/goals", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == MEDIA_TYPE


async def test_malformed_json_says_where(client):
    coming = client.post("/goals", content=b'{"title": ?}', headers={"content-type": "application/json"})
    body = await problem(coming, 400)
    assert (body["type"], body["position"]) == ("urn:cairn:problem:malformed-json", 10)


async def invalid(client, **fields):
    body = await problem(client.post("/goals", json={"title": "abc", **fields}), 422)
    [place] = body["errors"]
    return place


@pytest.mark.parametrize(
    ("fields", "pointer", "mend"),
    [
        ({"title": None}, "#/title", "Send text."),
        ({"title": "ab"}, "#/title", "Send at least 3 characters."),
        ({"title": "x" * 11}, "#/title", "Send at most 10 characters."),
        ({"kind": "habit"}, "#/kind", "Send one of 'objective' or 'kpi'."),
        ({"due_on": "02.01.2026"}, "#/due_on", "Write it as 2026-11-22."),
        (
            {"starts_at": "2026-01-01T10:00:00"},
            "#/starts_at",
            "Add the offset from UTC, such as 2026-11-22T09:00:00Z.",
        ),
        ({"starts_at": "soon"}, "#/starts_at", "Write it as 2026-11-22T09:00:00Z."),
        ({"key_results": 5}, "#/key_results", "Send a list."),
        (
            {"key_results": [{"target": 1}, {"target": 101}]},
            "#/key_results/1/target",
            "Send a number of at most 100.",
        ),
        ({"key_results": [{"target": "x"}]}, "#/key_results/0/target", "Send a whole number."),
        ({"key_results": [{}]}, "#/key_results/0/target", "Add it."),
        ({"key_results": [{"target": 1, "a/b~c": 1}]}, "#/key_results/0/a~1b~0c", "Leave it out."),
        ({"key_results": [{"target": 1}] * 3}, "#/key_results", "Send at most 2 items."),
        ({"code": "A"}, "#/code", "Send text of the form ^[a-z]+$."),
        ({"secret": "hunter2"}, "#/secret", "Send what the reason asks for; /docs tells the form."),
    ],
)
async def test_a_wrong_field_is_pointed_at_with_how_to_mend_it(client, fields, pointer, mend):
    place = await invalid(client, **fields)
    assert (place["in"], place["pointer"], place["mend"]) == ("body", pointer, mend)
    assert place["reason"]


async def test_a_rule_of_our_own_speaks_in_its_own_words(client):
    assert (await invalid(client, secret="hunter2"))["reason"] == "must be left to the vault"


@pytest.mark.parametrize("field", ["title", "secret", "code", "kind", "due_on", "starts_at", "key_results"])
async def test_what_was_sent_is_never_echoed(client, field):
    answer = await client.post("/goals", json={"title": "abc", field: "Hunter2-the-secret"})
    assert answer.status_code == 422
    assert "Hunter2" not in answer.text


async def test_every_wrong_place_is_told_at_once(client):
    body = await problem(client.post("/goals", json={"kind": 1, "due_on": "x"}), 422)
    assert [place["pointer"] for place in body["errors"]] == ["#/title", "#/kind", "#/due_on"]
    assert body["detail"] == "3 places are wrong: #/title, #/kind, #/due_on."


async def test_wrong_parameters_are_told_by_name_and_place(client):
    body = await problem(client.get("/goals/one?limit=0", headers={"x": "y"}), 422)
    assert [(each["in"], each["pointer"]) for each in body["errors"]] == [
        ("path", "number"),
        ("query", "limit"),
        ("header", "x"),
    ]


async def test_a_body_of_another_media_type_is_no_500(client):
    answer = await client.post("/goals", content=b"<goal/>", headers={"content-type": "text/xml"})
    assert answer.status_code == 422


async def test_a_success_is_left_alone(client):
    assert (await client.get("/fine")).text == "fine"


async def test_a_naive_datetime_in_facts_is_no_500(app, client):
    @app.get("/naive")
    async def naive() -> None:
        raise Refusal("No.", at=datetime(2026, 1, 1))  # noqa: DTZ001

    assert (await problem(client.get("/naive"), 409))["at"] == "2026-01-01T00:00:00"
