"""Records from outside that fail: tried again all at once, then parked, and counted when most do."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from shared import mongo
from shared.contracts.goals import Measurement
from shared.errors import Refusal
from shared.messaging.consumer import RETRY_PAUSES, Intake, TooManyParked
from shared.messaging.envelope import Record
from shared.messaging.inbound import Gate, Told
from shared.messaging.incoming import Subscription
from shared.messaging.parked import PARKED
from shared.opentelemetry import OpenTelemetry
from shared.settings import Settings, read
from shared.work import Transaction, Work


class NoGauges:
    def handled(self, topic: str, type_: str, outcome: str, count: int) -> None:
        pass

    def batch(self, topic: str, size: int, seconds: float) -> None:
        pass


@pytest.fixture
def settings(engines: Any, name: str) -> Settings:
    return read(
        "inboundtest",
        mongo_url=engines.mongo,
        mongo_database=name,
        kafka_bootstrap=engines.kafka,
        oidc_issuer="http://localhost/issuer",
        development=True,
        park_stop_count=12,
        park_stop_share=0.5,
    )


@pytest.fixture
async def work(settings: Settings, name: str) -> AsyncIterator[Work]:
    async with mongo.connect(settings.mongo_url.get_secret_value()) as client:
        yield Work(client, name)


def told(number: int) -> Record:
    said = {
        "ce_id": str(number),
        "ce_source": "urn:erp",
        "ce_specversion": "1.0",
        "ce_type": Measurement.wire_type,
    }
    value = {"goal_id": f"goal_{number}", "key_result_id": "k", "value": 1}
    headers = tuple((name, text.encode()) for name, text in said.items())
    return Record(Measurement.topic, 0, number, b"any", orjson.dumps(value), headers)


class Mood:
    """Fails the first `failures` times that it is asked about each goal."""

    def __init__(self, failures: int) -> None:
        self.tries: dict[str, int] = {}
        self.failures = failures

    async def take(self, told: Told, tx: Transaction) -> None:
        goal_id = told.message.subject
        self.tries[goal_id] = self.tries.get(goal_id, 0) + 1
        if self.tries[goal_id] <= self.failures:
            raise RuntimeError("not in the mood")
        tx.update("taken", goal_id, {"$inc": {"times": 1}})


def intake(work: Work, settings: Settings, mood: Mood) -> Intake:
    gate = Gate.of(Subscription(Measurement.topic, {Measurement: (mood.take,)}))
    return Intake(work, gate, settings, NoGauges())


async def test_all_that_fail_are_tried_again_together_and_taken_once(
    work: Work, settings: Settings, monkeypatch: Any
) -> None:
    mood, sizes, execute = Mood(2), list[int](), work.execute

    async def counted(jobs: Any, plan: Any) -> None:
        sizes.append(len(jobs))
        await execute(jobs, plan)

    monkeypatch.setattr(work, "execute", counted)
    tough = settings.model_copy(update={"park_stop_count": 100})
    await intake(work, tough, mood).take([told(number) for number in range(20)])
    assert sizes == [20, 20, 20]
    taken = await work.db["taken"].find().to_list(None)
    assert sorted(doc["times"] for doc in taken) == [1] * 20
    assert await work.db[PARKED].count_documents({}) == 0


async def test_what_fails_for_good_is_parked_with_the_reason_and_the_rest_is_taken(
    work: Work, settings: Settings
) -> None:
    class Picky(Mood):
        async def take(self, told: Told, tx: Transaction) -> None:
            self.failures = 99 if told.message.subject in {"goal_3", "goal_4"} else 0
            await super().take(told, tx)

    mood = Picky(0)
    found = intake(work, settings, mood)
    await found.take([told(number) for number in range(10)])
    assert found.counts == {"applied": 8, "parked": 2}
    rows = await work.db[PARKED].find().to_list(None)
    assert {row["error"] for row in rows} == {"RuntimeError: not in the mood"}
    assert {row["expires_at"] - row["at"] for row in rows} == {timedelta(days=14)}
    assert mood.tries["goal_3"] == 2 + len(RETRY_PAUSES)


async def test_the_log_says_where_what_was_not_taken_lies_and_nothing_of_what_it_says(
    work: Work, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    class Wordy(Mood):
        async def take(self, told: Told, tx: Transaction) -> None:
            said = told.message.subject
            raise Refusal(f"{said} may not") if said == "goal_3" else RuntimeError(f"{said} fails")

    await intake(work, settings, Wordy(0)).take([told(3), told(4)])
    logged = [each.getMessage() for each in caplog.records]
    type_, place = Measurement.wire_type, f"{Measurement.topic}:0"
    assert logged == [f"{type_} at {place}:3 refused: refused", f"{type_} at {place}:4 parked: RuntimeError"]


async def test_when_most_fails_nothing_more_is_taken_and_what_is_parked_counts(
    work: Work, settings: Settings
) -> None:
    found = intake(work, settings, Mood(99))
    await found.take([told(number) for number in range(10)])
    assert await work.db[PARKED].count_documents({}) == 10
    with pytest.raises(TooManyParked, match="10 sources are parked"):
        await found.take([told(number) for number in range(10, 14)])
    assert await work.db[PARKED].count_documents({}) == 10


async def test_what_a_record_causes_is_in_its_trace_and_its_span_says_what_became_of_it(
    work: Work, settings: Settings, monkeypatch: Any
) -> None:
    exporter = InMemorySpanExporter()
    tracing, causes, execute = OpenTelemetry("goals", exporter), list[str](), work.execute

    async def seen(jobs: Any, plan: Any) -> None:
        causes.extend(job.cause.traceparent for job in jobs)
        await execute(jobs, plan)

    monkeypatch.setattr(work, "execute", seen)

    class Picky(Mood):
        async def take(self, told: Told, tx: Transaction) -> None:
            self.failures = 99 if told.message.subject == "goal_1" else 0
            await super().take(told, tx)

    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    came = (("ce_traceparent", f"00-{trace}-00f067aa0ba902b7-01".encode()),)
    records = [told(0)._replace(headers=told(0).headers + came), told(1)]
    gate = Gate.of(Subscription(Measurement.topic, {Measurement: (Picky(0).take,)}))
    await Intake(work, gate, settings, NoGauges(), tracing).take(records)
    await tracing.close()
    spans = exporter.get_finished_spans()
    assert [each.context.span_id for each in spans] == [int(each.split("-")[2], 16) for each in causes[:2]]
    assert [f"{each.context.trace_id:032x}" == trace for each in spans] == [True, False]
    assert [each.attributes["cairn.outcome"] for each in spans] == ["applied", "parked"]
    assert [each.status.status_code is StatusCode.ERROR for each in spans] == [False, True]
    assert {each.name for each in spans} == {f"process {Measurement.wire_type}"}
