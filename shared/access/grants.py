"""The ways in which a caller can stand to a resource: by relation, by role, or as anybody.

Each is asked in two ways with one answer: of one resource (`holds`), and of all of them (`reach`).
Relations are those of the local directory.  Who has left has none of them, and nobody is their
own manager or HR partner.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shared import mongo
from shared.access.resource import Condition, Fields, condition
from shared.directory import Directory, DirectoryReader
from shared.identity import Caller, Role
from shared.ids import PersonId

EVERYBODY: Final = None
"""Of a reach: it holds for every resource, whoever that is about."""


class Related:
    """Whom one person relates to, each relation looked up once; for the length of one filter."""

    def __init__(self, person_id: PersonId | None, database: mongo.Database) -> None:
        self.directory = DirectoryReader(database)
        self.person_id = person_id
        self._known: dict[object, Collection[PersonId]] = {}
        self._active: bool | None = None

    async def active(self) -> bool:
        """Whether they are known and work here."""
        if self._active is None:
            people = self.directory.one_by_one()
            self._active = self.person_id is not None and await people.is_active(self.person_id)
        return self._active

    async def by(
        self, look_up: Callable[[DirectoryReader, PersonId], Awaitable[Sequence[PersonId]]]
    ) -> Collection[PersonId]:
        """Everybody else to whom they stand in the relation that is looked up."""
        if self.person_id is None or not await self.active():
            return ()
        if look_up not in self._known:
            found = await look_up(self.directory, self.person_id)
            self._known[look_up] = set(found) - {self.person_id}
        return self._known[look_up]


@dataclass(frozen=True, slots=True)
class Grant(ABC):
    """One entry of a table's cell.

    `name` is the word for it in documents and refusals; `field` names the person of the resource
    whom it relates to, if it relates; `role` is what the caller's token must say; `asks` is whether
    the directory is needed; `conditions` are for the table to check.
    """

    name: str
    field: str = ""
    role: Role | None = None
    asks: bool = False
    conditions: tuple[Condition, ...] = ()

    def possible(self, caller: Caller | None) -> bool:
        """Whether it can hold for any resource at all, as far as the token tells."""
        if caller is None or (self.role is not None and not caller.has(self.role)):
            return False
        return caller.person_id is not None or not (self.field or self.asks)

    @abstractmethod
    async def holds(self, person_id: PersonId, subjects: Sequence[PersonId], directory: Directory) -> bool:
        """Whether it holds for the caller and those whom `field` of a resource names.

        Asked only if it is possible; `person_id` is empty for a caller who is no person.
        """

    @abstractmethod
    async def reach(self, related: Related) -> Collection[PersonId] | None:
        """The people for whose resources it holds, or `EVERYBODY`; nobody is an empty one."""

    def __str__(self) -> str:
        words = f"{self.name} ({self.field})" if self.field else self.name
        return f"{words} when {' and '.join(map(str, self.conditions))}" if self.conditions else words


class _ByRole(Grant):
    __slots__ = ()

    async def holds(self, person_id: PersonId, subjects: Sequence[PersonId], directory: Directory) -> bool:
        return True

    async def reach(self, related: Related) -> Collection[PersonId] | None:
        return EVERYBODY


class _Anyone(Grant):
    __slots__ = ()

    async def holds(self, person_id: PersonId, subjects: Sequence[PersonId], directory: Directory) -> bool:
        return await directory.is_active(person_id)

    async def reach(self, related: Related) -> Collection[PersonId] | None:
        return EVERYBODY if await related.active() else ()


class _Suite(Grant):
    __slots__ = ()

    def possible(self, caller: Caller | None) -> bool:
        return caller is None

    async def holds(self, person_id: PersonId, subjects: Sequence[PersonId], directory: Directory) -> bool:
        return True

    async def reach(self, related: Related) -> Collection[PersonId] | None:
        return EVERYBODY


class _Party(Grant):
    __slots__ = ()

    async def holds(self, person_id: PersonId, subjects: Sequence[PersonId], directory: Directory) -> bool:
        return person_id in subjects

    async def reach(self, related: Related) -> Collection[PersonId] | None:
        return () if related.person_id is None else (related.person_id,)


class _Relative(Grant):
    """By a relation to one of the subjects, for callers who work here."""

    __slots__ = ()

    async def holds(self, person_id: PersonId, subjects: Sequence[PersonId], directory: Directory) -> bool:
        for subject in subjects:
            if subject != person_id and await self.relates(directory, person_id, subject):
                return await directory.is_active(person_id)
        return False

    @abstractmethod
    async def relates(self, directory: Directory, person_id: PersonId, subject: PersonId) -> bool:
        """Whether the person stands in the relation to the subject."""


class _Manager(_Relative):
    __slots__ = ()

    async def relates(self, directory: Directory, person_id: PersonId, subject: PersonId) -> bool:
        return await directory.is_manager(person_id, subject)

    async def reach(self, related: Related) -> Collection[PersonId] | None:
        return await related.by(DirectoryReader.person_ids_reporting_to)


class _Above(_Relative):
    __slots__ = ()

    async def relates(self, directory: Directory, person_id: PersonId, subject: PersonId) -> bool:
        return await directory.is_above(person_id, subject)

    async def reach(self, related: Related) -> Collection[PersonId] | None:
        return await related.by(DirectoryReader.person_ids_below)


class _HrPartner(_Relative):
    __slots__ = ()

    async def relates(self, directory: Directory, person_id: PersonId, subject: PersonId) -> bool:
        return person_id in await directory.listed_hr_partners_of(subject)

    async def reach(self, related: Related) -> Collection[PersonId] | None:
        return await related.by(DirectoryReader.person_ids_partnered_by)


def self_(field: str) -> Grant:
    """The person whom the field names.  Asks nobody, so that it is true of who has left, too."""
    return _Party("self", field)


def party(field: str) -> Grant:
    """As `self_`, called by the field: `giver_id` is the giver."""
    return _Party(field.removesuffix("_ids").removesuffix("_id").replace("_", " "), field)


def manager(field: str) -> Grant:
    """The direct manager of the person whom the field names."""
    return _Manager("manager", field, asks=True)


def chain(field: str) -> Grant:
    """Anybody in the line above the person whom the field names, the manager too."""
    return _Above("manager chain", field, asks=True)


def executive(field: str) -> Grant:
    """A caller with the role who is in the line above the person whom the field names."""
    return _Above("executive", field, "executive", asks=True)


def hr_partner(field: str) -> Grant:
    """A caller with the role whom the unit of the person lists, or the nearest unit above that lists any."""
    return _HrPartner("HR partner", field, "hr_partner", asks=True)


def when(grant: Grant, **conditions: object) -> Grant:
    """The grant, for resources that are so: `when(ANYONE, visibility="public", stage={"a", "b"})`."""
    added = tuple(condition(field, wanted) for field, wanted in conditions.items())
    return replace(grant, conditions=grant.conditions + added)


HR_ADMIN: Final[Grant] = _ByRole("HR admin", role="hr_admin")
AUDITOR: Final[Grant] = _ByRole("auditor", role="auditor")
SERVICE: Final[Grant] = _ByRole("service", role="service")
ANYONE: Final[Grant] = _Anyone("anyone", asks=True)
"""Every person who is in the directory and has not left."""
SUITE: Final[Grant] = _Suite("the suite")
"""The suite itself, when a reaction does it and nobody asks."""
