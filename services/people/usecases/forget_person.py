"""Forget what the people service holds of a person beside their entry, should anything have come since.

When    a person is erased; and later, until nothing is left
Rule    delete demographic attributes and what other systems and the identity provider told
Emits   people.PersonForgotten
Then    people.follow_erasure
"""

from services.people.store.demographics import DemographicsStore
from services.people.store.scim import ScimGroupStore, ScimUserStore
from services.people.store.told import ToldStore
from shared.ids import PersonId
from shared.work import Transaction


async def forget_person(person_id: PersonId, tx: Transaction) -> int:
    """Delete all of it; how many documents."""
    groups = await ScimGroupStore(tx).take_out(person_id, at=tx.now.isoformat())
    said = await ScimUserStore(tx).forget(person_id)
    attributes = await DemographicsStore(tx).forget(person_id)
    told = await ToldStore(tx).forget(person_id)
    return attributes + told + said + groups
