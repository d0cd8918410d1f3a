"""If-Match, If-None-Match and Idempotency-Key are read as their standards have them."""

from contextlib import suppress

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Malformed
from shared.preconditions import (
    KEY_MAX_LENGTH,
    IdempotencyKeyHeader,
    IdempotencyKeyMalformed,
    IfMatch,
    IfMatchHeader,
    IfNoneMatchHeader,
    TagMalformed,
    entity_tag,
    idempotency_key,
    if_match,
    if_none_match,
)
from shared.problems import add_problem_handlers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"v12"', (("v12", False),)),
        ('W/"v12"', (("v12", True),)),
        ('"v1","v2"', (("v1", False), ("v2", False))),
        ('"v1" , W/"v2"', (("v1", False), ("v2", True))),
        (', "v1",, "v2" ,', (("v1", False), ("v2", False))),
        ('""', (("", False),)),
        ('"a,b"', (("a,b", False),)),
        ('"*"', (("*", False),)),
        ('"caf\xe9"', (("caf\xe9", False),)),
    ],
)
def test_tags_are_read_as_rfc_9110_lists_them(value, expected):
    assert if_match(value) == IfMatch(any=False, tags=expected)


def test_a_star_is_any_version():
    assert if_match("*").holds(99)
    assert if_match(" * ").holds(99)
    assert not if_none_match("*").holds(99)


@pytest.mark.parametrize(
    "value",
    ["", "  ", ",", "v12", '"v12', 'v12"', "'v12'", '"v1""v2"', '"v1" "v2"', '*, "v1"', '"v1", *', 'w/"v1"',
     'W/ "v1"', '"a b"', '"a\nb"', '"v1"; q=1', "**", ",".join(['"v1"'] * 33)],
)  # fmt: skip
def test_tags_out_of_form_are_refused_and_not_passed_over(value):
    with pytest.raises(TagMalformed) as refused:
        if_match(value)
    assert refused.value.status == 400
    assert "If-Match" in refused.value.detail


@given(st.integers(1, 10**17))
def test_the_tag_of_a_version_matches_that_version_alone(version):
    for other in (version + 1, version * 10, version - 1):
        assert not if_match(entity_tag(version)).holds(other)
        assert if_none_match(entity_tag(version)).holds(other)
    assert if_match(entity_tag(version)).holds(version)
    assert not if_none_match(entity_tag(version)).holds(version)


def test_one_of_several_tags_is_enough():
    assert if_match('"v1", "v3"').holds(3)
    assert not if_none_match('"v1", "v3"').holds(3)


def test_a_weak_tag_is_good_for_reading_and_not_for_writing():
    assert not if_none_match('W/"v3"').holds(3)
    assert not if_match('W/"v3"').holds(3)


@pytest.mark.parametrize("text", ["3", "V3", "v03", "v-3", "v3.0", "", "*"])
def test_a_tag_of_another_make_names_no_version_of_ours(text):
    assert not if_match(f'"{text}"').holds(3)
    assert if_none_match(f'"{text}"').holds(3)


def test_without_the_headers_nothing_is_asked():
    assert (if_match(None), if_none_match(None), idempotency_key(None)) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ('"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ('"a b"', "a b"),
        (r'"say \"hi\" \\ bye"', r'say "hi" \ bye'),
        (" key ", "key"),
        ("a" * KEY_MAX_LENGTH, "a" * KEY_MAX_LENGTH),
    ],
)
def test_a_key_is_taken_in_quotes_and_bare(value, key):
    assert idempotency_key(value) == key


@pytest.mark.parametrize(
    "value",
    ["", '""', " ", "a b", '"a', 'a"', '"a"b"', r'"\x"', '"é"', "é", '"a\tb"', "a\nb", "a,b",
     '"a", "b"', '"a";q=1', "<x>", "a" * (KEY_MAX_LENGTH + 1), f'"{"a" * (KEY_MAX_LENGTH + 1)}"'],
)  # fmt: skip
def test_a_key_out_of_form_is_refused(value):
    with pytest.raises(IdempotencyKeyMalformed) as refused:
        idempotency_key(value)
    assert refused.value.status == 400


@given(st.text(max_size=60))
def test_no_header_is_more_than_refused(text):
    for parse in (if_match, if_none_match, idempotency_key):
        with suppress(Malformed):
            parse(text)


@pytest.fixture
async def client():
    app = FastAPI()
    add_problem_handlers(app)

    @app.post("/goals")
    async def change(
        match: IfMatchHeader = None, none: IfNoneMatchHeader = None, key: IdempotencyKeyHeader = None
    ) -> list:
        return [if_match(match), if_none_match(none), idempotency_key(key)]

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        client.app = app
        yield client


async def test_a_route_gets_what_the_headers_say(client):
    sent = [("If-Match", '"v1"'), ("If-None-Match", "*"), ("Idempotency-Key", '"k"')]
    match, none, key = (await client.post("/goals", headers=sent)).json()
    assert (match, none, key) == (
        {"any": False, "tags": [["v1", False]]},
        {"any": True, "tags": []},
        "k",
    )


async def test_a_route_without_the_headers_gets_nothing(client):
    assert (await client.post("/goals")).json() == [None, None, None]


@pytest.mark.parametrize("header", [("If-Match", ""), ("If-None-Match", "v1"), ("Idempotency-Key", "a b")])
async def test_a_header_out_of_form_is_a_problem_of_400(client, header):
    answer = await client.post("/goals", headers=[header])
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


async def test_the_headers_are_in_the_api_description_as_text(client):
    parameters = client.app.openapi()["paths"]["/goals"]["post"]["parameters"]
    assert {p["name"]: (p["schema"]["type"], p["required"]) for p in parameters} == {
        "If-Match": ("string", False),
        "If-None-Match": ("string", False),
        "Idempotency-Key": ("string", False),
    }
