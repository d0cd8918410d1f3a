"""The outbox on its way to a real Kafka: everything, in order per aggregate, marked after the ack."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from aiokafka.protocol.produce import ProduceRequest
from bson import ObjectId

from shared import mongo
from shared.contracts.base import Event
from shared.messaging import kafka
from shared.messaging.producing import Producer
from shared.messaging.relay import INDEXES, OUTBOX, OutboxBroom, Relay
from shared.messaging.topics import EVENTS_CONFIG, Topic, provision
from shared.settings import Settings, read
from shared.work import Transaction, Work
from tests.topic_settings import set_for


class Ticked(Event):
    subject_field: ClassVar[str] = "clock_id"
    clock_id: str
    n: int


@pytest.fixture
def settings(engines: Any, name: str) -> Settings:
    return read(
        "relaytest",
        mongo_url=engines.mongo,
        mongo_database=name,
        kafka_bootstrap=engines.kafka,
        oidc_issuer="http://localhost/issuer",
        kafka_partitions=3,
        development=True,
    )


@pytest.fixture
async def work(settings: Settings, name: str) -> AsyncIterator[Work]:
    async with mongo.connect(settings.mongo_url.get_secret_value()) as client:
        work = Work(client, name)
        await mongo.ensure_collection(work.db, OUTBOX, indexes=INDEXES[OUTBOX])
        yield work


@pytest.fixture
async def topic(settings: Settings, name: str) -> AsyncIterator[str]:
    await provision(settings, [Topic(name, EVENTS_CONFIG)])
    yield name
    admin = kafka.admin(settings)
    await admin.start()
    await admin.delete_topics([name])
    await admin.close()


async def tick(clock_id: str, tx: Transaction) -> None:
    doc = await tx.get("clocks", clock_id) or {"_id": clock_id, "version": 0}
    tx.put("clocks", doc)
    tx.publish(Ticked(clock_id=clock_id, n=doc["version"]))


async def to_topic(work: Work, topic: str) -> None:
    await work.db[OUTBOX].update_many({}, {"$set": {"topic": topic}})


async def received(settings: Settings, topic: str, count: int, *, seconds: float = 20) -> list[Any]:
    consumer = kafka.reader(settings, topic)
    await consumer.start()
    try:
        records: list[Any] = []
        async with asyncio.timeout(seconds):
            while len(records) < count:
                records.append(await consumer.getone())
        return records
    finally:
        await consumer.stop()


def sequence(record: Any) -> int:
    return int(dict(record.headers)["ce_sequence"])


def by_key(records: list[Any]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for record in records:
        found.setdefault(record.key.decode(), []).append(sequence(record))
    return found


async def test_all_rows_arrive_in_the_order_of_their_aggregate(
    work: Work, settings: Settings, topic: str
) -> None:
    await asyncio.gather(*(work.run(tick, f"c{n % 10}", key=n % 10) for n in range(200)))
    await to_topic(work, topic)
    relay = Relay(work.db, lambda: kafka.producer(settings), size=64)
    while await relay.turn():
        pass
    await relay.close()
    assert by_key(await received(settings, topic, 200)) == {f"c{n}": list(range(1, 21)) for n in range(10)}
    assert await work.db[OUTBOX].count_documents({"sent": False}) == 0
    assert await work.db[OUTBOX].count_documents({"sent_at": {"$exists": True}}) == 200


async def test_a_row_whose_id_sorts_late_still_goes_before_its_successors(
    work: Work, settings: Settings, topic: str
) -> None:
    """As when the process that wrote the first row has a clock that is an hour ahead."""
    for _ in range(6):
        await work.run(tick, "skewed", key="skewed")
    await asyncio.gather(*(work.run(tick, f"c{n}", key=n) for n in range(30)))
    await to_topic(work, topic)
    first = await work.db[OUTBOX].find_one({"key": "skewed", "sequence": 1})
    assert first is not None
    await work.db[OUTBOX].delete_one({"_id": first["_id"]})
    await work.db[OUTBOX].insert_one({**first, "_id": ObjectId("ff" * 12)})
    relay = Relay(work.db, lambda: kafka.producer(settings), size=8)
    while await relay.turn():
        pass
    await relay.close()
    records = await received(settings, topic, 36)
    assert by_key(records)["skewed"] == [1, 2, 3, 4, 5, 6]


async def test_rows_that_were_sent_but_not_marked_are_sent_again_with_the_same_id(
    work: Work, settings: Settings, topic: str
) -> None:
    await work.run(tick, "c", key="c")
    await to_topic(work, topic)
    for _ in range(2):
        relay = Relay(work.db, lambda: kafka.producer(settings))
        await relay.turn()
        await relay.close()
        await work.db[OUTBOX].update_many({}, {"$set": {"sent": False}})
    ids = [dict(record.headers)["ce_id"] for record in await received(settings, topic, 2)]
    assert ids[0] == ids[1]


async def test_an_unsendable_row_holds_its_key_back_and_no_other(
    work: Work, settings: Settings, topic: str
) -> None:
    for _ in range(2):
        await work.run(tick, "huge", key="huge")
    await work.run(tick, "fine", key="fine")
    await to_topic(work, topic)
    await work.db[OUTBOX].update_one({"key": "huge", "sequence": 1}, {"$set": {"value": b"x" * 2_000_000}})
    relay = Relay(work.db, lambda: kafka.producer(settings))
    await relay.turn()
    await relay.turn()
    await relay.close()
    assert list(relay.blocked) == ["huge"]
    assert by_key(await received(settings, topic, 1)) == {"fine": [1]}
    assert await work.db[OUTBOX].count_documents({"sent": False, "key": "huge"}) == 2


async def test_rows_sent_long_ago_are_forgotten_and_unsent_ones_never(work: Work) -> None:
    for n in range(4):
        await work.run(tick, f"c{n}", key=n)
    await work.db[OUTBOX].update_many(
        {"key": {"$in": ["c0", "c1"]}}, [{"$set": {"sent": True, "sent_at": "$$NOW"}}]
    )
    await OutboxBroom(work.db, keep=timedelta(days=1)).turn()
    assert await work.db[OUTBOX].count_documents({}) == 4
    await OutboxBroom(work.db, keep=timedelta(0)).turn()
    assert await work.db[OUTBOX].distinct("key") == ["c2", "c3"]


async def test_provisioning_again_changes_nothing_and_tells_what_differs(
    settings: Settings, topic: str
) -> None:
    (again,) = await provision(settings, [Topic(topic, EVENTS_CONFIG)])
    assert (again.made, again.partitions, again.remarks) == (False, 3, ())
    other = settings.model_copy(update={"kafka_partitions": 6})
    (differs,) = await provision(other, [Topic(topic, EVENTS_CONFIG)])
    assert differs.partitions == 3
    assert "6" in differs.remarks[0]
    (more,) = await provision(
        settings.model_copy(update={"kafka_replication": 3}), [Topic(topic, EVENTS_CONFIG)]
    )
    assert more.remarks == ("copies: 1, settings say 3: kept, to be reassigned by hand",)


async def test_how_many_copies_a_write_waits_for_stays_the_topics_own(settings: Settings, topic: str) -> None:
    """What is not named when a topic is altered falls back to what the broker has for all."""
    await provision(settings, [Topic(topic, EVENTS_CONFIG)])
    assert (await set_for(settings, topic))["min.insync.replicas"] == "1"


class HalfDeaf:
    """A broker's client that takes everything and hears of the even rows alone that they were taken."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.silent: list[asyncio.Future[None]] = []
        self.abandoned = 0

    async def start(self) -> None: ...

    async def abandon(self) -> None:
        self.abandoned += 1

    async def send(self, topic: str, *, key: bytes, **_: Any) -> "asyncio.Future[None]":
        del topic
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if len(self.taken) % 2 == 0:
            answer.set_result(None)
        else:
            self.silent.append(answer)
        self.taken.append(key.decode())
        return answer


