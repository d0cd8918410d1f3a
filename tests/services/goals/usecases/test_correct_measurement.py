"""Measurements that were wrong, and key results that are measured by their milestones."""

from datetime import timedelta
from typing import Any

import pytest

from tests.services.asker import rule_of
from tests.services.goals.house import NOW, REACH, STEPS, GoalsHouse


async def measured(house: GoalsHouse, goal_id: str, value: float, *, days_ago: int = 0) -> str:
    path = f"/goals/{goal_id}/key-results/reach/measurements"
    at = (NOW - timedelta(days=days_ago)).isoformat()
    made = await house.as_("anna").does(path, {"value": value, "measured_at": at})
    return made["measurement_id"]


async def correct(house: GoalsHouse, goal_id: str, measurement_id: str, by: str = "anna", **said: Any) -> Any:
    path = f"/goals/{goal_id}/measurements/{measurement_id}/correction"
    return await house.as_(by).post(path, {"reason": "Counted twice.", **said})


async def current(house: GoalsHouse, goal_id: str) -> Any:
    return (await house.goal(goal_id))["key_results"][0]["current"]


async def test_the_right_value_counts_and_the_wrong_one_stays_in_the_history(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await measured(house, goal_id, 4, days_ago=2)
    wrong = await measured(house, goal_id, 60)
    answer = await correct(house, goal_id, wrong, by="manager", value=6)
    assert (answer.status_code, answer.json()["value"], answer.json()["by_person_id"]) == (200, 6, "manager")
    assert await current(house, goal_id) == 6
    rows = await house.as_("anna").listed(f"/goals/{goal_id}/measurements")
    by_value = {row["value"]: row["correction"] for row in rows}
    assert by_value.keys() == {4, 6, 60}
    assert (by_value[4], by_value[6]) == (None, None)
    assert (by_value[60]["reason"], by_value[60]["measurement_id"]) == (
        "Counted twice.",
        answer.json()["measurement_id"],
    )
    event = await house.last(goal_id)
    assert (event["said"], event["from_value"], event["to_value"]) == ("measurement_corrected", 60, 6)
    assert (event["current"], event["goal_progress"], event["by_person_id"]) == (6, 0.6, "manager")
    assert (await house.state(goal_id))["progress"] == 0.6


async def test_without_a_value_the_one_before_counts_again_or_none(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    early = await measured(house, goal_id, 4, days_ago=2)
    late = await measured(house, goal_id, 9)
    withdrawn = (await correct(house, goal_id, late)).json()
    assert (withdrawn["measurement_id"], withdrawn["correction"]["measurement_id"]) == (late, None)
    assert await current(house, goal_id) == 4
    await correct(house, goal_id, early)
    assert await current(house, goal_id) is None
    assert (await house.last(goal_id))["current"] is None


async def test_with_a_time_alone_the_value_stays_and_moves(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await measured(house, goal_id, 4, days_ago=2)
    late = await measured(house, goal_id, 9)
    then = (NOW - timedelta(days=1)).isoformat()
    moved = (await correct(house, goal_id, late, measured_at=then)).json()
    assert (moved["value"], moved["measured_at"], moved["correction"]) == (9, "2026-01-11T09:00:00Z", None)
    assert await current(house, goal_id) == 9
    event = await house.last(goal_id)
    assert (event["to_value"], event["measured_at"], event["current"]) == (9, then, 9)
    before = (NOW - timedelta(days=3)).isoformat()
    await correct(house, goal_id, moved["measurement_id"], measured_at=before)
    assert await current(house, goal_id) == 4
    ahead = (NOW + timedelta(days=3)).isoformat()
    last = (await house.as_("anna").listed(f"/goals/{goal_id}/measurements"))[0]
    assert (await correct(house, goal_id, last["measurement_id"], measured_at=ahead)).status_code == 422


async def test_an_old_one_that_is_corrected_leaves_the_newest_as_it_is(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    early = await measured(house, goal_id, 4, days_ago=5)
    await measured(house, goal_id, 9, days_ago=1)
    await correct(house, goal_id, early, value=3)
    assert await current(house, goal_id) == 9
    later = (NOW - timedelta(hours=1)).isoformat()
    again = await house.as_("anna").listed(f"/goals/{goal_id}/measurements")
    third = next(row["measurement_id"] for row in again if row["value"] == 3)
    await correct(house, goal_id, third, value=5, measured_at=later)
    assert await current(house, goal_id) == 5


async def test_of_two_that_held_at_one_time_the_last_report_counts_everywhere(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    at = NOW.isoformat()
    for turn, value in enumerate((4, 7)):
        path = f"/goals/{goal_id}/key-results/reach/measurements"
        later = house.as_("anna").at(NOW + timedelta(minutes=turn))
        made = await later.does(path, {"value": value, "measured_at": at})
    correction = f"/goals/{goal_id}/measurements/{made['measurement_id']}/correction"
    body = {"value": 8, "reason": "A slip."}
    await house.as_("anna").at(NOW + timedelta(minutes=2)).does(correction, body)
    assert await current(house, goal_id) == 8
    then = (NOW + timedelta(hours=1)).isoformat()
    [part] = (await house.as_("anna").read(f"/goals/{goal_id}/as-of", at=then))["key_results"]
    assert part["current"] == 8


async def test_what_a_manager_corrects_of_a_machine_the_owner_does_not_correct_back(
    house: GoalsHouse,
) -> None:
    goal_id = await house.agreed()
    path = f"/goals/{goal_id}/key-results/reach/measurements"
    told = await house.as_("warehouse", "measuring_system").does(path, {"value": 2})
    right = await correct(house, goal_id, told["measurement_id"], by="manager", value=3)
    assert (right.json()["source"], right.json()["by_person_id"]) == ("machine", "manager")
    back = await correct(house, goal_id, right.json()["measurement_id"], value=9)
    assert rule_of(back) == "not-yours-to-correct"


@pytest.mark.parametrize("back", [{}, {"value": 2}])
async def test_a_machine_corrects_a_manager_in_its_place_and_hears_no_word_of_them(
    house: GoalsHouse, back: dict[str, Any]
) -> None:
    goal_id = await house.agreed(visibility="private")
    machine, path = house.as_("warehouse", "measuring_system"), f"/goals/{goal_id}/key-results/reach"
    told = (await machine.does(f"{path}/measurements", {"value": 2}))["measurement_id"]
    await correct(house, goal_id, told, by="manager", value=3, reason="Anna has moved the boxes.")
    body = {**back, "reason": "The books say so."}
    again = await machine.post(f"/goals/{goal_id}/measurements/{told}/correction", body)
    theirs = f"/goals/{goal_id}/measurements/{again.json()['measurement_id']}/correction"
    answer = await machine.post(theirs, body)
    assert (answer.status_code, answer.json()["by_person_id"], answer.json()["note"]) == (200, None, "")
    assert [
        row["note"]
        for row in await house.as_("anna").listed(f"/goals/{goal_id}/measurements")
        if row["by_person_id"]
    ] == ["Anna has moved the boxes."]


async def test_milestones_that_were_reached_are_told_of_their_time(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[STEPS])
    path = f"/goals/{goal_id}/key-results/steps/milestones"
    for turn, milestone in enumerate(("open", "plan")):
        later = house.as_("anna").at(NOW + timedelta(days=turn))
        assert (await later.send("PUT", f"{path}/{milestone}", {})).status_code == 200
    then = (NOW + timedelta(hours=5)).isoformat()
    [part] = (await house.as_("anna").read(f"/goals/{goal_id}/as-of", at=then))["key_results"]
    assert (part["reached"], part["progress"]) == (["open"], 0.75)


async def test_the_forecast_forgets_what_was_wrong(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    for days_ago, value in ((7, 1), (4, 2), (1, 3)):
        await measured(house, goal_id, value, days_ago=days_ago)
    wrong = await measured(house, goal_id, 4000)
    await correct(house, goal_id, wrong)
    await house.look()
    [ahead] = (await house.as_("anna").read(f"/goals/{goal_id}/outlook"))["key_results"]
    assert ahead["value"] < 100


async def test_what_was_corrected_is_not_corrected_again(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    wrong = await measured(house, goal_id, 60)
    right = (await correct(house, goal_id, wrong, value=6)).json()["measurement_id"]
    again = await correct(house, goal_id, wrong, value=7)
    assert (again.status_code, rule_of(again)) == (409, "corrected-already")
    assert again.json()["measurement_id"] == right
    assert (await correct(house, goal_id, right, value=7)).status_code == 200
    assert await current(house, goal_id) == 7


async def test_an_owner_does_not_correct_a_machine_nor_a_machine_a_person(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    path = f"/goals/{goal_id}/key-results/reach/measurements"
    machine = house.as_("warehouse", "measuring_system")
    told = (await machine.does(path, {"value": 2}))["measurement_id"]
    refused = await correct(house, goal_id, told, value=9)
    assert (refused.status_code, rule_of(refused)) == (403, "not-yours-to-correct")
    mine = await measured(house, goal_id, 3)
    body = {"value": 1, "reason": "Other books."}
    other = await machine.post(f"/goals/{goal_id}/measurements/{mine}/correction", body)
    assert (other.status_code, rule_of(other)) == (403, "not-yours-to-correct")
    assert (await correct(house, goal_id, told, by="manager", value=2.5)).status_code == 200
    again = await machine.does(path, {"value": 2})
    own = await machine.post(f"/goals/{goal_id}/measurements/{again['measurement_id']}/correction", body)
    assert own.status_code == 200


async def test_a_measurement_of_another_goal_is_not_found(house: GoalsHouse) -> None:
    goal_id, other = await house.agreed(), await house.agreed()
    mine = await measured(house, goal_id, 3)
    assert (await correct(house, other, mine, value=4)).status_code == 404


@pytest.mark.parametrize("said", [{"value": 4, "reason": " "}, {"value": "many"}])
async def test_a_correction_says_why_and_what(house: GoalsHouse, said: Any) -> None:
    goal_id = await house.agreed()
    assert (await correct(house, goal_id, await measured(house, goal_id, 3), **said)).status_code == 422


async def test_milestones_move_a_goal_by_their_weight(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[STEPS])
    path = f"/goals/{goal_id}/key-results/steps"
    made = await house.as_("anna").send("PUT", f"{path}/milestones/open", {"note": "Keys are here."})
    assert (made.status_code, made.json()["value"], made.json()["goal_progress"]) == (200, 3, 0.75)
    [part] = (await house.goal(goal_id))["key_results"]
    assert (part["reached"], part["progress"], part["target"], part["unit_kind"]) == (
        ["open"],
        0.75,
        4,
        "milestones",
    )
    said = await house.said()
    twice = await house.as_("anna").send("PUT", f"{path}/milestones/open", {})
    assert (twice.json(), await house.said()) == (made.json(), said)
    back = await house.as_("anna").send("PUT", f"{path}/milestones/open", {"reached": False})
    assert back.json()["goal_progress"] == 0
    assert (await house.as_("anna").send("PUT", f"{path}/milestones/other", {})).status_code == 404
    by_value = await house.as_("anna").post(f"{path}/measurements", {"value": 2})
    assert (by_value.status_code, "milestones" in by_value.json()["detail"]) == (422, True)


async def test_marks_are_shown_and_amended(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[{**REACH, "commit": 6, "stretch": 12}])
    await measured(house, goal_id, 7)
    assert (await house.goal(goal_id))["key_results"][0]["mark"] == "commit"
    [figures] = (await house.state(goal_id))["key_results"]
    assert (figures["commit"], figures["stretch"]) == (6, 12)
    change = {"key_results": [{"key_result_id": "reach", "target": 13}], "reason": "More."}
    refused = await house.as_("anna").post(f"/goals/{goal_id}/amendment", change)
    assert (refused.status_code, "stretch" in refused.json()["detail"]) == (422, True)


async def test_words_about_a_goal_are_kept_found_by_and_amended_at_once(house: GoalsHouse) -> None:
    links = [{"title": "The plan", "url": "https://example.com/plan"}]
    goal_id = await house.agreed(
        category=" Growth ", tags=["North", "north", "fair "], perspective="customer", links=links
    )
    anna = house.as_("anna")
    await house.agreed()
    goal = await house.goal(goal_id)
    assert (goal["category"], goal["tags"], goal["links"]) == ("Growth", ["north", "fair"], links)
    for asked in ({"category": "Growth"}, {"tag": "North"}, {"perspective": "customer"}):
        found = (await anna.read("/goals", **asked))["items"]
        assert [each["goal_id"] for each in found] == [goal_id], asked
    change = {"tags": ["south"], "category": "", "reason": "It is elsewhere."}
    amended = await anna.does(f"/goals/{goal_id}/amendment", change)
    assert (amended["tags"], amended["category"], amended["amendment"]) == (["south"], "", None)
    for url in ("javascript:alert(1)", "no address", "ftp://example.com"):
        bad = {"links": [{"title": "Bad", "url": url}], "reason": "So."}
        assert (await anna.post(f"/goals/{goal_id}/amendment", bad)).status_code == 422, url


async def test_a_machine_is_named_as_a_machine_and_never_as_a_person(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    path = f"/goals/{goal_id}/key-results/reach/measurements"
    warehouse = house.as_("warehouse", "measuring_system")
    told = await warehouse.does(path, {"value": 2})
    many = {"measurements": [{"goal_id": goal_id, "key_result_id": "reach", "value": 3}]}
    await warehouse.does("/measurements", many)
    correction = f"/goals/{goal_id}/measurements/{told['measurement_id']}/correction"
    await warehouse.does(correction, {"reason": "Counted twice."})
    rows = await house.as_("anna").listed(f"/goals/{goal_id}/measurements")
    assert [(row["source"], row["system"], row["by_person_id"]) for row in rows] == [
        ("machine", "warehouse", None)
    ] * 2
    [corrected] = [row["correction"] for row in rows if row["correction"]]
    assert (corrected["system"], corrected["by_person_id"]) == ("warehouse", None)
    by_manager = await measured(house, goal_id, 4)
    await correct(house, goal_id, by_manager, by="manager", value=5)
    rows = await house.as_("anna").listed(f"/goals/{goal_id}/measurements")
    systems = {row["correction"]["system"] for row in rows if row["measurement_id"] == by_manager}
    assert systems == {""}
