"""What no request gets away with, whichever route takes it."""

import json
from typing import Any

import orjson
import pytest

from tests.services.asker import rule_of
from tests.services.goals.house import REACH, GoalsHouse, wording


async def test_a_filter_that_does_not_exist_is_refused_and_the_others_are_named(house: GoalsHouse) -> None:
    answer = await house.as_("anna").get("/goals", statsu="agreed", owner_id="anna")
    assert (answer.status_code, rule_of(answer)) == (422, "invalid-request")
    (error,) = answer.json()["errors"]
    assert (error["in"], error["pointer"]) == ("query", "statsu")
    assert "owner_id" in error["mend"]
    assert "status" in error["mend"]


async def test_a_filter_that_is_sent_twice_is_refused(house: GoalsHouse) -> None:
    answer = await house.as_("anna").get("/goals", owner_id=["anna", "ben"])
    assert (answer.status_code, rule_of(answer)) == (422, "invalid-request")
    (error,) = answer.json()["errors"]
    assert (error["in"], error["pointer"], error["mend"]) == ("query", "owner_id", "Send it once.")


async def test_a_command_takes_no_parameters_that_it_does_not_know(house: GoalsHouse) -> None:
    goal_id = await house.drafted()
    answer = await house.as_("anna").post(f"/goals/{goal_id}/proposal?dry_run=true")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["mend"] == "Leave it out."
    assert (await house.goal(goal_id))["status"] == "draft"


UNKNOWN: list[tuple[dict[str, Any], str, str]] = [
    (wording(titel="Reach"), "#/titel", "Did you mean title?"),
    (wording(dueOn="2026-03-31"), "#/dueOn", "Did you mean due_on?"),
    (wording(key_results=[REACH | {"wieght": 2}]), "#/key_results/0/wieght", "Did you mean weight?"),
    (wording(links=[{"url": "https://x.example", "labels": "x"}]), "#/links/0/labels", "or send one of"),
    (wording(zzz=1), "#/zzz", "or send one of"),
]


@pytest.mark.parametrize(("body", "pointer", "mend"), UNKNOWN)
async def test_a_field_that_nobody_knows_is_refused_where_it_stands_and_what_was_meant_is_told(
    house: GoalsHouse, body: dict[str, Any], pointer: str, mend: str
) -> None:
    answer = await house.as_("anna").post("/goals", body)
    assert (answer.status_code, rule_of(answer)) == (422, "invalid-request")
    (error,) = answer.json()["errors"]
    assert (error["in"], error["pointer"]) == ("body", pointer)
    assert mend in error["mend"]
    assert await house.as_("auditor", "auditor").listed("/goals") == []


async def test_a_body_that_may_be_left_out_is_held_to_its_fields_too(house: GoalsHouse) -> None:
    path = f"/goals/{await house.drafted()}/proposal"
    answer = await house.as_("anna").post(path, {"to_person": "manager"})
    assert "Did you mean to_person_id?" in answer.json()["errors"][0]["mend"]
    assert (await house.as_("anna").post(path, {"to_person_id": "manager"})).status_code == 200


@pytest.mark.parametrize("day", [0, 86400.0, "0", "86400", True])
async def test_a_number_is_no_day(house: GoalsHouse, day: Any) -> None:
    answer = await house.as_("anna").post("/goals", wording(starts_on=day))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["mend"]) == ("#/starts_on", "Write it as 2026-11-22.")
    assert (await house.as_("anna").get("/goals", runs_from=str(day))).status_code == 422


async def test_a_number_is_no_time(house: GoalsHouse) -> None:
    path = f"/goals/{await house.agreed()}/key-results/reach/measurements"
    for time in (1767225600, "1767225600"):
        answer = await house.as_("anna").post(path, {"value": 1, "measured_at": time})
        assert answer.status_code == 422
        assert "T09:00" in answer.json()["errors"][0]["mend"]
    assert (await house.as_("anna").post(path, {"value": 1, "measured_at": None})).status_code == 201


