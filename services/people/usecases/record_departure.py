"""Record that somebody has left.

When    HR asks (POST /people/{person_id}/departure)
May     record_departure: HR admin, HR partner     (access.py)
Rule    Person.leave, require_departed, Person.report_to
Emits   people.PersonLeft; people.ManagerChanged of those who report to them, if they move up
Then    every service keeps its copy; feedback.settle_requests_of_departed

Whoever reports to the leaver keeps naming them, so that no line breaks unasked, and is listed at
`/people?manager_status=left` until HR has named another manager.  `"reports": "move_up"` lets
them report to the nearest person above the leaver who works here.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import Field

from services.people.domain.departure import LeavesLater, TooManyReports, require_departed, require_few
from services.people.domain.person import LeavesBeforeJoining, Person
from services.people.store.people import PersonStore
from services.people.usecases.change_person import report_to
from services.people.views.people import PersonView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import PersonId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["people"])
MOST_REPORTS = 1000


class Departure(Frozen):
    """The last day, and what becomes of those who report to the person."""

    left_on: date
    reports: Literal["stay", "move_up"] = Field(
        default="stay",
        description="`stay`: they keep naming the leaver until HR names another manager; `move_up`: they"
        " report to the nearest person above who works here.",
    )


class RecordDeparture(Departure):
    """Who has left."""

    person_id: PersonId


async def record_departure(command: RecordDeparture, tx: Transaction) -> Person:
    """The person who has left; of one who had, with the day set right."""
    people = PersonStore(tx)
    before = await people.get(command.person_id)
    await tx.require("record_departure", before)
    require_departed(command.left_on, now=tx.now)
    reports = await _reports(command, people)
    person, *left = before.leave(command.left_on)
    if left:
        person = people.save(person)
        tx.publish(*left, person.state())
    heir_id = await _nearest_active(person.manager_id, people) if reports else None
    for report in reports:
        moved, changed = await report_to(report, heir_id, tx)
        if changed:
            tx.publish(*changed, people.save(moved).state())
    return person


async def _reports(command: RecordDeparture, people: PersonStore) -> Sequence[Person]:
    if command.reports == "stay":
        return ()
    reports = await people.reporting_to(command.person_id, limit=MOST_REPORTS + 1)
    require_few(len(reports), most=MOST_REPORTS)
    return reports


async def _nearest_active(person_id: PersonId | None, people: PersonStore) -> PersonId | None:
    for above_id in await people.line_from(person_id):
        above = await people.find(above_id)
        if above is not None and above.status == "active":
            return above_id
    return None


@router.post(
    "/people/{person_id}/departure",
    response_model=PersonView,
    summary="Record that a person has left",
    responses=refusals(LeavesBeforeJoining, LeavesLater, TooManyReports),
)
async def post_departure(person_id: PersonId, departure: Departure, run: Run) -> Response:
    """The person keeps their entry and id; sent again, it sets the day right."""
    command = RecordDeparture(person_id=person_id, **dict(departure))
    return await run(
        record_departure, command, key=person_id, reply=PersonView.of, match=("people", person_id)
    )
