"""All that a goal says can be changed once it is agreed: what was agreed on by both, words by either."""

from datetime import timedelta
from typing import Any

import pytest

from tests.services.goals.house import NOW, REACH, STEPS, GoalsHouse, wording

OPEN = {"milestone_id": "open", "title": "The office is open", "weight": 3}
PLAN = {"milestone_id": "plan", "title": "The plan is agreed"}
MARKED = {**REACH, "commit": 6, "stretch": 12}


async def change(house: GoalsHouse, goal_id: str, by: str = "anna", **said: Any) -> dict[str, Any]:
    body = {"reason": "We know more now.", **said}
    return await house.as_(by).does(f"/goals/{goal_id}/amendment", body)


async def refused(house: GoalsHouse, goal_id: str, **said: Any) -> int:
    body = {"reason": "We know more now.", **said}
    answer = await house.as_("anna").post(f"/goals/{goal_id}/amendment", body)
    assert answer.json()["detail"]
    return answer.status_code


async def agree(house: GoalsHouse, goal_id: str, *, after: timedelta = timedelta(0)) -> dict[str, Any]:
    manager = house.as_("manager").at(NOW + after)
    return await manager.does(f"/goals/{goal_id}/amendment/agreement")


def part(goal: dict[str, Any], key_result_id: str = "reach") -> dict[str, Any]:
    return next(each for each in goal["key_results"] if each["key_result_id"] == key_result_id)


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ({"starts_on": "2026-01-05"}, True),
        ({"key_results": [{"key_result_id": "reach", "start": 2}]}, True),
        ({"key_results": [{"key_result_id": "reach", "commit": 5}]}, True),
        ({"key_results": [{"key_result_id": "reach", "commit": None}]}, True),
        ({"key_results": [{"key_result_id": "reach", "weight": 2}]}, True),
        ({"key_results": [{"key_result_id": "steps", "milestones": [PLAN]}]}, True),
        ({"key_results": [{"key_result_id": "steps", "milestones": [PLAN, {**OPEN, "weight": 2}]}]}, True),
        ({"key_results": [{"key_result_id": "steps", "milestones": [PLAN, OPEN, {"title": "X"}]}]}, True),
        ({"add_key_results": [{**REACH, "key_result_id": "more"}]}, True),
        ({"drop_key_results": ["steps"]}, True),
        ({"title": "X", "key_results": [{"key_result_id": "reach", "title": "Y", "target": 11}]}, True),
        ({"key_results": [{"key_result_id": "reach", "title": "People reached"}]}, False),
        ({"key_results": [{"key_result_id": "steps", "milestones": [OPEN, {**PLAN, "title": "X"}]}]}, False),
        ({"key_results": [{"key_result_id": "reach", "title": "X", "target": 10}]}, False),
        ({"perspective": None}, False),
        ({"relevance": "It pays for all else."}, False),
        ({"kind": "development"}, True),
        ({"visibility": "team"}, True),
        ({"visibility": "private"}, False),
    ],
    ids=str,
)
async def test_what_both_agreed_on_waits_for_the_other_and_words_do_not(
    house: GoalsHouse, said: dict[str, Any], waits: bool
) -> None:
    goal_id = await house.agreed(key_results=[MARKED, STEPS], perspective="customer")
    goal = await change(house, goal_id, **said)
    assert (goal["asked_id"], goal["edition"]) == (("manager", 1) if waits else (None, 2))
    if waits:
        assert (await house.last(goal_id))["said"] == "goal_amendment_proposed"
        assert (await agree(house, goal_id))["edition"] == 2
    assert (await house.last(goal_id))["said"] == "goal_changed"


async def test_null_clears_and_what_is_left_out_stays(house: GoalsHouse) -> None:
    goal_id = await house.agreed(
        key_results=[MARKED], perspective="customer", category="Growth", tags=["north"]
    )
    goal = await change(house, goal_id, perspective=None, tags=None)
    assert (goal["perspective"], goal["category"], goal["title"], goal["tags"]) == (
        None,
        "Growth",
        "Reach more customers",
        [],
    )
    assert (await house.last(goal_id))["changes"] == ["perspective", "tags"]
    assert (await change(house, goal_id, category=None))["category"] == ""
    waiting = await change(house, goal_id, key_results=[{"key_result_id": "reach", "commit": None}])
    assert part(waiting)["commit"] == 6
    assert waiting["amendment"]["change"]["key_results"][0]["clears"] == ["commit"]
    reach = part(await agree(house, goal_id))
    assert (reach["commit"], reach["stretch"], reach["target"]) == (None, 12, 10)
    assert await refused(house, goal_id, category="X", clears=["category"]) == 422


