"""A person who works or worked here: joining, moving, changing manager, leaving.

Owns the directory entry and what may happen to it.  Refuses to know demographic attributes
(see `demographics`), and who else exists: the line above a manager is an argument.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import ClassVar, Literal, Required, Self, TypedDict, Unpack

from services.people.domain.locality import DEFAULT_LANGUAGE, DEFAULT_TIME_ZONE, require_locality
from shared.aggregate import Aggregate
from shared.contracts.people import (
    ManagerChanged,
    PersonDetailsChanged,
    PersonJoined,
    PersonLeft,
    PersonMoved,
    PersonRolesChanged,
    PersonState,
)
from shared.errors import Invalid, Refusal
from shared.identity import GroupRole
from shared.ids import PersonId, UnitId

PersonEvent = PersonJoined | PersonMoved | ManagerChanged | PersonLeft | PersonDetailsChanged


class NamelessPerson(Invalid):
    """A person needs a given or a family name."""


class ManagesThemselves(Refusal):
    """Nobody reports to themselves."""


class CircularLine(Refusal):
    """The new manager reports, directly or not, to the person."""


class LeavesBeforeJoining(Invalid):
    """The leaving date lies before the joining date."""


class _OtherDetails(TypedDict, total=False):
    family_name: str
    employee_number: str | None
    external_id: str | None
    email: str | None
    job_title: str | None
    job_level: str | None
    location: str | None
    time_zone: str
    language: str
    joined_on: date | None


class NewDetails(_OtherDetails):
    """What is said of a person who joins."""

    given_name: Required[str]


class Details(_OtherDetails, total=False):
    """What is said of a person, without their place in the organisation; only what is stated."""

    given_name: str


class Person(Aggregate):
    """A directory entry.

    `employee_number` and `external_id` are how other systems call the person; they never leave
    the people service.  E-mail addresses are kept in lower case, so that they can be looked up.
    `job_level` is a code of the organisation's own, such as `L3`: how far up a job stands, not what is paid
    for it, which is the pay grade.  `roles` are those that the identity provider's groups give.
    `access_closed` is that the provider has deactivated them: whatever HR's data say, only the provider, or
    HR by taking them back on purpose, lets them in again.  `deprovisioned` is that it has deleted its User,
    and sees none until the person is taken back.
    """

    id_field: ClassVar[str] = "person_id"
    person_id: PersonId
    employee_number: str | None = None
    external_id: str | None = None
    given_name: str
    family_name: str = ""
    email: str | None = None
    job_title: str | None = None
    job_level: str | None = None
    unit_id: UnitId | None = None
    manager_id: PersonId | None = None
    location: str | None = None
    time_zone: str = DEFAULT_TIME_ZONE
    language: str = DEFAULT_LANGUAGE
    joined_on: date | None = None
    left_on: date | None = None
    status: Literal["active", "left"] = "active"
    roles: tuple[GroupRole, ...] = ()
    access_closed: bool = False
    deprovisioned: bool = False

    @property
    def name(self) -> str:
        """Given and family name, as far as there are any."""
        return f"{self.given_name} {self.family_name}".strip()

    @classmethod
    def join(
        cls,
        person_id: PersonId,
        *,
        unit_id: UnitId | None = None,
        manager_id: PersonId | None = None,
        **details: Unpack[NewDetails],
    ) -> tuple[Self, PersonJoined]:
        """Add a person to the directory, active from now."""
        person = cls(person_id=person_id, unit_id=unit_id, **details)
        _require_sound(person)
        person, *_ = person.report_to(manager_id)
        return person, _joined(person)

    def move(self, unit_id: UnitId | None) -> tuple[Self, *tuple[PersonMoved, ...]]:
        """Go to another org unit, or to none."""
        if unit_id == self.unit_id:
            return (self,)
        moved = PersonMoved(person_id=self.person_id, from_unit_id=self.unit_id, to_unit_id=unit_id)
        return self.model_copy(update={"unit_id": unit_id}), moved

    def report_to(
        self, manager_id: PersonId | None, *, line: Collection[PersonId] = ()
    ) -> tuple[Self, *tuple[ManagerChanged, ...]]:
        """Report to somebody else, or to nobody; `line` is everyone above the new manager."""
        if manager_id == self.manager_id:
            return (self,)
        if manager_id == self.person_id:
            raise ManagesThemselves("Nobody reports to themselves; name somebody else, or nobody.")
        if self.person_id in line:
            raise CircularLine(
                "The new manager reports to this person, directly or not; change the manager's line first.",
                manager_id=manager_id,
            )
        changed = ManagerChanged(
            person_id=self.person_id, from_manager_id=self.manager_id, to_manager_id=manager_id
        )
        return self.model_copy(update={"manager_id": manager_id}), changed

    def correct(self, **details: Unpack[Details]) -> tuple[Self, *tuple[PersonDetailsChanged, ...]]:
        """Replace the details given and keep the others."""
        person = self.model_copy(update=dict(details))
        if person == self:
            return (self,)
        _require_sound(person)
        return person, PersonDetailsChanged(person_id=self.person_id)

    def leave(self, left_on: date | None) -> tuple[Self, *tuple[PersonLeft, ...]]:
        """Leave, on a day that may not be known; of a person who left, set the day right.

        Their reports keep naming them.
        """
        if self.status == "left" and self.left_on == left_on:
            return (self,)
        person = self.model_copy(update={"status": "left", "left_on": left_on})
        _require_sound(person)
        return person, PersonLeft(person_id=self.person_id, left_on=left_on)

    def rejoin(self, joined_on: date | None) -> tuple[Self, *tuple[PersonJoined, ...]]:
        """Come back after leaving, into the same unit and line."""
        if self.status == "active":
            return (self,)
        back = {"status": "active", "left_on": None, "joined_on": joined_on}
        person = self.model_copy(update={**back, "access_closed": False, "deprovisioned": False})
        return person, _joined(person)

    def close_access(self) -> Self:
        """Be out by the identity provider's word; of somebody who has left."""
        return self.model_copy(update={"access_closed": True})

    def deprovision(self) -> Self:
        """Be no User of the identity provider any more; of somebody who has left."""
        return self.model_copy(update={"deprovisioned": True})

    def take_roles(self, roles: Iterable[GroupRole]) -> tuple[Self, *tuple[PersonRolesChanged, ...]]:
        """Have these roles by the identity provider's groups, and no others by them."""
        ordered = tuple(sorted({*roles}))
        if ordered == self.roles:
            return (self,)
        return self.model_copy(update={"roles": ordered}), PersonRolesChanged(person_id=self.person_id)

    def state(self) -> PersonState:
        """What the directory shows of the person."""
        return PersonState.model_validate(self.model_dump())


def _joined(person: Person) -> PersonJoined:
    return PersonJoined(
        person_id=person.person_id,
        manager_id=person.manager_id,
        unit_id=person.unit_id,
        joined_on=person.joined_on,
    )


def _require_sound(person: Person) -> None:
    if not (person.given_name.strip() or person.family_name.strip()):
        raise NamelessPerson("Give the person a given name or a family name.")
    require_locality(time_zone=person.time_zone, language=person.language)
    if person.joined_on and person.left_on and person.left_on < person.joined_on:
        raise LeavesBeforeJoining(
            "The leaving date lies before the joining date; set one of them right.",
            joined_on=person.joined_on,
            left_on=person.left_on,
        )
