"""What every command promises of its request: done once, over the version that was read, at its time."""

import asyncio
from typing import Any

import pytest

from services.goals.app import SERVICE
from tests.services.asker import rule_of
from tests.services.goals.house import GoalsHouse, wording

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
COMMANDS: dict[str, tuple[str, str, Any, Any]] = {
    "proposal": ("drafted", "anna", {}, {"to_person_id": "chief"}),
    "withdrawal": ("proposed", "anna", None, {"other": True}),
    "agreement": ("proposed", "manager", None, {"other": True}),
    "change-request": ("proposed", "manager", {"reason": "Less."}, {"reason": "More."}),
    "refusal": ("proposed", "manager", {"reason": "Not now."}, {"reason": "Never."}),
    "key-results/reach/measurements": ("agreed", "anna", {"value": 1}, {"value": 2}),
    "check-ins": ("agreed", "anna", {"confidence": 0.5}, {"confidence": 0.6}),
    "closure": ("agreed", "anna", {"outcome": "missed"}, {"outcome": "achieved"}),
}
"""The stage that it takes, who does it, a body and another one."""


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_key_that_comes_again_repeats_the_answer_and_not_the_deed(
    house: GoalsHouse, command: str
) -> None:
    stage, who, body, other = COMMANDS[command]
    goal_id = await getattr(house, stage)()
    asker, path = house.as_(who).with_(Idempotency_Key=KEY), f"/goals/{goal_id}/{command}"
    first = await asker.post(path, body)
    said = await house.said()
    again = await asker.post(path, body)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert [again.headers.get(name) for name in ("ETag", "Location")] == [
        first.headers.get(name) for name in ("ETag", "Location")
    ]
    reused = await asker.post(path, other)
    assert (reused.status_code, rule_of(reused)) == (422, "idempotency-key-reused")
    assert await house.said() == said


async def test_a_goal_is_drafted_once_for_a_key_and_once_for_each_caller(house: GoalsHouse) -> None:
    anna, ben = (house.as_(who).with_(Idempotency_Key=KEY) for who in ("anna", "ben"))
    answers = [await asker.post("/goals", wording()) for asker in (anna, anna, ben)]
    ids = [answer.json()["goal_id"] for answer in answers]
    assert ids[0] == ids[1] != ids[2]
    assert await house.db["goals"].count_documents({}) == 2


async def test_one_key_sent_many_times_at_once_has_one_effect(house: GoalsHouse) -> None:
    async with house.twin() as twin:
        askers = [each.as_("anna").with_(Idempotency_Key=KEY) for each in (house, twin) for _ in range(6)]
        answers = await asyncio.gather(*[asker.post("/goals", wording()) for asker in askers])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers].count(None) == 1
    assert await house.said() == ["goal_drafted"]


async def test_a_refusal_is_not_kept_for_its_key(house: GoalsHouse) -> None:
    goal_id = await house.drafted(description="")
    asker, path = house.as_("anna"), f"/goals/{goal_id}"
    refused = await asker.post(f"{path}/proposal", Idempotency_Key=KEY)
    assert rule_of(refused) == "goal-not-smart"
    await asker.put(path, wording(), If_Match="*")
    assert (await asker.post(f"{path}/proposal", Idempotency_Key=KEY)).status_code == 200


async def test_rewording_takes_the_version_that_is_replaced(house: GoalsHouse) -> None:
    goal_id = await house.drafted()
    anna, path = house.as_("anna"), f"/goals/{goal_id}"
    missing = await anna.put(path, wording(title="Other"))
    assert (missing.status_code, rule_of(missing)) == (428, "precondition-missing")
    first = await anna.put(path, wording(title="First"), If_Match='"v1"')
    assert (first.status_code, first.headers["ETag"]) == (200, '"v2"')
    late = await anna.put(path, wording(title="Late"), If_Match='"v1"')
    assert (late.status_code, rule_of(late)) == (412, "precondition-failed")
    assert (await house.goal(goal_id))["title"] == "First"


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_stale_version_stops_every_command(house: GoalsHouse, command: str) -> None:
    stage, who, body, _ = COMMANDS[command]
    goal_id = await getattr(house, stage)()
    said = await house.said()
    answer = await house.as_(who).post(f"/goals/{goal_id}/{command}", body, If_Match='"v99"')
    assert (answer.status_code, rule_of(answer)) == (412, "precondition-failed")
    assert await house.said() == said


async def test_who_may_not_see_a_goal_learns_nothing_of_its_version(house: GoalsHouse) -> None:
    goal_id = await house.agreed(visibility="private")
    body = {"outcome": "missed"}
    answer = await house.as_("ben").post(f"/goals/{goal_id}/closure", body, If_Match='"v99"')
    assert (answer.status_code, "ETag" in answer.headers, "etag" in answer.text) == (404, False, False)


@pytest.mark.parametrize("time", ["yesterday", "2026-01-12T09:00:00"])
async def test_a_time_that_cannot_be_read_is_refused(house: GoalsHouse, time: str) -> None:
    answer = await house.as_("anna").post("/goals", wording(), Cairn_Time=time)
    assert (answer.status_code, rule_of(answer)) == (400, "malformed")


async def test_nobody_moves_the_clock_outside_of_development(open_house: Any) -> None:
    house = await open_house(SERVICE, GoalsHouse, development=False)
    await house.found()
    house.now = None
    moved = await house.as_("anna").post("/goals", wording(), Cairn_Time="2026-01-12T09:00:00Z")
    assert (moved.status_code, rule_of(moved)) == (400, "malformed")
    assert await house.db["goals"].count_documents({}) == 0
    assert (await house.as_("anna").post("/goals", wording())).status_code == 201


async def test_commands_are_counted_by_what_became_of_them(house: GoalsHouse) -> None:
    def counted() -> dict[str, float]:
        registry = house.app.state.metrics.registry
        found = {
            outcome: registry.get_sample_value(
                "cairn_commands_total", {"command": "draft_goal", "outcome": outcome}
            )
            for outcome in ("done", "repeated", "refused", "failed")
        }
        return {outcome: value or 0 for outcome, value in found.items()}

    before = counted()
    asker = house.as_("anna").with_(Idempotency_Key=KEY)
    for _ in range(2):
        assert (await asker.post("/goals", wording())).status_code == 201
    assert (await house.as_("peer").post("/goals", wording(owner_id="anna"))).status_code == 403
    now = counted()
    assert {name: now[name] - before[name] for name in now} == {
        "done": 1,
        "repeated": 1,
        "refused": 1,
        "failed": 0,
    }