async def test_progress_is_reckoned_from_the_new_start(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await house.as_("anna").does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 6})
    await change(house, goal_id, key_results=[{"key_result_id": "reach", "start": 2}])
    goal = await agree(house, goal_id)
    assert (goal["progress"], (await house.last(goal_id))["progress"]) == (0.5, 0.5)


async def test_milestones_that_stay_stay_reached_and_count_by_their_new_weights(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[STEPS])
    anna, path = house.as_("anna"), f"/goals/{goal_id}/key-results/steps/milestones"
    for milestone in ("plan", "open"):
        await anna.does(f"{path}/{milestone}", {}, method="PUT")
    fair = {"milestone_id": "fair", "title": "The fair is held", "weight": 5}
    wanted = [{**PLAN, "weight": 5}, fair]
    await change(house, goal_id, key_results=[{"key_result_id": "steps", "milestones": wanted}])
    steps = part(await agree(house, goal_id, after=timedelta(days=2)), "steps")
    assert (steps["reached"], steps["current"], steps["target"], steps["progress"]) == (["plan"], 5, 10, 0.5)
    assert (await house.state(goal_id))["progress"] == 0.5
    [then] = (await anna.read(f"/goals/{goal_id}/as-of", at=(NOW + timedelta(days=1)).isoformat()))[
        "key_results"
    ]
    assert (then["reached"], then["progress"]) == (["plan", "open"], 1)
    [now] = (await anna.read(f"/goals/{goal_id}/as-of", at=(NOW + timedelta(days=3)).isoformat()))[
        "key_results"
    ]
    assert (now["progress"], now["current"]) == (0.5, 5)
    again = {"key_result_id": "steps", "milestones": [*wanted, OPEN]}
    assert await refused(house, goal_id, key_results=[again]) == 422
    await anna.does(f"{path}/fair", {}, method="PUT")
    assert (await house.goal(goal_id))["progress"] == 1


async def test_a_key_result_that_is_dropped_stays_in_history_and_never_comes_back(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[REACH, STEPS])
    anna = house.as_("anna")
    await anna.does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 5})
    more = {**REACH, "key_result_id": "more", "title": "Partners won", "target": 4}
    await change(house, goal_id, drop_key_results=["reach"], add_key_results=[more])
    goal = await agree(house, goal_id)
    assert [each["key_result_id"] for each in goal["key_results"]] == ["steps", "more"]
    assert (await house.last(goal_id))["changes"] == ["key_results"]
    assert [each["key_result_id"] for each in (await house.state(goal_id))["key_results"]] == [
        "steps",
        "more",
    ]
    [measured] = await anna.listed(f"/goals/{goal_id}/measurements")
    assert (measured["key_result_id"], measured["value"]) == ("reach", 5)
    [first] = (await anna.read(f"/goals/{goal_id}/editions"))["items"]
    assert [each["key_result_id"] for each in first["wording"]["key_results"]] == ["reach", "steps"]
    late = await anna.post(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 6})
    assert late.status_code == 404
    await anna.does(f"/goals/{goal_id}/key-results/more/measurements", {"value": 2})
    assert (await house.goal(goal_id))["progress"] == 0.25
    await house.look()
    assert (await anna.get(f"/goals/{goal_id}/chart.svg")).status_code == 200
    for key_result_id in ("reach", "steps"):
        assert (
            await refused(house, goal_id, add_key_results=[{**REACH, "key_result_id": key_result_id}]) == 422
        )


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"drop_key_results": ["reach"]}, 422),
        ({"drop_key_results": ["none"]}, 404),
        ({"drop_key_results": ["reach"], "key_results": [{"key_result_id": "reach", "target": 3}]}, 422),
        ({"key_results": [{"key_result_id": "reach", "milestones": [PLAN]}]}, 422),
        ({"key_results": [{"key_result_id": "reach", "start": 10}]}, 422),
        ({"starts_on": "2026-03-31"}, 422),
        ({"perspective": None}, 422),
        ({"perspective": None, "title": None}, 422),
        ({"description": " \n "}, 422),
        ({"relevance": "   "}, 422),
        ({"key_results": [{"key_result_id": "reach", "title": "X", "target": None}]}, 422),
        ({"add_key_results": [{**REACH, "key_result_id": f"more-{n}"} for n in range(20)]}, 422),
    ],
    ids=[
        "nothing left",
        "no such",
        "dropped and changed",
        "no list",
        "no way",
        "at the end",
        "as is",
        "no title",
        "blank description",
        "blank relevance",
        "no target",
        "21",
    ],
)
async def test_what_would_make_no_sense_is_refused(
    house: GoalsHouse, said: dict[str, Any], status: int
) -> None:
    goal_id = await house.agreed()
    assert await refused(house, goal_id, **said) == status
    assert (await house.goal(goal_id))["edition"] == 1


