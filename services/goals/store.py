"""Goals, measurements and check-ins as documents, and the indexes that their reads stand on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.goals.domain.assignment import Assignment
from services.goals.domain.goal import Goal
from services.goals.domain.outlook import Outlook
from services.goals.domain.period import Period
from services.goals.domain.roll_up import RollUp, Serving
from services.goals.history_store import COLLECTIONS as OF_HISTORY
from services.goals.initiative_store import COLLECTIONS as OF_INITIATIVES
from services.goals.tally import Tally, whole_percent
from services.goals.template_store import COLLECTIONS as OF_TEMPLATES
from shared.due import INDEXES as DUE
from shared.due import wake
from shared.ids import GoalId, PeriodId, PersonId
from shared.indexes import newest_first
from shared.mongo import Doc
from shared.store import Store, from_document, to_document
from shared.work import Transaction

GOALS: Final = "goals"
ASSIGNMENTS: Final = "assignments"
ROLL_UPS: Final = "roll_ups"
PERIODS: Final = "periods"
PERIOD_TURNS: Final = "period_turns"
FOLDS: Final = "folds"
FORMER: Final = "former parent "
"""How the mark of a goal begins that is to be folded though nothing that serves it now has changed."""
QUIET: Final = "quiet until "
"""How the id begins of what says until when a goal that very many serve is left alone."""
ENDINGS: Final = "endings"
"""What has ended, until that is known of all goals that serve it."""
OUTLOOKS: Final = "outlooks"
LOOKS: Final = "looks"
GUARDS: Final = "guards"
COUNTED: Final = "counted_goals"
_COUNTED_BY: Final = ["visibility", "tally", "level", "kind", "period_id", "percent", "parent_id", "owner_id"]
"""The fields of the index from which goals are counted without being read."""
TALLIED: Final[Mapping[str, Any]] = {"tally": {"$gt": ""}}
"""What is asked of all goals that are counted by that index."""
_OPEN: Final = "by_everyone_or_private"
_TREE: Final = "tree"


def _by(field: str, name: str, **options: Any) -> IndexModel:
    return IndexModel([(field, ASCENDING), ("_id", ASCENDING)], name=name, **options)


COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    GOALS: [
        _by("owner_id", "by_owner"),
        _by("asked_id", "by_asked", partialFilterExpression={"asked_id": {"$gt": ""}}),
        _by("parent_id", "by_parent"),
        _by("orphaned", "by_orphaned", partialFilterExpression={"orphaned": True}),
        # Not for what is shared with some: MongoDB took it for the goals of few people of one visibility.
        _by("visibility", _OPEN, partialFilterExpression={"visibility": {"$in": ["everyone", "private"]}}),
        _by("status", "by_status"),
        _by("level", "by_level"),
        _by("due_on", "by_due"),
        _by("percent", "by_percent"),
        _by("category", "by_category", partialFilterExpression={"category": {"$gt": ""}}),
        _by("tags", "by_tag"),
        _by("closed_at", "by_age", partialFilterExpression={"closed_at": {"$type": "date"}}),
        newest_first(
            "closed_at", name="by_lesson", partialFilterExpression={"retrospective": {"$type": "object"}}
        ),
        _by("standing.pace", "by_pace"),
        _by("standing.heading", "by_heading", partialFilterExpression={"standing.heading": {"$gt": ""}}),
        _by("standing.neglect", "by_neglect", partialFilterExpression={"standing.neglect": {"$gt": ""}}),
        _by("standing.overdue", "by_overdue", partialFilterExpression={"standing.overdue": True}),
        _by("standing.silent", "by_silent", partialFilterExpression={"standing.silent": True}),
        _by("outcome", "by_outcome", partialFilterExpression={"outcome": {"$gt": ""}}),
        _by("perspective", "by_perspective", partialFilterExpression={"perspective": {"$gt": ""}}),
        _by("kind", "by_kind"),
        _by("period_id", "by_period", partialFilterExpression={"period_id": {"$gt": ""}}),
        _by("template_id", "by_template", partialFilterExpression={"template_id": {"$gt": ""}}),
        _by("origin_id", "by_origin", partialFilterExpression={"origin_id": {"$gt": ""}}),
        _by("assignment_id", "by_assignment", partialFilterExpression={"assignment_id": {"$gt": ""}}),
        IndexModel(
            [(field, ASCENDING) for field in _COUNTED_BY],
            name=COUNTED,
            # All goals have a tally: so it is there for who asks for one, and for no list.
            partialFilterExpression=TALLIED,
        ),
    ],
    ASSIGNMENTS: [newest_first("assigned_at", "by_person_id", name="by_assigner")],
    OUTLOOKS: [],
    LOOKS: DUE,
    ROLL_UPS: [],
    PERIODS: [newest_first("starts_on", name="by_start")],
    PERIOD_TURNS: DUE,
    FOLDS: DUE,
    ENDINGS: DUE,
    **OF_HISTORY,
    **OF_INITIATIVES,
    **OF_TEMPLATES,
    GUARDS: [],
}


class GoalStore(Store[Goal]):
    """The goals; documents hold their progress too, and every save has what they serve folded again.

    `percent` is the progress in whole per cent, for lists in its order and for means: with an index of
    progress every measurement would pay for all indexes of goals.  `tally` is all else that is counted.
    """

    collection: ClassVar[str] = GOALS
    kind = Goal

    def save(self, aggregate: Goal) -> Goal:
        """Store it over the version that was read; the goal at its new version."""
        progress, word = aggregate.progress, Tally.of(aggregate).word
        kept = {"progress": progress, "percent": whole_percent(progress), "tally": word}
        version = self._tx.put(GOALS, to_document(aggregate) | kept)
        fold_soon(self._tx, aggregate)
        if aggregate.status == "closed":
            wake(self._tx, ENDINGS, aggregate.goal_id)
        return aggregate.model_copy(update={"version": version})

    def delete(self, aggregate: Goal) -> None:
        """Remove it, and have what is kept of it by the clock cleared away."""
        super().delete(aggregate)
        if aggregate.parent_id is not None:
            left(self._tx, aggregate.parent_id)
        left(self._tx, aggregate.goal_id)
        wake(self._tx, FOLDS, aggregate.goal_id)
        wake(self._tx, ENDINGS, aggregate.goal_id)
        look_soon(self._tx, aggregate.goal_id)

    async def outside(self, period: Period) -> Goal | None:
        """One of a period's goals that is due outside of its dates and not closed, a private one last."""
        early, late = period.starts_on.isoformat(), period.ends_on.isoformat()
        due = {"$or": [{"due_on": {"$lt": early}}, {"due_on": {"$gt": late}}]}
        asked = {"period_id": period.period_id, "status": {"$ne": "closed"}, **due}
        docs = await self._tx.find(GOALS, {**asked, "visibility": {"$ne": "private"}}, limit=1)
        docs = docs or await self._tx.find(GOALS, asked, limit=1)
        return from_document(Goal, docs[0]) if docs else None

    async def successor(self, goal_id: GoalId) -> Goal | None:
        """What a goal was carried over as."""
        docs = await self._tx.find(GOALS, {"origin_id": goal_id}, limit=1)
        return from_document(Goal, docs[0]) if docs else None

    async def serving(self, goal_id: GoalId, *, in_period: PeriodId) -> bool:
        """Whether goals of a period serve a goal that are not closed."""
        return bool(await self._tx.find(GOALS, serving_in(goal_id, in_period), limit=1))

    async def above(self, goal_id: GoalId, *, most: int) -> Sequence[GoalId]:
        """The goals that a goal serves, itself first, nearest next; one more than `most` at most."""
        line: list[GoalId] = []
        next_id: GoalId | None = goal_id
        while next_id is not None and next_id not in line and len(line) <= most:
            line.append(next_id)
            goal = await self.find(next_id)
            next_id = goal.parent_id if goal else None
        return line

    async def old(self, whose: Mapping[str, Any], *, before: datetime, limit: int) -> Sequence[Goal]:
        """Goals that were closed before a time and belong to no period that goes on, so many by id."""
        running = await self._tx.find(PERIODS, {"status": {"$ne": "closed"}}, fields=("_id",))
        closed = {"status": "closed", "closed_at": {"$lt": before, "$type": "date"}}  # or no index answers
        wanted = {**whose, **closed, "period_id": {"$nin": [period["_id"] for period in running]}}
        docs = await self._tx.find(GOALS, wanted, sort={"_id": 1}, limit=limit)
        return [from_document(Goal, doc) for doc in docs]

    async def of(self, owner_id: PersonId) -> Sequence[Goal]:
        """All goals of an owner."""
        return await self._found({"owner_id": owner_id})

    async def unagreed_of(self, owner_id: PersonId) -> Sequence[Goal]:
        """The owner's drafts and proposals."""
        return await self._found({"owner_id": owner_id, "status": {"$in": ["draft", "proposed"]}})

    async def agreed_of(self, owner_id: PersonId) -> Sequence[Goal]:
        """The owner's active goals."""
        return await self._found({"owner_id": owner_id, "status": "agreed"})

    async def weighing_on(self, owner_id: PersonId) -> Sequence[Goal]:
        """The owner's goals that somebody is asked to agree to, or has agreed to."""
        return await self._found({"owner_id": owner_id, "status": {"$in": ["proposed", "agreed"]}})

    async def awaiting(self, asked_id: PersonId) -> Sequence[Goal]:
        """The proposals that a person is asked to answer."""
        return await self._found({"asked_id": asked_id})

    async def awaiting_any(self, owner_ids: Sequence[PersonId]) -> Sequence[Goal]:
        """The goals of some owners that somebody is asked about, a proposal or a change."""
        return await self._found({"owner_id": {"$in": [*owner_ids]}, "asked_id": {"$gt": ""}})

    async def _found(self, wanted: Mapping[str, Any]) -> Sequence[Goal]:
        docs = await self._tx.find(self.collection, wanted, sort={"_id": 1})
        return [from_document(Goal, doc) for doc in docs]


