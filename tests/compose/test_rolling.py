"""Other versions while people work: services get another image in turn, and nothing acknowledged is lost.

`CAIRN_TEST_EARLIER` names a commit: then each goes back to that version first, and from there to the next, so
that both run side by side, in either direction.
"""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest

from deploy.live.quarter import live_quarter
from deploy.live.topics import events_of
from deploy.local.addresses import Addresses
from deploy.local.entry import kafka_options
from deploy.local.services import SERVICES
from deploy.sample.organisation import write_csv
from tests.compose.stack import BUILD_SECONDS, FOR_REAL, ROOT, tell
from tests.suite.test_main_job import Progress

NEXT, EARLIER = "next", "earlier"
TOLD = "CAIRN_TEST_EARLIER"
FROM, TO = 0.1, 0.85
"""How far the quarter is when the first of the services is replaced, and the last."""
JOB_SECONDS = 1800

pytestmark = FOR_REAL


@pytest.fixture(scope="module")
def versions(compose, tmp_path_factory) -> Sequence[str]:
    """What each service is replaced by, one after the other; images of all of them are there."""
    compose.build(NEXT)
    commit = os.environ.get(TOLD)
    if not commit:
        tell(f"no earlier version is run: {TOLD} names none")
        return [NEXT]
    code_of(commit, directory := tmp_path_factory.mktemp("earlier"))
    build_service(directory, EARLIER)
    return [EARLIER, NEXT]


def build_service(directory: Path, version: str) -> None:
    """Make the image of a tree's services, whatever its own compose file calls it."""
    target = ["--target", "service", "--tag", f"cairn-service:{version}"]
    file = ["--file", str(directory / "deploy/docker/Dockerfile")]
    command = ["docker", "build", *target, *file, str(directory)]
    subprocess.run(command, capture_output=True, timeout=BUILD_SECONDS, check=True)


def code_of(commit: str, directory: Path) -> None:
    """Write the tree of a commit of this repository into a directory."""
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commit], capture_output=True, timeout=60, check=True
    )
    subprocess.run(["tar", "-x", "-C", str(directory)], input=archive.stdout, timeout=60, check=True)


async def test_services_are_replaced_one_by_one_under_load_and_nothing_is_lost(
    compose, versions, host, client, tmp_path, patient
):
    images = {compose.states()[service]["Image"] for service in SERVICES}
    turns = list(product(versions, SERVICES))
    step = (TO - FROM) / len(turns)
    progress = Progress()
    flowed: list[int] = []

    async def replace_each() -> None:
        for turn, (version, service) in enumerate(turns):
            await progress.reaches(FROM + turn * step)
            before = len(client.ledger.entries)
            took = await asyncio.to_thread(compose.replace, service, version=version)
            flowed.append(len(client.ledger.entries) - before)
            tell(f"{service} is {version} after {took:.0f} s, {flowed[-1]} commands meanwhile")

    replacing = asyncio.create_task(replace_each())
    async with asyncio.timeout(JOB_SECONDS):
        options = kafka_options(Addresses.load(host))
        lived = await live_quarter(client, write_csv(tmp_path / "people.csv"), options, progress)
        assert replacing.done(), "the quarter was over before all had been replaced"
        await replacing
    report = lived.report()
    tell(f"{report}, asked again {client.ledger.retried} times")
    assert report["wrong"] == []
    assert report["parked"] == report["unsent"] == report["lag"] == 0
    assert min(flowed) > 0, "nobody worked while a service was replaced"
    assert client.ledger.retried > 0, "nobody felt it"
    assert len(events_of(lived.log)) > len(client.ledger.entries)
    assert await asyncio.to_thread(all_replaced, compose, images)


def all_replaced(compose, images) -> bool:
    """Whether each service runs an image of another name that says its version, and is healthy."""
    label = '{{index .Config.Labels "org.opencontainers.image.version"}}'
    states = [compose.states()[service] for service in SERVICES]
    versions = {compose.docker("inspect", "--format", label, state["ID"]).strip() for state in states}
    replaced = {state["Image"] for state in states}.isdisjoint(images)
    return replaced and versions == {NEXT} and {state["Health"] for state in states} == {"healthy"}


def test_what_older_versions_stored_is_migrated_while_all_runs(compose):
    modules = [f"services.{service}" for service in SERVICES]
    for told in ("migrations", "retired"):
        done = compose.beside("indexes", "python", "-m", "shared.provision", told, *modules, seconds=300)
        assert done.returncode == 0, done.stdout + done.stderr
        said = done.stdout + done.stderr
        assert ("orphans-say-so" in said) == (told == "migrations")
