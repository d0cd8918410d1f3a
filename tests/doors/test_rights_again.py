"""What the provisioner finds that is not in the table: its own users lose it, of others it is told."""

from dataclasses import replace
from typing import Any

from deploy.credentials import Credentials
from deploy.local.services import SERVICES
from deploy.local.topics import make_users
from shared.doors import Door, Grant
from shared.messaging import kafka, users
from tests.doors.attempts import TOPIC_ATTEMPTS, as_user, denied
from tests.doors.conftest import Locked

TOPIC = "cairn.goals.events"
READ = Grant("topic", TOPIC, "read")
PASSWORD = "one that is long enough"


async def test_a_right_that_is_no_longer_in_the_table_is_taken_away_and_others_are_told_of(locked: Locked):
    settings = locked.administrator
    guest, stranger = (Door(name, name, frozenset({READ})) for name in ("guest", "stranger"))
    await users.let_in(settings, [guest], {"guest": PASSWORD})
    assert not await reads_denied(locked, guest)
    await users.let_in(settings, [stranger], {"stranger": PASSWORD})
    closed = replace(guest, grants=frozenset({Grant("group", "guest", "read")}))
    rights = await users.let_in(settings, [closed], {"guest": PASSWORD})
    assert (rights.granted, rights.taken) == (1, 1)
    assert await reads_denied(locked, guest)
    told = await users.let_in(settings, [replace(guest, grants=frozenset({READ}))], {"guest": PASSWORD})
    ours = [remark for remark in told.remarks if "stranger" in remark]
    assert ours == [
        f"User:stranger has a right of its own on topic {TOPIC}: left, since it is not named here"
    ]
    assert not await reads_denied(locked, stranger)
    for door in (guest, stranger):
        await users.let_in(settings, [replace(door, grants=frozenset())], {door.user: PASSWORD})
    assert await reads_denied(locked, stranger)


async def test_a_right_on_all_topics_that_begin_alike_is_told_of(locked: Locked):
    door = Door("guest", "guest", frozenset({READ}))
    kind, read = users.RESOURCES["topic"], users.OPERATIONS["read"]
    for prefix in ("cairn.goals.", "other."):
        acl = (kind, prefix, users.PREFIXED, "User:reader", users.ANY_HOST, read, users.ALLOW)
        await with_client(locked, users._grant, [acl])
    told = await users.let_in(locked.administrator, [door], {"guest": PASSWORD})
    assert [each for each in told.others if each[0] == "User:reader"] == [("User:reader", "cairn.goals.*")]
    for each in (door, Door("reader", "reader", frozenset())):
        await users.let_in(locked.administrator, [replace(each, grants=frozenset())], {each.user: PASSWORD})


async def with_client(locked: Locked, do: Any, what: Any) -> None:
    client = users.AIOKafkaClient(**kafka.client_options(locked.administrator))
    await client.bootstrap()
    try:
        await do(client, what)
    finally:
        await client.close()


async def test_a_password_that_was_changed_is_taken_and_the_old_one_is_not(locked: Locked):
    door = Door("changing", "changing", frozenset({READ}))
    for password, old in ((PASSWORD, "never was one"), ("another", PASSWORD)):
        await users.let_in(locked.administrator, [door], {"changing": password})
        assert not await reads_denied(locked, door, password)
        assert await comes_in(locked, door, old) is False
    await users.let_in(locked.administrator, [replace(door, grants=frozenset())], {"changing": PASSWORD})


async def test_users_are_made_again_without_a_difference(locked: Locked, monkeypatch):
    found: list[users.Rights] = []
    really = users.let_in

    async def let_in(*arguments: Any) -> users.Rights:
        found.append(await really(*arguments))
        return found[-1]

    monkeypatch.setattr(users, "let_in", let_in)
    await make_users(locked.administrator, Credentials(locked.secrets), SERVICES)
    assert [(rights.granted, rights.taken, rights.remarks) for rights in found] == [(0, 0, [])]


async def reads_denied(locked: Locked, door: Door, password: str = PASSWORD) -> bool:
    async with as_user(locked, door.user, password) as client:
        return await denied(client, TOPIC_ATTEMPTS["read"](TOPIC))


async def comes_in(locked: Locked, door: Door, password: str) -> bool:
    try:
        async with as_user(locked, door.user, password):
            return True
    except users.KafkaError:
        return False
