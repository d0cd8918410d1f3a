"""Remove feedback, requests and recognition that are so old that they may not be kept any more.

When    feedback and recognition were given, and requests settled, more days ago than CAIRN_RETAIN_DAYS says
        of `feedback`, `recognition` and `request`, looked for by the hour (a leased worker); never where that
        is not set.  A request that is open stays
Rule    delete them; a legal hold on anybody whom they name keeps them
Emits   nothing but nulls in place of their states
"""

from typing import Final

from services.feedback.store import FeedbackStore, RecognitionStore, RequestStore
from shared.contracts.feedback import FeedbackRequestState, FeedbackState, RecognitionState
from shared.erasure import Aged, Ages
from shared.work import Transaction

PAGE: Final = 200
"""Documents of one transaction."""


async def remove_old_feedback(aged: Aged, tx: Transaction) -> int:
    """Delete a page; how many pieces."""
    wanted = {"given_at": {"$lt": aged.before}, **aged.naming_nobody_held("receiver_id", "giver_id")}
    return len(await FeedbackStore(tx).delete_where(wanted, limit=PAGE, told=FeedbackState))


async def remove_old_requests(aged: Aged, tx: Transaction) -> int:
    """Delete a page of those that are answered, declined or withdrawn; how many."""
    unheld = aged.naming_nobody_held("requester_id", "about_person_id", "asked_person_id")
    settled = {"$lt": aged.before, "$type": "date"}  # or the index, which has only dates, is not asked
    wanted = {"status": {"$ne": "open"}, "settled_at": settled, **unheld}
    return len(await RequestStore(tx).delete_where(wanted, limit=PAGE, told=FeedbackRequestState))


async def remove_old_recognition(aged: Aged, tx: Transaction) -> int:
    """Delete a page; how many."""
    wanted = {"given_at": {"$lt": aged.before}, **aged.naming_nobody_held("receiver_ids", "giver_id")}
    return len(await RecognitionStore(tx).delete_where(wanted, limit=PAGE, told=RecognitionState))


AGES: Final = (
    Ages("feedback", "it was given", "who got it and who gave it", remove_old_feedback),
    Ages(
        "request",
        "it was answered, declined or withdrawn",
        "who asked, who was asked and who it is about",
        remove_old_requests,
    ),
    Ages("recognition", "it was given", "who was recognised and by whom", remove_old_recognition),
)
