"""Asking for feedback, answering, declining and asking no longer."""

import asyncio
from typing import Any

import pytest

from tests.services.asker import rule_of

ANSWER = {"kind": "observation", "text": "You prepared well.", "visibility": "receiver_and_manager"}


async def ask(house: Any, by: str = "anna", **body: Any) -> list[dict[str, Any]]:
    answer = await house.as_(by).post("/feedback-requests", {"asked_person_ids": ["ben"], **body})
    assert answer.status_code == 201, answer.text
    return answer.json()["items"]


def path(request: dict[str, Any], part: str = "") -> str:
    return f"/feedback-requests/{request['request_id']}{part}"


def rule(answer: Any) -> tuple[int, str]:
    return answer.status_code, rule_of(answer)


async def test_each_colleague_gets_a_request_of_their_own(house: Any) -> None:
    requests = await ask(
        house, asked_person_ids=["ben", "peer"], question="How did I do?", competency="craft"
    )
    assert [request["asked_person_id"] for request in requests] == ["ben", "peer"]
    for request in requests:
        assert (request["requester_id"], request["about_person_id"]) == ("anna", "anna")
        assert await house.said(subject=request["request_id"]) == ["feedback_requested"]
        seen = await house.as_(request["asked_person_id"]).listed("/feedback-requests", role="asked")
        assert [each["request_id"] for each in seen] == [request["request_id"]]
    mine = await house.as_("anna").listed("/feedback-requests", role="requester", status="open")
    assert {each["request_id"] for each in mine} == {request["request_id"] for request in requests}


async def test_asking_one_colleague_says_where_the_request_is(house: Any) -> None:
    anna = house.as_("anna")
    answer = await anna.post("/feedback-requests", {"asked_person_ids": ["ben"]})
    assert (await anna.get(answer.headers["Location"])).json() == answer.json()["items"][0]


async def test_a_manager_asks_about_a_report_and_nobody_else_does(house: Any) -> None:
    await ask(house, by="manager", about_person_id="anna", asked_person_ids=["peer"])
    body = {"asked_person_ids": ["peer"], "about_person_id": "anna"}
    for stranger in ("ben", "chief", "other_manager", "partner"):
        assert (await house.as_(stranger, "hr_partner").post("/feedback-requests", body)).status_code == 403


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"asked_person_ids": ["anna"]}, (422, "asked-unfittingly")),
        ({"asked_person_ids": ["ben", "ben"]}, (422, "invalid")),
        ({"asked_person_ids": ["ben", "nobody"]}, (404, "not-found")),
        ({"asked_person_ids": ["ben"], "competency": "juggling"}, (422, "unknown-term")),
        ({"asked_person_ids": ["ben"], "goal_id": "goal_unknown"}, (404, "not-found")),
    ],
)
async def test_if_one_cannot_be_asked_nobody_is(house: Any, body: Any, expected: tuple[int, str]) -> None:
    assert rule(await house.as_("anna").post("/feedback-requests", body)) == expected
    assert await house.said() == []


@pytest.mark.parametrize("asked", [[], [f"person_{n}" for n in range(21)]])
async def test_one_to_twenty_colleagues_are_asked_at_once(house: Any, asked: list[str]) -> None:
    answer = await house.as_("anna").post("/feedback-requests", {"asked_person_ids": asked})
    assert answer.status_code == 422


async def test_a_private_goal_is_not_shown_to_who_is_asked(house: Any) -> None:
    await house.know_goal("goal_1", owner_id="anna", visibility="private")
    body = {"asked_person_ids": ["ben"], "goal_id": "goal_1"}
    assert rule(await house.as_("anna").post("/feedback-requests", body)) == (422, "private-goal-shown")
    await ask(house, asked_person_ids=["manager"], goal_id="goal_1")


async def test_an_answer_gives_the_feedback_and_settles_the_request_at_once(house: Any) -> None:
    await house.know_goal("goal_1", owner_id="anna")
    (request,) = await ask(house, goal_id="goal_1", competency="craft")
    answer = await house.as_("ben").post(path(request, "/answer"), ANSWER)
    assert answer.status_code == 201, answer.text
    given = answer.json()
    assert (given["giver_id"], given["receiver_id"], given["goal_id"]) == ("ben", "anna", "goal_1")
    assert (given["competency"], given["request_id"]) == ("craft", request["request_id"])
    assert (await house.as_("anna").get(answer.headers["Location"])).json() == given
    settled = (await house.as_("anna").get(path(request))).json()
    assert (settled["status"], settled["feedback_id"]) == ("answered", given["feedback_id"])
    assert await house.said(subject=request["request_id"]) == [
        "feedback_requested",
        "feedback_request_answered",
    ]
    assert await house.said(subject=given["feedback_id"]) == ["feedback_given"]


