"""Spans by OpenTelemetry's own client, sent as OTLP over HTTP; loaded only where traces are wanted."""

import asyncio

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.tracing import Facts, Role, Span

SEND_SECONDS = 5.0


class _Recorded:
    """A span of OpenTelemetry's."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: OtelSpan, traceparent: str) -> None:
        self._span = span
        self.traceparent = traceparent

    def end(self, *, name: str = "", facts: Facts | None = None, failed: bool = False) -> None:
        """It is over."""
        if name:
            self._span.update_name(name)
        self._span.set_attributes(dict(facts or {}))
        if failed:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class OpenTelemetry:
    """Traces of one service, sent in batches."""

    on = True

    def __init__(self, service: str, exporter: SpanExporter) -> None:

        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: f"cairn-{service}"}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("cairn")
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, name: str, *, role: Role, parent: str, facts: Facts | None = None) -> Span:
        """A span in the trace of its parent."""
        above = self._propagator.extract({"traceparent": parent}, context=Context())
        kind = SpanKind.SERVER if role == "server" else SpanKind.CONSUMER
        span = self._tracer.start_span(name, context=above, kind=kind, attributes=dict(facts or {}))
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier, context=set_span_in_context(span, Context()))
        return _Recorded(span, carrier.get("traceparent", ""))

    async def close(self) -> None:
        """Send what is left; a collector that is away holds nobody up for long."""
        await asyncio.to_thread(self._provider.shutdown)


def exporter_to(url: str) -> SpanExporter:
    """Sends to a collector; what it does not take in time is dropped with a line in the log."""
    return OTLPSpanExporter(endpoint=url, timeout=SEND_SECONDS)
