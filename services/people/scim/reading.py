"""Users and Groups as they are read: by index where one answers what is asked, else by comparing some."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from scim2_models import TooManyException
from scim2_models.path import CompareOperator, Comparison, LogicalExpr, LogicalOperator, ValuePath
from scim2_server.storage import SearchPage

from services.people.domain.identifiers import identifier_key
from services.people.domain.person import Person
from services.people.domain.scim_group import ScimGroup, group_key
from services.people.domain.user_name import own_names, user_name_key
from services.people.scim.groups import group_of
from services.people.scim.users import Membership, address_key, user_of
from services.people.store.people import IDENTIFIERS
from services.people.store.scim import SCIM_GROUPS, SCIM_NAMES, SCIM_USERS, ScimUser, scim_user_key
from shared import mongo
from shared.store import from_document

MOST_COMPARED: Final = 5000
"""How many resources one filter compares that no index answers."""
Query = Mapping[str, Any]


class Resources(ABC):
    """The resources of one kind; what is found is made anew for each reader."""

    schema: ClassVar[str]
    collection: ClassVar[str]
    shown: ClassVar[Query] = {}
    """Matches the documents that there is a resource of, by an index."""

    def __init__(self, database: mongo.Database) -> None:
        self._db = database

    @abstractmethod
    async def named(self, path: str, value: str) -> Query | None:
        """Which documents can have a value at a path, as far as an index tells; None if none does."""

    @abstractmethod
    async def of(self, docs: Sequence[mongo.Doc]) -> list[Any]:
        """The resources of documents, in order."""

    async def one(self, id_: str) -> Any | None:
        """The one with an id; None without it."""
        found = await self._read({"_id": id_})
        return found[0] if found else None

    async def page(self, *, skip: int, limit: int) -> SearchPage:
        """Some of all, by id."""
        total = await self._db[self.collection].count_documents(self.shown)
        return SearchPage(total, await self._read({}, skip=skip, limit=limit) if limit else [])

    async def candidates(self, scim_filter: Any) -> list[Any]:
        """All that a filter can match; raises tooMany of RFC 7644 3.12 above `MOST_COMPARED`."""
        query = await self._narrowed(getattr(scim_filter, "ast", None))
        found = await self._read(query or {}, limit=MOST_COMPARED + 1)
        if len(found) > MOST_COMPARED:
            raise TooManyException(
                detail="Too many to compare; filter by what docs/scim.md lists as indexed."
            )
        return found

    async def _narrowed(self, node: Any, within: str = "") -> Query | None:
        """By the first comparison of a conjunction that an index answers."""
        if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
            for term in node.terms:
                if (query := await self._narrowed(term, within)) is not None:
                    return query
        if isinstance(node, ValuePath):
            return await self._narrowed(node.val_filter, f"{self._path(node)}.")
        if isinstance(node, Comparison) and node.op == CompareOperator.eq and isinstance(node.value, str):
            return await self.named(f"{within}{self._path(node)}", node.value)
        return None

    def _path(self, node: Any) -> str:
        return str(node.attr_path).lower().removeprefix(f"{self.schema}:".lower())

    async def _read(self, query: Query, *, skip: int = 0, limit: int = 0) -> list[Any]:
        wanted = {"$and": [query, self.shown]} if query and self.shown else query or self.shown
        cursor = self._db[self.collection].find(wanted).sort("_id", 1).skip(skip).limit(limit)
        return await self.of(await cursor.to_list(None))


class Users(Resources):
    """People whom the identity provider has not deleted."""

    schema = "urn:ietf:params:scim:schemas:core:2.0:User"
    collection = "people"
    shown: ClassVar[Query] = {"deprovisioned": {"$in": [None, False]}}

    async def named(self, path: str, value: str) -> Query | None:
        """By userName, address, externalId or id."""
        if path == "externalid":
            return {"external_id": value}
        if path == "username":
            return {"_id": {"$in": [*await self._known_as(value), value]}}
        if path in {"emails", "emails.value"}:
            return {"_id": {"$in": [*await self._known_as(value), *await self._reached_at(value)]}}
        return {"_id": value} if path == "id" else None

    async def of(self, docs: Sequence[mongo.Doc]) -> list[Any]:
        """With what was said of them, and the groups that they are in."""
        people = [from_document(Person, doc) for doc in docs]
        ids = [person.person_id for person in people]
        kept_docs = (
            await self._db[SCIM_USERS].find({"_id": {"$in": [*map(scim_user_key, ids)]}}).to_list(None)
        )
        kept = {doc["person_id"]: ScimUser.model_validate(doc) for doc in kept_docs}
        taken = await self._taken(person for person in people if person.person_id not in kept)
        groups = await self._groups(ids)
        return [
            user_of(
                person,
                user := kept.get(person.person_id),
                user_name=user.user_name if user else _own_name(person, taken),
                groups=groups.get(person.person_id, ()),
            )
            for person in people
        ]

    async def _known_as(self, value: str) -> set[str]:
        keys = [identifier_key("email", value), identifier_key("employee_number", value)]
        names = await self._db[SCIM_NAMES].find({"_id": user_name_key(value)}).to_list(None)
        held = await self._db[IDENTIFIERS].find({"_id": {"$in": keys}}).to_list(None)
        return {doc["person_id"] for doc in (*names, *held)}

    async def _reached_at(self, value: str) -> Sequence[str]:
        found = self._db[SCIM_USERS].find({"resource.addresses": address_key(value)}, {"person_id": 1})
        return [doc["person_id"] for doc in await found.to_list(None)]

    async def _taken(self, people: Iterable[Person]) -> set[str]:
        """The keys of names that would be theirs and that the identity provider has given somebody."""
        keys = [user_name_key(name) for person in people for name in own_names(person)]
        found = self._db[SCIM_NAMES].find({"_id": {"$in": keys}}, {"_id": 1}) if keys else None
        return {doc["_id"] for doc in await found.to_list(None)} if found is not None else set()

    async def _groups(self, person_ids: Sequence[str]) -> Mapping[str, Sequence[Membership]]:
        wanted = {"member_ids": {"$in": person_ids}}
        mine = {"$setIntersection": ["$member_ids", person_ids]}
        steps = [
            {"$match": wanted},
            {"$sort": {"_id": 1}},
            {"$project": {"display_name": 1, "member_ids": mine}},
        ]
        found: defaultdict[str, list[Membership]] = defaultdict(list)
        for doc in await mongo.aggregate(self._db[SCIM_GROUPS], steps):
            for person_id in doc["member_ids"]:
                found[person_id].append(Membership(doc["_id"], doc["display_name"]))
        return found


class Groups(Resources):
    """The groups that the identity provider has told of."""

    schema = "urn:ietf:params:scim:schemas:core:2.0:Group"
    collection = SCIM_GROUPS

    async def named(self, path: str, value: str) -> Query | None:
        """By displayName, externalId, member or id."""
        fields = {
            "externalid": "external_id",
            "id": "_id",
            "members": "member_ids",
            "members.value": "member_ids",
        }
        if path == "displayname":
            return {"name_key": group_key(value)}
        return {fields[path]: value} if path in fields else None

    async def of(self, docs: Sequence[mongo.Doc]) -> list[Any]:
        """With their members."""
        return [group_of(from_document(ScimGroup, doc)) for doc in docs]


def _own_name(person: Person, taken: set[str]) -> str:
    return next((name for name in own_names(person) if user_name_key(name) not in taken), person.person_id)
