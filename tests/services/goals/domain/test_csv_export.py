"""What is written as a plan is read as the same goals, whatever people have put into them."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.goals.domain.csv_import import COLUMNS, plan_goals, write_goals
from services.goals.domain.goal import Goal
from services.goals.domain.initiative import Initiative, InitiativePlan, InitiativeTerms
from services.goals.domain.key_result import KeyResultWording
from services.goals.domain.wording import Wording
from shared.unseen import one_line, unseen_in

LETTERS = st.characters(exclude_categories=["Cc", "Cs"], include_characters="\t\n\r") | st.sampled_from(
    "=+-@'\"\t\r\n;,|\uff1d\uff20 "
)


HEADING = 300
"""Characters of the longest field that is one line."""


def words(most: int, least: int = 1) -> st.SearchStrategy[str]:
    """Texts that a field of a goal takes, hostile ones too; what is blank says nothing."""

    def taken(text: str) -> bool:
        if text == "" or unseen_in(text) is not None:
            return text == ""
        try:
            return one_line(text) == text or most > HEADING
        except ValueError:
            return False

    return st.text(LETTERS, min_size=least, max_size=min(most, 30)).filter(taken)


def ids(prefix: str) -> st.SearchStrategy[str]:
    return st.from_regex(rf"\A{prefix}[A-Za-z0-9_-]{{1,20}}\Z")


FIGURES = st.floats(0.001, 1e9)
WEIGHTS = st.floats(0.001, 100)
MILESTONES = st.lists(
    st.builds(dict, milestone_id=ids("m"), title=words(300), weight=WEIGHTS),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each["milestone_id"],
)


@st.composite
def key_results(draw: st.DrawFn) -> dict[str, Any]:
    said: dict[str, Any] = {
        "key_result_id": draw(ids("k")),
        "title": draw(words(300)),
        "weight": draw(WEIGHTS),
    }
    kind = draw(st.sampled_from(["number", "percent", "money", "yes_no", "milestones", "guard", "baseline"]))
    if kind == "milestones":
        return {**said, "type": "milestone", "unit_kind": kind, "milestones": draw(MILESTONES)}
    if kind == "yes_no":
        return {**said, "type": "milestone", "unit_kind": kind}
    unit = "EUR" if kind == "money" else draw(words(40).map(str.strip))
    target = draw(FIGURES)
    if kind in {"guard", "baseline"}:
        guard = draw(st.sampled_from(["stay_above", "stay_below"])) if kind == "guard" else "baseline"
        return {**said, "type": guard, "unit": unit, "target": target}
    less = draw(st.booleans())
    marks = {"commit": target / 2, "stretch": target * 2} if draw(st.booleans()) else {}
    sign = -1 if less else 1
    values = {name: sign * value for name, value in {"start": 0.0, "target": target, **marks}.items()}
    return {**said, "type": "decrease" if less else "increase", "unit_kind": kind, "unit": unit, **values}


LINKS = st.builds(dict, title=words(200), url=st.just("https://example.com/?q=%3D1;=2,3"))
TERMS = st.builds(
    dict,
    title=words(200),
    description=words(4000, 0),
    starts_on=st.dates(date(2026, 1, 1), date(2026, 3, 1)),
    due_on=st.dates(date(2026, 3, 1), date(2026, 6, 1)),
    owner_id=st.sampled_from(["anna", "ben"]),
    planned_effort_days=st.none() | st.decimals(0, 1000, places=2),
    planned_cost=st.decimals(0, 10**9, places=2),
    currency=st.sampled_from(["EUR", "USD"]),
)
WORDINGS = st.builds(
    dict,
    title=words(200),
    description=words(4000, 0),
    relevance=words(1000, 0),
    kind=st.sampled_from(["objective", "kpi", "development"]),
    level=st.sampled_from(["person", "team", "organisation"]),
    category=words(60, 0),
    perspective=st.sampled_from([None, "financial", "internal_process", "learning_and_growth"]),
    tags=st.lists(words(40), max_size=3),
    links=st.lists(LINKS, max_size=3),
    visibility=st.sampled_from(["private", "line", "team", "everyone"]),
    weight=st.floats(0, 100),
    period_id=st.none() | st.just("period_1"),
    starts_on=st.dates(date(2026, 1, 1), date(2026, 3, 1)),
    due_on=st.dates(date(2026, 3, 2), date(2026, 6, 1)),
    key_results=st.lists(key_results(), max_size=3, unique_by=lambda each: each["key_result_id"]),
)


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Goal], dict[Any, list[Initiative]]]:
    """Some goals, each serving none, one of the others or one elsewhere, and what is done for them."""
    goals: list[Goal] = []
    initiatives: dict[Any, list[Initiative]] = {}
    for number in range(draw(st.integers(1, 3))):
        parent = draw(st.sampled_from([None, "elsewhere", *(goal.goal_id for goal in goals)]))
        said = Wording.model_validate({**draw(WORDINGS), "parent_id": parent})
        owner = draw(st.sampled_from(["anna", "ben"]))
        goal, _ = Goal.draft(said, goal_id=f"goal_{number}", owner_id=owner)  # type: ignore[arg-type]
        goal = goal.model_copy(update={"contribution": draw(WEIGHTS) if parent else 1.0})
        goals.append(goal)
        initiatives[goal.goal_id] = [
            Initiative.plan(
                InitiativePlan.model_validate(terms),
                goal,
                initiative_id=f"i{place}",
                by=goal.owner_id,  # type: ignore[arg-type]
            )[0]
            for place, terms in enumerate(draw(st.lists(TERMS, max_size=3)))
        ]
    return goals, initiatives


@settings(max_examples=60)
@given(plans())
def test_a_plan_is_read_as_the_goals_that_it_was_written_from(plan: Any) -> None:
    goals, initiatives = plan
    written = write_goals(goals, initiatives)
    made = plan_goals(written.text.encode())
    assert made.problems == ()
    assert made.rows == written.rows
    known = {goal.goal_id for goal in goals}
    for goal, read in zip(goals, made.goals, strict=True):
        assert (read.import_id, read.owner_id) == (goal.goal_id, goal.owner_id)
        assert (read.wording.parent_id or read.parent_import_id) == goal.parent_id
        assert (read.parent_import_id in known) == (goal.parent_id in known)
        assert read.contribution == goal.contribution
        for name in set(Wording.model_fields) - {"parent_id", "key_results"}:
            assert getattr(read.wording, name) == getattr(goal, name), name
        fields = set(KeyResultWording.model_fields)
        assert [each.model_dump(include=fields) for each in read.wording.key_results] == [
            each.model_dump(include=fields) for each in goal.key_results
        ]
        for before, after in zip(initiatives[goal.goal_id], read.initiatives, strict=True):
            terms = set(InitiativeTerms.model_fields)
            assert after.model_dump(include=terms) == before.model_dump(include=terms)
            assert (after.owner_id or goal.owner_id) == before.owner_id


@settings(max_examples=30)
@given(plans())
def test_no_cell_of_a_plan_is_run_by_a_spreadsheet(plan: Any) -> None:
    rows = csv.reader(io.StringIO(write_goals(*plan).text, newline=""))
    assert next(rows) == list(COLUMNS)
    figures = {name for name, target in COLUMNS.items() if target.kind in {"number", "amount"}}
    for row in rows:
        for name, cell in zip(COLUMNS, row, strict=True):
            assert name in figures or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d")), name


def test_a_goal_without_key_results_and_one_given_to_another_owner() -> None:
    said = {"title": "T", "starts_on": "2026-01-01", "due_on": "2026-03-31"}
    goal, _ = Goal.draft(Wording.model_validate(said), goal_id="g", owner_id="anna")  # type: ignore[arg-type]
    plan = InitiativePlan.model_validate(
        {**said, "title": "I", "owner_id": "anna", "planned_cost": Decimal("1.5"), "currency": "EUR"}
    )
    initiative, _ = Initiative.plan(plan, goal, initiative_id="i", by=goal.owner_id)  # type: ignore[arg-type]
    text = write_goals([goal], {goal.goal_id: [initiative]}).text.replace("anna", "ben")
    [read] = plan_goals(text.encode()).goals
    assert (read.owner_id, read.initiatives[0].owner_id) == ("ben", None)
    assert read.wording.key_results == ()
