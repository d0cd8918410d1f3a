"""What a request says about the state it expects: If-Match, If-None-Match, Idempotency-Key.

The entity tag of an aggregate is its version, `"v12"`, and strong: two readers of one version
see the same.  Parsing follows RFC 9110 (lists, weak tags, `*`) and, for the key, the IETF's
idempotency-key draft; a bare token is taken too.  Whoever changes an aggregate compares.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Header
from pydantic.json_schema import SkipJsonSchema

from shared.errors import Malformed

KEY_MAX_LENGTH: Final = 128
TAGS_MAX: Final = 32
TAGS_PATTERN: Final = r'^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*"){0,31})$'
KEY_PATTERN: Final = r"^[A-Za-z0-9._~:/+=-]{1,128}$"

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_SEPARATOR = re.compile(r"[ \t]*(?:,[ \t]*)+")
_STRUCTURED_STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BARE_TOKEN = re.compile(r"[A-Za-z0-9._~:/+=-]+")


class TagMalformed(Malformed):
    """An entity tag, or a list of them, out of form."""


class IdempotencyKeyMalformed(Malformed):
    """An Idempotency-Key out of form."""


@dataclass(frozen=True, slots=True)
class EntityTags:
    """The tags that a header lists, `any` for `*`.  Each tag is its text and whether it is weak."""

    any: bool
    tags: tuple[tuple[str, bool], ...] = ()


class IfMatch(EntityTags):
    """The versions that a change may be based on."""

    __slots__ = ()

    def holds(self, version: int) -> bool:
        """Whether a strong tag of this version is listed."""
        return self.any or (_opaque(version), False) in self.tags


class IfNoneMatch(EntityTags):
    """The versions that the caller has already."""

    __slots__ = ()

    def holds(self, version: int) -> bool:
        """Whether no tag of this version is listed, weak or strong; if one is, the answer is 304."""
        return not self.any and all(text != _opaque(version) for text, _ in self.tags)


def entity_tag(version: int) -> str:
    """The ETag of a version: `"v12"`."""
    return f'"{_opaque(version)}"'


def if_match(value: str | None) -> IfMatch | None:
    """What If-Match says, or None without the header; raises TagMalformed."""
    return None if value is None else IfMatch(*_parse(value, header="If-Match"))


def if_none_match(value: str | None) -> IfNoneMatch | None:
    """What If-None-Match says, or None without the header; raises TagMalformed."""
    return None if value is None else IfNoneMatch(*_parse(value, header="If-None-Match"))


def idempotency_key(value: str | None) -> str | None:
    """The key itself, from `"key"` or `key`, or None without the header; raises IdempotencyKeyMalformed."""
    if value is None:
        return None
    value = value.strip(" \t")
    quoted = _STRUCTURED_STRING.fullmatch(value)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value
    if not quoted and not _BARE_TOKEN.fullmatch(value):
        raise IdempotencyKeyMalformed(
            'Idempotency-Key must be a text in quotes or a plain token, such as "8e03978e-40d5-43dd".'
        )
    if not 1 <= len(key) <= KEY_MAX_LENGTH:
        raise IdempotencyKeyMalformed(
            f"Idempotency-Key must be 1 to {KEY_MAX_LENGTH} characters long.", limit=KEY_MAX_LENGTH
        )
    return key


IfMatchHeader = Annotated[
    str | SkipJsonSchema[None],
    Header(
        alias="If-Match",
        description='The ETag that the change is based on, such as "v12"; or *.',
        json_schema_extra={"example": '"v12"', "pattern": TAGS_PATTERN},
    ),
]
IfNoneMatchHeader = Annotated[
    str | SkipJsonSchema[None],
    Header(
        alias="If-None-Match",
        description='The ETags of what the caller has, such as "v12"; or *.',
        json_schema_extra={"example": '"v12"', "pattern": TAGS_PATTERN},
    ),
]
IdempotencyKeyHeader = Annotated[
    str | SkipJsonSchema[None],
    Header(
        alias="Idempotency-Key",
        description="A fresh random text for each new intent. The same key again repeats the answer "
        "and not the deed.",
        json_schema_extra={"example": "8e03978e-40d5-43dd-bc93-6894a57f9324", "pattern": KEY_PATTERN},
    ),
]


def _parse(value: str, *, header: str) -> tuple[bool, tuple[tuple[str, bool], ...]]:
    whole = value.strip(" \t")
    if whole == "*":
        return True, ()
    tags: list[tuple[str, bool]] = []
    position = _skip_commas(whole, 0)
    while position < len(whole):
        match = _TAG.match(whole, position)
        if match is None or len(tags) == TAGS_MAX:
            raise TagMalformed(
                f'{header} must hold entity tags such as "v12", separated by commas, or *.', header=header
            )
        tags.append((match[2], match[1] is not None))
        following = _SEPARATOR.match(whole, match.end())
        if following is None and match.end() != len(whole):
            raise TagMalformed(f"{header} needs commas between its entity tags.", header=header)
        position = following.end() if following else len(whole)
    if not tags:
        raise TagMalformed(f'{header} is empty. Send an entity tag such as "v12", or *.', header=header)
    return False, tuple(tags)


def _opaque(version: int) -> str:
    return f"v{version}"


def _skip_commas(text: str, position: int) -> int:
    while position < len(text) and text[position] in ", \t":
        position += 1
    return position
