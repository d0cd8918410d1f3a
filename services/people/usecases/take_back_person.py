"""Take somebody back who had left.

When    HR asks (POST /people/{person_id}/return)
May     take_back: HR admin, HR partner            (access.py)
Rule    Person.rejoin; it opens, too, what the identity provider has closed
Emits   people.PersonJoined
Then    every service keeps its copy; feedback.welcome_back
"""

from datetime import date

from fastapi import APIRouter, Response

from services.people.domain.person import Person
from services.people.store.people import PersonStore
from services.people.views.people import PersonView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import PersonId
from shared.work import Transaction

router = APIRouter(tags=["people"])


class Return(Frozen):
    """Since when they work here again."""

    joined_on: date | None = None


class TakeBackPerson(Return):
    """Who comes back."""

    person_id: PersonId


async def take_back_person(command: TakeBackPerson, tx: Transaction) -> Person:
    """The person, active in the unit and under the manager they had; as they are if they never left."""
    people = PersonStore(tx)
    before = await people.get(command.person_id)
    await tx.require("take_back", before)
    person, *joined = before.rejoin(command.joined_on)
    if not joined:
        return before
    person = people.save(person)
    tx.publish(*joined, person.state())
    return person


@router.post("/people/{person_id}/return", response_model=PersonView, summary="Take a person back")
async def post_return(person_id: PersonId, back: Return, run: Run) -> Response:
    """The person works here again, with the same id."""
    command = TakeBackPerson(person_id=person_id, **dict(back))
    return await run(
        take_back_person, command, key=person_id, reply=PersonView.of, match=("people", person_id)
    )
