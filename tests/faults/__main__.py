"""`make faults`: everything that can go wrong goes wrong, and a checker looks at what is left.

Writes `build/faults.json` and a table.  ONLY names one fault; SEED makes a run like another as far
as a machine allows; MINUTES says how often each fault comes.  `make test` has a short form.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from services.notifications.domain.outlets import endpoint_id
from tests.faults.checker import Checker, Verdict
from tests.faults.controls import CONTROLS, control
from tests.faults.driver import Driver, Ledger
from tests.faults.faults import FAULTS, plan
from tests.faults.injected import redrive
from tests.faults.run import Fault, Group, NoBiteError, Run, Watch
from tests.faults.town import TWICE, running_town

GOALS = 500
RATE = min(150.0, 25.0 * (os.cpu_count() or 1))
"""Commands a second that are offered: what a machine of so many cores takes while things go wrong."""
SETTLE_SECONDS = 180.0
PATIENCE = 2.0
"""The faults of a run may take so many times the minutes that they are meant to."""
MOST_REPEATED = 0.5
"""Records that are sent again, as a share of the events: more, and somebody sends what another has sent."""
err = Console(stderr=True)


async def under_fire(
    directory: Path,
    groups: Sequence[Group],
    *,
    seed: int,
    goals: int,
    rate: float,
    minutes: float,
    instances: Mapping[str, int] = TWICE,
) -> tuple[Run, Verdict, str]:
    """Live through the faults, a group at a time, and look at what is left."""
    watch = Watch()
    async with running_town(directory, seed, instances) as town:
        watch.lap("engines start")
        await town.start_all()
        watch.lap("services start")
        async with Driver(town, Ledger(directory / "ledger.jsonl"), seed=seed, rate=rate) as driver:
            await driver.import_people()
            await driver.set_goals(goals)
            run = Run(town, driver, random.Random(seed), watch)
            watch.lap("people and goals")
            async with driver.running() as driving:
                await _suffer(run, groups, driving, until=time.monotonic() + PATIENCE * minutes * 60)
            watch.lap("last commands")
            hooks = {url.rpartition("/")[2]: endpoint_id(url) for url in town.hook_urls}
            others = {name: hooks[name] for name in ("slow", "failing")}  # the fourth goes for good
            checker = Checker(town.database.url, town.broker.bootstrap, steady=hooks["steady"], others=others)
            waiting = await _rest(run, checker)
            watch.lap("rest")
            verdict = await checker.check(driver.ledger.entries())
            watch.lap("check")
            await checker.outside(verdict, mails=town.mailbox.taken, posts=town.hooks.taken)
            return run, verdict, waiting


async def _suffer(run: Run, groups: Sequence[Group], driving: "asyncio.Task[None]", *, until: float) -> None:
    for number, group in enumerate(groups):
        if time.monotonic() > until:
            left = Counter(name for each in groups[number:] for name in each)
            run.toothless |= {each: f"{times} times too few: time was up" for each, times in left.items()}
            return
        told = ", ".join(group)
        err.print(f"{time.strftime('%H:%M:%S')} {number + 1}/{len(groups)} {told}", highlight=False)
        try:
            async with asyncio.TaskGroup() as together:
                for name, fault in group.items():
                    together.create_task(_tried(run, name, fault))
        except ExceptionGroup as several:
            raise several.exceptions[0] from several
        run.watch.lap(told)
        if driving.done():
            driving.result()
            raise AssertionError("the driver has stopped")


async def _tried(run: Run, name: str, fault: Fault) -> None:
    try:
        await fault(run)
    except NoBiteError as error:
        run.toothless[name] = str(error)


async def _rest(run: Run, checker: Checker) -> str:
    """Wait until nothing moves; what was parked is what was injected, and redriving ends it."""
    if run.poisoned:
        await redrive(run)
    return await checker.settle(seconds=SETTLE_SECONDS)


def report(run: Run, verdict: Verdict, waiting: str, caught: Mapping[str, bool], seed: int) -> dict[str, Any]:
    """The JSON of a run."""
    times = [each for found in run.recoveries.values() for each in found]
    readers = 2  # reviews and notifications read the topic on which bad records are put
    return {
        "commands": verdict.commands,
        "events": verdict.events,
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "out_of_order": verdict.out_of_order,
        "parked_minus_injected": verdict.parked - readers * len(run.injected_bad),
        "unsent": verdict.unsent,
        "behind": verdict.behind,
        "lag": verdict.lag,
        "misfolded": verdict.misfolded,
        "faults": dict(sorted(run.bites.items())),
        "recovery_s": {
            "median": round(statistics.median(times), 2) if times else None,
            "worst": round(max(times), 2) if times else None,
            "by_fault": {
                name: {"median": round(statistics.median(found), 2), "worst": round(max(found), 2)}
                for name, found in sorted(run.recoveries.items())
            },
        },
        "external_duplicates": len(verdict.repeats),
        "duplicates_during": Counter(f"{run.watch.during(at)}: {what}" for what, at in verdict.repeats),
        "kills": run.kills,
        "records_repeated": verdict.repeated_records,
        "retried": run.driver.ledger.retried,
        "negative_controls_caught": dict(caught),
        "skipped": run.skipped,
        "toothless": run.toothless,
        "still_waiting": waiting,
        "took_s": run.watch.took,
        "wrong": verdict.wrong,
        "seed": seed,
    }


def not_kept(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a report says of promises that were not kept; empty if all were."""
    zero = ("lost", "doubled", "out_of_order", "parked_minus_injected")
    zero = (*zero, "unsent", "behind", "lag", "misfolded")
    wrong = {name: found[name] for name in (*zero, "wrong", "still_waiting", "toothless") if found[name]}
    if found["external_duplicates"] > found["kills"]:
        wrong["external_duplicates"] = found["external_duplicates"]
    if found["records_repeated"] > found["events"] * MOST_REPEATED:
        wrong["records_repeated"] = found["records_repeated"]
    missed = [name for name, caught in found["negative_controls_caught"].items() if not caught]
    return wrong | ({"negative_controls_not_caught": missed} if missed else {})


