"""What is agreed stays so until both want it otherwise; what it said before is kept with the reason."""

from datetime import timedelta
from typing import Any

import pytest

from tests.services.asker import rule_of
from tests.services.goals.house import NOW, REACH, GoalsHouse

LATER = {"due_on": "2026-06-30", "reason": "The market opens later."}


async def proposed(house: GoalsHouse, by: str = "anna", **change: Any) -> str:
    goal_id = await house.agreed(weight=40)
    await house.as_(by).does(f"/goals/{goal_id}/amendment", {**LATER, **change})
    return goal_id


async def editions(house: GoalsHouse, goal_id: str) -> list[dict[str, Any]]:
    return (await house.as_("anna").read(f"/goals/{goal_id}/editions"))["items"]


async def test_a_material_change_waits_for_the_other(house: GoalsHouse) -> None:
    goal_id = await proposed(house)
    goal = await house.goal(goal_id)
    assert (goal["status"], goal["due_on"], goal["asked_id"]) == ("agreed", "2026-03-31", "manager")
    assert (goal["amendment"]["by"], goal["amendment"]["change"]["due_on"]) == ("anna", "2026-06-30")
    asked = await house.last(goal_id)
    assert (asked["said"], asked["to_person_id"], asked["changes"]) == (
        "goal_amendment_proposed",
        "manager",
        ["due_on"],
    )
    assert await editions(house, goal_id) == []


async def test_once_agreed_to_it_counts_and_the_old_edition_is_kept(house: GoalsHouse) -> None:
    goal_id = await proposed(house, weight=50, key_results=[{"key_result_id": "reach", "target": 20}])
    path = f"/goals/{goal_id}"
    await house.as_("anna").does(f"{path}/key-results/reach/measurements", {"value": 5})
    later = NOW + timedelta(days=1)
    goal = await house.as_("manager").at(later).does(f"{path}/amendment/agreement")
    assert (goal["due_on"], goal["weight"], goal["edition"], goal["amendment"]) == ("2026-06-30", 50, 2, None)
    assert goal["key_results"][0]["target"] == 20
    assert goal["key_results"][0]["current"] == 5
    assert goal["progress"] == pytest.approx(0.25)
    changed = await house.last(goal_id)
    assert changed["changes"] == ["weight", "due_on", "key_results"]
    assert (changed["edition"], changed["by_person_id"], changed["progress"]) == (2, "manager", 0.25)
    [first] = await editions(house, goal_id)
    assert (first["number"], first["wording"]["due_on"], first["wording"]["weight"]) == (1, "2026-03-31", 40)
    assert (first["by_person_id"], first["agreed_by"]) == ("anna", "manager")
    assert (first["reason"], first["until"]) == (LATER["reason"], later.isoformat().replace("+00:00", "Z"))


