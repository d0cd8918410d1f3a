"""A piece of feedback: given to somebody else, acknowledged once, taken back until then."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from services.feedback.domain.feedback import AlreadyAcknowledged, Feedback, FeedbackToSelf, Remark
from shared.contracts.feedback import FeedbackAcknowledged, FeedbackGiven, FeedbackWithdrawn
from shared.ids import FeedbackId, GoalId, PersonId

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANNA, BEN = PersonId("person_anna"), PersonId("person_ben")
REMARK = Remark(kind="praise", text="You asked the right question.", goal_id=GoalId("goal_1"))


def give(remark: Remark = REMARK, *, to: PersonId = BEN) -> tuple[Feedback, FeedbackGiven]:
    return Feedback.give(remark, feedback_id=FeedbackId("feedback_1"), giver_id=ANNA, receiver_id=to, at=AT)


def test_given_feedback_is_told_without_its_words() -> None:
    feedback, given = give()
    assert feedback.text == "You asked the right question."
    assert given == FeedbackGiven(
        feedback_id=FeedbackId("feedback_1"),
        giver_id=ANNA,
        receiver_id=BEN,
        kind="praise",
        visibility="receiver",
        goal_id=GoalId("goal_1"),
        competency=None,
        request_id=None,
    )
    assert feedback.text not in given.model_dump_json() + feedback.state().model_dump_json()


def test_unless_the_giver_says_otherwise_only_the_receiver_reads_it() -> None:
    assert Remark(kind="suggestion", text="Try it.").visibility == "receiver"


def test_nobody_gives_feedback_to_themselves() -> None:
    with pytest.raises(FeedbackToSelf):
        give(to=ANNA)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "x" * 4001])
def test_feedback_needs_words_and_not_too_many(text: str) -> None:
    with pytest.raises(ValidationError):
        Remark(kind="praise", text=text)


def test_feedback_is_acknowledged_once() -> None:
    feedback, acknowledged = give()[0].acknowledge(at=AT)
    assert feedback.acknowledged_at == AT
    assert feedback.state().acknowledged
    assert isinstance(acknowledged, FeedbackAcknowledged)
    with pytest.raises(AlreadyAcknowledged):
        feedback.acknowledge(at=AT)


def test_feedback_is_taken_back_until_it_is_acknowledged() -> None:
    feedback, _ = give()
    assert feedback.withdraw() == FeedbackWithdrawn(
        feedback_id=feedback.feedback_id, giver_id=ANNA, receiver_id=BEN
    )
    with pytest.raises(AlreadyAcknowledged):
        feedback.acknowledge(at=AT)[0].withdraw()
