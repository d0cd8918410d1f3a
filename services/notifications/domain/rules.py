"""Who is told of what: the one table.

A row reads: when this happened, tell them, in this category, in the words of this kind, if.  Two
things hold for every row: nobody is told of what they did themselves; and of the rows of one event
the first that names a person counts, so that nobody is told of it twice.  What has no row is told
to nobody and stands in `SILENT`.  Whether somebody still works here is asked by who writes the
notification.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from services.notifications.domain.categories import Category
from services.notifications.domain.who import (
    Condition,
    Relation,
    Relatives,
    Who,
    always,
    by_a_person,
    finally_graded,
    for_a_miss,
    given_anew,
    graded_by_owner,
    has_manager_now,
    hr_assesses,
    hr_partners_of,
    in_trouble,
    joined_lately,
    left_lately,
    manager_in_effect_of,
    manager_of,
    of_agreed,
    of_their_own_goal,
    person,
    planned_otherwise,
    recovered,
    shared_up,
    unasked,
)
from shared.contracts import feedback, goals, people, reviews
from shared.contracts.base import Event
from shared.contracts.feedback import (
    FeedbackGiven,
    FeedbackRequestAnswered,
    FeedbackRequestDeclined,
    FeedbackRequested,
    FeedbackRequestWithdrawn,
    RecognitionGiven,
)
from shared.contracts.goals import (
    GoalAgreed,
    GoalAmendmentDeclined,
    GoalAmendmentProposed,
    GoalAmendmentWithdrawn,
    GoalChanged,
    GoalChangesRequested,
    GoalCheckedIn,
    GoalClosed,
    GoalDeclined,
    GoalFellOverdue,
    GoalForecastTurned,
    GoalGraded,
    GoalNeglected,
    GoalProposalWithdrawn,
    GoalProposed,
    GoalWentSilent,
    MeasurementCorrected,
)
from shared.contracts.goals_initiatives import (
    InitiativeChanged,
    InitiativeClosed,
    InitiativeFollowed,
    InitiativeLeftAlone,
    InitiativePlanned,
    InitiativeProgressed,
    InitiativeTakenUp,
)
from shared.contracts.goals_periods import PeriodCorrected, PeriodOpened, PeriodTurned
from shared.contracts.goals_templates import GoalTemplateArchived, GoalTemplateWritten
from shared.contracts.people import ManagerChanged, PersonJoined, PersonLeft
from shared.contracts.reviews import (
    ManagerAssessmentReopened,
    ReviewAcknowledged,
    ReviewerChanged,
    ReviewOpened,
    ReviewShared,
    SelfAssessmentSubmitted,
    SelfAssessmentWaived,
)
from shared.ids import PersonId


class Rule(NamedTuple):
    """One row of the table."""

    event: type[Event]
    tell: Who
    category: Category
    kind: str
    when: Condition = always


RULES: Final[Sequence[Rule]] = (
    Rule(GoalProposed, person("to_person_id"), "goals", "goal_proposed"),
    Rule(GoalChangesRequested, person("to_person_id"), "goals", "goal_changes_requested"),
    Rule(GoalDeclined, person("to_person_id"), "goals", "goal_declined"),
    Rule(GoalDeclined, person("owner_id"), "goals", "goal_declined"),
    Rule(GoalProposalWithdrawn, person("to_person_id"), "goals", "proposal_withdrawn"),
    Rule(GoalAgreed, person("owner_id"), "goals", "goal_agreed"),
    Rule(GoalAgreed, manager_in_effect_of("owner_id"), "goals", "goal_agreed"),
    Rule(GoalCheckedIn, manager_in_effect_of("owner_id"), "goals", "goal_in_trouble", in_trouble),
    Rule(GoalAmendmentProposed, person("to_person_id"), "goals", "goal_change_proposed"),
    Rule(GoalAmendmentDeclined, person("to_person_id"), "goals", "goal_change_declined"),
    Rule(GoalAmendmentWithdrawn, person("to_person_id"), "goals", "goal_change_withdrawn"),
    Rule(GoalChanged, person("owner_id"), "goals", "goal_changed", of_agreed),
    Rule(GoalChanged, manager_in_effect_of("owner_id"), "goals", "goal_changed", of_agreed),
    Rule(GoalChanged, person("from_owner_id"), "goals", "goal_changed", of_agreed),
    Rule(GoalForecastTurned, person("owner_id"), "goals", "goal_heading_for_miss", for_a_miss),
    Rule(GoalForecastTurned, manager_in_effect_of("owner_id"), "goals", "goal_heading_for_miss", for_a_miss),
    Rule(GoalForecastTurned, person("owner_id"), "goals", "goal_recovered", recovered),
    Rule(GoalForecastTurned, manager_in_effect_of("owner_id"), "goals", "goal_recovered", recovered),
    Rule(GoalFellOverdue, person("owner_id"), "goals", "goal_overdue"),
    Rule(GoalFellOverdue, manager_in_effect_of("owner_id"), "goals", "goal_overdue"),
    Rule(GoalWentSilent, person("owner_id"), "goals", "goal_silent"),
    Rule(GoalNeglected, manager_in_effect_of("owner_id"), "goals", "goal_neglected"),
    Rule(MeasurementCorrected, person("owner_id"), "goals", "measurement_corrected", by_a_person),
    Rule(
        MeasurementCorrected, manager_in_effect_of("owner_id"), "goals", "measurement_corrected", by_a_person
    ),
    Rule(GoalGraded, person("owner_id"), "goals", "goal_graded", finally_graded),
    Rule(GoalGraded, manager_in_effect_of("owner_id"), "goals", "goal_graded", finally_graded),
    Rule(GoalGraded, manager_in_effect_of("owner_id"), "goals", "goal_self_graded", graded_by_owner),
    Rule(GoalClosed, person("owner_id"), "goals", "goal_closed"),
    Rule(GoalClosed, manager_in_effect_of("owner_id"), "goals", "goal_closed"),
    Rule(InitiativePlanned, person("owner_id"), "goals", "initiative_given"),
    Rule(InitiativeChanged, person("owner_id"), "goals", "initiative_given", given_anew),
    Rule(InitiativeChanged, person("from_owner_id"), "goals", "initiative_taken_on"),
    Rule(InitiativeChanged, person("owner_id"), "goals", "initiative_changed", planned_otherwise),
    Rule(InitiativeClosed, person("owner_id"), "goals", "initiative_closed"),
    Rule(InitiativeClosed, person("goal_owner_id"), "goals", "initiative_closed", by_a_person),
    Rule(InitiativeLeftAlone, person("goal_owner_id"), "goals", "initiative_left_alone"),
    Rule(
        InitiativeLeftAlone,
        manager_in_effect_of("goal_owner_id"),
        "goals",
        "initiative_left_alone",
        of_their_own_goal,
    ),
    Rule(FeedbackGiven, person("receiver_id"), "feedback", "feedback_given", unasked),
    Rule(
        FeedbackGiven,
        manager_of("receiver_id", unless="requester_id"),
        "feedback",
        "feedback_shared",
        shared_up,
    ),
    Rule(FeedbackRequested, person("asked_person_id"), "feedback", "feedback_requested"),
    Rule(FeedbackRequestAnswered, person("requester_id"), "feedback", "request_answered"),
    Rule(FeedbackRequestAnswered, person("about_person_id"), "feedback", "feedback_given"),
    Rule(FeedbackRequestDeclined, person("requester_id"), "feedback", "request_declined"),
    Rule(FeedbackRequestWithdrawn, person("asked_person_id"), "feedback", "request_withdrawn"),
    Rule(RecognitionGiven, person("receiver_ids"), "recognition", "recognition_given"),
    Rule(RecognitionGiven, manager_of("receiver_ids"), "recognition", "report_recognised"),
    Rule(ReviewOpened, person("person_id"), "reviews", "review_opened"),
    Rule(SelfAssessmentSubmitted, person("reviewer_id"), "reviews", "self_assessment_submitted"),
    Rule(
        SelfAssessmentSubmitted,
        hr_partners_of("person_id"),
        "reviews",
        "self_assessment_submitted",
        hr_assesses,
    ),
    Rule(SelfAssessmentWaived, person("person_id"), "reviews", "self_assessment_waived"),
    Rule(SelfAssessmentWaived, person("reviewer_id"), "reviews", "assessment_due"),
    Rule(SelfAssessmentWaived, hr_partners_of("person_id"), "reviews", "assessment_due", hr_assesses),
    Rule(ManagerAssessmentReopened, person("reviewer_id"), "reviews", "assessment_reopened"),
    Rule(ReviewerChanged, person("reviewer_id"), "reviews", "reviewer_changed"),
    Rule(ReviewerChanged, hr_partners_of("person_id"), "reviews", "reviewer_missing", hr_assesses),
    Rule(ReviewShared, person("person_id"), "reviews", "review_shared"),
    Rule(ReviewAcknowledged, person("reviewer_id"), "reviews", "review_acknowledged"),
    Rule(PersonJoined, person("manager_id"), "team", "report_joined", joined_lately),
    Rule(PersonLeft, manager_in_effect_of("person_id"), "team", "report_left", left_lately),
    Rule(ManagerChanged, person("to_manager_id"), "team", "report_gained"),
    Rule(ManagerChanged, person("person_id"), "team", "manager_changed", has_manager_now),
)

ACTORS: Final[Mapping[type[Event], str]] = {
    GoalProposed: "by_person_id",
    GoalChangesRequested: "by_person_id",
    GoalDeclined: "by_person_id",
    GoalProposalWithdrawn: "by_person_id",
    GoalAgreed: "by_person_id",
    GoalAmendmentProposed: "by_person_id",
    GoalAmendmentDeclined: "by_person_id",
    GoalAmendmentWithdrawn: "by_person_id",
    GoalChanged: "by_person_id",
    GoalCheckedIn: "by_person_id",
    GoalClosed: "by_person_id",
    GoalGraded: "by_person_id",
    MeasurementCorrected: "by_person_id",
    InitiativePlanned: "by_person_id",
    InitiativeChanged: "by_person_id",
    InitiativeClosed: "by_person_id",
    FeedbackGiven: "giver_id",
    FeedbackRequested: "requester_id",
    FeedbackRequestAnswered: "asked_person_id",
    FeedbackRequestDeclined: "asked_person_id",
    FeedbackRequestWithdrawn: "requester_id",
    RecognitionGiven: "giver_id",
    SelfAssessmentSubmitted: "person_id",
    SelfAssessmentWaived: "by_person_id",
    ManagerAssessmentReopened: "by_person_id",
    ReviewAcknowledged: "person_id",
}
"""The field of an event that names who did it, where one does."""

FACTS: Final[Mapping[type[Event], tuple[str, ...]]] = {
    GoalCheckedIn: ("confidence", "blocker_kinds"),
    GoalClosed: ("outcome",),
    GoalForecastTurned: ("predicted_progress", "due_on"),
    GoalFellOverdue: ("due_on", "progress"),
    GoalWentSilent: ("missed",),
    GoalNeglected: ("because",),
    InitiativePlanned: ("due_on",),
    InitiativeChanged: ("due_on",),
    InitiativeClosed: ("outcome",),
    FeedbackRequestDeclined: ("because",),
    FeedbackRequestWithdrawn: ("because",),
    RecognitionGiven: ("value",),
    ReviewOpened: ("self_due_on",),
    PersonJoined: ("joined_on",),
    PersonLeft: ("left_on",),
}
"""What the words of an event need besides its ids."""

SILENT: Final[Mapping[type[Event], str]] = {
    goals.GoalDrafted: "a draft is nobody else's business yet",
    goals.GoalAligned: "seen in the tree",
    goals.GoalPaceChanged: "a forecast that turns says it earlier, and once",
    PeriodOpened: "known to those who plan",
    PeriodCorrected: "seen where goals are planned",
    PeriodTurned: "seen where goals are planned",
    goals.KeyResultMeasured: "progress is followed, not announced",
    GoalTemplateWritten: "found in the library",
    GoalTemplateArchived: "found in the library no more",
    InitiativeProgressed: "progress is followed, not announced",
    InitiativeTakenUp: "who is back sees what is theirs to do",
    InitiativeFollowed: "what its goal became is told of the goal",
    feedback.FeedbackAcknowledged: "seen beside the feedback",
    feedback.FeedbackWithdrawn: "what was told of it is taken back with it",
    feedback.RecognitionAcknowledged: "seen beside the recognition",
    reviews.CycleLaunched: "each person hears when their own review opens",
    reviews.ManagerAssessmentSubmitted: "the person hears when it is shared",
    reviews.ReviewCancelled: "the person has left",
    people.PersonMoved: "known to those whom it concerns",
    people.PersonDetailsChanged: "no news",
    people.PersonErased: "nobody is to be told",
    people.PersonForgotten: "seen on the receipt",
    goals.PersonForgotten: "seen on the receipt",
    feedback.PersonForgotten: "seen on the receipt",
    reviews.PersonForgotten: "seen on the receipt",
    people.PersonRolesChanged: "they know it from where it was given",
    people.UnitCreated: "no news",
    people.UnitChanged: "no news",
}
"""Events that nobody is told of, and why."""


class Alert(NamedTuple):
    """Somebody is to be told something."""

    person_id: PersonId
    category: Category
    kind: str


def announced() -> Sequence[type[Event]]:
    """The events that somebody may be told of, in the order of the table."""
    return list(dict.fromkeys(rule.event for rule in RULES))


def whose_relatives(event: Event, *, at: datetime) -> Sequence[tuple[Relation, PersonId]]:
    """Whose managers and HR partners must be known before it is clear who is told."""
    tell = [rule.tell for rule in _applying(event, at)]
    asked: dict[tuple[Relation, PersonId], None] = {
        (who.relation, person_id): None for who in tell if who.relation for person_id in who.named(event)
    }
    return list(asked)


def actor_of(event: Event) -> PersonId | None:
    """Who did it, if the event says so."""
    field = ACTORS.get(type(event))
    return getattr(event, field) if field else None


def alerts_of(event: Event, *, relatives: Relatives, at: datetime) -> Sequence[Alert]:
    """Who is told of an event that happened at `at`, each person once and never who did it."""
    actor_id = actor_of(event)
    alerts: dict[PersonId, Alert] = {}
    for rule in _applying(event, at):
        for person_id in rule.tell.among(event, relatives):
            if person_id != actor_id:
                alerts.setdefault(person_id, Alert(person_id, rule.category, rule.kind))
    return list(alerts.values())


def facts_of(event: Event) -> dict[str, Any]:
    """What a notification keeps of its event: its ids, and what its words need; JSON."""
    wanted = {name for name in type(event).model_fields if name.endswith(("_id", "_ids"))}
    return event.model_dump(mode="json", include=wanted.union(FACTS.get(type(event), ())))


def describe() -> str:
    """The table in Markdown."""
    lines = ["| when | tell | category | kind | if |", "|---|---|---|---|---|"]
    for rule in RULES:
        only_if = (rule.when.__doc__ or "").splitlines()[0] if rule.when is not always else ""
        lines.append(f"| {_name(rule.event)} | {rule.tell} | {rule.category} | {rule.kind} | {only_if} |")
    lines += ["", "| nobody is told of | since |", "|---|---|"]
    lines += [f"| {_name(event)} | {why} |" for event, why in SILENT.items()]
    return "\n".join(lines) + "\n"


def _name(event: type[Event]) -> str:
    return f"{event.publisher}.{event.__name__}"


def _applying(event: Event, at: datetime) -> Iterable[Rule]:
    return (rule for rule in RULES if rule.event is type(event) and rule.when(event, at))
