"""`cairn goals show` and `mine` as somebody reads them: on any width, without colours, and as JSON.

What they show is what the goals service's own views say.
"""

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
import pytest
from rich.console import Console

from deploy.commands import goal_shown
from deploy.commands import goals as goals_commands
from services.goals.domain.beside import Amendment
from services.goals.domain.change import Change
from services.goals.domain.goal import Goal
from services.goals.domain.initiative import Initiative, InitiativePlan, Progress
from services.goals.domain.wording import Wording
from services.goals.views.budget import BudgetShare, BudgetView, CostView
from services.goals.views.goal_view import AmendmentView, GoalView
from services.goals.views.history import CheckInView
from services.goals.views.initiatives import PlannedInitiativeView
from tests.services.goals.house import NOW, STEPS, wording

MONEY = {
    "start": 1000,
    "target": 20000,
    "commit": 5000,
    "stretch": 25000,
    "unit_kind": "money",
    "unit": "EUR",
}
PARTS: list[dict[str, Any]] = [
    {"key_result_id": "money", "title": "Money earned", "type": "increase", **MONEY},
    {"key_result_id": "up", "title": "Uptime", "type": "stay_above", "unit_kind": "percent", "target": 99.5},
    {"key_result_id": "signed", "title": "It is signed", "type": "milestone", "unit_kind": "yes_no"},
    {**STEPS, "commit": 1},
    {"key_result_id": "first", "title": "A first count", "type": "baseline", "unit": "visits", "target": 0},
]
MARKS = (
    "commit 5,000.00 EUR (reached), target 20,000.00 EUR (not reached), stretch 25,000.00 EUR (not reached)"
)
LONG = "漢字 and a title that nobody would write but somebody will " * 3


