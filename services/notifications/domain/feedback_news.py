"""What was told of a piece of feedback, so that it can be taken back with it.

The one document on which telling and taking back meet: both write it, so that neither can pass the
other, although the answer to a request and what was given with it arrive in any order.
"""

from collections.abc import Sequence
from typing import ClassVar

from shared.aggregate import Aggregate
from shared.ids import FeedbackId, NotificationId


class FeedbackNews(Aggregate):
    """The notifications that tell of it; `withdrawn` is for good."""

    id_field: ClassVar[str] = "feedback_id"
    feedback_id: FeedbackId
    notification_ids: tuple[NotificationId, ...] = ()
    withdrawn: bool = False

    def told(self, notification_ids: Sequence[NotificationId]) -> "FeedbackNews":
        """With more notifications."""
        return self.model_copy(update={"notification_ids": (*self.notification_ids, *notification_ids)})

    def withdraw(self) -> "FeedbackNews":
        """As news that nobody is told any more."""
        return self.model_copy(update={"withdrawn": True})
