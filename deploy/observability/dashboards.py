"""Grafana's dashboards, written from what each panel asks, so that all look alike and can be checked.

    python -m deploy.observability.dashboards        writes grafana/dashboards/*.json

`make schemas` does it too.  A panel asks in PromQL of the metrics that `shared.metrics` names and of the
recording rules beside.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

HERE: Final = Path(__file__).parent
DIRECTORY: Final = HERE / "grafana" / "dashboards"
SOURCE: Final = {"type": "prometheus", "uid": "cairn-prometheus"}
WIDTH, HEIGHT, COLUMNS = 8, 7, 3


class Panel(NamedTuple):
    """A graph: what it shows, in which of Grafana's units, what it asks for, and how its lines are called."""

    title: str
    unit: str
    asks: str
    legend: str
    says: str = ""


SERVICES: Final[Sequence[Panel]] = (
    Panel("Up", "short", 'sum by (service) (up{job="cairn"})', "{{service}}", "Instances that answer."),
    Panel("Requests", "reqps", "service:cairn_http_requests:rate5m", "{{service}}"),
    Panel("In flight", "short", "sum by (service) (cairn_http_requests_in_flight)", "{{service}}"),
    Panel(
        "Failed for a reason of ours",
        "percentunit",
        "service:cairn_http_errors:ratio5m",
        "{{service}}",
        "The budget is 1 of 1,000.",
    ),
    Panel(
        "Slower than half a second",
        "percentunit",
        "service:cairn_http_slow:ratio5m",
        "{{service}}",
        "The budget is 1 of 100.",
    ),
    Panel("99 of 100 answers within", "s", "service:cairn_http_seconds:p99_5m", "{{service}}"),
    Panel(
        "Slowest routes",
        "s",
        "topk(10, histogram_quantile(0.99, sum by (service, route, method, le)"
        ' (rate(cairn_http_request_seconds_bucket{service=~"$service"}[5m]))))',
        "{{method}} {{route}}",
    ),
    Panel(
        "Refused, by rule",
        "reqps",
        'topk(15, sum by (rule) (rate(cairn_refusals_total{service=~"$service"}[5m])))',
        "{{rule}}",
        "Rules that say no are no failures; a rule that begins to is news.",
    ),
    Panel(
        "Commands",
        "reqps",
        'sum by (command, outcome) (rate(cairn_commands_total{service=~"$service"}[5m]))',
        "{{command}} {{outcome}}",
    ),
    Panel(
        "Commands that share a transaction",
        "short",
        "histogram_quantile(0.5, sum by (service, le) (rate(cairn_command_group_size_bucket[5m])))",
        "{{service}}",
        "More are cheaper for each.",
    ),
    Panel("Memory", "bytes", "process_resident_memory_bytes", "{{service}} {{instance}}"),
    Panel("Processor", "percentunit", "rate(process_cpu_seconds_total[5m])", "{{service}} {{instance}}"),
    Panel(
        "The newest anchor of the audit is old",
        "s",
        "time() - (max by (service) (cairn_audit_newest_anchor_timestamp_seconds) > 0)",
        "{{service}}",
        "Grows too where nothing is audited; what waits for an anchor is in the next panel.",
    ),
    Panel(
        "Rows of the audit wait for a seal or an anchor",
        "short",
        "max by (service) (cairn_audit_unsealed_rows) + max by (service) (cairn_audit_unanchored_rows)",
        "{{service}}",
    ),
    Panel(
        "Certificates are good for",
        "s",
        "min by (service, file) (cairn_certificate_expires_timestamp_seconds) - time()",
        "{{service}} {{file}}",
        "Of those that a service was given; empty where nothing is locked.",
    ),
    Panel(
        "Token for asking other services is good for",
        "s",
        "min by (service) (cairn_service_token_expires_timestamp_seconds > 0) - time()",
        "{{service}}",
        "Of notifications; it goes up each time that the token is renewed.",
    ),
)
EVENTS: Final[Sequence[Panel]] = (
    Panel("Published", "reqps", "service:cairn_events_published:rate5m", "{{service}}"),
    Panel("Handled", "reqps", "service_topic:cairn_events_handled:rate5m", "{{service}} {{topic}}"),
    Panel(
        "What became of them",
        "reqps",
        'sum by (outcome) (rate(cairn_events_handled_total{service=~"$service"}[5m]))',
        "{{outcome}}",
    ),
    Panel(
        "Waiting to be handled",
        "short",
        "service_topic:cairn_consumer_lag_records:sum",
        "{{service}} {{topic}}",
    ),
    Panel("Waiting to be sent", "short", "service:cairn_outbox_unsent_rows:max", "{{service}}"),
    Panel("The oldest waits for", "s", "service:cairn_outbox_oldest_seconds:max", "{{service}}"),
    Panel(
        "Seconds of a transaction of events",
        "s",
        "histogram_quantile(0.99, sum by (service, topic, le) (rate(cairn_event_batch_seconds_bucket[5m])))",
        "{{service}} {{topic}}",
    ),
    Panel(
        "Run again",
        "reqps",
        "sum by (service, cause) (rate(cairn_retries_total[5m]))",
        "{{service}} {{cause}}",
    ),
    Panel("Keys parked", "short", "max by (service, topic) (cairn_parked_keys)", "{{service}} {{topic}}"),
    Panel(
        "Records unreadable",
        "short",
        "max by (service, topic) (cairn_unreadable_records)",
        "{{service}} {{topic}}",
    ),
    Panel("Keys held", "short", "max by (service, topic) (cairn_held_keys)", "{{service}} {{topic}}"),
    Panel("Tasks for many", "short", "max by (service) (cairn_fan_out_jobs)", "{{service}}"),
    Panel(
        "People reached",
        "reqps",
        "sum by (service) (rate(cairn_fan_out_recipients_total[5m]))",
        "{{service}}",
    ),
    Panel("People not reached", "short", "max by (service) (cairn_fan_out_failed_recipients)", "{{service}}"),
    Panel(
        "Who does each job",
        "short",
        "service_worker:cairn_worker_leading:sum",
        "{{service}} {{worker}}",
        "One of each; none means that nobody does it.",
    ),
    Panel(
        "Keys behind a row that cannot be sent",
        "short",
        "max by (service) (cairn_outbox_stuck_keys)",
        "{{service}}",
    ),
    Panel("Mails and posts wait", "short", "max by (channel) (cairn_deliveries_due)", "{{channel}}"),
    Panel(
        "The oldest of them waits for",
        "s",
        "max by (channel) (cairn_deliveries_oldest_seconds)",
        "{{channel}}",
    ),
    Panel(
        "Mails and posts given up within a day",
        "short",
        "max by (channel) (cairn_deliveries_given_up)",
        "{{channel}}",
        "They stay in the inbox.",
    ),
    Panel("Erasures open", "short", "max (cairn_erasures_open)", "open"),
    Panel("Erasures open for too long", "short", "max (cairn_erasures_overdue)", "overdue"),
)
DASHBOARDS: Final[Mapping[str, tuple[str, Sequence[Panel]]]] = {
    "cairn-services": ("Cairn: services", SERVICES),
    "cairn-events": ("Cairn: events", EVENTS),
}


