"""If-Match, If-None-Match and Idempotency-Key are read as their standards have them."""

from contextlib import suppress

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Malformed, PreconditionMissing, Stale
from shared.preconditions import (
    KEY_MAX_LENGTH,
    EntityTags,
    IdempotencyKey,
    IdempotencyKeyMalformed,
    IfMatch,
    IfNoneMatch,
    TagMalformed,
    entity_tag,
    parse_idempotency_key,
    parse_tags,
    require_match,
)
from shared.problems import add_problem_handlers


def tags(*values):
    return parse_tags(values, header="If-Match")


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
    assert tags(value) == EntityTags(any=False, tags=expected)


def test_a_header_in_several_lines_is_one_list():
    assert tags('"v1"', 'W/"v2"').tags == (("v1", False), ("v2", True))


def test_a_star_is_any_version():
    assert tags("*").any
    assert tags(" * ").match_strongly(99)


@pytest.mark.parametrize(
    "value",
    ["", "  ", ",", "v12", '"v12', 'v12"', "'v12'", '"v1""v2"', '"v1" "v2"', '*, "v1"', '"v1", *', 'w/"v1"',
     'W/ "v1"', '"a b"', '"a\nb"', '"v1"; q=1', "**", ",".join(['"v1"'] * 33)],
)  # fmt: skip
def test_tags_out_of_form_are_refused_and_not_passed_over(value):
    with pytest.raises(TagMalformed) as refused:
        tags(value)
    assert refused.value.status == 400
    assert "If-Match" in refused.value.detail


@given(st.integers(1, 10**17))
def test_the_tag_of_a_version_matches_that_version_alone(version):
    listed = tags(entity_tag(version))
    assert listed.match_strongly(version)
    assert not listed.match_strongly(version + 1)
    assert listed.versions() == {version}


def test_a_weak_tag_is_good_for_reading_and_not_for_writing():
    listed = tags('W/"v3"')
    assert listed.match_weakly(3)
    assert not listed.match_strongly(3)
    assert listed.versions() == frozenset()


@pytest.mark.parametrize("text", ["3", "V3", "v03", "v3 ", "v-3", "v3.0", "v0", "v" + "9" * 30])
def test_a_tag_of_another_make_names_no_version_of_ours(text):
    listed = EntityTags(any=False, tags=((text, False),))
    assert not listed.match_strongly(3)
    assert listed.versions() == frozenset()


def test_a_change_without_if_match_is_428():
    with pytest.raises(PreconditionMissing) as refused:
        require_match(None, version=3)
    assert refused.value.status == 428


def test_a_change_of_what_has_changed_is_412_and_names_the_newest():
    with pytest.raises(Stale) as refused:
        require_match(tags('"v2"'), version=3)
    assert (refused.value.status, refused.value.facts) == (412, {"etag": '"v3"'})


@pytest.mark.parametrize("value", ['"v3"', '"v2", "v3"', "*"])
def test_a_change_of_what_was_read_goes_on(value):
    require_match(tags(value), version=3)


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
    assert parse_idempotency_key(value) == key


@pytest.mark.parametrize(
    "value",
    ["", '""', " ", "a b", '"a', 'a"', '"a"b"', r'"\x"', '"é"', "é", '"a\tb"', "a\nb", "a,b", '"a", "b"', '"a";q=1',
     "<x>", "a" * (KEY_MAX_LENGTH + 1), f'"{"a" * (KEY_MAX_LENGTH + 1)}"'],
)  # fmt: skip
def test_a_key_out_of_form_is_refused(value):
    with pytest.raises(IdempotencyKeyMalformed) as refused:
        parse_idempotency_key(value)
    assert refused.value.status == 400


@given(st.text(max_size=60))
def test_no_header_is_more_than_refused(text):
    for parse in (tags, parse_idempotency_key):
        with suppress(Malformed):
            parse(text)


@pytest.fixture
async def client():
    app = FastAPI()
    add_problem_handlers(app)

    @app.post("/goals")
    async def change(match: IfMatch, none: IfNoneMatch, key: IdempotencyKey) -> dict:
        return {"match": match and match.tags, "none": none and none.any, "key": key}

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        client.app = app
        yield client


async def test_a_route_gets_what_the_headers_say(client):
    sent = [("If-Match", '"v1"'), ("If-Match", '"v2"'), ("If-None-Match", "*"), ("Idempotency-Key", '"k"')]
    answer = await client.post("/goals", headers=sent)
    assert answer.json() == {"match": [["v1", False], ["v2", False]], "none": True, "key": "k"}


async def test_a_route_without_the_headers_gets_nothing(client):
    assert (await client.post("/goals")).json() == {"match": None, "none": None, "key": None}


@pytest.mark.parametrize("header", [("If-Match", ""), ("If-None-Match", "v1"), ("Idempotency-Key", "a b")])
async def test_a_header_out_of_form_is_a_problem_of_400(client, header):
    answer = await client.post("/goals", headers=[header])
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


async def test_two_keys_are_refused(client):
    answer = await client.post("/goals", headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
    assert answer.status_code == 400


async def test_the_headers_are_in_the_api_description_as_text(client):
    parameters = client.app.openapi()["paths"]["/goals"]["post"]["parameters"]
    assert {p["name"]: p["schema"]["type"] for p in parameters} == {
        "If-Match": "string",
        "If-None-Match": "string",
        "Idempotency-Key": "string",
    }
