"""A person is erased from the whole suite, and nothing that named them is left anywhere in it."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pymongo import AsyncMongoClient
from pypdf import PdfReader

from shared import mongo
from shared.contracts.people import PersonSnapshot, PersonState
from shared.ids import mint
from shared.messaging.envelope import Envelope, source_of
from shared.messaging.relay import OutboxBroom
from tests.suite.house import PROJECT, SERVICES, House
from tests.suite.seed import restore_value

CANARY = "Canariensis4711"
DEADLINE = 120.0
OFFICER = ("officer", "privacy_officer")
HR = ("hr-system", "hr_admin")
QUICK_COMPACTION = {
    "segment.ms": "100",
    "min.cleanable.dirty.ratio": "0.0",
    "max.compaction.lag.ms": "500",
}


def somebody(house: House) -> str:
    """A new colleague whose every word is a canary, in each service."""
    boss, ben = house.staff["boss"], house.staff["ben"]
    entry = {
        "given_name": CANARY,
        "email": f"{CANARY}@example.com",
        "employee_number": CANARY,
        "job_title": CANARY,
        "manager_id": boss,
    }
    person_id = str(house.does("people", "/people", entry, as_=HR)["person_id"])
    demographics = {"gender": CANARY, "date_of_birth": "1990-01-01"}
    house.does("people", f"/people/{person_id}/demographics", demographics, as_=HR, method="PUT")
    goal = house.does("goals", "/goals", goal_of(CANARY), as_=(person_id,))
    path = f"/goals/{goal['goal_id']}"
    house.does("goals", f"{path}/proposal", {"to_person_id": boss}, as_=(person_id,))
    house.does("goals", f"{path}/agreement", as_=(boss,))
    measured = {"value": 3, "note": CANARY}
    house.does("goals", f"{path}/key-results/grow/measurements", measured, as_=(person_id,))
    house.does("goals", f"{path}/check-ins", {"confidence": 0.5, "comment": CANARY}, as_=(person_id,))
    told = {"receiver_id": person_id, "kind": "praise", "text": CANARY, "visibility": "public"}
    house.does("feedback", "/feedback", told, as_=(ben,))
    asked = {"about_person_id": person_id, "asked_person_ids": [ben], "question": CANARY}
    house.does("feedback", "/feedback-requests", asked, as_=(person_id,))
    thanks = {"receiver_ids": [person_id], "value": restore_value(house), "text": CANARY}
    house.does("feedback", "/recognitions", thanks, as_=(ben,))
    cycle = {**CYCLE, "population": {"person_ids": [person_id]}}
    house.does("reviews", "/cycles", cycle, as_=HR)
    house.require_rest()
    [review] = house.listed("reviews", "/reviews", as_=(person_id,))
    written = {"texts": {"achievements": CANARY}}
    path = f"/reviews/{review['review_id']}/self-assessment/submission"
    house.does("reviews", path, written, as_=(person_id,))
    house.require_rest()
    return person_id


CYCLE = {
    "name": "A quarter",
    "period": {"starts_on": "2026-01-01", "ends_on": "2026-03-31"},
    "self_due_on": "2099-04-15",
    "manager_due_on": "2099-04-30",
}


def goal_of(text: str) -> dict[str, Any]:
    grow = {"key_result_id": "grow", "title": text, "type": "increase", "start": 1, "target": 9}
    dates = {"starts_on": "2026-01-01", "due_on": "2099-12-31"}
    words = {"title": text, "description": text, "relevance": text}
    return {**words, **dates, "visibility": "everyone", "key_results": [grow]}


async def in_databases(house: House) -> list[str]:
    """Collections with a document that holds the canary, whatever field it is in."""
    found: list[str] = []
    async with AsyncMongoClient[Any](house.addresses.mongo) as client:
        for name in SERVICES:
            db = client[f"cairn_{name}"]
            for collection in await db.list_collection_names():
                async for doc in db[collection].find_raw_batches({}, batch_size=1000):
                    if CANARY.casefold().encode() in doc.lower():
                        found.append(f"{name}.{collection}")
                        break
    return found


async def read_slowly(house: House) -> None:
    """A reading that takes longer than those which mongod logs unless it is told otherwise."""
    async with AsyncMongoClient[Any](house.addresses.mongo) as client:
        asked = {"given_name": {"$ne": CANARY}, "$where": "sleep(200) || true"}
        assert await client["cairn_people"]["people"].find_one(asked), "somebody else"


async def in_kafka(house: House) -> list[str]:
    """Topics with a record that holds it, read from their very beginning as anybody would."""
    found: set[str] = set()
    consumer = AIOKafkaConsumer(bootstrap_servers=house.addresses.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        topics = sorted(name for name in await consumer.topics() if name.startswith("cairn."))
        async with AIOKafkaProducer(bootstrap_servers=house.addresses.kafka) as asking:
            parts = [
                TopicPartition(topic, number)
                for topic in topics
                for number in await asking.partitions_for(topic)
            ]
        ends: Mapping[TopicPartition, int] = await consumer.end_offsets(parts)
        open_ = {part for part, end in ends.items() if end}
        consumer.assign(list(open_))
        await consumer.seek_to_beginning()
        while open_:
            batches: Mapping[TopicPartition, Sequence[Any]] = await consumer.getmany(timeout_ms=500)
            for part, records in batches.items():
                if any(CANARY.casefold().encode() in (each.value or b"").lower() for each in records):
                    found.add(part.topic)
            for part in [*open_]:
                if await consumer.position(part) >= ends[part]:
                    open_.discard(part)
    finally:
        await consumer.stop()
    return sorted(found)


async def refused_snapshot(house: House) -> None:
    """HR's system tells of the person what a rule refuses, and the record is parked."""
    said = {"employee_number": CANARY, "given_name": CANARY, "email": f"{CANARY}@example.com"}
    heads = {
        "ce_id": "1",
        "ce_source": "urn:hcm",
        "ce_specversion": "1.0",
        "ce_type": PersonSnapshot.wire_type,
    }
    async with AIOKafkaProducer(bootstrap_servers=house.addresses.kafka) as producer:
        await producer.send_and_wait(
            PersonSnapshot.topic,
            json.dumps({**said, "unit_id": "nowhere"}).encode(),
            key=CANARY.encode(),
            headers=[(name, value.encode()) for name, value in heads.items()],
        )
    deadline = time.monotonic() + DEADLINE
    async with AsyncMongoClient[Any](house.addresses.mongo) as client:
        while (
            row := await client["cairn_people"]["parked"].find_one({"topic": PersonSnapshot.topic})
        ) is None:
            assert time.monotonic() < deadline, "what names a unit that is not there was not parked"
            await asyncio.sleep(0.1)
    assert row["error"].startswith("unknown-unit: ")


