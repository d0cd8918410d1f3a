"""What is looked at now and then: each part on its own, and a consumer is stuck only if it was seen to be."""

import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from pymongo.errors import PyMongoError

from shared import mongo, observation
from shared.metrics import Metrics
from shared.observation import Observer, check_progress
from shared.work import Work

NOBODY = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50"


class Reading:
    """A consumer as the observer knows it."""

    def __init__(self, topic: str = "cairn.goals.events") -> None:
        self.topic = topic
        self.trouble = ""
        self.progressed_at = 0.0
        self.records = 7
        self.away = False

    async def lag(self) -> Mapping[int, int]:
        if self.away:
            raise KafkaConnectionError
        return {0: self.records}


class Clock:
    """A clock that is put on by hand, in place of the module's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(observation, "time", SimpleNamespace(monotonic=lambda: self.now, time=time.time))


@pytest.fixture
async def runtime(engines: Any, name: str) -> AsyncIterator[Any]:
    async with mongo.connect(engines.mongo) as client:
        yield SimpleNamespace(
            db=Work(client, name).db,
            metrics=Metrics("goals"),
            settings=SimpleNamespace(audit_anchor_seconds=600.0),
            relay=SimpleNamespace(blocked={"goal_a": "too large"}),
            consumers=[Reading()],
            workers=[SimpleNamespace(name="sweeper", leading=True, progressed_at=time.monotonic() - 400)],
            guards=[],
            gates=[],
        )


def told(runtime: Any, name: str, **labels: str) -> Any:
    return runtime.metrics.registry.get_sample_value(name, labels)


def observed(runtime: Any) -> dict[str, float]:
    parts = ("outbox", "audit", "sources", "fan_outs", "lags")
    return {each: told(runtime, "cairn_observed_timestamp_seconds", part=each) for each in parts}


async def test_without_kafka_everything_else_is_told(runtime: Any) -> None:
    observer = Observer(runtime)
    began = observed(runtime)
    runtime.consumers[0].away = True
    with pytest.raises(KafkaConnectionError):
        await observer.turn()
    assert told(runtime, "cairn_outbox_stuck_keys") == 1
    assert told(runtime, "cairn_worker_still_seconds", worker="sweeper") == pytest.approx(400, abs=60)
    moved = {name for name, at in observed(runtime).items() if at > began[name]}
    assert moved == {"outbox", "audit", "sources", "fan_outs"}


async def test_without_a_database_lags_and_workers_are_told(runtime: Any) -> None:
    observer = Observer(runtime)
    began = observed(runtime)
    async with mongo.connect(NOBODY) as client:
        runtime.db = mongo.database(client, "away")
        with pytest.raises(PyMongoError):
            await observer.turn()
    assert told(runtime, "cairn_consumer_lag_records", topic="cairn.goals.events", partition="0") == 7
    assert told(runtime, "cairn_worker_leading", worker="sweeper") == 1
    assert {name for name, at in observed(runtime).items() if at > began[name]} == {"lags"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def observer(runtime: Any, clock: Clock) -> Observer:
    """It takes the time from the clock from its first look on."""
    del clock
    runtime.observer = Observer(runtime)
    return runtime.observer


async def look(observer: Observer, clock: Clock, *, seconds: int) -> None:
    """Once a second, as the worker does, whatever comes of it."""
    for _ in range(seconds):
        clock.now += 1
        with contextlib.suppress(KafkaConnectionError, PyMongoError):
            await observer.turn()


async def test_who_lags_and_does_not_move_for_a_minute_is_stuck_until_it_moves(
    runtime: Any, observer: Observer, clock: Clock
) -> None:
    await look(observer, clock, seconds=60)
    assert check_progress(runtime) == ""
    await look(observer, clock, seconds=5)
    assert check_progress(runtime).startswith("cairn.goals.events: lags and has not moved")
    runtime.consumers[0].progressed_at = clock.now
    await look(observer, clock, seconds=1)
    assert check_progress(runtime) == ""


async def test_who_has_nothing_to_do_or_says_what_is_the_matter_is_not_stuck(
    runtime: Any, observer: Observer, clock: Clock
) -> None:
    runtime.consumers = [Reading(), Reading("cairn.people.state")]
    runtime.consumers[0].records, runtime.consumers[1].trouble = 0, "TooManyParked: 12"
    await look(observer, clock, seconds=100)
    assert check_progress(runtime) == ""


async def test_nobody_is_stuck_while_kafka_is_away_nor_right_after(
    runtime: Any, observer: Observer, clock: Clock
) -> None:
    await look(observer, clock, seconds=30)
    runtime.consumers[0].away = True
    await look(observer, clock, seconds=120)
    assert check_progress(runtime) == ""
    runtime.consumers[0].away = False
    await look(observer, clock, seconds=60)
    assert check_progress(runtime) == ""
    await look(observer, clock, seconds=5)
    assert check_progress(runtime) != "", "now it has been there for a minute, and nothing was taken"


async def test_nobody_is_stuck_while_the_database_is_away_or_keeps_a_look_waiting(
    runtime: Any, observer: Observer, clock: Clock
) -> None:
    there = runtime.db
    async with mongo.connect(NOBODY) as client:
        runtime.db = mongo.database(client, "away")
        for _ in range(3):
            await look(observer, clock, seconds=1)
            clock.now += 30
    runtime.db = there
    clock.now += 600  # as if the last look had hung so long
    await look(observer, clock, seconds=1)
    assert check_progress(runtime) == ""
