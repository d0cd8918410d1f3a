"""Refusals: the rules that said no, each with a name, an HTTP status and the facts of the case.

A service's domain makes its own by subclassing: `class GoalNotAgreed(Refusal)` is the rule
`goal-not-agreed`, answered with 409.  This module knows no web framework; `shared.problems`
turns a refusal into an answer.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar

Fact = str | int | float | date | None | Sequence["Fact"] | Mapping[str, "Fact"]


class Refusal(Exception):  # noqa: N818  house word: a refusal is an answer, not a failure
    """A rule said no, and nothing was changed.

    `rule` and `title` follow from the class's name unless the class sets them.  `detail` says
    what is wrong and how to mend it, to the person who asked; `facts` are what a program may
    need to mend it (ids, limits, versions), never a secret.
    """

    status: ClassVar[int] = 409
    rule: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Name the rule after the class: `GoalNotAgreed` is `goal-not-agreed`, "Goal not agreed"."""
        super().__init_subclass__(**kwargs)
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", cls.__name__)
        if "rule" not in cls.__dict__:
            cls.rule = words.lower().replace(" ", "-")
        if "title" not in cls.__dict__:
            cls.title = words.capitalize()

    def __init__(self, detail: str, **facts: Fact) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts: Mapping[str, Fact] = facts

    @property
    def headers(self) -> Mapping[str, str]:
        """Header fields that belong in the answer."""
        return {}


class NotFound(Refusal):
    """It does not exist, or the caller may not know that it does."""

    status = 404


class Unauthenticated(Refusal):
    """The caller did not prove who they are."""

    status = 401

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge that RFC 9110 asks of every 401."""
        return {"WWW-Authenticate": 'Bearer realm="cairn"'}


class Forbidden(Refusal):
    """The access table does not grant it."""

    status = 403


class Invalid(Refusal):
    """What was sent is well-formed and still makes no sense."""

    status = 422


class Malformed(Refusal):
    """What was sent cannot be read: a header, a cursor or a body out of form."""

    status = 400


class VersionConflict(Refusal):
    """Somebody else changed it in the meantime."""

    status = 409


class Stale(Refusal):
    """If-Match named a version that is not the newest."""

    status = 412
    rule = "precondition-failed"
    title = "Precondition failed"


class PreconditionMissing(Refusal):
    """The change needs an If-Match header and came without."""

    status = 428


class KeyReused(Refusal):
    """An Idempotency-Key came back with another body."""

    status = 422
    rule = "idempotency-key-reused"
    title = "Idempotency key reused"


class AnswerGone(Refusal):
    """What a command answered went with what was deleted since; it is not run again."""

    status = 410


class TooLarge(Refusal):
    """A body, a document or an event is larger than what can be kept or sent."""

    status = 413