async def expire(house: House, topic: str) -> None:
    """As when the days of its records are over."""
    admin = AIOKafkaAdminClient(bootstrap_servers=house.addresses.kafka)
    await admin.start()
    try:
        async with AIOKafkaProducer(bootstrap_servers=house.addresses.kafka) as asking:
            parts = [TopicPartition(topic, number) for number in await asking.partitions_for(topic)]
        await admin.delete_records({part: RecordsToDelete(-1) for part in parts})
    finally:
        await admin.close()


async def roll_on(house: House, topic: str) -> None:
    """Have a state topic compacted now, not within a day: a null about nobody ends each of its segments."""
    admin = AIOKafkaAdminClient(bootstrap_servers=house.addresses.kafka)
    await admin.start()
    try:
        await admin.alter_configs(
            [
                ConfigResource(
                    ConfigResourceType.TOPIC, topic, configs={"cleanup.policy": "compact", **QUICK_COMPACTION}
                )
            ]
        )
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=house.addresses.kafka) as producer:
        for number in await producer.partitions_for(topic):
            for _ in range(2):
                nobody = mint("nobody")
                told = Envelope(
                    mint("id"), source_of("people"), PersonState.wire_type, nobody, datetime.now(UTC), 1
                )
                await producer.send_and_wait(
                    topic, None, key=nobody.encode(), headers=told.headers(), partition=number
                )
                await asyncio.sleep(0.2)  # a segment is older than it may be


