"""The event catalogue as a page: every topic, every message with its fields, an example and who reads it."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from shared.asyncapi import ENVELOPE_FIELDS
from shared.contracts.catalogue import PUBLISHERS
from shared.docs_pages.events import Channel, Field, Message, channels_of

HEAD: Final = """# Event catalogue

Generated from the contracts in `shared/contracts`; `make schemas` writes it again. Every record is a
CloudEvent 1.0 in Kafka's binary mode: the headers say what it is, the value is JSON, the key is the id of
what it is about. State topics are compacted: the newest record of a key is how things stand, a null value
says that it was erased. New fields may be added to a version 1; none is taken away or changes its meaning.
The schemas lie in `schemas/events`, an AsyncAPI 3 document in `schemas/asyncapi.json`.

Every value begins with `id` (the same whenever it is sent again), `type`, `occurred_at` (in UTC), `version`
and `sequence`, which counts the events of the subject without gaps; a state has that of its last event.
"""


def catalogue(document: Mapping[str, Any]) -> str:
    """The page, in Markdown, of an AsyncAPI document of the suite."""
    channels, readers = channels_of(document), readers_of_messages()
    contents = "\n".join(
        f"- [{channel.address}](#{channel.address.replace('.', '')}): "
        + ", ".join(message.title for message in channel.messages)
        for channel in channels
    )
    return "\n".join([HEAD, contents, *(part for channel in channels for part in _channel(channel, readers))])


def readers_of_messages() -> Mapping[str, Sequence[str]]:
    """By message type, the services that subscribe to it."""
    readers: dict[str, list[str]] = {}
    for name in PUBLISHERS:
        service = import_module(f"services.{name}.app").SERVICE
        for subscription in service.subscriptions():
            for kind in subscription.reactions:
                readers.setdefault(kind.wire_type, []).append(name)
    return readers


def _channel(channel: Channel, readers: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield f"\n## {channel.address}\n\n{channel.description}"
    for message in channel.messages:
        yield from _message(message, readers.get(message.name, ()))


def _message(message: Message, readers: Sequence[str]) -> Iterator[str]:
    read = f" Read by {', '.join(readers)}." if readers else ""
    yield f"\n### {message.title}\n\n`{message.name}`: {message.description}{read}\n"
    yield "| Field | Type | |\n|---|---|---|"
    yield from (_row(field) for field in message.fields if field.path not in ENVELOPE_FIELDS)
    yield f"\n```json\n{message.example}\n```"


def _row(field: Field) -> str:
    kind = field.type.replace("|", "or")
    said = " ".join([*(["may be missing;"] if not field.required else []), field.description]).rstrip("; ")
    return f"| {field.path} | {kind} | {said} |"
