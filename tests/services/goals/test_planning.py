"""Who plans sees what was learned, what is unfinished, and what the line wants to reach."""

from typing import Any

from tests.services.asker import rule_of
from tests.services.goals.house import GoalsHouse
from tests.services.goals.usecases.test_run_period import Q1, Q2, opened

NEXT = {"starts_on": "2026-04-01", "due_on": "2026-06-30"}


def ids(goals: list[dict[str, Any]]) -> list[str]:
    return [each["goal_id"] for each in goals]


async def test_the_next_period_is_planned_from_what_the_last_one_left(house: GoalsHouse) -> None:
    first, second = await opened(house), await opened(house, Q2)
    learned, unfinished = await house.agreed(period_id=first), await house.agreed(period_id=first)
    anna = house.as_("anna")
    await anna.does(f"/goals/{learned}/closure", {"outcome": "missed"})
    await anna.does(
        f"/goals/{learned}/retrospective", {"lessons": "Ask sales before we begin."}, method="PUT"
    )
    planned = await house.drafted(period_id=second, weight=30, **NEXT)
    await house.closed(period_id=second, **NEXT)
    whole = await house.agreed(
        "chief", by="manager", level="organisation", visibility="everyone", period_id=second, **NEXT
    )
    of_manager = await house.agreed("manager", by="chief", visibility="team", period_id=second, **NEXT)
    await house.agreed("ben", period_id=second, **NEXT)
    asked = await house.proposed("manager", to="chief", visibility="team", period_id=second, **NEXT)
    await house.drafted("manager", visibility="team", period_id=second, **NEXT)
    found = await anna.read("/planning/anna", period_id=second)
    assert ids(found["planned"]) == [planned]
    assert found["weight_planned"] == 30
    assert ids(found["unfinished"]) == [unfinished]
    assert ids(found["to_serve"]) == [whole, *sorted((of_manager, asked))]
    [lesson] = found["lessons"]
    assert (lesson["goal_id"], lesson["retrospective"]["lessons"]) == (learned, "Ask sales before we begin.")
    assert found["period"]["period_id"] == second


async def test_nothing_is_shown_of_it_that_is_not_for_who_asks(house: GoalsHouse) -> None:
    period_id = await opened(house)
    await house.drafted(period_id=period_id, visibility="private", weight=40)
    await house.agreed("manager", by="chief", visibility="private", period_id=period_id)
    for reader in ("ben", "peer"):
        found = await house.as_(reader).read("/planning/anna", period_id=period_id)
        assert (found["planned"], found["weight_planned"], found["lessons"]) == ([], 0, [])
    assert (await house.as_("anna").read("/planning/anna", period_id=period_id))["to_serve"] == []


async def test_an_unknown_person_or_period_is_not_found(house: GoalsHouse) -> None:
    period_id = await opened(house, Q1)
    anna = house.as_("anna")
    for path, period in (("/planning/nobody", period_id), ("/planning/anna", "none")):
        answer = await anna.get(path, period_id=period)
        assert (answer.status_code, rule_of(answer)) == (404, "not-found")


async def test_what_runs_in_that_time_is_there_to_serve_whatever_its_own_period(house: GoalsHouse) -> None:
    second = await opened(house, Q2)
    year = {"starts_on": "2026-01-01", "due_on": "2026-12-31"}
    of_year = await house.agreed("chief", by="manager", level="organisation", visibility="everyone", **year)
    await house.agreed("chief", by="manager", level="organisation", visibility="everyone")
    found = await house.as_("anna").read("/planning/anna", period_id=second)
    assert ids(found["to_serve"]) == [of_year], "what ended before is none of it"


async def test_all_that_is_planned_weighs_also_what_is_not_listed(house: GoalsHouse) -> None:
    second = await opened(house, Q2)
    first = await house.drafted(period_id=second, weight=4, **NEXT)
    doc = await house.db["goals"].find_one({"_id": first})
    assert doc is not None
    await house.db["goals"].insert_many([{**doc, "_id": f"goal_{number}"} for number in range(24)])
    found = await house.as_("anna").read("/planning/anna", period_id=second)
    assert (len(found["planned"]), found["weight_planned"]) == (20, 100.0)
