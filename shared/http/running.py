"""The way from an HTTP request to a command, and from its result to the answer.

`Run` is what a command's route is given: it carries the caller, the correlation id, the
Idempotency-Key and If-Match of the request into one transaction with the handler.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request, Response
from pydantic import BaseModel

from shared.errors import (
    AnswerGone,
    Forbidden,
    KeyReused,
    Malformed,
    NotFound,
    PreconditionMissing,
    Refusal,
    Stale,
    VersionConflict,
)
from shared.http.asking import Asking, asked_by, origin_of, person_of
from shared.http.served import in_short
from shared.http.timing import said_time
from shared.identity import Caller
from shared.ids import PersonId
from shared.logs import correlation_id
from shared.metrics import CommandOutcome, Metrics
from shared.preconditions import (
    IdempotencyKeyHeader,
    IfMatch,
    IfMatchHeader,
    entity_tag,
    idempotency_key,
    if_match,
)
from shared.tracing import TRACEPARENT_IN_SCOPE
from shared.work import Cause, Conflict, Handler, Transaction, Work
from shared.work.answers import ANSWERS


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: JSON bytes or nothing, the entity tag of what was changed, where it is."""

    status: int
    body: bytes | None
    etag: str | None
    location: str | None

    def response(self, *, replayed: bool = False) -> Response:
        """As an HTTP response; `replayed` if it was given before."""
        headers = {"ETag": self.etag, "Location": self.location}
        headers |= {"Idempotency-Replayed": "true"} if replayed else {}
        return Response(
            self.body,
            status_code=self.status,
            media_type="application/json" if self.body is not None else None,
            headers={name: value for name, value in headers.items() if value},
        )


Reply = Callable[[Any, Transaction], Awaitable[BaseModel | None]]
"""The answer to a result, for who has asked in this transaction."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How a command's result becomes an answer, and what must hold before it runs."""

    handler: Handler
    reply: Reply
    status: int
    location: Callable[[Any], str] | None
    match: tuple[str, Any] | None
    condition: IfMatch | None


async def _no_body(_result: Any, _tx: Transaction) -> None:
    """The answer to what only had to pass."""


def _in_full(reply: Callable[[Any], BaseModel]) -> Reply:
    """The same answer for whoever asks."""

    async def answer(result: Any, _tx: Transaction) -> BaseModel:
        return reply(result)

    return answer


class _Count:
    """What became of a command."""

    outcome: CommandOutcome = "failed"


@contextmanager
def counted(metrics: Metrics, handler: Handler) -> Generator[_Count]:
    """Count and time a command by the name of its handler."""
    count, began = _Count(), time.perf_counter()
    try:
        yield count
    except Refusal:
        count.outcome = "refused"
        raise
    finally:
        seconds = time.perf_counter() - began
        metrics.command(name=handler.__name__, outcome=count.outcome, seconds=seconds)


