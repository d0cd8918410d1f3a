"""How long each read of goals takes where there are a million of them, of one reader at a time."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from shared.paging import Sort, encode_cursor
from tests.bench.load import Connection
from tests.bench.million import CATEGORIES, NOW, OF_YEAR, TOP, goal_id, team_goal_id, write
from tests.bench.stand import REPORTS, UNITS, Stand, person

GOALS_FULL: Final = 1_000_000
TIMES: Final = 200
TIMES_HEAVY: Final = 5
TIMES_WHOLE: Final = 1
"""Of a file of everything."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """A read by name: the path of its n-th time, and who asks."""

    name: str
    path: Callable[[int], str]
    who: Callable[[int], tuple[str, ...]]
    times: int = TIMES


async def read_latencies(stand: Stand, *, goals: int) -> dict[str, dict[str, float]]:
    """By name of the read its `p50`, `p99` and greatest in milliseconds, and how often it was `asked`."""
    await write(stand, goals)
    found: dict[str, dict[str, float]] = {}
    connection = await Connection.open(stand.suite.urls["goals"])
    for read in reads(stand, goals):
        took: list[float] = []
        warming = min(3, read.times)
        for number in range(read.times + warming):
            path, token = read.path(number), stand.token(*read.who(number))
            signed = time.perf_counter()
            await connection.fetch(path, token=token)
            took.append((time.perf_counter() - signed) * 1000)
        found[read.name] = _spread(took[warming:])
        # What was measured is seen also if something later fails.
        sys.stderr.write(f"{read.name}: {found[read.name]}\n")
    connection.close()
    return found


def reads(stand: Stand, goals: int) -> Sequence[Read]:
    """Each read of goals, by those who have most to see."""
    leaders = (stand.people - 1) // REPORTS

    def somebody(number: int) -> int:
        return 1 + number * 7919 % (stand.people - 1)

    def owner(number: int) -> tuple[str, ...]:
        return (person(somebody(number)),)

    def boss(number: int) -> tuple[str, ...]:
        return (person(1 + number * 104_729 % max(1, leaders - 1)),)

    def hr(number: int) -> tuple[str, ...]:
        del number
        return (person(0), "hr_admin")

    def of(name: str, path: str, who: Callable[[int], tuple[str, ...]], times: int = TIMES) -> Read:
        return Read(name=name, path=lambda number: path.format(**_names(number)), who=who, times=times)

    def _names(number: int) -> Mapping[str, str]:
        mine = somebody(number)
        return {
            "me": person(mine),
            "boss": boss(number)[0],
            "goal": goal_id(mine - 1 + stand.people * (number % max(1, goals // stand.people)), goals),
            "team": team_goal_id(number % max(1, leaders)),
            "category": f"category-{number % CATEGORIES}",
            "unit": f"unit_{number % UNITS}",
            "period": f"period_{number % OF_YEAR}",
        }

    then, counted = quote(NOW.isoformat()), "/goal-statistics/as-of"
    further = encode_cursor({"_id": goal_id(goals // 2, goals)}, sort=Sort())
    later = encode_cursor({"due_on": "2026-09-01", "_id": "initiative"}, sort=Sort("due_on"))
    return [
        of("one goal, by HR", "/goals/{team}", hr),
        of("my goals", "/goals?owner_id={me}", owner),
        of("a team's goals, by its manager", "/goals?reporting_to_id={boss}", boss),
        of("what it takes to plan", "/planning/{me}?period_id={period}", owner),
        of("what it takes to plan, of the first, by HR", f"/planning/{person(0)}?period_id={{period}}", hr),
        of("templates by words", "/goal-templates?words=customers", owner),
        of("templates of a category", "/goal-templates?category={category}", owner),
        of("chart of a team's goal", "/goals/{team}/chart.svg", hr),
        of("picture of a team's tree", "/goals/{team}/tree.svg", hr),
        of("budget of a team's goal", "/goals/{team}/budget", hr),
        of("my goals as a file", "/goals/export?owner_id={me}", owner),
        of("a team's goals as a plan", "/goals/export?reporting_to_id={boss}&form=plan", boss),
        of("a team's measurements as a file", "/goals/export/measurements?parent_id={team}", hr, TIMES_HEAVY),
        of("all goals as a file", "/goals/export", hr, TIMES_WHOLE),
        of("all that I see, as a colleague", "/goals", owner),
        of("all that I see, as a manager", "/goals", boss),
        of("all that I see, as HR", "/goals", hr),
        of("half through what I see, as a colleague", f"/goals?cursor={further}", owner),
        of("half through what I see, as a manager", f"/goals?cursor={further}", boss),
        of("half through what I see, as HR", f"/goals?cursor={further}", hr),
        of("initiatives that I do", "/initiatives?owner_id={me}", owner),
        of("initiatives that I see, as a colleague", "/initiatives", owner),
        of("initiatives that I see, as HR", "/initiatives", hr),
        of("half through initiatives that I see, as a manager", f"/initiatives?cursor={later}", boss),
        of("half through initiatives that I see, as HR", f"/initiatives?cursor={later}", hr),
        of("overdue initiatives, as HR", "/initiatives?overdue=true", hr),
        of("of a period, by due date, as HR", "/goals?period_id={period}&sort=due_on", hr),
        of("by progress, as HR", "/goals?sort=-progress", hr),
        of("of a unit, as HR", "/goals?unit_id={unit}", hr),
        of("of a unit, by due date, as HR", "/goals?unit_id={unit}&sort=due_on", hr),
        of("of a unit, as a manager", "/goals?unit_id={unit}", boss),
        of("a unit's goals counted by stage", "/goal-statistics?unit_id={unit}", hr, TIMES_HEAVY),
        of("at risk, as HR", "/goals?pace=at_risk", hr),
        of("of a category, as a manager", "/goals?category={category}", boss),
        of("with a tag, as HR", "/goals?tag=tag-7", hr),
        of("what serves a team's goal", "/goals?parent_id={team}", hr),
        of("tree of a team's goal", "/goals/{team}/tree", hr),
        of("tree of the organisation's goal", f"/goals/{TOP}/tree?depth=2", hr, TIMES_HEAVY),
        of("what a team's goal serves", "/goals/{team}/line", hr),
        of("who works on a team's goal", "/goals/{team}/contributors", hr),
        of("measurements of a team's goal", "/goals/{team}/measurements", hr),
        of("my goals as of a day", f"/goals-as-of?owner_id={{me}}&at={then}", owner),
        of("tree of a team's goal as of a day", f"/goals/{{team}}/tree/as-of?at={then}", hr),
        of("a team's goals as of a day", f"/goals-as-of?parent_id={{team}}&at={then}", hr),
        of("my goals counted as of a day", f"{counted}?owner_id={{me}}&at={then}", owner),
        of("a unit's goals counted as of a day", f"{counted}?unit_id={{unit}}&at={then}", hr, TIMES_HEAVY),
        of("lessons, as HR", "/lessons", hr),
        of("strategy that nothing serves, as HR", "/goal-coverage/uncovered", hr, TIMES_HEAVY),
        of("my goals counted", "/goal-statistics?owner_id={me}", owner),
        of("all goals counted by stage", "/goal-statistics", hr, TIMES_HEAVY),
        of("all goals counted by unit", "/goal-statistics?by=unit", hr, TIMES_HEAVY),
        of("how far all goals serve", "/goal-coverage", hr, TIMES_HEAVY),
    ]


def _spread(took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "p50": round(ordered[len(ordered) // 2], 1),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 1),
        "max": round(ordered[-1], 1),
        "asked": len(ordered),
    }
