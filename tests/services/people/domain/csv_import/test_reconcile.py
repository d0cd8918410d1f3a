"""What importing a file changes in a directory that knows some of its people."""

from datetime import date

import pytest

from services.people.domain.csv_import import reconcile_demographics

HEADER = "id,name,email,department,manager,job title,joined,left on,active,gender\n"
FILE = (
    HEADER
    + "1,Ann Lee,ann@x.example,Sales,,Head,2020-01-01,,yes,f\n"
    + "2,Ben Ray,ben@x.example,Sales,1,Buyer,2021-01-01,,yes,m\n"
    + "3,Cy Fox,cy@x.example,Sales,2,Clerk,2022-01-01,2025-06-30,no,\n"
    + "4,Di Eno,,Sales,2,,,,no,x\n"
)


def kinds(events):
    return [type(event).__name__ for event in events]


def test_new_people_join_and_those_who_left_leave_again(imported):
    roster, events, _ = imported(FILE)
    assert kinds(events) == ["PersonJoined"] * 3 + ["PersonLeft", "PersonJoined", "PersonLeft"]
    assert roster.people[roster.by_number["3"]].left_on == date(2025, 6, 30)
    unknown = roster.people[roster.by_number["4"]]
    assert (unknown.status, unknown.left_on) == ("left", None)


def test_the_same_file_again_changes_nothing(imported):
    roster, _, _ = imported(FILE)
    after, events, made = imported(FILE, roster=roster, on=date(2026, 12, 24))
    assert events == []
    assert made.units == ()
    assert after.people == roster.people


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("ben@x.example,Sales", "ben@x.example,Buying", "PersonMoved"),
        ("Sales,1,Buyer", "Sales,,Buyer", "ManagerChanged"),
        ("1,Buyer", "1,Senior buyer", "PersonDetailsChanged"),
        ("2,Ben Ray", "2,Ben Ray-Lee", "PersonDetailsChanged"),
        ("ben@x.example", "ben.ray@x.example", "PersonDetailsChanged"),
        ("2021-01-01,,yes", "2021-01-01,2026-10-31,no", "PersonLeft"),
        ("2025-06-30,no", ",yes", "PersonJoined"),
        ("2025-06-30", "2025-07-31", "PersonLeft"),
    ],
)
def test_one_change_in_the_file_is_one_event(imported, old, new, kind):
    roster, _, _ = imported(FILE)
    assert old in FILE
    _, events, _ = imported(FILE.replace(old, new), roster=roster)
    assert kinds(events) == [kind]


def test_columns_that_a_file_does_not_have_stay_as_they_are(imported):
    roster, _, _ = imported(FILE)
    after, events, _ = imported("id,name\n1,Ann Lee\n3,Cy Fox\n", roster=roster)
    assert events == []
    assert after.people == roster.people


def test_an_emptied_cell_empties_the_detail(imported):
    roster, _, _ = imported(FILE)
    after, events, _ = imported(FILE.replace("1,Buyer", "1,"), roster=roster)
    assert after.people[after.by_number["2"]].job_title is None
    assert kinds(events) == ["PersonDetailsChanged"]


def test_what_cannot_be_read_leaves_what_is_known(imported):
    roster, _, _ = imported(FILE)
    broken = FILE.replace("ben@x.example", "ben at x").replace("2021-01-01", "01/02/2021")
    _, events, made = imported(broken, roster=roster)
    assert len(made.rows) == 4
    assert events == []


def test_people_who_are_not_in_the_file_stay(imported):
    roster, _, _ = imported(FILE)
    after, _, _ = imported(HEADER + "9,Eve Orr,,,,,,,,\n", roster=roster)
    assert len(after.people) == 5


def test_a_person_is_known_by_address_when_the_number_is_new(imported):
    roster, _, _ = imported("email,name\nann@x.example,Ann Lee\n")
    after, events, _ = imported("id,email,name\nE1,ANN@x.example,Ann Lee\n", roster=roster)
    assert len(after.people) == 1
    assert kinds(events) == ["PersonDetailsChanged"]
    _, events, made = imported("id,email,name\nE2,ann@x.example,Ann Lee\n", roster=after)
    assert kinds(events) == ["PersonDetailsChanged"]
    assert made.problems[-1].severity == "warning"


def test_somebody_elses_address_keeps_a_row_out(imported):
    roster, _, _ = imported(FILE)
    _, events, made = imported("id,name,email\n2,Ben Ray,ann@x.example\n", roster=roster)
    assert (made.rows, events) == ((), [])
    assert made.problems[-1].column == "email"


def test_an_address_may_pass_from_one_person_to_another_in_one_file(imported):
    roster, _, _ = imported(FILE)
    after, events, _ = imported(
        "id,name,email\n1,Ann Lee,ann2@x.example\n2,Ben Ray,ann@x.example\n9,Eve Orr,ben@x.example\n",
        roster=roster,
    )
    assert len(after.people) == 5
    assert sorted(kinds(events)) == ["PersonDetailsChanged", "PersonDetailsChanged", "PersonJoined"]


def test_a_later_joining_date_brings_somebody_back_where_the_file_has_no_status(imported):
    roster, _, _ = imported(FILE)
    after, events, _ = imported("id,name,joined\n3,Cy Fox,2026-03-01\n", roster=roster)
    assert kinds(events) == ["PersonJoined"]
    assert after.people[after.by_number["3"]].status == "active"


def test_leaving_before_the_known_joining_date_keeps_the_row_out(imported):
    roster, _, _ = imported(FILE)
    _, events, made = imported("id,name,left on\n2,Ben Ray,2020-06-30\n", roster=roster)
    assert (made.rows, events) == ((), [])


def test_demographics_are_kept_apart_and_only_when_there_are_some(plan):
    made = plan(FILE)
    kept = [reconcile_demographics(row, None) for row in sorted(made.rows, key=lambda row: row.line)]
    assert [each and each.gender for each in kept] == ["female", "male", None, "non-binary"]
    assert kept[2] is None
    assert reconcile_demographics(made.rows[0], kept[0]) == kept[0]
