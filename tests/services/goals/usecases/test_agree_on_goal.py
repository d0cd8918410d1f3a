"""Owner and manager come to agree: propose, withdraw, ask for changes, reword, agree."""

import asyncio
from typing import Any

import pytest

from tests.services.asker import rule_of
from tests.services.goals.house import GoalsHouse, wording


async def test_the_owner_asks_the_manager_who_agrees(house: GoalsHouse) -> None:
    goal_id = await house.drafted()
    proposed = await house.as_("anna").does(f"/goals/{goal_id}/proposal")
    assert (proposed["status"], proposed["asked_id"], proposed["proposed_by"]) == (
        "proposed",
        "manager",
        "anna",
    )
    agreed = await house.as_("manager").does(f"/goals/{goal_id}/agreement")
    assert (agreed["status"], agreed["asked_id"]) == ("agreed", None)
    assert await house.said(goal_id) == ["goal_drafted", "goal_proposed", "goal_agreed"]
    event = await house.last(goal_id)
    assert (event["by_person_id"], event["starts_on"], event["due_on"]) == (
        "manager",
        "2026-01-01",
        "2026-03-31",
    )


async def test_the_manager_asks_the_owner_who_agrees(house: GoalsHouse) -> None:
    goal = await house.as_("manager").does("/goals", wording(owner_id="anna"))
    path = f"/goals/{goal['goal_id']}"
    assert (await house.as_("manager").does(f"{path}/proposal"))["asked_id"] == "anna"
    assert (await house.as_("manager").post(f"{path}/agreement")).status_code == 403
    assert (await house.as_("anna").does(f"{path}/agreement"))["status"] == "agreed"


async def test_somebody_further_up_may_be_asked(house: GoalsHouse) -> None:
    goal_id = await house.proposed(to="chief", visibility="private")
    assert (await house.as_("chief").does(f"/goals/{goal_id}/agreement"))["status"] == "agreed"
    assert (await house.as_("chief").get(f"/goals/{goal_id}")).status_code == 404


@pytest.mark.parametrize("to", ["anna", "peer", "nobody", "ben"])
async def test_nobody_beside_the_line_is_asked(house: GoalsHouse, to: str) -> None:
    goal_id = await house.drafted()
    answer = await house.as_("anna").post(f"/goals/{goal_id}/proposal", {"to_person_id": to})
    assert (answer.status_code, rule_of(answer)) == (422, "not-to-be-asked")


async def test_a_manager_asks_the_owner_and_nobody_else(house: GoalsHouse) -> None:
    goal_id = await house.drafted()
    answer = await house.as_("manager").post(f"/goals/{goal_id}/proposal", {"to_person_id": "chief"})
    assert rule_of(answer) == "not-to-be-asked"


async def test_who_stands_below_nobody_names_who_is_to_agree(house: GoalsHouse) -> None:
    goal_id = await house.drafted("chief")
    answer = await house.as_("chief").post(f"/goals/{goal_id}/proposal")
    assert (answer.status_code, rule_of(answer)) == (409, "nobody-to-ask")
    named = await house.as_("chief").does(f"/goals/{goal_id}/proposal", {"to_person_id": "admin"})
    assert named["asked_id"] == "admin"


async def test_a_manager_who_has_left_is_passed_over(house: GoalsHouse) -> None:
    await house.let_go("manager")
    goal_id = await house.drafted()
    assert (await house.as_("anna").does(f"/goals/{goal_id}/proposal"))["asked_id"] == "chief"


async def test_what_is_not_smart_is_not_proposed(house: GoalsHouse) -> None:
    goal_id = await house.drafted(key_results=[], description="")
    answer = await house.as_("anna").post(f"/goals/{goal_id}/proposal")
    assert (answer.status_code, rule_of(answer)) == (422, "goal-not-smart")
    assert answer.json()["missing"] == ["measurable", "specific"]


