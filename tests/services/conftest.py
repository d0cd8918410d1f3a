"""Houses for the tests of any service: its app is made once a run, and empty for every test."""

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
            for collection in await app.state.db.list_collection_names():
                if not collection.startswith("system."):
                    await app.state.db[collection].delete_many({})
            client = AsyncClient(transport=ASGITransport(app), base_url="http://service")
            houses.append(kind(app, await open_.enter_async_context(client)))
            return houses[-1]

        houses: list[House] = []
        yield opened
        for house in houses:
            assert await house.disorder() == []
