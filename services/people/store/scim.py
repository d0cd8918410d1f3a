"""What the identity provider said of people and groups, beside the people; and whose a userName is.

What is said of a person has an id of its own: one that was the person's could be mistaken for the person.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.people.domain.identifiers import identifier_key
from services.people.domain.person import Person
from services.people.domain.scim_group import GroupId, ScimGroup
from services.people.domain.user_name import own_names, user_name_key
from services.people.store.people import PersonStore
from shared import mongo
from shared.contracts.base import Frozen
from shared.identity import GroupRole
from shared.ids import PersonId
from shared.store import Store, from_document, to_document
from shared.work import Transaction

SCIM_USERS: Final = "scim_users"
SCIM_NAMES: Final = "scim_names"
SCIM_GROUPS: Final = "scim_groups"


def _by(field: str, *, name: str) -> IndexModel:
    return IndexModel([(field, ASCENDING), ("_id", ASCENDING)], name=name)


COLLECTIONS: Final[Mapping[str, Sequence[IndexModel]]] = {
    SCIM_USERS: [_by("resource.addresses", name="by_address")],
    SCIM_NAMES: [],
    SCIM_GROUPS: [
        _by("name_key", name="by_name"),
        _by("external_id", name="by_external_id"),
        _by("member_ids", name="by_member"),
    ],
}


class ScimUser(Frozen):
    """Of one person: the SCIM resource as it was sent, without its password, and since when it is there.

    `resource` has the User as `scim`, which fields of the person it has `stated`, and all its `addresses`.
    """

    person_id: PersonId
    version: int = 0
    user_name: str
    resource: dict[str, Any]
    created: str
    modified: str


class ScimUserStore:
    """What was said of whom."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def of(self, person_id: PersonId) -> ScimUser | None:
        """What was said of a person."""
        doc = await self._tx.peek(SCIM_USERS, scim_user_key(person_id))
        return ScimUser.model_validate(doc) if doc else None

    async def holder(self, user_name: str) -> PersonId | None:
        """Whose name it is: who was named so, else who is shown so since nobody has named them."""
        named = await self._named(user_name)
        if named is not None:
            return named
        people = PersonStore(self._tx)
        for person_id in (
            await people.holder(identifier_key("email", user_name)),
            await people.holder(identifier_key("employee_number", user_name)),
            PersonId(user_name),
        ):
            person = await people.find(person_id) if person_id else None
            if person is not None and await self._is_shown_as(user_name, person):
                return person.person_id
        return None

    async def save(self, before: ScimUser | None, after: ScimUser) -> ScimUser:
        """Store it over what was read; its name is its own from now, the former one free."""
        if before is not None and user_name_key(before.user_name) != user_name_key(after.user_name):
            await self._give_up(before)
        key = user_name_key(after.user_name)
        if await self._tx.peek(SCIM_NAMES, key) is None:
            self._tx.put(SCIM_NAMES, {"_id": key, "version": 0, "person_id": after.person_id})
        document = {"_id": scim_user_key(after.person_id), **after.model_dump()}
        return after.model_copy(update={"version": self._tx.put(SCIM_USERS, document)})

    async def forget(self, person_id: PersonId) -> int:
        """Delete what was said of a person, and their name; how many documents."""
        kept = await self.of(person_id)
        if kept is None:
            return 0
        await self._give_up(kept)
        self._tx.delete(SCIM_USERS, scim_user_key(person_id), version=kept.version)
        return 2

    async def _named(self, user_name: str) -> PersonId | None:
        doc = await self._tx.peek(SCIM_NAMES, user_name_key(user_name))
        return PersonId(doc["person_id"]) if doc else None

    async def _is_shown_as(self, user_name: str, person: Person) -> bool:
        if await self.of(person.person_id) is not None:
            return False
        for name in own_names(person):
            if await self._named(name) is None:
                return user_name_key(name) == user_name_key(user_name)
        return False

    async def _give_up(self, before: ScimUser) -> None:
        key = user_name_key(before.user_name)
        doc = await self._tx.peek(SCIM_NAMES, key)
        if doc is not None and doc["person_id"] == before.person_id:
            self._tx.delete(SCIM_NAMES, key, version=doc["version"])


class ScimGroupStore(Store[ScimGroup]):
    """The groups, with the keys that they are looked up by."""

    collection: ClassVar[str] = SCIM_GROUPS
    kind = ScimGroup

    def save(self, aggregate: ScimGroup) -> ScimGroup:
        """Store it over the version that was read."""
        document = to_document(aggregate) | {"name_key": aggregate.name_key}
        return aggregate.model_copy(update={"version": self._tx.put(self.collection, document)})

    async def with_any_of(self, person_ids: Sequence[PersonId]) -> Sequence[ScimGroup]:
        """The groups that somebody of them is in; to be asked before a group is written."""
        if not person_ids:
            return ()
        found = await self._tx.find(self.collection, {"member_ids": {"$in": [*person_ids]}}, sort={"_id": 1})
        return [from_document(ScimGroup, doc) for doc in found]

    async def take_out(self, person_id: PersonId, *, at: str) -> int:
        """Out of all groups that they are in; how many those were."""
        groups = await self.with_any_of([person_id])
        for group in groups:
            self.save(group.without(person_id, at=at))
        return len(groups)


async def groups_with_another_role(
    database: mongo.Database, roles: Mapping[str, GroupRole]
) -> Mapping[GroupId, GroupRole | None]:
    """The groups whose name has another role now than they give, and that role."""
    found = await database[SCIM_GROUPS].find({}, {"name_key": 1, "role": 1}).to_list(None)
    due: dict[GroupId, GroupRole | None] = {
        GroupId(doc["_id"]): roles.get(doc["name_key"])
        for doc in found
        if doc.get("role") != roles.get(doc["name_key"])
    }
    return due


def scim_user_key(person_id: str) -> str:
    """The id of the document about a person."""
    return f"scim_of_{person_id}"