async def test_changes_are_asked_for_made_and_agreed_to(house: GoalsHouse) -> None:
    goal_id = await house.proposed()
    back = await house.as_("manager").post(f"/goals/{goal_id}/change-request", {"reason": "Aim higher."})
    assert (back.json()["status"], back.json()["reason"]) == ("draft", "Aim higher.")
    event = await house.last(goal_id)
    assert (event["said"], event["by_person_id"], event["to_person_id"]) == (
        "goal_changes_requested",
        "manager",
        "anna",
    )
    anna = house.as_("anna")
    reworded = await anna.put(f"/goals/{goal_id}", wording(title="Higher"), If_Match=back.headers["ETag"])
    assert (reworded.status_code, reworded.json()["title"]) == (200, "Higher")
    assert (await anna.does(f"/goals/{goal_id}/proposal"))["reason"] == ""
    await house.as_("manager").does(f"/goals/{goal_id}/agreement")
    assert (await house.said(goal_id))[3:] == ["goal_changed", "goal_proposed", "goal_agreed"]


async def test_an_owner_who_wants_changes_tells_the_manager_of_now(house: GoalsHouse) -> None:
    goal = await house.as_("manager").does("/goals", wording(owner_id="anna"))
    await house.as_("manager").does(f"/goals/{goal['goal_id']}/proposal")
    await house.move("anna", to="other_manager")
    await house.as_("anna").does(f"/goals/{goal['goal_id']}/change-request", {"reason": "Less."})
    assert (await house.last(goal["goal_id"]))["to_person_id"] == "other_manager"


async def test_who_was_asked_declines_and_says_why_and_the_goal_was_never_agreed(house: GoalsHouse) -> None:
    goal_id, path = await house.proposed(weight=100), "/goals/{}/refusal"
    plan = {"title": "Call", "starts_on": "2026-01-10", "due_on": "2026-02-10"}
    made = await house.as_("anna").does(f"/goals/{goal_id}/initiatives", plan)
    for reason in ("", "  ", None):
        answer = await house.as_("manager").post(path.format(goal_id), {"reason": reason})
        assert answer.status_code == 422
    declined = await house.as_("manager").does(path.format(goal_id), {"reason": "Others do this."})
    said = [declined[name] for name in ("status", "outcome", "reason", "asked_id", "closed_by")]
    assert said == ["closed", "cancelled", "Others do this.", None, "manager"]
    assert await house.said(goal_id) == ["goal_drafted", "goal_proposed", "goal_declined"]
    event = await house.last(goal_id)
    assert (event["by_person_id"], event["to_person_id"]) == ("manager", "anna")
    state = await house.state(goal_id)
    assert (state["status"], state["outcome"]) == ("closed", "cancelled")
    assert "Others" not in str(await house.published())
    assert await house.said(made["initiative_id"]) == ["initiative_planned", "initiative_closed"]
    assert (await propose(house, await house.drafted(weight=100))).status_code == 200
    again = await house.as_("manager").post(path.format(goal_id), {"reason": "No."})
    assert (again.status_code, rule_of(again)) == (409, "goal-not-in-stage")


async def test_nobody_declines_but_who_was_asked_while_they_are(house: GoalsHouse) -> None:
    goal_id = await house.proposed(visibility="everyone")
    for who in ("anna", "chief", "ben"):
        answer = await house.as_(who).post(f"/goals/{goal_id}/refusal", {"reason": "No."})
        assert answer.status_code == 403, who
    drafted = await house.drafted()
    for who in ("anna", "manager"):
        answer = await house.as_(who).post(f"/goals/{drafted}/refusal", {"reason": "No."})
        assert rule_of(answer) == "goal-not-in-stage", who


async def test_who_declines_tells_who_proposed_it_or_the_manager_if_they_have_left(house: GoalsHouse) -> None:
    body = {"wording": wording(), "population": {"person_ids": ["anna", "ben"]}}
    await house.as_("admin", "hr_admin").does("/goal-assignments", body)
    await house.expand()
    goals = {each["owner_id"]: each["goal_id"] for each in await house.as_("manager").listed("/goals")}
    await house.as_("anna").does(f"/goals/{goals['anna']}/refusal", {"reason": "No."})
    assert (await house.last(goals["anna"]))["to_person_id"] == "admin"
    await house.let_go("admin")
    await house.as_("ben").does(f"/goals/{goals['ben']}/refusal", {"reason": "No."})
    assert (await house.last(goals["ben"]))["to_person_id"] == "manager"


