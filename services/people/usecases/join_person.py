"""Add somebody to the directory.

When    HR asks (POST /people)
May     join: HR admin, HR partner of the unit     (access.py)
Rule    Person.join, identifiers belong to one person
Emits   people.PersonJoined
Then    every service keeps its copy
"""

from fastapi import APIRouter, Response

from services.people.access import Place
from services.people.domain.details import SentDetails
from services.people.domain.identifiers import EmailTaken, EmployeeNumberTaken
from services.people.domain.person import NamelessPerson, Person
from services.people.domain.places import (
    PersonHasLeft,
    UnknownPerson,
    UnknownUnit,
    require_active,
    unknown_unit,
)
from services.people.store.people import PersonStore
from services.people.store.units import UnitStore
from services.people.views.people import PersonView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import PersonId, UnitId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["people"])
REFUSALS = (EmployeeNumberTaken, EmailTaken, PersonHasLeft, NamelessPerson, UnknownPerson, UnknownUnit)


class NewPerson(SentDetails):
    """What is sent: details, and the place in the organisation."""

    unit_id: UnitId | None = None
    manager_id: PersonId | None = None


class JoinPerson(Frozen):
    """Who joins; `person_id` is new."""

    person_id: PersonId
    person: NewPerson


async def join_person(command: JoinPerson, tx: Transaction) -> Person:
    """The new person."""
    new = command.person
    await tx.require("join", await _place(new.unit_id, tx))
    await require_manager(new.manager_id, tx)
    person, joined = Person.join(
        command.person_id, unit_id=new.unit_id, manager_id=new.manager_id, **new.of_somebody_new()
    )
    person = await PersonStore(tx).save_identified(None, person)
    tx.publish(joined, person.state())
    return person


async def require_manager(manager_id: PersonId | None, tx: Transaction) -> None:
    """Refuse a manager who does not exist or has left."""
    if manager_id is not None:
        require_active(manager_id, await PersonStore(tx).find(manager_id))


async def _place(unit_id: UnitId | None, tx: Transaction) -> Place:
    units = UnitStore(tx)
    if unit_id is not None and await units.find(unit_id) is None:
        raise unknown_unit(unit_id)
    return Place(tuple(await units.hr_partners_of(unit_id)))


@router.post(
    "/people",
    status_code=201,
    response_model=PersonView,
    summary="Add a person",
    responses=refusals(*REFUSALS),
)
async def post_person(new: NewPerson, run: Run) -> Response:
    """Add somebody who works here from now on."""
    person_id = PersonId(mint("person"))
    return await run(
        join_person,
        JoinPerson(person_id=person_id, person=new),
        key=person_id,
        reply=PersonView.of,
        status=201,
        location=lambda person: f"/people/{person.person_id}",
    )
