"""A notification: one person has reason to know one thing, and how far each channel has come."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypedDict

from services.notifications.domain.categories import Category
from shared.aggregate import Aggregate
from shared.contracts import notifications as contract
from shared.contracts.notifications import Channel
from shared.ids import NotificationId, PersonId


class _Named(TypedDict):
    notification_id: NotificationId
    person_id: PersonId
    kind: str
    category: str


class Notification(Aggregate):
    """Ids and facts, never names nor text; `raised_at` is when what it tells of happened.

    `unread` is true from the start for what the inbox holds, and never for what it does not.  What was
    withdrawn is shown to nobody any more, and counts among what was raised.
    """

    id_field: ClassVar[str] = "notification_id"
    notification_id: NotificationId
    person_id: PersonId
    category: Category
    kind: str
    about_id: str
    actor_id: PersonId | None
    event_id: str
    correlation_id: str
    facts: Mapping[str, Any]
    channels: tuple[Channel, ...]
    raised_at: datetime
    unread: bool
    read_at: datetime | None = None
    delivered: tuple[Channel, ...] = ()
    failed: tuple[Channel, ...] = ()
    withdrawn_at: datetime | None = None

    @property
    def in_inbox(self) -> bool:
        """Whether the person finds it in the inbox."""
        return "inbox" in self.channels

    def announcement(self) -> contract.NotificationRaised:
        """What is told of a new one."""
        return contract.NotificationRaised(
            **self._named(),
            about_id=self.about_id,
            caused_by_event_id=self.event_id,
            channels=self.channels,
        )

    def read(self, *, at: datetime) -> "tuple[Notification, Sequence[contract.NotificationRead]]":
        """Read; an event only the first time."""
        if not self.unread:
            return self, ()
        notification = self.model_copy(update={"unread": False, "read_at": at})
        return notification, (contract.NotificationRead(**self._named()),)

    def withdraw(self, *, at: datetime) -> "Notification":
        """What it tells of is no more."""
        return self.model_copy(update={"unread": False, "withdrawn_at": at})

    def deliver(
        self, channel: Channel, *, endpoint_id: str | None, attempts: int
    ) -> "tuple[Notification, contract.NotificationDelivered]":
        """The other side took it, even if it was given up meanwhile."""
        kept = tuple(each for each in self.failed if each != channel or endpoint_id is not None)
        said = {"delivered": _with(self.delivered, channel), "failed": kept}
        notification = self.model_copy(update=said)
        return notification, contract.NotificationDelivered(
            **self._named(), channel=channel, endpoint_id=endpoint_id, attempts=attempts
        )

    def fail(
        self, channel: Channel, *, endpoint_id: str | None, attempts: int, reason: str
    ) -> "tuple[Notification, contract.NotificationFailed]":
        """The channel gave up."""
        notification = self.model_copy(update={"failed": _with(self.failed, channel)})
        return notification, contract.NotificationFailed(
            **self._named(), channel=channel, endpoint_id=endpoint_id, attempts=attempts, reason=reason
        )

    def state(self) -> contract.NotificationState:
        """What analysts may know."""
        return contract.NotificationState(
            **self._named(),
            about_id=self.about_id,
            channels=self.channels,
            read=self.read_at is not None,
            delivered=self.delivered,
            failed=self.failed,
        )

    def _named(self) -> _Named:
        return {
            "notification_id": self.notification_id,
            "person_id": self.person_id,
            "kind": self.kind,
            "category": self.category,
        }


def _with(channels: tuple[Channel, ...], channel: Channel) -> tuple[Channel, ...]:
    return channels if channel in channels else (*channels, channel)
