"""Goals that end by their score, are graded, and teach something."""

from datetime import timedelta
from typing import Any

import pytest

from tests.services.asker import rule_of
from tests.services.goals.house import NOW, GoalsHouse


async def grades(house: GoalsHouse, goal_id: str) -> Any:
    return await house.as_("anna").read(f"/goals/{goal_id}/grades")


@pytest.mark.parametrize(("value", "outcome"), [(2, "missed"), (5, "partly_achieved"), (10, "achieved")])
async def test_a_goal_ends_by_its_score_if_nobody_says_how(
    house: GoalsHouse, value: float, outcome: str
) -> None:
    goal_id = await house.agreed()
    await house.as_("anna").does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": value})
    assert (await house.as_("anna").does(f"/goals/{goal_id}/closure", {}))["outcome"] == outcome


async def test_what_cannot_be_scored_needs_a_word_and_so_does_a_cancellation(house: GoalsHouse) -> None:
    keep = {"key_result_id": "keep", "title": "Kept", "type": "stay_above", "target": 90}
    goal_id = await house.agreed(key_results=[keep])
    anna, path = house.as_("anna"), f"/goals/{goal_id}/closure"
    unscored = await anna.post(path, {})
    assert (unscored.status_code, rule_of(unscored)) == (422, "outcome-missing")
    unexplained = await anna.post(path, {"outcome": "cancelled", "comment": " "})
    assert (unexplained.status_code, rule_of(unexplained)) == (422, "reason-missing")
    assert (await anna.does(path, {"outcome": "cancelled", "comment": "Sold."}))["outcome"] == "cancelled"


