"""Dates in many forms, and those that can be read two ways."""

from datetime import date

import pytest


def joined(plan, *written, header="joined"):
    made = plan(f"id;name;{header}\n" + "".join(f"{n};Ann Lee;{text}\n" for n, text in enumerate(written)))
    rows = sorted(made.rows, key=lambda row: row.line)
    return [row.details.get("joined_on", "unsaid") for row in rows], [
        problem for problem in made.problems if problem.severity in {"warning", "error"}
    ]


@pytest.mark.parametrize(
    "written",
    [
        "2024-05-22",
        "2024/05/22",
        "2024.5.22",
        "20240522",
        "2024-05-22T00:00:00Z",
        "2024-05-22 00:00:00.000",
        "22/05/2024",
        "05/22/2024",
        "5/22/2024 12:00:00 AM",
        "22.05.2024",
        "22.5.24",
        "22-05-2024",
        "22 May 2024",
        "22-May-24",
        "22nd May 2024",
        "May 22, 2024",
        "may 22 2024",
        "45434",
        "45434.0",
    ],
)
def test_many_forms_say_the_same_day(plan, written):
    assert joined(plan, written) == ([date(2024, 5, 22)], [])


@pytest.mark.parametrize(
    ("settling", "meant"), [("13/02/2024", date(2024, 4, 3)), ("02/13/2024", date(2024, 3, 4))]
)
def test_a_date_that_can_be_read_two_ways_takes_the_form_of_the_others(plan, settling, meant):
    days, problems = joined(plan, "03/04/2024", settling)
    assert days[0] == meant
    assert problems == []


def test_without_a_settling_row_the_date_is_left_out_and_the_row_imported(plan):
    days, problems = joined(plan, "03/04/2024", "2024-05-22", "05/05/2024")
    assert days == ["unsaid", date(2024, 5, 22), date(2024, 5, 5)]
    assert [(problem.line, problem.column, problem.severity) for problem in problems] == [
        (2, "joined", "warning")
    ]
    assert "2024-04-03 or 2024-03-04" in problems[0].reason


def test_contrary_rows_settle_nothing(plan):
    days, problems = joined(plan, "03/04/2024", "13/02/2024", "02/13/2024")
    assert days == ["unsaid", date(2024, 2, 13), date(2024, 2, 13)]
    assert [problem.line for problem in problems] == [2]


def test_rows_of_another_column_settle_nothing(plan):
    made = plan("id,name,joined,date of birth\n1,Ann Lee,03/04/2024,25/12/1990\n")
    assert "joined_on" not in made.rows[0].details
    assert made.rows[0].attributes["date_of_birth"] == date(1990, 12, 25)


def test_a_header_that_tells_its_form_settles_it(plan):
    assert joined(plan, "03/04/2024", header="Joined (dd/mm/yyyy)")[0] == [date(2024, 4, 3)]
    assert joined(plan, "03/04/2024", header="Joined [MM/DD/YYYY]")[0] == [date(2024, 3, 4)]


def test_dots_put_the_day_first(plan):
    assert joined(plan, "03.04.2024") == ([date(2024, 4, 3)], [])


@pytest.mark.parametrize(
    "written",
    ["2024-02-30", "31/04/2024", "2024-13-01", "32.01.2024", "1824-01-01", "soon", "30 Floreal 2024"],
)
def test_a_date_in_no_calendar_keeps_its_row_out(plan, written):
    days, problems = joined(plan, written)
    assert days == []
    assert [(problem.line, problem.column, problem.severity) for problem in problems] == [
        (2, "joined", "error")
    ]
    assert written in problems[0].reason
    assert "yyyy-mm-dd" in problems[0].mend


@pytest.mark.parametrize("written", ["", "-", "n/a", "NULL", "tbd", "0000-00-00"])
def test_words_for_nothing_are_no_dates_and_no_mistakes(plan, written):
    assert joined(plan, written) == ([None], [])


def test_two_digit_years_are_of_this_century_up_to_next_year(plan):
    assert joined(plan, "13/02/27")[0] == [date(2027, 2, 13)]
    assert joined(plan, "13/02/28")[0] == [date(1928, 2, 13)]


def test_a_date_of_birth_that_lies_ahead_keeps_its_row_out(plan):
    assert plan("id,name,dob\n1,Ann Lee,2030-01-01\n").rows == ()


def test_leaving_before_joining_keeps_the_row_out(plan):
    made = plan("id,name,joined,left\n1,Ann Lee,2024-05-02,2024-05-01\n")
    assert made.rows == ()
    assert made.problems[-1].column == "left"
