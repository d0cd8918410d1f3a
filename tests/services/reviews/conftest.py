"""The reviews service, new for every test."""

from typing import Any

import pytest

from services.reviews.app import SERVICE
from tests.services.reviews.house import House


@pytest.fixture
async def house(open_house: Any) -> House:
    """With an organisation and no reviews: anna and ben report to manager, who reports to chief."""
    house = await open_house(SERVICE, House)
    await house.found()
    return house
