"""The goals service, new for every test."""

from typing import Any

import pytest

from services.goals.app import SERVICE
from tests.services.goals.crowd import crowd
from tests.services.goals.house import GoalsHouse


@pytest.fixture
async def house(open_house: Any) -> GoalsHouse:
    """With an organisation and no goals."""
    house = await open_house(SERVICE, GoalsHouse)
    await house.found()
    return house


@pytest.fixture
async def full(house: GoalsHouse) -> GoalsHouse:
    """With thousands of goals of hundreds of people."""
    await crowd(house)
    return house