async def test_owner_and_manager_grade_and_every_grade_stays(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    anna, manager, path = house.as_("anna"), house.as_("manager"), f"/goals/{goal_id}"
    await anna.does(f"{path}/key-results/reach/measurements", {"value": 8})
    await anna.does(f"{path}/self-grade", {"grade": 0.9, "comment": "Hard year."})
    await anna.does(f"{path}/self-grade", {"grade": 0.8})
    early = await manager.post(f"{path}/final-grade", {"grade": 0.5})
    assert (early.status_code, rule_of(early)) == (409, "not-to-be-graded")
    await anna.does(f"{path}/closure", {})
    await manager.does(f"{path}/final-grade", {"grade": 0.7, "comment": "Well done."})
    found = await grades(house, goal_id)
    assert (found["score"], found["band"], found["outcome"]) == (0.8, "green", "partly_achieved")
    assert (found["self_grade"]["grade"], found["final_grade"]["grade"]) == (0.8, 0.7)
    assert [each["comment"] for each in found["earlier"]] == ["Hard year."]
    event = await house.last(goal_id)
    assert (event["said"], event["by_person_id"], event["graded_as"]) == ("goal_graded", "manager", "final")
    assert "grade" not in event.keys() - {"graded_as"}
    late = await anna.post(f"{path}/self-grade", {"grade": 1})
    assert (late.status_code, rule_of(late)) == (409, "not-to-be-graded")


async def test_what_an_earlier_owner_made_of_it_stays_theirs(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await house.as_("anna").does(f"/goals/{goal_id}/self-grade", {"grade": 0.9, "comment": "Mine."})
    change = {"owner_id": "ben", "reason": "She has too much."}
    await house.as_("anna").does(f"/goals/{goal_id}/amendment", change)
    for who in ("manager", "ben"):
        await house.as_(who).does(f"/goals/{goal_id}/amendment/agreement")
    found = await house.as_("ben").read(f"/goals/{goal_id}/grades")
    assert (found["self_grade"], found["earlier"]) == (None, [])


async def final(house: GoalsHouse, goal_id: str, *caller: str, comment: str = "") -> Any:
    body = {"grade": 0.7, "comment": comment}
    return await house.as_(*caller).post(f"/goals/{goal_id}/final-grade", body)


@pytest.mark.parametrize("visibility", ["private", "line"])
async def test_while_managers_have_left_the_nearest_above_gives_the_final_grade(
    house: GoalsHouse, visibility: str
) -> None:
    goal_id = await house.closed(visibility=visibility)
    early = await final(house, goal_id, "chief")
    assert early.status_code == (403 if visibility == "line" else 404)
    await house.let_go("manager")
    assert (await final(house, goal_id, "manager")).status_code in {403, 404}
    assert (await final(house, goal_id, "other_manager")).status_code in {403, 404}
    assert (await final(house, goal_id, "chief")).json()["final_grade"]["by_person_id"] == "chief"
    listed = await house.as_("chief").listed("/goals", owner_id="anna")
    assert [each["goal_id"] for each in listed] == [goal_id]


async def test_the_manager_of_today_gives_the_final_grade(house: GoalsHouse) -> None:
    goal_id = await house.closed()
    await house.move("anna", to="other_manager")
    assert (await final(house, goal_id, "manager")).status_code == 404
    assert (await final(house, goal_id, "other_manager")).json()["final_grade"]["by_hr"] is False


async def test_hr_gives_it_with_a_reason_where_nobody_is_left(house: GoalsHouse) -> None:
    goal_id = await house.closed()
    for each in ("manager", "chief"):
        await house.let_go(each)
    unexplained = await final(house, goal_id, "admin", "hr_admin", comment=" ")
    assert (unexplained.status_code, rule_of(unexplained)) == (422, "reason-missing")
    given = await final(house, goal_id, "partner", "hr_partner", comment="Nobody is left above.")
    assert (given.json()["final_grade"]["by_hr"], given.json()["final_grade"]["grade"]) == (True, 0.7)


async def test_hr_corrects_a_final_grade_on_appeal_and_all_of_it_stays(house: GoalsHouse) -> None:
    q1 = {"name": "Q1", "kind": "quarter", "starts_on": "2026-01-01", "ends_on": "2026-03-31"}
    admin = house.as_("admin", "hr_admin")
    period_id = (await admin.does("/periods", q1))["period_id"]
    goal_id = await house.closed(period_id=period_id)
    body = {"grade": 0.2, "comment": "Late."}
    await house.as_("manager").does(f"/goals/{goal_id}/final-grade", body)
    await admin.does(f"/periods/{period_id}/closure", {"reason": "We merge."})
    assert rule_of(await final(house, goal_id, "manager")) == "period-closed"
    assert (await final(house, goal_id, "admin", "hr_admin", comment="The appeal.")).status_code == 200
    found = await grades(house, goal_id)
    assert (found["final_grade"]["grade"], found["final_grade"]["comment"]) == (0.7, "The appeal.")
    assert [(each["grade"], each["by_person_id"]) for each in found["earlier"]] == [(0.2, "manager")]
    event = await house.last(goal_id)
    assert (event["said"], event["by_person_id"], event["graded_as"]) == ("goal_graded", "admin", "final")


async def test_what_hr_has_settled_the_manager_does_not_change_nor_anybody_their_own(
    house: GoalsHouse,
) -> None:
    goal_id = await house.closed()
    await final(house, goal_id, "admin", "hr_admin", comment="The appeal.")
    back = await final(house, goal_id, "manager")
    assert (back.status_code, rule_of(back)) == (409, "not-to-be-graded")
    own = await house.agreed("admin", by="chief")
    await house.as_("admin").does(f"/goals/{own}/closure", {"outcome": "achieved"})
    mine = await final(house, own, "admin", "hr_admin", comment="I did well.")
    assert (mine.status_code, rule_of(mine)) == (409, "not-to-be-graded")


async def test_a_goal_is_graded_so_often_and_no_more(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    for _ in range(20):
        await house.as_("anna").does(f"/goals/{goal_id}/self-grade", {"grade": 0.5})
    refused = await house.as_("anna").post(f"/goals/{goal_id}/self-grade", {"grade": 0.5})
    assert rule_of(refused) == "not-to-be-graded"
    await house.as_("anna").does(f"/goals/{goal_id}/closure", {"outcome": "achieved"})
    assert (await final(house, goal_id, "manager")).status_code == 200


async def test_a_manager_who_grades_as_often_as_may_be_leaves_hr_room_to_settle_it(house: GoalsHouse) -> None:
    goal_id = await house.closed()
    for _ in range(20):
        assert (await final(house, goal_id, "manager")).status_code == 200
    assert rule_of(await final(house, goal_id, "manager")) == "not-to-be-graded"
    assert (await final(house, goal_id, "admin", "hr_admin", comment="The appeal.")).status_code == 200


@pytest.mark.parametrize("grade", [-0.1, 1.1, None])
async def test_a_grade_is_a_share(house: GoalsHouse, grade: Any) -> None:
    goal_id = await house.closed()
    assert (
        await house.as_("manager").post(f"/goals/{goal_id}/final-grade", {"grade": grade})
    ).status_code == 422


async def test_what_was_cancelled_is_not_graded(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await house.as_("anna").does(f"/goals/{goal_id}/closure", {"outcome": "cancelled", "comment": "Sold."})
    refused = await house.as_("manager").post(f"/goals/{goal_id}/final-grade", {"grade": 0.5})
    assert (refused.status_code, rule_of(refused)) == (409, "not-to-be-graded")


async def test_lessons_are_told_newest_first_and_can_be_said_again(house: GoalsHouse) -> None:
    anna = house.as_("anna")
    first, second = await house.agreed(category="Growth"), await house.agreed()
    body = {"outcome": "missed", "retrospective": {"went_wrong": "Too late.", "lessons": "Begin in May."}}
    await anna.does(f"/goals/{first}/closure", body)
    later = anna.at(NOW + timedelta(days=1))
    await later.does(f"/goals/{second}/closure", {"outcome": "achieved"})
    assert [each["goal_id"] for each in await anna.listed("/lessons")] == [first]
    refused = await anna.send("PUT", f"/goals/{await house.agreed()}/retrospective", {"lessons": "Early."})
    assert rule_of(refused) == "goal-not-in-stage"
    await anna.send("PUT", f"/goals/{second}/retrospective", {"lessons": "Ask first."})
    await anna.send("PUT", f"/goals/{second}/retrospective", {"lessons": "Ask earlier."})
    listed = await anna.listed("/lessons", limit=1)
    assert [each["retrospective"]["lessons"] for each in listed] == ["Ask earlier.", "Begin in May."]
    [growing] = await anna.listed("/lessons", owner_id="anna", category="Growth")
    assert (growing["goal_id"], growing["band"], growing["outcome"]) == (first, "red", "missed")
    assert await anna.listed("/lessons", owner_id="ben") == []
