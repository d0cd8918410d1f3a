"""The notifications service, new for every test."""

from typing import Any

import pytest

from services.notifications.app import SERVICE
from tests.services.notifications.house import STAFF, House, person


@pytest.fixture
async def house(open_house: Any) -> House:
    """An organisation and nothing else: anna and ben report to mona, mona and olga to cleo."""
    house = await open_house(SERVICE, House, smtp_sender="Cairn <cairn@example.com>")
    await house.hire(*[person(id_, manager_id=above) for id_, above in STAFF])
    return house
