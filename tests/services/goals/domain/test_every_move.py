"""Every move against every stage of a goal: what is done, and by which rule the rest is refused."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from services.goals.domain.amendment import (
    AmendmentPending,
    NoAmendment,
    agree_to_amendment,
    amend_at_once,
    decline_amendment,
    propose_amendment,
    withdraw_amendment,
)
from services.goals.domain.change import Change
from services.goals.domain.closing import Term, carry_over, close, decline, grade, look_back
from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.domain.grade import Grade, NotToBeGraded, Retrospective
from shared.ids import GoalId, KeyResultId, PeriodId
from tests.services.goals.domain.test_goal import ANNA, AT, BOSS, DAY, KEY_RESULTS, REACH, wording
from tests.services.goals.domain.test_goal import agreed as made_agreed
from tests.services.goals.domain.test_goal import closed as made_closed
from tests.services.goals.domain.test_goal import draft as made_draft
from tests.services.goals.domain.test_goal import proposed as made_proposed

STEPS = {
    "key_result_id": "steps",
    "title": "Steps",
    "type": "milestone",
    "unit_kind": "milestones",
    "milestones": [{"milestone_id": "plan", "title": "Planned"}, {"milestone_id": "open", "title": "Open"}],
}
PARTS = (*KEY_RESULTS, STEPS)
TERM = Term(PeriodId("next"), date(2026, 4, 1), date(2026, 6, 30))
LATER = Change(due_on=date(2026, 6, 30))


def judged(as_: Any) -> Grade:
    return Grade(graded_as=as_, grade=0.5, by_person_id=ANNA if as_ == "self" else BOSS, at=AT)


def amended() -> Goal:
    return propose_amendment(made_agreed(key_results=PARTS), LATER, by=ANNA, to=BOSS, reason="Late.")[0]


def cancelled() -> Goal:
    return close(made_agreed(key_results=PARTS), outcome="cancelled", by=ANNA, comment="No.", at=AT)[0]


STAGES: dict[str, Callable[[], Goal]] = {
    "draft": lambda: made_draft(key_results=PARTS),
    "proposed": lambda: made_proposed(key_results=PARTS),
    "agreed": lambda: made_agreed(key_results=PARTS),
    "amended": amended,
    "closed": lambda: made_closed(key_results=PARTS),
    "cancelled": cancelled,
    "declined": lambda: decline(made_proposed(key_results=PARTS), by=BOSS, to=ANNA, reason="No.", at=AT)[0],
    "carried over": lambda: carry_over(made_agreed(key_results=PARTS), GoalId("new"), TERM, by=ANNA, at=AT)[
        0
    ],
    "graded": lambda: grade(made_closed(key_results=PARTS), judged("final"))[0],
}
RUN = {"agreed", "amended", "closed", "graded"}
ENDED = {"closed", "cancelled", "declined", "carried over", "graded"}
OPEN = {"draft", "proposed", "agreed", "amended"}
MOVES: dict[str, tuple[set[str], Callable[[Goal], Any]]] = {
    "reword": ({"draft"}, lambda goal: goal.reword(wording(title="Other"), at=AT)),
    "propose": ({"draft"}, lambda goal: goal.propose(by=ANNA, to=BOSS)),
    "pass on": ({"proposed"}, lambda goal: goal.ask(ANNA)),
    "withdraw": ({"proposed"}, lambda goal: goal.withdraw(by=ANNA)),
    "agree": ({"proposed"}, lambda goal: goal.agree(by=BOSS, on=DAY)),
    "ask for changes": ({"proposed"}, lambda goal: goal.request_changes(by=BOSS, to=ANNA, reason="Less.")),
    "decline": ({"proposed"}, lambda goal: decline(goal, by=BOSS, to=ANNA, reason="No.", at=AT)),
    "measure": ({"agreed", "amended"}, lambda goal: goal.measure(REACH, 5, at=AT)),
    "reach": (
        {"agreed", "amended"},
        lambda goal: goal.reach_milestone(KeyResultId("steps"), "plan", reached=True, at=AT),
    ),
    "correct": ({"agreed", "amended"}, lambda goal: goal.stand_corrected(REACH, 3.0, at=AT)),
    "check in": (
        {"agreed", "amended"},
        lambda goal: goal.check_in(by=ANNA, confidence=0.5, blocker_kinds=(), on=DAY),
    ),
    "amend words": (
        {"agreed"},
        lambda goal: amend_at_once(goal, Change(category="Other"), by=ANNA, reason="So.", at=AT),
    ),
    "amend": ({"agreed"}, lambda goal: propose_amendment(goal, LATER, by=ANNA, to=BOSS, reason="Late.")),
    "agree to change": ({"amended"}, lambda goal: agree_to_amendment(goal, by=BOSS, at=AT)),
    "decline change": ({"amended"}, lambda goal: decline_amendment(goal, by=BOSS, reason="No.")),
    "withdraw change": ({"amended"}, lambda goal: withdraw_amendment(goal, by=ANNA)),
    "grade oneself": (RUN - {"graded"}, lambda goal: grade(goal, judged("self"))),
    "grade": ({"closed", "graded"}, lambda goal: grade(goal, judged("final"))),
    "look back": (ENDED, lambda goal: (look_back(goal, Retrospective(lessons="Begin.")), None)),
    "close": ({"agreed", "amended"}, lambda goal: close(goal, outcome=None, by=ANNA, comment="", at=AT)),
    "cancel": (OPEN, lambda goal: close(goal, outcome="cancelled", by=ANNA, comment="No.", at=AT)),
    "carry over": (
        {"agreed", "amended"},
        lambda goal: carry_over(goal, GoalId("new"), TERM, by=ANNA, at=AT),
    ),
    "align": (
        {"draft", "agreed", "amended"},
        lambda goal: goal.align(GoalId("parent")),
    ),
}


def refusal(move: str, stage: str) -> type[Exception]:
    if move in {"grade oneself", "grade"}:
        return NotToBeGraded
    if move in {"agree to change", "decline change", "withdraw change"}:
        return NoAmendment
    return AmendmentPending if stage == "amended" and move.startswith("amend") else GoalNotInStage


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("move", MOVES)
def test_each_move_is_done_in_its_stages_and_refused_by_its_rule_in_all_others(move: str, stage: str) -> None:
    stages, make = MOVES[move]
    goal = STAGES[stage]()
    if stage not in stages:
        with pytest.raises(refusal(move, stage)):
            make(goal)
        return
    after, *_ = make(goal)
    assert after != goal
    assert (after.amendment is None) == (after.status != "agreed" or after.asked_id is None)
    assert (after.outcome is None) == (after.status != "closed")
    assert (after.goal_id, after.owner_id, after.starts_on) == (goal.goal_id, goal.owner_id, goal.starts_on)


@pytest.mark.parametrize("by", [ANNA, "stranger"])
@pytest.mark.parametrize(
    "answer", ["agree", "ask for changes", "decline", "agree to change", "decline change"]
)
def test_only_who_is_asked_answers_whatever_is_asked(answer: str, by: Any) -> None:
    asked = STAGES["amended" if "change" in answer.split()[-1:] else "proposed"]()
    answers: dict[str, Callable[[], Any]] = {
        "agree": lambda: asked.agree(by=by, on=DAY),
        "ask for changes": lambda: asked.request_changes(by=by, to=ANNA, reason="Less."),
        "decline": lambda: decline(asked, by=by, to=ANNA, reason="No.", at=AT),
        "agree to change": lambda: agree_to_amendment(asked, by=by, at=AT),
        "decline change": lambda: decline_amendment(asked, by=by, reason="No."),
    }
    with pytest.raises(Exception, match="Only the one who was asked"):
        answers[answer]()
