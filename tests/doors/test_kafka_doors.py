"""Every user tries everything with every topic and every group: what the table does not grant is denied."""

import asyncio
import importlib
import socket
import ssl
from functools import cache

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context

from deploy.certificates import certificates_in
from deploy.credentials import INTEGRATORS
from deploy.local.services import SERVICES
from shared.contracts.catalogue import all_topics
from shared.doors import Door, Grant, door_of, doors_of_integrators
from shared.messaging.envelope import topic_of
from tests.doors.attempts import CLUSTER_ATTEMPTS, GROUP_ATTEMPTS, TOPIC_ATTEMPTS, as_user, denied
from tests.doors.conftest import READER, TELLER, Locked

TOPICS = sorted({topic_of(kind) for kind in all_topics()})
OUTSIDE = ["cairn.goals.secrets", "__consumer_offsets", "other"]
"""A topic that would have to be made, one of Kafka's own, and one of somebody else."""
JOINING_WOULD_DISTURB = "join"


@cache
def doors() -> dict[str, Door]:
    services = [importlib.import_module(f"services.{name}.app").SERVICE for name in SERVICES]
    integrators = doors_of_integrators(INTEGRATORS.read_text())
    return {door.holder: door for door in (*map(door_of, services), *integrators)}


def allowed_topics(door: Door) -> set[tuple[str, str]]:
    """(topic, attempt) that must succeed, by Kafka's rule that who reads or writes may describe."""
    topics = [grant for grant in door.grants if grant.resource == "topic"]
    return {(g.name, g.operation) for g in topics} | {(g.name, "describe") for g in topics}


def allowed_groups(door: Door) -> set[tuple[str, str]]:
    groups = [grant.name for grant in door.grants if grant.resource == "group"]
    return {(group, attempt) for group in groups for attempt in ("describe", "ask offsets", "commit", "join")}


def all_groups() -> list[str]:
    return sorted({grant.name for door in doors().values() for grant in door.grants if is_group(grant)})


def is_group(grant: Grant) -> bool:
    return grant.resource == "group"


@pytest.mark.parametrize("holder", [*SERVICES, READER, TELLER])
async def test_a_user_does_with_topics_what_the_table_grants_and_nothing_else(locked: Locked, holder: str):
    door = doors()[holder]
    tried = [(topic, attempt) for topic in (*TOPICS, *OUTSIDE) for attempt in TOPIC_ATTEMPTS]
    async with as_user(locked, door.user, locked.password(holder)) as client:
        denials = await asyncio.gather(
            *(denied(client, TOPIC_ATTEMPTS[attempt](topic)) for topic, attempt in tried)
        )
    done = {attempt for attempt, refused in zip(tried, denials, strict=True) if not refused}
    assert done == allowed_topics(door)


@pytest.mark.parametrize("holder", [*SERVICES, READER, TELLER])
async def test_a_user_is_in_its_own_groups_alone(locked: Locked, holder: str):
    door = doors()[holder]
    allowed = allowed_groups(door)
    tried = [
        (group, attempt)
        for group in (*all_groups(), f"{holder}.another", "anything")
        for attempt in GROUP_ATTEMPTS
        if attempt != JOINING_WOULD_DISTURB or (group, attempt) not in allowed
    ]
    topic = next((topic for topic, attempt in sorted(allowed_topics(door)) if attempt == "read"), "any")
    async with as_user(locked, door.user, locked.password(holder)) as client:
        denials = await asyncio.gather(
            *(denied(client, GROUP_ATTEMPTS[attempt](group, topic)) for group, attempt in tried)
        )
    done = {attempt for attempt, refused in zip(tried, denials, strict=True) if not refused}
    assert done == allowed & set(tried)


@pytest.mark.parametrize("holder", [*SERVICES, READER, TELLER])
async def test_no_user_makes_users_rights_or_topics(locked: Locked, holder: str):
    async with as_user(locked, doors()[holder].user, locked.password(holder)) as client:
        denials = await asyncio.gather(*(denied(client, each) for each in CLUSTER_ATTEMPTS.values()))
    assert [attempt for attempt, refused in zip(CLUSTER_ATTEMPTS, denials, strict=True) if not refused] == []


@pytest.mark.parametrize(
    ("user", "password"), [("cairn-goals", "wrong"), ("nobody", "wrong"), ("cairn-admin", ""), ("", "")]
)
async def test_who_has_no_password_does_not_come_in(locked: Locked, user: str, password: str):
    with pytest.raises(KafkaError):
        async with as_user(locked, user, password):
            pass


async def test_the_password_of_one_user_opens_no_door_of_another(locked: Locked):
    with pytest.raises(KafkaError):
        async with as_user(locked, doors()["goals"].user, locked.password("people")):
            pass


@pytest.mark.parametrize("listener", ["clients", "nodes", "controller"])
async def test_no_listener_takes_who_speaks_in_the_clear(locked: Locked, listener: str):
    with pytest.raises(KafkaError):
        await come_in(locked.listeners[listener], security_protocol="PLAINTEXT")


@pytest.mark.parametrize("listener", ["nodes", "controller"])
async def test_brokers_take_each_other_by_certificate_alone(locked: Locked, listener: str):
    context = create_ssl_context(cafile=str(locked.ca))
    with pytest.raises(KafkaError):
        await come_in(locked.listeners[listener], security_protocol="SSL", ssl_context=context)


async def test_a_certificate_of_another_authority_is_worth_nothing(locked: Locked, tmp_path):
    strange = certificates_in(tmp_path)
    context = create_ssl_context(cafile=str(locked.ca), certfile=str(strange.admin))
    with pytest.raises(KafkaError):
        await come_in(locked.listeners["nodes"], security_protocol="SSL", ssl_context=context)


def test_clients_that_know_another_authority_do_not_trust_the_broker(locked: Locked, tmp_path):
    context = ssl.create_default_context(cafile=str(certificates_in(tmp_path).ca))
    host, _, port = locked.listeners["clients"].partition(":")
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        socket.create_connection((host, int(port))) as connection,
    ):
        context.wrap_socket(connection, server_hostname=host)


async def come_in(listener: str, **options: object) -> None:
    client = AIOKafkaClient(bootstrap_servers=listener, request_timeout_ms=3000, **options)
    try:
        await client.bootstrap()
    finally:
        await client.close()


def test_there_is_no_topic_that_nobody_needs():
    granted = {grant.name for door in doors().values() for grant in door.grants if not is_group(grant)}
    assert granted == set(TOPICS)
