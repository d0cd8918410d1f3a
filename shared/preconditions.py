"""What a request says about the state it expects: If-Match, If-None-Match, Idempotency-Key.

The entity tag of an aggregate is its version, `"v12"`, and strong: two readers of one version
see the same.  Parsing follows RFC 9110 (lists, weak tags, `*`) and, for the key, the IETF's
idempotency-key draft; a bare token is taken too.  Whoever changes an aggregate compares.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Request
from pydantic.json_schema import SkipJsonSchema

from shared.errors import Malformed, PreconditionMissing, Stale

KEY_MAX_LENGTH: Final = 128
TAGS_MAX: Final = 32
TAGS_PATTERN: Final = r'^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*"){0,31})$'
KEY_PATTERN: Final = r"^[A-Za-z0-9._~:/+=-]{1,128}$"

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_SEPARATOR = re.compile(r"[ \t]*(?:,[ \t]*)+")
_VERSION = re.compile(r"v([1-9][0-9]{0,17})")
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

    def match_strongly(self, version: int) -> bool:
        """Whether a strong tag of this version is listed, as If-Match compares."""
        return self.any or (_opaque(version), False) in self.tags

    def match_weakly(self, version: int) -> bool:
        """Whether a tag of this version is listed, weak or strong, as If-None-Match compares."""
        return self.any or any(text == _opaque(version) for text, _ in self.tags)

    def versions(self) -> frozenset[int]:
        """The versions that strong tags of ours name; other tags name none."""
        found = (_VERSION.fullmatch(text) for text, weak in self.tags if not weak)
        return frozenset(int(match[1]) for match in found if match)


def entity_tag(version: int) -> str:
    """The ETag of a version: `"v12"`."""
    return f'"{_opaque(version)}"'


def parse_tags(values: Sequence[str], *, header: str) -> EntityTags:
    """The tags of a header that may stand in several lines; raises TagMalformed."""
    whole = ", ".join(values).strip(" \t")
    if whole == "*":
        return EntityTags(any=True)
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
    return EntityTags(any=False, tags=tuple(tags))


def require_match(tags: EntityTags | None, *, version: int) -> None:
    """Return if the caller knows this version; raises PreconditionMissing (428) or Stale (412)."""
    if tags is None:
        raise PreconditionMissing("Read it first, then send its ETag in the header If-Match.")
    if not tags.match_strongly(version):
        raise Stale(
            "It has changed since it was read. Read it again and decide anew.", etag=entity_tag(version)
        )


def parse_idempotency_key(value: str) -> str:
    """The key itself, from `"key"` or `key`; raises IdempotencyKeyMalformed."""
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


def if_match(
    request: Request,
    value: Annotated[  # noqa: ARG001  for the API description; the header may stand in several lines
        str | SkipJsonSchema[None],
        Header(
            alias="If-Match",
            description='The ETag of what was read, such as "v12"; or *.',
            json_schema_extra={"example": '"v12"', "pattern": TAGS_PATTERN},
        ),
    ] = None,
) -> EntityTags | None:
    """The tags of If-Match, or None without the header; a FastAPI dependency."""
    return _tags(request, "If-Match")


def if_none_match(
    request: Request,
    value: Annotated[  # noqa: ARG001  for the API description; the header may stand in several lines
        str | SkipJsonSchema[None],
        Header(
            alias="If-None-Match",
            description='ETags that the caller has, such as "v12"; or *.',
            json_schema_extra={"example": '"v12"', "pattern": TAGS_PATTERN},
        ),
    ] = None,
) -> EntityTags | None:
    """The tags of If-None-Match, or None without the header; a FastAPI dependency."""
    return _tags(request, "If-None-Match")


def idempotency_key(
    request: Request,
    value: Annotated[  # noqa: ARG001  for the API description; several lines are refused
        str | SkipJsonSchema[None],
        Header(
            alias="Idempotency-Key",
            description="A fresh random text for each new intent. The same key again repeats the answer "
            "and not the deed.",
            json_schema_extra={"example": "8e03978e-40d5-43dd-bc93-6894a57f9324", "pattern": KEY_PATTERN},
        ),
    ] = None,
) -> str | None:
    """The Idempotency-Key, or None without the header; a FastAPI dependency."""
    values = request.headers.getlist("Idempotency-Key")
    if len(values) > 1:
        raise IdempotencyKeyMalformed("Send one Idempotency-Key, not several.")
    return parse_idempotency_key(values[0]) if values else None


IfMatch = Annotated[EntityTags | None, Depends(if_match)]
IfNoneMatch = Annotated[EntityTags | None, Depends(if_none_match)]
IdempotencyKey = Annotated[str | None, Depends(idempotency_key)]


def _tags(request: Request, header: str) -> EntityTags | None:
    values = request.headers.getlist(header)
    return parse_tags(values, header=header) if values else None


def _opaque(version: int) -> str:
    return f"v{version}"


def _skip_commas(text: str, position: int) -> int:
    while position < len(text) and text[position] in ", \t":
        position += 1
    return position
