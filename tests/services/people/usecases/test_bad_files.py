"""A page of files as people send them: what becomes of each, through the API."""

from pathlib import Path

import pytest

DIRECTORY = Path(__file__).parents[3] / "data" / "csv"

UNUSABLE = {
    "blank_lines_only": "The file is empty.",
    "empty": "The file is empty.",
    "excel_workbook": "Excel",
    "header_only": "no rows",
    "no_identifiers": "No column tells people apart",
    "no_names": "No column holds names",
    "pdf": "PDF",
    "unclosed_quote_in_header": "No column holds names",
    "web_page": "No column holds names",
}
ACCEPTED = {
    "address_that_is_none": (2, {(3, "email", "warning")}),
    "address_twice_in_another_case": (2, {(4, "email", "error")}),
    "blank_rows_and_trailing_commas": (2, set()),
    "born_tomorrow": (1, {(2, "date_of_birth", "error")}),
    "circle_of_managers": (5, {(line, "manager", "warning") for line in (3, 4, 5)}),
    "column_named_twice": (2, {(1, "email", "warning")}),
    "comma_not_quoted": (2, {(3, None, "error"), (4, "manager", "warning")}),
    "database_operators": (1, set()),
    "date_that_can_be_two": (2, {(3, "joined_on", "warning")}),
    "dates_settled_by_other_rows": (2, set()),
    "endless_cell": (1, {(3, "job_title", "error")}),
    "formulas": (1, set()),
    "invisible_characters": (1, set()),
    "leaves_before_joining": (1, {(2, "left_on", "error")}),
    "line_break_in_cell": (2, set()),
    "manager_by_ambiguous_name": (3, {(4, "manager", "warning")}),
    "manager_by_name_before_and_after": (3, set()),
    "manager_on_refused_row": (2, {(3, "joined_on", "error"), (4, "manager", "warning")}),
    "nameless_row": (1, {(3, "given_name", "error")}),
    "no_calendar_has_this_date": (1, {(3, "joined_on", "error")}),
    "nul_characters": (2, {(3, None, "warning")}),
    "number_twice": (2, {(4, "employee_number", "error")}),
    "numbers_from_a_spreadsheet": (3, set()),
    "old_mac_line_ends": (2, set()),
    "own_manager": (3, {(3, "manager", "warning")}),
    "plain": (3, set()),
    "row_without_identifier": (1, {(3, "employee_number", "error")}),
    "semicolons": (2, set()),
    "separator_line": (2, set()),
    "short_rows": (2, {(3, None, "warning")}),
    "tabs": (2, set()),
    "totals_row": (2, {(5, "given_name", "error")}),
    "unclosed_quote": (2, {(3, None, "error")}),
    "unknown_manager": (2, {(3, "manager", "warning")}),
    "unknown_words": (2, {(2, name, "warning") for name in ("time_zone", "language", "status")}),
    "utf16_little_endian": (2, set()),
    "utf16_without_mark": (2, set()),
    "utf8_with_mark": (2, set()),
    "windows_1252": (2, {(3, None, "warning")}),
}


def file(name: str) -> bytes:
    return (DIRECTORY / f"{name}.csv").read_bytes()


def test_every_file_of_the_page_is_expected_to_come_to_something():
    assert {path.stem for path in DIRECTORY.glob("*.csv")} == {*UNUSABLE, *ACCEPTED}


@pytest.mark.parametrize(("name", "why"), UNUSABLE.items())
async def test_unusable_file_is_refused_with_the_reason_and_leaves_nothing(house, name, why):
    answer = await house.admin.upload(file(name))
    assert answer.status_code == 422
    assert why in answer.json()["detail"]
    fatal = answer.json()["problems"][-1]
    assert (fatal["severity"], bool(fatal["mend"])) == ("fatal", True)
    assert await house.db["imports"].count_documents({}) == 0


@pytest.mark.parametrize(("name", "expected"), ACCEPTED.items())
async def test_good_rows_are_imported_and_bad_ones_told_by_line_and_column(house, name, expected):
    report = await house.imported(file(name))
    told = {(each["line"], each["column"], each["severity"]) for each in report["problems"]}
    told = {each for each in told if each[2] != "note"}
    assert (report["joined"], told) == expected
    assert all(each["reason"] and each["mend"] for each in report["problems"])
    assert len(await house.admin.listed("/people")) == report["joined"] == report["accepted"]
    again = await house.imported(file(name))
    assert (again["unchanged"], again["changed"], again["joined"]) == (report["joined"], 0, 0)


async def test_cells_are_text_and_nothing_else(house):
    await house.imported(file("database_operators"))
    [person] = await house.admin.listed("/people")
    assert (person["given_name"], person["family_name"]) == ("$where", "{$ne: 1}")
    assert person["employee_number"] == '{"$gt":""}'
    await house.imported(file("formulas"))
    assert '=HYPERLINK("http://evil.example") Top' in await house.admin.names()


@pytest.mark.parametrize(
    ("name", "called"),
    [("windows_1252", "Zoë Müller"), ("utf8_with_mark", "Zoë Łukasz"), ("nul_characters", "Ben Mid")],
)
async def test_names_arrive_as_they_were_meant(house, name, called):
    await house.imported(file(name))
    assert (await house.numbered("2"))["name"] == called
