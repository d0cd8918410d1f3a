"""A service's access table: actions, and for each of them who may.

What no grant of a cell allows is denied.  The same table decides on one resource and gives the
filter for all; for every caller they agree.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shared import mongo
from shared.access.grants import AUDITOR, EVERYBODY, Grant, Related
from shared.access.resource import NOTHING, Condition, Fields, Filter, both, either
from shared.directory import Directory, Stored
from shared.errors import Forbidden, NotFound
from shared.identity import Caller
from shared.ids import PersonId
from shared.work import Transaction

Cells = Mapping[str, Sequence[Grant]]


class UnknownAction(LookupError):  # noqa: N818  a fault of the program, never of the caller
    """An action was asked about that the table does not have: the program is wrong."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: its noun, and the read that a caller needs to be told that one exists.

    Without that read every refusal is a `NotFound` that says no more than a store's; a kind that
    needs none is no secret.
    """

    noun: str
    read: str = ""


class Table:
    """Who may do what to the resources of a service; a `Policy` of `shared.work`.

    `reads` and `writes` give the grants by action; an auditor may be granted reads only.  `noun` and
    `conceal` are the `Kind` of the service's resources; `kinds` gives, by action, that of others.
    `stored` says what fields are called in documents, where models call them otherwise, such as
    `{"person_id": "_id"}`.
    """

    def __init__(  # noqa: PLR0913  all but the first by name, and half of them with defaults
        self,
        service: str,
        *,
        reads: Cells,
        writes: Cells,
        conceal: str = "",
        noun: str = "resource",
        kinds: Mapping[str, Kind] | None = None,
        stored: Mapping[str, str] | None = None,
    ) -> None:
        self.service = service
        self.reads = _cells(reads)
        self.writes = _cells(writes)
        self._cells = {**self.reads, **self.writes}
        self._kind = Kind(noun, conceal)
        self._kinds = dict(kinds or {})
        self._fields = Fields(stored or {})
        self._require_sound()

    def _require_sound(self) -> None:
        double = self.reads.keys() & self.writes.keys()
        if double:
            raise ValueError(f"both read and write: {', '.join(sorted(double))}")
        audited = [
            name for name, grants in self.writes.items() if any(g.role == AUDITOR.role for g in grants)
        ]
        if audited:
            raise ValueError(f"an auditor may only read: {', '.join(audited)}")
        for kind in (self._kind, *self._kinds.values()):
            if kind.read and kind.read not in self.reads:
                raise ValueError(f"{kind.read} is no read")
        strange = self._kinds.keys() - self._cells.keys()
        if strange:
            raise ValueError(f"of a kind, but no action: {', '.join(sorted(strange))}")

    def granted(self, action: str) -> Sequence[Grant]:
        """The grants of an action; raises `UnknownAction`."""
        grants = self._cells.get(action)
        if grants is None:
            known = ", ".join(sorted(self._cells))
            raise UnknownAction(f"{self.service} has no action {action!r}; its table has {known}")
        return grants

    async def allows(self, tx: Transaction, action: str, resource: object) -> bool:
        """Whether the caller of a transaction may do it."""
        return await self._holds(tx.caller, action, resource, Directory(tx))

    async def require(self, tx: Transaction, action: str, resource: object) -> None:
        """Return if the caller of a transaction may do it; raise `Forbidden` or `NotFound`."""
        await self._require(tx.caller, action, resource, Directory(tx))

    async def decide(self, caller: Caller, action: str, resource: object, database: mongo.Database) -> bool:
        """Whether a caller may do it, outside of any transaction."""
        return await self._holds(caller, action, resource, Directory(Stored(database)))

    async def decide_all(
        self, action: str, wanted: Sequence[tuple[PersonId, object]], database: mongo.Database
    ) -> Sequence[bool]:
        """Of each person and resource whether the person, as such, may do it; who has left may nothing.

        All who are concerned are read with one query.
        """
        directory = Directory(Stored(database))
        fields = {grant.field for grant in self.granted(action)}
        subjects = {
            id_ for _, resource in wanted for name in fields for id_ in self._subjects(resource, name)
        }
        await directory.read_ahead({*subjects, *(person_id for person_id, _ in wanted)})
        return [
            not await directory.has_left(person_id)
            and await self._holds(Caller(person_id, person_id=person_id), action, resource, directory)
            for person_id, resource in wanted
        ]

    async def demand(self, caller: Caller, action: str, resource: object, database: mongo.Database) -> None:
        """As `require`, outside of any transaction."""
        await self._require(caller, action, resource, Directory(Stored(database)))

    async def filter(self, action: str, caller: Caller, database: mongo.Database) -> Filter:
        """Matches the documents to which a caller may do it."""
        reached: defaultdict[tuple[Condition, ...], dict[str, set[PersonId]]] = defaultdict(dict)
        related = Related(caller.person_id, database)
        possible = [grant for grant in self.granted(action) if grant.possible(caller)]
        reached.update({grant.conditions: {} for grant in possible})
        for grant in sorted(possible, key=lambda grant: grant.narrow):
            # Whom all are within reach of needs no list of some: below the head that is everybody.
            if "" not in reached[grant.conditions]:
                await _add_reach(reached[grant.conditions], grant, related)
        if "" in reached.get((), {}):
            return {}
        return either(
            [part for conditions, people in reached.items() for part in self._parts(conditions, people)]
        )

    def missing(self, action: str = "") -> NotFound:
        """What is said of what does not exist, and of what must not be told of, to who wants to do it."""
        return NotFound(f"There is no {self._kind_of(action).noun} with this id.")

    def describe(self) -> str:
        """The table in Markdown."""
        lines = [f"| {self.service} | | who may |", "|---|---|---|"]
        for kind, cells in (("read", self.reads), ("write", self.writes)):
            for action, grants in cells.items():
                who = ", ".join(map(str, grants)) or "nobody"
                lines.append(f"| {action} | {kind} | {who} |")
        return "\n".join(lines)

    def _kind_of(self, action: str) -> Kind:
        return self._kinds.get(action, self._kind)

    async def _require(
        self, caller: Caller | None, action: str, resource: object, directory: Directory
    ) -> None:
        if await self._holds(caller, action, resource, directory):
            return
        kind = self._kind_of(action)
        if kind.read and (
            action == kind.read or not await self._holds(caller, kind.read, resource, directory)
        ):
            raise self.missing(action)
        able = [
            grant
            for grant in self.granted(action)
            if all(each.met_by(resource, self._fields) for each in grant.conditions)
        ]
        names = list(dict.fromkeys(grant.name for grant in able))
        who = f"This takes one of: {', '.join(names)}." if names else "Nobody may."
        raise Forbidden(f"{_you_may_not(action, kind.noun)} {who}", action=action, granted_to=names)

    async def _holds(
        self, caller: Caller | None, action: str, resource: object, directory: Directory
    ) -> bool:
        fields = self._fields
        grants = [
            grant
            for grant in self.granted(action)
            if grant.possible(caller) and all(each.met_by(resource, fields) for each in grant.conditions)
        ]
        person_id = caller.person_id if caller and caller.person_id else PersonId("")
        subjects = {grant.field: self._subjects(resource, grant.field) for grant in grants}
        asking = [grant for grant in grants if grant.active]
        for grant in grants:
            if not grant.active and await grant.holds(person_id, subjects[grant.field], directory):
                return True
        if asking:
            await directory.read_ahead(
                {person_id, *(id_ for grant in asking for id_ in subjects[grant.field])}
            )
        for grant in asking:
            if await grant.holds(person_id, subjects[grant.field], directory):
                return True
        return False

    def _subjects(self, resource: object, field: str) -> Sequence[PersonId]:
        if not field:
            return ()
        return [PersonId(value) for value in self._fields.values(resource, field) if value is not None]

    def _parts(
        self, conditions: Sequence[Condition], people: Mapping[str, Collection[PersonId]]
    ) -> Sequence[Filter]:
        if "" in people:
            return [self._conditioned({}, conditions)]
        return [
            self._conditioned({self._fields.name(field): {"$in": sorted(ids)}}, conditions)
            for field, ids in people.items()
            if ids
        ]

    def _conditioned(self, filter_: Filter, conditions: Sequence[Condition]) -> Filter:
        for each in conditions:
            filter_ = both(filter_, each.filter(self._fields))
        return filter_


def _you_may_not(action: str, noun: str) -> str:
    """In words; an action of several, such as `ask_for_feedback`, has its object already."""
    words = action.replace("_", " ")
    return f"You may not {words}." if words != action else f"You may not {action} this {noun}."


async def _add_reach(people: dict[str, set[PersonId]], grant: Grant, related: Related) -> None:
    reach = await grant.reach(related)
    if reach is EVERYBODY:
        people[""] = set()
    elif reach:
        people.setdefault(grant.field, set()).update(reach)


def _cells(cells: Cells) -> Mapping[str, Sequence[Grant]]:
    return {action: tuple(grants) for action, grants in cells.items()}


__all__ = ["NOTHING", "Cells", "Kind", "Table", "UnknownAction"]
