"""Traces by OpenTelemetry: a span for each request, and for each event that somebody takes.

One trace goes from a request through the events that it makes to what these make elsewhere: the context of a
span travels as W3C `traceparent` with the command, its events and whatever they cause.  It is off unless
CAIRN_TRACES_URL names a collector; then what comes with a request or an event is passed on as it is.

Spans carry routes, types, topics and outcomes; never a path, a body, a person or a subject.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

Role = Literal["server", "consumer"]
Facts = Mapping[str, str | int]
TRACEPARENT_IN_SCOPE = "cairn.traceparent"
"""Where the edge leaves the context of a request for the commands that it gives."""


class Span(Protocol):
    """Something that goes on; `traceparent` is what follows from it."""

    @property
    def traceparent(self) -> str:
        """Its context as W3C writes it; empty for none."""
        ...

    def end(self, *, name: str = "", facts: Facts | None = None, failed: bool = False) -> None:
        """It is over."""
        ...


class Tracing(Protocol):
    """Where spans begin; `on` is whether anything is noted."""

    on: bool

    def begin(self, name: str, *, role: Role, parent: str, facts: Facts | None = None) -> Span:
        """Something begins, because of what `parent` is the traceparent of; empty for a trace of its own."""
        ...

    async def close(self) -> None:
        """Send what is left."""
        ...


class _Passed:
    """No span: what came is passed on."""

    __slots__ = ("traceparent",)

    def __init__(self, traceparent: str) -> None:
        self.traceparent = traceparent

    def end(self, *, name: str = "", facts: Facts | None = None, failed: bool = False) -> None:
        """Nothing was noted."""


class NoTracing:
    """Traces of nothing."""

    on = False

    def begin(self, name: str, *, role: Role, parent: str, facts: Facts | None = None) -> Span:
        """Pass the parent on."""
        del name, role, facts
        return _Passed(parent)

    async def close(self) -> None:
        """There is nothing to send."""


def tracing_to(service: str, url: str | None) -> Tracing:
    """Traces to a collector that takes OTLP over HTTP, or none."""
    if url is None:
        return NoTracing()
    from shared.opentelemetry import OpenTelemetry, exporter_to  # noqa: PLC0415  costly, and off mostly

    return OpenTelemetry(service, exporter_to(url))
