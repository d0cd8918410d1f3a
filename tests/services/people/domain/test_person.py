"""Joining, moving, changing manager, correcting, leaving and coming back."""

from datetime import date

import pytest

from services.people.domain.locality import UnknownLanguage, UnknownTimeZone
from services.people.domain.person import (
    CircularLine,
    LeavesBeforeJoining,
    ManagesThemselves,
    NamelessPerson,
    Person,
)
from shared.contracts.people import (
    ManagerChanged,
    PersonDetailsChanged,
    PersonJoined,
    PersonLeft,
    PersonMoved,
    PersonRolesChanged,
    PersonState,
)
from shared.ids import PersonId, UnitId

ANN, BEN, CY = PersonId("person_ann"), PersonId("person_ben"), PersonId("person_cy")
SALES, OPERATIONS = UnitId("unit_sales"), UnitId("unit_operations")


def ann(**changes):
    person, _ = Person.join(
        ANN,
        unit_id=SALES,
        manager_id=BEN,
        given_name="Ann",
        family_name="Lee",
        email="ann@lee.example",
        employee_number="E1",
        joined_on=date(2024, 5, 2),
    )
    return person.model_copy(update=changes)


def test_a_person_who_joins_is_active_and_the_event_carries_no_name():
    person, joined = Person.join(
        ANN, unit_id=SALES, manager_id=BEN, given_name="Ann", joined_on=date(2024, 5, 2)
    )
    assert (person.status, person.unit_id, person.manager_id) == ("active", SALES, BEN)
    assert joined == PersonJoined(person_id=ANN, manager_id=BEN, unit_id=SALES, joined_on=date(2024, 5, 2))


def test_nobody_joins_without_a_name():
    with pytest.raises(NamelessPerson):
        Person.join(ANN, given_name=" ")


def test_nobody_joins_as_their_own_manager():
    with pytest.raises(ManagesThemselves):
        Person.join(ANN, given_name="Ann", manager_id=ANN)


def test_a_move_names_both_units():
    person, moved = ann().move(OPERATIONS)
    assert person.unit_id == OPERATIONS
    assert moved == PersonMoved(person_id=ANN, from_unit_id=SALES, to_unit_id=OPERATIONS)


def test_a_new_manager_is_told_with_the_old_one():
    person, changed = ann().report_to(CY)
    assert person.manager_id == CY
    assert changed == ManagerChanged(person_id=ANN, from_manager_id=BEN, to_manager_id=CY)


def test_nobody_reports_to_themselves():
    with pytest.raises(ManagesThemselves):
        ann().report_to(ANN)


def test_nobody_reports_to_somebody_below_them():
    with pytest.raises(CircularLine):
        ann().report_to(CY, line=[BEN, ANN])


def test_a_correction_keeps_what_it_does_not_name():
    person, corrected = ann().correct(job_title="Buyer")
    assert (person.job_title, person.email) == ("Buyer", "ann@lee.example")
    assert corrected == PersonDetailsChanged(person_id=ANN)


@pytest.mark.parametrize(
    ("details", "refusal"),
    [
        ({"given_name": "", "family_name": ""}, NamelessPerson),
        ({"time_zone": "Europe/Atlantis"}, UnknownTimeZone),
        ({"time_zone": "europe/berlin"}, UnknownTimeZone),
        ({"language": "English"}, UnknownLanguage),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(details, refusal):
    with pytest.raises(refusal):
        ann().correct(**details)


def test_who_leaves_keeps_their_place_and_their_leaving_date():
    person, left = ann().leave(date(2026, 1, 31))
    assert (person.status, person.left_on, person.manager_id) == ("left", date(2026, 1, 31), BEN)
    assert left == PersonLeft(person_id=ANN, left_on=date(2026, 1, 31))


def test_a_leaving_date_can_be_set_right():
    person, *_ = ann().leave(date(2026, 1, 31))
    person, left = person.leave(date(2026, 2, 28))
    assert left.left_on == person.left_on == date(2026, 2, 28)


def test_nobody_leaves_before_they_join():
    with pytest.raises(LeavesBeforeJoining):
        ann().leave(date(2024, 5, 1))


def test_who_comes_back_joins_again():
    person, *_ = ann().leave(date(2026, 1, 31))
    person, joined = person.rejoin(date(2026, 9, 1))
    assert (person.status, person.left_on, person.joined_on) == ("active", None, date(2026, 9, 1))
    assert joined == PersonJoined(person_id=ANN, manager_id=BEN, unit_id=SALES, joined_on=date(2026, 9, 1))


def test_what_changes_nothing_causes_no_event():
    person = ann()
    gone, *_ = person.leave(date(2026, 1, 31))
    assert person.move(SALES) == (person,)
    assert person.report_to(BEN) == (person,)
    assert person.correct(given_name="Ann", email="ann@lee.example") == (person,)
    assert person.rejoin(date(2026, 9, 1)) == (person,)
    assert gone.leave(date(2026, 1, 31)) == (gone,)


def test_the_state_shows_everything_but_what_other_systems_call_the_person():
    state = ann(external_id="scim-7").state()
    assert set(PersonState.model_fields) == set(Person.model_fields) - {
        "access_closed",
        "deprovisioned",
        "employee_number",
        "external_id",
        "version",
    }
    assert "E1" not in state.model_dump_json()
    assert "scim-7" not in state.model_dump_json()
    assert (state.given_name, state.time_zone, state.language) == ("Ann", "UTC", "en")


def test_a_person_survives_being_written_as_a_document_and_read_again():
    person = ann()
    assert Person.model_validate(person.model_dump(mode="json")) == person


def test_access_that_the_provider_closed_is_open_again_to_who_comes_back():
    gone, *_ = ann().leave(date(2026, 1, 31))
    closed = gone.close_access()
    assert (gone.access_closed, closed.access_closed) == (False, True)
    assert closed.leave(date(2026, 2, 28))[0].access_closed is True
    assert closed.rejoin(date(2026, 9, 1))[0].access_closed is False


def test_who_comes_back_is_a_user_of_the_identity_provider_again():
    gone, *_ = ann().leave(date(2026, 1, 31))
    hidden = gone.deprovision()
    assert hidden.deprovisioned is True
    assert hidden.correct(location="Bern")[0].deprovisioned is True
    back, _ = hidden.rejoin(date(2026, 9, 1))
    assert back.deprovisioned is False


def test_roles_are_those_that_groups_give_and_only_others_are_news():
    person, changed = ann().take_roles({"hr_admin", "auditor"})
    assert person.roles == person.state().roles == ("auditor", "hr_admin")
    assert changed == PersonRolesChanged(person_id=ANN)
    assert person.take_roles(["hr_admin", "auditor"]) == (person,)
    assert person.take_roles(())[0].roles == ()
