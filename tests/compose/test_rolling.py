"""An upgrade while people work: each service gets another image in turn, and nothing acknowledged is lost."""

import asyncio

from deploy.live.quarter import live_quarter
from deploy.live.topics import events_of
from deploy.local.addresses import Addresses
from deploy.local.entry import kafka_options
from deploy.local.services import SERVICES
from deploy.sample.organisation import write_csv
from tests.compose.stack import FOR_REAL, tell
from tests.suite.test_main_job import Progress

VERSION = "next"
REPLACED_AT = (0.1, 0.25, 0.4, 0.55, 0.7)
"""How far the quarter is when each of the services is replaced."""
JOB_SECONDS = 1500

pytestmark = FOR_REAL


async def test_services_are_replaced_one_by_one_under_load_and_nothing_is_lost(
    compose, host, client, tmp_path, patient
):
    images = {compose.states()[service]["Image"] for service in SERVICES}
    compose.environment["CAIRN_VERSION"] = VERSION
    compose.run("build", seconds=600)
    progress = Progress()
    flowed: list[int] = []

    async def replace_each() -> None:
        for service, share in zip(SERVICES, REPLACED_AT, strict=True):
            await progress.reaches(share)
            before = len(client.ledger.entries)
            took = await asyncio.to_thread(compose.replace, service, version=VERSION)
            flowed.append(len(client.ledger.entries) - before)
            tell(f"{service} replaced in {took:.0f} s, {flowed[-1]} commands meanwhile")

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
    return replaced and versions == {VERSION} and {state["Health"] for state in states} == {"healthy"}
