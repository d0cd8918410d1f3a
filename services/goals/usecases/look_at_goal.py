"""See how a goal stands, and tell what has turned.

When    something of it was reported or changed, and each midnight where the owner lives
        (a leased worker, within five seconds)
Rule    outlook.look, outlook.turns; of a goal that is erased the outlook is forgotten
Emits   goals.GoalPaceChanged, goals.GoalForecastTurned, goals.GoalFellOverdue, goals.GoalWentSilent,
        goals.GoalNeglected
Then    notifications.announce

The goal itself is written only when something has turned.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.goals.domain.forecast import MOST, Point
from services.goals.domain.goal import Goal
from services.goals.domain.outlook import CHECK_IN_DAYS, Look, look, standing, turns
from services.goals.history_store import MeasurementStore
from services.goals.store import LOOKS, GoalStore, OutlookStore, PeriodStore
from shared.directory import Directory
from shared.due import Due, call, rest
from shared.ids import KeyResultId
from shared.work import Transaction


async def look_at_goal(due: Due, tx: Transaction) -> None:
    """Keep the goal's outlook, and publish what has turned."""
    goals = GoalStore(tx)
    goal = await goals.find(due.id)
    if goal is None or goal.status != "agreed":
        rest(tx, LOOKS, due.id)
        if goal is None:
            await OutlookStore(tx).forget(due.id)
        return
    zone, seen = await _seen(goal, tx)
    found = look(goal, seen)
    await OutlookStore(tx).keep(found)
    now = standing(goal, found, seen)
    events = turns(goal, now, found)
    if now != goal.standing:
        goal = goals.save(goal.model_copy(update={"standing": now}))
    if events:
        tx.publish(*events, goal.state())
    call(tx, LOOKS, due.id, at=next_midnight(seen.on, zone))


async def _seen(goal: Goal, tx: Transaction) -> tuple[ZoneInfo, Look]:
    owner = await Directory(tx).person(goal.owner_id)
    zone = await Directory(tx).zone_of(goal.owner_id)
    points: defaultdict[KeyResultId, list[Point]] = defaultdict(list)
    for part in goal.key_results:
        newest = await MeasurementStore(tx).values(goal.goal_id, part.key_result_id, days=MOST)
        points[part.key_result_id] += [
            Point(each.measured_at, part.counted(each.value, each.reached)) for each in newest
        ]
    period = await PeriodStore(tx).find(goal.period_id) if goal.period_id else None
    return zone, Look(
        points,
        on=tx.now.astimezone(zone).date(),
        owner_works_here=owner is None or owner.is_active,
        check_in_days=period.check_in_days if period else CHECK_IN_DAYS,
    )


def next_midnight(today: date, zone: ZoneInfo) -> datetime:
    """When the next day begins in a time zone."""
    return datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)
