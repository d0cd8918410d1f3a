"""What is raised anywhere reaches every open stream of the person, once, and nobody else's."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from httpx import AsyncClient
from pymongo.errors import OperationFailure

from services.notifications import stream
from services.notifications.app import workers
from services.notifications.belongings import Belongings
from services.notifications.feed import STREAMS_OF_A_PERSON
from tests.services.asker import token
from tests.services.notifications.house import House, praise, proposal, until

Event = tuple[str, Any, str]
"""What it is called, its data, its id."""


@dataclass
class Reader:
    """One open stream, and what it has brought."""

    client: AsyncClient
    person_id: str
    last: str = ""
    events: list[Event] = field(default_factory=list)
    comments: int = 0
    status: int = 0
    ended: bool = False

    async def read(self) -> None:
        headers = {"Authorization": f"Bearer {token(self.person_id)}"}
        headers |= {"Last-Event-ID": self.last} if self.last else {}
        async with self.client.stream("GET", "/inbox/stream", headers=headers, timeout=None) as answer:
            self.status = answer.status_code
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(":")
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    fields[name] = value.removeprefix(" ")
                elif "data" in fields:
                    self._take(fields)
                    fields = {}
        self.ended = True

    def _take(self, fields: Mapping[str, str]) -> None:
        self.last = fields.get("id", self.last)
        self.events.append((fields["event"], json.loads(fields["data"]), fields.get("id", "")))

    def about(self) -> list[str]:
        return [data["about_id"] for name, data, _ in self.events if name == "notification"]

    def unread(self) -> list[int]:
        return [data["unread"] for name, data, _ in self.events if name == "inbox"]

    async def has(self, *about: str) -> None:
        async def there() -> bool:
            return set(about) <= set(self.about())

        await until(there)

    async def is_open(self) -> None:
        async def opened() -> bool:
            return bool(self.events)

        await until(opened)


@asynccontextmanager
async def reading(address: str, person_id: str, *, last: str = "") -> AsyncGenerator[Reader]:
    """A stream that is open while inside."""
    async with AsyncClient(base_url=address) as client:
        reader = Reader(client, person_id, last)
        task = asyncio.create_task(reader.read())
        try:
            await reader.is_open()
            yield reader
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def served(app: FastAPI, *, streaming: bool = True) -> AsyncGenerator[str]:
    """The app behind a real server, with what wakes its streams."""
    own = list(workers(app.state.runtime)) if streaming else []
    for worker in own:
        worker.start()
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # pyright: ignore[reportAttributeAccessIssue]
    task = asyncio.create_task(server._serve())

    async def listens() -> bool:
        return server.started

    await until(listens)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await task
        for worker in own:
            await worker.stop()


@pytest.fixture
async def addresses(house: House) -> AsyncIterator[tuple[str, str]]:
    """Two instances of the service on one database."""
    async with house.twin() as second, served(house.app) as here, served(second.app) as there:
        yield here, there


async def test_any_instance_tells_any_person_what_another_instance_raised(
    house: House, addresses: tuple[str, str]
) -> None:
    async with reading(addresses[0], "mona") as here, reading(addresses[1], "mona") as there:
        await house.publish(proposal("g1"), proposal("g2"))
        for reader in (here, there):
            await reader.has("g1", "g2")
            assert sorted(reader.about()) == ["g1", "g2"]
            headline = next(data for name, data, _ in reader.events if name == "notification")["headline"]
            assert headline == "Anna Doe asks you to agree to a goal"


async def test_nobody_hears_what_another_is_told(house: House, addresses: tuple[str, str]) -> None:
    async with reading(addresses[0], "mona") as mona, reading(addresses[0], "anna") as anna:
        await house.publish(proposal("g1"), praise("f1"))
        await mona.has("g1")
        await anna.has("f1")
        assert (mona.about(), anna.about()) == (["g1"], ["f1"])


async def test_a_stream_begins_with_the_count_and_follows_it(
    house: House, addresses: tuple[str, str]
) -> None:
    await house.publish(proposal("g1"))
    async with reading(addresses[1], "mona") as reader:
        assert reader.unread() == [1]
        assert reader.about() == [], "what was there before is in the list"
        await house.as_("mona").post("/inbox/reading")

        async def counted() -> bool:
            return reader.unread()[-1] == 0

        await until(counted)


async def test_an_interrupted_stream_goes_on_where_it_was_on_another_instance(
    house: House, addresses: tuple[str, str]
) -> None:
    async with reading(addresses[0], "mona") as first:
        await house.publish(proposal("g1"))
        await first.has("g1")
    await house.publish(proposal("g2"), proposal("g3"))
    async with reading(addresses[1], "mona", last=first.last) as second:
        await second.has("g2", "g3")
        assert second.about() == ["g2", "g3"]
        await house.publish(proposal("g4"))
        await second.has("g4")
        assert second.about() == ["g2", "g3", "g4"]


async def test_a_stream_that_was_away_too_long_says_what_is_missing(
    house: House, addresses: tuple[str, str]
) -> None:
    await house.publish(*[proposal(f"g{n}") for n in range(70)])
    async with reading(addresses[0], "mona", last="5") as reader:
        await reader.has("g69")
        assert [data for name, data, _ in reader.events if name == "gap"] == [{"missed": 15}]
        assert reader.about() == [f"g{n}" for n in range(20, 70)]


@pytest.mark.parametrize("last", ["-1", "999999", "abc", "1e3", "9" * 90])
async def test_an_id_that_is_none_of_ours_begins_anew(
    house: House, addresses: tuple[str, str], last: str
) -> None:
    await house.publish(proposal("g1"))
    async with reading(addresses[0], "mona", last=last) as reader:
        await house.publish(proposal("g2"))
        await reader.has("g2")
        assert reader.about() == ["g2"]


async def test_under_load_every_stream_brings_everything_once_and_in_order(
    house: House, addresses: tuple[str, str]
) -> None:
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(reading(addresses[n % 2], "mona")) for n in range(6)]
        await asyncio.gather(
            *(house.publish(*[proposal(f"g{part}-{n}") for n in range(10)]) for part in range(4))
        )
        expected = {f"g{part}-{n}" for part in range(4) for n in range(10)}
        for reader in readers:
            await reader.has(*expected)
            numbers = [id_ for name, _, id_ in reader.events if name == "notification"]
            assert numbers == [str(n) for n in range(1, 41)]
            assert reader.about() == readers[0].about()


async def test_without_a_change_stream_polling_brings_it_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = Belongings.of(house.runtime).feed

    class Broken:
        def watch(self, *args: Any, **options: Any) -> Any:
            raise OperationFailure("no change streams here")

    monkeypatch.setattr(feed, "_inboxes", Broken())
    async with served(house.app) as address, reading(address, "mona") as reader:
        await house.publish(proposal("g1"))
        await reader.has("g1")
        assert not feed.streaming


async def test_a_change_stream_that_breaks_is_opened_again(house: House, addresses: tuple[str, str]) -> None:
    feed = Belongings.of(house.runtime).feed
    async with reading(addresses[0], "mona") as reader:

        async def streams() -> bool:
            return feed.streaming

        await until(streams)
        await feed._stream.close()
        await house.publish(proposal("g1"))
        await reader.has("g1")
        await until(streams)
        await house.publish(proposal("g2"))
        await reader.has("g2")


async def test_streams_end_by_themselves_when_the_process_is_asked_to_end(
    house: House, addresses: tuple[str, str]
) -> None:
    departure = Belongings.of(house.runtime).departure
    async with reading(addresses[0], "mona") as reader:
        departure.near.set()
        try:

            async def ended() -> bool:
                return reader.ended

            await until(ended, within=timedelta(seconds=5))
        finally:
            departure.near.clear()


async def test_a_stream_ends_after_a_while_so_that_rights_are_looked_at_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STREAM_SECONDS", 0.3)
    async with served(house.app) as address, reading(address, "mona") as reader:

        async def ended() -> bool:
            return reader.ended

        await until(ended)


async def test_a_quiet_stream_is_kept_alive(
    house: House, addresses: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.1)
    async with reading(addresses[0], "mona") as reader:

        async def beats() -> bool:
            return reader.comments >= 2

        await until(beats)


async def test_a_stream_needs_a_token(house: House, addresses: tuple[str, str]) -> None:
    async with AsyncClient(base_url=addresses[0]) as client:
        assert (await client.get("/inbox/stream")).status_code == 401


async def test_a_process_without_readers_watches_nothing(house: House) -> None:
    feed = Belongings.of(house.runtime).feed
    async with served(house.app) as address:
        async with reading(address, "mona"):

            async def streams() -> bool:
                return feed.streaming

            await until(streams)

        async def rests() -> bool:
            return not feed.streaming and feed._stream is None

        await until(rests)


async def refused(address: str, person_id: str) -> tuple[int, str, bool]:
    """Status and rule of an answer that is no stream, and whether it says when to ask again."""
    headers = {"Authorization": f"Bearer {token(person_id)}"}
    async with AsyncClient(base_url=address, timeout=10) as client:
        answer = await client.get("/inbox/stream", headers=headers)
    return answer.status_code, answer.json()["type"].rpartition(":")[2], "retry-after" in answer.headers


async def opens(address: str, person_id: str) -> None:
    """Open a stream as soon as there is a place for it."""

    async def opened() -> bool:
        reader = Reader(AsyncClient(base_url=address), person_id)
        task = asyncio.create_task(reader.read())

        async def answered() -> bool:
            return bool(reader.events) or task.done()

        await until(answered)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.client.aclose()
        return bool(reader.events)

    await until(opened)


async def test_one_person_takes_five_streams_and_leaves_the_rest_to_others(
    house: House, addresses: tuple[str, str]
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(STREAMS_OF_A_PERSON):
            await stack.enter_async_context(reading(addresses[0], "mona"))
        assert await refused(addresses[0], "mona") == (429, "too-many-streams", True)
        async with reading(addresses[0], "anna"), reading(addresses[1], "mona"):
            pass
    await opens(addresses[0], "mona")


async def test_a_process_takes_so_many_streams_and_no_more(
    house: House, addresses: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.notifications.feed.STREAMS", 2)
    async with reading(addresses[0], "mona"), reading(addresses[0], "anna"):
        assert await refused(addresses[0], "ben") == (503, "no-stream-free", True)
    await opens(addresses[0], "ben")
