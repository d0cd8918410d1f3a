"""A goal in lines of words, as `cairn goals show` prints them: no line says a thing by its colour alone.

Made of what the service answers; nothing is asked here.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from deploy.goals_asked import share_of
from shared.figures import in_words

Said = Mapping[str, Any]
MARKS: Final = ("commit", "target", "stretch")
"""From what is surely to be reached to what is more than asked for."""
GUARDS: Final = {"stay_above": "is to stay at or above", "stay_below": "is to stay at or below"}
HEAD: Final = (
    "goal_id",
    "status",
    "outcome",
    "kind",
    "level",
    "owner_id",
    "period_id",
    "parent_id",
    "weight",
    "starts_on",
    "due_on",
    "edition",
    "visibility",
    "category",
    "perspective",
)
BEYOND: Final = {
    "starts_before_goal": "starts before the goal does",
    "ends_after_goal": "ends after the goal is due",
}


def head_lines(goal: Said) -> Iterator[str]:
    """What it is, whose, and how far it has come; what is not said has no line."""
    for name in HEAD:
        if goal.get(name) not in {None, ""}:
            value = goal[name]
            yield f"{name.replace('_', ' ')}: {f'{value:g}' if isinstance(value, float) else value}"
    if goal.get("tags"):
        yield f"tags: {', '.join(goal['tags'])}"
    yield from (f"link: {each['title']}, {each['url']}" for each in goal.get("links", ()))
    yield f"progress: {share_of(goal['progress']) or 'nothing can be told yet'}"
    if goal.get("confidence") is not None:
        yield f"confidence: {share_of(goal['confidence'])}"
    yield from _asked_lines(goal)


def _asked_lines(goal: Said) -> Iterator[str]:
    """Who is to answer what, and what was answered last."""
    if goal.get("amendment"):
        change: Said = goal["amendment"]["change"]
        named = [name for name, value in change.items() if value not in (None, []) and name != "clears"]
        what = ", ".join(name.replace("_", " ") for name in [*named, *change["clears"]])
        yield f"change proposed by {goal['amendment']['by']}: {what}"
        if goal["amendment"]["reason"]:
            yield f"why: {goal['amendment']['reason']}"
    if goal.get("asked_id"):
        yield f"waits for: {goal['asked_id']}"
    if goal.get("reason"):
        yield f"answered: {goal['reason']}"


def key_result_lines(part: Said, ahead: Said | None) -> Iterator[str]:
    """Where a key result is, its marks and which are reached, its milestones, and where it is heading."""
    if part["unit_kind"] == "milestones":
        yield from _milestones(part)
    else:
        yield _value(part)
    marks = _marks(part)
    if marks:
        yield ", ".join(marks)
    if ahead is not None:
        spread = f"{_said(part, ahead['low'])} to {_said(part, ahead['high'])}"
        yield f"heading for {_said(part, ahead['value'])} at the due date ({spread})"
        if ahead["reaches_on"]:
            yield f"reaches the target on {ahead['reaches_on']} if it goes on so"


def _value(part: Said) -> str:
    measured = part["current"] is not None
    now = f"now {_said(part, part['current'])}" if measured else "not measured yet"
    on = f", measured on {str(part['measured_at'])[:10]}" if part["measured_at"] else ""
    if part["type"] == "baseline":
        return f"a baseline: {now if measured else 'done once it is measured'}{on}"
    if part["type"] in GUARDS:
        return f"{now}{on}; {GUARDS[part['type']]} {_said(part, part['target'])}"
    since = "" if part["unit_kind"] == "yes_no" else f", from {_said(part, part['start'])}"
    return f"{now}{since}{on}"


def _milestones(part: Said) -> Iterator[str]:
    reached = {*part["reached"]}
    yield f"{len(reached)} of {len(part['milestones'])} milestones reached"
    for each in part["milestones"]:
        weight = "" if each["weight"] == 1 else f" (weight {each['weight']:g})"
        yield f"[{'x' if each['milestone_id'] in reached else ' '}] {each['title']}{weight}"


def _marks(part: Said) -> Sequence[str]:
    """Commit, target and stretch, each with whether it is reached; none of a baseline."""
    if part["type"] == "baseline":
        return ()
    rank = MARKS.index(part["mark"]) if part["mark"] else -1
    done = "held" if part["type"] in GUARDS else "reached"
    return [
        f"{name} {_said(part, part[name])} ({'' if place <= rank else 'not '}{done})"
        for place, name in enumerate(MARKS)
        if part[name] is not None
    ]


def _said(part: Said, value: float) -> str:
    if part["unit_kind"] == "milestones" and value == part["target"]:
        return "all milestones"
    weight = "weight " if part["unit_kind"] == "milestones" else ""
    return weight + in_words(value, unit_kind=part["unit_kind"], unit=part["unit"])


def initiative_lines(initiative: Said, *, of_goal: str) -> Iterator[str]:
    """Who does it, when, how far it is, and what it takes, planned and so far."""
    stage = initiative["status"].replace("_", " ")
    yield f"{stage}, {share_of(initiative['share_done'])} done; {initiative['owner_id']}" + (
        "" if initiative["owner_id"] != of_goal else " (owner of the goal)"
    )
    yield f"{initiative['starts_on']} to {initiative['due_on']}; {initiative['initiative_id']}"
    takes = [
        *_taken("effort", "days", initiative["planned_effort_days"], initiative["actual_effort_days"]),
        *_taken("cost", initiative["currency"], initiative["planned_cost"], initiative["actual_cost"]),
    ]
    if takes:
        yield "; ".join(takes)
    if initiative["owner_left"]:
        yield "nobody works on it: its owner does not work here any more"
    told = [str(BEYOND.get(each, each)) for each in initiative.get("beyond", ())]
    if told:
        yield ", ".join(told)


def _taken(what: str, unit: str | None, planned: str | None, actual: str | None) -> Iterator[str]:
    amounts = {"planned": planned, "so far": actual}
    said = [
        f"{_counted(amount)} {unit or ''} {name}" for name, amount in amounts.items() if amount is not None
    ]
    if said:
        yield f"{what} {', '.join(said)}"


def budget_lines(budget: Said) -> Iterator[str]:
    """What the goal takes itself, and what that takes which serves it."""
    yield f"itself: {_share(budget['own'])}"
    if budget["goals_below"]:
        goals = f"{budget['goals_below']} {'goal' if budget['goals_below'] == 1 else 'goals'}"
        whole = "" if budget["complete"] else "; there are more, which are not added up here"
        yield f"{goals} below that you may read: {_share(budget['below'])}{whole}"


def _share(share: Said) -> str:
    if not share["initiatives"]:
        return "no initiatives"
    days = f"effort {_counted(share['planned_effort_days'])} days planned"
    days += f", {_counted(share['actual_effort_days'])} days so far"
    costs = [
        f"cost {_counted(each['planned'])} {each['currency']} planned,"
        f" {_counted(each['actual'])} {each['currency']} so far"
        for each in share["costs"]
    ]
    return "; ".join([days, *costs])


def _counted(amount: str) -> str:
    return f"{Decimal(amount):,f}"


def check_in_lines(check_in: Said) -> Iterator[str]:
    """What was said of how it goes, by whom and when."""
    yield f"{share_of(check_in['confidence'])} sure, {check_in['by_person_id']} on {check_in['at'][:10]}"
    if check_in["comment"]:
        yield check_in["comment"]
    for each in check_in["blockers"]:
        yield f"in the way ({each['kind']}): {each['description']}"
    if check_in["next_steps"]:
        yield f"next: {check_in['next_steps']}"