class AssignmentStore(Store[Assignment]):
    """What was set for many."""

    collection: ClassVar[str] = ASSIGNMENTS
    kind = Assignment


class RollUpStore(Store[RollUp]):
    """What serves goals, added up."""

    collection: ClassVar[str] = ROLL_UPS
    kind = RollUp

    async def forget(self, goal_id: GoalId) -> None:
        """Delete that of a goal that is gone, if there is one."""
        if (last := await self.find(goal_id)) is not None:
            self.delete(last)

    async def keep(self, found: RollUp) -> bool:
        """Store it in the place of the last one; whether it says something else."""
        last = await self.find(found.goal_id)
        found = found.model_copy(update={"version": last.version if last else 0})
        if found == last or (last is None and not found.direct):
            return False
        self.save(found)
        return True


class PeriodStore(Store[Period]):
    """Planning periods."""

    collection: ClassVar[str] = PERIODS
    kind = Period

    async def with_dates(self, starts_on: date, ends_on: date) -> Sequence[Period]:
        """Those with just these dates."""
        dates = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
        return [from_document(Period, doc) for doc in await self._tx.find(PERIODS, dates)]


class OutlookStore(Store[Outlook]):
    """How goals stood when they were last looked at."""

    collection: ClassVar[str] = OUTLOOKS
    kind = Outlook

    async def forget(self, goal_id: str) -> None:
        """Delete that of a goal that is gone, if there is one."""
        if (last := await self.find(goal_id)) is not None:
            self.delete(last)

    async def keep(self, found: Outlook) -> None:
        """Store it in the place of the last one, unless it says the same."""
        last = await self.find(found.goal_id)
        found = found.model_copy(update={"version": last.version if last else 0})
        if found != last:
            self.save(found)


