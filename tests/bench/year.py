"""A year of the goals of 2,000 people, all of it through HTTP.

They are planned each quarter, followed each month, closed, graded or carried over.  Requests say what time it
is, so that the year takes as long as its commands.  At the end what the service counts and what lies on the
topics is held against what was asked.
"""

import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from deploy.live.topics import disorder, events_of, read_topics
from tests.bench.load import Connection, closed_loop
from tests.bench.stand import Stand, manager_of, person

PEOPLE: Final = 2_000
AT_ONCE: Final = 32
MONTHS: Final = 3
QUARTERS: Final = ((1, 1), (4, 4), (7, 7), (10, 10))
YEAR: Final = 2026


@dataclass
class Year:
    """What was asked, by kind, and the goals that are open: (goal, owner's number)."""

    stand: Stand
    asked: Counter[str] = field(default_factory=Counter[str])
    carried: list[str] = field(default_factory=list[str])

    async def each(self, numbers: Sequence[int], deed: Callable[[Connection, int], Awaitable[None]]) -> None:
        """Do it for all of them, many at a time."""
        await closed_loop(self.stand.suite.urls["goals"], deed, iter(numbers), AT_ONCE)

    async def ask(
        self,
        connection: Connection,
        deed: str,
        path: str,
        who: int,
        at: datetime,
        body: object = None,
        roles: Sequence[str] = (),
    ) -> Any:
        """Send a command and count it."""
        token = self.stand.token(person(who), *roles)
        answer = await connection.ask("POST", path, token=token, body=body, at=at)
        self.asked[deed] += 1
        return answer


async def live_a_year(stand: Stand, *, people: int = PEOPLE) -> dict[str, Any]:
    """What came of it: `commands`, `seconds`, how goals ended, `events` by kind, and what is `wrong`."""
    year, began = Year(stand), time.perf_counter()
    owners = range(1, people)
    goals: dict[int, str] = {}
    for number, (_, month) in enumerate(QUARTERS):
        goals = await _quarter(year, number, date(YEAR, month, 1), owners, goals)
    seconds = time.perf_counter() - began
    await stand.forget_mail()
    await stand.quiet()
    return await _checked(year, seconds)


async def _quarter(
    year: Year, number: int, first: date, owners: Sequence[int], going_on: dict[int, str]
) -> dict[int, str]:
    last = date(YEAR, 12, 31) if first.month == 10 else date(YEAR, first.month + 3, 1) - timedelta(days=1)
    starts = datetime(first.year, first.month, first.day, 9, tzinfo=UTC)
    period_id = await _open(year, first, last, at=starts - timedelta(days=14))
    goals: dict[int, str] = {}

    async def plan(connection: Connection, owner: int) -> None:
        manager = int((manager_of(owner) or "p0")[1:])
        at = starts - timedelta(days=7) + timedelta(minutes=owner % 600)
        goal_id = going_on.get(owner)
        if goal_id is None:
            said = _wording(first, last, period_id)
            goal_id = (await year.ask(connection, "draft", "/goals", owner, at, said))["goal_id"]
        else:
            body = {"period_id": period_id}
            carried = await year.ask(
                connection, "carry over", f"/goals/{goal_id}/carry-over", owner, at, body
            )
            goal_id = carried["goal_id"]
        await year.ask(connection, "propose", f"/goals/{goal_id}/proposal", owner, at, {})
        await year.ask(connection, "agree", f"/goals/{goal_id}/agreement", manager, at + timedelta(days=1))
        goals[owner] = goal_id

    await year.each(owners, plan)
    for month in range(MONTHS):
        await year.each(owners, _month(year, goals, starts + timedelta(days=25 + 28 * month), month))
    ends = datetime(last.year, last.month, last.day, 12, tzinfo=UTC)
    stay = {owner: goals[owner] for owner in owners if number < 3 and owner % 5 == 0}
    await year.each([owner for owner in owners if owner not in stay], _end(year, goals, ends))
    return stay


