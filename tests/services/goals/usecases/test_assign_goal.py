"""One goal for many: each is asked once, of a goal of their own, and told who asks."""

from typing import Any

import pytest

from tests.services.asker import rule_of
from tests.services.goals.house import REACH, GoalsHouse, wording
from tests.services.organisation import STAFF

TEAM = ["anna", "ben"]


def asking(
    *person_ids: str, units: tuple[str, ...] = (), everyone: bool = False, **said: Any
) -> dict[str, Any]:
    population = {"person_ids": list(person_ids), "unit_ids": list(units), "everyone": everyone}
    return {"wording": wording(**said), "population": population}


async def assigned(house: GoalsHouse, body: dict[str, Any], *caller: str) -> dict[str, Any]:
    """The assignment, once all were asked."""
    made = await house.as_(*(caller or ("admin", "hr_admin"))).does("/goal-assignments", body)
    await house.expand()
    return await house.as_("auditor", "auditor").read(f"/goal-assignments/{made['assignment_id']}")


def done(people: int, **refused: str) -> dict[str, Any]:
    """A finished fan-out to so many, and by which rule others got nothing."""
    refusals = [{"person_id": person_id, "rule": rule} for person_id, rule in refused.items()]
    return {"finished": True, "people": people, "refused": len(refused), "failed": 0, "refusals": refusals}


async def owners(house: GoalsHouse) -> dict[str, str]:
    """Who is asked to agree to what, by owner."""
    goals = await house.as_("auditor", "auditor").listed("/goals")
    for goal in (each for each in goals if each["status"] == "proposed"):
        expected = "chief" if goal["owner_id"] == goal["proposed_by"] else goal["owner_id"]
        assert goal["asked_id"] == expected
    return {goal["owner_id"]: goal["status"] for goal in goals}


async def test_everybody_named_is_asked_for_a_goal_of_their_own(house: GoalsHouse) -> None:
    made = await assigned(house, asking(*TEAM))
    assert made["progress"] == done(2)
    assert await owners(house) == {"anna": "proposed", "ben": "proposed"}
    for goal in await house.as_("auditor", "auditor").listed("/goals"):
        events = await house.published(subject=goal["goal_id"])
        assert [event["said"] for event in events] == ["goal_drafted", "goal_proposed"]
        assert (events[1]["by_person_id"], events[1]["to_person_id"]) == ("admin", goal["owner_id"])
        assert [part["key_result_id"] for part in goal["key_results"]] == ["reach"]
        agreed = await house.as_(goal["owner_id"]).does(f"/goals/{goal['goal_id']}/agreement")
        assert agreed["status"] == "agreed"


async def test_who_sets_it_for_themselves_too_does_not_agree_to_it_alone(house: GoalsHouse) -> None:
    await assigned(house, asking("admin", "anna"))
    asked = {
        goal["owner_id"]: goal["asked_id"] for goal in await house.as_("auditor", "auditor").listed("/goals")
    }
    assert asked == {"admin": "chief", "anna": "anna"}


async def test_a_unit_reaches_those_below_it_and_everyone_all_who_work_here(
    house: GoalsHouse,
) -> None:
    await house.let_go("ben")
    await assigned(house, asking(units=("unit_sales",)))
    assert (await owners(house)).keys() == {"manager", "anna"}
    made = await assigned(house, asking(everyone=True))
    assert made["progress"]["people"] == len(house.people) - 1
    assert "ben" not in await owners(house)


async def test_a_job_level_reaches_those_who_have_it_and_in_a_unit_those_of_the_unit(
    house: GoalsHouse,
) -> None:
    levels = {"anna": "L3", "peer": "L3", "manager": "L6"}
    await house.publish(*[house.people[who].model_copy(update={"job_level": levels[who]}) for who in levels])
    asked: dict[str, list[str]] = {"job_levels": ["L3"], "unit_ids": ["unit_sales"], "person_ids": ["chief"]}
    made = await assigned(house, {"wording": wording(), "population": asked})
    assert (await owners(house)).keys() == {"anna", "chief"}
    assert made["population"]["job_levels"] == ["L3"]
    made = await assigned(house, {"wording": wording(title="Another"), "population": {"job_levels": ["L3"]}})
    assert made["progress"]["people"] == 2
    assert (await owners(house)).keys() == {"anna", "chief", "peer"}


async def test_an_assignment_stored_before_there_were_levels_is_read(house: GoalsHouse) -> None:
    made = await assigned(house, asking("anna"))
    await house.db["assignments"].update_many({}, {"$unset": {"population.job_levels": ""}})
    read = await house.as_("auditor", "auditor").read(f"/goal-assignments/{made['assignment_id']}")
    assert read["population"] == made["population"]


