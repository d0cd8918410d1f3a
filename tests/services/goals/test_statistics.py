"""Goals counted in groups, what serves the strategy, and lists in the order that is asked for."""

from typing import Any

import pytest

from services.goals.usecases.fold_goals import FoldWorker
from tests.services.goals.house import NOW, GoalsHouse, clock_at
from tests.services.organisation import Unit, unit_state


async def fold(house: GoalsHouse) -> None:
    with clock_at(house.work, NOW):
        while await FoldWorker(house.work).turn():
            pass


async def measured(house: GoalsHouse, value: float, owner_id: str = "anna", **said: Any) -> str:
    goal_id = await house.agreed(owner_id, **said)
    path = f"/goals/{goal_id}/key-results/reach/measurements"
    await house.as_(owner_id).does(path, {"value": value})
    return goal_id


async def test_groups_count_their_goals_and_average_what_can_be_told(house: GoalsHouse) -> None:
    await measured(house, 2, category="Growth")
    await measured(house, 6, owner_id="ben", category="Growth")
    keep = {"key_result_id": "keep", "title": "Kept", "type": "stay_above", "target": 90}
    await house.agreed(key_results=[keep], category="Growth")
    blocked = await house.agreed()
    said = {"confidence": 0.5, "blockers": [{"kind": "process", "description": "Slow."}]}
    await house.as_("anna").does(f"/goals/{blocked}/check-ins", said)
    await house.drafted()
    manager = house.as_("manager")
    by = {each["key"]: each for each in await manager.read("/goal-statistics", by="category")}
    growth, none = by["Growth"], by[None]
    assert (growth["goals"], growth["measured"], growth["progress"]) == (3, 2, pytest.approx(0.4))
    assert (none["goals"], none["blocked"], none["statuses"]) == (
        2,
        1,
        {"draft": 1, "proposed": 0, "agreed": 1, "closed": 0},
    )
    units = {each["key"]: each["goals"] for each in await manager.read("/goal-statistics", by="unit")}
    assert units == {"unit_sales": 4, "unit_north": 1}
    mine = await manager.read("/goal-statistics", by="status", owner_id="ben")
    assert [(each["key"], each["goals"]) for each in mine] == [("agreed", 1)]


async def test_what_nobody_agreed_to_and_what_goes_on_elsewhere_is_in_no_mean(house: GoalsHouse) -> None:
    await measured(house, 7)
    declined = await house.proposed(to="manager")
    await house.as_("manager").does(f"/goals/{declined}/refusal", {"reason": "Not now."})
    given_up = await measured(house, 1)
    await house.as_("anna").does(
        f"/goals/{given_up}/closure", {"outcome": "cancelled", "comment": "No need."}
    )
    missed = await measured(house, 3)
    await house.as_("anna").does(f"/goals/{missed}/closure", {"outcome": "missed"})
    for by in ("kind", "unit"):
        [group] = await house.as_("manager").read("/goal-statistics", by=by)
        assert (group["goals"], group["measured"], group["progress"]) == (4, 2, pytest.approx(0.5)), by
    by_outcome = {
        each["key"]: each for each in await house.as_("manager").read("/goal-statistics", by="outcome")
    }
    assert (by_outcome["cancelled"]["measured"], by_outcome["cancelled"]["progress"]) == (0, None)


async def test_a_unit_rolled_up_has_all_below_it_wherever_that_moves(house: GoalsHouse) -> None:
    await measured(house, 2)
    await measured(house, 6, owner_id="ben")
    await house.agreed("manager", by="chief")
    await house.agreed("peer", by="other_manager")
    await house.agreed("anna", visibility="private")

    async def units(who: str = "chief") -> dict[str | None, tuple[int, int]]:
        rows = await house.as_(who).read("/goal-statistics", by="unit", rolled_up="true")
        return {each["key"]: (each["goals"], each["measured"]) for each in rows}

    assert await units() == {"unit_all": (4, 4), "unit_sales": (3, 3), "unit_north": (1, 1)}
    assert await units("manager") == {"unit_all": (4, 4), "unit_sales": (4, 4), "unit_north": (1, 1)}
    rows = await house.as_("chief").read("/goal-statistics", by="unit", rolled_up="true")
    sales = next(each for each in rows if each["key"] == "unit_sales")
    assert sales["progress"] == pytest.approx(0.8 / 3)
    await house.publish(unit_state(Unit("unit_north", "unit_all")))
    assert await units() == {"unit_all": (4, 4), "unit_sales": (2, 2), "unit_north": (1, 1)}
    await house.publish(house.people["anna"].model_copy(update={"unit_id": "unit_north"}))
    assert await units() == {"unit_all": (4, 4), "unit_sales": (1, 1), "unit_north": (2, 2)}
    await house.publish(unit_state(Unit("unit_all", "unit_north")))
    assert (await units())["unit_north"] == (4, 4)