async def _open(year: Year, first: date, last: date, *, at: datetime) -> str:
    said = {
        "name": f"{first.year} from {first}",
        "kind": "quarter",
        "starts_on": first.isoformat(),
        "ends_on": last.isoformat(),
    }
    connection = await Connection.open(year.stand.suite.urls["goals"])
    made = await year.ask(connection, "open a period", "/periods", 0, at, said, ["hr_admin"])
    connection.close()
    return made["period_id"]


def _month(
    year: Year, goals: dict[int, str], at: datetime, month: int
) -> Callable[[Connection, int], Awaitable[None]]:
    async def follow(connection: Connection, owner: int) -> None:
        path = f"/goals/{goals[owner]}"
        value = {"value": (month + 1) * (1 + owner % 4)}
        await year.ask(connection, "measure", f"{path}/key-results/reach/measurements", owner, at, value)
        confidence = {"confidence": 0.3 + owner % 7 / 10}
        await year.ask(
            connection, "check in", f"{path}/check-ins", owner, at + timedelta(hours=1), confidence
        )

    return follow


def _end(year: Year, goals: dict[int, str], at: datetime) -> Callable[[Connection, int], Awaitable[None]]:
    async def end(connection: Connection, owner: int) -> None:
        path, manager = f"/goals/{goals[owner]}", int((manager_of(owner) or "p0")[1:])
        body = {"retrospective": {"lessons": "Begin earlier."}}
        await year.ask(connection, "grade oneself", f"{path}/self-grade", owner, at, {"grade": 0.6})
        await year.ask(connection, "close", f"{path}/closure", owner, at + timedelta(hours=1), body)
        later = at + timedelta(days=2)
        await year.ask(connection, "grade", f"{path}/final-grade", manager, later, {"grade": 0.5})

    return end


def _wording(first: date, last: date, period_id: str) -> dict[str, Any]:
    return {
        "title": "Reach more customers in the north",
        "description": "Ten customers more than last quarter know us by the end of the next one.",
        "relevance": "Nothing grows without customers.",
        "starts_on": first.isoformat(),
        "due_on": last.isoformat(),
        "period_id": period_id,
        "weight": 50,
        "key_results": [
            {"key_result_id": "reach", "title": "Customers reached", "type": "increase", "target": 20}
        ],
    }


TOLD: Final = {
    "draft": "goal_drafted",
    "propose": "goal_proposed",
    "agree": "goal_agreed",
    "measure": "key_result_measured",
    "check in": "goal_checked_in",
    "close": "goal_closed",
    "open a period": "period_opened",
}
"""What each command is published as, once."""


async def _checked(year: Year, seconds: float) -> dict[str, Any]:
    log = await read_topics({"bootstrap_servers": year.stand.suite.engines.kafka}, seconds=300)
    events = Counter(seen.kind for seen in events_of(log))
    asked = year.asked
    expected = {kind: asked[deed] for deed, kind in TOLD.items()}
    expected["goal_drafted"] += asked["carry over"]
    expected["goal_closed"] += asked["carry over"]
    expected["goal_graded"] = asked["grade"] + asked["grade oneself"]
    wrong = [
        f"{kind}: {events[kind]} instead of {count}"
        for kind, count in expected.items()
        if events[kind] != count
    ]
    connection = await Connection.open(year.stand.suite.urls["goals"])
    token = year.stand.token(person(0), "hr_admin")
    groups = await connection.ask("GET", "/goal-statistics?by=outcome", token=token)
    connection.close()
    outcomes = {str(each["key"]): each["goals"] for each in groups}
    if sum(outcomes.values()) != asked["draft"] + asked["carry over"]:
        wrong.append(f"goals are counted otherwise than they were written: {outcomes}")
    return {
        "people": year.stand.people,
        "commands": sum(asked.values()),
        "seconds": round(seconds, 1),
        "commands_per_s": round(sum(asked.values()) / seconds),
        "outcomes": outcomes,
        "events": dict(itertools.islice(sorted(events.items()), 100)),
        "wrong": [*wrong, *disorder(log)],
    }
