"""`cairn audit verify`: intact or not, and what nothing vouches for yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from typer.testing import CliRunner, Result

from deploy.commands import audit
from deploy.local.addresses import Addresses
from shared.audit.anchors import Anchor
from shared.audit.chain import FIRST, seal_of
from shared.audit.rows import AUDIT, HEAD, Origin, change_row
from shared.identity import Caller

MONDAY, TUESDAY = "2026-01-05T09:00:00+00:00", "2026-01-06T09:00:00+00:00"


@pytest.fixture
def data(engines, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(audit, "database_of", lambda service: f"{name}_{service}")
    addresses = dict.fromkeys(("issuer", "smtp", "mail", "webhooks", "logs"), "")
    Addresses(kafka=engines.kafka, mongo=engines.mongo, issuer_port=0, services={}, **addresses).save(
        tmp_path
    )
    return tmp_path


@pytest.fixture
def goals(engines, name: str) -> Iterator[Database]:
    """With three rows that are sealed."""
    with MongoClient(engines.mongo) as client:
        db, seal = client[f"{name}_goals"], FIRST
        for number in range(1, 4):
            row = change_row(
                Caller(subject="anna"),
                Origin("draft_goal"),
                about=[f"goals/{number}"],
                events=[],
                reasoned=False,
                correlation_id="",
            )
            db[AUDIT].insert_one(row)
            kept = db[AUDIT].find_one({"_id": row["_id"]})
            seal = seal_of(seal, kept)
            db[AUDIT].update_one(
                {"_id": row["_id"]}, {"$set": {"sealed": True, "number": number, "seal": seal}}
            )
        db[HEAD].insert_one({"_id": HEAD, "number": 3, "seal": seal})
        yield db


def verify(data: Path, *more: str) -> Result:
    return CliRunner().invoke(audit.audit, ["verify", "--data", str(data), *more], env={"COLUMNS": "200"})


def test_what_is_intact_is_said_with_what_is_not_anchored(
    data: Path, goals: Database, tmp_path: Path
) -> None:
    found = verify(data)
    assert found.exit_code == 0, found.output
    assert "nothing" in found.output
    anchors = tmp_path / "anchors"
    second = goals[AUDIT].find_one({"number": 2})
    assert second
    anchors.write_text(Anchor("goals", 2, second["seal"], MONDAY).line + "\n")
    assert verify(data, "--anchors", str(anchors), "--service", "goals").exit_code == 0


def test_what_was_tampered_with_is_named_and_is_an_exit_code(data: Path, goals: Database) -> None:
    goals[AUDIT].update_one({"number": 2}, {"$set": {"by": "ben"}})
    found = verify(data, "--service", "goals")
    assert found.exit_code == 1
    assert "row 2 is not what was sealed" in found.output
    assert verify(data, "--service", "people").exit_code == 0


def test_what_a_restore_lost_is_told_and_is_no_fault(data: Path, goals: Database, tmp_path: Path) -> None:
    last = goals[AUDIT].find_one({"number": 3})
    assert last
    anchors = tmp_path / "anchors"
    lost = Anchor("goals", 9, FIRST, MONDAY)
    restored = Anchor("goals", 3, last["seal"], TUESDAY, restored_to=MONDAY, epoch=2)
    anchors.write_text(f"{lost.line}\n{restored.line}\n")
    found = verify(data, "--anchors", str(anchors), "--service", "goals")
    assert found.exit_code == 0, found.output
    assert "goals: rows 4 to at least 9" in found.output
    assert "(epoch 2)" in " ".join(found.output.split())
    goals[AUDIT].update_one({"number": 3}, {"$set": {"by": "ben"}})
    assert verify(data, "--anchors", str(anchors), "--service", "goals").exit_code == 1


def test_a_file_that_holds_no_anchors_is_said_to_be_none(data: Path, tmp_path: Path) -> None:
    (tmp_path / "anchors").write_text("what is this\n")
    found = verify(data, "--anchors", str(tmp_path / "anchors"))
    assert found.exit_code == 1
    assert "line 1 is no anchor" in found.output


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (("--about", "goals/2"), ["goals/2"]),
        (("--person", "nobody"), []),
        (("--deed", "draft_goal"), ["goals/3", "goals/2", "goals/1"]),
        (("--deed", "close_goal"), []),
        ((), ["goals/3", "goals/2", "goals/1"]),
        (("--limit", "1"), ["goals/3"]),
    ],
)
def test_rows_are_listed_by_who_and_about_what(
    data: Path, goals: Database, asked: tuple[str, ...], shown: list[str]
) -> None:
    assert goals[AUDIT].count_documents({}) == 3
    found = CliRunner().invoke(audit.audit, ["show", "--data", str(data), *asked], env={"COLUMNS": "200"})
    assert found.exit_code == 0, found.output
    assert [word for word in found.output.split() if word.startswith("goals/")] == shown
