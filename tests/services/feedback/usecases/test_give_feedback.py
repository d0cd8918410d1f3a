"""Giving feedback: to whom, about what, and what is told of it."""

from typing import Any

import pytest

from tests.services.asker import rule_of


def words(**other: Any) -> dict[str, Any]:
    return {"receiver_id": "ben", "kind": "praise", "text": "Well asked.", **other}


async def test_given_feedback_can_be_read_back_and_is_told_once(house: Any) -> None:
    answer = await house.as_("anna").post("/feedback", words(), Cairn_Time="2026-02-03T10:00:00Z")
    assert answer.status_code == 201, answer.text
    given = answer.json()
    assert answer.headers["Location"] == f"/feedback/{given['feedback_id']}"
    assert (given["giver_id"], given["receiver_id"], given["visibility"]) == ("anna", "ben", "receiver")
    assert given["given_at"] == "2026-02-03T10:00:00Z"
    read = await house.as_("ben").get(answer.headers["Location"])
    assert read.json() == given
    assert read.headers["ETag"] == answer.headers["ETag"]
    assert await house.said(subject=given["feedback_id"]) == ["feedback_given"]
    states = await house.published(topic="state")
    assert [(state["feedback_id"], state["sequence"], state["acknowledged"]) for state in states] == [
        (given["feedback_id"], 1, False)
    ]


async def test_the_same_idempotency_key_gives_once(house: Any) -> None:
    anna = house.as_("anna")
    first = await anna.post("/feedback", words(), Idempotency_Key="k1")
    again = await anna.post("/feedback", words(), Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert await house.db["feedback"].count_documents({}) == 1
    assert await house.said() == ["feedback_given"]
    other = await anna.post("/feedback", words(text="Something else."), Idempotency_Key="k1")
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")


async def test_a_replay_shows_nothing_of_what_was_taken_back_and_gives_nothing_again(house: Any) -> None:
    anna = house.as_("anna")
    given = (await anna.post("/feedback", words(text="canary-0815"), Idempotency_Key="k1")).json()
    assert (await anna.send("DELETE", f"/feedback/{given['feedback_id']}")).status_code == 204
    again = await anna.post("/feedback", words(text="canary-0815"), Idempotency_Key="k1")
    assert (again.status_code, again.json()["type"]) == (410, "urn:cairn:problem:answer-gone")
    assert await house.db["feedback"].count_documents({}) == 0
    kept = await house.db["idempotency"].find({}).to_list(None)
    assert kept
    assert "canary-0815" not in str(kept)
    assert given["feedback_id"] not in [row["location"] for row in kept]


async def test_who_has_left_gets_no_answer_of_then_by_asking_again(house: Any) -> None:
    anna = house.as_("anna")
    await anna.post("/feedback", words(), Idempotency_Key="k1")
    await house.let_go("anna", said={"state"})
    again = await anna.post("/feedback", words(), Idempotency_Key="k1")
    assert again.status_code == 403
    assert "Well asked" not in again.text


async def test_who_holds_a_role_no_more_gets_no_answer_of_then(house: Any) -> None:
    body, headers = {"terms": []}, {"If_Match": "*", "Idempotency_Key": "k2"}
    sent = [
        await house.as_("admin", *roles).send("PUT", "/competencies", body, **headers)
        for roles in (["hr_admin"], ["hr_admin", "auditor"], [])
    ]
    assert [answer.status_code for answer in sent] == [200, 200, 403]


@pytest.mark.parametrize(
    ("body", "status", "rule"),
    [
        (words(receiver_id="anna"), 422, "feedback-to-self"),
        (words(receiver_id="nobody"), 404, "not-found"),
        (words(competency="juggling"), 422, "unknown-term"),
        (words(goal_id="goal_unknown"), 404, "not-found"),
        (words(text="  "), 422, None),
        (words(kind="blame"), 422, None),
        (words(visibility="everyone"), 422, None),
    ],
)
async def test_what_makes_no_sense_is_refused_and_leaves_nothing(
    house: Any, body: dict[str, Any], status: int, rule: str | None
) -> None:
    answer = await house.as_("anna").post("/feedback", body)
    assert answer.status_code == status, answer.text
    if rule:
        assert answer.json()["type"].endswith(rule)
    assert await house.db["feedback"].count_documents({}) == 0
    assert await house.said() == []


async def test_nobody_gives_to_those_who_have_left(house: Any) -> None:
    await house.let_go("ben", said={"state"})
    answer = await house.as_("anna").post("/feedback", words())
    assert (answer.status_code, rule_of(answer)) == (409, "person-has-left")


async def test_those_who_have_left_give_nothing(house: Any) -> None:
    await house.let_go("anna", said={"state"})
    answer = await house.as_("anna").post("/feedback", words())
    assert answer.status_code == 403
    assert await house.said() == []


async def test_a_service_gives_no_feedback_of_its_own(house: Any) -> None:
    assert (await house.as_("reviews", "service").post("/feedback", words())).status_code == 403


async def test_a_competency_is_kept_by_its_key_whatever_it_was_called(house: Any) -> None:
    answer = await house.as_("anna").post("/feedback", words(competency="customer FOCUS"))
    assert answer.json()["competency"] == "customer-focus"
    assert (await house.published())[0]["competency"] == "customer-focus"


@pytest.mark.parametrize(
    ("goal", "by", "to", "visibility", "status"),
    [
        ("everyone", "peer", "anna", "public", 201),
        ("line", "peer", "anna", "receiver", 201),
        ("private", "manager", "anna", "receiver_and_manager", 201),
        ("private", "anna", "manager", "receiver", 201),
        ("private", "anna", "manager", "receiver_and_manager", 422),
        ("private", "anna", "ben", "receiver", 422),
        ("private", "manager", "anna", "public", 422),
        ("private", "peer", "anna", "receiver", 404),
        ("private", "chief", "anna", "receiver", 404),
    ],
)
async def test_a_private_goal_stays_between_its_owner_and_their_manager(
    house: Any, goal: Any, by: str, to: str, visibility: str, status: int
) -> None:
    await house.know_goal("goal_1", owner_id="anna", visibility=goal)
    body = words(receiver_id=to, goal_id="goal_1", visibility=visibility)
    answer = await house.as_(by).post("/feedback", body)
    assert answer.status_code == status, answer.text


async def test_a_hidden_goal_and_one_that_does_not_exist_are_answered_alike(house: Any) -> None:
    await house.know_goal("goal_hidden", owner_id="anna", visibility="private")
    peer = house.as_("peer")
    answers = [
        await peer.post("/feedback", words(goal_id=goal_id)) for goal_id in ("goal_hidden", "goal_unknown")
    ]
    bodies = [{**answer.json(), "correlation_id": None, "instance": None} for answer in answers]
    assert bodies[0] == bodies[1]
    assert {answer.status_code for answer in answers} == {404}


async def test_who_may_not_is_told_so_in_words(house: Any) -> None:
    answer = await house.as_("anna").send("PUT", "/competencies", {"terms": []}, If_Match="*")
    assert answer.status_code == 403
    assert "edit framework" in answer.json()["detail"]
    assert "_" not in answer.json()["detail"].partition(".")[0]