async def test_a_kpi_stays_one_that_is_followed_over_time(house: GoalsHouse) -> None:
    goal_id = await house.agreed(kind="kpi")
    assert await refused(house, goal_id, add_key_results=[STEPS]) == 422


async def test_a_goal_that_is_shown_to_fewer_loses_its_words_in_states(house: GoalsHouse) -> None:
    goal_id = await house.agreed(visibility="everyone", category="Growth", tags=["north"])
    path = f"/goals/{goal_id}"
    to_do = await house.as_("anna").does(
        f"{path}/initiatives",
        {"title": "Call them", "owner_id": "ben", "starts_on": "2026-01-12", "due_on": "2026-02-01"},
    )
    assert (await house.state(goal_id))["title"] == "Reach more customers"
    assert (await house.as_("peer").get(path)).status_code == 200
    await change(house, goal_id, by="manager", visibility="line")
    state = await house.state(goal_id)
    assert (state["visibility"], state["title"], state["category"], state["tags"]) == (
        "line",
        None,
        None,
        None,
    )
    assert [each["unit"] for each in state["key_results"]] == [None]
    event = await house.last(goal_id)
    assert (event["visibility"], event["changes"], event["by_person_id"]) == (
        "line",
        ["visibility"],
        "manager",
    )
    reads = [path, f"{path}/editions", f"{path}/initiatives/{to_do['initiative_id']}"]
    for read in reads:
        assert (await house.as_("peer").get(read)).status_code == 404, read
    [first] = (await house.as_("anna").read(f"{path}/editions"))["items"]
    assert (first["wording"]["visibility"], first["changed"], first["agreed_by"]) == (
        "everyone",
        ["visibility"],
        None,
    )
    await change(house, goal_id, visibility="everyone")
    assert (await house.as_("peer").get(path)).status_code == 404, "until the manager agrees"
    await agree(house, goal_id)
    assert (await house.state(goal_id))["title"] == "Reach more customers"
    assert (await house.as_("peer").get(path)).status_code == 200


async def test_a_change_that_began_before_there_were_clears_is_agreed_to_as_it_was(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[MARKED], perspective="customer")
    await change(house, goal_id, due_on="2026-06-30", key_results=[{"key_result_id": "reach", "target": 11}])
    old = {"amendment.change.clears": "", "amendment.change.visibility": "", "dropped": ""}
    await house.db["goals"].update_one({"_id": goal_id}, {"$unset": old})
    goal = await agree(house, goal_id)
    assert (goal["perspective"], goal["due_on"], part(goal)["commit"]) == ("customer", "2026-06-30", 6)


async def test_what_was_said_while_it_was_for_fewer_stays_theirs(house: GoalsHouse) -> None:
    canary = "canary-4711"
    goal_id = await house.agreed(visibility="private", description=canary)
    path, anna = f"/goals/{goal_id}", house.as_("anna")
    at = NOW + timedelta(days=2)
    measured = await anna.does(f"{path}/key-results/reach/measurements", {"value": 2, "note": canary})
    measured = await anna.does(
        f"{path}/measurements/{measured['measurement_id']}/correction", {"value": 1, "reason": canary}
    )
    to_do = await anna.does(
        f"{path}/initiatives",
        {"title": "Call", "owner_id": "peer", "starts_on": "2026-01-12", "due_on": "2026-02-01"},
    )
    reports = f"{path}/initiatives/{to_do['initiative_id']}/reports"
    await anna.does(reports, {"share_done": 0.5, "note": canary})
    said = await anna.does(f"{path}/check-ins", {"confidence": 0.5, "comment": canary})
    await change(house, goal_id, description="For all.")
    await anna.at(at).does(f"{path}/amendment", {"visibility": "everyone", "reason": "It is no secret."})
    await agree(house, goal_id, after=timedelta(days=2))
    await anna.at(at + timedelta(days=1)).does(f"{path}/check-ins", {"confidence": 0.6, "comment": "Fine."})
    then = (NOW + timedelta(days=1)).isoformat()
    for who, told in (("anna", True), ("manager", True), ("chief", False), ("ben", False)):
        asker = house.as_(who)
        assert canary not in (await asker.get(path)).text
        texts = [
            (await asker.get(f"{path}/{read}")).text
            for read in (
                "editions",
                "check-ins",
                "measurements",
                f"measurements/{measured['measurement_id']}",
            )
        ]
        texts.append((await asker.get("/goals/export/measurements", goal_id=goal_id)).text)
        texts.append((await asker.get(reports)).text)
        assert [canary in text for text in texts] == [told] * 6, who
        assert '"share_done":0.5' in texts[5]
        assert "Fine." in texts[1]
        assert (await asker.get(f"{path}/check-ins/{said['check_in_id']}")).status_code == (
            200 if told else 404
        )
        assert (await asker.get(f"{path}/as-of", at=then)).status_code == (200 if told else 404)
        listed = await asker.listed("/goals-as-of", owner_id="anna", at=then)
        assert [each["goal_id"] for each in listed] == ([goal_id] if told else [])
        later = (at + timedelta(days=1)).isoformat()
        assert (await asker.read(f"{path}/as-of", at=later))["progress"] == 0.1
    assert canary in (await house.as_("peer").get(reports)).text, "who does it"
    q2 = {"name": "Q2", "kind": "quarter", "starts_on": "2026-04-01", "ends_on": "2026-06-30"}
    period_id = (await house.as_("admin", "hr_admin").does("/periods", q2))["period_id"]
    new = await anna.does(f"{path}/carry-over", {"period_id": period_id})
    moved = f"/goals/{new['goal_id']}/initiatives/{to_do['initiative_id']}/reports"
    for who, told in (("manager", True), ("ben", False)):
        assert (canary in (await house.as_(who).get(moved)).text) is told, who


