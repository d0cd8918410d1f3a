"""`make bench`: Cairn against the naive way and against bare loops, in one run, as ratios.

All sides of a contest do the same work with the same durability on the same engines, alternating, in
several rounds.  `engine` contests use the engine room alone, on engines of their own; `suite` figures
are of the five services as processes.  Writes `build/bench.json`, `build/bench.svg` and a table; a part alone
(`--only`) writes `build/bench-<part>.json`.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import uvloop
from rich.console import Console
from rich.table import Table

from deploy.local.data import held
from deploy.local.engines import EnginePorts, engines_of, running
from deploy.local.ports import free_ports
from shared.serve import calm_collector
from tests.bench.arena import Arena
from tests.bench.assign import PEOPLE as ASSIGNED
from tests.bench.assign import assign
from tests.bench.chart import GOALS, Bar, svg
from tests.bench.commands import commands_one_by_one, commands_through_work
from tests.bench.fan_out import fan_out_one_by_one, fan_out_through_worker
from tests.bench.intake import intake_naive, intake_raw, intake_through_work
from tests.bench.latency import effect_latency
from tests.bench.launch import Launched, launch
from tests.bench.reads import GOALS_FULL, read_latencies
from tests.bench.requests import http_against_naive
from tests.bench.stand import Stand, standing
from tests.bench.year import PEOPLE as LIVING
from tests.bench.year import live_a_year

Side = Callable[[Arena], Awaitable[float]]
"""Does its work once and gives its rate, in units a second."""
PEOPLE, PEOPLE_FULL = 10_000, 100_000
GROWTH, GROWTH_FULL = 10, 100
BUILD: Final = Path("build")


def grown(side: Side, growth: int) -> Side:
    """The same where there is so many times the data already."""

    async def weighed_down(arena: Arena) -> float:
        return await side(replace(arena, growth=growth))

    return weighed_down


def contests(growth: int) -> Mapping[str, tuple[Side, Side]]:
    """By name: our side, and what it is held against."""
    commands64, commands1 = commands_through_work(64), commands_through_work(1)
    return {
        "intake_vs_floor": (intake_through_work, intake_raw),
        "intake_vs_naive": (intake_through_work, intake_naive),
        "commands64_vs_naive": (commands64, commands_one_by_one(64)),
        "commands1_vs_naive": (commands1, commands_one_by_one(1)),
        "fanout_vs_naive": (fan_out_through_worker, fan_out_one_by_one),
        "growth10x": (grown(intake_through_work, growth), intake_through_work),
    }


SAYS: Final[Mapping[str, str]] = {
    "intake_vs_floor": "reactions, against a hand-written loop without validation",
    "intake_vs_naive": "reactions, against FastStream with a transaction for each event",
    "commands64_vs_naive": "commands at 64 in flight, against a transaction each",
    "commands1_vs_naive": "commands one at a time, against a transaction each",
    "http_vs_naive": "HTTP commands at 32 connections, against a transaction each",
    "fanout_vs_naive": "fan-out with unread counts, against a transaction for each recipient",
    "launch_vs_insert": "launch of a cycle, against inserting the same documents",
    "growth10x": "reactions where there is ten times the data (full: a hundred times)",
    "assign1000_s": "one goal set for 1,000 people, each notified",
    "kr_update_per_s": "key result updates over HTTP, one process",
    "latency_p50_ms": "answer -> effect in the other service, at 200/s, median",
    "latency_p99_ms": "the same, 99 of 100",
    "rss_mb": "the largest service during all of it",
    "ready_s": "from nothing to ready",
}


async def engine_figures(rounds: int, scale: float, growth: int) -> dict[str, Any]:
    """All sides in turn, `rounds` times; by contest the ratio's median, range and both rates."""
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as directory, held(Path(directory)) as data:
        broker, controller, database = free_ports(3)
        ports = EnginePorts(kafka=broker, kafka_controller=controller, mongo=database)
        async with running(engines_of(data, ports)) as engines:
            arena, sides = Arena(engines.kafka, engines.mongo, scale), contests(growth)
            rates: dict[Side, list[float]] = {side: [] for pair in sides.values() for side in pair}
            for _ in range(rounds):
                for side, found in rates.items():
                    found.append(await side(arena))
    return {name: ratio(rates[ours], rates[theirs]) for name, (ours, theirs) in sides.items()}


