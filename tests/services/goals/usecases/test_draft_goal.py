"""Who writes goals down, for whom and at which level."""

from typing import Any

import pytest

from tests.services.asker import rule_of
from tests.services.goals.house import REACH, GoalsHouse, wording


async def test_a_draft_is_the_callers_own_and_is_found_where_it_says(house: GoalsHouse) -> None:
    answer = await house.as_("anna").post("/goals", wording())
    goal = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"v1"')
    assert answer.headers["Location"] == f"/goals/{goal['goal_id']}"
    assert (goal["owner_id"], goal["status"], goal["mend"]) == ("anna", "draft", {})
    assert await house.as_("anna").read(answer.headers["Location"]) == goal
    assert await house.said(goal["goal_id"]) == ["goal_drafted"]
    assert (await house.state(goal["goal_id"]))["status"] == "draft"


async def test_a_sketch_is_told_how_to_become_smart(house: GoalsHouse) -> None:
    sketch = {"title": "Something", "starts_on": "2026-01-01", "due_on": "2026-03-31"}
    goal = await house.as_("anna").does("/goals", sketch)
    assert set(goal["mend"]) == {"specific", "measurable", "relevant"}


async def test_a_manager_and_hr_write_goals_for_somebody(house: GoalsHouse) -> None:
    for asker in (house.as_("manager"), house.as_("admin", "hr_admin")):
        goal = await asker.does("/goals", wording(owner_id="anna"))
        assert goal["owner_id"] == "anna"


@pytest.mark.parametrize("visibility", ["private", "line", "everyone"])
@pytest.mark.parametrize("who", ["ben", "other_manager", "chief"])
async def test_nobody_else_writes_goals_for_somebody(house: GoalsHouse, who: str, visibility: str) -> None:
    answer = await house.as_(who).post("/goals", wording(owner_id="anna", visibility=visibility))
    assert (answer.status_code, rule_of(answer)) == (403, "forbidden")
    assert await house.db["goals"].count_documents({}) == 0


async def test_nothing_is_written_for_who_is_not_known_or_has_left(house: GoalsHouse) -> None:
    unknown = await house.as_("manager").post("/goals", wording(owner_id="nobody"))
    assert unknown.status_code == 404
    await house.let_go("anna")
    left = await house.as_("manager").post("/goals", wording(owner_id="anna"))
    assert (left.status_code, rule_of(left)) == (409, "owner-has-left")


async def test_key_results_come_without_values_and_with_ids(house: GoalsHouse) -> None:
    """A value in a draft would be progress that nobody measured."""
    told = {**REACH, "current": 10, "measured_at": "2999-01-01T00:00:00Z"}
    assert (await house.as_("anna").post("/goals", wording(key_results=[told]))).status_code == 422
    unnamed = {"title": "Some", "type": "baseline", "target": 1}
    goal = await house.as_("anna").does("/goals", wording(key_results=[REACH, unnamed]))
    assert [part["current"] for part in goal["key_results"]] == [None, None]
    assert goal["key_results"][1]["key_result_id"].startswith("key_result_")
    assert goal["progress"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"due_on": "2026-01-01"},
        {"title": " "},
        {"weight": 101},
        {"key_results": [REACH, REACH]},
        {"key_results": [{**REACH, "target": 0}]},
        {"key_results": [{**REACH, "target": 1e300}]},
        {"key_results": [{**REACH, "key_result_id": "../x"}]},
    ],
)
async def test_what_makes_no_sense_is_refused(house: GoalsHouse, changes: Any) -> None:
    assert (await house.as_("anna").post("/goals", wording(**changes))).status_code == 422


async def test_a_teams_goal_is_owned_by_who_leads_somebody(house: GoalsHouse) -> None:
    assert await house.drafted("manager", level="team")
    refused = await house.as_("anna").post("/goals", wording(level="team"))
    assert (refused.status_code, rule_of(refused)) == (422, "leads-no-team")
    await house.let_go("peer")
    refused = await house.as_("other_manager").post("/goals", wording(level="team"))
    assert rule_of(refused) == "leads-no-team"


async def test_the_organisations_goal_is_owned_by_who_heads_it(house: GoalsHouse) -> None:
    assert await house.drafted("chief", level="organisation")
    refused = await house.as_("manager").post("/goals", wording(level="organisation"))
    assert (refused.status_code, rule_of(refused)) == (403, "forbidden")


async def test_executives_and_hr_set_goals_of_the_organisation_too(house: GoalsHouse) -> None:
    executive = house.as_("other_manager", "executive")
    assert (await executive.post("/goals", wording(level="organisation"))).status_code == 201
    sent = wording(level="organisation", owner_id="manager")
    assert (await house.as_("admin", "hr_admin").post("/goals", sent)).status_code == 201


async def test_a_draft_starts_below_its_parent(house: GoalsHouse) -> None:
    parent_id = await house.agreed("manager", by="chief", visibility="everyone")
    goal_id = await house.drafted(parent_id=parent_id, relevance="")
    assert (await house.goal(goal_id))["mend"] == {}
    assert (await house.last(goal_id))["parent_id"] == parent_id
