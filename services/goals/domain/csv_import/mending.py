"""Which column of a file a refusal is about, and how to mend it there."""

from typing import Final, Literal

from services.goals.domain.csv_import.worded import WordedGoal
from shared.csv_files import Problem
from shared.errors import Refusal

_OF_GOAL: Final[dict[str, tuple[str, str]]] = {
    "no-owner": ("owner_id", "Write the id of somebody in the directory."),
    "not-found": ("owner_id", "Write the id of somebody in the directory."),
    "forbidden": ("owner_id", "Leave it to who may, or write the goal for yourself or a report of yours."),
    "owner-has-left": ("owner_id", "Choose somebody who works here."),
    "leads-no-team": ("level", "Write person, or the id of somebody whom others report to."),
    "no-such-parent": ("parent_id", "Write the id of a goal that you may read, or nothing."),
    "parent-closed": ("parent_id", "Write the id of a goal that is not closed, or nothing."),
    "alignment-too-deep": ("parent_id", "Write the id of a goal further up."),
    "no-such-period": ("period_id", "Write an id that GET /periods gives, or nothing."),
    "period-closing": ("period_id", "Write the id of a period that is open."),
    "period-closed": ("period_id", "Write the id of a period that is open."),
    "outside-period": ("due_on", "Write a day within the period."),
    "invalid": ("due_on", "Write a day after the start."),
}
_OF_INITIATIVE: Final[dict[str, tuple[str, str]]] = {
    "not-found": ("initiative_owner_id", "Write the id of somebody in the directory."),
    "forbidden": (
        "initiative",
        "Leave it out, or let the goal's owner or their manager import the goal with it.",
    ),
    "owner-has-left": ("initiative_owner_id", "Choose somebody who works here."),
}
_BY_KEY: Final = {
    "no-such-parent": "Write the key of a goal that is in, or that this file brings in; mend that one first.",
    "parent-closed": "Write the key of a goal that is not closed, or nothing.",
    "alignment-too-deep": "Write the key of a goal further up.",
}


def problem_of(
    refusal: Refusal, goal: WordedGoal, *, line: int, of: Literal["goal", "initiative"]
) -> Problem:
    """What keeps the goal out, at the line of the goal or the initiative."""
    column, mend = _of_initiative(refusal) if of == "initiative" else _of_goal(refusal, goal)
    reason = refusal.detail
    if column == "parent_import_id" and refusal.rule == "no-such-parent":
        reason = "What the goal serves was kept out, serves the goal itself, or is none of yours."
    return Problem(line=line, column=column, severity="error", reason=reason, mend=mend)


def _of_goal(refusal: Refusal, goal: WordedGoal) -> tuple[str | None, str]:
    if refusal.rule == "invalid" and "due_on" not in refusal.facts:
        return "key_result_id", "Give each its own, or none."
    column, mend = _OF_GOAL.get(refusal.rule, (None, "See the reason."))
    if column == "parent_id" and goal.parent_import_id is not None:
        return "parent_import_id", _BY_KEY[refusal.rule]
    return column, mend


def _of_initiative(refusal: Refusal) -> tuple[str | None, str]:
    if refusal.rule == "invalid" and "due_on" in refusal.facts:
        return "initiative_due_on", "Write the day on which it starts, or a later one."
    if refusal.rule == "invalid":
        code = "currency" in refusal.facts
        column = "initiative_cost" if code else "initiative_currency"
        return column, "Write fewer decimals." if code else "Write a code such as EUR."
    return _OF_INITIATIVE.get(refusal.rule, ("initiative", "See the reason."))
