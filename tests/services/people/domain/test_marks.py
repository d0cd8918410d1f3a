"""What another system has sent names a person by what it knows them by, and others by nothing of theirs."""

import orjson
import pytest

from services.people.domain.marks import Marks
from services.people.domain.person import Person
from shared.ids import PersonId

ANN = Person(
    person_id=PersonId("person_1"),
    given_name="Ann",
    family_name="Lee",
    employee_number="12",
    external_id="X9",
    email="ann@example.com",
)


@pytest.mark.parametrize(
    "said",
    [
        {"employee_number": "12"},
        {"employee_number": 12},
        {"employeeNumber": " 12 "},
        {"employee_number": "7", "manager_employee_number": "12"},
        {"external_id": "x9"},
        {"email": "Ann <Ann@Example.com>"},
        {"job_title": "Successor of Ann Lee"},
        {"specversion": "1.0", "id": "1", "data": {"employee_number": "12"}},
        {"specversion": "1.0", "id": "1", "subject": "12"},
        {"Ann Lee": {"left": True}},
        ["12"],
    ],
)
def test_who_is_named_is_found(said: object) -> None:
    assert Marks(ANN).are_in(orjson.dumps(said), b"any")


@pytest.mark.parametrize(
    "said",
    [
        {"employee_number": "3129", "joined_on": "2026-11-12", "job_level": "12", "unit_id": "12"},
        {"employee_number": "7", "email": "joann@example.com"},
        {"employee_number": "7", "job_title": "Joann Lee", "active": True},
        {"specversion": "1.0", "id": "12", "time": "2026-11-12T12:12:12Z", "data": {"employee_number": "7"}},
        None,
    ],
)
def test_what_is_told_of_others_is_left(said: object) -> None:
    assert not Marks(ANN).are_in(orjson.dumps(said), b"7", None)


def test_what_is_no_json_is_read_as_text_and_so_is_what_says_whom_it_is_about() -> None:
    marks = Marks(ANN)
    assert marks.are_in(b"number 12, \xff", b"any")
    assert marks.are_in(b"{ann@example.com", None)
    assert not marks.are_in(b"2026-11-12T12:12:12Z 3129", b"any")
    assert marks.are_in(None, b"any", b"12")
    assert not marks.are_in(None, b"any", b"112")


def test_who_is_known_by_nothing_is_in_nothing() -> None:
    nobody = Person(person_id=PersonId("person_2"), given_name="", family_name="")
    assert not Marks(nobody).are_in(b"{", b"")


def test_a_record_is_searched_however_deep_it_is_nested() -> None:
    assert Marks(ANN).are_in(b"[" * 1000 + b'"Ann Lee"' + b"]" * 1000, b"any")
    assert Marks(ANN).are_in(b"[" * 5000 + b'"Ann Lee"' + b"]" * 5000, b"any")
