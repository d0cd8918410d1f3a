"""Who is held is read from the topic to its end, or nothing is removed."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from services.goals.app import SERVICE
from shared import mongo
from shared.contracts.people import ALL_HOLDS, HOLD_ON, HoldState, HoldsTold
from shared.erasure import Aged, Ages, Retention, held_people
from shared.identity import service_caller
from shared.ids import PersonId
from shared.messaging import kafka
from shared.messaging.envelope import Envelope, UnreadableRecord, encode_data, source_of
from shared.messaging.topics import STATE_CONFIG, Topic, provision
from shared.settings import Settings
from shared.work import Transaction, Work
from tests.services.house import settings_of

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def settings(engines: Any, name: str) -> Settings:
    return settings_of(SERVICE, engines, database=name)


@pytest.fixture
async def topic(settings: Settings, name: str) -> str:
    """One of its own: others may tell of holds on the real one."""
    await provision(settings, [Topic(f"{name}.state", STATE_CONFIG)])
    return f"{name}.state"


async def tell(settings: Settings, topic: str, *said: tuple[str, int, bool], epoch: int = 0) -> None:
    """Whether there is a hold on whom, by number."""
    async with kafka.producer(settings) as producer:
        for person_id, number, held in said:
            state = HoldState(hold_id=f"{HOLD_ON}{person_id}", person_id=PersonId(person_id), since=AT)
            kind, hold_id = HoldState.wire_type, state.hold_id
            envelope = Envelope(f"{number}", source_of("people"), kind, hold_id, AT, number, epoch)
            value = encode_data(state, envelope) if held else None
            await producer.send_and_wait(topic, value, key=hold_id.encode(), headers=envelope.headers())


async def tell_all(settings: Settings, topic: str) -> None:
    """That nobody else is held."""
    said = HoldsTold(holds_id=ALL_HOLDS)
    envelope = Envelope("all", source_of("people"), HoldsTold.wire_type, said.subject, AT, 1)
    async with kafka.producer(settings) as producer:
        value = encode_data(said, envelope)
        await producer.send_and_wait(topic, value, key=said.subject.encode(), headers=envelope.headers())


async def test_who_is_held_is_who_was_told_of_last_whatever_comes_again(
    settings: Settings, topic: str
) -> None:
    await tell_all(settings, topic)
    assert await held_people(settings, topic=topic) == set()
    await tell(settings, topic, ("anna", 1, True), ("ben", 1, True), ("chief", 1, True), ("chief", 2, False))
    await tell(settings, topic, ("ben", 2, False), ("ben", 1, True), ("chief", 3, True))
    assert await held_people(settings, topic=topic) == {"anna", "chief"}
    await tell(settings, topic, ("anna", 2, False))
    await tell(settings, topic, ("ben", 3, True), epoch=2)
    await tell(settings, topic, ("ben", 4, False))
    assert await held_people(settings, topic=topic) == {"ben", "chief"}, "the newest epoch counts"


async def test_while_it_cannot_be_known_who_is_held_that_is_an_error(settings: Settings, topic: str) -> None:
    await tell(settings, topic, ("anna", 1, True))
    with pytest.raises(LookupError, match="has not told all"):
        await held_people(settings, topic=topic)
    await tell_all(settings, topic)
    assert await held_people(settings, topic=topic) == {"anna"}
    async with kafka.producer(settings) as producer:
        await producer.send_and_wait(topic, b"{}", key=b"hold_on_anna")
    with pytest.raises(UnreadableRecord):
        await held_people(settings, topic=topic)


async def test_nothing_is_removed_while_it_cannot_be_known_who_is_held(
    settings: Settings, topic: str, name: str
) -> None:
    asked: list[Aged] = []

    async def remove(aged: Aged, tx: Transaction) -> int:
        del tx
        asked.append(aged)
        return 0

    async with mongo.connect(settings.mongo_url.get_secret_value()) as client:
        retention = Retention(
            Work(client, name),
            Ages("goal", "", "", remove),
            keep=timedelta(days=1),
            held=partial(held_people, settings, topic=topic),
            by=service_caller("goals"),
            on_removed=lambda count: None,
        )
        with pytest.raises(LookupError):
            await retention.turn()
        assert asked == []
        await tell_all(settings, topic)
        assert await retention.turn() is False
        assert len(asked) == 1
