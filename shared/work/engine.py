"""Runs jobs in transactions; commands that arrive during a commit form the next batch.

Owns retry, splitting and the blame for a bad write.  Knows neither HTTP nor Kafka.
"""

import asyncio
import contextlib
import random
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from shared import mongo
from shared.clock import Clock, SystemClock
from shared.identity import Caller
from shared.work.batch import UNAUDITED, Batch
from shared.work.job import Cause, Handler, Job
from shared.work.outbox import Outbox
from shared.work.transaction import DenyAll, Policy

TRANSIENT = "TransientTransactionError"
PATIENCE = 12
"""How often a passing error of the database is sat out, with doubling pauses: about 3 s."""
TRIES_ALONE = 3
"""How often a single message meets an error that does not pass before it is blamed for it."""
_OUT_OF_SERVICE = frozenset({50, 91, 189, 262, 11600, 11602, 10107, 13435, 13436})
"""Server codes that say nothing about the message: time limits, shutdown, no primary."""


class Unsettled(Exception):  # noqa: N818  it may well have succeeded
    """The database did not take the work, or did not say that it had."""


class Plan(Protocol):
    """What a batch will run, and what it writes besides the effects of the handlers."""

    @property
    def strands(self) -> Iterable[Sequence[Job]]:
        """Jobs to run; those of one strand in order."""
        ...

    @property
    def halting(self) -> bool:
        """Whether a failed job keeps the rest of its strand from running."""
        ...

    def settle(self, batch: Batch) -> None:
        """Add the writes of the engine's own books."""
        ...


Planner = Callable[[Batch, Sequence[Job]], Awaitable[Plan]]


