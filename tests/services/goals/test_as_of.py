"""Goals as they were: what they said, how far they had come as was known, whose they were."""

from datetime import datetime, timedelta
from typing import Any

from tests.services.goals.house import NOW, REACH, GoalsHouse

DAY = timedelta(days=1)


async def then(house: GoalsHouse, goal_id: str, at: datetime) -> Any:
    return await house.as_("anna").read(f"/goals/{goal_id}/as-of", at=at.isoformat())


async def measure(house: GoalsHouse, goal_id: str, value: float, *, on: datetime, held: datetime) -> str:
    path = f"/goals/{goal_id}/key-results/reach/measurements"
    made = await house.as_("anna").at(on).does(path, {"value": value, "measured_at": held.isoformat()})
    return made["measurement_id"]


async def test_what_was_learned_later_is_not_of_that_time(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    wrong = await measure(house, goal_id, 6, on=NOW + DAY, held=NOW + DAY)
    await measure(house, goal_id, 3, on=NOW + 9 * DAY, held=NOW + 2 * DAY)
    path = f"/goals/{goal_id}/measurements/{wrong}/correction"
    await house.as_("anna").at(NOW + 12 * DAY).does(path, {"value": 1, "reason": "Counted twice."})
    known = {0: None, 1: 6, 5: 6, 10: 3, 13: 3}
    for days, value in known.items():
        [part] = (await then(house, goal_id, NOW + days * DAY))["key_results"]
        assert part["current"] == value, days
    assert (await then(house, goal_id, NOW + 5 * DAY))["progress"] == 0.6


async def test_each_edition_is_told_of_its_time_with_its_owner(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    change = {"title": "Reach many more", "reason": "Clearer."}
    await house.as_("anna").at(NOW + 2 * DAY).does(f"/goals/{goal_id}/amendment", change)
    change = {"key_results": [{"key_result_id": "reach", "target": 20}], "reason": "More."}
    await house.as_("anna").at(NOW + 4 * DAY).does(f"/goals/{goal_id}/amendment", change)
    await house.as_("manager").at(NOW + 6 * DAY).does(f"/goals/{goal_id}/amendment/agreement")
    await measure(house, goal_id, 5, on=NOW + DAY, held=NOW + DAY)
    told = {}
    for days in (1, 3, 5, 7):
        was = await then(house, goal_id, NOW + days * DAY)
        told[days] = (was["edition"], was["title"], was["progress"])
    first, now = "Reach more customers", "Reach many more"
    assert told == {1: (1, first, 0.5), 3: (2, now, 0.5), 5: (2, now, 0.5), 7: (3, now, 0.25)}


async def test_what_it_served_is_told_of_its_time_to_who_may_read_that(house: GoalsHouse) -> None:
    hidden = await house.agreed("manager", by="chief", visibility="private")
    seen = await house.agreed("manager", by="chief", visibility="everyone")
    goal_id = await house.agreed(tags=["core"], perspective="customer")
    path = f"/goals/{goal_id}/parent"
    manager = house.as_("manager")
    await house.as_("manager").at(NOW + DAY).does(path, {"parent_id": hidden}, method="PUT")
    await house.as_("anna").at(NOW + 2 * DAY).does(path, {"parent_id": seen}, method="PUT")
    await house.as_("anna").at(NOW + 4 * DAY).does(path, {"parent_id": None}, method="PUT")
    for asker, first in ((manager, hidden), (house.as_("anna"), None)):
        told = [
            await asker.read(f"/goals/{goal_id}/as-of", at=(NOW + days * DAY).isoformat())
            for days in (0.5, 1.5, 3, 5)
        ]
        assert [was["parent_id"] for was in told] == [None, first, seen, None]
        assert [was["edition"] for was in told] == [1, 2, 3, 4]
        assert (told[0]["tags"], told[0]["perspective"]) == (["core"], "customer")
        editions = (await asker.read(f"/goals/{goal_id}/editions"))["items"]
        assert [each["wording"]["parent_id"] for each in editions] == [seen, first, None]
        assert {*[name for each in editions for name in each["changed"]]} == {"parent_id"}
        assert [each["by_person_id"] for each in editions] == ["anna", "anna", "manager"]


async def test_how_it_weighed_is_an_edition_too(house: GoalsHouse) -> None:
    seen = await house.agreed("manager", by="chief", visibility="everyone")
    goal_id = await house.agreed(parent_id=seen)
    for days, weighs in ((1, 2), (3, 5)):
        said = {"parent_id": seen, "contribution": weighs}
        await house.as_("anna").at(NOW + days * DAY).does(f"/goals/{goal_id}/parent", said, method="PUT")
    assert [(await then(house, goal_id, NOW + days * DAY))["contribution"] for days in (0, 2, 4)] == [1, 2, 5]
    editions = (await house.as_("anna").read(f"/goals/{goal_id}/editions"))["items"]
    assert [(each["contribution"], each["changed"]) for each in editions] == [
        (2, ["contribution"]),
        (1, ["contribution"]),
    ]


async def test_before_it_was_agreed_there_is_nothing_and_after_its_end_it_is_closed(
    house: GoalsHouse,
) -> None:
    goal_id = await house.agreed()
    early = await house.as_("anna").get(f"/goals/{goal_id}/as-of", at=(NOW - DAY).isoformat())
    assert early.status_code == 404
    await house.as_("anna").at(NOW + 5 * DAY).does(f"/goals/{goal_id}/closure", {"outcome": "missed"})
    before, after = [await then(house, goal_id, NOW + days * DAY) for days in (4, 6)]
    assert [(was["status"], was["outcome"]) for was in (before, after)] == [
        ("agreed", None),
        ("closed", "missed"),
    ]
    naive = await house.as_("anna").get(f"/goals/{goal_id}/as-of", at="2026-01-12T09:00:00")
    assert naive.status_code == 422


async def test_a_person_had_the_goals_that_were_theirs_then(house: GoalsHouse) -> None:
    kept, given = await house.agreed(), await house.agreed(key_results=[{**REACH, "target": 50}])
    await house.drafted()
    change = {"owner_id": "ben", "reason": "She has too much."}
    await house.as_("anna").at(NOW + DAY).does(f"/goals/{given}/amendment", change)
    for who in ("manager", "ben"):
        await house.as_(who).at(NOW + 2 * DAY).does(f"/goals/{given}/amendment/agreement")
    manager = house.as_("manager")

    async def had(owner_id: str, days: int) -> set[str]:
        at = (NOW + days * DAY).isoformat()
        page = await manager.read("/goals-as-of", owner_id=owner_id, at=at)
        return {each["goal_id"] for each in page["items"]}

    assert await had("anna", 1) == {kept, given}
    assert await had("anna", 3) == {kept}
    assert await had("ben", 1) == set()
    assert await had("ben", 3) == {given}
    first = await manager.read("/goals-as-of", owner_id="anna", at=(NOW + DAY).isoformat(), limit=1)
    second = await manager.read(
        "/goals-as-of", owner_id="anna", at=(NOW + DAY).isoformat(), limit=1, cursor=first["next"]
    )
    assert {first["items"][0]["goal_id"], second["items"][0]["goal_id"]} == {kept, given}
