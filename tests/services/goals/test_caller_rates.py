"""Who asks too often is told to wait, in every service, and nobody else waits for it."""

from typing import Any

from services.goals.app import SERVICE
from tests.services.asker import rule_of
from tests.services.goals.house import GoalsHouse


async def slow_house(open_house: Any, **settings: Any) -> GoalsHouse:
    house: GoalsHouse = await open_house(SERVICE, GoalsHouse, **settings)
    await house.found()
    return house


async def test_one_who_asks_too_often_waits_and_others_do_not(open_house: Any) -> None:
    house = await slow_house(open_house, caller_rate=0.001, caller_burst=3)
    answers = [await house.as_("anna").get("/goals") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    told = answers[-1]
    assert rule_of(told) == "too-many-requests"
    assert int(told.headers["Retry-After"]) == told.json()["retry_after_seconds"] == 1000
    assert (await house.as_("anna").post("/goals", {})).status_code == 429
    assert (await house.as_("ben").get("/goals")).status_code == 200


async def test_machines_have_much_to_tell_and_are_not_held_up(open_house: Any) -> None:
    house = await slow_house(open_house, caller_rate=0.001, caller_burst=1)
    for _ in range(3):
        for role in ("measuring_system", "service"):
            assert (await house.as_("machine", role).get("/periods")).status_code == 200


async def test_in_development_there_is_no_limit_unless_one_is_set(house: GoalsHouse) -> None:
    assert house.settings.requests_a_second == 0
    production = house.settings.model_copy(update={"development": False})
    assert (production.requests_a_second, production.caller_burst) == (50, 500)
