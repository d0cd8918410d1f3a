"""A row that the broker does not take is tried again now and then, and its key goes on when it was taken."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import RecordTooLargeError

from shared.messaging import kafka
from shared.messaging.relay import OUTBOX, Relay
from shared.settings import Settings
from shared.work import Work
from shared.work.transaction import Doc
from tests.shared.messaging.test_relay import (
    HalfDeaf,
    by_key,
    received,
    settings,
    tick,
    to_topic,
    topic,
    work,
)

__all__ = ["settings", "topic", "work"]

TOO_LARGE = 2_000_000


async def too_large(work: Work, topic: str) -> Doc:
    """The first of three rows of one key, which no broker takes by now; as it was before."""
    for _ in range(3):
        await work.run(tick, "huge", key="huge")
    await to_topic(work, topic)
    first = await work.db[OUTBOX].find_one({"key": "huge", "sequence": 1})
    assert first is not None
    await work.db[OUTBOX].update_one({"_id": first["_id"]}, {"$set": {"value": b"x" * TOO_LARGE}})
    return first


async def tried_again(relay: Relay, work: Work) -> None:
    """Until all is sent, what is blocked at once."""
    relay._again_at["huge"] = 0.0
    while await relay.turn() or await work.db[OUTBOX].count_documents({"sent": False}):
        pass


class Refusing(HalfDeaf):
    """A broker that answers that it does not take a row, when it has it."""

    relay: Relay
    refusing = False
    blocked_meanwhile = False

    async def send(self, topic: str, *, headers: Any, **_: Any) -> "asyncio.Future[None]":
        del topic
        self.blocked_meanwhile = bool(self.relay.blocked)
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.taken.append(int(dict(headers)["ce_sequence"]))
        if self.refusing:
            answer.set_exception(RecordTooLargeError())
        else:
            answer.set_result(None)
        return answer


@pytest.mark.parametrize("mended", ["by_the_broker", "by_hand"])
async def test_a_row_that_can_be_sent_after_all_is_and_its_key_goes_on(
    work: Work, settings: Settings, topic: str, mended: str
) -> None:
    first = await too_large(work, topic)
    relay = Relay(work.db, lambda: kafka.producer(settings))
    await relay.turn()
    assert list(relay.blocked) == ["huge"]
    if mended == "by_the_broker":
        await work.db[OUTBOX].update_one({"_id": first["_id"]}, {"$set": {"value": first["value"]}})
    else:
        await work.db[OUTBOX].delete_many({})
    await relay.turn()
    assert list(relay.blocked) == ["huge"], "not before its time"
    await tried_again(relay, work)
    assert relay.blocked == {}
    if mended == "by_the_broker":
        assert by_key(await received(settings, topic, 3)) == {"huge": [1, 2, 3]}
    await relay.close()


async def test_a_row_that_is_tried_again_in_vain_stays_blocked_all_the_while_and_goes_alone(
    work: Work,
) -> None:
    for _ in range(3):
        await work.run(tick, "huge", key="huge")
    client: Any = Refusing()
    relay = Relay(work.db, lambda: client)
    client.relay = relay
    client.refusing = True
    for _ in range(3):
        client.taken.clear()
        relay._again_at["huge"] = 0.0
        await relay.turn()
        assert list(relay.blocked) == ["huge"]
    assert (client.taken, client.blocked_meanwhile) == ([1], True), "the next ones wait until it was taken"
    relay.forget_blocked()
    assert relay.blocked == {}, "who does not lead any more says nothing of it"
    client.refusing = False
    await relay.turn()
    assert await work.db[OUTBOX].count_documents({"sent": False}) == 0
