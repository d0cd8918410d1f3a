"""A house of its own for every test."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.services.reviews.house import House, open_house


@pytest.fixture
async def house(engines: Any, name: str) -> AsyncIterator[House]:
    """The reviews service with an organisation: anna and ben report to manager, who reports to chief."""
    async with open_house(mongo=engines.mongo, kafka=engines.kafka, database=name) as house:
        yield house
