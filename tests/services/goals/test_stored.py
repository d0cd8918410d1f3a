"""Goals that were stored before today's rules are read by every route that reads any."""

from typing import Any

import pytest

from services.goals.store import GOALS
from tests.services.goals.house import NOW, GoalsHouse

OLD_PART: dict[str, Any] = {
    "key_result_id": "not an id of today",
    "title": "x" * 999,
    "type": "increase",
    "unit_kind": "money",
    "unit": "a currency that there is none of any more, with a name as long as this",
    "start": 5.0,
    "target": 5.0,
    "commit": 9.0,
    "weight": -1.0,
    "milestones": [{"milestone_id": "a b", "title": "", "weight": 0.0}],
}
OLD: dict[str, Any] = {
    "title": "x" * 999,
    "category": "x" * 99,
    "tags": ["UPPER", "UPPER", "x" * 99],
    "links": [{"title": "", "url": "ftp://old.example"}],
    "weight": 500.0,
    "starts_on": "1850-01-01",
    "due_on": "1849-01-01",
    "key_results": [OLD_PART, OLD_PART],
    "relevance": "x" * 5000,
}
READS = (
    "/goals",
    "/goals/{id}",
    "/goals/{id}/outlook",
    "/goals/{id}/line",
    "/goals/{id}/tree",
    "/goals/{id}/tree.svg",
    "/goals/{id}/chart.svg",
    "/goals/{id}/contributors",
    "/goals/{id}/grades",
    "/goals/{id}/editions",
    "/goals/{id}/measurements",
    "/goals/{id}/check-ins",
    "/goals/{id}/initiatives",
    "/goals/{id}/budget",
    "/goals/{id}/as-of",
    "/goals-as-of",
    "/goals/export",
    "/goals/export/measurements",
    "/goal-statistics",
    "/goal-coverage",
    "/goal-coverage/uncovered",
    "/lessons",
)


@pytest.mark.parametrize("stage", ["agreed", "closed", "drafted"])
async def test_what_today_would_be_refused_is_read(house: GoalsHouse, stage: str) -> None:
    goal_id = await getattr(house, stage)()
    lesson = {"retrospective": {"went_well": "", "went_wrong": "", "lessons": ""}}
    old = {**OLD, **(lesson if stage == "closed" else {})}
    await house.look()
    await house.db[GOALS].update_one({"_id": goal_id}, {"$set": old})
    for path in READS:
        unknown = {"drafted": ("/outlook", "/as-of"), "closed": ("/outlook",)}.get(stage, ())
        if path.endswith(unknown):
            continue
        asked = {"at": NOW.isoformat()} if "as-of" in path else {}
        asked |= {"owner_id": "anna"} if path == "/goals-as-of" else {}
        answer = await house.as_("anna").get(path.format(id=goal_id), **asked)
        assert answer.status_code == 200, (path, answer.text)
    [listed] = (await house.as_("anna").read("/goals"))["items"]
    assert (listed["title"], listed["tags"], listed["progress"]) == (OLD["title"], OLD["tags"], None)


async def test_it_is_looked_at_and_commands_mend_it_by_todays_rules(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await house.db[GOALS].update_one({"_id": goal_id}, {"$set": {"title": "x" * 999, "tags": ["UPPER"]}})
    await house.look()
    anna, path = house.as_("anna"), f"/goals/{goal_id}/amendment"
    kept = await anna.post(path, {"category": "Growth", "reason": "Clearer."})
    assert kept.status_code == 422, kept.text
    assert "200" in kept.text
    await anna.does(path, {"title": "Short", "reason": "Clearer."})
    assert (await house.goal(goal_id))["tags"] == ["upper"]