async def test_a_proposal_is_withdrawn_by_the_side_that_made_it(house: GoalsHouse) -> None:
    goal_id = await house.proposed()
    refused = await house.as_("manager").post(f"/goals/{goal_id}/withdrawal")
    assert (refused.status_code, rule_of(refused)) == (409, "asked-to-answer")
    assert (await house.as_("anna").does(f"/goals/{goal_id}/withdrawal"))["status"] == "draft"
    event = await house.last(goal_id)
    assert (event["said"], event["by_person_id"], event["to_person_id"]) == (
        "goal_proposal_withdrawn",
        "anna",
        "manager",
    )
    assert rule_of(await house.as_("manager").post(f"/goals/{goal_id}/agreement")) == "goal-not-in-stage"


async def test_only_who_was_asked_answers(house: GoalsHouse) -> None:
    goal_id = await house.proposed(visibility="everyone")
    for who in ("anna", "chief", "ben"):
        for deed, body in (("agreement", None), ("change-request", {"reason": "Less."})):
            answer = await house.as_(who).post(f"/goals/{goal_id}/{deed}", body)
            assert answer.status_code == 403, (who, deed)
    assert (await house.goal(goal_id))["status"] == "proposed"


async def test_a_goal_is_agreed_to_once(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    again = await house.as_("manager").post(f"/goals/{goal_id}/agreement")
    assert (again.status_code, rule_of(again)) == (409, "goal-not-in-stage")
    assert (await house.said(goal_id)).count("goal_agreed") == 1


async def test_only_drafts_are_reworded(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    etag = (await house.as_("anna").get(f"/goals/{goal_id}")).headers["ETag"]
    answer = await house.as_("anna").put(f"/goals/{goal_id}", wording(), If_Match=etag)
    assert (answer.status_code, rule_of(answer)) == (409, "goal-not-in-stage")


async def test_rewording_to_another_level_or_parent_is_held_to_the_same_rules(house: GoalsHouse) -> None:
    goal_id = await house.drafted()
    parent_id = await house.agreed("manager", by="chief", visibility="everyone")
    anna, path = house.as_("anna"), f"/goals/{goal_id}"
    assert rule_of(await anna.put(path, wording(level="team"), If_Match="*")) == "leads-no-team"
    assert rule_of(await anna.put(path, wording(parent_id=goal_id), If_Match="*")) == "alignment-cycle"
    assert (await anna.put(path, wording(parent_id=parent_id), If_Match="*")).status_code == 200
    assert await house.said(goal_id) == ["goal_drafted", "goal_aligned", "goal_changed"]
    await anna.put(path, wording(parent_id=parent_id, title="Other"), If_Match="*")
    assert (await house.said(goal_id))[3:] == ["goal_changed"]


async def propose(house: GoalsHouse, goal_id: str, who: str = "anna") -> Any:
    return await house.as_(who).post(f"/goals/{goal_id}/proposal")


async def test_weights_of_goals_at_one_time_add_up_to_the_whole_at_most(house: GoalsHouse) -> None:
    await house.agreed(weight=60)
    await house.proposed(weight=30)
    heavy, light = await house.drafted(weight=11), await house.drafted(weight=10)
    refused = await propose(house, heavy)
    assert (refused.status_code, rule_of(refused), refused.json()["free"]) == (
        422,
        "weights-exceed-whole",
        10,
    )
    assert (await propose(house, light)).status_code == 200
    assert (await propose(house, await house.drafted(weight=0))).status_code == 200


async def test_weight_is_free_again_once_a_goal_is_closed_or_withdrawn(house: GoalsHouse) -> None:
    await house.closed(weight=100)
    withdrawn = await house.proposed(weight=100)
    await house.as_("anna").does(f"/goals/{withdrawn}/withdrawal")
    assert (await propose(house, await house.drafted(weight=100))).status_code == 200


async def test_other_times_and_other_people_have_weights_of_their_own(house: GoalsHouse) -> None:
    await house.proposed(weight=100)
    await house.proposed("ben", weight=100)
    later = await house.drafted(weight=100, starts_on="2026-04-01", due_on="2026-06-30")
    assert (await propose(house, later)).status_code == 200


async def test_two_processes_cannot_together_exceed_the_whole(house: GoalsHouse) -> None:
    async with house.twin() as twin:
        for _ in range(5):
            await house.db["goals"].update_many({}, {"$set": {"status": "closed", "asked_id": None}})
            pair = [await house.drafted(weight=60) for _ in range(2)]
            answers = await asyncio.gather(propose(house, pair[0]), propose(twin, pair[1]))
            assert sorted(answer.status_code for answer in answers) == [200, 422]