async def test_paces_are_those_of_the_last_look_and_come_to_all_that_are_agreed(house: GoalsHouse) -> None:
    await measured(house, 9)
    [group] = await house.as_("manager").read("/goal-statistics")
    assert (group["statuses"]["agreed"], group["paces"]["not_measured"]) == (1, 1)
    await house.look()
    [group] = await house.as_("manager").read("/goal-statistics", by="pace")
    assert (group["key"], group["paces"]["on_track"]) == ("on_track", 1)
    assert sum(group["paces"].values()) == 1


@pytest.mark.parametrize("asked", [{"by": "colour"}, {"by": "unit", "status": "lost"}, {"rolled_up": "true"}])
async def test_what_cannot_be_counted_by_is_refused(house: GoalsHouse, asked: Any) -> None:
    assert (await house.as_("manager").get("/goal-statistics", **asked)).status_code == 422


async def test_strategy_that_nothing_serves_is_found(house: GoalsHouse) -> None:
    shown = {"visibility": "everyone"}
    whole = await house.agreed("chief", by="manager", level="organisation", **shown)
    served = await house.agreed("manager", by="chief", level="team", parent_id=whole, **shown)
    alone = await house.agreed("other_manager", by="chief", level="team", **shown)
    await house.agreed(parent_id=served)
    await house.agreed("ben")
    await house.drafted("peer", parent_id=alone)
    done = await house.agreed("peer", by="other_manager", parent_id=alone)
    await house.as_("peer").does(f"/goals/{done}/closure", {"outcome": "achieved"})
    await fold(house)
    manager = house.as_("manager")
    coverage = await manager.read("/goal-coverage")
    assert (coverage["aligned"], coverage["uncovered"]) == (0.5, 1)
    levels = {each["level"]: (each["goals"], each["aligned"], each["served"]) for each in coverage["levels"]}
    assert levels == {"organisation": (1, 0, 1), "person": (2, 1, 0), "team": (2, 1, 1)}
    uncovered = await manager.listed("/goal-coverage/uncovered")
    assert [each["goal_id"] for each in uncovered] == [alone]
    nothing = await manager.read("/goal-coverage", owner_id="peer")
    assert (nothing["aligned"], nothing["uncovered"], nothing["levels"]) == (None, 0, [])


async def test_what_serves_unseen_serves_nobody_who_may_not_see_it(house: GoalsHouse) -> None:
    shown = {"visibility": "everyone"}
    team = await house.agreed("other_manager", by="chief", level="team", **shown)
    await house.agreed("peer", by="other_manager", parent_id=team, visibility="line")
    for who, uncovered in (("other_manager", 0), ("ben", 1)):
        assert (await house.as_(who).read("/goal-coverage"))["uncovered"] == uncovered, who
        assert len(await house.as_(who).listed("/goal-coverage/uncovered")) == uncovered, who


async def test_what_is_closed_is_neither_blocked_nor_late(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    said = {"confidence": 0.5, "blockers": [{"kind": "process", "description": "Slow."}]}
    await house.as_("anna").does(f"/goals/{goal_id}/check-ins", said)
    await house.as_("anna").does(f"/goals/{goal_id}/closure", {"outcome": "missed"})
    [group] = await house.as_("anna").read("/goal-statistics")
    assert (group["key"], group["blocked"]) == ("closed", 0)


async def test_lists_come_in_the_order_that_is_asked_for(house: GoalsHouse) -> None:
    late = await house.agreed(due_on="2026-12-31")
    early = await measured(house, 5, due_on="2026-02-01")
    middle = await measured(house, 9, due_on="2026-06-30")
    manager = house.as_("manager")
    by_due = [early, middle, late]
    by_progress = [late, early, middle]
    for sort, expected in (("due_on", by_due), ("progress", by_progress)):
        for limit in (1, 50):
            listed = await manager.listed("/goals", sort=sort, limit=limit)
            assert [each["goal_id"] for each in listed] == expected, (sort, limit)
            turned = await manager.listed("/goals", sort=f"-{sort}", limit=limit)
            assert [each["goal_id"] for each in turned] == expected[::-1], (sort, limit)
    assert (await manager.get("/goals", sort="owner")).status_code == 422
