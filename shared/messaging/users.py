"""The users that Kafka knows and what each may do there, made as `shared.doors` says.

Safe to run again: passwords are set anew, rights that are missing are granted, and rights of these users
that are not theirs are taken away.  What other users have is left; where it touches a topic of ours, it
is told.  Kafka takes a password as SCRAM's salted hash (RFC 5802, 7677), so that it never learns it.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    CompactArray,
    CompactBytes,
    CompactString,
    Int8,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from shared.doors import Door, Grant, Operation, Resource
from shared.messaging import kafka
from shared.settings import Settings

MECHANISM: Final = "SCRAM-SHA-512"
ITERATIONS: Final = 8192
SALT_BYTES: Final = 32
SCRAM_SHA_512: Final = 2
ANY, ALLOW, LITERAL, PREFIXED, ANY_HOST = 1, 3, 3, 4, "*"
RESOURCES: Final[Mapping[Resource, int]] = {"topic": 2, "group": 3}
OPERATIONS: Final[Mapping[Operation, int]] = {"read": 3, "write": 4}
EFFECT_SECONDS: Final = 15.0

Acl = tuple[int, str, int, str, str, int, int]
"""Resource type, name, pattern type, principal, host, operation, permission: as the protocol has them."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What came of it: how many rights were granted and taken away, and who else has one on which topic."""

    granted: int
    taken: int
    others: Sequence[tuple[str, str]]

    @property
    def remarks(self) -> Sequence[str]:
        """What others have, in words."""
        return [
            f"{principal} has a right of its own on topic {name}: left, since it is not named here"
            for principal, name in self.others
        ]


async def let_in(settings: Settings, doors: Sequence[Door], passwords: Mapping[str, str]) -> Rights:
    """Make the users of these doors, with exactly their rights, and wait until that is in effect.

    Args:
        settings: of a super user.
        doors: all that there are.
        passwords: by user; any printable ASCII.

    Raises:
        KafkaError: the cluster is out of reach or refuses.
    """
    client = AIOKafkaClient(**kafka.client_options(settings))
    try:
        await client.bootstrap()
        await _set_passwords(client, {door.user: passwords[door.user] for door in doors})
        return await _set_rights(client, doors)
    finally:
        await client.close()


async def _set_passwords(client: AIOKafkaClient, passwords: Mapping[str, str]) -> None:
    answer: Any = await _ask(client, SetPasswords(passwords))
    for user, code, message, _ in answer.results:
        _refuse(code, f"{user}: {message}")


async def _set_rights(client: AIOKafkaClient, doors: Sequence[Door]) -> Rights:
    wanted = {_acl(door.user, grant) for door in doors for grant in door.grants}
    ours = {_principal(door.user) for door in doors}
    found = await _found(client)
    missing, surplus = wanted - found, {acl for acl in found - wanted if acl[3] in ours}
    await _grant(client, missing)
    await _take(client, surplus)
    await _in_effect(client, wanted, ours)
    topics = {grant.name for door in doors for grant in door.grants if grant.resource == "topic"}
    return Rights(len(missing), len(surplus), _others(found - wanted - surplus, topics))


async def _in_effect(client: AIOKafkaClient, wanted: set[Acl], ours: set[str]) -> None:
    """Return when the broker asked decides by these rights; it hears of them a moment later."""
    deadline = asyncio.get_running_loop().time() + EFFECT_SECONDS
    while {acl for acl in await _found(client) if acl[3] in ours} != wanted:
        if asyncio.get_running_loop().time() > deadline:
            raise KafkaError(f"the rights are not in effect after {EFFECT_SECONDS:.0f} s")
        await asyncio.sleep(0.05)


async def _found(client: AIOKafkaClient) -> set[Acl]:
    anything: Any = None
    asked = DescribeAclsRequest(ANY, anything, ANY, anything, anything, ANY, ANY)
    answer: Any = await _ask(client, asked)
    _refuse(answer.error_code, answer.error_message)
    return {
        (kind, name, pattern, principal, host, operation, permission)
        for kind, name, pattern, acls in answer.resources
        for principal, host, operation, permission in acls
    }


async def _grant(client: AIOKafkaClient, acls: Iterable[Acl]) -> None:
    answers: list[Any] = await asyncio.gather(*(_ask(client, CreateAclsRequest(*acl)) for acl in acls))
    for code, message in (row for answer in answers for row in answer.creation_responses):
        _refuse(code, message)


async def _take(client: AIOKafkaClient, acls: Iterable[Acl]) -> None:
    answers: list[Any] = await asyncio.gather(*(_ask(client, DeleteAclsRequest(*acl)) for acl in acls))
    for code, message, *_ in (row for answer in answers for row in answer.filter_responses):
        _refuse(code, message)


def _others(acls: Iterable[Acl], topics: set[str]) -> Sequence[tuple[str, str]]:
    """Who else has a right on one of the topics, and by which name; one that ends with `*` is of many."""
    return sorted(
        (principal, name if pattern == LITERAL else f"{name}*")
        for kind, name, pattern, principal, *_ in acls
        if kind == RESOURCES["topic"] and _meets(name, pattern, topics)
    )


def _meets(name: str, pattern: int, topics: set[str]) -> bool:
    if pattern == PREFIXED:
        return any(topic.startswith(name) for topic in topics)
    return name in topics or name == "*"


def _acl(user: str, grant: Grant) -> Acl:
    kind, operation = RESOURCES[grant.resource], OPERATIONS[grant.operation]
    return kind, grant.name, LITERAL, _principal(user), ANY_HOST, operation, ALLOW


def _principal(user: str) -> str:
    return f"User:{user}"


def _refuse(code: int, what: str | None) -> None:
    if code:
        raise for_code(code)(what)


async def _ask(client: AIOKafkaClient, request: Any) -> Any:
    anybody: Any = client
    return await anybody.send(anybody.get_random_node(), request)


class _PasswordsSet(Response):
    """AlterUserScramCredentials, API 51 (KIP-554), which aiokafka does not have."""

    API_KEY: ClassVar[int] = 51  # pyright: ignore[reportIncompatibleMethodOverride]  as aiokafka's own do
    API_VERSION: ClassVar[int] = 0  # pyright: ignore[reportIncompatibleMethodOverride]
    SCHEMA: ClassVar[Schema] = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _SetPasswordsStruct(RequestStruct):
    FLEXIBLE_VERSION: ClassVar[bool] = True
    API_KEY: ClassVar[int] = 51
    API_VERSION: ClassVar[int] = 0
    RESPONSE_TYPE: ClassVar[type[Response]] = _PasswordsSet
    SCHEMA: ClassVar[Schema] = Schema(
        (
            "deletions",
            CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields)),
        ),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class SetPasswords(Request[_SetPasswordsStruct]):
    API_KEY: ClassVar[int] = 51

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = passwords

    def build(self, request_struct_class: type[_SetPasswordsStruct]) -> _SetPasswordsStruct:
        """The request as the broker takes it."""
        return request_struct_class([], [_salted(*pair) for pair in self._passwords.items()], {})


def _salted(user: str, password: str) -> tuple[str, int, int, bytes, bytes, dict[int, bytes]]:
    salt = secrets.token_bytes(SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return user, SCRAM_SHA_512, ITERATIONS, salt, salted, {}


__all__ = ["MECHANISM", "KafkaError", "Rights", "let_in"]
