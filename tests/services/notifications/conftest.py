"""One app for all tests, and a house of its own for each of them."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from tests.services.notifications.house import STAFF, House, make_app, person


@pytest.fixture(scope="session")
async def app(engines: Any) -> AsyncIterator[FastAPI]:
    """The service, made once; its database goes with it."""
    database = f"t{uuid.uuid4().hex[:12]}"
    app = make_app(engines, database)
    await app.state.runtime.prepare_database()
    yield app
    await app.state.runtime.work.close()
    await app.state.runtime.client.drop_database(database)
    app.state.runtime.client.close()


@pytest.fixture
async def house(app: FastAPI) -> AsyncIterator[House]:
    """An organisation and nothing else: anna and ben report to mona, mona and olga to cleo."""
    for collection in await app.state.db.list_collection_names():
        await app.state.db[collection].delete_many({})
    async with AsyncClient(transport=ASGITransport(app), base_url="http://notifications") as client:
        house = House(app, client)
        await house.hire(*[person(id_, manager_id=above) for id_, above in STAFF])
        yield house
