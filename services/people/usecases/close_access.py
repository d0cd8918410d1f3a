"""Let somebody leave today, so that no service takes their token any more, and no data of HR's lets them in.

When    the identity provider deactivates or deletes a User, whatever else it says (SCIM, /scim/v2/Users)
May     change, record_departure: HR admin, which the provider's token stands for (access.py)
Rule    those of record_departure
Emits   people.PersonLeft; people.PersonDetailsChanged of who has not begun yet
Then    every service keeps its copy, and refuses who has left

Part of `take_scim_user`; on its own when a rule has refused the rest of what was said in one request: who may
be in no longer must not stay in for a fault in their address.
"""

from services.people.domain.person import Person
from services.people.store.people import PersonStore
from services.people.usecases.change_person import ChangePerson, PersonChange, change_person
from services.people.usecases.record_departure import RecordDeparture, record_departure
from shared.contracts.base import Frozen
from shared.ids import PersonId
from shared.work import Transaction


class CloseAccess(Frozen):
    """Whose."""

    person_id: PersonId


async def close_access(command: CloseAccess, tx: Transaction) -> Person:
    """The person, who has left, if not before, and stays so until the provider or HR takes them back."""
    people = PersonStore(tx)
    person = await people.get(command.person_id)
    await tx.require("record_departure", person)
    if person.status == "active":
        person = await _let_go(person, tx)
    return person if person.access_closed else people.save(person.close_access())


async def _let_go(person: Person, tx: Transaction) -> Person:
    if person.joined_on is not None and person.joined_on > tx.now.date():
        never = PersonChange(joined_on=tx.now.date())
        await change_person(ChangePerson(person_id=person.person_id, change=never), tx)
    gone = RecordDeparture(person_id=person.person_id, left_on=tx.now.date())
    return await record_departure(gone, tx)
