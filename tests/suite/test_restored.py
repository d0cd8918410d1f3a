"""Goals come back from a backup: topics say what the database says, and everybody goes on from there.

The same story is told in containers, where other ways lead to the services (`tests/compose`).
"""

import asyncio
import importlib
import os
import shutil
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from pymongo import AsyncMongoClient

from deploy.local.entry import mongo_options
from deploy.local.services import SERVICES
from deploy.local.suite import Suite
from deploy.local.topics import make_topics
from services.goals.app import SERVICE
from shared import mongo, torn
from shared.appended import append_line
from shared.audit.anchors import Anchor, Loss, read_anchors
from shared.audit.chain import verify
from shared.audit.rows import HEAD
from shared.messaging import kafka
from shared.messaging.states import newest_states
from shared.service import Service
from shared.settings import Settings
from tests.suite.house import PROJECT, House
from tests.suite.test_main_job import suite_in

DEADLINE = 90.0
HR = ("hr-system", "hr_admin")


def hired(house: House, name: str, **more: Any) -> str:
    """One of many of the name, for whoever tells the story in the house."""
    entry = {"given_name": name, "email": f"{name}-{uuid.uuid4().hex[:8]}@example.com", **more}
    return str(house.does("people", "/people", entry, as_=HR)["person_id"])


def agreed(house: House, owner: str, boss: str) -> str:
    grow = {"key_result_id": "grow", "title": "Grow", "type": "increase", "start": 0, "target": 10}
    words = {"title": "Grow", "description": "Grow it", "relevance": "It matters", "visibility": "everyone"}
    body = {**words, "starts_on": "2026-01-01", "due_on": "2099-12-31", "key_results": [grow]}
    goal_id = str(house.does("goals", "/goals", body, as_=(owner,))["goal_id"])
    house.does("goals", f"/goals/{goal_id}/proposal", {"to_person_id": boss}, as_=(owner,))
    house.does("goals", f"/goals/{goal_id}/agreement", as_=(boss,))
    return goal_id


def measured(house: House, goal_id: str, owner: str, value: float) -> None:
    path = f"/goals/{goal_id}/key-results/grow/measurements"
    house.does("goals", path, {"value": value}, as_=(owner,))


class Backup(Protocol):
    """What a database was at one moment; taken first, and put back in the place of what is there."""

    async def take(self, db: Any, ways: "Ways") -> None: ...

    async def put_back(self, db: Any) -> None: ...


class Documents:
    """The documents alone, of one snapshot, beside whatever runs."""

    def __init__(self) -> None:
        self._dump: dict[str, list[dict[str, Any]]] = {}

    async def take(self, db: Any, ways: "Ways") -> None:
        names = [name for name in await db.list_collection_names() if not name.startswith("system.")]
        async with db.client.start_session(snapshot=True) as moment:
            self._dump = {name: await db[name].find({}, session=moment).to_list(None) for name in names}

    async def put_back(self, db: Any) -> None:
        for name in await db.list_collection_names():
            await db[name].drop()
        for name, docs in self._dump.items():
            if docs:
                await db[name].insert_many(docs)


@dataclass(frozen=True)
class Tools:
    """By `mongodump` and `mongorestore`, as the runbook has it: the service is stopped meanwhile."""

    uri: str
    archive: Path

    async def take(self, db: Any, ways: "Ways") -> None:
        await ways.stop()
        await self._run("mongodump", "--db", db.name)
        await ways.start()

    async def put_back(self, db: Any) -> None:
        await self._run("mongorestore", "--drop")

    async def _run(self, tool: str, *options: str) -> None:
        running = await asyncio.create_subprocess_exec(
            tool,
            *("--quiet", f"--uri={self.uri}", f"--archive={self.archive}", *options),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await running.communicate()
        assert running.returncode == 0, said.decode()


class Ways(Protocol):
    """How goals are stopped, started and made whole where they run; `settings` are an administrator's."""

    @property
    def settings(self) -> Settings: ...

    async def stop(self) -> None: ...

    async def start(self) -> None: ...

    async def nobody_runs(self) -> int: ...

    async def made_whole(self, backup_at: datetime) -> int: ...


@dataclass(frozen=True)
class OnThisMachine:
    """Goals as a process of a suite."""

    suite: Suite
    anchors: Path

    @property
    def settings(self) -> Settings:
        return self.suite.settings

    async def stop(self) -> None:
        await self.suite.services["goals"].stop()
        async with AsyncMongoClient[Any](self.suite.addresses().mongo) as client:
            head = await client["cairn_goals"][HEAD].find_one({})
        assert head is not None
        now = datetime.now(UTC).isoformat(timespec="seconds")
        append_line(self.anchors, Anchor("goals", head["number"], head["seal"], now).line)

    async def start(self) -> None:
        await self.suite.start_service("goals")

    async def nobody_runs(self) -> int:
        return await self._restored("--check")

    async def made_whole(self, backup_at: datetime) -> int:
        return await self._restored("--backup-at", backup_at.isoformat())

    async def _restored(self, *options: str) -> int:
        own = {"CAIRN_HTTP_PORT": "1", "CAIRN_AUDIT_ANCHOR_FILE": str(self.anchors)}
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "shared.restored", "services.goals", *options),
            cwd=PROJECT,
            env={**os.environ, **own, **self.suite.surroundings.variables()},
        )
        return await running.wait()


