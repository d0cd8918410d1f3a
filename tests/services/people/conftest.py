"""The people service, new for every test."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.people.app import SERVICE
from tests.services.people.house import House
from tests.services.people.identity_provider import TOKEN, Provider


@pytest.fixture
async def house(open_house: Any) -> House:
    """With nobody in it."""
    return await open_house(SERVICE, House)


@pytest.fixture
async def second_house(house: House) -> AsyncIterator[House]:
    """Another process of the service, as far as the database can tell."""
    async with house.twin() as second:
        yield second


@pytest.fixture
async def scim_house(open_house: Any) -> House:
    """With SCIM for an identity provider, whose groups give some roles."""
    roles = "HR Admins=hr_admin, People team=hr_admin, Auditors=auditor"
    return await open_house(SERVICE, House, scim_token=TOKEN, scim_roles=roles)


@pytest.fixture
async def idp(scim_house: House) -> Provider:
    """The identity provider."""
    return Provider(scim_house)
