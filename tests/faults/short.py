"""The short form of a run under fire: most faults once, several at a time.

Faults of a group are chosen so that none undoes what another needs: what starts services again does
not come with what takes the engines from them, and no two touch the same instance.  Left out are a
broker that stops in order, since it is killed, and two of the moods of the network.
"""

from collections.abc import Mapping, Sequence

from tests.faults.crashes import OVERTAKING, crash, die_in_turn, restart_all
from tests.faults.faults import disk_full, kill_broker, kill_primary, network, receivers_away
from tests.faults.injected import inject, poison
from tests.faults.instances import freeze_consumer, freeze_relay, kill_storm, wrong_clock
from tests.faults.run import Fault, Group, NoBiteError, Run

INSTANCES: Mapping[str, int] = {"people": 1, "goals": 2, "feedback": 1, "reviews": 1, "notifications": 2}
"""Two where one must take over from the other: the lease of a relay, the partitions of a group."""
CRASHES: Mapping[str, Sequence[str]] = {
    "goals": ("before_mark", "after_mongo_commit"),
    "feedback": ("after_kafka_ack", "before_offset_commit"),
    "reviews": ("before_work", "mid_fan_out"),
    "notifications": ("after_smtp", "after_webhook"),
}
"""Where each service dies, one after the other."""


def crashes(service: str) -> Fault:
    """A service dies at its points."""

    async def fault(run: Run) -> None:
        await crash(run, service, *CRASHES[service])
        await run.recovered(*_names(service))

    return fault


def overtaken_crashes(service: str) -> Fault:
    """The same, and meanwhile records come to it after later ones of their key."""

    async def fault(run: Run) -> None:
        before = run.town.bites()["overtaken"]
        try:
            await die_in_turn(run, service, CRASHES[service], besides=OVERTAKING)
            if run.town.bites()["overtaken"] == before:
                await restart_all(run, service, OVERTAKING, kill=True)
                if not await run.bitten("overtaken", before + 1):
                    raise NoBiteError(f"nothing was overtaken on its way to {service}")
        finally:
            await restart_all(run, service, kill=True)
        run.bit("overtaking", run.town.bites()["overtaken"] - before)
        await run.recovered("overtaking", *_names(service))

    return fault


def _names(service: str) -> list[str]:
    return [f"crash_{point}" for point in CRASHES[service]]


DEATHS: Group = {
    "crashes of goals": crashes("goals"),
    "crashes of feedback": crashes("feedback"),
    "crashes of reviews": overtaken_crashes("reviews"),
    "crashes of notifications": crashes("notifications"),
}
TROUBLES: Sequence[Group] = (
    {
        "receivers_away": receivers_away(seconds=5),
        "freeze_instance": freeze_consumer,
        "kill_mongod_primary": kill_primary,
        "poison": poison,
    },
    {
        "wrong_clock": wrong_clock(("goals", "notifications")),
        "kill_instance": kill_storm(seconds=3, services=("people", "feedback", "reviews")),
        "inject": inject,
    },
    {
        "kill_broker": kill_broker,
        "disk_full": disk_full,
        "freeze_relay": freeze_relay,
    },
    {"network_resets": network("resets", seconds=4)},
    {"network_silent": network("silent")},
)
GROUPS = (DEATHS, *TROUBLES)
COVERED = frozenset({"overtaking"}.union(*map(_names, CRASHES), *TROUBLES))
"""The names of the faults that it has."""