@pytest.fixture(scope="module")
async def standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[House, OnThisMachine]]:
    """A suite of its own, whose goals are stopped and started by its tests."""
    directory = tmp_path_factory.mktemp("restored")
    async with suite_in(directory) as suite:
        with httpx.Client(timeout=30, trust_env=False) as http:
            house = House(suite.addresses(), suite.issuer, http, suite.data.path)
            yield house, OnThisMachine(suite, directory / "anchors.jsonl")


async def losses(ways: OnThisMachine) -> Sequence[Loss]:
    """What the audit knows to have been lost; nothing else is wrong with it."""
    anchors, _ = read_anchors(ways.anchors.read_text().splitlines() if ways.anchors.exists() else ())
    async with mongo.connect(ways.suite.addresses().mongo) as client:
        verdict = await verify(mongo.database(client, "cairn_goals"), service="goals", anchors=anchors)
    assert verdict.wrong == ""
    return verdict.lost


@pytest.mark.parametrize("by", ["documents", "mongodump"])
async def test_a_service_that_was_restored_goes_on_from_its_backup(
    standing: tuple[House, OnThisMachine], tmp_path: Path, by: str
) -> None:
    house, ways = standing
    if by == "mongodump" and not (shutil.which("mongodump") and shutil.which("mongorestore")):
        pytest.skip("MongoDB's own tools, mongodump and mongorestore, are not on this machine")
    tools = Tools(ways.suite.addresses().mongo, tmp_path / "goals.archive")
    before = await losses(ways)
    async with mongo.connect(ways.suite.addresses().mongo) as client:
        begun = await mongo.database(client, "cairn_goals")["engine"].find_one({"_id": "epoch"})
        await goes_on_from_its_backup(house, ways, tools if by == "mongodump" else Documents())
        await nothing_is_torn(client)
    *known, loss = await losses(ways)
    anchors, _ = read_anchors(ways.anchors.read_text().splitlines())
    [*_, stopped] = [each for each in anchors if not each.restored_to]
    assert known == [*before]
    assert (loss.last, loss.restored.epoch) == (stopped.number, (begun["value"] if begun else 0) + 2)


async def test_a_topic_that_has_lost_all_its_records_says_again_what_is_so(
    standing: tuple[House, OnThisMachine],
) -> None:
    """Its groups forget with it where they were; nobody reads from the middle of what is told anew."""
    house, ways = standing
    suite = ways.suite

    def lived() -> tuple[str, str, str]:
        chief = hired(house, "chief")
        mia = hired(house, "mia", manager_id=chief)
        told = agreed(house, mia, chief)
        for value in (1, 2):
            measured(house, told, mia, value)
        house.require_rest()
        return chief, mia, told

    chief, mia, goal_id = await asyncio.to_thread(lived)
    await suite.stop_services()
    admin = kafka.admin(ways.settings)
    await admin.start()
    lost = {"cairn.goals.events", "cairn.goals.state"}
    await admin.delete_topics(sorted(lost))

    async def gone() -> bool:
        return not lost & {*await admin.list_topics()}

    await until(gone, "the topics are still there")
    await admin.close()
    await make_topics(ways.settings)
    assert await ways.made_whole(datetime.now(UTC)) == 0
    await asyncio.gather(*map(suite.start_service, SERVICES))
    async with AsyncMongoClient[Any](suite.addresses().mongo) as client:
        goals, evidence = client["cairn_goals"], client["cairn_reviews"]["evidence_goals"]
        await asyncio.to_thread(house.require_rest)
        await until(lambda: says_the_same(ways.settings, goals), "the topic says something else")
        newest = await newest_states(ways.settings, "cairn.goals.state")
        assert not newest[goal_id].gone
        later = await asyncio.to_thread(agreed, house, mia, chief)
        for each, value in ((goal_id, 3), (later, 4)):
            await asyncio.to_thread(measured, house, each, mia, value)
        await asyncio.to_thread(house.require_rest)

        async def seen() -> bool:
            found: Any = await evidence.find({"_id": {"$in": [goal_id, later]}}).to_list(None)
            return {doc["_id"]: doc["progress"] for doc in found} == {goal_id: 0.3, later: 0.4}

        await until(seen, "what happens afterwards is not followed")
        held = await client["cairn_reviews"]["parked"].count_documents({})
        assert held == 0


