"""A batch that was not taken comes again, and only a bad deployment stops a consumer."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared.messaging import consumer as module
from shared.messaging import kafka
from shared.messaging.consumer import Consumer, Intake, TooManyParked
from shared.messaging.envelope import Record
from shared.messaging.guard import WATERMARKS, Guard
from shared.messaging.incoming import Subscription
from shared.settings import Settings
from shared.work import Transaction, Unsettled, Work
from tests.shared.messaging.test_consumer import (
    Logged,
    NoGauges,
    applied,
    log,
    record,
    send,
    settings,
    told,
    topic,
    until,
    work,
)

__all__ = ["settings", "topic", "work"]


async def test_a_batch_that_the_database_did_not_take_is_asked_for_again(
    work: Work, settings: Settings, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what comes after it on the partition does not pass it."""
    monkeypatch.setattr(module, "PAUSE_AFTER_TROUBLE", 0.01)
    offered: list[int] = []

    class Forgetful(Intake):
        async def take(self, records: Sequence[Record]) -> None:
            offered.append(len(records))
            if len(offered) in {1, 3}:
                raise Unsettled("the database is away")
            await super().take(records)

    await send(settings, [record("g", n, topic=topic) for n in range(1, 21)])
    broker, few = kafka.broker(settings), settings.model_copy(update={"event_batch_max": 4})
    intake = Forgetful(work, Guard.of(Subscription(topic, {Logged: (log,)})), few, NoGauges())
    consumer = Consumer(broker, intake, few)
    await broker.start()

    async def all_applied() -> bool:
        return await applied(work) == 20

    await until(all_applied, seconds=30)
    assert consumer.trouble == ""
    await consumer.stop()
    await broker.stop()
    doc = await work.db["logs"].find_one({"_id": "g"})
    assert doc is not None
    assert doc["seen"] == list(range(1, 21))
    assert intake.counts == {"applied": 20}


def failing(sources: set[str]) -> Guard:
    async def react(event: Any, tx: Transaction) -> None:
        if event.source_id in sources:
            raise RuntimeError("bad data")
        await log(event, tx)

    return Guard.of(Subscription("e.events", {Logged: (react,)}))


async def take(work: Work, settings: Settings, *, bad: int, good: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "RETRY_PAUSES", (0.0,))
    intake = Intake(work, failing({f"bad{n}" for n in range(bad)}), settings, NoGauges())
    names = [*(f"bad{n}" for n in range(bad)), *(f"good{n}" for n in range(good))]
    await intake.take([record(each, 1) for each in names])


async def failed(work: Work) -> int:
    return await work.db[WATERMARKS].count_documents({"state": "failed"})


async def test_many_bad_sources_among_more_good_ones_are_bad_data_and_are_parked(
    work: Work, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than may be parked at a bad deployment, but less than the share that tells of one."""
    await take(work, settings, bad=6, good=7, monkeypatch=monkeypatch)
    assert (await failed(work), await applied(work)) == (6, 7)


@pytest.mark.parametrize(("bad", "stops"), [(3, False), (4, True)])
async def test_a_bad_deployment_stops_beyond_as_many_as_may_be_parked(
    work: Work, settings: Settings, bad: int, *, stops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.park_stop_count == 3
    if stops:
        with pytest.raises(TooManyParked):
            await take(work, settings, bad=bad, good=1, monkeypatch=monkeypatch)
        assert await failed(work) == 0
    else:
        await take(work, settings, bad=bad, good=1, monkeypatch=monkeypatch)
        assert await failed(work) == bad


async def test_what_is_parked_already_counts_too(
    work: Work, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(work, settings, bad=3, good=4, monkeypatch=monkeypatch)
    intake = Intake(work, failing({"another"}), settings, NoGauges())
    with pytest.raises(TooManyParked, match="3 sources"):
        await intake.take([record("another", 1)])


async def test_who_stops_tells_what_is_applied_though_no_commit_was_due(
    work: Work, settings: Settings, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMMIT_SECONDS", 600)
    await send(settings, [record("g", 1, topic=topic)])
    broker = kafka.broker(settings)
    intake = Intake(work, Guard.of(Subscription(topic, {Logged: (log,)})), settings, NoGauges())
    consumer = Consumer(broker, intake, settings)
    await broker.start()

    async def count(n: int) -> None:
        async def reached() -> bool:
            return await applied(work) >= n

        await until(reached, seconds=30)

    await count(1)
    await asyncio.sleep(0)
    await send(settings, [record("g", 2, topic=topic)])
    await count(2)
    await consumer.stop()
    await broker.stop()
    assert await told(settings, consumer.group) == 2
