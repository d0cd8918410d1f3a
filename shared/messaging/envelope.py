"""CloudEvents 1.0 in Kafka's binary mode: what travels around the data of an event or state.

Written always in binary mode; structured mode is read too.  Reading raises `Unreadable` and
nothing else, whatever the record holds.  Knows the wire, not the broker's client.
Source: CloudEvents 1.0.2, Kafka protocol binding 3.2 and 3.3; extensions `partitionkey`,
`sequence` and `distributed tracing`, and our own `epoch`, `correlationid`, `causationid`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar

import orjson
from bson import ObjectId
from pydantic import ValidationError

from shared.contracts.base import Event, Inbound, Message, State

T = TypeVar("T", bound=Message)
SEQUENCE_DIGITS = 12
MAX_VALUE_BYTES = 900_000
"""Below the broker's limit of 1 MiB for a record, with room for key and headers."""

_REQUIRED = ("id", "source", "specversion", "type")
_OURS = ("subject", "time", "sequence")
_READ = (*_REQUIRED, *_OURS, "epoch", "correlationid", "causationid", "traceparent")
_FIELDS = tuple((name, f"ce_{name}") for name in _READ)


class UnreadableRecord(Exception):  # noqa: N818  the record is at fault, not the reader
    """The record is not a CloudEvent that we can read; the message says what is wrong and where."""


class Envelope(NamedTuple):
    """The attributes of one event or state.

    `sequence` counts the published events of the subject from 1; `epoch` is raised when the
    publisher's database is restored.  `time` is aware and in UTC.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    epoch: int = 0
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""

    def headers(self) -> list[tuple[str, bytes]]:
        """Kafka header fields of binary mode."""
        subject = self.subject.encode()
        fields = [
            ("ce_id", self.id.encode()),
            ("ce_source", self.source.encode()),
            ("ce_specversion", b"1.0"),
            ("ce_type", self.type.encode()),
            ("ce_subject", subject),
            ("ce_time", iso(self.time).encode()),
            ("ce_dataschema", b"urn:cairn:schema:" + self.type.encode()),
            ("ce_partitionkey", subject),
            ("ce_sequence", b"%0*d" % (SEQUENCE_DIGITS, self.sequence)),
            ("ce_epoch", b"%d" % self.epoch),
        ]
        causes = (
            ("ce_correlationid", self.correlation_id),
            ("ce_causationid", self.causation_id),
            ("ce_traceparent", self.traceparent),
        )
        fields += [(name, value.encode()) for name, value in causes if value]
        fields.append(("content-type", b"application/json"))
        return fields


def outbox_row(id_: ObjectId, topic: str, envelope: Envelope, value: bytes | None) -> dict[str, Any]:
    """The unsent row of the outbox, under the envelope's id: each attribute once, none that follows."""
    return {
        "_id": id_,
        "topic": topic,
        "key": envelope.subject,
        "type": envelope.type,
        "epoch": envelope.epoch,
        "sequence": envelope.sequence,
        "time": envelope.time,
        "cause": [envelope.correlation_id, envelope.causation_id, envelope.traceparent],
        "value": value,
        "sent": False,
    }


def envelope_of_row(row: Mapping[str, Any]) -> Envelope:
    """The attributes of what a row of the outbox says."""
    return Envelope(
        str(row["_id"]),
        source_of(row["type"].split(".")[1]),
        row["type"],
        row["key"],
        row["time"],
        row["sequence"],
        row["epoch"],
        *row["cause"],
    )


def source_of(publisher: str) -> str:
    """The source of all that a service publishes."""
    return f"/cairn/{publisher}"


class Record(NamedTuple):
    """What a consumer took from Kafka, untouched, so that it can be parked and read again."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @property
    def place(self) -> str:
        """Where it lies: topic, partition and offset."""
        return f"{self.topic}:{self.partition}:{self.offset}"


def iso(instant: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def encode_data(message: Message, envelope: Envelope) -> bytes:
    """The record's value: the message's own fields, and the envelope's for tools that read no headers."""
    return orjson.dumps(
        {
            "id": envelope.id,
            "type": envelope.type,
            "occurred_at": iso(envelope.time),
            "version": message.schema_version,
            "sequence": envelope.sequence,
            **message.model_dump(),
        }
    )


def read_envelope(record: Record) -> tuple[Envelope, bytes | None]:
    """The envelope and the data's JSON of a record in binary or structured mode.

    Raises `UnreadableRecord`.
    """
    attributes, value = _attributes(record)
    return _envelope(attributes), value


def read_inbound(record: Record) -> tuple[Envelope, bytes | None]:
    """The same of any CloudEvent: `time` is the epoch and `sequence` 0 where it says nothing of them.

    Raises `UnreadableRecord`.
    """
    attributes, value = _attributes(record)
    _require(attributes)
    time = attributes.get("time")
    return Envelope(
        id=str(attributes["id"]),
        source=str(attributes["source"]),
        type=str(attributes["type"]),
        subject=str(attributes.get("subject", "")),
        time=_time(str(time)) if time else datetime.fromtimestamp(0, UTC),
        sequence=0,
        correlation_id=str(attributes.get("correlationid", "")),
        traceparent=str(attributes.get("traceparent", "")),
    ), value


