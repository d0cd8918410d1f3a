"""What a cycle may be: dates that follow each other, a population that names somebody."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from services.reviews.domain.cycle import Cycle, Period, Section, Terms
from shared.errors import Invalid
from shared.ids import CycleId, PersonId, UnitId
from shared.population import NamedPopulation

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)


def terms(**other: Any) -> Terms:
    good: dict[str, Any] = {
        "name": "First quarter",
        "period": Period(starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 31)),
        "self_due_on": date(2026, 4, 15),
        "manager_due_on": date(2026, 4, 30),
        "population": NamedPopulation(everyone=True),
    }
    return Terms.model_validate({**good, **other})


def test_ratings_go_to_five_by_default() -> None:
    assert terms().scale_max == 5


def test_period_holds_its_first_and_its_last_day() -> None:
    period = Period(starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 31))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [period.holds(day) for day in days] == [False, True, True, False]


def test_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValidationError, match="ends before it starts"):
        Period(starts_on=date(2026, 3, 31), ends_on=date(2026, 1, 1))


def test_manager_is_not_due_before_the_person() -> None:
    with pytest.raises(ValidationError, match="due before the self-assessment"):
        terms(manager_due_on=date(2026, 4, 14))


def test_sections_have_ids_of_their_own() -> None:
    twice = [Section(section_id="goals", title="A"), Section(section_id="goals", title="B")]
    with pytest.raises(ValidationError, match="same section_id"):
        terms(sections=twice)


@pytest.mark.parametrize(
    ("population", "reason"),
    [
        ({}, "names nobody"),
        ({"everyone": True, "person_ids": ["p"]}, "everyone includes"),
        ({"everyone": True, "job_levels": ["L3"]}, "everyone includes"),
    ],
)
def test_population_names_somebody_in_one_way(population: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        NamedPopulation.model_validate(population)


def test_population_of_units_and_people_is_kept() -> None:
    named = NamedPopulation(unit_ids=(UnitId("u"),), person_ids=(PersonId("p"),))
    assert terms(population=named).population == named


def test_launch_tells_dates_and_no_name() -> None:
    cycle, launched = Cycle.launch(terms(), cycle_id=CycleId("c"), by=PersonId("admin"), at=AT)
    assert launched.period_ends_on == cycle.period.ends_on == date(2026, 3, 31)
    assert launched.by_person_id == cycle.launched_by == "admin"
    assert "First quarter" not in launched.model_dump_json()
    assert cycle.state().name == "First quarter"


def test_cycle_that_is_due_on_the_day_of_its_launch_is_not_late() -> None:
    Cycle.launch(terms(self_due_on=AT.date()), cycle_id=CycleId("c"), by=None, at=AT)
    with pytest.raises(Invalid):
        Cycle.launch(terms(self_due_on=date(2026, 3, 31)), cycle_id=CycleId("c"), by=None, at=AT)