async def test_measurements_of_what_was_dropped_are_in_files_too(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[REACH, STEPS])
    await house.as_("anna").does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 5})
    await change(house, goal_id, drop_key_results=["reach"])
    await agree(house, goal_id)
    file = await house.as_("anna").get("/goals/export/measurements", goal_id=goal_id)
    assert (file.status_code, file.text.count("reach")) == (200, 1)


async def test_what_is_kept_beside_a_measurement_or_initiative_stays_theirs_too(house: GoalsHouse) -> None:
    canary = "canary-4712"
    goal_id = await house.agreed(visibility="private", key_results=[REACH, STEPS])
    path, anna = f"/goals/{goal_id}", house.as_("anna")
    milestones = f"{path}/key-results/steps/milestones"
    measured = await anna.does(f"{path}/key-results/reach/measurements", {"value": 1})
    wrong = f"{path}/measurements/{measured['measurement_id']}/correction"
    await anna.does(wrong, {"value": 2, "reason": canary})
    reached = {"at": NOW.isoformat(), "note": canary}
    assert (await anna.put(f"{milestones}/open", reached)).status_code == 200
    plan = {"title": "Rooms", "owner_id": "ben", "starts_on": "2026-02-01", "due_on": "2026-03-01"}
    initiative = await anna.does(f"{path}/initiatives", plan)
    reports = f"{path}/initiatives/{initiative['initiative_id']}/reports"
    await anna.does(reports, {"effort_days": 1, "note": canary})
    other = await anna.does(f"{path}/initiatives", plan)
    dropped = f"{path}/initiatives/{other['initiative_id']}"
    await anna.does(f"{dropped}/closure", {"outcome": "dropped", "reason": canary})
    await change(house, goal_id, weight=7)
    await house.as_("manager").does(f"{path}/amendment/refusal", {"reason": canary})
    later = anna.at(NOW + timedelta(days=2))
    await later.does(f"{path}/amendment", {"visibility": "everyone", "reason": "It is no secret."})
    await agree(house, goal_id, after=timedelta(days=2))
    early = {"at": (NOW - timedelta(days=1)).isoformat()}
    assert (await later.put(f"{milestones}/plan", early)).status_code == 200
    for who, told in (("anna", True), ("manager", True), ("chief", False), ("peer", False)):
        asker = house.as_(who)
        for now in (path, dropped):
            assert canary not in (await asker.get(now)).text, who
        texts = [
            (await asker.get(f"{path}/measurements")).text,
            (await asker.get("/goals/export/measurements", goal_id=goal_id)).text,
            (await asker.get(reports)).text,
        ]
        assert [canary in text for text in texts] == [told] * 3, who
    assert canary in (await house.as_("ben").get(reports)).text


async def test_why_a_draft_was_to_change_is_not_for_those_who_read_it_later(house: GoalsHouse) -> None:
    goal_id = await house.proposed(to="manager", visibility="private")
    await house.as_("manager").does(f"/goals/{goal_id}/change-request", {"reason": "It says too much."})
    for visibility, reason in (("private", "It says too much."), ("line", "")):
        said = wording(visibility=visibility)
        answer = await house.as_("anna").put(f"/goals/{goal_id}", said, If_Match="*")
        assert (answer.status_code, answer.json()["reason"]) == (200, reason)