def _attributes(record: Record) -> tuple[Mapping[str, Any], bytes | None]:
    try:
        fields = {name: value.decode() for name, value in record.headers if value is not None}
        if not all(map(str.islower, fields)):  # not ours: others may write their names in capitals
            fields = {name.lower(): value for name, value in fields.items()}
    except (UnicodeDecodeError, AttributeError, TypeError) as error:
        raise UnreadableRecord(f"headers: not UTF-8 text: {error}") from error
    if fields.get("content-type", "").startswith("application/cloudevents+json"):
        return _read_structured(record)
    return {name: fields[field] for name, field in _FIELDS if field in fields}, record.value


def _read_structured(record: Record) -> tuple[Mapping[str, Any], bytes | None]:
    try:
        body = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError as error:
        raise UnreadableRecord(f"value: not a structured CloudEvent: {error}") from error
    if not isinstance(body, dict):
        raise UnreadableRecord("value: a structured CloudEvent is a JSON object")
    attributes: dict[str, Any] = dict(body)  # pyright: ignore[reportUnknownArgumentType]
    data = attributes.pop("data", None)
    return attributes, None if data is None else orjson.dumps(data)


def _require(attributes: Mapping[str, Any]) -> None:
    missing = [name for name in _REQUIRED if not attributes.get(name)]
    if missing:
        raise UnreadableRecord(f"headers: missing CloudEvents attributes: {', '.join(missing)}")
    if attributes["specversion"] != "1.0":
        raise UnreadableRecord(f"header ce_specversion: {attributes['specversion']!r} is not 1.0")


def _envelope(attributes: Mapping[str, Any]) -> Envelope:
    _require(attributes)
    for name in _OURS:
        if not attributes.get(name):
            raise UnreadableRecord(f"header ce_{name}: missing; it is required on Cairn's topics")
    return Envelope(
        id=str(attributes["id"]),
        source=str(attributes["source"]),
        type=str(attributes["type"]),
        subject=str(attributes["subject"]),
        time=_time(str(attributes["time"])),
        sequence=_count("sequence", attributes["sequence"], least=1),
        epoch=_count("epoch", attributes.get("epoch", 0), least=0),
        correlation_id=str(attributes.get("correlationid", "")),
        causation_id=str(attributes.get("causationid", "")),
        traceparent=str(attributes.get("traceparent", "")),
    )


def _time(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableRecord(f"header ce_time: {text!r} is not an RFC 3339 time") from error
    if instant.tzinfo is None:
        raise UnreadableRecord(f"header ce_time: {text!r} has no time zone")
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def _count(name: str, text: object, *, least: int) -> int:
    try:
        number = int(str(text))
    except ValueError:
        number = least - 1
    if not least <= number < 2**63:
        raise UnreadableRecord(f"header ce_{name}: {text!r} is not a count of at least {least}")
    return number


class Catalogue:
    """The message types that somebody can read, by their wire type."""

    def __init__(self, types: Iterable[type[Message]]) -> None:
        self._types = {kind.wire_type: kind for kind in types}
        self._newest: dict[str, int] = {}
        for kind in self._types.values():
            base = kind.wire_type.rpartition(".v")[0]
            self._newest[base] = max(self._newest.get(base, 0), kind.schema_version)

    def known(self, wire_type: str) -> type[Message] | None:
        """The class, or None for a type that nobody here reads.

        Raises `UnreadableRecord` for a newer major version of a type that is read here: passing
        over it would lose what it says.
        """
        kind = self._types.get(wire_type)
        if kind is None:
            base, _, version = wire_type.rpartition(".v")
            newest = self._newest.get(base)
            if newest is not None and (not version.isdigit() or int(version) > newest):
                raise UnreadableRecord(f"type {wire_type}: newer than .v{newest}, which is read here")
        return kind


def decode_value(kind: type[T], value: bytes | None, envelope: Envelope) -> T:
    """What a record's value says; raises `UnreadableRecord`."""
    if value is None:
        raise UnreadableRecord(f"value: null on an event of type {envelope.type}")
    try:
        return kind.model_validate_json(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "value"
        raise UnreadableRecord(f"value: {where}: {first['msg']}") from error


def decode_data(kind: type[Message], value: bytes | None, envelope: Envelope) -> Message:
    """The message in a record's value; raises `UnreadableRecord`."""
    message = decode_value(kind, value, envelope)
    if message.subject != envelope.subject:
        raise UnreadableRecord(
            f"header ce_subject: {envelope.subject!r} is not the subject of the data, {message.subject!r}"
        )
    return message


@cache
def topic_of(kind: type[Message]) -> str:
    """`cairn.<publisher>.<stream>`, or the one that an inbound message names."""
    if issubclass(kind, (Event, State)):
        return f"cairn.{kind.publisher}.{kind.stream}"
    if issubclass(kind, Inbound) and kind.topic:
        return kind.topic
    raise TypeError(f"{kind.__name__} has no topic")


def group_of(service: str, topic: str) -> str:
    """The consumer group in which a service reads a topic."""
    return f"{service}.{topic}"


def state_topic_beside(events_topic: str) -> str:
    """The state topic of who publishes these events."""
    return events_topic.removesuffix(".events") + ".state"
