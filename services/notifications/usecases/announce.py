"""Tell the right people what happened.

When    an event of the table is published        (domain/rules.py)
Rule    alerts_of, Preferences.wants
Emits   notifications.NotificationRaised

One notification for each person and event, with an id derived from both, so that what is done
again is found again.  Who has left is told nothing; of goals, which the nearest manager who works here
stands in for, that one is told in their place.  Of whom the directory copy has not heard yet, it waits.
Webhooks are the operator's and ask for nobody's preferences.  Of feedback that its giver
took back nobody is told, even if the event comes later; see take_back_feedback.
"""

from collections.abc import Iterable, Sequence

from services.notifications.domain.delivery import Delivery, SendingChannel, delivery_id
from services.notifications.domain.feedback_news import FeedbackNews
from services.notifications.domain.notification import Notification
from services.notifications.domain.outlets import Outlets
from services.notifications.domain.rules import Alert, actor_of, alerts_of, facts_of, whose_relatives
from services.notifications.domain.who import Relation
from services.notifications.store import (
    FORGOTTEN,
    DeliveryStore,
    FeedbackNewsStore,
    Inboxes,
    NotificationStore,
    OutletsStore,
    PreferencesStore,
)
from shared.contracts.base import Event
from shared.contracts.feedback import FeedbackGiven, FeedbackRequestAnswered
from shared.contracts.notifications import Channel
from shared.directory import Directory, DirectoryPerson
from shared.ids import NotificationId, PersonId, derive
from shared.work import NotYet, Transaction


async def announce(event: Event, tx: Transaction) -> None:
    """Raise what the table says for this event."""
    news = await _news_of(event, tx)
    if news is not None and news.withdrawn:
        return
    relatives: dict[tuple[Relation, PersonId], Sequence[PersonId]] = {}
    for relation, person_id in whose_relatives(event, at=tx.now):
        relatives[relation, person_id] = await _relatives(relation, person_id, tx)
    alerts = alerts_of(event, relatives=relatives, at=tx.now)
    await Directory(tx).read_ahead([alert.person_id for alert in alerts])
    raised: list[NotificationId] = []
    for alert in alerts:
        recipient = await _person(alert.person_id, tx)
        if recipient is not None and recipient.is_active and await _raise(event, alert, recipient, tx):
            raised.append(notification_id(tx.cause.causation_id, alert))
    if news is not None and raised:
        FeedbackNewsStore(tx).save(news.told(raised))


def notification_id(event_id: str, alert: Alert) -> NotificationId:
    """The same for the same event, kind and person."""
    return NotificationId(derive("notification", event_id, alert.kind, alert.person_id))


async def _person(person_id: PersonId, tx: Transaction) -> DirectoryPerson | None:
    """The person; None if all about them was erased; raises `NotYet`."""
    try:
        return await Directory(tx).require(person_id)
    except NotYet:
        if await tx.peek(FORGOTTEN, person_id) is None:
            raise
        return None


async def _relatives(relation: Relation, person_id: PersonId, tx: Transaction) -> Sequence[PersonId]:
    """Who stands so to a person by now; raises `NotYet`."""
    person = await _person(person_id, tx)
    if person is None:
        return ()
    if relation == "HR partners":
        return await Directory(tx).hr_partners_of(person_id)
    in_effect = relation == "manager in effect"
    manager_id = await Directory(tx).manager_in_effect(person_id) if in_effect else person.manager_id
    return () if manager_id is None else (manager_id,)


async def _news_of(event: Event, tx: Transaction) -> FeedbackNews | None:
    """What was told of the feedback that the event tells of, if it does of any."""
    if not isinstance(event, (FeedbackGiven, FeedbackRequestAnswered)):
        return None
    return await FeedbackNewsStore(tx).of(event.feedback_id)


async def _raise(event: Event, alert: Alert, recipient: DirectoryPerson, tx: Transaction) -> bool:
    """Whether there is a new notification."""
    notifications, event_id = NotificationStore(tx), tx.cause.causation_id
    id_ = notification_id(event_id, alert)
    outlets = await OutletsStore(tx).open()
    channels = await _channels(alert, recipient, outlets, tx)
    if not channels or await notifications.find(id_) is not None:
        return False
    notification = Notification(
        notification_id=id_,
        person_id=alert.person_id,
        category=alert.category,
        kind=alert.kind,
        about_id=event.subject,
        actor_id=actor_of(event),
        event_id=event_id,
        correlation_id=tx.cause.correlation_id,
        facts=facts_of(event),
        channels=channels,
        raised_at=tx.now,
        unread="inbox" in channels,
        delivered=("inbox",) if "inbox" in channels else (),
    )
    notifications.save(notification)
    for delivery in _deliveries(notification, outlets):
        DeliveryStore(tx).save(delivery)
    if notification.unread:
        Inboxes(tx).add(notification.person_id, id_)
    tx.publish(notification.announcement(), notification.state())
    return True


async def _channels(
    alert: Alert, recipient: DirectoryPerson, outlets: Outlets, tx: Transaction
) -> tuple[Channel, ...]:
    preferences = await PreferencesStore(tx).of(alert.person_id)
    channels: list[Channel] = []
    if preferences.wants(alert.category, "inbox"):
        channels.append("inbox")
    if outlets.email and recipient.email and preferences.wants(alert.category, "email"):
        channels.append("email")
    if outlets.live_endpoint_ids:
        channels.append("webhook")
    return tuple(channels)


def _deliveries(notification: Notification, outlets: Outlets) -> Iterable[Delivery]:
    ways: Sequence[tuple[SendingChannel, str | None]] = (
        *((("email", None),) if "email" in notification.channels else ()),
        *(("webhook", endpoint_id) for endpoint_id in outlets.live_endpoint_ids),
    )
    for channel, endpoint_id in ways:
        yield Delivery(
            delivery_id=delivery_id(notification.notification_id, channel, endpoint_id),
            notification_id=notification.notification_id,
            person_id=notification.person_id,
            channel=channel,
            endpoint_id=endpoint_id,
            correlation_id=notification.correlation_id,
            raised_at=notification.raised_at,
        )
