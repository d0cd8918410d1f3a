"""Recognition: of others, for a value, seen by each of them once."""

from datetime import UTC, datetime

import pytest

from services.feedback.domain.feedback import AlreadyAcknowledged
from services.feedback.domain.recognition import NotRecognised, Recognition, RecognitionOfSelf
from shared.contracts.feedback import RecognitionGiven
from shared.errors import Invalid
from shared.ids import PersonId, RecognitionId

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANNA, BEN, CARA = PersonId("person_anna"), PersonId("person_ben"), PersonId("person_cara")


def recognise(*receiver_ids: PersonId) -> tuple[Recognition, RecognitionGiven]:
    return Recognition.recognise(
        recognition_id=RecognitionId("recognition_1"),
        by=ANNA,
        receiver_ids=receiver_ids,
        value="stay-curious",
        text="You read the paper before the meeting.",
        at=AT,
    )


def test_several_colleagues_are_recognised_at_once_and_told_of_without_words() -> None:
    recognition, given = recognise(BEN, CARA)
    assert given.receiver_ids == recognition.state().receiver_ids == (BEN, CARA)
    assert "paper" not in given.model_dump_json() + recognition.state().model_dump_json()


def test_nobody_recognises_themselves_not_even_among_others() -> None:
    with pytest.raises(RecognitionOfSelf):
        recognise(BEN, ANNA)


def test_each_receiver_is_named_once() -> None:
    with pytest.raises(Invalid):
        recognise(BEN, BEN)


def test_each_receiver_acknowledges_once_and_nobody_else_does() -> None:
    recognition, _ = recognise(BEN, CARA)
    recognition, _ = recognition.acknowledge(by=BEN)
    recognition, event = recognition.acknowledge(by=CARA)
    assert recognition.state().acknowledged_by == (BEN, CARA)
    assert event.by_person_id == CARA
    with pytest.raises(AlreadyAcknowledged):
        recognition.acknowledge(by=BEN)
    with pytest.raises(NotRecognised):
        recognition.acknowledge(by=ANNA)
