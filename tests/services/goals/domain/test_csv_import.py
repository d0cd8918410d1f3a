"""What a file of goals is read as, and what is told of the rest by line and column."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain import csv_import
from services.goals.domain.csv_import import COLUMNS, parents_first, plan, plan_goals, sample

HEAD = "import_id,title,starts_on,due_on,weight,key_result,type,unit,start,target\n"
GOAL = "a,Grow,2026-01-01,2026-03-31,20,Reach,increase,customers,0,10\n"


def read(text: str, encoding: str = "utf-8") -> csv_import.ImportPlan:
    return plan_goals(text.encode(encoding))


def told(text: str) -> list[tuple[int, str | None]]:
    return [(problem.line, problem.column) for problem in read(text).problems]


def test_the_sample_is_read_without_a_word() -> None:
    made = read(sample())
    assert made.problems == ()
    first, second, third = made.goals
    assert [part.title for part in first.wording.key_results] == [
        "Hours to the first answer",
        "Customers who are content",
    ]
    assert (first.wording.weight, first.wording.key_results[0].weight) == (50, 2)
    assert (first.wording.tags, first.wording.key_results[0].stretch) == (("service", "speed"), 2)
    assert (second.line, second.wording.kind, second.wording.visibility) == (4, "kpi", "everyone")
    assert [link.title for link in first.wording.links] == ["How others answer"]
    [planned] = first.initiatives
    assert (planned.planned_cost, planned.currency, first.initiative_lines) == (Decimal(800), "EUR", (2,))
    assert third.parent_import_id == "answer-times"
    [steps] = third.wording.key_results
    assert (steps.target, [each.weight for each in steps.milestones]) == (4, [1, 3])
    head = next(csv.reader(io.StringIO(sample())))
    assert head == list(COLUMNS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_are_read(encoding: str, end: str) -> None:
    [goal] = read((HEAD + GOAL.replace("Grow", "Größe")).replace("\n", end), encoding).goals
    assert goal.wording.title == "Größe"


def test_windows_text_is_read_with_a_word() -> None:
    made = plan_goals((HEAD + GOAL.replace("Grow", "Größe")).encode("cp1252"))
    assert made.goals[0].wording.title == "Größe"
    assert [problem.severity for problem in made.problems] == ["warning"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_found(delimiter: str) -> None:
    [goal] = read((HEAD + GOAL).replace(",", delimiter)).goals
    assert goal.wording.key_results[0].target == 10


def test_excel_in_europe_is_understood() -> None:
    text = "sep=;\n" + (HEAD + GOAL).replace(",", ";").replace(";0;10", ";0,5;99,25")
    [goal] = read(text).goals
    assert (goal.wording.key_results[0].start, goal.wording.key_results[0].target) == (0.5, 99.25)


@pytest.mark.parametrize(
    ("number", "delimiter", "word"),
    [
        ('"1,5"', ",", "comma"),
        ("1.234", ";", "two numbers"),
        ("1.234,5", ";", "no number"),
        ("ten", ",", "no number"),
        ("10 %", ",", "no number"),
        ("NaN", ",", "no number"),
        ("inf", ",", "no number"),
        ("1_000", ",", "no number"),
    ],
)
def test_a_number_that_is_none_or_two_is_told(number: str, delimiter: str, word: str) -> None:
    row = GOAL.replace(",", delimiter).replace(f"{delimiter}10\n", f"{delimiter}{number}\n")
    made = read(HEAD.replace(",", delimiter) + row)
    [problem] = made.problems
    assert (problem.line, problem.column, made.goals) == (2, "target", ())
    assert word in problem.reason
    assert problem.mend


@pytest.mark.parametrize("day", ["31.03.2026", "03/31/2026", "2026-3-31", "2026-02-30", "20260331", "46112"])
def test_only_iso_days_are_days(day: str) -> None:
    assert told(HEAD + GOAL.replace("2026-03-31", day)) == [(2, "due_on")]


def test_rows_of_a_key_make_one_goal_wherever_they_stand() -> None:
    other = GOAL.replace("a,Grow", "b,Shrink")
    more = "a,,,,,Keep,stay_above,%,,99.5\n"
    repeated = "a,Grow,2026-01-01,2026-03-31,20.0,Look,baseline,,,1\n"
    made = read(HEAD + GOAL + other + more + repeated)
    assert made.problems == ()
    assert [(goal.import_id, len(goal.wording.key_results)) for goal in made.goals] == [("a", 3), ("b", 1)]
    assert made.rows == 4


def test_a_row_without_a_key_belongs_to_the_row_above() -> None:
    made = read(HEAD + GOAL + ",,,,,Keep,stay_above,%,,99.5\n")
    assert [len(goal.wording.key_results) for goal in made.goals] == [2]
    assert told(HEAD + GOAL.replace("a,", ",", 1)) == [(2, "import_id")]


def test_rows_of_a_goal_that_say_two_things_keep_it_out() -> None:
    made = read(HEAD + GOAL + "a,Shrink,,,,Keep,stay_above,%,,99.5\n" + GOAL.replace("a,", "b,", 1))
    assert [(problem.line, problem.column) for problem in made.problems] == [(3, "title")]
    assert "Line 2" in made.problems[0].reason
    assert [goal.import_id for goal in made.goals] == ["b"]
    assert made.refused == 1


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [("Grow", "x" * 200_000, "131,072 characters"), ("Grow", '"Grow', "quotation mark")],
    ids=["too long for a cell", "open"],
)
def test_a_row_that_cannot_be_read_says_why(was: str, becomes: str, said: str) -> None:
    (problem,) = read(HEAD + GOAL.replace(was, becomes, 1)).problems
    assert (problem.line, problem.severity) == (2, "fatal")
    assert said in problem.reason


@pytest.mark.parametrize(
    ("was", "becomes", "where"),
    [
        ("Grow", "", (2, "title")),
        ("Grow", "x" * 201, (2, "title")),
        ("Grow", "a\x07b", (2, "title")),
        ("2026-01-01", "", (2, "starts_on")),
        ("2026-01-01", "1026-01-01", (2, "starts_on")),
        (",20,", ",120,", (2, "weight")),
        ("increase", "grow", (2, "type")),
        ("increase", "", (2, "type")),
        ("increase", "decrease", (2, "target")),
        ("increase,customers,0,10", "increase,customers,0,", (2, "target")),
        ("Reach", "", (2, "key_result")),
        ("Reach", "x" * 301, (2, "key_result")),
        ("a,Grow", "x" * 201 + ",Grow", (2, "import_id")),
    ],
)
def test_what_a_goal_cannot_say_is_told_where_it_is_said(
    was: str, becomes: str, where: tuple[int, str]
) -> None:
    made = read(HEAD + GOAL.replace(was, becomes) + GOAL.replace("a,", "b,", 1))
    assert [(problem.line, problem.column) for problem in made.problems] == [where]
    assert all(problem.mend and "Send" not in problem.mend for problem in made.problems)
    assert [goal.import_id for goal in made.goals] == ["b"]


def test_a_wrong_key_result_is_told_in_its_own_row() -> None:
    assert told(HEAD + GOAL + "a,,,,,Keep,stay_above,%,,\n") == [(3, "target")]


def test_words_are_taken_as_people_write_them_and_columns_too() -> None:
    text = HEAD.replace("starts_on", "Starts on").replace("key_result", "KEY RESULT") + GOAL
    [goal] = read(text.replace("increase", "Stay above")).goals
    assert goal.wording.key_results[0].type == "stay_above"
    assert goal.wording.starts_on == date(2026, 1, 1)


def test_a_column_that_goals_do_not_have_is_left_out_with_a_word() -> None:
    made = read(HEAD.replace("weight", "Wieght") + GOAL)
    assert [(problem.severity, problem.column) for problem in made.problems] == [("warning", "Wieght")]
    assert made.goals[0].wording.weight == 0


def test_what_an_export_defused_is_as_it_was() -> None:
    [goal] = read(HEAD + GOAL.replace("Grow", "'=Grow")).goals
    assert goal.wording.title == "=Grow"


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", HEAD, "a,b\n1,2\n", "import_id,title\na,b\n", HEAD + GOAL + 'b,"Grow,2026-01-01\n' + GOAL,
     HEAD.replace("title", "import id") + GOAL],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_told_in_one_problem(text: str) -> None:
    made = read(text)
    assert made.goals == ()
    assert made.unusable is not None
    assert made.unusable.mend


PARTS = "import_id,title,starts_on,due_on,key_result,type,unit_kind,unit,target,commit,stretch,"
PARTS += "milestone,milestone_weight,link,link_url,initiative,initiative_starts_on,initiative_due_on,"
PARTS += "initiative_cost,parent_id,parent_import_id,contribution\n"


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"milestone": "Alone"}, "milestone"),
        ({"key_result": "K", "type": "milestone", "unit_kind": "milestones"}, "milestone"),
        ({"key_result": "K", "type": "increase", "target": "5", "milestone": "M"}, "unit_kind"),
        ({"key_result": "K", "type": "increase", "unit_kind": "milestones", "milestone": "M"}, "type"),
        ({"key_result": "K", "type": "increase", "unit_kind": "money", "target": "5"}, "unit"),
        ({"key_result": "K", "type": "increase", "target": "5", "commit": "7"}, "commit"),
        ({"key_result": "K", "type": "increase", "target": "5", "stretch": "4"}, "stretch"),
        ({"key_result": "K", "type": "milestone", "unit_kind": "milestones", "milestone": "M",
          "milestone_weight": "0"}, "milestone_weight"),
        ({"link": "L"}, "link_url"),
        ({"link": "L", "link_url": "ftp://x"}, "link_url"),
        ({"initiative": "I", "initiative_due_on": "2026-02-01"}, "initiative_starts_on"),
        ({"initiative_cost": "5"}, "initiative"),
        ({"initiative": "I", "initiative_cost": "a lot"}, "initiative_cost"),
        ({"initiative": "I", "initiative_cost": "1e9999999999999999999"}, "initiative_cost"),
        ({"initiative": "I", "initiative_cost": "1e-9999999999999999999"}, "initiative_cost"),
        ({"key_result": "K", "type": "increase", "target": "1e9999999999999999999"}, "target"),
        ({"parent_id": "a", "parent_import_id": "b"}, "parent_import_id"),
        ({"parent_import_id": "b", "contribution": "0"}, "contribution"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_part_is_told_in_its_row_and_column(said: dict[str, str], where: str) -> None:
    head = PARTS.strip().split(",")
    goal = {"import_id": "a", "title": "T", "starts_on": "2026-01-01", "due_on": "2026-03-31"}
    file = io.StringIO()
    rows = csv.DictWriter(file, head, restval="")
    rows.writeheader()
    rows.writerows([{**goal, "import_id": "sound"}, goal, {"import_id": "a", **said}])
    made = read(file.getvalue())
    assert (4, where) in [(problem.line, problem.column) for problem in made.problems], made.problems
    assert {problem.line for problem in made.problems} == {4}
    assert all(problem.mend for problem in made.problems)
    assert [goal.import_id for goal in made.goals] == ["sound"]


def test_those_who_serve_stand_behind_what_they_serve_and_circles_last() -> None:
    served = {"a": "b", "b": "c", "c": "", "x": "y", "y": "x", "z": "elsewhere"}
    head = "import_id,title,starts_on,due_on,parent_import_id\n"
    made = read(head + "".join(f"{key},T,2026-01-01,2026-03-31,{of}\n" for key, of in served.items()))
    assert [goal.import_id for goal in parents_first(made.goals)] == ["c", "z", "b", "a", "x", "y"]


def test_a_file_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MOST_ROWS", 3)
    monkeypatch.setattr(plan, "MOST_GOALS", 2)
    rows = [GOAL.replace("a,", f"{name},", 1) for name in "abcd"]
    for text, word in ((HEAD + "".join(rows), "4 rows"), (HEAD + "".join(rows[:3]), "3 goals")):
        made = read(text)
        assert made.unusable is not None
        assert word in made.unusable.reason
    assert len(read(HEAD + "".join(rows[:2])).goals) == 2


@given(st.binary(max_size=300))
def test_no_bytes_break_it(content: bytes) -> None:
    plan_goals(content)
    plan_goals(HEAD.encode() + content)


@given(st.lists(st.lists(st.text(max_size=12), max_size=12), max_size=6))
def test_no_cells_break_it(rows: list[list[str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    plan_goals((HEAD + GOAL + file.getvalue()).encode("utf-8", "surrogatepass"))
