"""What the notifications service tells analysts: what reached whom, by which channel; never the text."""

from typing import ClassVar, Literal

from shared.contracts.base import Event, State
from shared.contracts.erasure import Forgotten
from shared.ids import NotificationId, PersonId

Channel = Literal["inbox", "email", "webhook"]


class _NotificationEvent(Event):
    subject_field: ClassVar[str] = "notification_id"
    notification_id: NotificationId
    person_id: PersonId
    kind: str
    category: str


class NotificationRaised(_NotificationEvent):
    """Somebody has reason to know something; `about_id` is the aggregate it is about.

    `channels` are those it goes out by.  The inbox has it from this moment; what became of the
    others is told by `NotificationDelivered` and `NotificationFailed`.
    """

    about_id: str
    caused_by_event_id: str
    channels: tuple[Channel, ...]


class NotificationDelivered(_NotificationEvent):
    """The channel's other side took it; `endpoint_id` tells the receivers of webhooks apart."""

    channel: Channel
    endpoint_id: str | None
    attempts: int


class NotificationFailed(_NotificationEvent):
    """The channel gave up; `reason` is a code such as smtp_550 or http_410, never text from outside."""

    channel: Channel
    endpoint_id: str | None
    attempts: int
    reason: str


class NotificationRead(_NotificationEvent):
    """The person has read it."""


class PersonForgotten(Forgotten):
    """How far the notifications service is with forgetting a person."""


class NotificationState(State):
    """A notification and how far each channel has come."""

    subject_field: ClassVar[str] = "notification_id"
    notification_id: NotificationId
    person_id: PersonId
    kind: str
    category: str
    about_id: str
    channels: tuple[Channel, ...]
    read: bool
    delivered: tuple[Channel, ...]
    failed: tuple[Channel, ...]
