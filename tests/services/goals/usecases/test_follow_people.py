"""When people leave or get another manager, no proposal is left hanging and no goal goes astray."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.people import PersonState
from tests.services.asker import rule_of
from tests.services.goals.house import GoalsHouse, wording

LEFT_AT = datetime(2026, 2, 1, 17, tzinfo=UTC)


async def asked(house: GoalsHouse, goal_id: str) -> tuple[str, str | None]:
    goal = await house.goal(goal_id)
    return goal["status"], goal["asked_id"]


async def proposed_to_owner(house: GoalsHouse, owner_id: str = "anna", by: str = "manager") -> str:
    goal = await house.as_(by).does("/goals", wording(owner_id=owner_id))
    await house.as_(by).does(f"/goals/{goal['goal_id']}/proposal")
    return goal["goal_id"]


async def test_what_nobody_has_agreed_to_ends_with_its_owner(house: GoalsHouse) -> None:
    ending = [await house.drafted(), await house.proposed(), await proposed_to_owner(house)]
    await house.let_go("anna", at=LEFT_AT)
    for goal_id in ending:
        goal, event = await house.goal(goal_id), await house.last(goal_id)
        assert (goal["status"], goal["outcome"], goal["asked_id"]) == ("closed", "cancelled", None)
        assert (goal["closed_at"], goal["closed_by"]) == ("2026-02-01T17:00:00Z", None)
        assert (event["said"], event["by_person_id"], event["outcome"]) == ("goal_closed", None, "cancelled")
        assert (await house.state(goal_id))["status"] == "closed"


async def test_what_was_agreed_stays_for_the_manager_to_close_as_it_ended(house: GoalsHouse) -> None:
    goal_id, other = await house.agreed(visibility="private"), await house.drafted("ben")
    before = await house.said()
    await house.let_go("anna")
    assert await house.said() == before
    assert (await asked(house, goal_id), await asked(house, other)) == (("agreed", None), ("draft", None))
    closed = await house.as_("manager").does(f"/goals/{goal_id}/closure", {"outcome": "achieved"})
    assert closed["outcome"] == "achieved"


async def test_hr_closes_what_is_left_without_owner_and_manager(house: GoalsHouse) -> None:
    goal_id = await house.agreed("chief", by="admin")
    await house.let_go("chief")
    closed = await house.as_("admin", "hr_admin").does(f"/goals/{goal_id}/closure", {"outcome": "missed"})
    assert closed["status"] == "closed"


async def test_what_a_leaver_was_asked_goes_to_the_next_above(house: GoalsHouse) -> None:
    goal_id, other = await house.proposed(), await house.proposed("peer")
    await house.let_go("manager")
    assert await asked(house, goal_id) == ("proposed", "chief")
    assert await asked(house, other) == ("proposed", "other_manager")
    event = await house.last(goal_id)
    assert (event["said"], event["by_person_id"], event["to_person_id"]) == ("goal_proposed", "anna", "chief")
    assert (await house.as_("chief").does(f"/goals/{goal_id}/agreement"))["status"] == "agreed"


async def test_with_nobody_left_above_a_proposal_is_a_draft_again(house: GoalsHouse) -> None:
    goal_id = await house.proposed("manager", to="chief")
    await house.let_go("chief")
    assert await asked(house, goal_id) == ("draft", None)
    event = await house.last(goal_id)
    assert (event["said"], event["by_person_id"], event["to_person_id"]) == (
        "goal_proposal_withdrawn",
        None,
        "chief",
    )


async def test_a_new_manager_answers_what_the_old_one_was_asked(house: GoalsHouse) -> None:
    goal_id, to_owner = await house.proposed(), await proposed_to_owner(house)
    of_ben = await house.proposed("ben")
    await house.move("anna", to="other_manager")
    assert await asked(house, goal_id) == ("proposed", "other_manager")
    assert await asked(house, to_owner) == ("proposed", "anna")
    assert await asked(house, of_ben) == ("proposed", "manager")
    late = await house.as_("manager").post(f"/goals/{goal_id}/agreement")
    assert late.status_code == 404
    assert (await house.as_("other_manager").does(f"/goals/{goal_id}/agreement"))["status"] == "agreed"


async def test_who_is_asked_further_up_stays_while_they_are_above(house: GoalsHouse) -> None:
    goal_id = await house.proposed(to="chief")
    await house.move("anna", to="other_manager")
    assert await asked(house, goal_id) == ("proposed", "chief")


async def test_without_a_new_manager_it_is_a_draft_again(house: GoalsHouse) -> None:
    goal_id = await house.proposed()
    await house.move("anna", to=None)
    assert await asked(house, goal_id) == ("draft", None)


@pytest.mark.parametrize("above", ["chief", None])
async def test_until_the_new_manager_is_known_the_old_one_still_answers(
    house: GoalsHouse, above: str | None
) -> None:
    goal_id, changing = await house.proposed(), await house.amended()
    to_chief, to_owner = await house.proposed(to="chief"), await proposed_to_owner(house)
    await house.move("anna", to="somebody-new")
    for each in (goal_id, changing):
        assert (await asked(house, each))[1] == "manager"
    await house.hire("somebody-new", manager_id=above)
    assert await asked(house, goal_id) == ("proposed", "somebody-new")
    assert await asked(house, changing) == ("agreed", "somebody-new")
    assert await asked(house, to_chief) == ("proposed", above or "somebody-new")
    assert await asked(house, to_owner) == ("proposed", "anna")
    event = await house.last(goal_id)
    assert (event["said"], event["to_person_id"]) == ("goal_proposed", "somebody-new")
    late = await house.as_("manager").post(f"/goals/{goal_id}/agreement")
    assert late.status_code == 404
    assert (await house.as_("somebody-new").does(f"/goals/{goal_id}/agreement"))["status"] == "agreed"


@pytest.mark.parametrize("above", ["chief", None])
async def test_who_is_asked_from_below_stays_if_the_newcomer_is_between(
    house: GoalsHouse, above: str | None
) -> None:
    goal_id = await house.proposed(to="chief")
    await house.move("manager", to="somebody-new")
    await house.hire("somebody-new", manager_id=above)
    assert await asked(house, goal_id) == ("proposed", above or "manager")


async def test_a_newcomer_who_has_left_waits_for_the_one_above_them(house: GoalsHouse) -> None:
    goal_id = await house.proposed()
    await house.move("anna", to="somebody-new")
    await house.hire("somebody-new", manager_id="newer-still", status="left")
    assert await asked(house, goal_id) == ("proposed", "manager")
    await house.hire("newer-still")
    assert await asked(house, goal_id) == ("proposed", "newer-still")


async def test_a_new_manager_who_has_left_is_passed_over(house: GoalsHouse) -> None:
    goal_id = await house.proposed()
    await house.let_go("other_manager")
    await house.move("anna", to="other_manager")
    assert await asked(house, goal_id) == ("proposed", "chief")


async def test_who_is_asked_further_up_is_asked_no_more_when_the_line_between_moves(
    house: GoalsHouse,
) -> None:
    goal_id, to_manager = await house.proposed(to="chief"), await house.proposed()
    of_peer = await house.proposed("peer", to="chief")
    await house.hire("president")
    await house.move("manager", to="president")
    assert await asked(house, goal_id) == ("proposed", "manager")
    assert await asked(house, to_manager) == ("proposed", "manager")
    assert await asked(house, of_peer) == ("proposed", "chief")
    late = await house.as_("chief").post(f"/goals/{goal_id}/agreement")
    assert late.status_code == 404


async def test_a_handover_waits_for_the_new_owner_though_somebody_between_moves(house: GoalsHouse) -> None:
    goal_id = await house.agreed(by="manager")
    path = f"/goals/{goal_id}/amendment"
    await house.as_("anna").does(path, {"owner_id": "chief", "reason": "The chief knows them better."})
    await house.as_("manager").does(f"{path}/agreement")
    assert await asked(house, goal_id) == ("agreed", "chief")
    await house.hire("president")
    await house.move("manager", to="president")
    assert await asked(house, goal_id) == ("agreed", "chief")
    assert (await house.as_("chief").does(f"{path}/agreement"))["owner_id"] == "chief"


async def test_who_is_still_above_after_the_line_between_moved_stays_asked(house: GoalsHouse) -> None:
    goal_id = await house.proposed(to="chief")
    await house.move("manager", to="other_manager")
    assert await asked(house, goal_id) == ("proposed", "chief")


async def test_a_proposal_up_the_line_and_a_move_between_cannot_pass_each_other(house: GoalsHouse) -> None:
    await house.hire("president")
    async with house.twin() as twin:
        for turn in range(12):
            old, new = ("chief", "president") if turn % 2 == 0 else ("president", "chief")
            goal_id = await house.drafted()
            ask = twin.as_("anna").post(f"/goals/{goal_id}/proposal", {"to_person_id": old})
            await asyncio.gather(ask, house.move("manager", to=new))
            assert (await asked(house, goal_id))[1] in (None, "manager")


async def test_leaving_and_moving_again_changes_nothing(house: GoalsHouse) -> None:
    await house.proposed()
    await house.proposed("ben")
    for _ in range(2):
        await house.let_go("manager")
        await house.let_go("anna")
        await house.move("ben", to="other_manager")
        said = await house.said()
    await house.publish(*house.people.values())
    assert await house.said() == said


async def test_who_comes_back_takes_on_goals_again(house: GoalsHouse) -> None:
    await house.let_go("anna")
    refused = await house.as_("manager").post("/goals", wording(owner_id="anna"))
    assert rule_of(refused) == "owner-has-left"
    await house.take_back("anna")
    assert await house.proposed()


async def test_goals_of_who_has_left_are_not_proposed(house: GoalsHouse) -> None:
    """Those from before the departure was followed; after it there are no drafts."""
    goal_id = await house.drafted()
    await house.db["directory_people"].update_one({"_id": "anna"}, {"$set": {"status": "left"}})
    answer = await house.as_("manager").post(f"/goals/{goal_id}/proposal")
    assert (answer.status_code, rule_of(answer)) == (409, "owner-has-left")


@pytest.mark.parametrize("leaver", ["anna", "manager"])
async def test_a_proposal_and_a_departure_cannot_pass_each_other(house: GoalsHouse, leaver: str) -> None:
    async with house.twin() as twin:
        for _ in range(8):
            goal_ids = [await house.drafted() for _ in range(3)]
            deeds = [twin.as_("anna").post(f"/goals/{goal_id}/proposal") for goal_id in goal_ids]
            drafts = [twin.as_("anna").post("/goals", wording())]
            *answers, _ = await asyncio.gather(*deeds, *drafts, house.let_go(leaver))
            assert {answer.status_code for answer in answers} <= {200, 201, 403, 404, 409}
            status = {"draft", "proposed"} if leaver == "anna" else {"proposed"}
            left = await house.db["goals"].count_documents(
                {"status": {"$in": sorted(status)}, "$or": [{"asked_id": leaver}, {"owner_id": leaver}]}
            )
            assert left == 0
            await house.take_back(leaver)


async def test_a_draft_and_its_owners_departure_cannot_pass_each_other(house: GoalsHouse) -> None:
    async with house.twin() as twin:
        for _ in range(12):
            await asyncio.gather(
                twin.as_("manager").post("/goals", wording(owner_id="anna")), house.let_go("anna")
            )
            assert await house.db["goals"].distinct("status") in ([], ["closed"])
            await house.take_back("anna")


async def test_a_proposal_and_a_new_manager_cannot_pass_each_other(house: GoalsHouse) -> None:
    async with house.twin() as twin:
        for turn in range(12):
            to = ("other_manager", "manager")[turn % 2]
            goal_id = await house.drafted()
            await asyncio.gather(
                twin.as_("anna").does(f"/goals/{goal_id}/proposal"), house.move("anna", to=to)
            )
            assert await asked(house, goal_id) == ("proposed", to)


async def test_two_departures_at_once_leave_nobody_asked_who_is_gone(house: GoalsHouse) -> None:
    async with house.twin() as twin:
        for _ in range(8):
            goal_id = await house.proposed()
            gone = [house.people[who].model_copy(update={"status": "left"}) for who in ("manager", "chief")]
            records = [house.record(state) for state in gone]
            await asyncio.gather(house.feed(records[0]), twin.feed(records[1]))
            assert await asked(house, goal_id) == ("draft", None)
            await house.publish(house.people["manager"], house.people["chief"])


async def test_after_a_reorganisation_everybody_asked_is_somebody_who_can_answer(house: GoalsHouse) -> None:
    random_ = random.Random(7)
    crowd, bosses = [f"p{n}" for n in range(24)], [f"boss{n}" for n in range(4)]
    for boss in bosses:
        await house.hire(boss, manager_id="chief")
    for person_id in crowd:
        await house.hire(person_id, manager_id="boss0")
    goal_ids = {person_id: await house.drafted(person_id) for person_id in crowd}

    async def reorganise() -> None:
        for person_id in random_.sample(crowd, 12):
            await house.move(person_id, to=random_.choice(bosses))
        await house.let_go("boss0")
        await house.let_go("boss1")

    async with house.twin() as twin:
        deeds = [twin.as_(who).post(f"/goals/{goal_id}/proposal") for who, goal_id in goal_ids.items()]
        answers, _ = await asyncio.gather(asyncio.gather(*deeds), reorganise())
    assert {answer.status_code for answer in answers} == {200}
    for person_id, goal_id in goal_ids.items():
        manager_id = house.people[person_id].manager_id
        expected = "chief" if manager_id in {"boss0", "boss1"} else manager_id
        assert await asked(house, goal_id) == ("proposed", expected)


async def test_nothing_is_looked_up_for_people_who_only_change_their_title(house: GoalsHouse) -> None:
    goal_id = await house.proposed()
    before = await house.db["guards"].find({}).to_list(None)
    await house.publish(house.people["manager"].model_copy(update={"job_title": "Head"}))
    assert await house.db["guards"].find({}).to_list(None) == before
    assert await asked(house, goal_id) == ("proposed", "manager")


async def history_of(house: GoalsHouse, goal_id: str) -> list[int]:
    of_goal: Any = {"goal_id": goal_id}
    return [await house.db[name].count_documents(of_goal) for name in ("measurements", "check_ins")]


async def test_who_is_erased_leaves_no_goal_behind_and_no_state(house: GoalsHouse) -> None:
    canary = "canary-4711"
    goal_id = await house.agreed(title=canary, visibility="everyone")
    kept = await house.agreed("ben", title="Another")
    for each in (goal_id, kept):
        owner = house.as_("anna" if each == goal_id else "ben")
        await owner.does(f"/goals/{each}/key-results/reach/measurements", {"value": 1, "note": canary})
        await owner.does(f"/goals/{each}/check-ins", {"confidence": 0.5})
    waiting = await house.proposed("ben", to="manager")
    await house.let_go("anna")
    await house.erase(PersonState, "anna")
    assert await house.db["goals"].find_one({"_id": goal_id}) is None
    assert (await history_of(house, goal_id), await history_of(house, kept)) == ([0, 0], [1, 1])
    assert "gone" in await house.state(goal_id)
    assert (await house.as_("auditor", "auditor").get(f"/goals/{goal_id}")).status_code == 404
    assert canary not in await house.text_of("goals")
    await house.erase(PersonState, "manager")
    assert await asked(house, waiting) == ("draft", None)
