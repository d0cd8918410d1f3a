"""The published contract in the words of AsyncAPI 3 and JSON Schema, made from `shared.contracts`.

A schema describes a record's value as it lies on the topic: the message's own fields and those that
repeat the envelope.  Headers are CloudEvents 1.0 in Kafka's binary mode.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.contracts.base import Inbound, Message, State
from shared.contracts.catalogue import all_inbound, all_messages
from shared.examples import example
from shared.messaging.envelope import SEQUENCE_DIGITS, topic_of

Schema = dict[str, Any]
ASYNCAPI_VERSION = "3.0.0"
ENVELOPE_FIELDS: Mapping[str, Schema] = {
    "id": {"type": "string", "description": "The event's id: the same whenever it is sent again."},
    "type": {"type": "string", "description": "As in the header ce_type."},
    "occurred_at": {"type": "string", "format": "date-time", "description": "When it happened, in UTC."},
    "version": {"type": "integer", "description": "The major version of this schema."},
    "sequence": {
        "type": "integer",
        "minimum": 1,
        "description": "Counts the events of the subject without gaps; a state has that of its last event.",
    },
}
_HEADERS: Mapping[str, str] = {
    "ce_id": "The event's id: the same whenever it is sent again.",
    "ce_source": "The publishing service, such as /cairn/goals.",
    "ce_specversion": "1.0",
    "ce_type": "The message type and its major version.",
    "ce_subject": "The id of the aggregate; also the record's key.",
    "ce_time": "When it happened, RFC 3339 in UTC.",
    "ce_dataschema": "The name of the value's schema.",
    "ce_partitionkey": "As the subject.",
    "ce_sequence": f"Counts the events of the subject from 1 without gaps, {SEQUENCE_DIGITS} digits.",
    "ce_epoch": "Raised when the publisher's database was restored from a backup.",
    "ce_correlationid": "Shared by all that one request led to.",
    "ce_causationid": "The event that led to this one.",
    "ce_traceparent": "W3C trace context.",
    "content-type": "application/json",
}
_OPTIONAL_HEADERS = frozenset({"ce_correlationid", "ce_causationid", "ce_traceparent"})


def event_schema(kind: type[Message]) -> Schema:
    """JSON Schema 2020-12 of a record's value."""
    if issubclass(kind, Inbound):
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:cairn:schema:{kind.wire_type}",
            **kind.model_json_schema(mode="validation"),
        }
    own = kind.model_json_schema(mode="serialization")
    fixed = {"type": {"const": kind.wire_type}, "version": {"const": kind.schema_version}}
    envelope = {name: {**field, **fixed.get(name, {})} for name, field in ENVELOPE_FIELDS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cairn:schema:{kind.wire_type}",
        **own,
        "properties": {**envelope, **own.get("properties", {})},
        "required": [*envelope, *own.get("required", [])],
    }


def asyncapi_document(
    *,
    title: str,
    publishes: Sequence[type[Message]],
    reads: Sequence[type[Message]] = (),
    takes: Sequence[type[Inbound]] = (),
) -> Schema:
    """An AsyncAPI 3 document of what an application sends and receives, and takes from outside."""
    kinds = list(dict.fromkeys([*publishes, *reads, *takes]))
    topics = sorted({topic_of(kind) for kind in kinds})
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": title,
            "version": "1",
            "description": "CloudEvents 1.0 over Kafka, binary mode. Keys are aggregate ids; the events of "
            "one key are in order. A record may come more than once with the same id and sequence.",
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, kinds) for topic in topics},
        "operations": {**_operations("send", publishes), **_operations("receive", [*reads, *takes])},
        "components": {
            "messages": {kind.wire_type: _message(kind) for kind in kinds},
            "schemas": {"Headers": _headers(), **({"InboundHeaders": _inbound_headers()} if takes else {})},
        },
    }


def whole_document() -> Schema:
    """The document of the suite: everything that is published."""
    return asyncapi_document(title="Cairn events", publishes=all_messages(), takes=all_inbound())


def _channel(topic: str, kinds: Sequence[type[Message]]) -> Schema:
    state = topic.endswith(".state")
    inbound = any(issubclass(kind, Inbound) and topic_of(kind) == topic for kind in kinds)
    described = (
        "The newest public state of each aggregate; compacted, a null value means that it was erased."
        if state
        else "What your systems tell; what cannot be taken is parked with the reason and holds up nothing."
        if inbound
        else "What happened, kept for a time."
    )
    return {
        "address": topic,
        "description": described,
        "messages": {
            kind.wire_type: {"$ref": f"#/components/messages/{kind.wire_type}"}
            for kind in kinds
            if topic_of(kind) == topic
        },
        "bindings": {
            "kafka": {
                "topic": topic,
                "topicConfiguration": {"cleanup.policy": ["compact"] if state else ["delete"]},
            }
        },
    }


def _operations(action: str, kinds: Sequence[type[Message]]) -> Schema:
    topics = sorted({topic_of(kind) for kind in kinds})
    return {
        f"{action} {topic}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic}"},
            "messages": [
                {"$ref": f"#/channels/{topic}/messages/{kind.wire_type}"}
                for kind in kinds
                if topic_of(kind) == topic
            ],
        }
        for topic in topics
    }


def _message(kind: type[Message]) -> Schema:
    summary, _, rest = (kind.__doc__ or "").strip().partition("\n")
    schema = _embedded(kind)
    return {
        "name": kind.wire_type,
        "title": kind.__name__,
        "summary": summary,
        **({"description": rest.strip()} if rest.strip() else {}),
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{'Inbound' if issubclass(kind, Inbound) else ''}Headers"},
        "payload": {"schemaFormat": "application/schema+json;version=draft-07", "schema": schema},
        "examples": [{"name": "example", "payload": example(schema)}],
        "bindings": {
            "kafka": {"key": {"type": "string", "description": f"{kind.subject_field} of the value"}}
        },
    }


def _embedded(kind: type[Message]) -> Schema:
    """The schema for use inside a document: with its own definitions, without a name of its own."""
    schema = event_schema(kind)
    definitions = schema.pop("$defs", {})
    for field in ("$schema", "$id"):
        schema.pop(field)
    resolved = _inlined(schema, definitions)
    if issubclass(kind, State):
        return {"oneOf": [resolved, {"type": "null", "description": "The aggregate was erased."}]}
    return resolved


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]  # pyright: ignore[reportUnknownArgumentType]
        return _inlined(definitions[name], definitions)
    return {key: _inlined(value, definitions) for key, value in node.items()}  # pyright: ignore[reportUnknownVariableType]


def _inbound_headers() -> Schema:
    said = {
        "ce_id": "Of your choice; with ce_source it tells one message from all others: send it again freely.",
        "ce_source": "The system that sends it.",
        "ce_specversion": "1.0",
        "ce_type": "The message type and its major version.",
        "ce_time": "When it happened, RFC 3339.",
        "content-type": "application/json, or application/cloudevents+json for structured mode.",
    }
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": says} for name, says in said.items()},
        "required": ["ce_id", "ce_source", "ce_specversion", "ce_type"],
    }


def _headers() -> Schema:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": says} for name, says in _HEADERS.items()},
        "required": [name for name in _HEADERS if name not in _OPTIONAL_HEADERS],
    }
