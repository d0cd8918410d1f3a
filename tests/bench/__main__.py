"""`make bench`: intake, commands and fan-out against the naive way and a raw loop, in one run.

All sides do the same work with the same durability on the same engines, alternating, in several
rounds; the figures are ratios of rates with their range.  Writes `build/bench.json` and a table.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from deploy.local.data import held
from deploy.local.engines import EnginePorts, engines_of, running
from deploy.local.ports import free_ports
from tests.bench.arena import Arena
from tests.bench.commands import commands_one_by_one, commands_through_work
from tests.bench.fan_out import fan_out_one_by_one, fan_out_through_worker
from tests.bench.intake import intake_naive, intake_raw, intake_through_work

Side = Callable[[Arena], Awaitable[float]]
"""Does its work once and gives its rate, in units a second."""

CONTESTS: Mapping[str, tuple[Side, Side]] = {
    "intake_vs_floor": (intake_through_work, intake_raw),
    "intake_vs_naive": (intake_through_work, intake_naive),
    "commands64_vs_naive": (commands_through_work(64), commands_one_by_one(64)),
    "commands1_vs_naive": (commands_through_work(1), commands_one_by_one(1)),
    "fanout_vs_naive": (fan_out_through_worker, fan_out_one_by_one),
}
SAYS: Mapping[str, str] = {
    "intake_vs_floor": "reactions, against a hand-written loop without validation",
    "intake_vs_naive": "reactions, against FastStream with a transaction for each event",
    "commands64_vs_naive": "commands at 64 in flight, against a transaction each",
    "commands1_vs_naive": "commands one at a time, against a transaction each",
    "fanout_vs_naive": "fan-out with unread counts, against a transaction for each recipient",
}


async def contest(arena: Arena, rounds: int) -> dict[str, dict[str, object]]:
    """All sides in turn, `rounds` times; by contest the ratio's median, range and both rates."""
    rates: dict[Side, list[float]] = {side: [] for sides in CONTESTS.values() for side in sides}
    for _ in range(rounds):
        for side, found in rates.items():
            found.append(await side(arena))
    return {name: _ratio(rates[ours], rates[theirs]) for name, (ours, theirs) in CONTESTS.items()}


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, object]:
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return {
        "median": round(statistics.median(ratios), 3),
        "low": round(min(ratios), 3),
        "high": round(max(ratios), 3),
        "rate": round(statistics.median(ours)),
        "other_rate": round(statistics.median(theirs)),
    }


def show(results: Mapping[str, Mapping[str, object]]) -> None:
    """The results as a table."""
    table = Table("Contest", "ratio", "range", "ours /s", "theirs /s", title="One run, medians")
    for name, found in results.items():
        spread = f"{found['low']} to {found['high']}"
        cells = [str(found["median"]), spread, str(found["rate"]), str(found["other_rate"])]
        table.add_row(SAYS[name], *cells)
    Console().print(table)


async def main(rounds: int, scale: float) -> None:
    """Start engines of its own, let the sides compete, report."""
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as directory, held(Path(directory)) as data:
        broker, controller, database = free_ports(3)
        ports = EnginePorts(kafka=broker, kafka_controller=controller, mongo=database)
        async with running(engines_of(data, ports)) as engines:
            results = await contest(Arena(engines.kafka, engines.mongo, scale), rounds)
    build = Path("build")
    build.mkdir(exist_ok=True)
    (build / "bench.json").write_text(json.dumps(results, indent=1) + "\n")
    show(results)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of events and commands")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.rounds, given.scale))