def show(found: Mapping[str, Any]) -> None:
    """The report as tables."""
    table = Table("Fault", "times", "recovery, s: median", "worst", title="What went wrong")
    for name, times in found["faults"].items():
        took = found["recovery_s"]["by_fault"].get(name, {})
        table.add_row(name, str(times), str(took.get("median", "")), str(took.get("worst", "")))
    err.print(table)
    plain = {k: v for k, v in found.items() if k not in {"faults", "recovery_s", "wrong"}}
    for name, value in plain.items():
        err.print(f"{name}: {value}", highlight=False)
    for wrong in found["wrong"]:
        err.print(f"[red]{wrong}[/red]")


async def main(given: argparse.Namespace) -> int:
    """Run it all; 0 if every promise was kept and every control was caught."""
    groups = [{name: fault} for name, fault in plan(given.seed, given.only, minutes=given.minutes)]
    build = Path("build")
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cairn-faults-") as scratch:
        directory = given.data or Path(scratch)
        _write(build, {"seed": given.seed, "broken_off": "not ended"})  # whatever an earlier run has left
        try:
            run, verdict, waiting = await under_fire(
                directory / "fire",
                groups,
                seed=given.seed,
                goals=given.goals,
                rate=given.rate,
                minutes=given.minutes,
            )
        except BaseException as error:
            _write(build, {"seed": given.seed, "broken_off": repr(error)})
            raise
        caught: dict[str, bool] = {}
        # Written before the controls too: a control that breaks must not take the run along.
        _write(build, report(run, verdict, waiting, caught, given.seed))
        for name in CONTROLS if given.only is None and not given.no_controls else ():
            err.print(f"{time.strftime('%H:%M:%S')} control {name}", highlight=False)
            caught[name], broken, kept = await control(directory / name, name, seed=given.seed)
            err.print(*broken.wrong, sep="\n", style="dim", highlight=False)
            err.print(*(f"though it is kept: {each}" for each in kept.wrong), sep="\n", highlight=False)
    found = report(run, verdict, waiting, caught, given.seed)
    _write(build, found)
    show(found)
    return 1 if not_kept(found) else 0


def _write(build: Path, found: Mapping[str, Any]) -> None:
    (build / "faults.json").write_text(json.dumps(found, indent=1) + "\n")


async def only_control(given: argparse.Namespace) -> int:
    """Run one control; 0 if it was caught, and nothing was wrong where its promise was kept."""
    with tempfile.TemporaryDirectory(prefix="cairn-faults-") as scratch:
        directory = given.data or Path(scratch)
        caught, broken, kept = await control(directory, given.control, seed=given.seed)
    err.print(f"{given.control}: caught {caught}", broken, kept, sep="\n", highlight=False)
    return 0 if caught else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--only", choices=sorted(FAULTS))
    parser.add_argument("--goals", type=int, default=GOALS)
    parser.add_argument("--rate", type=float, default=RATE, help="commands a second that are offered")
    parser.add_argument("--no-controls", action="store_true")
    parser.add_argument("--control", choices=CONTROLS, help="only this negative control, broken and kept")
    parser.add_argument("--data", type=Path, help="keep everything here")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        arguments = parser.parse_args()
        sys.exit(runner.run(only_control(arguments) if arguments.control else main(arguments)))
