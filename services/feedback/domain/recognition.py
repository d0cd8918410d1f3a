"""Recognition: colleagues named before everyone for one of the organisation's values."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from services.feedback.domain.feedback import AlreadyAcknowledged, Words
from shared.aggregate import Aggregate
from shared.contracts import feedback as contract
from shared.errors import Invalid, Refusal
from shared.ids import PersonId, RecognitionId


class RecognitionOfSelf(Refusal):
    """Recognition is for others."""

    status = 422


class NotRecognised(Refusal):
    """Only those who were recognised acknowledge it."""

    status = 403


class Recognition(Aggregate):
    """Who was recognised by whom, for which value, and in which words."""

    id_field: ClassVar[str] = "recognition_id"
    recognition_id: RecognitionId
    giver_id: PersonId
    receiver_ids: tuple[PersonId, ...] = Field(min_length=1)
    value: str
    text: Words
    given_at: datetime
    acknowledged_by: tuple[PersonId, ...] = ()

    @classmethod
    def recognise(
        cls,
        *,
        recognition_id: RecognitionId,
        by: PersonId,
        receiver_ids: Sequence[PersonId],
        value: str,
        text: str,
        at: datetime,
    ) -> "tuple[Recognition, contract.RecognitionGiven]":
        """Name colleagues for a value, which is a key of the organisation's list."""
        if by in receiver_ids:
            raise RecognitionOfSelf("Recognition is for others; leave yourself out of the receivers.")
        if len(set(receiver_ids)) < len(receiver_ids):
            raise Invalid("A receiver is named twice; name each of them once.")
        recognition = cls(
            recognition_id=recognition_id,
            giver_id=by,
            receiver_ids=tuple(receiver_ids),
            value=value,
            text=text,
            given_at=at,
        )
        return recognition, contract.RecognitionGiven(
            recognition_id=recognition_id, giver_id=by, receiver_ids=recognition.receiver_ids, value=value
        )

    def acknowledge(self, *, by: PersonId) -> "tuple[Recognition, contract.RecognitionAcknowledged]":
        """Have it seen; each receiver does so for themselves, once."""
        if by not in self.receiver_ids:
            raise NotRecognised("Only those who were recognised acknowledge it.")
        if by in self.acknowledged_by:
            raise AlreadyAcknowledged("You have acknowledged it before.")
        recognition = self.model_copy(update={"acknowledged_by": (*self.acknowledged_by, by)})
        return recognition, contract.RecognitionAcknowledged(
            recognition_id=self.recognition_id, giver_id=self.giver_id, by_person_id=by
        )

    def state(self) -> contract.RecognitionState:
        """What others may know: all but the words."""
        return contract.RecognitionState(
            recognition_id=self.recognition_id,
            giver_id=self.giver_id,
            receiver_ids=self.receiver_ids,
            value=self.value,
            acknowledged_by=self.acknowledged_by,
        )