async def test_wording_changes_at_once_and_is_kept_too(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    goal = await house.as_("anna").does(
        f"/goals/{goal_id}/amendment", {"title": "Reach more people", "reason": "Clearer."}
    )
    assert (goal["title"], goal["edition"], goal["asked_id"]) == ("Reach more people", 2, None)
    [first] = await editions(house, goal_id)
    assert (first["wording"]["title"], first["agreed_by"], first["changed"]) == (
        "Reach more customers",
        None,
        ["title"],
    )


async def test_the_manager_proposes_and_the_owner_declines_with_a_reason(house: GoalsHouse) -> None:
    goal_id = await proposed(house, by="manager")
    assert (await house.goal(goal_id))["asked_id"] == "anna"
    declined = await house.as_("anna").does(f"/goals/{goal_id}/amendment/refusal", {"reason": "Too late."})
    assert (declined["due_on"], declined["amendment"], declined["reason"]) == (
        "2026-03-31",
        None,
        "Too late.",
    )
    said = await house.last(goal_id)
    assert (said["said"], said["by_person_id"], said["to_person_id"]) == (
        "goal_amendment_declined",
        "anna",
        "manager",
    )
    assert await editions(house, goal_id) == []


async def test_who_proposed_takes_it_back_and_who_was_asked_does_not(house: GoalsHouse) -> None:
    goal_id = await proposed(house)
    path = f"/goals/{goal_id}/amendment/withdrawal"
    refused = await house.as_("manager").post(path)
    assert (refused.status_code, rule_of(refused)) == (403, "not-the-one-asked")
    assert (await house.as_("anna").does(path))["amendment"] is None
    assert (await house.as_("manager").post(f"/goals/{goal_id}/amendment/agreement")).status_code == 409


async def test_another_owner_takes_the_agreement_of_all_three_in_turn(house: GoalsHouse) -> None:
    goal_id = await house.agreed(visibility="private")
    path = f"/goals/{goal_id}/amendment"
    await house.as_("manager").does(path, {"owner_id": "peer", "reason": "Peer knows them better."})
    assert (await house.goal(goal_id))["asked_id"] == "anna"
    assert (await house.as_("peer").get(f"/goals/{goal_id}")).status_code == 404
    asked = await house.as_("anna").does(f"{path}/agreement")
    assert (asked["owner_id"], asked["asked_id"], asked["edition"]) == ("anna", "peer", 1)
    assert (await house.last(goal_id))["to_person_id"] == "peer"
    assert (await house.as_("manager").post(f"{path}/agreement")).status_code == 403
    goal = await house.as_("peer").does(f"{path}/agreement")
    assert goal["owner_id"] == "peer"
    changed = await house.last(goal_id)
    assert (changed["owner_id"], changed["from_owner_id"]) == ("peer", "anna")
    assert (await house.as_("anna").get(f"/goals/{goal_id}")).status_code == 404
    assert (await house.state(goal_id))["owner_id"] == "peer"


async def test_an_owner_gives_a_goal_away_with_the_managers_agreement_first(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    path = f"/goals/{goal_id}/amendment"
    await house.as_("anna").does(path, {"owner_id": "ben", "reason": "Ben knows them better."})
    assert (await house.goal(goal_id))["asked_id"] == "manager"
    await house.as_("manager").does(f"{path}/agreement")
    assert (await house.as_("ben").does(f"{path}/agreement"))["owner_id"] == "ben"


async def test_a_manager_who_takes_a_goal_over_asks_its_owner_alone(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    path = f"/goals/{goal_id}/amendment"
    await house.as_("manager").does(path, {"owner_id": "manager", "reason": "I do it."})
    assert (await house.as_("anna").does(f"{path}/agreement"))["owner_id"] == "manager"


async def test_another_owner_is_a_change_by_itself(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    mixed = {"owner_id": "ben", "weight": 1, "reason": "So."}
    answer = await house.as_("anna").post(f"/goals/{goal_id}/amendment", mixed)
    assert (answer.status_code, rule_of(answer)) == (422, "owner-changes-alone")


async def test_there_must_be_room_for_it_when_it_is_proposed_and_when_it_is_agreed_to(
    house: GoalsHouse,
) -> None:
    goal_id = await house.agreed(weight=40)
    await house.agreed(weight=50)
    ask = house.as_("anna")
    too_much = await ask.post(f"/goals/{goal_id}/amendment", {"weight": 60, "reason": "More."})
    assert too_much.status_code == 422
    assert too_much.json()["free"] == 50
    await ask.does(f"/goals/{goal_id}/amendment", {"weight": 50, "reason": "More."})
    await house.agreed(weight=10)
    late = await house.as_("manager").post(f"/goals/{goal_id}/amendment/agreement")
    assert late.status_code == 422
    assert (await house.goal(goal_id))["weight"] == 40


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"due_on": "2025-12-31"}, 422),
        ({"key_results": [{"key_result_id": "reach", "target": 0}]}, 422),
        ({"key_results": [{"key_result_id": "none", "target": 5}]}, 404),
        ({"due_on": "2026-03-31"}, 422),
        ({"owner_id": "nobody"}, 404),
        ({}, 422),
        ({"weight": 40}, 422),
    ],
    ids=[
        "before its start",
        "nothing to achieve",
        "no such part",
        "as it is",
        "nobody",
        "nothing",
        "same weight",
    ],
)
async def test_a_change_that_makes_no_sense_says_why(
    house: GoalsHouse, change: dict[str, Any], status: int
) -> None:
    goal_id = await house.agreed(weight=40)
    answer = await house.as_("anna").post(f"/goals/{goal_id}/amendment", {**change, "reason": "So."})
    assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)
    assert (await house.goal(goal_id))["edition"] == 1


@pytest.mark.parametrize("stage", ["drafted", "proposed", "closed"])
async def test_only_what_is_agreed_is_amended(house: GoalsHouse, stage: str) -> None:
    goal_id = await getattr(house, stage)()
    assert (await house.as_("anna").post(f"/goals/{goal_id}/amendment", LATER)).status_code == 409


async def test_one_change_is_answered_before_the_next(house: GoalsHouse) -> None:
    goal_id = await proposed(house)
    answer = await house.as_("manager").post(f"/goals/{goal_id}/amendment", {"title": "X", "reason": "Y"})
    assert (answer.status_code, rule_of(answer)) == (409, "amendment-pending")


async def test_when_the_one_asked_leaves_the_next_above_answers(house: GoalsHouse) -> None:
    goal_id = await proposed(house)
    await house.let_go("manager")
    assert (await house.goal(goal_id))["asked_id"] == "chief"
    assert (await house.as_("chief").does(f"/goals/{goal_id}/amendment/agreement"))["edition"] == 2


async def test_when_the_owner_moves_the_new_manager_answers(house: GoalsHouse) -> None:
    goal_id = await proposed(house)
    await house.move("anna", to="other_manager")
    assert (await house.goal(goal_id))["asked_id"] == "other_manager"


