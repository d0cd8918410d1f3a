"""How long each read of goals takes where there are a million of them, of one reader at a time.

The goals are written into the database as the service itself writes them: one of the organisation, one of
each team below it, and those of persons below the goals of their teams, in four periods and all stages, with
their sums, and with measurements and check-ins of some.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from services.goals.domain.goal import Goal
from services.goals.domain.history import CheckIn
from services.goals.domain.roll_up import Serving, roll_up
from services.goals.history_store import CHECK_INS, MEASUREMENTS
from services.goals.store import GOALS, ROLL_UPS, counted
from services.goals.tally import Tally
from shared import mongo
from shared.ids import GoalId
from shared.store import to_document
from tests.bench.load import Connection
from tests.bench.stand import REPORTS, Stand, manager_of, person

GOALS_FULL: Final = 1_000_000
BATCH: Final = 5_000
TIMES: Final = 200
TIMES_HEAVY: Final = 5
PERIODS: Final = 4
CATEGORIES: Final = 50
BESIDE: Final = 200
"""One of so many goals of persons has measurements and check-ins: the run waits for no more of them."""
STAGES: Final = ("agreed", "agreed", "agreed", "closed", "draft", "proposed")
SHOWN: Final = ("line", "line", "everyone", "team", "private")
NOW: Final = datetime(2026, 6, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Read:
    """A read by name: the path of its n-th time, and who asks."""

    name: str
    path: Callable[[int], str]
    who: Callable[[int], tuple[str, ...]]
    times: int = TIMES


async def read_latencies(stand: Stand, *, goals: int) -> dict[str, dict[str, float]]:
    """By name of the read its `p50`, `p99` and greatest in milliseconds, and how often it was `asked`."""
    await _write(stand, goals)
    found: dict[str, dict[str, float]] = {}
    connection = await Connection.open(stand.suite.urls["goals"])
    for read in reads(stand, goals):
        took: list[float] = []
        for number in range(read.times + 3):
            began = time.perf_counter()
            path, token = read.path(number), stand.token(*read.who(number))
            signed = time.perf_counter()
            await connection.ask("GET", path, token=token)
            took.append((time.perf_counter() - signed) * 1000)
            assert signed - began < 60
        found[read.name] = _spread(took[3:])
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
            "goal": goal_id(mine - 1 + stand.people * (number % max(1, goals // stand.people)), goals),
            "team": team_goal_id(number % max(1, leaders)),
            "category": f"category-{number % CATEGORIES}",
            "period": f"period_{number % PERIODS}",
        }

    then = quote(NOW.isoformat())
    return [
        of("one goal, by HR", "/goals/{team}", hr),
        of("my goals", "/goals?owner_id={me}", owner),
        of("all that I see, as a colleague", "/goals", owner),
        of("all that I see, as a manager", "/goals", boss),
        of("all that I see, as HR", "/goals", hr),
        of("of a period, by due date, as HR", "/goals?period_id={period}&sort=due_on", hr),
        of("by progress, as HR", "/goals?sort=-progress", hr),
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
        of("lessons, as HR", "/lessons", hr),
        of("strategy that nothing serves, as HR", "/goal-coverage/uncovered", hr),
        of("my goals counted", "/goal-statistics?owner_id={me}", owner),
        of("all goals counted by stage", "/goal-statistics", hr, TIMES_HEAVY),
        of("all goals counted by unit", "/goal-statistics?by=unit", hr, TIMES_HEAVY),
        of("how far all goals serve", "/goal-coverage", hr, TIMES_HEAVY),
    ]


TOP: Final = GoalId("goal_top")


def team_goal_id(number: int) -> GoalId:
    """The goal of the n-th leader's team."""
    return GoalId(f"goal_team_{number:06d}")


def goal_id(number: int, of: int) -> GoalId:
    """The n-th goal of a person."""
    return GoalId(f"goal_{number % of:08d}")


def documents(people: int, goals: int) -> Iterator[dict[str, Any]]:
    """All goals as they are stored."""
    template = _template()
    leaders = (people - 1) // REPORTS
    yield {**template, "_id": TOP, "owner_id": person(0), "level": "organisation", "visibility": "everyone"}
    for number in range(leaders):
        team: dict[str, Any] = {"level": "team", "visibility": "everyone", "parent_id": TOP}
        yield {**template, "_id": team_goal_id(number), "owner_id": person(number), **team}
    for number in range(goals):
        yield _of_person(number, template, people=people, goals=goals)


