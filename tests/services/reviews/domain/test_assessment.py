"""What one side writes: on the cycle's sections and scale, and not after it was handed in."""

from datetime import UTC, date, datetime

import pytest

from services.reviews.domain.assessment import (
    TEXT_MAX,
    Assessment,
    AssessmentIncomplete,
    AssessmentSubmitted,
    Side,
    Written,
)
from services.reviews.domain.cycle import Cycle, Period
from shared.errors import Invalid
from shared.ids import CycleId, PersonId, ReviewId
from shared.population import NamedPopulation

AT = datetime(2026, 4, 2, 9, tzinfo=UTC)
ANNA, REVIEW = PersonId("anna"), ReviewId("r")
CYCLE = Cycle(
    cycle_id=CycleId("c"),
    name="First quarter",
    period=Period(starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 31)),
    self_due_on=date(2026, 4, 15),
    manager_due_on=date(2026, 4, 30),
    population=NamedPopulation(everyone=True),
    launched_at=AT,
    launched_by=None,
)


def written(side: Side = "self", *, text: str = "It went well", rating: int | None = None) -> Assessment:
    said = Written(texts={"achievements": text}, rating=rating)
    return Assessment.blank(REVIEW, side).write(said, cycle=CYCLE, by=ANNA, at=AT)


def test_each_side_of_a_review_has_one_assessment() -> None:
    sides = [Assessment.blank(REVIEW, "self"), Assessment.blank(REVIEW, "manager")]
    assert len({each.assessment_id for each in sides}) == 2
    assert Assessment.blank(REVIEW, "self") == sides[0]


def test_a_draft_is_replaced_as_a_whole() -> None:
    again = written(rating=3).write(Written(texts={"strengths": "Calm"}), cycle=CYCLE, by=ANNA, at=AT)
    assert (again.texts, again.rating) == ({"strengths": "Calm"}, None)


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_rating_off_the_scale_is_refused(rating: int) -> None:
    with pytest.raises(Invalid, match="from 1 to 5"):
        written(rating=rating)


def test_section_that_the_cycle_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as refused:
        Assessment.blank(REVIEW, "self").write(Written(texts={"salary": "More"}), cycle=CYCLE, by=ANNA, at=AT)
    assert refused.value.facts["sections"] == ["salary"]


def test_endless_text_is_refused() -> None:
    with pytest.raises(Invalid, match=str(TEXT_MAX)):
        written(text="x" * (TEXT_MAX + 1))


def test_submitted_assessment_is_not_written_on_nor_submitted_again() -> None:
    done = written().submit(by=ANNA, at=AT)
    with pytest.raises(AssessmentSubmitted):
        done.write(Written(), cycle=CYCLE, by=ANNA, at=AT)
    with pytest.raises(AssessmentSubmitted):
        done.submit(by=ANNA, at=AT)


def test_reopened_assessment_is_a_draft_with_what_was_written() -> None:
    draft = written("manager", rating=4).submit(by=ANNA, at=AT).reopen()
    assert (draft.submitted_at, draft.rating, draft.texts) == (None, 4, {"achievements": "It went well"})


def test_self_assessment_says_something_and_may_go_without_a_rating() -> None:
    assert written().submit(by=ANNA, at=AT).submitted_at == AT
    with pytest.raises(AssessmentIncomplete) as refused:
        written(text="   ").submit(by=ANNA, at=AT)
    assert refused.value.facts["missing"] == ["texts"]


def test_managers_assessment_needs_a_rating_too() -> None:
    with pytest.raises(AssessmentIncomplete) as refused:
        Assessment.blank(REVIEW, "manager").submit(by=ANNA, at=AT)
    assert refused.value.facts["missing"] == ["texts", "rating"]
    assert written("manager", rating=1).submit(by=ANNA, at=AT).rating == 1