@pytest.mark.parametrize("unseen", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u2060", "\u202e", "\ufeff"])
async def test_characters_that_nobody_sees_are_refused_wherever_they_are(
    house: GoalsHouse, unseen: str
) -> None:
    for body, pointer in (
        (wording(title=f"Reach{unseen}more"), "#/title"),
        (wording(key_results=[REACH | {"title": f"A{unseen}B"}]), "#/key_results/0/title"),
    ):
        answer = await house.as_("anna").post("/goals", body)
        assert answer.status_code == 422, answer.text
        [error] = answer.json()["errors"]
        assert error["pointer"] == pointer
        assert f"U+{ord(unseen):04X}" in error["reason"]


WRONG_KINDS: list[tuple[dict[str, Any], str, str]] = [
    (wording(weight=True), "#/weight", "Send a number."),
    (wording(weight="5"), "#/weight", "Send a number."),
    (wording(key_results=[REACH | {"target": "12"}]), "#/key_results/0/target", "Send a number."),
    (wording(key_results=[REACH, REACH | {"weight": False}]), "#/key_results/1/weight", "Send a number."),
]


@pytest.mark.parametrize(("body", "pointer", "mend"), WRONG_KINDS)
async def test_text_and_truth_are_no_numbers(
    house: GoalsHouse, body: dict[str, Any], pointer: str, mend: str
) -> None:
    answer = await house.as_("anna").post("/goals", body)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["mend"]) == (pointer, mend)


async def test_an_amount_of_money_may_be_text_since_it_is_exact(house: GoalsHouse) -> None:
    path = f"/goals/{await house.agreed()}/initiatives"
    plan = {"title": "Call", "starts_on": "2026-01-10", "due_on": "2026-02-10"}
    cost = {"planned_cost": "10.25", "currency": "EUR"}
    answer = await house.as_("anna").post(path, plan | cost)
    assert answer.status_code == 201, answer.text


async def test_a_body_that_is_not_utf_8_is_looked_through_as_well(house: GoalsHouse) -> None:
    headers = {**house.as_("anna").headers, "Content-Type": "application/json"}
    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        hidden = json.dumps(wording(title="evil \u202e txt"), ensure_ascii=False).encode(encoding)
        answer = await house.client.post("/goals", content=hidden, headers=headers)
        assert answer.status_code in {400, 422}, encoding


@pytest.mark.parametrize("title", ["\u3164", "\u2800", "\u200e\u200d", " \t\n "])
async def test_a_title_has_something_to_be_seen(house: GoalsHouse, title: str) -> None:
    assert (await house.as_("anna").post("/goals", wording(title=title))).status_code == 422


async def test_a_title_is_one_line(house: GoalsHouse) -> None:
    goal_id = await house.drafted(title="Reach\r\n\tmore")
    assert (await house.goal(goal_id))["title"] == "Reach more"


async def test_lines_and_tabs_are_text(house: GoalsHouse) -> None:
    text = "One\nTwo\r\n\tThree \\b \\u0007"
    assert (await house.goal(await house.drafted(description=text)))["description"] == text


async def test_who_is_nobody_learns_nothing_of_the_form(house: GoalsHouse) -> None:
    assert (await house.client.get("/goals?statsu=agreed")).status_code == 401


async def test_a_body_that_is_empty_or_no_json_is_told_so_whatever_its_type_is_written_like(
    house: GoalsHouse,
) -> None:
    headers = dict(house.as_("anna").headers)
    for kind in ("application/json", "application/JSON"):
        for body in (b"", b"{", b"no json"):
            sent = {**headers, "Content-Type": kind}
            answer = await house.client.post("/goals", content=body, headers=sent)
            assert answer.status_code in {400, 422}, (kind, body)
    hidden = orjson.dumps(wording(title="A\x00title"))
    sent = {**headers, "Content-Type": "Application/JSON"}
    assert (await house.client.post("/goals", content=hidden, headers=sent)).status_code == 422


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": ["\u0130" * 21]},
        {"key_results": [{**REACH, "unit_kind": []}]},
        {"key_results": [{**REACH, "unit_kind": "milestones", "milestones": 5}]},
    ],
    ids=["a tag that grows", "a unit that is a list", "milestones that are a number"],
)
async def test_what_is_odd_in_a_goal_is_told_and_no_fault_of_ours(house: GoalsHouse, changes: Any) -> None:
    assert (await house.as_("anna").post("/goals", wording(**changes))).status_code == 422
