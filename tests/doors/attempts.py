"""Everything that a user of Kafka may try, asked of the broker itself: what comes back says if it may.

Nothing that is allowed changes anything: a record goes to a partition that is not there, a group is not
joined, a topic that is made is there already.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.helpers import create_ssl_context
from aiokafka.protocol.admin import (
    AlterConfigsRequest,
    CreateAclsRequest,
    CreatePartitionsRequest,
    CreateTopicsRequest,
    DeleteAclsRequest,
    DeleteGroupsRequest,
    DeleteRecordsRequest,
    DeleteTopicsRequest,
    DescribeAclsRequest,
    DescribeConfigsRequest,
    DescribeGroupsRequest,
)
from aiokafka.protocol.commit import OffsetCommitRequest, OffsetFetchRequest
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import JoinGroupRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.types import Array, Schema
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from shared.messaging.users import MECHANISM, SetPasswords
from tests.doors.conftest import Locked

DENIALS = {29, 30, 31, 53, 58}
"""Authorisation failed: topic, group, cluster, transactional id; authentication failed."""
NOWHERE = 999
TOPIC, GROUP, ANY = 2, 3, 1


def batch() -> bytes:
    made = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 0)
    made.append(0, 0, b"key", b"value", [])
    return bytes(made.build())


TOPIC_ATTEMPTS: Mapping[str, Callable[[str], Any]] = {
    "describe": lambda topic: MetadataRequest([topic], allow_auto_topic_creation=False),
    "read": lambda topic: FetchRequest(0, 0, 10_000, 0, [(topic, [(0, 0, 10_000)])]),
    "write": lambda topic: ProduceRequest(None, -1, 5000, [(topic, [(NOWHERE, batch())])]),
    "create": lambda topic: CreateTopicsRequest([(topic, 1, 1, [], [])], 5000, False),
    "delete": lambda topic: DeleteTopicsRequest([topic], 5000),
    "delete records": lambda topic: DeleteRecordsRequest([(topic, [(0, 0)])], 5000, {}),
    "alter": lambda topic: AlterConfigsRequest([(TOPIC, topic, [("retention.ms", "1")])]),
    "add partitions": lambda topic: CreatePartitionsRequest([(topic, (NOWHERE, None))], 5000, False),
    "describe settings": lambda topic: DescribeConfigsRequest([(TOPIC, topic, None)]),
}
GROUP_ATTEMPTS: Mapping[str, Callable[[str, str], Any]] = {
    "describe": lambda group, _: DescribeGroupsRequest([group]),
    "ask offsets": lambda group, _: OffsetFetchRequest(group, []),
    "commit": lambda group, topic: OffsetCommitRequest(group, 1, "nobody", -1, [(topic, [(0, 0, "")])]),
    "join": lambda group, _: JoinGroupRequest(
        group, 6000, 6000, "nobody", None, "consumer", [("range", b"")]
    ),
    "delete": lambda group, _: DeleteGroupsRequest([group]),
}
"""Of a group, and a topic that the user may read if there is one."""
CLUSTER_ATTEMPTS: Mapping[str, Any] = {
    "grant": CreateAclsRequest(TOPIC, "cairn.goals.events", 3, "User:anybody", "*", 2, 3),
    "take away": DeleteAclsRequest(TOPIC, "cairn.goals.events", 3, None, None, ANY, ANY),
    "list rights": DescribeAclsRequest(ANY, None, ANY, None, None, ANY, ANY),
    "make a user": SetPasswords({"anybody": "anything"}),
    "make a topic": CreateTopicsRequest([("anything", 1, 1, [], [])], 5000, False),
    "alter the broker": AlterConfigsRequest([(4, "1", [("log.cleaner.threads", "2")])]),
}


@asynccontextmanager
async def as_user(locked: Locked, user: str, password: str) -> AsyncIterator[AIOKafkaClient]:
    client = AIOKafkaClient(
        bootstrap_servers=locked.listeners["clients"],
        security_protocol="SASL_SSL",
        ssl_context=create_ssl_context(cafile=str(locked.ca)),
        sasl_mechanism=MECHANISM,
        sasl_plain_username=user,
        sasl_plain_password=password,
    )
    try:
        await client.bootstrap()
        yield client
    finally:
        await client.close()


async def denied(client: AIOKafkaClient, request: Any) -> bool:
    """Whether the broker says that this user may not."""
    answer = await client.send(client.get_random_node(), request)
    values = [answer.get_item(name) for name in answer.SCHEMA.names]
    return bool(DENIALS & set(_codes(answer.SCHEMA, values)))


def _codes(schema: Schema, values: Sequence[Any]) -> Iterator[int]:
    """Every error code of an answer, however deep; of a list that is null there is none."""
    for name, kind, value in zip(schema.names, schema.fields, values, strict=True):
        if name == "error_code":
            yield value
        elif isinstance(kind, Array) and isinstance(kind.array_of, Schema):
            for each in value or ():
                yield from _codes(kind.array_of, each)
