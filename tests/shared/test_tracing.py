"""One trace goes from a request through its events to what they cause elsewhere."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from pytest_httpserver import HTTPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.edge import Edge
from shared.metrics import Metrics
from shared.opentelemetry import OpenTelemetry
from shared.tracing import TRACEPARENT_IN_SCOPE, NoTracing, Tracing, tracing_to

SAMPLED = 1
CAME = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
async def tracing(exporter: InMemorySpanExporter) -> AsyncIterator[Tracing]:
    tracing = OpenTelemetry("goals", exporter)
    yield tracing
    await tracing.close()


async def ended(tracing: Tracing, exporter: InMemorySpanExporter) -> list[Any]:
    await tracing.close()
    return list(exporter.get_finished_spans())


async def test_a_span_is_in_the_trace_of_its_parent_and_is_the_parent_of_what_follows(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    first = tracing.begin("POST", role="server", parent=CAME)
    second = tracing.begin("process x", role="consumer", parent=first.traceparent, facts={"a": 1})
    second.end(facts={"cairn.outcome": "parked"}, failed=True)
    first.end(name="POST /goals")
    assert first.traceparent.split("-")[1] == CAME.split("-")[1]
    by_name = {each.name: each for each in await ended(tracing, exporter)}
    assert set(by_name) == {"POST /goals", "process x"}
    assert by_name["POST /goals"].parent.span_id == int(CAME.split("-")[2], 16)
    assert by_name["process x"].parent.span_id == by_name["POST /goals"].context.span_id
    assert by_name["process x"].attributes == {"a": 1, "cairn.outcome": "parked"}
    assert (by_name["process x"].status.is_ok, by_name["POST /goals"].status.is_ok) == (False, True)
    assert by_name["POST /goals"].resource.attributes["service.name"] == "cairn-goals"


@pytest.mark.parametrize("came", ["", "nonsense", "00-0-0-01", "é" * 30])
async def test_what_is_no_parent_begins_a_trace_of_its_own(tracing: Tracing, came: str) -> None:
    span = tracing.begin("GET", role="server", parent=came)
    span.end()
    version, trace, _, flags = span.traceparent.split("-")
    assert (version, len(trace)) == ("00", 32)
    assert int(trace, 16)
    assert int(flags, 16) & SAMPLED


async def test_without_a_collector_what_came_is_passed_on() -> None:
    tracing = tracing_to("goals", None)
    assert isinstance(tracing, NoTracing)
    assert tracing.begin("GET", role="server", parent=CAME).traceparent == CAME
    await tracing.close()


async def test_a_collector_gets_spans_as_otlp_over_http(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/traces", method="POST").respond_with_data("")
    tracing = tracing_to("goals", httpserver.url_for("/v1/traces"))
    tracing.begin("GET", role="server", parent=CAME).end(name="GET /goals")
    await tracing.close()
    [(request, _)] = httpserver.log
    sent = ExportTraceServiceRequest.FromString(request.data)
    [span] = [span for a in sent.resource_spans for b in a.scope_spans for span in b.spans]
    assert (span.name, span.trace_id.hex()) == ("GET /goals", CAME.split("-")[1])


async def test_the_edge_makes_a_span_of_a_request_by_its_route_and_leaves_its_context_for_commands(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    left: list[str] = []

    async def goal(request: Request) -> Response:
        left.append(request.scope[TRACEPARENT_IN_SCOPE])
        return Response(status_code=int(request.path_params["goal_id"]))

    app = Edge(
        Starlette(routes=[Route("/goals/{goal_id}", goal)]),
        metrics=Metrics("test"),
        max_body_bytes=1000,
        tracing=tracing,
    )
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        for status in (200, 404, 503):
            await client.get(f"/goals/{status}", headers={"traceparent": CAME})
    spans = await ended(tracing, exporter)
    assert [each.context.span_id for each in spans] == [int(each.split("-")[2], 16) for each in left]
    assert {each.context.trace_id for each in spans} == {int(CAME.split("-")[1], 16)}
    assert [each.status.status_code is StatusCode.ERROR for each in spans] == [False, False, True]
    assert [each.attributes["http.response.status_code"] for each in spans] == [200, 404, 503]
    assert not any("/goals/2" in str(each.attributes) + each.name for each in spans)