async def suite_figures(rounds: int, scale: float, people: int) -> dict[str, Any]:
    """What only the whole suite can show."""
    starts = [await _start() for _ in range(rounds - 1)]
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as directory:
        async with standing(Path(directory)) as stand:
            rest = await _settled(stand)
            await stand.hire(max(500, int(people * scale)))
            rates = await http_against_naive(stand, rounds=rounds, scale=scale)
            latency = await effect_latency(stand, rounds=rounds, scale=scale)
            load = stand.rss_mb()
            thousand = [await assign(stand) for _ in range(rounds)]
            everyone = await assign(stand, stand.people)
            launches = [await launch(stand) for _ in range(rounds)]
            starts.append(stand.ready_s)
            after = await _settled(stand)
            peaks = [max(each.peak_rss_mb.values()) for each in launches]
            return {
                "http_vs_naive": ratio(rates["ours"], rates["naive"]),
                "kr_update_per_s": round(statistics.median(rates["ours"])),
                "kr_update_per_s_all_services_running": round(statistics.median(rates["suite"])),
                "latency_ms": latency,
                "assign1000_s": {
                    **spread(thousand),
                    "asked_of": min(ASSIGNED, stand.people),
                    "everyone_s_for_each_1000": everyone * 1000 / stand.people,
                },
                "launch_vs_insert": _launched(launches, stand.people),
                "rss_mb": {
                    name: {
                        "rest": rest[name],
                        "load": load[name],
                        "launch": max(each.peak_rss_mb[name] for each in launches),
                        "after": after[name],
                    }
                    for name in rest
                },
                "ready_s": round(statistics.median(starts), 1),
                "ranges": {
                    "kr_update_per_s": [round(min(rates["ours"])), round(max(rates["ours"]))],
                    "latency_p50_ms": _range([each["p50"] for each in latency["rounds"]]),
                    "latency_p99_ms": _range([each["p99"] for each in latency["rounds"]]),
                    "rss_mb": _range(peaks),
                    "ready_s": _range(starts),
                },
            }


async def _start() -> float:
    """Seconds from nothing to a suite that is ready."""
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as directory:
        async with standing(Path(directory)) as stand:
            return stand.ready_s


def _range(values: Sequence[float]) -> list[float]:
    return [round(min(values), 1), round(max(values), 1)]


async def reads_figures(people: int, goals: int) -> dict[str, Any]:
    """How long each read of goals takes among so many."""
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as directory:
        async with standing(Path(directory)) as stand:
            await stand.hire(people)
            return {"goals": goals, "reads_ms": await read_latencies(stand, goals=goals)}


async def year_figures(people: int) -> dict[str, Any]:
    """A year of goals, and whether all that was asked came of it."""
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as directory:
        async with standing(Path(directory)) as stand:
            await stand.hire(people)
            return await live_a_year(stand, people=people)


async def _settled(stand: Stand) -> dict[str, float]:
    await stand.quiet()
    return stand.rss_mb()


def _launched(launches: Sequence[Launched], people: int) -> dict[str, object]:
    return {
        **spread([each.ratio for each in launches]),
        "people": people,
        "seconds": [round(each.seconds, 1) for each in launches],
        "insert_seconds": [round(each.insert_seconds, 1) for each in launches],
        "documents": launches[-1].documents,
    }


def spread(ratios: Sequence[float]) -> dict[str, object]:
    """Median and range."""
    return {
        "median": round(statistics.median(ratios), 3),
        "low": round(min(ratios), 3),
        "high": round(max(ratios), 3),
    }


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, object]:
    """Of rates measured in turn."""
    return {
        **spread([one / other for one, other in zip(ours, theirs, strict=True)]),
        "rate": round(statistics.median(ours)),
        "other_rate": round(statistics.median(theirs)),
    }