def look_soon(tx: Transaction, goal_id: GoalId) -> None:
    """Have it seen how the goal stands now."""
    wake(tx, LOOKS, goal_id)


COUNTING: Final = (
    "status",
    "outcome",
    "visibility",
    "contribution",
    "progress",
    "standing.pace",
    "blocked_by",
)
"""What `counted` asks of a goal's document."""


def counted(goal: dict[str, Any], below: dict[str, Any] | None) -> Serving:
    """A goal's document and the sum of what serves it, as far as they count."""
    standing: dict[str, Any] = goal.get("standing") or {}
    return Serving(
        status=goal["status"],
        outcome=goal["outcome"],
        visibility=goal["visibility"],
        contribution=goal.get("contribution", 1.0),
        progress=goal.get("progress"),
        pace=standing.get("pace"),
        blockers=tuple(goal.get("blocked_by", ())),
        below=from_document(RollUp, below) if below else None,
    )


def fold_soon(tx: Transaction, goal: Goal) -> None:
    """Have the goal that this one serves folded, if it serves any."""
    if goal.parent_id is not None:
        wake(tx, FOLDS, goal.goal_id)


def left(tx: Transaction, parent_id: GoalId) -> None:
    """Have a goal folded that something serves no more."""
    wake(tx, FOLDS, f"{FORMER}{parent_id}")


def serving_in(goal_id: GoalId, period_id: PeriodId) -> Doc:
    """Which goals of a period serve a goal and are not closed, as documents have it."""
    return {"parent_id": goal_id, "period_id": period_id, "status": {"$ne": "closed"}}


def hold_tree(tx: Transaction) -> None:
    """Let alignments follow each other: two could close a cycle that neither sees."""
    tx.hold(GUARDS, _TREE)


def hold_periods(tx: Transaction) -> None:
    """Let nobody else open or correct a period meanwhile."""
    tx.hold(GUARDS, "periods")


def hold_person_last(tx: Transaction, person_id: PersonId) -> None:
    """Hold a person who is erased, and keep no guard that names them."""
    tx.hold_last(GUARDS, f"person:{person_id}")


def hold_initiatives_last(tx: Transaction, goal_ids: Iterable[GoalId]) -> None:
    """Hold goals that are deleted, and keep no guard that names them."""
    for goal_id in goal_ids:
        tx.hold_last(GUARDS, f"initiatives:{goal_id}")


def hold_initiatives(tx: Transaction, goal_id: GoalId) -> None:
    """Let a new initiative of a goal, and what becomes of the goal, follow each other."""
    tx.hold(GUARDS, f"initiatives:{goal_id}")


def hold_people(tx: Transaction, *person_ids: PersonId) -> None:
    """Let all follow each other that count on, or change, what these people have to do or answer.

    A proposal meets on it the others of its owner, whose weights are added up, and the departure or
    move of anybody who takes part in it.
    """
    for person_id in person_ids:
        tx.hold(GUARDS, f"person:{person_id}")
