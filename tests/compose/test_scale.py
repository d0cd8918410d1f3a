"""Two of each service, three brokers, three members: whichever one goes, work goes on and nothing is lost."""

import asyncio
import uuid
from collections.abc import Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.live.client import SuiteClient
from deploy.live.quarter import live_quarter
from deploy.local.addresses import Addresses
from deploy.local.entry import kafka_options
from deploy.local.issuer import issuer_of
from deploy.local.services import SERVICES
from deploy.sample.organisation import organisation, write_csv
from shared.contracts.catalogue import all_topics
from shared.messaging.envelope import topic_of
from tests.compose.stack import FOR_REAL, ONE_SHOTS, Compose, standing, tell
from tests.suite.test_main_job import Progress

FILES = ("docker-compose.yml", "docker-compose.scale.yml")
TOPICS = sorted({topic_of(kind) for kind in all_topics()})
LASTING = {"trial"} | {
    f"{name}{number}"
    for names, numbers in ((SERVICES, ("", "-2")), (("kafka", "mongo"), ("", "-2", "-3")))
    for name in names
    for number in numbers
}
GOES_AT = {0.15: "kafka-2", 0.3: "mongo", 0.45: "goals-2", 0.6: "kafka-3", 0.75: "notifications"}
"""Who is killed when the quarter is so far, and comes back a while later; `mongo` leads its set."""
AWAY = 0.1
STAFF = 80
"""Sixteen processes and their engines share the machine that this is tried on."""
SLOW_SECONDS = 600
"""How long the engine of containers may take to answer there, meanwhile."""

pytestmark = FOR_REAL


@pytest.fixture(scope="module")
def compose() -> Iterator[Compose]:
    with standing(Compose("cairn-scale-try", files=FILES)) as compose:
        yield compose


def test_two_of_each_and_three_of_each_engine_are_healthy(compose):
    states = compose.states()
    assert {name for name, state in states.items() if state["Health"] == "healthy"} == LASTING
    ended = {name: state["ExitCode"] for name, state in states.items() if state["State"] == "exited"}
    assert ended == dict.fromkeys(ONE_SHOTS, 0)


async def test_every_topic_has_three_copies_and_a_write_waits_for_two(host):
    admin = AIOKafkaAdminClient(**kafka_options(Addresses.load(host)))
    await admin.start()
    try:
        topics = await admin.describe_topics(TOPICS)
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in TOPICS]
        answers = await admin.describe_configs(asked)
    finally:
        await admin.close()
    copies = {len(part["replicas"]) for topic in topics for part in topic["partitions"]}
    configs = [resource[4] for answer in answers for resource in answer.resources]
    waits = {value for config in configs for name, value, *_ in config if name == "min.insync.replicas"}
    assert (len(topics), copies, len(configs), waits) == (len(TOPICS), {3}, len(TOPICS), {"2"})


async def test_whoever_goes_the_main_job_holds(compose, host, tmp_path, patient):
    addresses = Addresses.load(host)
    issuer = issuer_of(host, addresses.issuer_port)
    progress = Progress()

    async def each_goes_and_comes_back() -> None:
        for share, name in GOES_AT.items():
            await progress.reaches(share)
            await asyncio.to_thread(compose.run, "kill", name, seconds=SLOW_SECONDS)
            tell(f"{name} is gone")
            await progress.reaches(share + AWAY)
            await asyncio.to_thread(compose.run, "start", name, seconds=SLOW_SECONDS)
            tell(f"{name} is back")

    # Each of them reports to one that comes before.
    people = write_csv(tmp_path / "people.csv", organisation()[:STAFF])
    going = asyncio.create_task(each_goes_and_comes_back())
    async with SuiteClient(addresses.services, issuer.sign, run=uuid.uuid4().hex) as client:
        lived = await live_quarter(client, people, kafka_options(addresses), progress)
    await going
    report = lived.report()
    tell(f"{report}, asked again {client.ledger.retried} times")
    assert report["wrong"] == []
    assert report["parked"] == report["unsent"] == 0
