"""Forget all that a person was told.

When    people erases the person, by a null on its state topic; and later, until nothing is left
Rule    delete notifications and deliveries, write tombstones, keep nothing but that they are gone
Emits   notifications.PersonForgotten
Then    people.follow_erasure

That somebody is gone for good is remembered, since events about them may still arrive, and nobody
must wait for a person who does not come any more.
"""

from typing import Final

from services.notifications.store import (
    FORGOTTEN,
    DeliveryStore,
    Inboxes,
    NotificationStore,
    PreferencesStore,
)
from shared.contracts.notifications import NotificationState
from shared.ids import PersonId
from shared.messaging.incoming import Erased
from shared.work import Transaction

PAGE: Final = 200
"""Notifications of one transaction."""


async def close_inbox(erased: Erased, tx: Transaction) -> None:
    """Empty the inbox at once, and remember that nothing goes there any more."""
    person_id = PersonId(erased.subject)
    if await tx.peek(FORGOTTEN, person_id) is None:
        tx.put(FORGOTTEN, {"_id": person_id, "version": 0})
    preferences = await PreferencesStore(tx).find(person_id)
    if preferences is not None:
        PreferencesStore(tx).delete(preferences)
    Inboxes(tx).empty(person_id)


async def forget_person(person_id: PersonId, tx: Transaction) -> int:
    """Delete a page of notifications, and what was to be sent of them; how many notifications."""
    ids = await NotificationStore(tx).delete_where(
        {"person_id": person_id}, limit=PAGE, told=NotificationState
    )
    if ids:
        await DeliveryStore(tx).delete_where({"notification_id": {"$in": [*ids]}})
    return len(ids)
