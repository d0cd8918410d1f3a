"""What the services say of themselves, read from their `/metrics`."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.live.client import SuiteClient

SERVICES = ("people", "goals", "feedback", "reviews", "notifications")
QUIET_LOOKS = 2
SETTLE_SECONDS = 120.0
PARKED = ("cairn_parked_keys", "cairn_unreadable_records", "cairn_fan_out_failed_recipients")


@dataclass(frozen=True, slots=True)
class Figures:
    """One service: totals since its process started, and what waits right now.

    `parked`: keys, unreadable records and recipients of a fan-out that wait for a redrive.
    """

    published: int
    handled: Mapping[str, int]
    unsent: int
    lag: int
    parked: int
    held: int
    fan_outs: int

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be sent, read, tried again or fanned out."""
        return not (self.unsent or self.lag or self.held or self.fan_outs)


async def figures_of(client: SuiteClient, service: str) -> Figures:
    """The figures of one service now."""
    totals: dict[str, float] = {}
    outcomes: dict[str, int] = {}
    for family in text_string_to_metric_families(await client.text(service, "/metrics")):
        for sample in family.samples:
            totals[sample.name] = totals.get(sample.name, 0.0) + sample.value
            if sample.name == "cairn_events_handled_total":
                outcome = sample.labels["outcome"]
                outcomes[outcome] = outcomes.get(outcome, 0) + int(sample.value)
    return Figures(
        published=int(totals.get("cairn_events_published_total", 0)),
        handled=outcomes,
        unsent=int(totals.get("cairn_outbox_unsent_rows", 0)),
        lag=int(totals.get("cairn_consumer_lag_records", 0)),
        parked=int(sum(totals.get(name, 0) for name in PARKED)),
        held=int(totals.get("cairn_held_keys", 0)),
        fan_outs=int(totals.get("cairn_fan_out_jobs", 0)),
    )


async def all_figures(client: SuiteClient) -> Mapping[str, Figures]:
    """The figures of every service now."""
    found = await asyncio.gather(*(figures_of(client, service) for service in SERVICES))
    return dict(zip(SERVICES, found, strict=True))


async def settled(client: SuiteClient) -> Mapping[str, Figures]:
    """The figures once the whole suite has come to rest; the last ones if it does not in SETTLE_SECONDS.

    At rest: nothing waits anywhere and nothing was published or handled between two looks.
    """
    until = time.monotonic() + SETTLE_SECONDS
    before: Mapping[str, Figures] = {}
    quiet = 0
    while quiet < QUIET_LOOKS:
        try:
            now = await all_figures(client)
        except httpx.HTTPError:  # a service that is down is not at rest
            quiet = 0
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.6)
            continue
        same = bool(before) and all(
            now[name].idle
            and now[name].published == before[name].published
            and now[name].handled == before[name].handled
            for name in SERVICES
        )
        quiet = quiet + 1 if same else 0
        before = now
        if time.monotonic() > until:
            return now
        await asyncio.sleep(0.6)
    return before
