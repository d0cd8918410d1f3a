"""`cairn outbox`: what waits to be sent, as an operator sees it, and what is told in its place."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database
from typer.testing import CliRunner

from deploy.commands.outbox import outbox
from shared.messaging.envelope import Envelope, outbox_row
from tests.deploy.test_operations import data

__all__ = ["data"]


@pytest.fixture
def goals(engines, name: str, data: Path) -> Iterator[Database]:
    del data
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    with MongoClient(engines.mongo) as client:
        db = client[f"{name}_goals"]
        for n, topic in enumerate(("cairn.goals.events", "cairn.goals.state"), start=1):
            id_ = ObjectId(f"{int(long_ago.timestamp()):08x}{n:016x}")
            envelope = Envelope(str(id_), "/cairn/goals", "cairn.goals.goal_closed.v1", "[red]g", long_ago, n)
            db["outbox"].insert_one(outbox_row(id_, topic, envelope, b"{}"))
        yield db


def cairn(*arguments: str | Path, fails: bool = False) -> str:
    result = CliRunner().invoke(outbox, [str(each) for each in arguments])
    assert (result.exit_code != 0) == fails, result.output
    return " ".join(result.output.replace("│", " ").split())


def test_what_waits_is_listed_and_an_event_is_withheld(goals: Database, data: Path) -> None:
    event, state = json.loads(cairn("list", "--data", data, "--json"))
    assert [event[name] for name in ("service", "topic", "subject", "type", "number", "bytes")] == [
        *("goals", "cairn.goals.events", "[red]g", "cairn.goals.goal_closed.v1", "1", "2")
    ]
    assert 300 <= int(event["waits"].removesuffix(" s")) < 3600
    assert "[red]g" in cairn("list", "--data", data)
    assert json.loads(cairn("list", "--data", data, "--seconds", "3600", "--json")) == []
    said = cairn("withhold", event["id"], "--data", data)
    assert said == "goals: cairn.goals.goal_closed.v1 1 of [red]g is withheld"
    row = goals["outbox"].find_one({"_id": ObjectId(event["id"])})
    assert row is not None
    assert (row["type"], row["withheld"]["value"]) == ("cairn.goals.event_withheld.v1", b"{}")
    assert "a state" in cairn("withhold", state["id"], "--data", data, fails=True)
    assert "already" in cairn("withhold", event["id"], "--data", data, fails=True)


@pytest.mark.parametrize(
    ("id_", "why"), [("nonsense", "24 digits"), ("5" * 24, "nothing waits"), ("", "24 digits")]
)
def test_what_is_no_row_that_waits_is_refused(goals: Database, data: Path, id_: str, why: str) -> None:
    assert why in cairn("withhold", id_, "--data", data, fails=True)
    assert goals["outbox"].count_documents({"withheld": {"$exists": True}}) == 0
