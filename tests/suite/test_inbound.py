"""A system of the enterprise reports a measurement with its own client, and it counts."""

import time
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer
from cloudevents.core.bindings.kafka import KafkaMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from pymongo import AsyncMongoClient

from shared.messaging.sweeper import ask_redrive
from tests.suite.house import House

TOPIC = "cairn.goals.measurements"
DEADLINE = 60.0


def event(id_: str, goal_id: str, value: float) -> CloudEvent:
    attributes = {"id": id_, "source": "urn:warehouse", "type": "cairn.goals.measurement.v1"}
    return CloudEvent(
        attributes | {"specversion": "1.0"}, {"goal_id": goal_id, "key_result_id": "grow", "value": value}
    )


async def send(house: House, *messages: KafkaMessage) -> None:
    async with AIOKafkaProducer(bootstrap_servers=house.addresses.kafka) as producer:
        for message in messages:
            headers = list(message.headers.items())
            await producer.send_and_wait(TOPIC, message.value, key=b"any", headers=headers)


def until(holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


async def test_what_a_system_tells_on_the_topic_counts_once_and_what_was_too_early_can_be_tried_again(
    house: House,
) -> None:
    boss, anna = house.staff["boss"], house.staff["anna"]
    goal = house.does("goals", "/goals", wording(), as_=(anna,))
    path = f"/goals/{goal['goal_id']}"
    house.does("goals", f"{path}/proposal", {"to_person_id": boss}, as_=(anna,))
    told = event("1", goal["goal_id"], 5)
    await send(house, to_binary_event(told))
    async with AsyncMongoClient[Any](house.addresses.mongo) as client:
        db = client["cairn_goals"]

        async def parked() -> Any:
            return await db["parked"].find_one({"sender": "urn:warehouse"})

        deadline = time.monotonic() + DEADLINE
        while (row := await parked()) is None:
            assert time.monotonic() < deadline, "what comes too early was not parked"
        assert row["reason"] == "refused"
        assert row["error"].startswith("goal-not-in-stage: ")
        house.does("goals", f"{path}/agreement", as_=(boss,))
        assert await ask_redrive(db, source=row["_id"]) == 1
    await send(
        house,
        to_binary_event(told),
        to_structured_event(told),
        to_structured_event(event("2", goal["goal_id"], 7)),
    )

    def both() -> bool:
        found = house.listed("goals", f"{path}/measurements", as_=(anna,))
        return sorted(each["value"] for each in found) == [5, 7]

    until(both, "the two measurements are not both there once")
    house.require_rest()
    assert both()


def wording() -> dict[str, Any]:
    grow = {"key_result_id": "grow", "title": "Grow", "type": "increase", "start": 1, "target": 9}
    return {
        "title": "Grow",
        "description": "Grow as a system sees it.",
        "relevance": "It matters.",
        "starts_on": "2026-01-01",
        "due_on": "2099-12-31",
        "key_results": [grow],
    }