async def test_nothing_that_named_the_person_is_left(house: House, tmp_path: Path) -> None:
    person_id = somebody(house)
    assert {"people.people", "goals.goals", "feedback.feedback", "reviews.assessments"} <= set(
        await in_databases(house)
    )
    assert "cairn.people.state" in await in_kafka(house)
    file = tmp_path / "all.json"
    document = tmp_path / "all.pdf"
    await read_slowly(house)
    exported = cairn(house, "export", person_id, "--to", str(file), "--pdf", str(document))
    assert exported.returncode == 0, exported.stderr
    assert (file.stat().st_mode | document.stat().st_mode) & 0o077 == 0
    text = "".join(page.extract_text() for page in PdfReader(document).pages)
    assert text.count(CANARY) > 5
    export = json.loads(file.read_text())
    kinds = {kind for part in export["services"] for kind in part["kinds"]}
    assert {"person", "demographics", "goal", "check_in", "feedback_received", "self_assessment"} <= kinds
    asked = ("erase", person_id, "--ground", "objection", "--case", "C-1")
    refused = cairn(house, *asked)
    assert (refused.returncode, "record their departure first" in refused.stderr) == (1, True), refused.stderr
    house.does("people", f"/people/{person_id}/departure", {"left_on": "2026-11-01"}, as_=HR)
    house.require_rest()
    await refused_snapshot(house)
    assert "people.parked" in await in_databases(house)
    done = cairn(house, *asked)
    assert done.returncode == 0, done.stderr
    receipt = until_erased(house, person_id)
    assert all(each["checked_at"] and not each["parked"] for each in receipt["services"])
    assert receipt["logged"] is True
    house.require_rest()
    await sweep_outboxes(house)
    await expire(house, PersonSnapshot.topic)
    assert await in_databases(house) == []
    for topic in await in_kafka(house):
        assert topic.endswith(".state"), "events hold no words"
        await roll_on(house, topic)
    deadline = time.monotonic() + DEADLINE
    while (left := await in_kafka(house)) and time.monotonic() < deadline:
        await asyncio.sleep(1)
    assert left == []
    logs = [path for path in Path(house.addresses.logs).glob("*.log") if "kafka" not in path.name]
    assert "mongod.log" in {path.name for path in logs}
    assert any("refused: unknown-unit" in path.read_text(errors="replace") for path in logs)
    assert [path.name for path in logs if CANARY in path.read_text(errors="replace")] == []
    house.require_rest()


def cairn(house: House, *words: str) -> "subprocess.CompletedProcess[str]":
    data = Path(house.addresses.logs).parent
    command = [sys.executable, "-m", "deploy.cli", "privacy", *words, "--data", str(data)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=DEADLINE, check=False)


def until_erased(house: House, person_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + DEADLINE
    while True:
        receipt = house.ask("people", "GET", f"/people/{person_id}/erasure", as_=OFFICER).json()
        if receipt["standing"] == "erased" and receipt["logged"]:
            return receipt
        assert time.monotonic() < deadline, receipt
        time.sleep(0.3)


async def sweep_outboxes(house: House) -> None:
    """As when their days are over, after which the receipt says that it is finished."""
    async with mongo.connect(house.addresses.mongo) as client:
        for name in SERVICES:
            db = mongo.database(client, f"cairn_{name}")
            await OutboxBroom(db, keep=timedelta(0)).turn()
