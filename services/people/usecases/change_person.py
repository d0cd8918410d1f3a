"""Change a directory entry: correct details, move to another unit, report to somebody else.

When    HR asks (PATCH /people/{person_id})
May     change: HR admin, HR partner               (access.py)
Rule    Person.correct, Person.move, Person.report_to; identifiers belong to one person
Emits   people.PersonDetailsChanged, people.PersonMoved, people.ManagerChanged
Then    every service keeps its copy; feedback.withdraw_requests_of_old_manager
"""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from services.people.domain.details import SentDetails
from services.people.domain.identifiers import EmailTaken, EmployeeNumberTaken
from services.people.domain.person import CircularLine, ManagesThemselves, NamelessPerson, Person, PersonEvent
from services.people.domain.places import PersonHasLeft, UnknownPerson, UnknownUnit, unknown_unit
from services.people.store.guards import GUARDS, LINES
from services.people.store.people import PersonStore
from services.people.store.units import UnitStore
from services.people.usecases.join_person import require_manager
from services.people.views.people import PersonView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import PersonId, UnitId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["people"])
REFUSALS = (
    *(CircularLine, EmailTaken, EmployeeNumberTaken, ManagesThemselves, NamelessPerson),
    *(PersonHasLeft, UnknownPerson, UnknownUnit),
)


class PersonChange(SentDetails):
    """What is sent: only what is to change."""

    unit_id: UnitId | None = None
    manager_id: PersonId | None = None


class ChangePerson(Frozen):
    """What changes of whom."""

    person_id: PersonId
    change: PersonChange


async def change_person(command: ChangePerson, tx: Transaction) -> Person:
    """The person after the change; as they were if it says nothing new."""
    people, change = PersonStore(tx), command.change
    before = await people.get(command.person_id)
    await tx.require("change", before)
    person, moved = await _moved(before, change, tx)
    person, assigned = await _assigned(person, change, tx)
    person, *corrected = person.correct(**change.stated())
    if person == before:
        return before
    person = await people.save_identified(before, person)
    tx.publish(*moved, *assigned, *corrected, person.state())
    return person


async def report_to(
    person: Person, manager_id: PersonId | None, tx: Transaction
) -> tuple[Person, Sequence[PersonEvent]]:
    """The person under another manager; refuses one who reports to the person.

    Two changes that close a circle together are kept from passing each other by a shared guard.
    """
    if manager_id == person.manager_id:
        return person, ()
    tx.hold(GUARDS, LINES)
    person, *changed = person.report_to(manager_id, line=await PersonStore(tx).line_from(manager_id))
    return person, changed


async def _moved(
    person: Person, change: PersonChange, tx: Transaction
) -> tuple[Person, Sequence[PersonEvent]]:
    if "unit_id" not in change.model_fields_set:
        return person, ()
    if change.unit_id is not None and await UnitStore(tx).find(change.unit_id) is None:
        raise unknown_unit(change.unit_id)
    person, *moved = person.move(change.unit_id)
    return person, moved


async def _assigned(
    person: Person, change: PersonChange, tx: Transaction
) -> tuple[Person, Sequence[PersonEvent]]:
    if "manager_id" not in change.model_fields_set or change.manager_id == person.manager_id:
        return person, ()
    await require_manager(change.manager_id, tx)
    return await report_to(person, change.manager_id, tx)


@router.patch(
    "/people/{person_id}",
    response_model=PersonView,
    summary="Change a directory entry",
    responses=refusals(*REFUSALS),
)
async def patch_person(person_id: PersonId, change: PersonChange, run: Run) -> Response:
    """Change what is sent and keep the rest; `manager_id: null` is for somebody at the top."""
    return await run(
        change_person,
        ChangePerson(person_id=person_id, change=change),
        key=person_id,
        reply=PersonView.of,
        match=("people", person_id),
    )
