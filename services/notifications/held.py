"""What the notifications service holds of people, and what an erasure makes of it."""

from typing import Final

from services.notifications.store import (
    DELIVERIES,
    FEEDBACK_NEWS,
    FORGOTTEN,
    INBOXES,
    NOTIFICATIONS,
    PREFERENCES,
)
from shared.erasure import COPY, Held

HELD: Final = (
    Held("notification", NOTIFICATIONS, "person_id", "deleted", "What was mailed or posted before is out."),
    Held(
        "delivery",
        DELIVERIES,
        "notification_id",
        "deleted",
        "With the notification.",
        part_of=(NOTIFICATIONS, "person_id"),
    ),
    Held("preferences", PREFERENCES, "_id", "deleted", "At once."),
    Held("inbox", INBOXES, "_id", "kept", "Emptied at once; counts of nothing.", handed_out=False),
    Held(
        "forgotten", FORGOTTEN, "_id", "kept", "An id: that nothing is told there any more.", handed_out=False
    ),
    Held(
        "feedback_news",
        FEEDBACK_NEWS,
        "person_ids",
        "kept",
        "Ids of notifications by feedback, to take them back.",
        handed_out=False,
    ),
    COPY,
)
