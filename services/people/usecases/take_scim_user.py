"""Take what the identity provider says of a person: they join, change, leave or come back.

When    the identity provider creates, replaces, patches or deletes a User (SCIM, /scim/v2/Users)
May     join, change, record_departure, take_back, give_roles: HR admin, which the provider's token stands
        for (access.py)
Rule    those of join_person, change_person, close_access and take_back_person; one person has a userName
Emits   what those emit; people.PersonRolesChanged of who was in groups and is deleted
Then    every service keeps its copy, and refuses who has left
"""

from datetime import datetime
from typing import Any

from services.people.domain.person import Person
from services.people.store.people import PersonStore
from services.people.store.scim import ScimUser, ScimUserStore
from services.people.usecases.change_person import ChangePerson, PersonChange, change_person
from services.people.usecases.close_access import CloseAccess, close_access
from services.people.usecases.join_person import JoinPerson, NewPerson, join_person
from services.people.usecases.take_back_person import TakeBackPerson, take_back_person
from services.people.usecases.take_scim_group import leave_groups
from shared.contracts.base import Frozen
from shared.errors import NotFound, Refusal, Stale
from shared.ids import PersonId
from shared.work import Transaction


class UserNameTaken(Refusal):
    """Somebody else has the userName."""


class TakeScimUser(Frozen):
    """What is said of whom; `expected` is the version that it must still have.

    `creates`: the id is new, unless a User of this userName was deleted.  Without `active` who is created is
    active, and who is there already stays as they are.
    """

    person_id: PersonId
    creates: bool = False
    said: PersonChange
    user_name: str
    active: bool | None = None
    expected: str | None = None
    resource: dict[str, Any]


class DeleteScimUser(Frozen):
    """Who is a User no longer; `expected` is the version that it must still have."""

    person_id: PersonId
    expected: str | None = None


Taken = tuple[Person, ScimUser | None]


async def take_scim_user(command: TakeScimUser | DeleteScimUser, tx: Transaction) -> Taken:
    """The person, and what is kept of what was said."""
    users = ScimUserStore(tx)
    if isinstance(command, TakeScimUser):
        command = await _named(command, users, tx)
    kept, before = await users.of(command.person_id), await PersonStore(tx).find(command.person_id)
    if isinstance(command, DeleteScimUser):
        return await _deleted(_current(command.expected, before, kept), tx), kept
    if not command.creates:
        _current(command.expected, before, kept)
    person = await _standing(command, await _said(command, before, kept, tx), tx)
    user = ScimUser(
        person_id=command.person_id,
        version=kept.version if kept else 0,
        user_name=command.user_name,
        resource=command.resource,
        created=kept.created if kept else written(tx.now),
        modified=written(tx.now),
    )
    return person, await users.save(kept, user)


def version_of(person: Person, user: ScimUser | None) -> str:
    """The entity tag: it changes with the person and with what was said of them."""
    return f'W/"{person.version}.{user.version if user else 0}"'


def written(at: datetime) -> str:
    """A time as resources have it."""
    return at.isoformat()


async def _named(command: TakeScimUser, users: ScimUserStore, tx: Transaction) -> TakeScimUser:
    """What is said, of who has the userName if they were deleted and are created again."""
    holder_id = await users.holder(command.user_name)
    if holder_id is None or holder_id == command.person_id:
        return command
    holder = await PersonStore(tx).find(holder_id)
    if command.creates and holder is not None and holder.deprovisioned:
        return command.model_copy(update={"person_id": holder_id})
    raise UserNameTaken("Somebody else has this userName; set one of the two right.", field="userName")


def _current(expected: str | None, before: Person | None, kept: ScimUser | None) -> Person:
    if before is None or before.deprovisioned:
        raise NotFound("There is no User with this id.")
    if expected is not None and expected != version_of(before, kept):
        raise Stale("The User was changed since it was read; read it again.")
    return before


async def _deleted(person: Person, tx: Transaction) -> Person:
    person = await leave_groups(person, tx)
    await close_access(CloseAccess(person_id=person.person_id), tx)
    people = PersonStore(tx)
    return people.save((await people.get(person.person_id)).deprovision())


async def _said(
    command: TakeScimUser, before: Person | None, kept: ScimUser | None, tx: Transaction
) -> Person:
    """The person after what is said; what only HR has said, and this does not, stays."""
    said = command.said.model_dump(exclude_unset=True)
    if before is None:
        new = NewPerson.model_validate({**said, "joined_on": tx.now.date()})
        return await join_person(JoinPerson(person_id=command.person_id, person=new), tx)
    stated = kept.resource.get("stated", ()) if kept else ()
    change = {name: value for name, value in said.items() if value is not None or name in stated}
    return await change_person(
        ChangePerson(person_id=command.person_id, change=PersonChange.model_validate(change)), tx
    )


async def _standing(command: TakeScimUser, person: Person, tx: Transaction) -> Person:
    """Out or in, as is said; whom the provider did not let go it does not take back.

    A patch of something else repeats that who has left is inactive: that is not the provider's word.
    """
    if command.active is False and person.status == "active":
        return await close_access(CloseAccess(person_id=person.person_id), tx)
    to_be_in = command.creates if command.active is None else command.active
    if to_be_in and (person.access_closed or person.deprovisioned):
        back = TakeBackPerson(person_id=person.person_id, joined_on=tx.now.date())
        return await take_back_person(back, tx)
    return person
