"""Take a delivery up, and write down what came of it.

When    a sender takes a delivery that is due, and when the other side has answered or has not
Rule    Delivery.claim, Delivery.taken, Delivery.missed, Delivery.given_up
Emits   notifications.NotificationDelivered, notifications.NotificationFailed

Nothing is sent inside a transaction: a claim is committed before, the outcome after.  The one
honest window of the suite lies between: what the other side has taken, just before this process
died, is sent again when the claim has run out, under the same id.  It is as long as a receipt takes
to write (`receipts`); who claims what has one settles it and sends nothing.  Claims run by the database
server's clock, so that a process whose own is wrong takes nothing that another one has.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from pymongo.errors import PyMongoError

from services.notifications.channels.under_way import UnderWay
from services.notifications.domain.delivery import TAKEN, Delivery, NotDue, Outcome, SendingChannel
from services.notifications.domain.retry import Patience
from services.notifications.receipts import Receipts, was_taken
from services.notifications.store import DELIVERIES, DeliveryStore, NotificationStore, OutletsStore
from shared import mongo
from shared.contracts.base import Frozen
from shared.due import leave
from shared.errors import NotFound
from shared.identity import service_caller
from shared.work import ByKey, Cause, Job, Transaction, Unsettled, Work, passing

T = TypeVar("T")
log = logging.getLogger(__name__)
US: Final = service_caller("notifications")
CLAIM: Final = timedelta(seconds=60)
"""How long what is claimed together may be begun."""
MARGIN: Final = timedelta(seconds=15)
"""For the commit of an outcome."""
AGAIN_SECONDS: Final = 0.5
"""Between two tries to commit an outcome that the database did not take."""


class ClaimDelivery(Frozen):
    """Somebody is about to send it; theirs for `lasting` from `at`, in real time."""

    delivery_id: str
    at: datetime
    lasting: timedelta


class SettleDelivery(Frozen):
    """What came of an attempt at `at`; `spread` is a random share from 0 to 1."""

    delivery_id: str
    attempt: int
    outcome: Outcome
    at: datetime
    spread: float
    patience: Patience


async def claim_delivery(command: ClaimDelivery, tx: Transaction) -> tuple[Delivery, bool]:
    """The delivery, and whether it is to be sent: one that was taken before is not, but to be settled.

    Raises:
        NotDue: another one was faster.
    """
    deliveries = DeliveryStore(tx)
    delivery = await deliveries.get(command.delivery_id)
    claimed = delivery.claim(at=command.at, lasting=command.lasting)
    if delivery.attempts and await was_taken(delivery.delivery_id, tx):
        return delivery, False
    return deliveries.save(claimed), True


async def settle_delivery(command: SettleDelivery, tx: Transaction) -> None:
    """Keep the outcome, tell of it if it is final, and close an endpoint that is gone.

    That it was taken counts even if the claim had run out or it was given up meanwhile; that it was not,
    only from who has it.
    """
    delivery, outcome = await DeliveryStore(tx).find(command.delivery_id), command.outcome
    if delivery is None or delivery.state == "delivered":
        return
    if outcome.what != "taken" and (delivery.state != "due" or command.attempt != delivery.attempts):
        return
    settled = _settled(delivery, command)
    DeliveryStore(tx).save(settled)
    if outcome.what == "endpoint_gone" and delivery.endpoint_id:
        await _close_endpoint(delivery.endpoint_id, outcome.reason, tx)
    if settled.state != "due":
        await _tell(settled, tx)


def _settled(delivery: Delivery, command: SettleDelivery) -> Delivery:
    outcome = command.outcome
    if outcome.what == "taken":
        return delivery.taken()
    if outcome.what == "missed":
        return delivery.missed(
            outcome.reason, patience=command.patience, at=command.at, spread=command.spread
        )
    return delivery.given_up(outcome.reason)


async def _close_endpoint(endpoint_id: str, reason: str, tx: Transaction) -> None:
    outlets = OutletsStore(tx)
    open_now = await outlets.open()
    if endpoint_id in open_now.live_endpoint_ids:
        outlets.save(open_now.without(endpoint_id, reason=reason))


async def _tell(delivery: Delivery, tx: Transaction) -> None:
    notifications = NotificationStore(tx)
    notification = await notifications.find(delivery.notification_id)
    if notification is None:
        return
    if delivery.state == "delivered":
        notification, event = notification.deliver(
            delivery.channel, endpoint_id=delivery.endpoint_id, attempts=delivery.attempts
        )
    else:
        notification, event = notification.fail(
            delivery.channel,
            endpoint_id=delivery.endpoint_id,
            attempts=delivery.attempts,
            reason=delivery.reason or "",
        )
    notifications.save(notification)
    tx.publish(event, notification.state())


async def due_ids(
    database: mongo.Database, *, channel: SendingChannel, endpoint_id: str | None = None, limit: int
) -> Sequence[str]:
    """The next deliveries that are due: new ones in the order of their events, then those missed before."""
    now = await mongo.server_time(database)
    due = {"state": "due", "channel": channel, "endpoint_id": endpoint_id, "due_at": {"$lte": now}}
    rows = database[DELIVERIES].find(due, {"_id": 1}).sort([("due_at", 1), ("raised_at", 1)]).limit(limit)
    return [row["_id"] for row in await rows.to_list(None)]


class Claim:
    """Deliveries that are ours until a time; what is begun ends before that."""

    def __init__(
        self, deliveries: Sequence[Delivery], *, until: datetime, begin_until: float, leaving: asyncio.Event
    ) -> None:
        self.deliveries = deliveries
        self._left = deque(deliveries)
        self._until = until
        self._begin_until = begin_until
        self._leaving = leaving

    def begin(self) -> Iterator[Delivery]:
        """One after the other, as long as there is time and this process does not end."""
        while self._left and not self._leaving.is_set() and time.monotonic() < self._begin_until:
            yield self._left.popleft()

    async def give_back(self, database: mongo.Database) -> None:
        """Let others have what was not begun."""
        if not self._left:
            return
        ids = [delivery.delivery_id for delivery in self._left]
        ours = {"_id": {"$in": ids}, "state": "due", "due_at": self._until}
        again = {"$set": {"due_at": await mongo.server_time(database)}, "$inc": {"attempts": -1}}
        await database[DELIVERIES].update_many(ours, again)


async def claim_all(
    work: Work,
    delivery_ids: Sequence[str],
    *,
    longest: timedelta,
    patience: Patience,
    leaving: asyncio.Event,
) -> Claim:
    """Those of the deliveries that nobody else has, in one transaction; `longest` is what one can take.

    What was taken before is settled.  What cannot be claimed for another reason than that somebody has it is
    logged and left for a minute.
    """
    begin_until = time.monotonic() + CLAIM.total_seconds()
    at, lasting = await mongo.server_time(work.db), CLAIM + MARGIN + longest
    commands = [ClaimDelivery(delivery_id=each, at=at, lasting=lasting) for each in delivery_ids]
    jobs = [Job(each.delivery_id, claim_delivery, each, work.clock.now(), US) for each in commands]
    await work.execute(jobs, ByKey.plan)
    for job in jobs:
        if job.error is not None and not isinstance(job.error, (NotDue, NotFound)):
            await leave(work.db[DELIVERIES], [str(job.key)], job.error, now=at)
    found = [job.result for job in jobs if job.error is None]
    taken = [delivery for delivery, to_send in found if not to_send]
    async with settling(work, patience) as outcomes:
        for each in taken:
            await outcomes.keep(each, TAKEN)
    ours = [delivery for delivery, to_send in found if to_send]
    return Claim(ours, until=at + lasting, begin_until=begin_until, leaving=leaving)


class Settling:
    """What came of deliveries, on its way into the database."""

    def __init__(self, work: Work, patience: Patience, group: asyncio.TaskGroup) -> None:
        self._work = work
        self._patience = patience
        self._group = group
        self._receipts = Receipts(work.db)
        self._settled: list[str] = []

    async def keep(self, delivery: Delivery, outcome: Outcome) -> None:
        """Return when the death of this process does not have it sent again: after receipt or commit.

        While the database takes neither, nothing more is sent.
        """
        settled = self._group.create_task(self._settle(delivery, outcome))
        if outcome.what == "taken":
            receipt = self._group.create_task(self._receipts.write(delivery.delivery_id))
            await asyncio.wait({settled, receipt}, return_when=asyncio.FIRST_COMPLETED)
            if settled.done() or receipt.result():
                return
        await settled

    async def tidy(self) -> None:
        """What is settled needs its receipt no more; what could not be is known by it."""
        if self._settled:
            await self._receipts.forget(self._settled)

    async def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        kept = await settle(self._work, delivery, outcome, patience=self._patience)
        if kept and outcome.what == "taken":
            self._settled.append(delivery.delivery_id)

    async def work_through(
        self, todo: Iterator[tuple[Delivery, T]], send: Callable[[T], Awaitable[Outcome]], *, of: UnderWay
    ) -> None:
        """A lane of those under way: send one after the other, each once the last one's outcome is kept."""
        for delivery, content in todo:
            began = time.monotonic()
            outcome = await send(content)
            answered = time.monotonic()
            await self.keep(delivery, outcome)
            if not of.took(out=answered - began, kept=time.monotonic() - answered):
                return


