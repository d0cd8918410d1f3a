"""The life of a review: who goes first, when it goes on without them, and what nobody may do."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.reviews.domain.cycle import Cycle, Period
from services.reviews.domain.evidence import Evidence
from services.reviews.domain.review import (
    OwnReview,
    Review,
    ReviewNotInStage,
    SelfAssessmentOutstanding,
    review_id_of,
)
from shared.contracts import reviews as contract
from shared.contracts.reviews import ReviewStage
from shared.errors import Refusal
from shared.ids import CycleId, PersonId
from shared.population import NamedPopulation

AT = datetime(2026, 4, 2, 9, tzinfo=UTC)
LATE = datetime(2026, 4, 16, 0, 0, tzinfo=UTC)
ANNA, BOSS = PersonId("anna"), PersonId("boss")
PERIOD = Period(starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 31))
NOTHING = Evidence(period=PERIOD)
CYCLE = Cycle(
    cycle_id=CycleId("c"),
    name="First quarter",
    period=PERIOD,
    self_due_on=date(2026, 4, 15),
    manager_due_on=date(2026, 4, 30),
    population=NamedPopulation(everyone=True),
    launched_at=AT,
    launched_by=None,
)


def opened(reviewer_id: PersonId | None = BOSS) -> Review:
    return Review.open(CYCLE, person_id=ANNA, reviewer_id=reviewer_id, at=AT)[0]


def self_assessed() -> Review:
    return opened().submit_self_assessment(seen=NOTHING, at=AT)[0]


def assessed() -> Review:
    return self_assessed().submit_manager_assessment(seen=NOTHING, by=BOSS, at=AT)[0]


def shared() -> Review:
    return assessed().share(rating=4, seen=NOTHING, by=BOSS, at=AT)[0]


def acknowledged() -> Review:
    return shared().acknowledge(comment="", at=AT)[0]


def cancelled() -> Review:
    return opened().cancel("person_left", at=AT)[0]


STAGES: dict[ReviewStage, Callable[[], Review]] = {
    "self_assessment": opened,
    "manager_assessment": self_assessed,
    "ready_to_share": assessed,
    "shared": shared,
    "acknowledged": acknowledged,
    "cancelled": cancelled,
}
ACTIONS: dict[str, tuple[Callable[[Review], tuple[Review, Any]], dict[ReviewStage, ReviewStage]]] = {
    "self": (
        lambda review: review.submit_self_assessment(seen=NOTHING, at=LATE),
        {"self_assessment": "manager_assessment"},
    ),
    "waive": (
        lambda review: review.waive_self_assessment(seen=NOTHING, by=BOSS, at=LATE),
        {"self_assessment": "manager_assessment"},
    ),
    "manager": (
        lambda review: review.submit_manager_assessment(seen=NOTHING, by=BOSS, at=AT),
        {"manager_assessment": "ready_to_share"},
    ),
    "reopen": (
        lambda review: review.reopen_manager_assessment(by=BOSS),
        {"ready_to_share": "manager_assessment"},
    ),
    "share": (
        lambda review: review.share(rating=3, seen=NOTHING, by=BOSS, at=AT),
        {"ready_to_share": "shared"},
    ),
    "acknowledge": (lambda review: review.acknowledge(comment="", at=AT), {"shared": "acknowledged"}),
    "reroute": (
        lambda review: review.change_reviewer(PersonId("new")),
        {"self_assessment": "self_assessment", "manager_assessment": "manager_assessment"},
    ),
    "cancel": (
        lambda review: review.cancel("person_left", at=AT),
        dict.fromkeys(("self_assessment", "manager_assessment", "ready_to_share"), "cancelled"),
    ),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("action", ACTIONS)
def test_each_stage_allows_what_it_allows_and_nothing_else(action: str, stage: ReviewStage) -> None:
    act, leads = ACTIONS[action]
    review = STAGES[stage]()
    assert review.stage == stage
    if stage in leads:
        after, event = act(review)
        assert after.stage == leads[stage]
        assert (event.review_id, event.person_id) == (review.review_id, ANNA)
        assert event.reviewer_id == after.reviewer_id
    else:
        with pytest.raises(Refusal):
            act(review)


def test_a_cycle_has_one_review_of_a_person() -> None:
    assert opened().review_id == opened(None).review_id == review_id_of(CYCLE.cycle_id, ANNA)
    assert review_id_of(CycleId("c2"), ANNA) != opened().review_id


def test_person_has_until_the_end_of_the_due_date() -> None:
    with pytest.raises(SelfAssessmentOutstanding):
        opened().waive_self_assessment(seen=NOTHING, by=BOSS, at=LATE - timedelta(milliseconds=1))
    review, waived = opened().waive_self_assessment(seen=NOTHING, by=BOSS, at=LATE)
    assert (review.self_waived_by, review.self_waived_at, waived.by_person_id) == (BOSS, LATE, BOSS)


def test_manager_waits_for_the_person_or_a_waiver() -> None:
    with pytest.raises(SelfAssessmentOutstanding):
        opened().submit_manager_assessment(seen=NOTHING, by=BOSS, at=LATE)


def test_late_self_assessment_is_taken_until_the_manager_has_assessed() -> None:
    waived, _ = opened().waive_self_assessment(seen=NOTHING, by=BOSS, at=LATE)
    late, event = waived.submit_self_assessment(seen=NOTHING, at=LATE)
    assert (late.stage, late.self_submitted) == ("manager_assessment", True)
    assert isinstance(event, contract.SelfAssessmentSubmitted)
    done, _ = waived.submit_manager_assessment(seen=NOTHING, by=BOSS, at=LATE)
    with pytest.raises(ReviewNotInStage):
        done.submit_self_assessment(seen=NOTHING, at=LATE)


def test_review_knows_no_rating_until_it_is_shared() -> None:
    for before in (opened(), self_assessed(), assessed()):
        assert before.rating is None
        assert before.state().rating is None
    after, event = assessed().share(rating=2, seen=NOTHING, by=BOSS, at=AT)
    assert (after.state().rating, event.rating, event.scale_max) == (2, 2, 5)


def test_events_before_sharing_have_no_field_for_a_rating() -> None:
    early = [
        contract.ReviewOpened,
        contract.SelfAssessmentSubmitted,
        contract.SelfAssessmentWaived,
        contract.ManagerAssessmentSubmitted,
        contract.ManagerAssessmentReopened,
        contract.ReviewerChanged,
        contract.ReviewCancelled,
    ]
    assert not any("rating" in kind.model_fields for kind in early)


@pytest.mark.parametrize("action", ["waive", "manager", "reopen", "share"])
def test_nobody_assesses_themselves(action: str) -> None:
    acts: dict[str, Callable[[], Any]] = {
        "waive": lambda: opened().waive_self_assessment(seen=NOTHING, by=ANNA, at=LATE),
        "manager": lambda: self_assessed().submit_manager_assessment(seen=NOTHING, by=ANNA, at=AT),
        "reopen": lambda: assessed().reopen_manager_assessment(by=ANNA),
        "share": lambda: assessed().share(rating=5, seen=NOTHING, by=ANNA, at=AT),
    }
    with pytest.raises(OwnReview):
        acts[action]()


def test_assessment_is_hidden_from_the_person_until_it_is_shared() -> None:
    hidden = [stage for stage, make in STAGES.items() if make().hides_assessment_from(ANNA)]
    assert hidden == ["self_assessment", "manager_assessment", "ready_to_share", "cancelled"]
    assert not assessed().hides_assessment_from(BOSS)
    assert not assessed().hides_assessment_from(None)


def test_new_reviewer_is_told_with_the_old_one() -> None:
    review, changed = self_assessed().change_reviewer(None)
    assert (review.reviewer_id, changed.reviewer_id, changed.from_reviewer_id) == (None, None, BOSS)