async def test_done_again_after_a_crash_nobody_is_asked_twice(house: GoalsHouse) -> None:
    made = await assigned(house, asking(*TEAM))
    before = await house.said()
    await house.db["fan_outs"].update_one(
        {"kind": "goal_assignment"}, {"$set": {"state": "open", "cursor": None}}
    )
    await house.expand()
    assert await house.said() == before
    assert made["progress"]["people"] == 2


async def test_a_dry_run_counts_and_changes_nothing(house: GoalsHouse) -> None:
    admin = house.as_("admin", "hr_admin")
    said = await house.said()
    counted = await admin.post("/goal-assignments", asking(units=("unit_sales",)) | {"dry_run": True})
    assert (counted.status_code, counted.json()) == (
        200,
        {"people": 3, "left": 0, "have_it": 0, "no_room": 0, "nothing_to_fill_in": 0},
    )
    await house.expand()
    assert await house.said() == said
    assert await admin.listed("/goal-assignments") == []


async def test_whom_a_rule_keeps_from_it_is_counted_and_the_others_are_asked(house: GoalsHouse) -> None:
    await house.agreed("anna", weight=80)
    made = await assigned(house, asking(*TEAM, weight=30))
    assert made["progress"] == done(1, anna="weights-exceed-whole")
    assert await owners(house) == {"anna": "agreed", "ben": "proposed"}


async def test_what_they_serve_is_still_open_when_they_are_asked(house: GoalsHouse) -> None:
    parent = await house.agreed("manager", by="chief", level="team", visibility="everyone")
    made = await house.as_("manager").does("/goal-assignments", asking(*TEAM, parent_id=parent))
    await house.as_("manager").does(f"/goals/{parent}/closure", {"outcome": "missed"})
    await house.expand()
    read = await house.as_("manager").read(f"/goal-assignments/{made['assignment_id']}")
    assert read["progress"] == done(0, anna="parent-closed", ben="parent-closed")


BY_LEVEL: dict[str, Any] = {"wording": wording(), "population": {"job_levels": ["L99"]}}
WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "nobody": (asking(), 422, "invalid-request"),
    "everyone and some": (asking("anna", everyone=True), 422, "invalid-request"),
    "a stranger": (asking("anna", "nobody-here"), 422, "invalid"),
    "an unknown unit": (asking(units=("unit_moon",)), 422, "invalid"),
    "a level that nobody has": (BY_LEVEL, 422, "invalid"),
    "not measurable": (asking("anna", key_results=[]), 422, "goal-not-smart"),
    "ends before it starts": (asking("anna", due_on="2025-01-01"), 422, "invalid"),
    "a team's goal": (asking("anna", level="team"), 422, "invalid"),
    "an unknown parent": (asking("anna", parent_id="goal_nowhere"), 422, "no-such-parent"),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("dry_run", [True, False])
async def test_what_is_wrong_is_told_before_anybody_is_asked(
    house: GoalsHouse, what: str, dry_run: bool
) -> None:
    body, status, rule = WRONG[what]
    answer = await house.as_("admin", "hr_admin").post("/goal-assignments", body | {"dry_run": dry_run})
    assert (answer.status_code, rule_of(answer)) == (status, rule)
    await house.expand()
    assert await owners(house) == {}


async def test_a_manager_sets_goals_for_those_who_report_to_them_alone(
    house: GoalsHouse,
) -> None:
    manager = house.as_("manager")
    made = await assigned(house, asking(*TEAM), "manager")
    assert made["by_person_id"] == "manager"
    for wrong in (asking("anna", "peer"), asking("chief"), asking("manager"), asking(units=("unit_sales",))):
        refused = await manager.post("/goal-assignments", wrong)
        assert refused.status_code == 403, wrong
    assert (await manager.post("/goal-assignments", asking(everyone=True))).status_code == 403
    assert (await manager.post("/goal-assignments", BY_LEVEL)).status_code == 403


async def test_who_is_not_in_the_directory_sets_no_goals(house: GoalsHouse) -> None:
    refused = await house.as_("robot", "hr_admin").post("/goal-assignments", asking("anna"))
    assert (refused.status_code, rule_of(refused)) == (422, "assigner-unknown")


@pytest.mark.parametrize("visibility", ["private", "line"])
async def test_an_assignment_is_read_by_who_made_it_auditors_and_of_what_is_not_private_hr(
    house: GoalsHouse, visibility: str
) -> None:
    made = await assigned(house, asking(*TEAM, visibility=visibility), "manager")
    path, hr = f"/goal-assignments/{made['assignment_id']}", ("admin", "hr_admin")
    readers = {("manager",), ("auditor", "auditor")} | ({hr} if visibility == "line" else set())
    for who in [("manager",), hr, ("auditor", "auditor"), ("chief",), ("anna",)]:
        sees = who in readers
        answer = await house.as_(*who).get(path)
        assert answer.status_code == (200 if sees else 404), who
        assert (wording()["title"] in answer.text) == sees
        goals = await house.as_(*who).get(f"{path}/goals")
        assert (goals.status_code, "anna" in goals.text) == ((200, True) if sees else (404, False)), who
        listed = await house.as_(*who).listed("/goal-assignments")
        assert [each["assignment_id"] for each in listed] == ([made["assignment_id"]] if sees else [])


