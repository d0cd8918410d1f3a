"""Encodings, delimiters, quoting and line numbers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.people.domain.csv_import import Roster, plan_import

HEADER = "employee number,first name,last name,email,location\n"


def told(plan):
    return [(problem.line, problem.severity) for problem in plan.problems if problem.severity != "note"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_unicode_encoding_is_read_without_a_word(plan, encoding):
    made = plan((HEADER + "1,Zoë,Żółć,z@x.example,Łódź\n").encode(encoding))
    assert made.rows[0].details["family_name"] == "Żółć"
    assert told(made) == []


def test_windows_text_is_read_and_reported_where_it_begins(plan):
    made = plan((HEADER + "1,Ann,Lee,a@x.example,Bath\n2,Zoë,Günther,z@x.example,Köln\n").encode("cp1252"))
    assert made.rows[1].details["family_name"] == "Günther"
    assert told(made) == [(3, "warning")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(plan, delimiter):
    made = plan((HEADER + '1,Ann,Lee,a@x.example,"a,b;c|d"\n').replace(",", delimiter))
    assert len(made.rows) == 1


def test_a_delimiter_within_the_header_does_not_mislead(plan):
    made = plan("employee number;first name, or initials;last name;email\n1;A;Lee;a@x.example\n")
    assert made.rows[0].details["email"] == "a@x.example"


def test_the_line_with_which_excel_names_the_delimiter_is_skipped(plan):
    made = plan("sep=;\r\nid;name\r\n1;Ann Lee\r\n;\r\n2;\r\n")
    assert [row.line for row in made.rows] == [3]
    assert told(made) == [(5, "error")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_problems_name_the_physical_line_below_quoted_newlines(plan, end):
    text = HEADER + '1,Ann,Lee,a@x.example,"Bath\nUpper floor"\n\n2,,,b@x.example,Bath\n'
    made = plan(text.replace("\n", end))
    assert made.rows[0].details["location"] == "Bath Upper floor"
    assert told(made) == [(5, "error")]


def test_line_separators_inside_a_cell_are_not_line_ends(plan):
    made = plan(HEADER + "1,Ann\u2028Marie,Lee,a@x.example,\x0b\n2,,,b@x.example,\n")
    assert made.rows[0].details["given_name"] == "Ann Marie"
    assert told(made) == [(3, "error")]


def test_an_unclosed_quotation_mark_costs_one_row(plan):
    rows = [f"{n},Ann{n},Lee,a{n}@x.example,Bath" for n in range(1, 6)]
    rows[1] = rows[1].replace("Ann2", '"Ann2')
    made = plan(HEADER + "\n".join(rows) + "\n")
    assert [row.details["employee_number"] for row in made.rows] == ["1", "3", "4", "5"]
    assert told(made) == [(3, "error")]


def test_an_unclosed_quotation_mark_does_not_swallow_the_rows_up_to_the_next_one(plan):
    rows = [f"{n},Ann{n},Lee,a{n}@x.example,Bath" for n in range(1, 6)]
    rows[1] = rows[1].replace("Ann2", '"Ann2')
    rows[4] = '5,Ann5,Lee,a5@x.example,"Bath, Somerset"'
    made = plan(HEADER + "\n".join(rows) + "\n")
    assert [row.details["employee_number"] for row in made.rows] == ["1", "3", "4", "5"]
    assert told(made) == [(3, "error")]


def test_an_unclosed_quotation_mark_above_a_very_long_rest_costs_one_row(plan):
    rows = [f"{n},Ann{n},Lee,a{n}@x.example,Bath" for n in range(1, 6001)]
    rows[0] = rows[0].replace("Ann1", '"Ann1')
    made = plan(HEADER + "\n".join(rows) + "\n")
    assert len(made.rows) == 5999
    assert told(made) == [(2, "error")]


def test_nul_characters_are_left_out_and_reported(plan):
    made = plan(HEADER + "1,An\x00n,Lee,a@x.example,Bath\n")
    assert made.rows[0].details["given_name"] == "Ann"
    assert told(made) == [(2, "warning")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf",
        b" \r\n\r\n",
        b"\x00\x00",
        b"PK\x03\x04rest",
        b"\xd0\xcf\x11\xe0rest",
        b"%PDF-1.7",
        b"sep=,\n",
    ],
)
def test_a_file_without_a_table_is_refused_with_a_reason(plan, content):
    made = plan(content)
    assert made.unusable
    assert made.rows == ()
    assert made.problems[-1].mend


def test_a_header_without_rows_is_refused(plan):
    made = plan(HEADER + "\n,,,,\n")
    assert made.unusable
    assert "no rows" in made.problems[-1].reason


def test_an_unclosed_quotation_mark_in_the_header_is_refused(plan):
    assert plan('id,"name\n1,Ann Lee\n').unusable


def test_a_row_with_too_many_cells_is_refused_and_blank_ones_do_not_count(plan):
    made = plan(HEADER + "1,Ann,Lee,a@x.example,Bath, Somerset\n2,Ben,Lee,b@x.example,Bath,,\n")
    assert [row.details["employee_number"] for row in made.rows] == ["2"]
    assert told(made) == [(2, "error")]


def test_a_short_row_is_imported_and_says_nothing_of_the_missing_cells(plan):
    made = plan(HEADER + "1,Ann,Lee,a@x.example\n")
    assert "location" not in made.rows[0].details
    assert told(made) == [(2, "warning")]


@given(st.binary(max_size=400))
def test_no_bytes_make_the_import_fall_over(content):
    plan_import(content, roster=Roster.of(), on=date(2026, 1, 1), mint=str)


@given(st.text(alphabet='ab,;"\n\r\t\x00@.=1/ é', max_size=200))
def test_no_rows_make_the_import_fall_over(rows):
    made = plan_import(HEADER + rows, roster=Roster.of(), on=date(2026, 1, 1), mint=str)
    assert len(made.rows) <= made.read
