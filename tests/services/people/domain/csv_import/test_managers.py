"""References to managers become people; circles are opened."""

import pytest

HEADER = "id,name,email,manager\n"


def managers(made):
    names = {row.person_id: row.details["given_name"] for row in made.rows}
    return {row.details["given_name"]: names.get(row.manager_id) for row in made.rows}


def told(made):
    return [(problem.line, problem.column, problem.severity) for problem in made.problems]


@pytest.mark.parametrize("written", ["E1", "e1 ", "ann@x.example", "ANN@x.example", "Ann Lee", "lee, ann"])
def test_a_manager_is_named_by_number_address_or_name(plan, written):
    made = plan(f'{HEADER}E2,Ben Ray,,"{written}"\nE1,Ann Lee,ann@x.example,\n')
    assert managers(made) == {"Ann": None, "Ben": "Ann"}
    assert made.problems == ()


def test_numbers_that_a_spreadsheet_made_fractions_are_found(plan):
    assert managers(plan(f"{HEADER}1,Ann Lee,,\n2,Ben Ray,,1.0\n"))["Ben"] == "Ann"


def test_managers_stand_before_those_who_report_to_them(plan):
    made = plan(f"{HEADER}3,Cy Fox,,2\n2,Ben Ray,,1\n1,Ann Lee,,\n4,Di Eno,,1\n")
    assert [row.details["given_name"] for row in made.rows] == ["Ann", "Ben", "Di", "Cy"]


def test_who_manages_themselves_is_imported_without_a_manager_and_reported(plan):
    made = plan(f"{HEADER}1,Ann Lee,,1\n")
    assert managers(made) == {"Ann": None}
    assert told(made) == [(2, "manager", "warning")]


def test_an_unknown_manager_is_reported(plan):
    made = plan(f"{HEADER}1,Ann Lee,,77\n")
    assert managers(made) == {"Ann": None}
    assert told(made) == [(2, "manager", "warning")]
    assert "'77'" in made.problems[0].reason


def test_a_name_that_two_people_have_is_no_reference(plan):
    made = plan(f"{HEADER}1,Ann Lee,,\n2,Ann Lee,,\n3,Ben Ray,,Ann Lee\n")
    assert managers(made)["Ben"] is None
    assert "2 people" in made.problems[0].reason


def test_a_manager_whose_row_was_refused_is_told_with_its_line(plan):
    made = plan("id,name,joined,manager\n1,Ann Lee,2024-02-30,\n2,Ben Ray,,1\n")
    assert managers(made) == {"Ben": None}
    assert "line 2" in made.problems[-1].reason


def test_every_member_of_a_circle_is_reported_and_those_below_keep_their_manager(plan):
    made = plan(f"{HEADER}1,Ann Lee,,3\n2,Ben Ray,,1\n3,Cy Fox,,2\n4,Di Eno,,3\n5,Ed Orr,,4\n")
    assert managers(made) == {"Ann": None, "Ben": None, "Cy": None, "Di": "Cy", "Ed": "Di"}
    assert told(made) == [(line, "manager", "warning") for line in (2, 3, 4)]


def test_a_manager_who_has_left_is_kept_and_noted(plan):
    made = plan("id,name,manager,active\n1,Ann Lee,,no\n2,Ben Ray,1,yes\n3,Cy Fox,1,no\n")
    assert managers(made)["Ben"] == "Ann"
    assert told(made) == [(3, "manager", "note")]


def test_a_manager_may_be_somebody_the_directory_knows(imported):
    roster, _, _ = imported(f"{HEADER}1,Ann Lee,ann@x.example,\n")
    roster, _, made = imported(f"{HEADER}2,Ben Ray,,ann@x.example\n3,Cy Fox,,1\n", roster=roster)
    assert {row.manager_id for row in made.rows} == {roster.by_number["1"]}


def test_a_circle_through_people_who_are_not_in_the_file_is_seen(imported):
    roster, _, _ = imported(f"{HEADER}1,Ann Lee,,\n2,Ben Ray,,1\n")
    _, events, made = imported(f"{HEADER}1,Ann Lee,,2\n", roster=roster)
    assert told(made) == [(2, "manager", "warning")]
    assert events == []


def test_an_unknown_manager_leaves_the_one_there_is(imported):
    roster, _, _ = imported(f"{HEADER}1,Ann Lee,,\n2,Ben Ray,,1\n")
    roster, events, made = imported(f"{HEADER}2,Ben Ray,,77\n", roster=roster)
    assert made.rows[0].manager_id == roster.by_number["1"]
    assert events == []