async def test_a_thousand_are_asked_in_pages_that_each_resume(house: GoalsHouse) -> None:
    crowd = [f"c{n:04d}" for n in range(1_203)]
    states = [
        house.people["anna"].model_copy(update={"person_id": each, "manager_id": "other_manager"})
        for each in crowd
    ]
    await house.publish(*states)
    two = [REACH, {**REACH, "key_result_id": "keep"}]
    made = await assigned(house, asking(everyone=True, key_results=two))
    assert made["progress"] == done(len(crowd) + len(STAFF))
    assert await house.db["goals"].count_documents({"status": "proposed"}) == made["progress"]["people"]


FIVE = ("anna", "ben", "peer", "chief", "other_manager")


async def answered(house: GoalsHouse, *person_ids: str, **said: Any) -> dict[str, Any]:
    """An assignment that each has answered otherwise; chief has not yet."""
    made = await assigned(house, asking(*person_ids, **said))
    listed = await house.as_("auditor", "auditor").listed(f"/goal-assignments/{made['assignment_id']}/goals")
    paths = {each["owner_id"]: f"/goals/{each['goal_id']}" for each in listed}
    await house.as_("anna").does(f"{paths['anna']}/agreement")
    await house.as_("anna").does(f"{paths['anna']}/closure", {"outcome": "achieved"})
    await house.as_("ben").does(f"{paths['ben']}/refusal", {"reason": "Not now."})
    if "peer" in person_ids:
        await house.as_("peer").does(f"{paths['peer']}/change-request", {"reason": "Less."})
        await house.let_go("other_manager")
    return await house.as_("admin", "hr_admin").read(f"/goal-assignments/{made['assignment_id']}")


async def test_where_the_manager_has_left_the_nearest_above_sets_a_goal_and_the_manager_does_not(
    house: GoalsHouse,
) -> None:
    assert (await house.as_("chief").post("/goal-assignments", asking(*TEAM))).status_code == 403
    await house.let_go("manager")
    for who in ("manager", "other_manager"):
        assert (await house.as_(who).post("/goal-assignments", asking(*TEAM))).status_code == 403, who
    assert (await assigned(house, asking(*TEAM), "chief"))["progress"] == done(2)


async def test_an_assignment_says_who_has_answered_what(house: GoalsHouse) -> None:
    made = await answered(house, *FIVE)
    assert made["answers"] == {"asked": 1, "agreed": 1, "draft": 1, "declined": 1, "cancelled": 1}
    path, admin = f"/goal-assignments/{made['assignment_id']}/goals", house.as_("admin", "hr_admin")
    answers = {each["owner_id"]: each["answer"] for each in await admin.listed(path, limit=2)}
    expected = dict(zip(FIVE, ("agreed", "declined", "draft", "asked", "cancelled"), strict=True))
    assert answers == expected
    for owner_id, answer in expected.items():
        assert [each["owner_id"] for each in await admin.listed(path, answer=answer)] == [owner_id]
    assert (await admin.get(path, answer="perhaps")).status_code == 422


@pytest.mark.parametrize(("people", "told"), [(FIVE, 5), (FIVE[:2], 0)])
async def test_answers_to_goals_that_are_hidden_are_counted_of_five_or_more(
    house: GoalsHouse, people: tuple[str, ...], told: int
) -> None:
    made = await answered(house, *people, visibility="private")
    assert sum(made["answers"].values()) == told
    path = f"/goal-assignments/{made['assignment_id']}"
    assert await house.as_("admin", "hr_admin").listed(f"{path}/goals") == []
    auditor = await house.as_("auditor", "auditor").read(path)
    assert sum(auditor["answers"].values()) == len(people)


async def test_goals_are_found_by_their_template_and_by_what_they_go_on_from(house: GoalsHouse) -> None:
    admin, anna = house.as_("admin", "hr_admin"), house.as_("anna")
    q2 = {"name": "Q2", "kind": "quarter", "starts_on": "2026-04-01", "ends_on": "2026-06-30"}
    period_id = (await admin.does("/periods", q2))["period_id"]
    goal_id = await house.agreed()
    new = await anna.does(f"/goals/{goal_id}/carry-over", {"period_id": period_id})
    await house.db["goals"].update_one({"_id": goal_id}, {"$set": {"template_id": "template_1"}})
    for asked, found in (({"origin_id": goal_id}, new["goal_id"]), ({"template_id": "template_1"}, goal_id)):
        assert [each["goal_id"] for each in await anna.listed("/goals", **asked)] == [found]
        assert await house.as_("peer").listed("/goals", **asked) == []
