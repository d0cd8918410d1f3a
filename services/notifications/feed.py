"""Wakes those who watch an inbox when it changes, whichever process changed it.

One change stream a process serves all its listeners.  It is a wake-up and nothing more: whoever is
woken reads the inbox, which is the truth.  So it needs no resume token; when it opens or breaks,
everybody is woken once, and while there is none, everybody is woken often.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from pymongo.errors import PyMongoError

from services.notifications.store import INBOXES
from shared import mongo
from shared.errors import Refusal
from shared.ids import PersonId

log = logging.getLogger(__name__)
PIPELINE: Final = [
    {"$match": {"operationType": {"$in": ["insert", "update", "replace"]}}},
    {"$project": {"documentKey": 1}},
]
WAIT_MS: Final = 500
"""How long the server holds a question for changes; also how late a stop is noticed."""
POLL_SECONDS: Final = 1.0
POLLS_WITH_STREAM: Final = 20
"""While the stream works, only every so many polls wake everybody."""
STREAMS_OF_A_PERSON: Final = 5
STREAMS: Final = 2000
"""How many listen to one process at once, of one person and in all."""
RETRY_AFTER_SECONDS: Final = 30


class _Full(Refusal):
    @property
    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}


class TooManyStreams(_Full):
    """This person listens as often as anybody may."""

    status: ClassVar[int] = 429


class NoStreamFree(_Full):
    """As many listen to this process as may."""

    status: ClassVar[int] = 503


def _nothing() -> None:
    pass


class Feed:
    """The listeners of this process, and what wakes them.

    `watch` and `poll` are turns of workers; neither needs a lease.  `on_listening` is called when
    somebody begins to listen.
    """

    def __init__(self, database: mongo.Database) -> None:
        self.streaming = False
        self.on_listening: Callable[[], None] = _nothing
        self._inboxes = database[INBOXES]
        self._bells: defaultdict[PersonId, set[asyncio.Event]] = defaultdict(set)
        self._stream: mongo.Changes | None = None
        self._polls = 0

    @contextmanager
    def listening(self, person_id: PersonId) -> Generator[asyncio.Event]:
        """An event that is set whenever the person's inbox may have changed; its reader clears it.

        Raises `TooManyStreams` and `NoStreamFree`, so that one person cannot take it from all others.
        """
        if len(self._bells.get(person_id, ())) >= STREAMS_OF_A_PERSON:
            raise TooManyStreams(
                f"You watch your inbox {STREAMS_OF_A_PERSON} times already: close one of them first.",
                most=STREAMS_OF_A_PERSON,
            )
        if sum(map(len, self._bells.values())) >= STREAMS:
            raise NoStreamFree("Too many watch their inboxes here just now. Ask again in a while.")
        bell = asyncio.Event()
        self._bells[person_id].add(bell)
        self.on_listening()
        try:
            yield bell
        finally:
            self._bells[person_id].discard(bell)
            if not self._bells[person_id]:
                del self._bells[person_id]

    async def watch(self) -> bool:
        """Wait a moment for a change and wake whom it concerns; whether somebody listens at all."""
        if not self._bells:
            await self._close()
            return False
        try:
            change = await self._next()
        except PyMongoError as error:
            log.warning("the change stream of the inboxes broke: %s", type(error).__name__)
            await self._close()
            self.wake_all()
            raise
        if change is not None:
            self._wake(PersonId(change["documentKey"]["_id"]))
        return True

    async def poll(self) -> bool:
        """Wake everybody: often without a stream, now and then with one."""
        self._polls += 1
        if not self.streaming or self._polls % POLLS_WITH_STREAM == 0:
            self.wake_all()
        return False

    def wake_all(self) -> None:
        """Have everybody look."""
        for bells in self._bells.values():
            for bell in bells:
                bell.set()

    def _wake(self, person_id: PersonId) -> None:
        for bell in self._bells.get(person_id, ()):
            bell.set()

    async def _next(self) -> Any:
        if self._stream is None:
            self._stream = await mongo.watch(self._inboxes, PIPELINE, wait_ms=WAIT_MS)
        change = await self._stream.try_next()
        if not self.streaming:
            self.streaming = True
            self.wake_all()
        return change

    async def _close(self) -> None:
        stream, self._stream, self.streaming = self._stream, None, False
        if stream is not None:
            await stream.close()
