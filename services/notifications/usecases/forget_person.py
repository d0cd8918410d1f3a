"""Forget all that a person was told.

When    people erases the person, by a null on its state topic
Rule    delete notifications and deliveries, write tombstones, keep nothing but that they are gone

That somebody is gone for good is remembered, since events about them may still arrive, and nobody
must wait for a person who does not come any more.  A fan-out, for there may be many.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.notifications.store import (
    DELIVERIES,
    FORGOTTEN,
    NOTIFICATIONS,
    DeliveryStore,
    Inboxes,
    NotificationStore,
    PreferencesStore,
)
from shared import mongo
from shared.contracts.base import Frozen
from shared.contracts.notifications import NotificationState
from shared.fan_out import FanOut, Recipient
from shared.ids import PersonId, derive
from shared.messaging.incoming import Erased
from shared.work import FanOutJob, Transaction

KIND: Final = "forget_person"


class ForgetNotification(Frozen):
    """One that is to go, and what was to be sent of it."""

    notification_id: str
    delivery_ids: tuple[str, ...]


async def forget_told(erased: Erased, tx: Transaction) -> None:
    """Empty the inbox at once and order the rest to be deleted."""
    person_id = PersonId(erased.subject)
    if await tx.peek(FORGOTTEN, person_id) is None:
        tx.put(FORGOTTEN, {"_id": person_id, "version": 0})
    preferences = await PreferencesStore(tx).find(person_id)
    if preferences is not None:
        PreferencesStore(tx).delete(preferences)
    Inboxes(tx).empty(person_id)
    tx.fan_out(FanOutJob(derive(KIND, person_id), KIND, {"person_id": person_id}))


async def forget_notification(message: ForgetNotification, tx: Transaction) -> None:
    """Delete one."""
    notification = await NotificationStore(tx).find(message.notification_id)
    if notification is not None:
        NotificationStore(tx).delete(notification)
        tx.tombstone(NotificationState, notification.notification_id)
    for id_ in message.delivery_ids:
        delivery = await DeliveryStore(tx).find(id_)
        if delivery is not None:
            DeliveryStore(tx).delete(delivery)


async def told_pages(
    db: mongo.Database, params: Mapping[str, Any], after: str | None, limit: int
) -> Sequence[Recipient]:
    """The next notifications of a person, by id."""
    wanted = {"person_id": params["person_id"], "_id": {"$gt": after or ""}}
    docs = await db[NOTIFICATIONS].find(wanted, {"_id": 1}).sort("_id", 1).limit(limit).to_list(None)
    ids = [doc["_id"] for doc in docs]
    deliveries: dict[str, list[str]] = {id_: [] for id_ in ids}
    async for row in db[DELIVERIES].find({"notification_id": {"$in": ids}}, {"notification_id": 1}):
        deliveries[row["notification_id"]].append(row["_id"])
    return [
        Recipient(id_, ForgetNotification(notification_id=id_, delivery_ids=tuple(deliveries[id_])))
        for id_ in ids
    ]


FORGETTING: Final = FanOut(KIND, told_pages, forget_notification)
"""How all that a person was told is deleted."""
