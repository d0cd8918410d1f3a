"""Houses for the tests of any service: its app is made once a run, and empty for every test."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from shared.service import Service
from tests.services.house import House, make_app, settings_of

Apps = Callable[..., Awaitable[FastAPI]]


@pytest.fixture(scope="session")
async def apps(engines: Any) -> AsyncIterator[Apps]:
    """`await apps(SERVICE, **settings)`: the service's app, the same for the same settings."""
    made: dict[str, FastAPI] = {}

    async def app_of(service: Service, **other: Any) -> FastAPI:
        key = repr((service.name, sorted(other.items())))
        if key not in made:
            settings = settings_of(service, engines, database=f"t{uuid.uuid4().hex[:12]}", **other)
            made[key] = make_app(service, settings)
            await made[key].state.runtime.prepare_database()
        return made[key]

    yield app_of
    for app in made.values():
        runtime = app.state.runtime
        await runtime.work.close()
        await runtime.client.drop_database(runtime.settings.mongo_database)
        runtime.client.close()


@pytest.fixture
async def open_house(apps: Apps) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """`await open_house(SERVICE, kind=House, **settings)`: the service with nobody and nothing in it."""
    async with AsyncExitStack() as open_:

        async def opened(service: Service, kind: type[House] = House, **other: Any) -> House:
            app = await apps(service, **other)
            await app.state.runtime.reads.flush()  # what another test left to be noted goes with the rest
            await _empty(app.state.db)
            client = AsyncClient(transport=ASGITransport(app), base_url="http://service")
            houses.append(kind(app, await open_.enter_async_context(client)))
            return houses[-1]

        houses: list[House] = []
        yield opened
        for house in houses:
            assert await house.disorder() == []


async def _empty(db: Any) -> None:
    """Delete all documents; which of the many collections have any is asked at once."""
    names = [each for each in await db.list_collection_names() if not each.startswith("system.")]
    one = {name: [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": name}}}] for name in names}
    others = [{"$unionWith": {"coll": name, "pipeline": one[name]}} for name in names[1:]]
    found = await db[names[0]].aggregate([*one[names[0]], *others]).to_list(None)
    await asyncio.gather(*[db[each["name"]].delete_many({}) for each in found])
