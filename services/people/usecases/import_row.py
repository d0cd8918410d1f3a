"""Import one row of a file: the person joins, changes or stays as they are.

When    an import has begun (fan-out `people_import`, rows in order, managers first)
Rule    reconcile; identifiers belong to one person; no circle in the lines
Emits   people.PersonJoined, PersonMoved, ManagerChanged, PersonDetailsChanged, PersonLeft
Then    every service keeps its copy

What was planned may be out of date by now, so the person and the manager are looked up again: who
was new may be there already.  What a rule refuses is reported with the row's line, and the rest of
the file goes on.  The last recipient of the fan-out is the end of the import itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from services.people.domain.csv_import import (
    PersonRow,
    Problem,
    Severity,
    is_kept_out,
    reconcile,
    reconcile_demographics,
)
from services.people.domain.identifiers import identifier_key
from services.people.domain.import_run import Outcome, Tally
from services.people.domain.person import CircularLine, ManagesThemselves, Person, PersonEvent
from services.people.store.demographics import DemographicsStore
from services.people.store.guards import GUARDS, LINES
from services.people.store.imports import (
    CHUNKS,
    LONG_AGO,
    ImportStore,
    ReportStore,
    WaitingRow,
    chunk_id,
    read_tally,
)
from services.people.store.people import PersonStore
from shared import mongo
from shared.errors import Refusal
from shared.fan_out import FanOut, Recipient
from shared.ids import PersonId
from shared.work import Transaction

KIND: Final = "people_import"
END: Final = "~ end"
"""The cursor behind all rows; a row's is its place in the order and its line."""


