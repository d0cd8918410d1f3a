"""Every line is JSON, carries the correlation id and holds nobody's data."""

import asyncio
import io
import json
import logging
import warnings
from typing import Annotated

import pytest
import structlog
from fastapi.exceptions import ResponseValidationError
from pydantic import BaseModel, Field, ValidationError

from shared import logs

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwZXJzb25fMSJ9.c2lnbmF0dXJl"


class Lines(io.StringIO):
    """What was logged, line by line."""

    def all(self) -> list[dict]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def last(self) -> dict:
        return self.all()[-1]


def fail(text):
    """Raise an error that says so."""
    raise ValueError(text)


@pytest.fixture
def lines():
    root = logging.getLogger()
    before = (root.handlers[:], root.level, {name: logging.getLogger(name).level for name in logs.QUIET})
    written = Lines()
    logs.configure(service="goals", stream=written)
    yield written
    root.handlers[:], level, levels = before
    root.setLevel(level)
    for name, quiet in levels.items():
        logging.getLogger(name).setLevel(quiet)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_a_line_says_what_when_where_and_how_bad(lines):
    logs.logger("work").warning("retried", attempts=3)
    line = lines.last()
    assert line.pop("at").endswith("Z")
    assert line == {"event": "retried", "attempts": 3, "part": "work", "level": "warning", "service": "goals"}


def test_an_event_is_one_line_even_with_a_traceback(lines):
    try:
        fail("two\nlines")
    except ValueError:
        logs.logger("work").exception("it broke")
    assert len(lines.all()) == 1
    assert "Traceback" in lines.last()["exception"]


def test_lines_of_libraries_are_captured(lines):
    logging.getLogger("aiokafka.consumer").warning("lost %s", "a broker")
    assert (lines.last()["event"], lines.last()["part"]) == ("lost a broker", "aiokafka.consumer")
    logging.getLogger("uvicorn.error").error("cannot bind")
    assert lines.last()["part"] == "uvicorn.error"


def test_warnings_are_captured(lines):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old call", DeprecationWarning, stacklevel=1)
    assert "old call" in lines.last()["event"]


def test_uvicorns_own_access_lines_and_chatter_are_left_out(lines):
    logging.getLogger("uvicorn.access").info("GET /people/person_1")
    logging.getLogger("aiokafka").info("Joined group")
    assert lines.all() == []


def test_lines_below_the_level_are_left_out(lines):
    logs.logger("work").debug("detail")
    assert lines.all() == []


def test_a_bound_correlation_id_is_in_every_line_within(lines):
    with logs.bind_correlation("abc"):
        logs.logger("work").info("ours")
        logging.getLogger("theirs").warning("theirs")
    logs.logger("work").info("after")
    assert [line.get("correlation_id") for line in lines.all()] == ["abc", "abc", None]


async def test_tasks_side_by_side_keep_their_own_correlation_id(lines):
    async def task(name):
        with logs.bind_correlation(name):
            await asyncio.sleep(0)
            logs.logger("work").info(name)

    await asyncio.gather(*(task(f"t{n}") for n in range(5)))
    assert all(line["event"] == line["correlation_id"] for line in lines.all())


@pytest.mark.parametrize(
    "key",
    [
        "email",
        "mail",
        "token",
        "access_token",
        "Authorization",
        "smtp_password",
        "given_name",
        "comment",
        "secrets",
    ],
)
def test_fields_named_as_private_are_blanked(lines, key):
    logs.logger("work").info("seen", **{key: "Ada"})
    assert lines.last()[key] == "[redacted]"


def test_private_fields_are_blanked_inside_of_others(lines):
    logs.logger("work").info("seen", person={"email": "x", "person_id": "person_1"})
    assert lines.last()["person"] == {"email": "[redacted]", "person_id": "person_1"}


@pytest.mark.parametrize("key", ["person_id", "names", "route", "event_type", "tokens_cached", "context"])
def test_other_fields_are_kept(lines, key):
    logs.logger("work").info("seen", **{key: "goal_1"})
    assert lines.last()[key] == "goal_1"


@pytest.mark.parametrize(
    "text",
    [
        "sent to ada@example.com",
        f"header was Bearer {TOKEN}",
        f"token {TOKEN}",
        "mongodb://cairn:ada@host/db",
        "Bearer adaadaada",
        "whsec_ada",
        "E11000 duplicate key error collection: cairn.people dup key: { name: 'ada' }",
    ],
)
def test_what_looks_private_is_blanked_wherever_it_stands(lines, text):
    logs.logger("work").info(text)
    logs.logger("work").info("x", detail=[text], other={1: text})
    logging.getLogger("pymongo").error(text)
    try:
        fail(text)
    except ValueError:
        logs.logger("work").exception("failed")
    assert len(lines.all()) == 4
    for forbidden in ("ada", TOKEN):
        assert forbidden not in lines.getvalue()


class Named(BaseModel):
    """Something with a person's name in it."""

    name: Annotated[str, Field(max_length=2)]


def test_what_was_sent_is_not_in_the_traceback_of_its_refusal(lines):
    sent = {"name": "ada"}
    answer = ResponseValidationError([{"type": "missing", "loc": ("name",), "input": sent}])
    logs.logger("work").error("failed", exc_info=answer)
    with pytest.raises(ValidationError) as refused:
        Named(**sent)
    logs.logger("work").error("failed", exc_info=refused.value)
    assert "ada" not in lines.getvalue()
    assert "string_too_long" in lines.getvalue()


def test_what_json_cannot_hold_is_logged_all_the_same(lines):
    logs.logger("work").info("odd", half="\ud800", huge=2**80, thing=object())
    assert lines.last()["event"] == "odd"


@pytest.mark.parametrize("offered", ["abc-123", "a" * 64, "req:1.2_3~4"])
def test_a_safe_correlation_id_is_taken(offered):
    assert logs.accept_correlation_id(offered) == offered


@pytest.mark.parametrize("offered", [None, "", "a" * 65, 'a"b', "a b", "a\nb", "<script>", "é", "abc\n"])
def test_an_unsafe_correlation_id_is_replaced(offered):
    taken = logs.accept_correlation_id(offered)
    assert taken != offered
    assert taken.isalnum()