def told(title: str = "Grow") -> dict[str, Any]:
    said = Wording.model_validate(wording(key_results=PARTS, title=title[:200]))
    goal, _ = Goal.draft(said, goal_id="goal_0", owner_id="anna")  # type: ignore[arg-type]
    goal = goal.model_copy(update={"status": "agreed", "confidence": 0.4})
    for part, value in (("money", 12500.5), ("up", 99.9), ("signed", 1.0)):
        goal, _ = goal.measure(part, value, at=NOW)  # type: ignore[arg-type]
    goal, _ = goal.reach_milestone("steps", "plan", reached=True, at=NOW)  # type: ignore[arg-type]
    plan = InitiativePlan(
        title="Call them",
        owner_id="ben",  # type: ignore[arg-type]
        starts_on=date(2025, 12, 1),
        due_on=date(2026, 2, 1),
        planned_effort_days=Decimal("12.5"),
        planned_cost=Decimal(1000),
        currency="EUR",
    )
    initiative, _ = Initiative.plan(plan, goal, initiative_id="initiative_0", by="anna")  # type: ignore[arg-type]
    spent = Progress(share_done=0.4, effort_days=Decimal(3), cost=Decimal("200.5"))
    initiative, _ = initiative.report(spent, by="ben")  # type: ignore[arg-type]
    share = BudgetShare(
        initiatives=1,
        planned_effort_days=Decimal("12.5"),
        actual_effort_days=Decimal(3),
        costs=[CostView(currency="EUR", planned=Decimal("1000.00"), actual=Decimal("200.50"))],
    )
    check_in = CheckInView(
        check_in_id="c",
        goal_id="goal_0",  # type: ignore[arg-type]
        by_person_id="anna",  # type: ignore[arg-type]
        at=datetime(2026, 1, 12, tzinfo=UTC),
        confidence=0.4,
        comment="Slowly.\nBut well.",
        blockers=[{"kind": "resource", "description": "No \x1b[31mbudget"}],  # type: ignore[list-item]
        next_steps="Ask.",
        progress=None,
    )
    planned = PlannedInitiativeView.planned(initiative, initiative.beyond(goal))
    budget = BudgetView(goal_id=goal.goal_id, own=share, below=share, goals_below=2, complete=False)
    return {
        "goal": GoalView.of(goal).model_dump(mode="json"),
        "outlook": None,
        "initiatives": [planned.model_dump(mode="json")],
        "budget": budget.model_dump(mode="json"),
        "check_in": check_in.model_dump(mode="json"),
    }


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What a command prints of an answer, in lines, on a terminal of some columns without colours."""

    def lines(module: Any, shows: Callable[[Any], None], said: Any, width: int) -> list[str]:
        console = Console(file=io.StringIO(), width=width, no_color=True)
        monkeypatch.setattr(module, "out", console)
        shows(said)
        return console.file.getvalue().splitlines()  # type: ignore[attr-defined]

    return lines


def test_all_of_a_goal_is_told_in_words(printed: Any) -> None:
    lines = [line.strip() for line in printed(goal_shown, goal_shown._show, told(), 300)]
    for line in (
        "status: agreed",
        "confidence: 40%",
        "- Money earned: 61%",
        "now 12,500.50 EUR, from 1,000.00 EUR, measured on 2026-01-12",
        MARKS,
        "now 99.9 %, measured on 2026-01-12; is to stay at or above 99.5 %",
        "target 99.5 % (held)",
        "now yes, measured on 2026-01-12",
        "1 of 2 milestones reached",
        "[x] The plan is agreed",
        "[ ] The office is open (weight 3)",
        "commit weight 1 (reached), target all milestones (not reached)",
        "a baseline: done once it is measured",
        "under way, 40% done; ben",
        "2025-12-01 to 2026-02-01; initiative_0",
        "effort 12.5 days planned, 3 days so far; cost 1,000.00 EUR planned, 200.50 EUR so far",
        "starts before the goal does",
        "itself: effort 12.5 days planned, 3 days so far; cost 1,000.00 EUR planned, 200.50 EUR so far",
        "40% sure, anna on 2026-01-12",
        "But well.",
        "in the way (resource): No �[31mbudget",
        "next: Ask.",
    ):
        assert line in lines, line
    assert any(line.startswith("2 goals below") and "not added up" in line for line in lines)


def test_who_is_asked_and_what_is_to_change_is_told(printed: Any) -> None:
    said = told()
    waiting = Amendment(change=Change(weight=5, clears=("tags",)), by="anna", reason="Less time.")  # type: ignore[arg-type]
    amendment = AmendmentView.model_validate(dict(waiting)).model_dump(mode="json")
    said["goal"] |= {"amendment": amendment, "asked_id": "manager", "reason": "Not so soon."}
    lines = [line.strip() for line in printed(goal_shown, goal_shown._show, said, 300)]
    at = lines.index("change proposed by anna: weight, tags")
    assert lines[at + 1 : at + 4] == ["why: Less time.", "waits for: manager", "answered: Not so soon."]


@pytest.mark.parametrize("width", [30, 60])
def test_a_narrow_terminal_gets_lines_that_fit_and_loses_no_word(printed: Any, width: int) -> None:
    from rich.cells import cell_len

    lines = printed(goal_shown, goal_shown._show, told(LONG), width)
    assert all(cell_len(line) <= width for line in lines)
    words = " ".join(lines).split()
    assert {"initiative_0", "goal_0", "25,000.00", "2026-02-01;", "somebody"} <= {*words}
    assert "…" not in " ".join(lines)


@pytest.mark.parametrize("with_owner", [False, True])
@pytest.mark.parametrize("width", [40, 60, 120, 160])
def test_a_list_has_whole_ids_on_every_width(printed: Any, width: int, *, with_owner: bool) -> None:
    ids = {"goal_id": f"goal_{'0123456789abcdef' * 2}", "owner_id": f"person_{'0123456789abcdef' * 2}"}
    goal = {**told(LONG)["goal"], **ids, "pace": "behind"}
    shows = partial(goals_commands._show_list, with_owner=with_owner)
    text = "\n".join(printed(goals_commands, shows, [goal], width))
    shown = text if width > 60 else "".join(text.split())
    assert goal["goal_id"] in shown
    assert (goal["owner_id"] in shown) == with_owner
    assert "behind" in shown


def test_json_is_what_the_service_says(monkeypatch: Any, capsys: Any) -> None:
    said = told()
    monkeypatch.setattr(goal_shown, "asked", lambda _ask, **_of: said)
    goal_shown.show("goal_0", as_json=True)
    assert json.loads(capsys.readouterr().out) == said


@pytest.mark.parametrize("by", [goals_commands.OWN, goals_commands.TEAM])
async def test_mine_are_those_of_whom_the_service_takes_the_token_for_whatever_is_in_it(by: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params[by])
        return httpx.Response(200, json={"items": [], "next": None})

    ours = httpx.MockTransport(answer)
    headers = {"Authorization": "Bearer of-no-form-that-we-know"}
    async with httpx.AsyncClient(transport=ours, base_url="http://goals", headers=headers) as client:
        assert await goals_commands._open(by, client) == []
    assert asked == ["me"] * 3