@pytest.mark.parametrize("who", ["anna", "ben"])
async def test_a_change_lapses_when_nobody_is_left_who_could_answer_it(house: GoalsHouse, who: str) -> None:
    goal_id = await house.agreed()
    path = f"/goals/{goal_id}/amendment"
    await house.as_("anna").does(path, {"owner_id": "ben", "reason": "So."})
    await house.as_("manager").does(f"{path}/agreement")
    await house.let_go(who)
    goal = await house.goal(goal_id)
    assert (goal["status"], goal["amendment"], goal["asked_id"]) == ("agreed", None, None)
    lapsed = next(
        each for each in await house.published(subject=goal_id) if each["said"] == "goal_amendment_withdrawn"
    )
    assert lapsed["by_person_id"] is None


async def test_a_manager_takes_over_at_once_what_was_of_somebody_who_has_left(house: GoalsHouse) -> None:
    goal_id = await house.agreed(visibility="private", weight=60)
    said = {"title": "Do it", "owner_id": "ben", "starts_on": "2026-01-10", "due_on": "2026-02-10"}
    await house.as_("anna").does(f"/goals/{goal_id}/initiatives", said)
    await house.let_go("anna")
    path, over = f"/goals/{goal_id}/amendment", {"owner_id": "manager", "reason": "I do it myself."}
    both = await house.as_("manager").post(path, {**over, "weight": 50})
    assert (both.status_code, rule_of(both)) == (422, "owner-changes-alone")
    full = await house.agreed("manager", by="chief", weight=50)
    assert rule_of(await house.as_("manager").post(path, over)) == "weights-exceed-whole"
    await house.as_("manager").does(f"/goals/{full}/closure", {"outcome": "missed"})
    goal = await house.as_("manager").does(path, over)
    assert (goal["owner_id"], goal["edition"]) == ("manager", 2)
    assert (goal["amendment"], goal["asked_id"]) == (None, None)
    event = next(each for each in await house.published(subject=goal_id) if each["said"] == "goal_changed")
    assert (event["from_owner_id"], event["by_person_id"]) == ("anna", "manager")
    [edition] = await house.as_("manager").listed(f"/goals/{goal_id}/editions")
    assert (edition["owner_id"], edition["by_person_id"], edition["agreed_by"]) == ("anna", "manager", None)
    [deed] = await house.as_("manager").listed(f"/goals/{goal_id}/initiatives")
    stored = await house.db["initiatives"].find_one({"_id": deed["initiative_id"]})
    assert stored["goal_owner_id"] == "manager"


async def test_at_the_top_with_nobody_to_ask_a_change_is_still_refused(house: GoalsHouse) -> None:
    goal_id = await house.agreed("chief", by="admin")
    change = {"due_on": "2026-06-30", "reason": "Later."}
    refused = await house.as_("chief").post(f"/goals/{goal_id}/amendment", change)
    assert (refused.status_code, rule_of(refused)) == (409, "nobody-to-ask")


async def test_closing_a_goal_ends_the_change_that_waits(house: GoalsHouse) -> None:
    goal_id = await proposed(house)
    closed = await house.as_("anna").does(f"/goals/{goal_id}/closure", {"outcome": "achieved"})
    assert (closed["amendment"], closed["asked_id"]) == (None, None)
    assert (await house.said(goal_id))[-2:] == ["goal_amendment_withdrawn", "goal_closed"]


async def test_a_later_due_date_takes_the_goal_out_of_being_overdue(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[REACH])
    late = NOW + timedelta(days=90)
    await house.look(late)
    assert (await house.state(goal_id))["overdue"] is True
    await house.as_("anna").at(late).does(f"/goals/{goal_id}/amendment", LATER)
    await house.as_("manager").at(late).does(f"/goals/{goal_id}/amendment/agreement")
    assert (await house.state(goal_id))["overdue"] is False
    await house.as_("anna").at(late).does(f"/goals/{goal_id}/amendment", {"title": "X", "reason": "Y"})
    await house.look(late)
    assert (await house.said(goal_id)).count("goal_fell_overdue") == 1
    await house.look(late + timedelta(days=120))
    assert (await house.said(goal_id)).count("goal_fell_overdue") == 2


async def test_a_goal_of_a_period_is_not_amended_out_of_it(house: GoalsHouse) -> None:
    q1 = {"name": "Q1", "kind": "quarter", "starts_on": "2026-01-01", "ends_on": "2026-03-31"}
    period_id = (await house.as_("admin", "hr_admin").does("/periods", q1))["period_id"]
    goal_id = await house.agreed(period_id=period_id)
    answer = await house.as_("anna").post(f"/goals/{goal_id}/amendment", LATER)
    assert (answer.status_code, rule_of(answer)) == (422, "outside-period")
