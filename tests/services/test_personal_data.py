"""All that is held of a person is for themselves and the privacy officer, whatever others read elsewhere."""

from typing import Any

import pytest

from shared.contracts.people import PersonState
from tests.architecture.test_personal_data import SERVICES
from tests.services.house import StaffedHouse

OTHERS = {
    "manager": (),
    "ben": (),
    "chief": ("executive",),
    "partner": ("hr_partner",),
    "admin": ("hr_admin",),
    "auditor": ("auditor",),
    "goals": ("service",),
}


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
async def house(request: pytest.FixtureRequest, open_house: Any) -> StaffedHouse:
    house = await open_house(request.param, StaffedHouse)
    await house.know_people()
    return house


async def test_it_is_for_the_person_and_the_privacy_officer(house: StaffedHouse) -> None:
    path = "/personal-data/anna"
    for allowed in (house.as_("anna"), house.as_("officer", "privacy_officer")):
        found = await allowed.read(path)
        assert (found["service"], found["person_id"]) == (house.service.name, "anna")
    for who, roles in OTHERS.items():
        assert (await house.as_(who, *roles).get(path)).status_code == 403, who
    assert (await house.client.get(path)).status_code == 401
    assert house.service.audited_reads["read_personal_data"](None)


async def test_it_is_forgotten_with_the_person_whoever_they_were(house: StaffedHouse) -> None:
    await house.erase(PersonState, "anna")
    await house.forget(later=True)
    said = [each for each in await house.published(topic="erasures") if each["person_id"] == "anna"]
    assert [each["checked"] for each in said] == [False, True]
    assert await house.db["directory_people"].find_one({"_id": "anna"}) is None
    found = await house.as_("officer", "privacy_officer").read("/personal-data/anna")
    assert found["kinds"] == {}
    await house.erase(PersonState, "anna")
    assert (await house.published(topic="erasures"))[-1]["checked"] is False, "told again it begins anew"


@pytest.mark.parametrize("who", ["anna", "manager"])
async def test_a_token_that_outlives_the_person_opens_nothing(house: StaffedHouse, who: str) -> None:
    """Nor one of a manager, whose place in the lines of others stays."""
    token = house.as_(who, "hr_admin", "privacy_officer", "auditor", "executive", "hr_partner")
    paths = ("/personal-data/anna", f"/personal-data/{who}", "/audit")
    assert {(await token.get(path)).status_code for path in paths} == {200}
    await house.erase(PersonState, who)
    for later in (False, True):
        await house.forget(later=later)
        assert {(await token.get(path)).status_code for path in paths} == {403}
    assert (await house.as_("officer", "privacy_officer").get(paths[0])).status_code == 200
