"""What is over is removed once it is old, kind by kind; what names who is under a legal hold stays.

A service says what `Ages`, and CAIRN_RETAIN_DAYS after how many days.  Before each page all holds that the
people service tells are read, to the end of their topic: while that cannot be done, or before it has told all
of them, nothing is removed.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from shared.audit.rows import Origin
from shared.contracts.people import ALL_HOLDS, HOLD_ON, HoldState
from shared.identity import Caller
from shared.ids import PersonId
from shared.logs import logger
from shared.messaging.envelope import topic_of
from shared.messaging.states import newest_states
from shared.settings import RetainedKind, Settings
from shared.work import ByKey, Cause, Job, Transaction, Work

HOLDS_SECONDS: Final = 60.0
"""How long it may take to read all holds."""
_log = logger("retention")


class Aged(NamedTuple):
    """Which are old: over before that time, and nobody is held whom they name."""

    before: datetime
    held: Collection[PersonId]

    def naming_nobody_held(self, *fields: str) -> Mapping[str, Any]:
        """What to ask of a collection where these fields hold people, or lists of them."""
        return {each: {"$nin": [*self.held]} for each in fields}


@dataclass(frozen=True, slots=True)
class Ages:
    """A kind of documents that are removed when they are old.

    `since` says in words from when on their days count, and `named` whose hold keeps them.  `remove` deletes
    a page of those that are old, with all that belongs to them, and says how many; 0 if there are no more.
    """

    kind: RetainedKind
    since: str
    named: str
    remove: Callable[[Aged, Transaction], Awaitable[int]]


class Retention:
    """The turn of a worker that removes a kind: who is `held` is asked before each page.

    Pages stand in the audit as done `by` the service, by the ids of what went.
    """

    def __init__(
        self,
        work: Work,
        ages: Ages,
        *,
        keep: timedelta,
        held: Callable[[], Awaitable[Collection[PersonId]]],
        by: Caller,
        on_removed: Callable[[int], None],
    ) -> None:
        self._work = work
        self._ages = ages
        self._keep = keep
        self._held = held
        self._by = by
        self._on_removed = on_removed
        self._cause = Cause(origin=Origin(getattr(ages.remove, "__name__", "")))

    async def turn(self) -> bool:
        """Remove a page; whether there may be more.  Raises what kept it from being removed."""
        now, kind = self._work.clock.now(), self._ages.kind
        aged = Aged(now - self._keep, await self._held())
        job = Job(kind, self._ages.remove, aged, now, self._by, self._cause)
        await self._work.execute([job], ByKey.plan)
        if job.error is not None:
            raise job.error
        if job.result:
            self._on_removed(job.result)
            _log.info("removed for its age", kind=kind, count=job.result)
        return job.result > 0


async def held_people(settings: Settings, *, topic: str = topic_of(HoldState)) -> Collection[PersonId]:
    """On whom there is a legal hold by all that the people service has told until now.

    Raises what keeps it from being known: `KafkaError`, `TimeoutError`, `UnreadableRecord` if somebody has
    told what cannot be read, `LookupError` if not all was told yet.
    """
    newest = await newest_states(settings, topic, seconds=HOLDS_SECONDS, strict=True)
    if ALL_HOLDS not in newest:
        raise LookupError("the people service has not told all legal holds yet")
    held = (id_ for id_, last in newest.items() if last.type == HoldState.wire_type and not last.gone)
    return {PersonId(id_.removeprefix(HOLD_ON)) for id_ in held}
