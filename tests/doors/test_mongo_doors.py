"""Every service tries everything with every database: its own alone is open, and not for all."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.services import SERVICES
from tests.doors.conftest import Locked

UNAUTHORISED = 13
COLLECTION = "tried_doors"
Database = Any


async def _watch(db: Database) -> None:
    async with await db[COLLECTION].watch():
        pass


async def _create(db: Database) -> None:
    await db.create_collection(f"{COLLECTION}_made")
    await db.drop_collection(f"{COLLECTION}_made")


OF_ITS_OWN: Mapping[str, Callable[[Database], Awaitable[Any]]] = {
    "read": lambda db: db[COLLECTION].find_one(),
    "write": lambda db: db[COLLECTION].insert_one({"by": "hand"}),
    "change": lambda db: db[COLLECTION].update_many({}, {"$set": {"by": "somebody"}}),
    "delete": lambda db: db[COLLECTION].delete_many({}),
    "index": lambda db: db[COLLECTION].create_index("by"),
    "watch": _watch,
    "create a collection": _create,
    "drop a collection": lambda db: db.drop_collection(COLLECTION),
    "list collections": lambda db: db.list_collection_names(),
}
OF_NOBODY: Mapping[str, Callable[[Database], Awaitable[Any]]] = {
    "drop": lambda db: db.client.drop_database(db.name),
    "make a user": lambda db: db.command("createUser", "anybody", pwd="anything", roles=["readWrite"]),
    "list users": lambda db: db.command("usersInfo"),
    "profile": lambda db: db.command("profile", 2),
    "shut down": lambda db: db.client.admin.command("shutdown"),
}
ALL = OF_ITS_OWN | OF_NOBODY


def as_service(locked: Locked, service: str) -> AsyncMongoClient[Any]:
    return AsyncMongoClient((locked.secrets / service / "mongo_url").read_text())


async def refused(attempt: Awaitable[Any]) -> bool:
    try:
        await attempt
    except OperationFailure as error:
        if error.code != UNAUTHORISED:
            raise
        return True
    return False


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_has_its_own_database_and_no_other(locked: Locked, service: str):
    others = [f"cairn_{name}" for name in SERVICES if name != service]
    async with as_service(locked, service) as client:
        for name in (*others, "admin", "local", "config", "anything"):
            done = [what for what, attempt in ALL.items() if not await refused(attempt(client[name]))]
            assert done == [], name
        own = client[f"cairn_{service}"]
        assert [what for what, attempt in OF_ITS_OWN.items() if await refused(attempt(own))] == []
        assert [what for what, attempt in OF_NOBODY.items() if not await refused(attempt(own))] == []
        assert await client.list_database_names() == [own.name]


async def test_who_has_no_password_is_told_nothing(locked: Locked):
    port = urlsplit((locked.secrets / "goals" / "mongo_url").read_text()).port
    anybody: AsyncMongoClient[Any]
    async with AsyncMongoClient(
        "127.0.0.1", port, directConnection=True, tls=True, tlsCAFile=str(locked.ca)
    ) as anybody:
        db = anybody["cairn_goals"]
        assert [what for what, attempt in ALL.items() if not await refused(attempt(db))] == []


async def test_a_wrong_password_does_not_come_in(locked: Locked):
    url = (locked.secrets / "goals" / "mongo_url").read_text()
    people = urlsplit((locked.secrets / "people" / "mongo_url").read_text()).password
    wrong = url.replace(str(urlsplit(url).password), str(people))
    async with AsyncMongoClient(wrong) as client:
        with pytest.raises(OperationFailure, match="Authentication failed"):
            await client["cairn_goals"]["goals"].find_one()


async def test_nobody_is_taken_who_speaks_in_the_clear(locked: Locked):
    port = urlsplit((locked.secrets / "goals" / "mongo_url").read_text()).port
    options = {"directConnection": True, "serverSelectionTimeoutMS": 500}
    async with AsyncMongoClient("127.0.0.1", port, **options) as client:
        with pytest.raises(PyMongoError):
            await client.admin.command("ping")