def bars(results: Mapping[str, Any]) -> list[Bar]:
    """Every figure that has a goal, in the order of the goals."""
    latency, memory = results.get("latency_ms", {}), results.get("rss_mb", {})
    single = {
        **{name: results[name] for name in ("kr_update_per_s", "ready_s") if name in results},
        **({"latency_p50_ms": latency["p50"], "latency_p99_ms": latency["p99"]} if latency else {}),
        **({"rss_mb": max(max(found.values()) for found in memory.values())} if memory else {}),
    }
    made: list[Bar] = []
    for name, (goal, more, unit) in GOALS.items():
        if name in single:
            low, high = results.get("ranges", {}).get(name, (single[name],) * 2)
            made.append(Bar(name, single[name], low, high, goal, more, unit))
        elif name in results and results[name].get("asked_of", ASSIGNED) >= ASSIGNED:
            found = results[name]
            made.append(Bar(name, found["median"], found["low"], found["high"], goal, more, unit))
    return made


def show(results: Mapping[str, Any]) -> None:
    """The results as a table."""
    table = Table("Figure", "median", "range", "goal", "", "ours /s", "theirs /s", title="One run")
    for bar in bars(results):
        found = results.get(bar.name)
        rates = (
            [str(found.get(name, "")) for name in ("rate", "other_rate")]
            if isinstance(found, dict)
            else ["", ""]
        )
        goal = f"{'>=' if bar.more_is_better else '<='} {bar.goal:g} {bar.unit}"
        mark = "[green]reached" if bar.reached >= 1 else "[red]missed"
        table.add_row(
            SAYS.get(bar.name, bar.name), f"{bar.value:g}", f"{bar.low:g} to {bar.high:g}", goal, mark, *rates
        )
    Console(width=150).print(table)


def show_reads(reads: Mapping[str, Mapping[str, float]]) -> None:
    """How long reads take, as a table."""
    table = Table("Read", "median ms", "99 of 100 ms", "most ms", "asked")
    for name, found in reads.items():
        table.add_row(name, *(f"{found[each]:g}" for each in ("p50", "p99", "max", "asked")))
    Console(width=110).print(table)


async def main(given: argparse.Namespace) -> None:
    """Measure, write, show; all sides in this process have the collector as a service has it."""
    calm_collector()
    began = time.monotonic()
    results: dict[str, Any] = {}
    growth, people = (GROWTH_FULL, PEOPLE_FULL) if given.full else (GROWTH, PEOPLE)

    def keep() -> None:
        """After each part, so that one that fails loses no other: all of them take most of an hour."""
        results["seconds"] = round(time.monotonic() - began)
        BUILD.mkdir(exist_ok=True)
        name = f"bench-{given.only}" if given.only else "bench"
        (BUILD / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n")
        (BUILD / f"{name}.svg").write_text(svg(bars(results)))

    if given.only in {None, "engine"}:
        results |= await engine_figures(given.rounds, given.scale, growth)
        keep()
        show(results)
    if given.only in {None, "suite"}:
        results |= await suite_figures(given.rounds, given.scale, people)
        keep()
        show(results)
    if given.only == "reads" or (given.full and given.only is None):
        results |= await reads_figures(int(people * given.scale), int(GOALS_FULL * given.scale))
        keep()
        show_reads(results["reads_ms"])
    if given.only == "year" or (given.full and given.only is None):
        results["year"] = await year_figures(max(20, int(LIVING * given.scale)))
        keep()
        Console(width=110).print(results["year"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the number of events, commands and people"
    )
    parser.add_argument("--full", action="store_true", help="100,000 people and a hundred times the data")
    parser.add_argument("--only", choices=["engine", "suite", "reads", "year"], help="a part of it")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(parser.parse_args()))
