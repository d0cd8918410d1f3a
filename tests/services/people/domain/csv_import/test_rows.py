"""What one row says, and what keeps it out."""

import sys
from datetime import date

import pytest

HEADER = "employee number,first name,last name,email,job title,status,left on,time zone,language\n"


def row(plan, cells, header=HEADER):
    made = plan(header + cells + "\n")
    told = [(problem.column, problem.severity) for problem in made.problems if problem.severity != "note"]
    return (made.rows[0] if made.rows else None), told


def test_a_row_without_a_name_is_kept_out(plan):
    assert row(plan, "1,,,a@x.example,,,,,") == (None, [("first name", "error")])


def test_a_row_without_number_and_address_is_kept_out(plan):
    assert row(plan, ",Ann,Lee,,,,,,") == (None, [("employee number", "error")])


def test_one_name_is_enough(plan):
    assert row(plan, "1,Sukarno,,,,,,,")[0].details["given_name"] == "Sukarno"


@pytest.mark.parametrize(
    "name", ["Null", "None", "Na", "O'Neil-Ünal", "=1+1", "+49", "-Ann", "@nn", "<b>Ann</b>"]
)
def test_a_name_is_kept_as_it_is(plan, name):
    found, told = row(plan, f"1,{name},Lee,a@x.example,,,,,")
    assert found.details["given_name"] == name
    assert told == []


@pytest.mark.parametrize(
    "address", ["ann", "ann@", "@x.example", "ann@lee", "a b@x.example", "Ann <a@x.example>"]
)
def test_what_is_no_address_is_left_out_of_a_row_that_has_a_number(plan, address):
    found, told = row(plan, f"1,Ann,Lee,{address},,,,,")
    assert "email" not in found.details
    assert told == [("email", "warning")]


def test_what_is_no_address_keeps_a_row_without_a_number_out(plan):
    assert row(plan, ",Ann,Lee,ann at home,,,,,") == (None, [("email", "error")])


def test_cells_are_tidied(plan):
    found, told = row(
        plan, " 12.0 ,\u00a0Zoe\u0308  Marie\u200b,\tLee , Zoe@X.Example ,,,,europe/berlin,PT_br"
    )
    assert found.details["employee_number"] == "12"
    assert (found.details["given_name"], found.details["family_name"]) == ("Zoë Marie", "Lee")
    assert found.details["email"] == "zoe@x.example"
    assert (found.details["time_zone"], found.details["language"]) == ("Europe/Berlin", "pt-BR")
    assert told == []


def test_unknown_zones_and_languages_are_left_out(plan):
    found, told = row(plan, "1,Ann,Lee,,,,,CEST+1,English")
    assert not {"time_zone", "language"} & set(found.details)
    assert told == [("time zone", "warning"), ("language", "warning")]


def test_a_cell_that_goes_on_and_on_keeps_its_row_out(plan):
    assert row(plan, f"1,Ann,Lee,,{'x' * 201},,,,") == (None, [("job title", "error")])


@pytest.mark.parametrize(
    ("written", "given", "family"),
    [
        ("Ann Lee", "Ann", "Lee"),
        ("Lee\\, Ann Marie", "Ann Marie", "Lee"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Jan van der Berg", "Jan", "van der Berg"),
        ("María del Carmen García", "María del Carmen", "García"),
        ("Pelé", "Pelé", ""),
    ],
)
def test_a_full_name_is_split(plan, written, given, family):
    details = plan(f"id;full name\n1;{written}\n".replace("\\", "")).rows[0].details
    assert (details["given_name"], details["family_name"]) == (given, family)


@pytest.mark.parametrize(
    ("status", "left_on", "says", "on", "told"),
    [
        ("active", "", "active", None, []),
        ("TRUE", "", "active", None, []),
        ("no", "", "left", None, []),
        ("Terminated", "2026-01-31", "left", date(2026, 1, 31), []),
        ("", "2026-01-31", "left", date(2026, 1, 31), []),
        ("", "", "active", None, []),
        ("", "2027-01-31", "active", None, []),
        ("active", "2026-01-31", "active", None, [("left on", "warning")]),
        ("purple", "", None, None, [("status", "warning")]),
        ("purple", "2026-01-31", "left", date(2026, 1, 31), [("status", "warning")]),
    ],
)
def test_status_and_leaving_date_say_together_who_works_here(plan, status, left_on, says, on, told):
    found, problems = row(plan, f"1,Ann,Lee,,,{status},{left_on},,")
    assert (found.status, found.left_on) == (says, on)
    assert problems == told


def test_a_file_without_status_says_nothing_of_it(plan):
    assert plan("id,name\n1,Ann Lee\n").rows[0].status is None


@pytest.mark.parametrize(
    "second", ["1,Ben,Ray,b@x.example", "e1,Ben,Ray,b@x.example", "2,Ben,Ray,A@X.example"]
)
def test_of_two_rows_with_one_number_or_address_the_first_wins(plan, second):
    made = plan(
        "employee number,first name,last name,email\n"
        f"E1,Ann,Lee,a@x.example\n1,Cy,Fox,c@x.example\n{second}\n"
    )
    assert [row.details["given_name"] for row in made.rows] == ["Ann", "Cy"]
    assert [(problem.line, problem.severity) for problem in made.problems if problem.severity == "error"] == [
        (4, "error")
    ]
    assert "line" in made.problems[-1].reason


def test_a_refused_row_takes_nobodys_number(plan):
    made = plan("id,first name\n1,\n1,Ann\n")
    assert [row.line for row in made.rows] == [3]


def test_every_problem_says_how_to_mend_it_and_stands_by_line(plan):
    made = plan(HEADER + "1,,,,,,,,\n2,Ann,Lee,nowhere,,purple,,Mars,Klingon\n2,Ben,Ray,,,,,,\n")
    assert made.read == 3
    assert [problem.line for problem in made.problems] == sorted(problem.line for problem in made.problems)
    assert all(problem.mend and problem.reason for problem in made.problems)


def large(people):
    head = "employee_number,first_name,last_name,email,department,company,manager_employee_number,joined_on\n"
    return head + "".join(
        f"E{n},Given{n},Family{n},p{n}@x.example,Dept {n % 40},Company {n % 3},"
        f"{f'E{(n - 1) // 7}' if n else ''},{1 + n % 28:02d}/{1 + n % 12:02d}/2020\n"
        for n in range(people)
    )


def calls_of(plan, people):
    """How many calls the interpreter makes to read a file of so many people."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    content = large(people).encode()
    sys.setprofile(count)
    try:
        made = plan(content)
    finally:
        sys.setprofile(None)
    assert (len(made.rows), made.problems) == (people, ())
    return calls


def test_work_for_each_row_does_not_grow_with_the_file(plan):
    assert calls_of(plan, 4_000) < 4.5 * calls_of(plan, 1_000)


def test_twenty_thousand_rows_are_read(plan):
    made = plan(large(20_000).encode())
    assert len(made.rows) == 20_000
    assert made.problems == ()