@dataclass(slots=True)
class ByKey:
    """The plan for commands: each has its own outcome, those of a key run in order."""

    strands: Iterable[Sequence[Job]]
    halting: bool = False

    @classmethod
    async def plan(cls, batch: Batch, jobs: Sequence[Job]) -> "ByKey":
        """Group the jobs by their keys."""
        del batch
        strands: defaultdict[Hashable, list[Job]] = defaultdict(list)
        for job in jobs:
            strands[job.key].append(job)
        return cls(strands.values())

    def settle(self, batch: Batch) -> None:
        """Commands keep no books."""


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told, after a commit, that there is something to do; called on the event loop."""

    on_published: Callable[[], None] = _nothing
    on_fanned_out: Callable[[], None] = _nothing
    on_group: Callable[[int], None] = lambda size: None  # noqa: ARG005
    on_retry: Callable[[str], None] = lambda reason: None  # noqa: ARG005


class Work:
    """The one way to change a service's database; the audit says nothing of collections `unaudited`."""

    def __init__(  # noqa: PLR0913  all but two by name, and with defaults
        self,
        client: mongo.Client,
        database: str,
        *,
        policy: Policy | None = None,
        unaudited: Iterable[str] = (),
        clock: Clock | None = None,
        ears: Ears | None = None,
        epoch: int = 0,
        max_commands: int = 128,
    ) -> None:
        self.db = mongo.database(client, database)
        self.clock = clock or SystemClock()
        self.ears = ears or Ears()
        self.epoch = epoch
        self._client = client
        self._name = database
        self._policy = policy or DenyAll()
        self._unaudited = UNAUDITED | frozenset(unaudited)
        self._max_commands = max_commands
        self._queue: deque[tuple[Job, asyncio.Future[Any]]] = deque()
        self._committer: asyncio.Task[None] | None = None
        self._closed = False

    async def run(
        self,
        handler: Handler,
        command: Any,
        *,
        key: Hashable,
        caller: Caller | None = None,
        cause: Cause | None = None,
        now: datetime | None = None,
    ) -> Any:
        """The handler's result, once committed; `now` replaces the clock's.

        Raises what the handler raised, a `Refusal` for instance, or `Unsettled`.  A caller who is
        cancelled while waiting does not stop the work.
        """
        if self._closed:
            raise Unsettled("the service is shutting down")
        job = Job(key, handler, command, now or self.clock.now(), caller, cause or Cause())
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append((job, future))
        if self._committer is None or self._committer.done():
            self._committer = asyncio.create_task(self._commit_queue(), name="committer")
        return await future

    @property
    def closed(self) -> bool:
        """Whether no more commands are taken."""
        return self._closed

    async def close(self) -> None:
        """Take no more commands and return when those taken are settled."""
        self._closed = True
        if self._committer is not None:
            await asyncio.shield(self._committer)

    async def _commit_queue(self) -> None:
        while self._queue:
            size = min(len(self._queue), self._max_commands)
            calls = [self._queue.popleft() for _ in range(size)]
            self.ears.on_group(size)
            failure: Exception | None = None
            try:
                await self.execute([job for job, _ in calls], ByKey.plan)
            except Exception as error:  # noqa: BLE001  handed to every caller that waits for it
                failure = error
            for job, future in calls:
                _answer(job, future, failure)

    async def execute(self, jobs: Sequence[Job], plan: Planner) -> None:
        """Settle every job, in as few transactions as the conflicts allow.

        Raises `Unsettled` when the database is out of reach; jobs not `settled` by then have no
        known outcome.
        """
        parts, tries = [jobs], 0
        while parts:
            part = parts.pop()
            try:
                await self._transact(part, plan)
                tries = 0
                continue
            except Unsettled:
                raise
            except Exception as error:
                tries += 1
                self.ears.on_retry(type(error).__name__)
                if len(part) > 1 and not isinstance(error, ConnectionFailure):
                    middle = len(part) // 2
                    parts += part[middle:], part[:middle]
                    tries = 0
                elif passing(error):
                    if tries > PATIENCE:
                        raise Unsettled(f"the database does not take the work: {error}") from error
                    parts.append(part)
                else:
                    _blame(part[0], error, tries)
                    parts.append(part)
            await asyncio.sleep(random.uniform(0, 0.002 * 2 ** min(tries, 8)))  # noqa: S311

    async def _transact(self, jobs: Sequence[Job], plan: Planner) -> None:
        transaction = mongo.InTransaction(self._client, self._name)
        try:
            batch = Batch(
                transaction, policy=self._policy, outbox=Outbox(epoch=self.epoch), unaudited=self._unaudited
            )
            for job in jobs:
                job.result = job.error = None
            planned = await plan(batch, jobs)
            await batch.run(planned.strands, halting=planned.halting)
            planned.settle(batch)
            doubt = await batch.commit()
            if doubt is not None:
                await _confirm(transaction, doubt)
        finally:
            with contextlib.suppress(PyMongoError):
                await transaction.end()
        for job in jobs:
            job.settled = True
        if batch.published:
            self.ears.on_published()
        if batch.fanned_out:
            self.ears.on_fanned_out()


def passing(error: Exception) -> bool:
    """Whether the error says something of the database and nothing of the message."""
    if isinstance(error, PyMongoError) and error.has_error_label(TRANSIENT):
        return True
    if isinstance(error, OperationFailure):
        return error.code in _OUT_OF_SERVICE
    return isinstance(error, ConnectionFailure)


def _blame(job: Job, error: Exception, tries: int) -> None:
    """After some tries an error that does not pass is the single message's own.

    A first blame makes it run without the company that its plan may add, a second one dooms it.
    """
    if tries % TRIES_ALONE:
        return
    if job.solo:
        job.doom = error
    job.solo = True


def _answer(job: Job, future: "asyncio.Future[Any]", failure: Exception | None) -> None:
    if future.cancelled():
        return
    refused = job.error if job.settled else failure
    if refused is not None:
        future.set_exception(refused)
    else:
        future.set_result(job.result)


async def _confirm(transaction: mongo.InTransaction, doubt: PyMongoError, tries: int = 4) -> None:
    """Repeat an unanswered commit, which is safe; repeating its batch is not."""
    for _ in range(tries):
        await asyncio.sleep(0.05)
        again = await transaction.commit()
        if again is None:
            return
        doubt = again
    raise Unsettled(f"the database did not confirm the commit: {doubt}") from doubt


__all__ = ["ByKey", "Ears", "Plan", "Planner", "Unsettled", "Work", "passing"]
