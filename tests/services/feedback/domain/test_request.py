"""A request for feedback: to one colleague, settled once, with the answer where it belongs."""

from datetime import UTC, datetime

import pytest

from services.feedback.domain.feedback import Answer
from services.feedback.domain.request import (
    AnswerMissesRequester,
    Ask,
    AskedUnfittingly,
    FeedbackRequest,
    NotTheOneAsked,
    RequestSettled,
)
from shared.contracts.feedback import Visibility
from shared.ids import FeedbackId, FeedbackRequestId, GoalId, PersonId

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 9, 9, tzinfo=UTC)
ANNA, BEN, MONA = PersonId("person_anna"), PersonId("person_ben"), PersonId("person_mona")
ASK = Ask(question="How did the launch go?", goal_id=GoalId("goal_1"), competency="craft")


def ask(*, by: PersonId = ANNA, about: PersonId = ANNA, of: PersonId = BEN) -> FeedbackRequest:
    request_id = FeedbackRequestId("feedback_request_1")
    return FeedbackRequest.ask(ASK, request_id=request_id, by=by, about=about, of=of, at=AT)[0]


def answer(
    request: FeedbackRequest, *, by: PersonId = BEN, visibility: Visibility = "receiver"
) -> FeedbackRequest:
    said = Answer(kind="observation", text="It went well.", visibility=visibility)
    feedback_id = FeedbackId("feedback_1")
    return request.answer(said, feedback_id=feedback_id, by=by, goal_id=request.goal_id, at=LATER)[0]


@pytest.mark.parametrize(("by", "about", "of"), [(ANNA, ANNA, ANNA), (MONA, ANNA, ANNA), (MONA, ANNA, MONA)])
def test_nobody_is_asked_about_themselves_nor_by_themselves(
    by: PersonId, about: PersonId, of: PersonId
) -> None:
    with pytest.raises(AskedUnfittingly):
        ask(by=by, about=about, of=of)


def test_an_answer_is_feedback_to_the_person_the_request_is_about() -> None:
    said = Answer(kind="observation", text="It went well.", visibility="receiver_and_manager")
    request, feedback, answered, given = ask(by=MONA).answer(
        said, feedback_id=FeedbackId("feedback_1"), by=BEN, goal_id=GoalId("goal_1"), at=LATER
    )
    assert (request.status, request.settled_at, request.feedback_id) == ("answered", LATER, "feedback_1")
    assert (feedback.giver_id, feedback.receiver_id) == (BEN, ANNA)
    assert (feedback.goal_id, feedback.competency) == ("goal_1", "craft")
    assert answered.feedback_id == given.feedback_id == feedback.feedback_id
    assert given.request_id == answered.request_id == request.request_id
    assert given.requester_id == MONA


def test_the_answer_may_be_about_another_competency_than_the_one_asked_for() -> None:
    said = Answer(kind="praise", text="Well led.", competency="leadership")
    _, feedback, *_ = ask().answer(said, feedback_id=FeedbackId("f"), by=BEN, goal_id=None, at=LATER)
    assert (feedback.competency, feedback.goal_id) == ("leadership", None)


@pytest.mark.parametrize("by", [ANNA, MONA])
def test_only_the_one_asked_answers_or_declines(by: PersonId) -> None:
    with pytest.raises(NotTheOneAsked):
        answer(ask(), by=by)
    with pytest.raises(NotTheOneAsked):
        ask().decline(by=by, reason="", at=LATER)


def test_a_settled_request_is_neither_answered_nor_declined_nor_withdrawn_again() -> None:
    declined, _ = ask().decline(by=BEN, reason="", at=LATER)
    withdrawn, _ = ask().withdraw("own_choice", at=LATER)
    for settled in (answer(ask()), declined, withdrawn):
        with pytest.raises(RequestSettled):
            answer(settled)
        with pytest.raises(RequestSettled):
            settled.decline(by=BEN, reason="", at=LATER)
        with pytest.raises(RequestSettled):
            settled.decline_for_departed(at=LATER)
        with pytest.raises(RequestSettled):
            settled.withdraw("departed", at=LATER)


def test_a_manager_must_be_able_to_read_what_they_asked_for() -> None:
    with pytest.raises(AnswerMissesRequester):
        answer(ask(by=MONA), visibility="receiver")
    assert answer(ask(by=MONA), visibility="receiver_and_manager").status == "answered"
    assert answer(ask(by=ANNA), visibility="receiver").status == "answered"


def test_why_a_request_is_settled_is_told_without_words() -> None:
    declined, event = ask().decline(by=BEN, reason="I was on leave.", at=LATER)
    assert declined.reason == "I was on leave."
    assert event.because == declined.state().because == "own_choice"
    told = event.model_dump_json() + declined.state().model_dump_json()
    assert "leave" not in told
    assert "launch" not in told
    departed, left = ask().decline_for_departed(at=LATER)
    assert (departed.status, departed.reason, left.because) == ("declined", "", "departed")