KEPT_OUT: Final = "The identity provider has closed the person's access; they stay one who has left."


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of an import, at its place in the order."""

    import_id: str
    index: int
    waiting: WaitingRow
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EndImport:
    """Every row is done with, and this is what came of them."""

    import_id: str
    chunks: int
    tally: Tally


async def import_row(message: ImportRow | EndImport, tx: Transaction) -> None:
    """Import a row and report what came of it; at the end, close the import."""
    if isinstance(message, EndImport):
        await _end(message, tx)
        return
    report = ReportStore(tx, import_id=message.import_id, expires_at=message.expires_at)
    row = _Row(message.waiting.row, message.waiting, tx)
    try:
        outcome = await row.take()
    except Refusal as refusal:
        outcome = "refused"
        row.say("error", refusal.detail, mend="Mend the row, or the directory, and import the file again.")
    report.add_outcome(message.index, outcome)
    report.add_problems(row.problems, named=f"r{message.index:07d}")


@dataclass(slots=True)
class _Row:
    """A row on its way into the directory.  Nothing is written before all rules have agreed."""

    row: PersonRow
    waiting: WaitingRow
    tx: Transaction
    problems: list[Problem] = field(default_factory=list[Problem])

    async def take(self) -> Outcome:
        people = PersonStore(self.tx)
        await self._identify(people)
        before = await people.find(self.row.person_id)
        await self._find_manager(before, people)
        if before is not None and is_kept_out(self.row, before):
            self.say("warning", KEPT_OUT, mend="Let the provider activate them, or take them back yourself.")
        person, *events = reconcile(self.row, before)
        if events:
            await self._save(before, person, events, people)
        attributes_changed = await self._take_attributes()
        if before is None:
            return "joined"
        return "changed" if events or attributes_changed else "unchanged"

    async def _identify(self, people: PersonStore) -> None:
        """Who was new when the file was read may have been added since."""
        if self.row.known:
            return
        details = self.row.details
        for key in (
            identifier_key("employee_number", details.get("employee_number")),
            identifier_key("email", details.get("email")),
        ):
            holder_id = await people.holder(key)
            if holder_id is not None and holder_id != self.waiting.email_of:
                self.row = replace(self.row, person_id=holder_id)
                return

    async def _find_manager(self, before: Person | None, people: PersonStore) -> None:
        """The manager as they are by now; without one to be found, whom they report to stays."""
        manager_id = self.row.manager_id
        if manager_id is None or not self.row.states_manager:
            return
        if await self.tx.peek(people.collection, manager_id) is None:
            manager_id = await self._known_again(people)
        if manager_id is None:
            self._keep_manager(before, "The manager was not imported.")
        elif before is not None and manager_id != before.manager_id:
            await self._hold_line(before, manager_id, people)
        else:
            self.row = replace(self.row, manager_id=manager_id)

    async def _known_again(self, people: PersonStore) -> PersonId | None:
        for key in self.waiting.manager_keys:
            holder_id = await people.holder(key)
            if holder_id is not None:
                return holder_id
        return None

    async def _hold_line(self, before: Person, manager_id: PersonId, people: PersonStore) -> None:
        self.tx.hold(GUARDS, LINES)
        try:
            before.report_to(manager_id, line=await people.line_from(manager_id))
        except (CircularLine, ManagesThemselves) as refusal:
            self._keep_manager(before, refusal.detail)
        else:
            self.row = replace(self.row, manager_id=manager_id)

    def _keep_manager(self, before: Person | None, why: str) -> None:
        kept = before.manager_id if before else None
        self.row = replace(self.row, manager_id=kept)
        became = "The person keeps the manager they have." if kept else "The person has no manager now."
        self.say("warning", f"{why} {became}", mend="Name the manager, and import the file again.")

    async def _save(
        self, before: Person | None, person: Person, events: Sequence[PersonEvent], people: PersonStore
    ) -> None:
        yielding = await self._yielding(person, people)
        person = await people.save_identified(
            before, person, yielded_by=yielding.person_id if yielding else None
        )
        self.tx.publish(*events, person.state())
        if yielding is not None:
            without, *corrected = yielding.correct(email=None)
            self.tx.publish(*corrected, people.save(without).state())

    async def _yielding(self, person: Person, people: PersonStore) -> Person | None:
        """Somebody whose address this person takes, since the file gives them another one."""
        owner_id = self.waiting.email_of
        owner = await people.find(owner_id) if owner_id else None
        return owner if owner and owner.email and owner.email == person.email else None

    async def _take_attributes(self) -> bool:
        if not self.row.attributes:
            return False
        store = DemographicsStore(self.tx)
        known = await store.of(self.row.person_id)
        after = reconcile_demographics(self.row, known)
        if after is None or after == known:
            return False
        store.save(after)
        return True

    def say(self, severity: Severity, reason: str, *, mend: str) -> None:
        self.problems.append(
            Problem(line=self.row.line, column=None, severity=severity, reason=reason, mend=mend)
        )


async def _end(message: EndImport, tx: Transaction) -> None:
    imports = ImportStore(tx)
    run = await imports.get(message.import_id)
    imports.save(run.finish(message.tally))
    for number in range(message.chunks):
        tx.update(CHUNKS, chunk_id(message.import_id, number), {"$set": {"rows": [], "expires_at": LONG_AGO}})


async def pages(
    db: mongo.Database, params: Mapping[str, Any], after: str | None, limit: int
) -> Sequence[Recipient]:
    """The next rows of a level, of one chunk; behind the last of them the end, and behind that nothing."""
    import_id, expires_at = params["import_id"], params["expires_at"]
    if after == END:
        return ()
    last = int(after.split()[0]) if after else -1
    chunk = await db[CHUNKS].find_one(
        {"import_id": import_id, "last": {"$gt": last}}, sort=[("import_id", 1), ("last", 1)]
    )
    if chunk is None:
        tally = await read_tally(db, import_id)
        return (Recipient(END, EndImport(import_id, params["chunks"], tally)),)
    return [
        Recipient(f"{index:07d} {each.row.line}", ImportRow(import_id, index, each, expires_at))
        for index, each in _level(chunk, after=last, limit=limit)
    ]


def _level(chunk: Mapping[str, Any], *, after: int, limit: int) -> Iterator[tuple[int, WaitingRow]]:
    """The next rows up to the first whose manager is among them: recipients of a page have no order."""
    among: set[PersonId] = set()
    for index, doc in enumerate(chunk["rows"], chunk["first"]):
        if index <= after:
            continue
        each = WaitingRow.of(doc)
        if len(among) == limit or each.row.manager_id in among:
            return
        among.add(each.row.person_id)
        yield index, each


FAN_OUT: Final = FanOut(KIND, pages, import_row)
