"""A file nobody here wrote, with its flaws."""

from pathlib import Path

import pytest

FILE = Path(__file__).parents[6] / "shared" / "data" / "organisation-126.csv"


@pytest.fixture
def content():
    """The file, which is not part of the project."""
    if not FILE.exists():
        pytest.skip("organisation-126.csv is not beside the project")
    return FILE.read_bytes()


def test_all_126_are_imported_and_the_one_self_manager_reported(imported, content):
    roster, events, made = imported(content)
    assert (made.read, len(made.rows), len(roster.people)) == (126, 126, 126)
    assert [(problem.line, problem.column) for problem in made.problems if problem.severity != "note"] == [
        (22, "manager_employee_number")
    ]
    assert [type(event).__name__ for event in events].count("PersonLeft") == 1
    top = [person.given_name for person in roster.people.values() if person.manager_id is None]
    assert sorted(top) == ["Adam", "Lucas"]


def test_three_companies_hold_six_kinds_of_department(imported, content):
    roster, _, _ = imported(content)
    units = list(roster.units.values())
    assert len({unit.name for unit in units if unit.kind == "company"}) == 3
    assert len({unit.name for unit in units if unit.kind == "department"}) == 6


def test_importing_it_again_changes_nothing(imported, content):
    roster, _, _ = imported(content)
    after, events, _ = imported(content, roster=roster)
    assert events == []
    assert after.people == roster.people