async def test_of_two_answers_at_once_one_is_given(house: Any) -> None:
    (request,) = await ask(house)
    ben = house.as_("ben")
    answers = await asyncio.gather(*(ben.post(path(request, "/answer"), ANSWER) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert await house.db["feedback"].count_documents({}) == 1
    assert (await house.said()).count("feedback_given") == 1


async def test_a_refused_answer_leaves_the_request_open(house: Any) -> None:
    (request,) = await ask(house, by="manager", about_person_id="anna")
    refused = await house.as_("ben").post(path(request, "/answer"), {**ANSWER, "visibility": "receiver"})
    assert rule(refused) == (422, "answer-misses-requester")
    assert (await house.as_("ben").get(path(request))).json()["status"] == "open"
    assert await house.db["feedback"].count_documents({}) == 0


async def test_the_manager_who_asked_reads_the_answer(house: Any) -> None:
    (request,) = await ask(house, by="manager", about_person_id="anna")
    given = (await house.as_("ben").post(path(request, "/answer"), ANSWER)).json()
    assert (await house.as_("manager").get(f"/feedback/{given['feedback_id']}")).json() == given


async def test_only_the_one_asked_answers_or_declines(house: Any) -> None:
    (request,) = await ask(house)
    for part, body in (("/answer", ANSWER), ("/declination", {})):
        assert (await house.as_("anna").post(path(request, part), body)).status_code == 403
        for stranger in ("peer", "manager", "chief"):
            assert (await house.as_(stranger, "hr_admin").post(path(request, part), body)).status_code == 404
    assert await house.said(subject=request["request_id"]) == ["feedback_requested"]


async def test_only_the_requester_learns_why_a_request_was_declined(house: Any) -> None:
    (request,) = await ask(house)
    reason = "I was on leave all quarter."
    declined = await house.as_("ben").post(path(request, "/declination"), {"reason": reason})
    assert (declined.json()["status"], declined.json()["because"]) == ("declined", "own_choice")
    assert reason not in declined.text
    assert reason not in (await house.as_("ben").get("/feedback-requests")).text
    assert (await house.as_("anna").get(path(request))).json()["reason"] == reason
    assert reason in (await house.as_("anna").get("/feedback-requests")).text
    assert rule(await house.as_("ben").post(path(request, "/answer"), ANSWER)) == (409, "request-settled")
    assert await house.said(subject=request["request_id"]) == [
        "feedback_requested",
        "feedback_request_declined",
    ]


async def test_a_withdrawn_request_stays_readable_and_is_not_answered(house: Any) -> None:
    (request,) = await ask(house)
    assert (await house.as_("ben").post(path(request, "/withdrawal"))).status_code == 403
    withdrawn = await house.as_("anna").post(path(request, "/withdrawal"), If_Match='"v1"')
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "withdrawn")
    assert (await house.as_("ben").get(path(request))).json()["status"] == "withdrawn"
    assert rule(await house.as_("ben").post(path(request, "/answer"), ANSWER)) == (409, "request-settled")


async def test_a_request_that_was_changed_meanwhile_is_not_withdrawn_by_its_old_version(house: Any) -> None:
    (request,) = await ask(house)
    await house.as_("ben").post(path(request, "/declination"), {})
    answer = await house.as_("anna").post(path(request, "/withdrawal"), If_Match='"v1"')
    assert answer.status_code == 412


async def test_the_answer_leaves_out_a_goal_that_has_become_private(house: Any) -> None:
    await house.know_goal("goal_1", owner_id="anna", visibility="line")
    (request,) = await ask(house, goal_id="goal_1")
    await house.know_goal("goal_1", owner_id="anna", visibility="private")
    answer = await house.as_("ben").post(path(request, "/answer"), ANSWER)
    assert (answer.status_code, answer.json()["goal_id"]) == (201, None)


async def test_feedback_that_was_asked_for_can_be_taken_back_and_the_request_stays_answered(
    house: Any,
) -> None:
    (request,) = await ask(house)
    given = await house.as_("ben").post(path(request, "/answer"), ANSWER)
    assert (await house.as_("ben").send("DELETE", given.headers["Location"])).status_code == 204
    assert (await house.as_("anna").get(path(request))).json()["status"] == "answered"


async def test_nobody_answers_about_somebody_who_has_left(house: Any) -> None:
    (request,) = await ask(house)
    await house.let_go("anna", said={"state"})
    assert rule(await house.as_("ben").post(path(request, "/answer"), ANSWER)) == (409, "person-has-left")
    assert (await house.as_("ben").get(path(request))).json()["status"] == "open"


async def test_the_same_idempotency_key_asks_and_answers_once(house: Any) -> None:
    body = {"asked_person_ids": ["ben", "peer"]}
    asked = [await house.as_("anna").post("/feedback-requests", body, Idempotency_Key="k") for _ in range(2)]
    assert asked[0].json() == asked[1].json()
    first = asked[0].json()["items"][0]
    answers = [
        await house.as_("ben").post(path(first, "/answer"), ANSWER, Idempotency_Key="k") for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (await house.said()).count("feedback_requested") == 2
    assert (await house.said()).count("feedback_given") == 1
