"""What lasts: data when all containers go, a database that has a backup, journals without any database.

The last of the tests on one stack: `LAST` in conftest.py says in which order.
"""

import asyncio
import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from pymongo import AsyncMongoClient

from deploy.live.client import SuiteClient
from deploy.live.quarter import IMPORTER
from deploy.local.addresses import Addresses
from deploy.local.entry import mongo_options, settings
from deploy.local.issuer import issuer_of
from deploy.local.topics import settings_of
from shared.audit.anchors import read_anchors
from shared.audit.chain import verify
from shared.settings import Settings
from tests.compose.drafted import TITLE, drafted_goal, events_of
from tests.compose.stack import FOR_REAL, ROOT, Compose, tell
from tests.suite.house import House
from tests.suite.test_restored import Documents, goes_on_from_its_backup, until

JOURNAL = "/var/lib/cairn/journal"
OFFICER = "officer"
CHANGED = ("people", "goals")
"""Who has something in its audit."""

pytestmark = FOR_REAL


async def test_data_is_kept_when_all_containers_are_taken_away(compose, client, tmp_path):
    goal_id = await drafted_goal(client, tmp_path)
    compose.down()
    assert compose.states() == {}
    tell(f"up on kept data: {compose.up():.0f} s")
    goal = await client.read("goals", f"/goals/{goal_id}", as_person=IMPORTER)
    assert goal["title"] == TITLE
    assert events_of(compose, goal_id) == ["cairn.goals.goal_drafted.v1"]


class InContainers:
    """Goals as a container."""

    def __init__(self, compose: Compose, administrator: Settings) -> None:
        self.compose = compose
        self.settings = administrator

    async def stop(self) -> None:
        await asyncio.to_thread(self.compose.run, "stop", "goals")

    async def start(self) -> None:
        await asyncio.to_thread(self.compose.up)

    async def nobody_runs(self) -> int:
        return await self._restored("--check")

    async def made_whole(self, backup_at: datetime) -> int:
        return await self._restored("--backup-at", backup_at.isoformat())

    async def _restored(self, *options: str) -> int:
        command = ("python", "-m", "shared.restored", "services.goals", *options)
        ended = await asyncio.to_thread(self.compose.beside, "goals", *command)
        tell(f"{ended.stdout[-500:]}{ended.stderr[-500:]}")
        return ended.returncode


async def test_goals_come_back_from_a_backup_and_go_on(compose, host):
    addresses = Addresses.load(host)
    administrator = settings_of({**settings(addresses), "CAIRN_OIDC_ISSUER": addresses.issuer})
    with httpx.Client(timeout=30, trust_env=False) as http:
        house = House(addresses, issuer_of(host, addresses.issuer_port), http, host)
        await goes_on_from_its_backup(house, InContainers(compose, administrator), Documents())


async def erased(client: SuiteClient) -> str:
    """The id of somebody who has left and whose erasure is in the log."""
    client.roles |= {OFFICER: ("privacy_officer",)}
    today = datetime.now(UTC)
    hired = await client.do(
        "hire",
        method="POST",
        service="people",
        path="/people",
        as_person=IMPORTER,
        at=today,
        key="hire",
        body={"given_name": "Leaver", "email": "leaver@example.com"},
    )
    person_id = hired["person_id"]
    left = {"left_on": (today - timedelta(days=1)).date().isoformat()}
    path = f"/people/{person_id}"
    parts = {"method": "POST", "service": "people", "at": today}
    await client.do("leave", path=f"{path}/departure", as_person=IMPORTER, key="leave", body=left, **parts)
    ground = {"ground": "no_longer_needed", "case": "C-1"}
    await client.do("erase", path=f"{path}/erasure", as_person=OFFICER, key="erase", body=ground, **parts)

    async def logged() -> bool:
        return (await client.read("people", f"{path}/erasure", as_person=OFFICER))["logged"]

    await until(logged, "the erasure is not in the log")
    return person_id


def journal(compose: Compose, service: str, name: str) -> Sequence[str]:
    """The lines of a journal, read by the service's own user in a container made for it."""
    ended = compose.beside(service, "cat", f"{JOURNAL}/{name}")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def anchored_at_once(compose: Compose, directory: Path) -> None:
    """Have services anchor what they seal within seconds."""
    shutil.copytree(ROOT / "deploy/docker/settings/trial", directory)
    with (directory / "services.env").open("a") as file:
        file.write("CAIRN_AUDIT_ANCHOR_SECONDS=2\n")
    compose.environment["CAIRN_SETTINGS"] = str(directory)
    compose.up()


async def test_erasures_and_anchors_of_the_audit_outlive_the_databases(compose, client, host, tmp_path):
    anchored_at_once(compose, tmp_path / "settings")
    await drafted_goal(client, tmp_path)
    person_id = await erased(client)

    async def all_anchored() -> bool:
        names = [await asyncio.to_thread(compose.inside, each, "ls", JOURNAL) for each in CHANGED]
        return all("anchors.jsonl" in each for each in names)

    await until(all_anchored, "a service has no anchor")
    anchors = {each: compose.inside(each, "cat", f"{JOURNAL}/anchors.jsonl").splitlines() for each in CHANGED}
    known, torn = read_anchors([line for lines in anchors.values() for line in lines])
    assert ({each.service for each in known}, torn) == (set(CHANGED), [])
    addresses = Addresses.load(host)
    async with AsyncMongoClient(addresses.mongo, **mongo_options(addresses)) as mongo:
        verdict = await verify(mongo["cairn_people"], service="people", anchors=known)
    assert (verdict.wrong, verdict.intact > 0) == ("", True)
    compose.down()
    compose.docker("volume", "rm", f"{compose.project}_mongo", f"{compose.project}_mongo-config")
    logged = [json.loads(line) for line in journal(compose, "people", "erasures.log")]
    assert person_id in {each["person_id"] for each in logged}
    for service in CHANGED:
        assert journal(compose, service, "anchors.jsonl")[: len(anchors[service])] == anchors[service]
