"""Tell the other services on whom there is a legal hold, so that they remove nothing for its age.

When    a hold is placed or lifted (hold_person); within a minute, of one that was stored without being told
        or before the database was restored (a leased worker)
Rule    ToldHold: by hold and epoch, what was told last
Emits   people.HoldState, or a null, and people.HoldsTold once Kafka has all that there were at the start;
        Cairn's own services alone are granted the topic

After a restore all holds that there are are told again.  One that was placed after the backup is not known
here any more, and stays with those who were told of it until it is placed and lifted anew.
"""

from services.people.domain.legal_hold import LegalHold, ToldHold
from services.people.store.erasures import HOLDS, TOLD_HOLDS, HoldStore, ToldHoldStore
from shared.contracts.base import Frozen
from shared.contracts.people import ALL_HOLDS, HoldState, HoldsTold
from shared.messaging.envelope import topic_of
from shared.messaging.relay import OUTBOX
from shared.work import Transaction, Work


class TellHold(Frozen):
    """Which hold is to be told as it is; `epoch` is the database's."""

    hold_id: str
    epoch: int


async def tell_hold(hold_id: str, hold: LegalHold | None, tx: Transaction, *, epoch: int) -> None:
    """Say that there is a hold, or None: that this message has deleted it."""
    await _note(ToldHold(hold_id=hold_id, held=hold is not None, epoch=epoch), tx)
    if hold is not None:
        tx.publish(hold.state())
    else:
        tx.tombstone(HoldState, hold_id)


async def tell_again(command: TellHold, tx: Transaction) -> None:
    """Say how it is by now."""
    hold = await HoldStore(tx).find(command.hold_id)
    if hold is None:
        tx.delete(HOLDS, command.hold_id, version=0)
    await tell_hold(command.hold_id, hold, tx, epoch=command.epoch)


async def tell_all_told(command: TellHold, tx: Transaction) -> None:
    """Say that there is no hold which was not told."""
    await _note(ToldHold(hold_id=command.hold_id, held=False, epoch=command.epoch), tx)
    tx.publish(HoldsTold(holds_id=ALL_HOLDS))


async def _note(said: ToldHold, tx: Transaction) -> None:
    before = await ToldHoldStore(tx).find(said.hold_id)
    ToldHoldStore(tx).save(said.model_copy(update={"version": before.version if before else 0}))


class HoldTeller:
    """The turn of a worker that tells what was not told as it is in this epoch of the database."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def turn(self) -> bool:
        """Tell all of it, and at a later turn, when it is sent, that it was all; there is never more."""
        db, epoch = self._work.db, self._work.epoch
        there = {*await db[HOLDS].distinct("_id")}
        told = {*await db[TOLD_HOLDS].distinct("_id", {"held": True, "epoch": epoch})}
        lifted = {*await db[TOLD_HOLDS].distinct("_id", {"held": True})} - there
        untold = sorted((there - told) | lifted)
        for hold_id in untold:
            await self._work.run(tell_again, TellHold(hold_id=hold_id, epoch=epoch), key=hold_id)
        if not untold:
            await self._say_that_it_is_all()
        return False

    async def _say_that_it_is_all(self) -> None:
        db, command = self._work.db, TellHold(hold_id=ALL_HOLDS, epoch=self._work.epoch)
        if await db[TOLD_HOLDS].find_one({"_id": command.hold_id, "epoch": command.epoch}) is not None:
            return
        if await db[OUTBOX].find_one({"sent": False, "topic": topic_of(HoldState)}) is None:
            await self._work.run(tell_all_told, command, key=command.hold_id)