def written() -> Iterator[tuple[Path, str]]:
    """Each file, and what stands in it."""
    for uid, (title, panels) in DASHBOARDS.items():
        yield DIRECTORY / f"{uid}.json", json.dumps(dashboard(uid, title, panels), indent=1) + "\n"


def dashboard(uid: str, title: str, panels: Sequence[Panel]) -> dict[str, Any]:
    """As Grafana imports it."""
    return {
        "uid": uid,
        "title": title,
        "tags": ["cairn"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [_of_service()]},
        "panels": [_panel(number, each) for number, each in enumerate(panels)],
    }


def _of_service() -> dict[str, Any]:
    asked = 'label_values(up{job="cairn"}, service)'
    return {
        "name": "service",
        "label": "Service",
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": asked, "refId": "services"},
        "definition": asked,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": SOURCE,
        "gridPos": {
            "x": number % COLUMNS * WIDTH,
            "y": number // COLUMNS * HEIGHT,
            "w": WIDTH,
            "h": HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}},
        "targets": [
            {
                "refId": "A",
                "datasource": SOURCE,
                "expr": panel.asks,
                "legendFormat": panel.legend,
                "range": True,
            }
        ],
    }


def main() -> None:
    """Write the files."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for path, text in written():
        path.write_text(text)


if __name__ == "__main__":
    main()
