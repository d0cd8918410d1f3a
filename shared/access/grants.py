"""The ways in which a caller can stand to a resource: by relation, by role, or as anybody.

Each is asked in two ways with one answer: of one resource (`holds`), and of all of them (`reach`).
Relations are those of the local directory.  Who has left has none of them, and nobody is their
own manager or HR partner.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shared import mongo
from shared.access.resource import Condition, condition
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
        self._known: dict[LookUp, Collection[PersonId]] = {}
        self._active: bool | None = None

    async def active(self) -> bool:
        """Whether they are known and work here."""
        if self._active is None:
            people = self.directory.one_by_one()
            self._active = self.person_id is not None and await people.is_active(self.person_id)
        return self._active

    def oneself(self) -> Collection[PersonId]:
        """They themselves; nobody if the caller is no person."""
        return () if self.person_id is None else (self.person_id,)

    async def by(self, look_up: "LookUp") -> Collection[PersonId]:
        """Everybody else to whom they stand in the relation that is looked up."""
        if self.person_id is None:
            return ()
        if look_up not in self._known:
            found = await look_up(self.directory, self.person_id)
            self._known[look_up] = set(found) - {self.person_id}
        return self._known[look_up]


Relates = Callable[[Directory, PersonId, PersonId], Awaitable[bool]]
"""(directory, person, subject) -> whether the person stands in the relation to the subject."""
LookUp = Callable[[DirectoryReader, PersonId], Awaitable[Sequence[PersonId]]]
"""(reader, person) -> everybody to whom the person stands in it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry of a table's cell.

    `name` is the word for it in documents and refusals; `field` names the person, or the people,
    of the resource whom it relates to, if it does; `role` is what the caller's token must say;
    `active` is whether only those who work here have it; `conditions` are for the table to check.
    """

    name: str
    field: str = ""
    role: Role | None = None
    active: bool = False
    suite: bool = False
    relates: Relates | None = None
    look_up: LookUp | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def narrow(self) -> bool:
        """Whether it holds for the resources of some people only."""
        return bool(self.field)

    def possible(self, caller: Caller | None) -> bool:
        """Whether it can hold for any resource at all, as far as the token tells."""
        if caller is None or self.suite:
            return caller is None and self.suite
        if self.role is not None and not caller.has(self.role):
            return False
        return caller.person_id is not None or not (self.field or self.active)

    async def holds(self, person_id: PersonId, subjects: Sequence[PersonId], directory: Directory) -> bool:
        """Whether it holds for a person and those whom `field` of a resource names, if possible."""
        if self.field and not await self._stands(person_id, subjects, directory):
            return False
        return not self.active or await directory.is_active(person_id)

    async def _stands(self, person_id: PersonId, subjects: Sequence[PersonId], directory: Directory) -> bool:
        if self.relates is None:
            return person_id in subjects
        for subject in subjects:
            if subject != person_id and await self.relates(directory, person_id, subject):
                return True
        return False

    async def reach(self, related: Related) -> Collection[PersonId] | None:
        """The people for whose resources it holds, if possible; `EVERYBODY` for all resources."""
        if self.active and not await related.active():
            return ()
        if self.look_up is not None:
            return await related.by(self.look_up)
        return related.oneself() if self.field else EVERYBODY

    def __str__(self) -> str:
        words = f"{self.name} ({self.field})" if self.field else self.name
        return f"{words} when {' and '.join(map(str, self.conditions))}" if self.conditions else words


def self_(field: str) -> Grant:
    """The person whom the field names.  Nobody is asked, so that it holds for who has left, too."""
    return Grant("self", field)


def party(field: str) -> Grant:
    """As `self_`, called by the field: `giver_id` is the giver."""
    return Grant(field.removesuffix("_ids").removesuffix("_id").replace("_", " "), field)


def manager(field: str) -> Grant:
    """The direct manager of the person whom the field names."""
    return _relative("manager", field, Directory.is_manager, DirectoryReader.person_ids_reporting_to)


def manager_in_effect(field: str) -> Grant:
    """As `manager`; while those between have left, the nearest above stands in for them."""
    return _relative(
        "manager", field, Directory.manages_in_effect, DirectoryReader.person_ids_managed_in_effect_by
    )


def chain(field: str) -> Grant:
    """Anybody in the line above the person whom the field names, the direct manager too."""
    return _relative("manager chain", field, Directory.is_above, DirectoryReader.person_ids_below)


def team(field: str) -> Grant:
    """Who shares the direct manager of the person whom the field names, or has that person for one."""
    return _relative("team", field, Directory.is_in_team_of, DirectoryReader.person_ids_with_in_team)


def executive(field: str) -> Grant:
    """A caller with the role who is in the line above the person whom the field names."""
    return replace(chain(field), name="executive", role="executive")


def hr_partner(field: str) -> Grant:
    """A caller with the role whom the person's unit lists, or the nearest unit above that lists any."""
    partner = _relative("HR partner", field, Directory.is_hr_partner, DirectoryReader.person_ids_partnered_by)
    return replace(partner, role="hr_partner")


def hr_of_departed(field: str) -> Grant:
    """HR admin, once the person whom the field names has left."""
    return Grant("HR admin of who has left", field, role="hr_admin", relates=_has_left, look_up=_all_left)


async def _has_left(directory: Directory, _: PersonId, subject: PersonId) -> bool:
    return await directory.has_left(subject)


async def _all_left(reader: DirectoryReader, _: PersonId) -> Sequence[PersonId]:
    return await reader.person_ids_who_left()


def anyone() -> Grant:
    """Every person who is in the directory and has not left."""
    return Grant("anyone", active=True)


def when(grant: Grant, **conditions: object) -> Grant:
    """The grant, for resources that are so: `when(anyone(), visibility="public", stage={"a", "b"})`."""
    added = tuple(condition(field, wanted) for field, wanted in conditions.items())
    return replace(grant, conditions=grant.conditions + added)


def _relative(name: str, field: str, relates: Relates, look_up: LookUp) -> Grant:
    return Grant(name, field, active=True, relates=relates, look_up=look_up)


HR_ADMIN: Final = Grant("HR admin", role="hr_admin")
AUDITOR: Final = Grant("auditor", role="auditor")
PRIVACY_OFFICER: Final = Grant("privacy officer", role="privacy_officer")
"""Who answers people that ask for their data, and has them erased; reads whole what is held of somebody."""
HR_SYSTEM: Final = Grant("HR system", role="hr_system")
"""The system that knows who works here, and tells it."""
MEASURING_SYSTEM: Final = Grant("measuring system", role="measuring_system")
"""A system that knows the numbers of key results, and reports them."""
SUITE: Final = Grant("the suite", suite=True)
"""The suite itself, when a reaction does it and nobody asks."""
