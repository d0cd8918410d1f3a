"""The people service, new for every test."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.people.app import SERVICE
from tests.services.people.house import House


@pytest.fixture
async def house(open_house: Any) -> House:
    """With nobody in it."""
    return await open_house(SERVICE, House)


@pytest.fixture
async def second_house(house: House) -> AsyncIterator[House]:
    """Another process of the service, as far as the database can tell."""
    async with house.twin() as second:
        yield second
