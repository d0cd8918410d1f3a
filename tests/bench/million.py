"""A million goals in a database, written as the service itself writes them.

One of the organisation, one of each team below it, and those of persons below the goals of their teams, in
four periods and all stages, with their sums, with measurements and check-ins of some, initiatives of one in
five, the periods themselves and a library of templates.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from services.goals.domain.goal import Goal
from services.goals.domain.history import CheckIn
from services.goals.domain.initiative import Initiative
from services.goals.domain.period import Period
from services.goals.domain.roll_up import Serving, roll_up
from services.goals.domain.template import GoalTemplate
from services.goals.history_store import CHECK_INS, MEASUREMENTS
from services.goals.initiative_store import INITIATIVES
from services.goals.store import GOALS, PERIODS, ROLL_UPS, counted
from services.goals.tally import Tally
from services.goals.template_store import TEMPLATES
from shared import mongo
from shared.ids import GoalId
from shared.store import to_document
from tests.bench.stand import REPORTS, Stand, manager_of, person

BATCH: Final = 5_000
OF_YEAR: Final = 4
"""Periods."""
CATEGORIES: Final = 50
LIBRARY: Final = 1_000
"""Templates."""
BESIDE: Final = 200
"""One of so many goals of persons has measurements and check-ins: the run waits for no more of them."""
STAGES: Final = ("agreed", "agreed", "agreed", "closed", "draft", "proposed")
DOING: Final = 5
"""One of so many goals of persons has an initiative, and each of a team."""
SHOWN: Final = ("line", "line", "everyone", "team", "private")
NOW: Final = datetime(2026, 6, 1, 9, tzinfo=UTC)
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
        "period_id": f"period_{number % OF_YEAR}",
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


async def write(stand: Stand, goals: int) -> None:
    """All of them."""
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
    doing = initiatives(stand.people, goals)
    while some := [*islice(doing, BATCH)]:
        await db[INITIATIVES].insert_many(some, ordered=False)
    await db[PERIODS].insert_many(map(_period, range(OF_YEAR)))
    await db[TEMPLATES].insert_many(map(_library, range(LIBRARY)))
    said = [_check_in(of, week * 7) for of in (*read, *beside) for week in range(12)]
    await db[CHECK_INS].insert_many(said, ordered=False)


def initiatives(people: int, goals: int) -> Iterator[dict[str, Any]]:
    """What is done for some goals, each by somebody else than the goal's owner."""
    for number in range((people - 1) // REPORTS):
        yield _initiative(number, team_goal_id(number), person(number), "everyone", people=people)
    for number in range(0, goals, DOING):
        shown, owner = SHOWN[number % len(SHOWN)], person(number % people)
        yield _initiative(number, goal_id(number, goals), owner, shown, people=people)


def _initiative(number: int, of: GoalId, owner: str, shown: str, *, people: int) -> dict[str, Any]:
    said = {
        "initiative_id": f"initiative_{of}",
        "goal_id": of,
        "goal_owner_id": owner,
        "goal_visibility": shown,
        "status": ("planned", "under_way", "done")[number // DOING % 3],
        "title": "Call those who left us last year",
        "owner_id": person((number + 1) % people),
        "starts_on": "2026-01-01",
        "due_on": date(2026, 3, 31) + timedelta(days=number % 365),
        "planned_effort_days": 5,
        "planned_cost": 1000,
        "currency": "EUR",
    }
    return {**to_document(Initiative.model_validate(said)), "version": 1, "sequence": 1}


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


def _period(number: int) -> dict[str, Any]:
    starts_on = date(2026, 1 + number * 3, 1)
    period = Period.model_validate(
        {
            "period_id": f"period_{number}",
            "name": f"Quarter {number + 1}",
            "kind": "quarter",
            "starts_on": starts_on,
            "ends_on": starts_on + timedelta(days=89),
        }
    )
    return {**to_document(period), "version": 1, "sequence": 1}


def _library(number: int) -> dict[str, Any]:
    template = GoalTemplate.model_validate(
        {
            "template_id": f"template_{number}",
            "wording": {
                "title": f"Reach customers of kind {number}",
                "description": "More of them than last quarter.",
                "category": f"category-{number % CATEGORIES}",
            },
            "status": "published",
            "written_by": person(0),
            "written_at": NOW,
        }
    )
    return {**to_document(template), "words": [*template.words], "version": 1, "sequence": 1}