@asynccontextmanager
async def settling(work: Work, patience: Patience) -> AsyncGenerator[Settling]:
    """For what is sent in a block, which ends when all that came of it is committed."""
    async with asyncio.TaskGroup() as group:
        found = Settling(work, patience, group)
        yield found
    await found.tidy()


async def settle(work: Work, delivery: Delivery, outcome: Outcome, *, patience: Patience) -> bool:
    """Commit an outcome, together with others that are ready; whether it is kept.

    What came of it is known here alone: while the database is away it is tried again for as long as the
    process lives, since to forget it would be to send it twice.  What the database will never take is
    logged, and the delivery left to its receipt or the end of its claim.  While the service stops, it takes
    no more commands; what is out already is still written down.
    """
    cause = Cause(delivery.correlation_id)
    while not work.closed:
        try:
            command = await _outcome(work, delivery, outcome, patience)
            await work.run(settle_delivery, command, key=delivery.delivery_id, caller=US, cause=cause)
        except (Unsettled, PyMongoError) as error:
            if isinstance(error, PyMongoError) and not passing(error):
                return _not_kept(delivery, error)
            log.warning("what came of %s waits: %s", delivery.delivery_id, type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return True
    command = await _outcome(work, delivery, outcome, patience)
    job = Job(delivery.delivery_id, settle_delivery, command, work.clock.now(), US, cause)
    await work.execute([job], ByKey.plan)
    return job.error is None or _not_kept(delivery, job.error)


def _not_kept(delivery: Delivery, error: Exception) -> bool:
    """False, and a line in the log without the words of the error, which may hold the whole document."""
    log.error("what came of %s is not kept: %s", delivery.delivery_id, type(error).__name__)
    return False


async def _outcome(work: Work, delivery: Delivery, outcome: Outcome, patience: Patience) -> SettleDelivery:
    missed = outcome.what == "missed"  # only then it matters what time it is where claims are kept
    return SettleDelivery(
        delivery_id=delivery.delivery_id,
        attempt=delivery.attempts,
        outcome=outcome,
        at=await mongo.server_time(work.db) if missed else datetime.now(UTC),
        spread=random.random(),  # noqa: S311  pauses are no secret
        patience=patience,
    )
