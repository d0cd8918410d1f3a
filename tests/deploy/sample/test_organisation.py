"""The sample organisation is believable, repeatable and imports without a word."""

from collections import Counter
from datetime import date
from itertools import count
from zoneinfo import available_timezones

import pytest

from deploy.sample.organisation import AS_OF, organisation, write_csv
from services.people.domain.csv_import import Roster, plan_import

PEOPLE = organisation()
BY_NUMBER = {person.employee_number: person for person in PEOPLE}
SPANS = Counter(person.manager_employee_number for person in PEOPLE if person.manager_employee_number)


def test_there_are_250_people_and_nobody_twice():
    assert len(PEOPLE) == len(BY_NUMBER) == 250
    assert len({person.email for person in PEOPLE}) == 250
    assert len({(person.given_name, person.family_name) for person in PEOPLE}) == 250


def test_a_seed_always_makes_the_same_people_and_another_seed_others():
    assert organisation() == PEOPLE
    assert organisation(8) != PEOPLE


@pytest.mark.parametrize("seed", range(5))
def test_every_line_ends_at_the_one_chief_executive(seed):
    people = {person.employee_number: person for person in organisation(seed)}
    for person in people.values():
        steps = 0
        while person.manager_employee_number:
            person = people[person.manager_employee_number]  # noqa: PLW2901  walking up the line
            steps += 1
            assert steps < 8
        assert person.job_title == "Chief Executive Officer"


def test_managers_have_between_four_and_nine_reports_and_heads_a_few_more_at_most():
    for number, span in SPANS.items():
        manager = BY_NUMBER[number]
        assert (4 <= span <= 9) if manager.team else (2 <= span <= 12), manager


def test_levels_rise_with_the_line_and_the_chief_executive_has_the_highest():
    levels = Counter(person.job_level for person in PEOPLE)
    assert set(levels) == {"L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9"}
    assert levels["L9"] == 1
    assert levels["L3"] == max(levels.values())
    for person in PEOPLE:
        if person.manager_employee_number:
            assert person.job_level <= BY_NUMBER[person.manager_employee_number].job_level


def test_nobody_began_as_a_child_or_begins_tomorrow():
    for person in PEOPLE:
        assert person.joined_on < AS_OF
        assert (person.joined_on - person.date_of_birth).days > 20 * 365
        assert person.joined_on.weekday() == 0 or person.joined_on.day == 1


def test_addresses_are_plain_and_lead_nowhere():
    assert all(person.email.isascii() and person.email.endswith(".example") for person in PEOPLE)


def test_places_have_time_zones():
    assert {person.time_zone for person in PEOPLE} <= available_timezones()
    assert len({person.location for person in PEOPLE}) >= 5


def test_every_office_of_the_suite_can_be_filled():
    titles = {person.job_title for person in PEOPLE}
    assert {"Chief People Officer", "HR Partner", "Internal Auditor"} <= titles


@pytest.fixture
def plan(tmp_path):
    """The import of the file that the sample writes."""
    numbers = count()
    return plan_import(
        write_csv(tmp_path / "people.csv").read_bytes(),
        roster=Roster.of(),
        on=date(2026, 7, 1),
        mint=lambda prefix: f"{prefix}_{next(numbers)}",
    )


def test_the_file_imports_whole_and_without_a_problem(plan):
    assert plan.problems == ()
    assert plan.read == len(plan.rows) == 250


def test_the_imported_tree_is_the_tree_of_the_file(plan):
    by_id = {row.person_id: row.details["employee_number"] for row in plan.rows}
    managers = {by_id[row.person_id]: by_id.get(row.manager_id, "") for row in plan.rows}
    assert managers == {person.employee_number: person.manager_employee_number for person in PEOPLE}
    kinds = Counter(unit.kind for unit, _ in plan.units)
    assert kinds["company"] == 4
    assert kinds["team"] == len({person.team for person in PEOPLE if person.team})