async def test_what_the_broker_has_not_answered_stays_with_its_producer_and_its_key_waits(work: Work) -> None:
    for number in range(4):
        await work.run(tick, f"c{number}", key=f"c{number}")
    client: Any = HalfDeaf()
    relay = Relay(work.db, lambda: client, send_seconds=0.2)
    await relay.turn()
    unsent = await work.db[OUTBOX].distinct("key", {"sent": False})
    assert unsent == sorted(client.taken[1::2])
    await work.run(tick, unsent[0], key=unsent[0])
    await work.run(tick, "other", key="other")
    await relay.turn()
    assert client.taken[4:] == ["other"], "another producer would send it beside the first"
    for answer in client.silent:
        answer.set_result(None)
    await relay.settle()
    [later] = await work.db[OUTBOX].find({"sent": False}).to_list(None)
    assert (later["key"], later["sequence"]) == (unsent[0], 2)
    assert client.abandoned == 0


async def test_a_producer_that_never_answers_is_given_up_in_the_end(work: Work) -> None:
    for number in range(4):
        await work.run(tick, f"c{number}", key=f"c{number}")
    clients: list[HalfDeaf] = []

    def client() -> Any:
        clients.append(HalfDeaf())
        return clients[-1]

    relay = Relay(work.db, client, send_seconds=0.2, most_silent=0.0)
    await relay.turn()
    unsent = await work.db[OUTBOX].distinct("key", {"sent": False})
    await relay.turn()
    assert clients[0].abandoned == 1
    assert clients[1].taken == unsent


