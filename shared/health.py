"""Whether a process should live and whether it can serve: `/livez` and `/readyz`.

`/readyz` asks every probe, each within a time limit, and tells which one is not well; a process
that is not ready is given no work.  `/livez` fails only for what a restart mends: an event loop
that starves, or a probe marked as `liveness`.  Knows nothing of what it probes.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TIMEOUT_SECONDS: Final = 2.0
FRESH_SECONDS: Final = 0.5
BEAT_SECONDS: Final = 0.5
STARVED_SECONDS: Final = 20.0

Check = Callable[[], str | Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to ask: `check` gives an empty text when it is well, else what is wrong.

    What it says is shown to whoever asks, so it holds no secret.  A check that raises, or takes
    longer than the time limit, is not well.  A `liveness` probe, when not well, asks for a restart.
    """

    name: str
    check: Check
    liveness: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a probe, in so many milliseconds."""

    name: str
    ok: bool
    detail: str
    ms: float


class Health:
    """The probes of one app.  Answers are kept for half a second, however many ask."""

    def __init__(self, probes: Sequence[Probe], *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._readiness = _Round(probes, timeout_seconds=timeout_seconds)
        self._liveness = _Round(
            [probe for probe in probes if probe.liveness], timeout_seconds=timeout_seconds
        )
        self._heart = _Heart()

    async def ready(self) -> Sequence[Verdict]:
        """What every probe says."""
        return await self._readiness.verdicts()

    async def live(self) -> Sequence[Verdict]:
        """What the event loop and the liveness probes say."""
        return [self._heart.verdict(), *await self._liveness.verdicts()]

    def routes(self) -> Sequence[Route]:
        """`GET /livez` and `GET /readyz`, open to all: 200 or 503, and JSON by probe."""

        async def livez(_: Request) -> Response:
            return _answer(await self.live())

        async def readyz(_: Request) -> Response:
            return _answer(await self.ready())

        return [
            Route("/livez", livez, include_in_schema=False),
            Route("/readyz", readyz, include_in_schema=False),
        ]


class _Round:
    """Probes asked together, once for all who want to know at the same time."""

    def __init__(self, probes: Sequence[Probe], *, timeout_seconds: float) -> None:
        self._probes = probes
        self._timeout_seconds = timeout_seconds
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._verdicts: Sequence[Verdict] = ()

    async def verdicts(self) -> Sequence[Verdict]:
        """Not older than half a second."""
        async with self._asking:
            if time.monotonic() - self._asked_at > FRESH_SECONDS:
                self._verdicts = await asyncio.gather(*(self._ask(probe) for probe in self._probes))
                self._asked_at = time.monotonic()
            return self._verdicts

    async def _ask(self, probe: Probe) -> Verdict:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                said = probe.check()
                detail = await said if inspect.isawaitable(said) else said
        except TimeoutError:
            detail = f"no answer within {self._timeout_seconds:g} s"
        except Exception as error:  # noqa: BLE001  a probe that breaks is a verdict, not a failure of the others
            detail = type(error).__name__
        return Verdict(probe.name, not detail, detail, round((time.perf_counter() - began) * 1000, 2))


class _Heart:
    """Beats on the event loop from the first look on; late beats tell how starved the loop is."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beat_at = 0.0
        self._late_seconds = 0.0

    def verdict(self) -> Verdict:
        """Well unless the newest beat is, or was, far too late."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._beat_at, self._late_seconds = loop, loop.time(), 0.0
            loop.call_later(BEAT_SECONDS, self._beat, loop)
        overdue = loop.time() - self._beat_at - BEAT_SECONDS
        late = max(self._late_seconds, overdue)
        detail = f"events wait {late:.1f} s" if late > STARVED_SECONDS else ""
        return Verdict("event_loop", not detail, detail, round(max(0.0, late) * 1000, 2))

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is loop:
            self._late_seconds = loop.time() - self._beat_at - BEAT_SECONDS
            self._beat_at = loop.time()
            loop.call_later(BEAT_SECONDS, self._beat, loop)


def _answer(verdicts: Sequence[Verdict]) -> Response:
    ok = all(verdict.ok for verdict in verdicts)
    body = {
        "ok": ok,
        "probes": {
            verdict.name: {
                "ok": verdict.ok,
                "ms": verdict.ms,
                **({"detail": verdict.detail} if verdict.detail else {}),
            }
            for verdict in verdicts
        },
    }
    return Response(
        orjson.dumps(body), status_code=200 if ok else 503, headers={"content-type": "application/json"}
    )