def _of_person(number: int, template: dict[str, Any], *, people: int, goals: int) -> dict[str, Any]:
    owner = number % people
    above = manager_of(owner)
    leader = int(above[1:]) if above else 0
    stage = STAGES[number // 3 % len(STAGES)]
    part = {**template["key_results"][0], "current": float(number % 11)}
    ended = {
        "outcome": "partly_achieved",
        "closed_at": NOW - timedelta(minutes=number),
        "retrospective": {"went_well": "", "went_wrong": "", "lessons": "Begin earlier."},
    }
    standing = {
        "pace": ("on_track", "behind", "at_risk")[number // 7 % 3] if stage == "agreed" else None,
        "heading": ("reach", "miss")[number % 5 == 0] if stage == "agreed" else None,
        "overdue": stage == "agreed" and number % 23 == 0,
        "silent": stage == "agreed" and number % 29 == 0,
    }
    return {
        **template,
        "_id": goal_id(number, goals),
        "owner_id": person(owner),
        "status": stage,
        "visibility": SHOWN[number % len(SHOWN)],
        "parent_id": team_goal_id(leader) if number % 3 else None,
        "period_id": f"period_{number % PERIODS}",
        "category": f"category-{number % CATEGORIES}",
        "tags": [f"tag-{number % 97}", f"tag-{number % 89}"],
        "due_on": (date(2026, 3, 31) + timedelta(days=number % 365)).isoformat(),
        "standing": {**template["standing"], **standing},
        "blocked_by": ["resource"] if stage == "agreed" and number % 17 == 0 else [],
        "progress": (number % 11) / 10,
        "percent": number % 11 * 10,
        "tally": Tally.told(
            stage,
            ended["outcome"] if stage == "closed" else None,
            standing["pace"],
            overdue=standing["overdue"],
            blocked=number % 17 == 0,
        ).word,
        "key_results": [part],
        **(ended if stage == "closed" else {}),
    }


def sums(people: int, goals: int) -> Iterator[dict[str, Any]]:
    """What a year of folding leaves of each goal that others serve."""
    template, teams = _template(), list[Serving]()
    for leader in range((people - 1) // REPORTS):
        owners = [
            *range(leader * REPORTS + 1, min(people, (leader + 1) * REPORTS + 1)),
            *([] if leader else [0]),
        ]
        serving = [
            counted(_of_person(number, template, people=people, goals=goals), None)
            for owner in owners
            for number in range(owner, goals, people)
            if number % 3
        ]
        of_team = {**to_document(roll_up(team_goal_id(leader), serving)), "version": 1}
        teams.append(counted({**template, "visibility": "everyone"}, of_team))
        yield of_team
    yield {**to_document(roll_up(TOP, teams)), "version": 1}


def _template() -> dict[str, Any]:
    said = {
        "goal_id": "goal",
        "owner_id": "somebody",
        "title": "Reach more customers in the north",
        "description": "Ten customers more than last quarter know us by the end of the next one.",
        "relevance": "Nothing grows without customers.",
        "starts_on": "2026-01-01",
        "due_on": "2026-12-31",
        "status": "agreed",
        "agreed_on": "2026-01-12",
        "agreed_at": NOW - timedelta(days=90),
        "key_results": [
            {"key_result_id": "reach", "title": "Customers reached", "type": "increase", "target": 10}
        ],
    }
    goal = Goal.model_validate(said)
    return {
        **to_document(goal),
        "progress": 0.0,
        "percent": 0,
        "tally": Tally.of(goal).word,
        "version": 1,
        "sequence": 1,
    }


async def _write(stand: Stand, goals: int) -> None:
    batch: list[dict[str, Any]] = []
    db = mongo.database(stand.client, "cairn_goals")
    stored, measured = db[GOALS], db[MEASUREMENTS]
    for doc in documents(stand.people, goals):
        batch.append(doc)
        if len(batch) == BATCH:
            await stored.insert_many(batch, ordered=False)
            batch = []
    if batch:
        await stored.insert_many(batch, ordered=False)
    summed = [*sums(stand.people, goals)]
    for begin in range(0, len(summed), BATCH):
        await db[ROLL_UPS].insert_many(summed[begin : begin + BATCH], ordered=False)
    read = [team_goal_id(number) for number in range(100)]
    rows = [_measurement(of, day) for of in read for day in range(90)]
    beside = [goal_id(number, goals) for number in range(0, goals, BESIDE)]
    rows += [_measurement(of, month * 30) for of in beside for month in range(12)]
    await measured.insert_many(rows, ordered=False)
    said = [_check_in(of, week * 7) for of in (*read, *beside) for week in range(12)]
    await db[CHECK_INS].insert_many(said, ordered=False)


def _measurement(of: GoalId, day: int) -> dict[str, Any]:
    return {
        "_id": f"measurement_{of}_{day}",
        "goal_id": of,
        "key_result_id": "reach",
        "value": day / 10,
        "measured_at": NOW - timedelta(days=day),
        "by_person_id": person(0),
        "version": 1,
    }


def _check_in(of: GoalId, day: int) -> dict[str, Any]:
    at = NOW - timedelta(days=day)
    said = {"check_in_id": f"check_in_{of}_{day}", "goal_id": of, "by_person_id": person(0), "at": at}
    return {
        **to_document(
            CheckIn.model_validate({**said, "confidence": 0.7, "comment": "As planned.", "progress": 0.5})
        ),
        "version": 1,
    }


def _spread(took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "p50": round(ordered[len(ordered) // 2], 1),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 1),
        "max": round(ordered[-1], 1),
        "asked": len(ordered),
    }