class Runner:
    """Runs one request's command; made for each request by `runner_of`."""

    def __init__(
        self,
        request: Request,
        caller: Caller,
        *,
        key: str | None,
        condition: IfMatch | None,
        now: datetime | None,
    ) -> None:
        self.caller = caller
        self._request = request
        self._work: Work = request.app.state.work
        self._key = key
        self._condition = condition
        self._now = now

    def me(self) -> PersonId:
        """The person who asks; raises `Forbidden` for callers who are none."""
        return person_of(self.caller)

    @property
    def now(self) -> datetime:
        """The time of the request, for what has to be known before the command."""
        return self._now or self._work.clock.now()

    async def __call__(  # noqa: PLR0913  each says one thing of the answer, by name
        self,
        handler: Handler,
        command: Any,
        *,
        key: str,
        reply: Callable[[Any], BaseModel] | None = None,
        answer: Reply = _no_body,
        status: int = 200,
        location: Callable[[Any], str] | None = None,
        match: tuple[str, Any] | None = None,
        must_match: bool = False,
    ) -> Response:
        """Run the handler in a transaction and answer with `reply(result)`, or with nothing but the status.

        `answer`: in the place of `reply`, where not all of the result is for everybody who may ask.
        `key`: commands of one key run in order; the aggregate's id, or anything for a new one.
        `match`: collection and id that If-Match speaks of; `must_match` makes the header required.
        """
        if "json" in self._request.headers.get("Content-Type", "").lower():
            refuse_half_characters(await self._request.body())
        if must_match and self._condition is None:
            raise PreconditionMissing("Send If-Match with the ETag of what you have read.")
        wanted = _Wanted(
            handler, _in_full(reply) if reply else answer, status, location, match, self._condition
        )
        cause = Cause(
            correlation_id() or "",
            traceparent=self._request.scope.get(TRACEPARENT_IN_SCOPE, ""),
            origin=origin_of(self._request, getattr(handler, "__name__", "")),
        )
        run = _answering(wanted) if self._key is None else await self._once(wanted, self._key)
        with counted(self._request.app.state.metrics, handler) as count:
            try:
                given, replayed = await self._work.run(
                    run, command, key=key, caller=self.caller, cause=cause, now=self._now
                )
            except Conflict as error:
                raise VersionConflict("Somebody else changed it at the same time; read it again.") from error
            count.outcome = "repeated" if replayed else "done"
        return given.response(replayed=replayed)

    async def _once(self, wanted: _Wanted, key: str) -> Handler:
        """The same command, but a key that comes again gets the first answer and has no effect.

        Only with the rights of then: a replay does not ask the access table.
        """
        route: str = self._request.scope["route"].path
        id_ = f"{self.caller.subject}|{self._request.method} {route}|{key}"
        said = (str(self._request.url.path), await self._request.body(), self._request.url.query)
        fingerprint = hashlib.sha256(repr(said).encode()).hexdigest()
        keep = timedelta(days=self._request.app.state.settings.idempotency_days)
        answering, rights = _answering(wanted), _rights(self.caller)

        async def once(command: Any, tx: Transaction) -> tuple[Answer, bool]:
            known = await tx.get(ANSWERS, id_)
            if known is not None:
                if known["fingerprint"] != fingerprint:
                    raise KeyReused("This Idempotency-Key was used for another request; take a new one.")
                if not rights.issuperset(known.get("rights", ())):
                    raise Forbidden("The answer was given to rights that you hold no more.")
                if known.get("gone"):
                    raise AnswerGone("It was done, and what it was about has been deleted since.")
                return Answer(known["status"], known["body"], known["etag"], known["location"]), True
            answer, _ = await answering(command, tx)
            row = {
                "_id": id_,
                "version": 0,
                "fingerprint": fingerprint,
                "rights": sorted(rights),
                "about": tx.written_ids(),
                "expires_at": datetime.now(UTC) + keep,
            }
            row |= {"status": answer.status, "body": answer.body}
            tx.put(ANSWERS, row | {"etag": answer.etag, "location": answer.location})
            return answer, False

        return once


async def runner_for(request: Request) -> Runner:
    """What runs the request's command."""
    headers = request.headers
    return Runner(
        request,
        await asked_by(request),
        key=idempotency_key(headers.get("Idempotency-Key")),
        condition=if_match(headers.get("If-Match")),
        now=said_time(request),
    )


@in_short(runner_for)
async def runner_of(
    request: Request, caller: Asking, key: IdempotencyKeyHeader = None, match: IfMatchHeader = None
) -> Runner:
    """`runner_for`, with what it reads declared."""
    del caller, key, match
    return await runner_for(request)


Run = Annotated[Runner, Depends(runner_of)]


def _rights(caller: Caller) -> frozenset[str]:
    """The person and the roles that a caller is taken for; nothing for who has left."""
    person = () if caller.person_id is None else (f"person {caller.person_id}",)
    return frozenset({*caller.roles, *person})


def _answering(wanted: _Wanted) -> Handler:
    async def answer(command: Any, tx: Transaction) -> tuple[Answer, bool]:
        try:
            result = await wanted.handler(command, tx)
        except (Forbidden, NotFound):
            raise
        except Refusal:
            _check(tx, wanted)
            raise
        _check(tx, wanted)
        body = await wanted.reply(result, tx)
        version = getattr(result, "version", None)
        return Answer(
            wanted.status if body is not None else 204,
            body.model_dump_json().encode() if body is not None else None,
            entity_tag(version) if isinstance(version, int) else None,
            wanted.location(result) if wanted.location else None,
        ), False

    return answer


def _check(tx: Transaction, wanted: _Wanted) -> None:
    """Hold If-Match against what the handler has read; after it, so that strangers learn nothing."""
    if wanted.match is None or wanted.condition is None:
        return
    version = tx.version_read(*wanted.match)
    if version is not None and not wanted.condition.holds(version):
        raise Stale("It has changed since you read it; read it again.", etag=entity_tag(version))


def refuse_half_characters(body: bytes) -> None:
    """Refuse JSON with half of a surrogate pair: no text, and nothing that MongoDB can store.

    Refused here since a database error would make the transaction's other commands wait.
    """
    if b"\\ud" not in body.lower():
        return
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON text: {error}. Send whole characters.") from error
