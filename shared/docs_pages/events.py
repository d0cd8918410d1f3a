"""An AsyncAPI 3 document as the events page shows it: channels, messages and their fields.

References are followed inside the document only.  Knows no contract and renders nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson

DEPTH_MAX: Final = 4
REFERENCES_MAX: Final = 10

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a payload; `path` goes through objects and lists, such as `key_results[].target`."""

    path: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Message:
    """One type of record."""

    name: str
    title: str
    description: str
    fields: Sequence[Field]
    headers: Sequence[Field]
    example: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic and what is on it."""

    anchor: str
    address: str
    description: str
    bindings: Sequence[tuple[str, str]]
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Operation:
    """What the service does with a topic: it sends or it receives."""

    action: str
    address: str
    anchor: str
    summary: str


def channels_of(document: Node) -> Sequence[Channel]:
    """The channels of the document, in its order."""
    return [_channel(document, name, node) for name, node in _entries(document, "channels")]


def operations_of(document: Node) -> Sequence[Operation]:
    """The operations of the document, in its order."""
    return [
        Operation(
            action=str(node.get("action", "")),
            address=str(_resolve(document, node.get("channel", {})).get("address") or ""),
            anchor=str(cast("Node", node.get("channel", {})).get("$ref", "")).rpartition("/")[2],
            summary=_words(node),
        )
        for _, node in _entries(document, "operations")
    ]


def _channel(document: Node, name: str, node: Node) -> Channel:
    return Channel(
        anchor=name,
        address=str(node.get("address") or name),
        description=_words(node),
        bindings=list(_flat(cast("Node", node.get("bindings", {})))),
        messages=[_message(document, key, each) for key, each in _entries(document, "messages", within=node)],
    )


def _message(document: Node, key: str, node: Node) -> Message:
    payload = cast("Node", node.get("payload", {}))
    examples = cast("Sequence[Node]", node.get("examples") or [{}])
    example = examples[0].get("payload")
    return Message(
        name=str(node.get("name") or key),
        title=str(node.get("title") or node.get("name") or key),
        description=_words(node),
        fields=list(_fields(document, cast("Node", payload.get("schema", payload)))),
        headers=list(_fields(document, cast("Node", node.get("headers", {})))),
        example=orjson.dumps(example, option=orjson.OPT_INDENT_2).decode() if example is not None else "",
    )


def _fields(document: Node, schema: Node, *, prefix: str = "", depth: int = 0) -> Iterator[Field]:
    schema, _ = _inside(document, _resolve(document, schema))
    required = set(cast("Sequence[str]", schema.get("required", ())))
    for name, raw in cast("Mapping[str, Node]", schema.get("properties", {})).items():
        field = _resolve(document, raw)
        path = f"{prefix}{name}"
        yield Field(path, _type(document, field), name in required, _words(raw) or _words(field))
        if depth < DEPTH_MAX:
            inner, suffix = _inside(document, field)
            yield from _fields(document, inner, prefix=f"{path}{suffix}.", depth=depth + 1)


def _inside(document: Node, field: Node) -> tuple[Node, str]:
    """The object schema within a field, and how its path is written; empty for a plain value."""
    for choice in [field, *_choices(document, field)]:
        if "properties" in choice:
            return choice, ""
        if choice.get("type") == "array" and isinstance(items := choice.get("items"), Mapping):
            return _resolve(document, cast("Node", items)), "[]"
    return {}, ""


def _type(document: Node, schema: Node) -> str:
    if "const" in schema:
        return f'"{schema["const"]}"' if isinstance(schema["const"], str) else str(schema["const"])
    if "enum" in schema:
        return " | ".join(f'"{each}"' for each in cast("Sequence[object]", schema["enum"]))
    if choices := _choices(document, schema):
        return " | ".join(dict.fromkeys(_type(document, each) for each in choices))
    kind = schema.get("type", "any")
    if kind == "array":
        items = schema.get("items")
        return f"list of {_type(document, _resolve(document, cast('Node', items)))}" if items else "list"
    named = " | ".join(cast("Sequence[str]", kind)) if isinstance(kind, list) else str(kind)
    return f"{named} ({schema['format']})" if "format" in schema else named


def _choices(document: Node, schema: Node) -> Sequence[Node]:
    listed = schema.get("anyOf") or schema.get("oneOf") or ()
    return [_resolve(document, each) for each in cast("Sequence[Node]", listed)]


def _entries(document: Node, key: str, *, within: Node | None = None) -> Iterator[tuple[str, Node]]:
    found = cast("Mapping[str, Node]", (document if within is None else within).get(key, {}))
    for name, node in found.items():
        yield name, _resolve(document, node)


def _resolve(document: Node, node: Node) -> Node:
    """What a node, or the reference that it is, stands for; {} for what leads nowhere."""
    for _ in range(REFERENCES_MAX):
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return node
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = _as_node(found.get(step.replace("~1", "/").replace("~0", "~")))
        node = found
    return {}


def _as_node(value: object) -> Node:
    return cast("Node", value) if isinstance(value, Mapping) else {}


def _words(node: Node) -> str:
    said = (node.get("summary"), node.get("description"))
    return " ".join(dict.fromkeys(str(each) for each in said if each))


def _flat(node: Node, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _flat(cast("Node", value), f"{prefix}{key}.")
        elif isinstance(value, list):
            yield prefix + key, ", ".join(str(each) for each in cast("Sequence[object]", value))
        elif key != "bindingVersion":
            yield prefix + key, str(value)
