"""`cairn parked`: what could not be applied, as an operator sees it and has it tried again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from typer.testing import CliRunner

from deploy import databases
from deploy.commands import operations
from deploy.commands.operations import parked
from deploy.local.addresses import Addresses

LONG_ID = "cairn.goals.events|00003|" + "0" * 60 + "17"


@pytest.fixture
def data(engines, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(databases, "database_of", lambda service: f"{name}_{service}")
    Addresses(
        kafka=engines.kafka,
        mongo=engines.mongo,
        issuer="",
        issuer_port=0,
        services={},
        smtp="",
        mail="",
        webhooks="",
        logs="",
    ).save(tmp_path)
    return tmp_path


@pytest.fixture
def reviews(engines, name: str, data: Path) -> Iterator[Database]:
    del data
    with MongoClient(engines.mongo) as client:
        db = client[f"{name}_reviews"]
        now = datetime.now(UTC)
        unreadable = {
            "_id": LONG_ID,
            "topic": "cairn.goals.events",
            "partition": 3,
            "offset": 17,
            "key": b"k",
        }
        unreadable |= {"headers": [["ce_type", b"odd"]], "value": b"[red]no json", "source": None}
        db["parked"].insert_one(unreadable | {"reason": "unreadable", "error": "[bold]no", "at": now})
        db["watermarks"].insert_one({"_id": "w", "source": "goal_1", "state": "failed"})
        failure = {"_id": "job|p7", "job": "job", "kind": "open-reviews", "cursor": "p7", "after": "p6"}
        db["fan_out_failures"].insert_one(failure | {"error": "KeyError('p7')", "at": now})
        refusal = {
            "_id": "e1",
            "source": "goal_9",
            "type": "t",
            "rule": "not_open",
            "detail": "closed",
            "at": now,
        }
        db["refused_reactions"].insert_one(refusal)
        yield db


def cairn(*arguments: str | Path) -> str:
    result = CliRunner().invoke(parked, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_what_is_parked_is_listed_with_ids_that_can_be_used(reviews: Database, data: Path) -> None:
    rows = json.loads(cairn("list", "--data", data, "--json"))
    assert [(row["service"], row["id"], row["reason"], row["error"]) for row in rows] == [
        ("reviews", LONG_ID, "unreadable", "[bold]no"),
        ("reviews", "job|p7", "fan-out", "KeyError('p7')"),
    ]
    shown = cairn("show", LONG_ID, "--data", data)
    assert "[red]no json" in shown
    assert "ce_type: odd" in shown
    assert "cursor: p7" in cairn("show", "job|p7", "--data", data)


def test_the_table_hides_no_part_of_an_id(
    reviews: Database, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations.out, "width", 60)
    cells = [line.split("│")[2].strip() for line in cairn("list", "--data", data).splitlines() if "│" in line]
    assert LONG_ID in "".join(cells)


def test_what_a_rule_refused_is_listed_apart(reviews: Database, data: Path) -> None:
    assert [row["source"] for row in json.loads(cairn("refused", "--data", data, "--json"))] == ["goal_9"]


def test_redriving_asks_for_all_kinds_or_for_one(reviews: Database, data: Path) -> None:
    assert "reviews: 1 to be tried again" in cairn("redrive", "job|p7", "--data", data)
    assert reviews["fan_out_failures"].count_documents({"redrive": True}) == 1
    assert reviews["parked"].count_documents({"redrive": True}) == 0
    assert "reviews: 3 to be tried again" in cairn("redrive", "--all", "--data", data)
    assert reviews["parked"].count_documents({"redrive": True}) == 1
    assert reviews["watermarks"].count_documents({"state": "waiting"}) == 1


def test_what_came_from_outside_is_discarded_by_its_id(reviews: Database, data: Path) -> None:
    told = {"topic": "cairn.goals.measurements", "source": None, "sender": "urn:erp", "reason": "refused"}
    reviews["parked"].insert_many(
        [{"_id": f"told|{number}", **told, "error": "no goal"} for number in (1, 2)]
    )
    said = cairn("discard", "told|1", LONG_ID, "--data", data)
    assert f"reviews: {LONG_ID} (unreadable: [bold]no)" in said
    assert "reviews: told|1 (refused: no goal)" in said
    assert "reviews: 2 discarded" in said
    assert [row["_id"] for row in reviews["parked"].find()] == ["told|2"]


def test_nothing_is_discarded_with_what_is_not_there_or_is_an_event_of_ours(
    reviews: Database, data: Path
) -> None:
    ours = {"topic": "cairn.goals.events", "source": "goal_1", "reason": "failed", "error": "KeyError"}
    reviews["parked"].insert_one({"_id": "ours", **ours})
    for wrong in ("ours", "nowhere"):
        refused = CliRunner().invoke(parked, ["discard", LONG_ID, wrong, "--data", str(data)])
        assert refused.exit_code == 2
        assert f"{wrong}:" in refused.output
        assert LONG_ID not in refused.output
    assert {row["_id"] for row in reviews["parked"].find()} == {LONG_ID, "ours"}
