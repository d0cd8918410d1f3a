"""What a service counts and times, for Prometheus.

One registry an app and none that is global, so that two services fit in one process.  Labels
are few and bounded: route templates, topics, types and outcomes, never an id.  Knows nothing
of how its numbers come about.
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Final, Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Outcome = Literal["applied", "duplicate", "held", "parked", "refused", "unknown", "not_yet", "erased"]
CommandOutcome = Literal["done", "repeated", "refused", "failed"]
RetryCause = Literal["conflict", "transient", "unanswered_commit", "overtaken", "handler"]

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
TYPES_MAX: Final = 500


class Metrics:
    """The measurements of one service; its attributes are Prometheus's own metrics.

    Gauges hold the newest value somebody set; whoever owns a queue sets its depth.  Hot paths
    use the methods, which take whole numbers of events and keep labels bounded.
    """

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._gauge("cairn_info", "Which service and version this is.", "service", "version").labels(
            service, _own_version()
        ).set(1)
        self._count_http()
        self._count_commands()
        self._count_events()
        self._count_queues()
        self._count_audit()
        self._count_what_is_due()
        self._tell_what_ends()
        self._types: set[str] = set()
        self._requests_by_label: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """One HTTP request was answered; `route` is the template, never the path."""
        key = (method if method in METHODS else "other", route, status)
        found = self._requests_by_label.get(key)
        if found is None:
            found = (self.http_requests.labels(*key), self.http_seconds.labels(key[0], route))
            self._requests_by_label[key] = found
        found[0].inc()
        found[1].observe(seconds)

    def handled(self, *, topic: str, event_type: str, outcome: Outcome, count: int = 1) -> None:
        """`count` records of a topic came to this outcome."""
        self.events_handled.labels(topic, self._bounded(event_type), outcome).inc(count)

    def event_batch(self, *, topic: str, size: int, seconds: float) -> None:
        """One transaction of events was committed."""
        self.event_batch_size.labels(topic).observe(size)
        self.event_batch_seconds.labels(topic).observe(seconds)

    def command(self, *, name: str, outcome: CommandOutcome, seconds: float) -> None:
        """One command was answered, `seconds` after it was asked."""
        self.commands.labels(name, outcome).inc()
        self.command_seconds.labels(name).observe(seconds)

    def command_group(self, size: int) -> None:
        """One transaction of commands was committed."""
        self.command_group_size.observe(size)

    def retried(self, cause: RetryCause, count: int = 1) -> None:
        """A batch or a message is run again."""
        self.retries.labels(cause).inc(count)

    def lagging(self, *, topic: str, partition: int, records: int) -> None:
        """So many records of a partition wait to be handled."""
        self.consumer_lag.labels(topic, str(partition)).set(records)

    def unassigned(self, *, topic: str, partition: int) -> None:
        """A partition is somebody else's now, so its lag is not ours to tell."""
        self.consumer_lag.remove(topic, str(partition))

    def outbox(self, *, unsent: int, oldest_seconds: float, stuck_keys: int = 0) -> None:
        """What waits to be sent: rows, the age of the oldest, keys behind an unsendable row."""
        self.outbox_unsent.set(unsent)
        self.outbox_oldest_seconds.set(oldest_seconds)
        self.outbox_stuck_keys.set(stuck_keys)

    def audit(self, *, unsealed: int, unanchored: int, oldest_seconds: float, anchored_at: float) -> None:
        """What of the audit waits for a seal or an anchor, and when the newest anchor was written."""
        self.audit_unsealed.set(unsealed)
        self.audit_unanchored.set(unanchored)
        self.audit_oldest_seconds.set(oldest_seconds)
        self.audit_anchored_at.set(anchored_at)

    def relayed(self, topic: str, count: int = 1) -> None:
        """So many rows of the outbox were acknowledged by Kafka."""
        self.events_published.labels(topic).inc(count)

    def fan_out(self, *, waiting_jobs: int, failed_recipients: int) -> None:
        """What the fan-out worker has before it, and for whom it failed."""
        self.fan_out_jobs.set(waiting_jobs)
        self.fan_out_failed.set(failed_recipients)

    def delivering(self, channel: str, *, due: int, oldest_seconds: float, given_up: int) -> None:
        """What waits to be sent by a channel, and what was given up there within a day."""
        self.deliveries_due.labels(channel).set(due)
        self.deliveries_oldest_seconds.labels(channel).set(oldest_seconds)
        self.deliveries_given_up.labels(channel).set(given_up)

    def erasing(self, *, open_: int, overdue: int) -> None:
        """How many erasures are not at their end, and how many of them should be."""
        self.erasures_open.set(open_)
        self.erasures_overdue.set(overdue)

    def working(self, *, worker: str, leading: bool, still_seconds: float) -> None:
        """Whether this process does a background job, and how long ago its last turn ended well."""
        self.worker_leading.labels(worker).set(leading)
        self.worker_still_seconds.labels(worker).set(still_seconds)

    def observed(self, part: str, *, at: float) -> None:
        """One part of what is looked at now and then was measured, in seconds since 1970."""
        self.observed_at.labels(part).set(at)

    def _bounded(self, event_type: str) -> str:
        if event_type not in self._types:
            if len(self._types) >= TYPES_MAX:
                return "other"
            self._types.add(event_type)
        return event_type

    def _count_http(self) -> None:
        self.http_requests = self._counter(
            "cairn_http_requests", "Requests answered.", "method", "route", "status"
        )
        self.http_seconds = self._histogram(
            "cairn_http_request_seconds", "Seconds to the end of an answer.", SECONDS, "method", "route"
        )
        self.http_in_flight = self._gauge("cairn_http_requests_in_flight", "Requests being answered.")

    def _count_commands(self) -> None:
        self.commands = self._counter("cairn_commands", "Commands answered.", "command", "outcome")
        self.command_seconds = self._histogram(
            "cairn_command_seconds", "Seconds from asking to the commit.", SECONDS, "command"
        )
        self.command_group_size = self._histogram(
            "cairn_command_group_size", "Commands that shared a transaction.", SIZES
        )
        self.refusals = self._counter("cairn_refusals", "Refusals by the rule that refused.", "rule")
        self.retries = self._counter("cairn_retries", "Batches and messages run again.", "cause")

    def _count_events(self) -> None:
        self.events_handled = self._counter(
            "cairn_events_handled", "Records by what came of them.", "topic", "type", "outcome"
        )
        self.event_batch_size = self._histogram(
            "cairn_event_batch_size", "Records in a transaction.", SIZES, "topic"
        )
        self.event_batch_seconds = self._histogram(
            "cairn_event_batch_seconds", "Seconds a transaction of records took.", SECONDS, "topic"
        )
        self.consumer_lag = self._gauge(
            "cairn_consumer_lag_records", "Records that wait to be handled.", "topic", "partition"
        )
        self.events_published = self._counter(
            "cairn_events_published", "Outbox rows acknowledged by Kafka.", "topic"
        )

    def _count_queues(self) -> None:
        self.outbox_unsent = self._gauge("cairn_outbox_unsent_rows", "Outbox rows not yet sent.")
        self.outbox_oldest_seconds = self._gauge(
            "cairn_outbox_oldest_seconds", "Age of the oldest unsent row."
        )
        self.outbox_stuck_keys = self._gauge(
            "cairn_outbox_stuck_keys", "Keys that wait behind an unsendable row."
        )
        self.parked_keys = self._gauge("cairn_parked_keys", "Keys that wait for a redrive.", "topic")
        self.unreadable = self._gauge(
            "cairn_unreadable_records", "Records that could not be read and wait for a redrive.", "topic"
        )
        self.held_keys = self._gauge("cairn_held_keys", "Keys that wait for a missing record.", "topic")
        self.fan_out_jobs = self._gauge("cairn_fan_out_jobs", "Fan-out jobs not yet done.")
        self.fan_out_failed = self._gauge(
            "cairn_fan_out_failed_recipients", "Recipients that wait for a redrive."
        )
        self.fan_out_done = self._counter("cairn_fan_out_recipients", "Recipients reached.")
        self.removed_for_age = self._counter(
            "cairn_removed_for_age", "What was removed since it was old.", "kind"
        )

        self.worker_leading = self._gauge(
            "cairn_worker_leading", "1 where this process does the background job.", "worker"
        )
        self.worker_still_seconds = self._gauge(
            "cairn_worker_still_seconds", "Seconds since a turn of the job ended well.", "worker"
        )

        self.observed_at = self._gauge(
            "cairn_observed_timestamp_seconds",
            "When the gauges of a part were last set, since 1970: until they are again they are old.",
            "part",
        )

    def _count_audit(self) -> None:
        self.audit_unsealed = self._gauge("cairn_audit_unsealed_rows", "Rows of the audit not yet sealed.")
        self.audit_unanchored = self._gauge(
            "cairn_audit_unanchored_rows", "Sealed rows of the audit that no anchor vouches for yet."
        )
        self.audit_oldest_seconds = self._gauge(
            "cairn_audit_oldest_unanchored_seconds", "Age of the oldest row that no anchor vouches for yet."
        )
        self.audit_anchored_at = self._gauge(
            "cairn_audit_newest_anchor_timestamp_seconds",
            "When the newest anchor of the audit was written, since 1970; 0 if none was.",
        )
        self.audit_anchor_interval = self._gauge(
            "cairn_audit_anchor_interval_seconds", "Seconds after which new rows are to be anchored."
        )

    def _count_what_is_due(self) -> None:
        self.deliveries_due = self._gauge("cairn_deliveries_due", "Mails or posts not yet taken.", "channel")
        self.deliveries_oldest_seconds = self._gauge(
            "cairn_deliveries_oldest_seconds", "How long ago was raised what waits longest.", "channel"
        )
        self.deliveries_given_up = self._gauge(
            "cairn_deliveries_given_up", "Deliveries of the last day that are not tried again.", "channel"
        )
        self.erasures_open = self._gauge("cairn_erasures_open", "Erasures that not all have told the end of.")
        self.erasures_overdue = self._gauge(
            "cairn_erasures_overdue", "Erasures that are open an hour after each service was to look again."
        )

    def _tell_what_ends(self) -> None:
        self.certificate_expires = self._gauge(
            "cairn_certificate_expires_timestamp_seconds",
            "When a certificate ends that this process was given, or that an engine shows, since 1970.",
            "use",
            "file",
            "subject",
        )
        self.certificate_unread = self._gauge(
            "cairn_certificate_unread", "1 where a file of certificates cannot be read.", "use", "file"
        )
        self.certificate_renewed = self._gauge(
            "cairn_certificate_renewed",
            "1 where a file has other certificates than this process was started with.",
            "use",
            "file",
        )
        self.service_token_expires = self._gauge(
            "cairn_service_token_expires_timestamp_seconds",
            "When the token ends with which this service asks others, since 1970; 0 where it has none.",
        )

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(name, says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(name, says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, says, labels, buckets=buckets, registry=self.registry)


def metrics_route(metrics: Metrics) -> Route:
    """`GET /metrics`, in the form that the scraper asks for."""

    async def scrape(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(metrics.registry), headers={"content-type": content_type})

    return Route("/metrics", scrape, include_in_schema=False)


def _own_version() -> str:
    try:
        return version("cairn")
    except PackageNotFoundError:
        return "0"
