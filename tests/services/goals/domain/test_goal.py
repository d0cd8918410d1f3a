"""The life of a goal, from draft to close."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import ValidationError

from services.goals.domain.closing import close
from services.goals.domain.goal import AskedToAnswer, Goal, GoalNotInStage, GoalNotSmart, NotTheOneAsked
from services.goals.domain.smart import missing_parts
from services.goals.domain.wording import Wording
from shared.contracts import goals as contract
from shared.errors import Invalid, NotFound
from shared.ids import GoalId, KeyResultId, PersonId

ANNA, BOSS, NEW_BOSS = PersonId("anna"), PersonId("boss"), PersonId("new_boss")
REACH, KEEP = KeyResultId("reach"), KeyResultId("keep")
AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
DAY = AT.date()
KEY_RESULTS = (
    {"key_result_id": "reach", "title": "Reached", "type": "increase", "target": 10, "weight": 3},
    {"key_result_id": "keep", "title": "Kept", "type": "stay_above", "target": 90, "weight": 1},
)


def wording(**changes: Any) -> Wording:
    said: dict[str, Any] = {
        "title": "Reach more customers",
        "description": "Ten more.",
        "relevance": "We grow by it.",
        "starts_on": date(2026, 1, 1),
        "due_on": date(2026, 3, 31),
        "key_results": KEY_RESULTS,
    }
    return Wording.model_validate({**said, **changes})


def draft(**changes: Any) -> Goal:
    return Goal.draft(wording(**changes), goal_id=GoalId("g"), owner_id=ANNA)[0]


def proposed(**changes: Any) -> Goal:
    return draft(**changes).propose(by=ANNA, to=BOSS)[0]


def agreed(**changes: Any) -> Goal:
    return proposed(**changes).agree(by=BOSS, on=DAY)[0]


def closed(**changes: Any) -> Goal:
    return close(agreed(**changes), outcome="achieved", by=ANNA, comment="", at=AT)[0]


STAGES: dict[str, Callable[..., Goal]] = {
    "draft": draft,
    "proposed": proposed,
    "agreed": agreed,
    "closed": closed,
}
MOVES: dict[str, tuple[set[str], Callable[[Goal], Any]]] = {
    "reword": ({"draft"}, lambda goal: goal.reword(wording(title="Other"), at=AT)),
    "propose": ({"draft"}, lambda goal: goal.propose(by=ANNA, to=BOSS)),
    "pass on": ({"proposed"}, lambda goal: goal.ask(NEW_BOSS)),
    "withdraw": ({"proposed"}, lambda goal: goal.withdraw(by=ANNA)),
    "agree": ({"proposed"}, lambda goal: goal.agree(by=BOSS, on=DAY)),
    "request changes": ({"proposed"}, lambda goal: goal.request_changes(by=BOSS, to=ANNA, reason="Less.")),
    "measure": ({"agreed"}, lambda goal: goal.measure(REACH, 5, at=AT)),
    "check in": ({"agreed"}, lambda goal: goal.check_in(by=ANNA, confidence=0.5, blocker_kinds=(), on=DAY)),
    "align": ({"draft", "agreed"}, lambda goal: goal.align(GoalId("parent"))),
    "cancel": (
        {"draft", "proposed", "agreed"},
        lambda goal: close(goal, outcome="cancelled", by=ANNA, comment="No need.", at=AT),
    ),
    "achieve": ({"agreed"}, lambda goal: close(goal, outcome="achieved", by=ANNA, comment="", at=AT)),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("move", MOVES)
def test_each_move_belongs_to_its_stages(move: str, stage: str) -> None:
    stages, make = MOVES[move]
    goal = STAGES[stage]()
    if stage not in stages:
        with pytest.raises(GoalNotInStage) as refused:
            make(goal)
        assert refused.value.facts["status"] == stage
        return
    after, event = make(goal)
    assert after != goal
    assert (event.goal_id, event.owner_id, event.visibility) == ("g", "anna", "line")


def test_owner_and_manager_come_to_agree() -> None:
    goal, said = draft().propose(by=ANNA, to=BOSS)
    assert (goal.status, goal.asked_id, said.by_person_id, said.to_person_id) == (
        "proposed",
        "boss",
        "anna",
        "boss",
    )
    goal, yes = goal.agree(by=BOSS, on=DAY)
    assert (goal.status, goal.asked_id, yes.by_person_id) == ("agreed", None, "boss")
    assert (yes.starts_on, yes.due_on) == (date(2026, 1, 1), date(2026, 3, 31))


def test_a_request_for_changes_makes_a_draft_with_a_reason_that_the_next_proposal_settles() -> None:
    goal, returned = proposed().request_changes(by=BOSS, to=ANNA, reason="Less.")
    assert (goal.status, goal.asked_id, goal.reason) == ("draft", None, "Less.")
    assert (returned.by_person_id, returned.to_person_id) == ("boss", "anna")
    assert "Less." not in returned.model_dump_json()
    assert goal.propose(by=ANNA, to=BOSS)[0].reason == ""


@pytest.mark.parametrize("stranger", [ANNA, NEW_BOSS])
def test_nobody_else_answers(stranger: PersonId) -> None:
    for answer in (
        lambda: proposed().agree(by=stranger, on=DAY),
        lambda: proposed().request_changes(by=stranger, to=ANNA, reason="Less."),
    ):
        with pytest.raises(NotTheOneAsked):
            answer()


def test_who_is_asked_answers_and_does_not_withdraw() -> None:
    with pytest.raises(AskedToAnswer):
        proposed().withdraw(by=BOSS)
    goal, withdrawn = proposed().withdraw(by=ANNA)
    assert (goal.status, goal.asked_id) == ("draft", None)
    assert (withdrawn.by_person_id, withdrawn.to_person_id) == ("anna", "boss")


def test_a_proposal_is_passed_on_in_the_name_of_who_made_it() -> None:
    goal, asked = proposed().ask(NEW_BOSS)
    assert (goal.asked_id, goal.proposed_by) == ("new_boss", "anna")
    assert (asked.by_person_id, asked.to_person_id) == ("anna", "new_boss")
    with pytest.raises(NotTheOneAsked):
        goal.agree(by=BOSS, on=DAY)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("specific", {"description": " "}),
        ("measurable", {"key_results": ()}),
        ("relevant", {"relevance": " "}),
    ],
)
def test_what_is_not_smart_is_not_proposed_and_is_told_how_to_be(part: str, changes: Any) -> None:
    assert list(missing_parts(draft(**changes))) == [part]
    with pytest.raises(GoalNotSmart) as refused:
        draft(**changes).propose(by=ANNA, to=BOSS)
    assert refused.value.facts == {"missing": [part]}


def test_all_that_is_missing_is_told_at_once() -> None:
    assert len(missing_parts(draft(description="", key_results=(), relevance=""))) == 3


def test_a_goal_that_serves_another_need_not_say_why() -> None:
    assert missing_parts(draft(relevance="", parent_id="parent")) == {}


@pytest.mark.parametrize("type_", ["milestone", "baseline"])
def test_a_kpi_is_followed_and_not_ticked_off(type_: str) -> None:
    key_result = {"key_result_id": "k", "title": "Some", "type": type_, "target": 1}
    assert list(missing_parts(draft(kind="kpi", key_results=(key_result,)))) == ["measurable"]
    assert missing_parts(draft(kind="objective", key_results=(key_result,))) == {}
    assert missing_parts(draft(kind="kpi")) == {}


def test_a_kpi_in_its_range_is_reached_and_beside_it_half() -> None:
    bounds = (
        {"key_result_id": "low", "title": "At least", "type": "stay_above", "target": 4},
        {"key_result_id": "high", "title": "At most", "type": "stay_below", "target": 6},
    )
    goal = agreed(kind="kpi", key_results=bounds)
    assert goal.progress is None
    for value, progress in ((5.0, 1.0), (7.0, 0.5), (3.0, 0.5)):
        for bound in ("low", "high"):
            goal, _ = goal.measure(KeyResultId(bound), value, at=AT)
        assert goal.progress == progress


def test_an_agreed_goal_that_loses_its_parent_must_matter_by_itself() -> None:
    with pytest.raises(GoalNotSmart):
        agreed(relevance="", parent_id="parent").align(None)
    assert draft(relevance="", parent_id="parent").align(None)[0].parent_id is None
    goal, aligned = agreed(parent_id="parent").align(None)
    assert (goal.parent_id, aligned.from_parent_id, aligned.to_parent_id) == (None, "parent", None)


def test_rewording_replaces_all_that_is_said_and_nothing_else() -> None:
    before = proposed().request_changes(by=BOSS, to=ANNA, reason="Less.")[0]
    goal, changed = before.reword(wording(title="Other", due_on=date(2026, 6, 30), key_results=()), at=AT)
    assert (goal.title, goal.key_results, goal.goal_id, goal.reason) == ("Other", (), "g", "Less.")
    assert changed.due_on == date(2026, 6, 30)


@pytest.mark.parametrize("due_on", [date(2026, 1, 1), date(2025, 12, 31)])
def test_a_goal_ends_after_it_starts(due_on: date) -> None:
    with pytest.raises(Invalid, match="due date"):
        draft(due_on=due_on)
    with pytest.raises(Invalid, match="due date"):
        draft().reword(wording(due_on=due_on), at=AT)


def test_key_results_are_told_apart_by_their_ids() -> None:
    with pytest.raises(Invalid, match="same id"):
        draft(key_results=(KEY_RESULTS[0], KEY_RESULTS[0]))


@pytest.mark.parametrize("title", ["", "  ", "x" * 201])
def test_a_goal_has_a_title(title: str) -> None:
    with pytest.raises(ValidationError):
        draft(title=title)


def test_measuring_tells_the_progress_of_the_part_and_of_the_whole() -> None:
    goal, measured = agreed().measure(REACH, 5, at=AT)
    assert (measured.value, measured.key_result_progress, measured.goal_progress) == (5, 0.5, 0.5)
    goal, measured = goal.measure(KEEP, 80, at=AT)
    assert (measured.key_result_progress, measured.goal_progress) == (0, 0.375)
    assert goal.progress == 0.375


def test_a_late_measurement_is_told_and_changes_nothing() -> None:
    goal, _ = agreed().measure(REACH, 5, at=AT)
    late, measured = goal.measure(REACH, 1, at=datetime(2026, 1, 20, tzinfo=UTC))
    assert late == goal
    assert (measured.value, measured.measured_at.day, measured.key_result_progress) == (1, 20, 0.5)


def test_an_unknown_key_result_is_not_measured() -> None:
    with pytest.raises(NotFound):
        agreed().measure(KeyResultId("other"), 5, at=AT)


def test_a_check_in_says_how_sure_somebody_is_and_what_stands_in_the_way() -> None:
    goal, said = agreed().check_in(by=BOSS, confidence=0.3, blocker_kinds=("process", "person"), on=DAY)
    assert (goal.confidence, said.confidence, said.blocker_kinds) == (0.3, 0.3, ("process", "person"))
    assert said.by_person_id == "boss"


@pytest.mark.parametrize("outcome", ["achieved", "partly_achieved", "missed", "cancelled"])
def test_a_goal_ends_as_it_ended(outcome: Any) -> None:
    goal, said = close(agreed().measure(REACH, 5, at=AT)[0], outcome=outcome, by=ANNA, comment="So.", at=AT)
    assert (goal.status, goal.outcome, goal.closed_at, goal.closed_by) == ("closed", outcome, AT, "anna")
    assert (said.outcome, said.progress) == (outcome, 0.5)
    assert "So." not in said.model_dump_json()


def test_progress_of_a_goal_that_was_never_measured_is_not_told_as_nothing() -> None:
    guarding = agreed(key_results=(KEY_RESULTS[1],))
    _, said = close(guarding, outcome="cancelled", by=None, comment="", at=AT)
    assert (said.progress, guarding.state().progress) == (None, None)


@pytest.mark.parametrize("visibility", ["private", "line", "team", "everyone"])
def test_only_a_goal_for_everyone_shows_its_words(visibility: Any) -> None:
    state = agreed(visibility=visibility).state()
    shown = visibility == "everyone"
    assert (state.title is not None) == shown
    assert [part.unit is not None for part in state.key_results] == [shown, shown]
    words = {"Ten more.", "We grow by it.", "Reached", "Kept"}
    assert not any(word in state.model_dump_json() for word in words)


class AnyLife(RuleBasedStateMachine):
    """Whatever is tried in whatever order, what a goal says of itself holds together."""

    def __init__(self) -> None:
        super().__init__()
        self.goal = draft()
        self.told: list[Any] = []

    @rule(move=st.sampled_from(sorted(MOVES)))
    def try_(self, move: str) -> None:
        stages, make = MOVES[move]
        if self.goal.status in stages and not (move == "agree" and self.goal.asked_id != BOSS):
            if move == "request changes" and self.goal.asked_id != BOSS:
                return
            self.goal, event = make(self.goal)
            self.told.append(event)

    @precondition(lambda self: self.goal.status == "proposed")
    @rule()
    def let_the_new_boss_agree(self) -> None:
        asked = self.goal.asked_id
        assert asked is not None
        self.goal, event = self.goal.agree(by=asked, on=DAY)
        self.told.append(event)

    @invariant()
    def somebody_is_asked_while_it_is_proposed_and_only_then(self) -> None:
        assert (self.goal.asked_id is not None) == (self.goal.status == "proposed")

    @invariant()
    def it_is_closed_with_an_outcome_and_once(self) -> None:
        closings = [event for event in self.told if isinstance(event, contract.GoalClosed)]
        assert (self.goal.outcome is not None) == (self.goal.status == "closed") == (len(closings) == 1)
        assert all(event is self.told[-1] for event in closings)

    @invariant()
    def it_is_measured_only_after_it_was_agreed(self) -> None:
        kinds: list[type[Any]] = [type(event) for event in self.told]
        if contract.KeyResultMeasured in kinds:
            assert kinds.index(contract.GoalAgreed) < kinds.index(contract.KeyResultMeasured)


AnyLife.TestCase.settings = settings(max_examples=60, stateful_step_count=15)
TestAnyLife = AnyLife.TestCase
