"""Each event reaches exactly the people that the table names, and nobody else."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import services.notifications
from services.notifications.domain.categories import CATEGORIES
from services.notifications.domain.rules import (
    ACTORS,
    FACTS,
    RULES,
    SILENT,
    alerts_of,
    announced,
    describe,
    facts_of,
    whose_relatives,
)
from shared.contracts import catalogue, feedback, goals, goals_initiatives, people, reviews
from shared.contracts.base import Event

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
RELATIVES: Any = {
    ("manager", "anna"): ["mona"],
    ("manager", "ben"): ["mona"],
    ("manager", "mona"): ["cleo"],
    ("manager", "cleo"): [],
    ("HR partners", "anna"): ["hanna", "hugo", "anna"],
}
RELATIVES |= {
    ("manager in effect", who): found for (name, who), found in RELATIVES.items() if name == "manager"
}
OURS = [kind for kind in catalogue.all_messages() if kind.publisher != "notifications"]
TABLE = Path(services.notifications.__file__).parent / "RULES.md"


def goal(kind: Any, **more: Any) -> Event:
    return kind(goal_id="g", owner_id="anna", visibility="private", **more)


def checked_in(by: str = "anna", confidence: float = 0.9, blockers: tuple[str, ...] = ()) -> Event:
    said = {"confidence": confidence, "blocker_kinds": blockers, "goal_progress": 0.5}
    return goal(goals.GoalCheckedIn, by_person_id=by, **said)


def corrected(by: str | None) -> Event:
    stands = {"current": 3.0, "current_at": AT, "key_result_progress": 0.3, "goal_progress": 0.3}
    said = {
        "key_result_id": "k",
        "measurement_id": "m",
        "from_value": 30.0,
        "to_value": 3.0,
        "measured_at": AT,
    }
    return goal(goals.MeasurementCorrected, by_person_id=by, **said, **stands)


def forecast(before: str | None, now: str) -> Event:
    more = {"predicted_progress": 0.6, "due_on": date(2026, 3, 31)}
    return goal(goals.GoalForecastTurned, from_heading=before, to_heading=now, **more)


def initiative(kind: Any, owner: str = "ben", **more: Any) -> Event:
    whose = {"goal_id": "g", "owner_id": owner, "goal_owner_id": "anna", "visibility": "private"}
    return kind(initiative_id="i", **whose, **more)


def given(visibility: str = "receiver", giver: str = "ben", requester: str | None = None) -> Event:
    asked = {"request_id": "r" if requester else None, "requester_id": requester}
    said: Any = {"kind": "praise", "visibility": visibility, **asked}
    return feedback.FeedbackGiven(
        feedback_id="f", giver_id=giver, receiver_id="anna", goal_id=None, competency=None, **said
    )


def request(kind: Any, requester: str = "anna", about: str = "anna", **more: Any) -> Event:
    who = {"requester_id": requester, "about_person_id": about, "asked_person_id": "ben"}
    return kind(request_id="r", **who, **more)


def recognised(*receivers: str, giver: str = "ben") -> Event:
    return feedback.RecognitionGiven(
        recognition_id="r", giver_id=giver, receiver_ids=receivers, value="teamwork"
    )


def review(kind: Any, reviewer: str | None = "mona", **more: Any) -> Event:
    return kind(review_id="r", cycle_id="c", person_id="anna", reviewer_id=reviewer, **more)


def joined(on: date | None, manager: str | None = "mona") -> Event:
    return people.PersonJoined(person_id="anna", manager_id=manager, unit_id=None, joined_on=on)


def moved(old: str | None, new: str | None) -> Event:
    return people.ManagerChanged(person_id="anna", from_manager_id=old, to_manager_id=new)


DUE = {"self_due_on": date(2026, 4, 1), "manager_due_on": date(2026, 5, 1)}
DATES = {"starts_on": date(2026, 1, 1), "due_on": date(2026, 3, 31)}
PLAN = {**DATES, "planned_effort_days": None, "planned_cost": None, "currency": None}
ASKED = {"goal_id": None, "competency": None}
CHOSEN = {"because": "own_choice"}

CASES: dict[str, tuple[Event, dict[str, str]]] = {
    "proposed by the owner": (
        goal(goals.GoalProposed, by_person_id="anna", to_person_id="mona"),
        {"mona": "goal_proposed"},
    ),
    "proposed to oneself": (goal(goals.GoalProposed, by_person_id="anna", to_person_id="anna"), {}),
    "changes asked for": (
        goal(goals.GoalChangesRequested, by_person_id="mona", to_person_id="anna"),
        {"anna": "goal_changes_requested"},
    ),
    "declined by the manager": (
        goal(goals.GoalDeclined, by_person_id="mona", to_person_id="anna"),
        {"anna": "goal_declined"},
    ),
    "declined by the owner": (
        goal(goals.GoalDeclined, by_person_id="anna", to_person_id="hanna"),
        {"hanna": "goal_declined"},
    ),
    "proposal taken back": (
        goal(goals.GoalProposalWithdrawn, by_person_id="anna", to_person_id="mona"),
        {"mona": "proposal_withdrawn"},
    ),
    "proposal taken back by the suite": (
        goal(goals.GoalProposalWithdrawn, by_person_id=None, to_person_id="anna"),
        {"anna": "proposal_withdrawn"},
    ),
    "agreed by the manager": (
        goal(goals.GoalAgreed, by_person_id="mona", **DATES),
        {"anna": "goal_agreed"},
    ),
    "agreed by the owner": (
        goal(goals.GoalAgreed, by_person_id="anna", **DATES),
        {"mona": "goal_agreed"},
    ),
    "a change is proposed": (
        goal(goals.GoalAmendmentProposed, by_person_id="anna", to_person_id="mona", changes=("due_on",)),
        {"mona": "goal_change_proposed"},
    ),
    "a change is declined": (
        goal(goals.GoalAmendmentDeclined, by_person_id="mona", to_person_id="anna"),
        {"anna": "goal_change_declined"},
    ),
    "a change is taken back": (
        goal(goals.GoalAmendmentWithdrawn, by_person_id=None, to_person_id="mona"),
        {"mona": "goal_change_withdrawn"},
    ),
    "a draft is reworded": (goal(goals.GoalChanged, **DATES), {}),
    "changed as the manager agreed": (
        goal(goals.GoalChanged, by_person_id="mona", changes=("due_on",), edition=2, **DATES),
        {"anna": "goal_changed"},
    ),
    "changed with another owner": (
        goal(goals.GoalChanged, changes=("owner_id",), from_owner_id="ben", edition=2, **DATES),
        {"anna": "goal_changed", "mona": "goal_changed", "ben": "goal_changed"},
    ),
    "heading for a miss": (
        forecast(None, "miss"),
        {"anna": "goal_heading_for_miss", "mona": "goal_heading_for_miss"},
    ),
    "recovered": (forecast("miss", "reach"), {"anna": "goal_recovered", "mona": "goal_recovered"}),
    "heading well from the first": (forecast(None, "reach"), {}),
    "overdue": (
        goal(goals.GoalFellOverdue, due_on=date(2026, 3, 31), progress=0.4),
        {"anna": "goal_overdue", "mona": "goal_overdue"},
    ),
    "silent": (goal(goals.GoalWentSilent, last_on=None, missed=2), {"anna": "goal_silent"}),
    "neglected": (goal(goals.GoalNeglected, because="owner_left"), {"mona": "goal_neglected"}),
    "corrected by the manager": (corrected("mona"), {"anna": "measurement_corrected"}),
    "corrected by a machine": (corrected(None), {}),
    "graded by the owner": (
        goal(goals.GoalGraded, by_person_id="anna", graded_as="self"),
        {"mona": "goal_self_graded"},
    ),
    "graded by the manager": (
        goal(goals.GoalGraded, by_person_id="mona", graded_as="final"),
        {"anna": "goal_graded"},
    ),
    "graded by HR": (
        goal(goals.GoalGraded, by_person_id="hr", graded_as="final"),
        {"anna": "goal_graded", "mona": "goal_graded"},
    ),
    "going well": (checked_in(), {}),
    "little confidence": (checked_in(confidence=0.39), {"mona": "goal_in_trouble"}),
    "just enough confidence": (checked_in(confidence=0.4), {}),
    "blocked": (checked_in(blockers=("process",)), {"mona": "goal_in_trouble"}),
    "in trouble, as the manager says": (checked_in(by="mona", confidence=0.1), {}),
    "closed by the owner": (
        goal(goals.GoalClosed, by_person_id="anna", outcome="achieved", progress=1),
        {"mona": "goal_closed"},
    ),
    "closed by the manager": (
        goal(goals.GoalClosed, by_person_id="mona", outcome="missed", progress=0),
        {"anna": "goal_closed"},
    ),
    "closed by nobody": (
        goal(goals.GoalClosed, by_person_id=None, outcome="missed", progress=0),
        {"anna": "goal_closed", "mona": "goal_closed"},
    ),
    "an initiative for somebody": (
        initiative(goals_initiatives.InitiativePlanned, by_person_id="anna", **PLAN),
        {"ben": "initiative_given"},
    ),
    "an initiative for oneself": (
        initiative(goals_initiatives.InitiativePlanned, "anna", by_person_id="anna", **PLAN),
        {},
    ),
    "an initiative goes to somebody else": (
        initiative(
            goals_initiatives.InitiativeChanged,
            by_person_id="mona",
            changes=("owner_id",),
            from_owner_id="hugo",
            **PLAN,
        ),
        {"ben": "initiative_given", "hugo": "initiative_taken_on"},
    ),
    "an initiative is changed": (
        initiative(goals_initiatives.InitiativeChanged, by_person_id="anna", changes=("due_on",), **PLAN),
        {"ben": "initiative_changed"},
    ),
    "an initiative is carried over": (
        initiative(
            goals_initiatives.InitiativeChanged,
            by_person_id=None,
            changes=("goal_id",),
            from_goal_id="old",
            **PLAN,
        ),
        {},
    ),
    "an initiative is done": (
        initiative(goals_initiatives.InitiativeClosed, by_person_id="ben", outcome="done", share_done=1),
        {"anna": "initiative_closed"},
    ),
    "an initiative is dropped": (
        initiative(goals_initiatives.InitiativeClosed, by_person_id="mona", outcome="dropped", share_done=0),
        {"ben": "initiative_closed", "anna": "initiative_closed"},
    ),
    "an initiative ends with its goal": (
        initiative(goals_initiatives.InitiativeClosed, by_person_id=None, outcome="dropped", share_done=0),
        {"ben": "initiative_closed"},
    ),
    "an initiative is left alone": (
        initiative(goals_initiatives.InitiativeLeftAlone),
        {"anna": "initiative_left_alone"},
    ),
    "the owner leaves goal and initiative alone": (
        initiative(goals_initiatives.InitiativeLeftAlone, "anna"),
        {"anna": "initiative_left_alone", "mona": "initiative_left_alone"},
    ),
    "feedback for the receiver alone": (given("receiver"), {"anna": "feedback_given"}),
    "feedback for the manager too": (
        given("receiver_and_manager"),
        {"anna": "feedback_given", "mona": "feedback_shared"},
    ),
    "feedback by the manager": (given("receiver_and_manager", "mona"), {"anna": "feedback_given"}),
    "public feedback": (given("public"), {"anna": "feedback_given"}),
    "feedback that the receiver asked for": (given("receiver", requester="anna"), {}),
    "feedback that the receiver asked for and the manager may see": (
        given("receiver_and_manager", requester="anna"),
        {"mona": "feedback_shared"},
    ),
    "feedback that the manager asked for": (given("receiver_and_manager", requester="mona"), {}),
    "feedback that the receiver asked their manager for": (
        given("receiver_and_manager", "mona", requester="anna"),
        {},
    ),
    "feedback for oneself": (given("receiver", "anna"), {}),
    "asked for feedback": (
        request(feedback.FeedbackRequested, **ASKED),
        {"ben": "feedback_requested"},
    ),
    "answered to the one it is about": (
        request(feedback.FeedbackRequestAnswered, feedback_id="f"),
        {"anna": "request_answered"},
    ),
    "answered to a manager": (
        request(feedback.FeedbackRequestAnswered, "mona", feedback_id="f"),
        {"mona": "request_answered", "anna": "feedback_given"},
    ),
    "declined": (request(feedback.FeedbackRequestDeclined, **CHOSEN), {"anna": "request_declined"}),
    "declined to a manager": (
        request(feedback.FeedbackRequestDeclined, "mona", **CHOSEN),
        {"mona": "request_declined"},
    ),
    "withdrawn": (request(feedback.FeedbackRequestWithdrawn, **CHOSEN), {"ben": "request_withdrawn"}),
    "recognised": (recognised("anna"), {"anna": "recognition_given", "mona": "report_recognised"}),
    "recognised with one's manager": (
        recognised("anna", "mona"),
        {"anna": "recognition_given", "mona": "recognition_given", "cleo": "report_recognised"},
    ),
    "two of one team recognised by their manager": (
        recognised("anna", "ben", giver="mona"),
        {"anna": "recognition_given", "ben": "recognition_given"},
    ),
    "review opened": (review(reviews.ReviewOpened, **DUE), {"anna": "review_opened"}),
    "self-assessment submitted": (
        review(reviews.SelfAssessmentSubmitted),
        {"mona": "self_assessment_submitted"},
    ),
    "self-assessment without a reviewer": (
        review(reviews.SelfAssessmentSubmitted, None),
        {"hanna": "self_assessment_submitted", "hugo": "self_assessment_submitted"},
    ),
    "self-assessment waived without a reviewer": (
        review(reviews.SelfAssessmentWaived, None, by_person_id="hanna"),
        {"anna": "self_assessment_waived", "hugo": "assessment_due"},
    ),
    "self-assessment waived by HR": (
        review(reviews.SelfAssessmentWaived, by_person_id="hanna"),
        {"anna": "self_assessment_waived", "mona": "assessment_due"},
    ),
    "assessment reopened by the reviewer": (
        review(reviews.ManagerAssessmentReopened, by_person_id="mona"),
        {},
    ),
    "assessment reopened by HR": (
        review(reviews.ManagerAssessmentReopened, by_person_id="hanna"),
        {"mona": "assessment_reopened"},
    ),
    "reviewer changed": (
        review(reviews.ReviewerChanged, from_reviewer_id="olga"),
        {"mona": "reviewer_changed"},
    ),
    "reviewer gone": (
        review(reviews.ReviewerChanged, None, from_reviewer_id="olga"),
        {"hanna": "reviewer_missing", "hugo": "reviewer_missing"},
    ),
    "review shared": (review(reviews.ReviewShared, rating=4, scale_max=5), {"anna": "review_shared"}),
    "review acknowledged": (review(reviews.ReviewAcknowledged), {"mona": "review_acknowledged"}),
    "joined now": (joined(date(2026, 3, 9)), {"mona": "report_joined"}),
    "joins next month": (joined(date(2026, 4, 1)), {"mona": "report_joined"}),
    "joined years ago": (joined(date(2019, 4, 1)), {}),
    "joined at an unknown time": (joined(None), {}),
    "joined without a manager": (joined(date(2026, 3, 9), None), {}),
    "left": (people.PersonLeft(person_id="anna", left_on=date(2026, 3, 31)), {"mona": "report_left"}),
    "left long ago": (people.PersonLeft(person_id="anna", left_on=date(2025, 3, 31)), {}),
    "left nobody knows when": (people.PersonLeft(person_id="anna", left_on=None), {}),
    "left the top": (people.PersonLeft(person_id="cleo", left_on=date(2026, 3, 31)), {}),
    "moved": (moved("olga", "mona"), {"mona": "report_gained", "anna": "manager_changed"}),
    "moved to nobody": (moved("olga", None), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_exactly_the_right_people_are_told(case: str) -> None:
    event, expected = CASES[case]
    told = alerts_of(event, relatives=RELATIVES, at=AT)
    assert {alert.person_id: alert.kind for alert in told} == expected
    assert len(told) == len(expected)


def test_every_row_of_the_table_is_reached_by_a_case() -> None:
    reached = {(type(event), kind) for event, expected in CASES.values() for kind in expected.values()}
    assert reached == {(rule.event, rule.kind) for rule in RULES}


def test_every_event_of_the_suite_is_in_the_table_or_silent_with_a_reason() -> None:
    events = {kind for kind in OURS if issubclass(kind, Event)}
    assert set(announced()) | set(SILENT) == events
    assert not set(announced()) & set(SILENT)


def test_the_table_names_fields_that_its_events_have() -> None:
    for rule in RULES:
        fields = set(rule.event.model_fields)
        assert rule.tell.field in fields, rule
        assert {ACTORS.get(rule.event, rule.tell.field), *FACTS.get(rule.event, ())} <= fields, rule
        assert rule.category in CATEGORIES


def test_only_relatives_that_matter_must_be_known() -> None:
    assert whose_relatives(checked_in(), at=AT) == []
    assert whose_relatives(checked_in(confidence=0.1), at=AT) == [("manager in effect", "anna")]
    two = [("manager", "anna"), ("manager", "ben")]
    assert whose_relatives(recognised("anna", "ben", "anna"), at=AT) == two
    assert whose_relatives(review(reviews.SelfAssessmentSubmitted), at=AT) == []
    alone = review(reviews.SelfAssessmentSubmitted, None)
    assert whose_relatives(alone, at=AT) == [("HR partners", "anna")]


def test_a_notification_keeps_ids_and_what_its_words_need_and_no_rating() -> None:
    shared = facts_of(review(reviews.ReviewShared, rating=4, scale_max=5))
    assert shared == {"review_id": "r", "cycle_id": "c", "person_id": "anna", "reviewer_id": "mona"}
    assert facts_of(checked_in(confidence=0.25, blockers=("person",))) == {
        "goal_id": "g",
        "owner_id": "anna",
        "by_person_id": "anna",
        "confidence": 0.25,
        "blocker_kinds": ["person"],
    }
    assert facts_of(review(reviews.ReviewOpened, **DUE))["self_due_on"] == "2026-04-01"


def test_the_table_as_people_read_it_is_the_one_that_runs() -> None:
    text = f"# Who is told of what\n\nGenerated from `domain/rules.py` by its test.\n\n{describe()}"
    if os.environ.get("CAIRN_WRITE_TABLES"):
        TABLE.write_text(text)
    assert TABLE.read_text() == text, "run this test with CAIRN_WRITE_TABLES=1 and look at the change"