async def nothing_is_torn(client: mongo.Client) -> None:
    """What is at rest was read at one moment, whichever service's it is."""
    for name in SERVICES:
        service: Service = importlib.import_module(f"services.{name}.app").SERVICE
        database = mongo.database(client, f"cairn_{name}")

        async def whole(database: mongo.Database = database, service: Service = service) -> bool:
            return not await torn.signs(database, service, None, datetime.now(UTC))

        await until(whole, f"{name} looks torn and is not")


async def goes_on_from_its_backup(house: House, ways: Ways, backup: Backup) -> None:
    """The whole story; others may have been at work in the house before."""

    def before() -> tuple[str, str, str]:
        boss = hired(house, "boss")
        anna = hired(house, "anna", manager_id=boss)
        kept = agreed(house, anna, boss)
        measured(house, kept, anna, 1)
        house.require_rest()
        return boss, anna, kept

    def after() -> tuple[str, str]:
        measured(house, kept, anna, 9)
        lost = agreed(house, anna, boss)
        late = hired(house, "late", manager_id=boss)
        house.require_rest()
        return lost, late

    boss, anna, kept = await asyncio.to_thread(before)
    options = mongo_options(house.addresses)
    async with AsyncMongoClient[Any](house.addresses.mongo, **options) as client:
        goals = client["cairn_goals"]
        await backup.take(goals, ways)
        backup_at = datetime.now(UTC)
        lost, late = await asyncio.to_thread(after)
        assert await ways.made_whole(backup_at) == 1, "while the service runs its groups stay"
        assert await ways.nobody_runs() == 1
        await ways.stop()
        assert await ways.nobody_runs() == 0
        await backup.put_back(goals)
        assert await ways.made_whole(backup_at) == 0
        await ways.start()
        await asyncio.to_thread(house.require_rest)
        await until(lambda: says_the_same(ways.settings, goals), "the topic says something else")
        newest = await newest_states(ways.settings, "cairn.goals.state")
        assert newest[lost].gone
        told = client["cairn_feedback"]["known_goals"]
        await until(lambda: knows(told, {kept}, but=lost), "feedback knows others")
        people = goals["directory_people"]
        await until(lambda: knows(people, {boss, anna, late}), "people were not heard again")
        await asyncio.to_thread(measured, house, kept, anna, 3)
        await asyncio.to_thread(house.require_rest)
        evidence = client["cairn_reviews"]["evidence_goals"]

        async def seen() -> bool:
            found: Any = await evidence.find_one({"_id": kept})
            return found["progress"] == 0.3

        await until(seen, "what happens after the restore is not followed")
        await until(lambda: says_the_same(ways.settings, goals), "the topic says something else in the end")


async def says_the_same(settings: Settings, goals: Any) -> bool:
    newest = await newest_states(settings, "cairn.goals.state")
    docs = [
        doc
        for collection, _ in SERVICE.states.values()
        for doc in await goals[collection].find({}, {"sequence": 1}).to_list(None)
    ]
    told = {id_: last.sequence for id_, last in newest.items() if not last.gone}
    return told == {doc["_id"]: doc["sequence"] for doc in docs if doc.get("sequence", 0)}


async def knows(collection: Any, wanted: set[str], *, but: str = "") -> bool:
    """Whether all of these are there, and that one is not."""
    asked = {"_id": {"$in": [*wanted, but]}}
    return {doc["_id"] for doc in await collection.find(asked, {"_id": 1}).to_list(None)} == wanted


async def until(holds: Any, what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not await holds():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.3)
