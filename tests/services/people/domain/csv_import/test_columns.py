"""Columns are found by name or named by a mapping."""

import pytest

ROW = "\n1,Ann,Lee,a@x.example\n"


@pytest.mark.parametrize(
    "header",
    [
        "employee_number,first_name,last_name,email",
        "employeeNumber,firstName,lastName,email",
        "Employee Number,First Name,Last Name,E-Mail",
        "EMPLOYEE NO.,GIVEN NAME,SURNAME,MAIL",
        "Badge,Forename,Family name,Work Email",
        "Emp #,First,Last,Email Address",
        "ID, first  name ,Last-Name,eMail (work)",
    ],
)
def test_common_names_are_understood(plan, header):
    details = plan(header + ROW).rows[0].details
    assert details["employee_number"] == "1"
    assert (details["given_name"], details["family_name"]) == ("Ann", "Lee")
    assert details["email"] == "a@x.example"


def test_every_other_field_is_found_by_a_common_name(plan):
    made = plan(
        "id,full name,dept,squad,legal entity,designation,reports to,hire date,termination date,"
        "employment status,site,timezone,locale,sex,dob\n"
        "1,Ann Lee,Sales,Nordics,Tarn Ltd,Buyer,2,2024-05-02,2026-01-31,terminated,"
        "Bath,Europe/London,en_gb,F,1990-03-04\n"
        "2,Ben Ray,,,,,,,,,,,,,\n"
    )
    row = next(row for row in made.rows if row.details["employee_number"] == "1")
    assert row.details == {
        "employee_number": "1",
        "given_name": "Ann",
        "family_name": "Lee",
        "job_title": "Buyer",
        "location": "Bath",
        "time_zone": "Europe/London",
        "language": "en-GB",
        "joined_on": row.details["joined_on"],
    }
    assert str(row.details["joined_on"]) == "2024-05-02"
    assert (row.status, str(row.left_on)) == ("left", "2026-01-31")
    assert (row.attributes["gender"], str(row.attributes["date_of_birth"])) == ("female", "1990-03-04")
    assert [(unit.kind, unit.name) for unit, _ in made.units] == [
        ("company", "Tarn Ltd"),
        ("department", "Sales"),
        ("team", "Nordics"),
    ]
    assert row.manager_id == next(row.person_id for row in made.rows if row.details["employee_number"] == "2")


def test_a_level_is_a_code_that_may_be_missing_or_a_number_from_a_spreadsheet(plan):
    made = plan("id,name,Job Level\n1,Ann Lee, L3 \n2,Ben Ray,n/a\n3,Cy Roe,4.0\n")
    levels = {row.details["given_name"]: row.details["job_level"] for row in made.rows}
    assert levels == {"Ann": "L3", "Ben": None, "Cy": "4"}
    assert "job_level" not in plan("id,name\n1,Ann Lee\n").rows[0].details
    unnamed = plan("id,name,Pay Grade\n1,Ann Lee,E9\n")
    assert "job_level" not in unnamed.rows[0].details


def test_the_more_telling_of_two_names_wins_and_the_other_is_listed(plan):
    made = plan("id,name,role,job title\n1,Ann Lee,Intern,Buyer\n")
    assert made.rows[0].details["job_title"] == "Buyer"
    assert any("'role'" in problem.reason for problem in made.problems)


def test_a_mapping_beats_the_names(plan):
    made = plan("id,Kürzel,name,email\nA7,1,Ann Lee,a@x.example\n", employee_number="Kürzel")
    assert made.rows[0].details["employee_number"] == "1"


def test_a_mapping_finds_columns_in_any_case(plan):
    made = plan(
        "Nummer;Rufname;Zuname\n1;Ann;Lee\n", first_name="RUFNAME", family_name="zuname", number="nummer"
    )
    assert made.rows[0].details["family_name"] == "Lee"


def test_a_mapping_of_an_unknown_field_lists_the_fields(plan):
    made = plan("id,name\n1,Ann Lee\n", shoe_size="id")
    assert made.unusable
    assert "shoe_size" in made.problems[-1].reason
    assert "employee_number" in made.problems[-1].mend


def test_a_mapping_to_an_unknown_column_lists_the_columns(plan):
    made = plan("id,name\n1,Ann Lee\n", email="Mailbox")
    assert made.unusable
    assert "Mailbox" in made.problems[-1].reason
    assert "'id', 'name'" in made.problems[-1].mend


def test_a_file_without_names_is_refused_and_lists_its_columns(plan):
    made = plan("id,colour\n1,red\n")
    assert made.unusable
    assert "'colour'" in made.problems[-1].reason


def test_a_file_without_numbers_and_addresses_is_refused(plan):
    assert plan("name,location\nAnn Lee,Bath\n").unusable


def test_of_a_doubled_column_the_first_is_taken_and_the_doubling_reported(plan):
    made = plan("id,name,email,email\n1,Ann Lee,a@x.example,b@x.example\n")
    assert made.rows[0].details["email"] == "a@x.example"
    assert [
        (problem.column, problem.severity) for problem in made.problems if problem.severity == "warning"
    ] == [("email", "warning")]


def test_a_file_without_a_manager_column_says_so(plan):
    made = plan("id,name\n1,Ann Lee\n")
    assert any("managers" in problem.reason for problem in made.problems)