class Muffled(Producer):
    """Its requests with records wait at the door until it opens; all other ones pass."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.open, self.waiting = asyncio.Event(), asyncio.Event()
        send = self.client.send

        async def held(node_id: Any, request: Any, **more: Any) -> Any:
            if isinstance(request, ProduceRequest):
                self.waiting.set()
                await self.open.wait()
            return await send(node_id, request, **more)

        self.client.send = held


async def test_a_producer_that_is_given_up_does_not_put_an_old_state_behind_a_newer_one(
    work: Work, settings: Settings, topic: str
) -> None:
    await work.run(tick, "c", key="c")
    await to_topic(work, topic)
    muffled = Muffled(**kafka.client_options(settings))
    producers: list[Producer] = [muffled]
    relay = Relay(
        work.db,
        lambda: producers.pop() if producers else kafka.producer(settings),
        send_seconds=0.2,
        most_silent=0.0,
    )
    await relay.turn()
    assert muffled.waiting.is_set()
    await work.run(tick, "c", key="c")
    await to_topic(work, topic)
    giving_up = asyncio.create_task(relay.turn())
    while not muffled._sender.sender_task.cancelling():
        await asyncio.sleep(0.05)
    muffled.open.set()  # what is under way may still come, and before what is sent instead
    await giving_up
    while await work.db[OUTBOX].count_documents({"sent": False}):
        await relay.turn()
    await relay.close()
    assert muffled._sender.sender_task.done()
    found = [sequence(record) for record in await received(settings, topic, 3)]
    assert found == [1, 1, 2]


async def test_what_is_answered_after_another_has_taken_over_has_the_newest_states_sent_again(
    work: Work, settings: Settings, name: str
) -> None:
    topic = f"{name}.state"
    await provision(settings, [Topic(topic, EVENTS_CONFIG)])
    await work.run(tick, "c", key="c")
    await to_topic(work, topic)
    muffled = Muffled(**kafka.client_options(settings))
    slow, next_ = (
        Relay(work.db, lambda: muffled, send_seconds=0.2),
        Relay(work.db, lambda: kafka.producer(settings)),
    )
    await slow.turn()
    await work.run(tick, "c", key="c")
    await to_topic(work, topic)
    await next_.turn()
    assert await work.db[OUTBOX].count_documents({"sent": False}) == 0
    muffled.open.set()
    async with asyncio.timeout(20):
        while not await work.db[OUTBOX].count_documents({"sent": False}):
            await slow.settle()
            await asyncio.sleep(0.05)
    await next_.turn()
    assert [sequence(record) for record in await received(settings, topic, 4)] == [1, 2, 1, 2]
    await slow.close()
    await next_.close()


async def test_the_newest_state_goes_again_behind_what_two_have_sent(work: Work, name: str) -> None:
    topic = f"{name}.state"
    await work.run(tick, "c", key="c")
    await to_topic(work, topic)
    first = await work.db[OUTBOX].find_one({})
    assert first is not None
    newer = {**first, "_id": ObjectId(), "sequence": 2, "sent": True}
    await work.db[OUTBOX].insert_one(newer)

    class Overtaken(HalfDeaf):
        async def send(self, topic: str, **more: Any) -> "asyncio.Future[None]":
            await work.db[OUTBOX].update_one({"_id": first["_id"]}, {"$set": {"sent": True}})  # by another
            return await super().send(topic, **more)

    overtaken: Any = Overtaken()
    await Relay(work.db, lambda: overtaken, send_seconds=0.2).turn()
    again = await work.db[OUTBOX].find({"sent": False}).to_list(None)
    assert [row["sequence"] for row in again] == [2]
