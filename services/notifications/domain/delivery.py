"""A delivery: one notification on its way out by one channel, until it is taken or given up.

Whoever is about to send claims it first: it is due again only when the claim has run out, so that
two senders never have it at once and one that died leaves it to the next.
"""

from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, Literal

from services.notifications.domain.retry import Patience
from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.errors import Refusal
from shared.ids import NotificationId, PersonId, derive

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Due before anything that was tried; a reaction knows no time of day."""

SendingChannel = Literal["email", "webhook"]


class NotDue(Refusal):
    """Somebody else has it, or it is settled."""


class Outcome(Frozen):
    """What came of an attempt; `reason` is a code such as smtp_550.

    taken: the other side has it.  missed: not now.  given_up: never.  endpoint_gone: never, and no
    other one will be taken there either.
    """

    what: Literal["taken", "missed", "given_up", "endpoint_gone"]
    reason: str = ""


TAKEN: Final = Outcome(what="taken")


class Delivery(Aggregate):
    """`attempts` counts claims; `due_at` is real time, when it may be claimed next."""

    id_field: ClassVar[str] = "delivery_id"
    delivery_id: str
    notification_id: NotificationId
    person_id: PersonId
    channel: SendingChannel
    endpoint_id: str | None
    correlation_id: str
    state: Literal["due", "delivered", "failed"] = "due"
    raised_at: datetime
    due_at: datetime = AT_ONCE
    attempts: int = 0
    reason: str | None = None

    def claim(self, *, at: datetime, lasting: timedelta) -> "Delivery":
        """Taken by a sender at `at`; raises `NotDue`."""
        if self.state != "due" or self.due_at > at:
            raise NotDue("The delivery is not due.")
        return self.model_copy(update={"due_at": at + lasting, "attempts": self.attempts + 1})

    def taken(self) -> "Delivery":
        """The other side has it."""
        return self.model_copy(update={"state": "delivered", "reason": None})

    def given_up(self, reason: str) -> "Delivery":
        """It will not be tried again."""
        return self.model_copy(update={"state": "failed", "reason": reason})

    def missed(self, reason: str, *, patience: Patience, at: datetime, spread: float) -> "Delivery":
        """An attempt failed for now: due again after a pause, or given up after the last one."""
        if patience.is_over(self.attempts):
            return self.given_up(reason)
        due_at = at + patience.pause(self.attempts, spread=spread)
        return self.model_copy(update={"due_at": due_at, "reason": reason})


def delivery_id(notification_id: str, channel: SendingChannel, endpoint_id: str | None = None) -> str:
    """The same for the same notification, channel and endpoint."""
    return derive("delivery", notification_id, channel, endpoint_id or "")
