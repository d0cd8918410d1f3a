"""What a row changes about a person: join, return, move, another manager, details, leave.

A row that says what the directory already knows changes nothing and causes no event, so a
file may be imported as often as one likes.  Who is missing from a file stays as they are, and whom
the identity provider has closed out does not come back by a row.
"""

from collections.abc import Sequence
from typing import cast

from services.people.domain.csv_import.plan import PersonRow
from services.people.domain.demographics import Demographics
from services.people.domain.person import Details, Person, PersonEvent


def reconcile(row: PersonRow, person: Person | None) -> tuple[Person, *tuple[PersonEvent, ...]]:
    """The person after the import and what happened to them, in order."""
    events: list[PersonEvent] = []
    if person is None:
        person, joined = Person.join(
            row.person_id, unit_id=row.unit_id, manager_id=row.manager_id, **row.details
        )
        events.append(joined)
    elif _returns(row, person) and not person.access_closed:
        person, *returned = person.rejoin(row.details.get("joined_on"))
        events.extend(returned)
    moved: Sequence[PersonEvent] = ()
    reassigned: Sequence[PersonEvent] = ()
    if row.states_unit:
        person, *moved = person.move(row.unit_id)
    if row.states_manager:
        person, *reassigned = person.report_to(row.manager_id)
    person, *corrected = person.correct(**_details(row, person))
    person, *left = _leave(row, person)
    return person, *events, *moved, *reassigned, *corrected, *left


def reconcile_demographics(row: PersonRow, known: Demographics | None) -> Demographics | None:
    """The person's demographics after the import; None when there is nothing to keep."""
    before = known or Demographics(person_id=row.person_id)
    after = before.model_copy(update=dict(row.attributes))
    return after if known or after != before else None


def is_kept_out(row: PersonRow, person: Person) -> bool:
    """Whether a row would take somebody back whose access the identity provider has closed."""
    return person.access_closed and _returns(row, person)


def _details(row: PersonRow, person: Person) -> Details:
    """What the row states; not the day of a return that does not happen."""
    kept_out = is_kept_out(row, person)
    stated = {name: value for name, value in row.details.items() if name != "joined_on" or not kept_out}
    return cast("Details", stated)


def _returns(row: PersonRow, person: Person) -> bool:
    if row.status is not None or person.status == "active":
        return row.status == "active" and person.status == "left"
    joined_on = row.details.get("joined_on")
    return joined_on is not None and person.left_on is not None and joined_on > person.left_on


def _leave(row: PersonRow, person: Person) -> tuple[Person, *tuple[PersonEvent, ...]]:
    """A row may say that somebody has left without saying when: then no day is made up."""
    if row.status != "left" or (person.status == "left" and row.left_on is None):
        return (person,)
    return person.leave(row.left_on)
