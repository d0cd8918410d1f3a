"""Gather what reviews will rest on.

When    a goal is drafted, changed, agreed, measured, checked in on or closed (goals.GoalDrafted, ...),
        or feedback is given or withdrawn (feedback.FeedbackGiven, feedback.FeedbackWithdrawn)
May     the suite itself
Rule    GoalEvidence.after, FeedbackEvidence.of

Nothing is published and no review is touched: a review reads the evidence of its person and period
when it is shown, and counts it when its stage changes; once it is shared it reads what was kept then.
Feedback that its giver took back is no evidence, of no review.
"""

from services.reviews.domain.evidence import FeedbackEvidence, GoalEvent, GoalEvidence
from services.reviews.store import FeedbackEvidenceStore, GoalEvidenceStore
from shared.contracts.feedback import FeedbackGiven, FeedbackWithdrawn
from shared.work import Transaction


async def gather_evidence(event: GoalEvent, tx: Transaction) -> None:
    """Add what happened to what is known of the goal."""
    store = GoalEvidenceStore(tx)
    goal = await store.find(event.goal_id) or GoalEvidence.first(event)
    store.save(goal.after(event, at=tx.now))


async def gather_feedback(event: FeedbackGiven, tx: Transaction) -> None:
    """Note whom it was given to, when, and who may see it."""
    store = FeedbackEvidenceStore(tx)
    if await store.find(event.feedback_id) is None:
        store.save(FeedbackEvidence.of(event, at=tx.now))


async def drop_feedback(event: FeedbackWithdrawn, tx: Transaction) -> None:
    """Forget feedback that was taken back."""
    store = FeedbackEvidenceStore(tx)
    known = await store.find(event.feedback_id)
    if known is not None:
        store.delete(known)
