"""The feedback service, new for every test."""

from typing import Any

import pytest

from services.feedback.app import SERVICE
from tests.services.feedback.house import FeedbackHouse


@pytest.fixture
async def house(open_house: Any) -> FeedbackHouse:
    """With an organisation and nothing said."""
    house = await open_house(SERVICE, FeedbackHouse)
    await house.found()
    return house
