"""Measurements are kept an app, told in Prometheus's own format, with bounded labels."""

import pytest
from httpx import ASGITransport, AsyncClient
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from shared.metrics import TYPES_MAX, Metrics, metrics_route


@pytest.fixture
def metrics():
    return Metrics("goals")


def value(metrics, name, **labels):
    return metrics.registry.get_sample_value(name, labels)


def test_two_services_in_one_process_count_apart():
    one, other = Metrics("goals"), Metrics("people")
    one.retried("conflict")
    assert value(one, "cairn_retries_total", cause="conflict") == 1
    assert value(other, "cairn_retries_total", cause="conflict") is None


def test_requests_are_counted_by_route_and_timed(metrics):
    for status in (200, 200, 404):
        metrics.request(method="GET", route="/goals/{goal_id}", status=status, seconds=0.02)
    labels = {"method": "GET", "route": "/goals/{goal_id}"}
    assert value(metrics, "cairn_http_requests_total", **labels, status="200") == 2
    assert value(metrics, "cairn_http_requests_total", **labels, status="404") == 1
    assert value(metrics, "cairn_http_request_seconds_count", **labels) == 3
    assert value(metrics, "cairn_http_request_seconds_bucket", **labels, le="0.025") == 3
    assert value(metrics, "cairn_http_request_seconds_bucket", **labels, le="0.01") == 0


def test_methods_made_up_by_a_client_share_one_label(metrics):
    for number in range(50):
        metrics.request(method=f"BREW{number}", route="", status=405, seconds=0)
    assert value(metrics, "cairn_http_requests_total", method="other", route="", status="405") == 50


def test_events_are_counted_by_outcome(metrics):
    metrics.handled(topic="t", event_type="a.v1", outcome="applied", count=7)
    metrics.handled(topic="t", event_type="a.v1", outcome="duplicate")
    assert value(metrics, "cairn_events_handled_total", topic="t", type="a.v1", outcome="applied") == 7
    assert value(metrics, "cairn_events_handled_total", topic="t", type="a.v1", outcome="duplicate") == 1


def test_types_made_up_by_a_producer_do_not_grow_the_registry_without_end(metrics):
    for number in range(TYPES_MAX + 20):
        metrics.handled(topic="t", event_type=f"made.up.{number}", outcome="unknown")
    assert value(metrics, "cairn_events_handled_total", topic="t", type="other", outcome="unknown") == 20


def test_lag_of_a_partition_that_moved_away_is_forgotten(metrics):
    metrics.lagging(topic="t", partition=3, records=12)
    assert value(metrics, "cairn_consumer_lag_records", topic="t", partition="3") == 12
    metrics.unassigned(topic="t", partition=3)
    metrics.unassigned(topic="t", partition=3)
    assert value(metrics, "cairn_consumer_lag_records", topic="t", partition="3") is None


def test_queues_tell_their_depth_and_age(metrics):
    metrics.outbox(unsent=4, oldest_seconds=1.5, stuck_keys=1)
    metrics.fan_out(waiting_jobs=2, failed_recipients=1000)
    metrics.parked_keys.labels("t").set(3)
    assert value(metrics, "cairn_outbox_unsent_rows") == 4
    assert value(metrics, "cairn_outbox_oldest_seconds") == 1.5
    assert value(metrics, "cairn_outbox_stuck_keys") == 1
    assert value(metrics, "cairn_fan_out_failed_recipients") == 1000
    assert value(metrics, "cairn_parked_keys", topic="t") == 3


def test_commands_and_their_groups_are_counted(metrics):
    metrics.command(name="close_goal", outcome="done", seconds=0.004)
    metrics.command_group(64)
    assert value(metrics, "cairn_commands_total", command="close_goal", outcome="done") == 1
    assert value(metrics, "cairn_command_group_size_bucket", le="64.0") == 1
    assert value(metrics, "cairn_command_group_size_bucket", le="32.0") == 0


@pytest.mark.parametrize("accept", ["", "text/plain", "application/openmetrics-text; version=1.0.0"])
async def test_a_scraper_gets_the_form_that_it_asks_for(metrics, accept):
    app = Starlette(routes=[metrics_route(metrics)])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://t") as client:
        answer = await client.get("/metrics", headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(accept.partition(";")[0] or "text/plain")
    assert 'cairn_info{service="goals"' in answer.text


async def test_what_is_told_can_be_parsed(metrics):
    metrics.request(method="GET", route='/a"b\\{c}', status=200, seconds=0.1)
    app = Starlette(routes=[metrics_route(metrics)])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://t") as client:
        answer = await client.get("/metrics")
    families = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"cairn_http_requests", "process_cpu_seconds", "cairn_consumer_lag_records"} <= families
