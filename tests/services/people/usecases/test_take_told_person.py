"""Systems of the enterprise tell of people on a topic, and the directory follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from shared.messaging.envelope import Record
from shared.messaging.parked import PARKED
from tests.services.people.house import House

TOPIC = "cairn.people.inbound"
ADA = {"employee_number": "E1", "given_name": "Ada", "family_name": "Top", "email": "Ada@Example.com"}


def told(value: Any, *, id_: str = "1", time: str = "", offset: int = 0, source: str = "urn:hcm") -> Record:
    said = {
        "ce_id": id_,
        "ce_source": source,
        "ce_specversion": "1.0",
        "ce_type": "cairn.people.person_snapshot.v1",
        **({"ce_time": time} if time else {}),
    }
    fields = tuple((name, text.encode()) for name, text in said.items())
    return Record(TOPIC, 0, offset, b"any", orjson.dumps(value), fields)


async def take(house: House, *records: Record) -> list[str]:
    [gate] = house.runtime.gates
    jobs = [gate.reader.read(record) for record in records]
    await house.work.execute(jobs, gate.plan_final)
    return [job.outcome for job in jobs]


async def person(house: House, number: str) -> dict[str, Any]:
    """As HR sees who has an employee number."""
    found = await house.admin.read("/people", limit=100)
    [one] = [each for each in found["items"] if each["employee_number"] == number]
    return one


async def why(house: House) -> list[str]:
    return [row["error"] for row in await house.db[PARKED].find().sort("_id", 1).to_list(None)]


async def test_somebody_joins_changes_and_leaves_as_it_is_told(house: House) -> None:
    assert await take(house, told({**ADA, "job_title": "Chief"})) == ["applied"]
    ada = await person(house, "E1")
    assert (ada["name"], ada["email"], ada["job_title"], ada["status"]) == (
        "Ada Top",
        "ada@example.com",
        "Chief",
        "active",
    )
    unit = await house.make_unit("Sales")
    changed = {"employee_number": "e1", "family_name": "Peak", "job_title": None, "unit_id": unit}
    assert await take(house, told(changed, id_="2")) == ["applied"]
    ada = await person(house, "E1")
    assert (ada["name"], ada["job_title"], ada["unit_id"]) == ("Ada Peak", None, unit)
    assert ada["email"] == "ada@example.com", "what is not named stays"
    left = {"employee_number": "E1", "status": "left", "left_on": "2026-03-01"}
    assert await take(house, told(left, id_="3")) == ["applied"]
    assert (await person(house, "E1"))["left_on"] == "2026-03-01"
    assert await house.said(ada["person_id"]) == [
        "person_joined",
        "person_moved",
        "person_details_changed",
        "person_left",
    ]
    assert "E1" not in str(await house.published()) + str(await house.published(topic="state"))


async def test_what_comes_again_or_late_changes_nothing(house: House) -> None:
    first = told({**ADA, "job_title": "One"}, id_="1", time="2026-01-01T00:00:00Z")
    second = told({**ADA, "job_title": "Two"}, id_="2", time="2026-01-02T00:00:00Z")
    late = told({**ADA, "job_title": "Late"}, id_="3", time="2026-01-01T12:00:00Z")
    assert await take(house, first, second) == ["applied"] * 2
    events = len(await house.published())
    assert await take(house, first, second, late) == ["applied"] * 3
    assert (await person(house, "E1"))["job_title"] == "Two"
    assert len(await house.published()) == events


async def test_what_is_late_is_told_in_the_log_and_what_comes_again_is_not(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    newer = told(ADA, id_="1", time="2026-01-02T00:00:00Z")
    late = told({**ADA, "job_title": "Late"}, id_="2", time="2026-01-01T00:00:00Z")
    await take(house, newer, newer)
    assert [each for each in caplog.records if "newer" in each.getMessage()] == []
    await take(house, late)
    [logged] = [each.getMessage() for each in caplog.records if "newer" in each.getMessage()]
    assert "urn:hcm" in logged
    assert "E1" not in logged


async def test_systems_need_not_agree_on_the_time(house: House) -> None:
    await take(house, told(ADA, id_="1", time="2026-01-02T00:00:00Z"))
    moved = told({"employee_number": "E1", "location": "Bern"}, time="2026-01-01T00:00:00Z", source="urn:b")
    await take(house, moved, told({**ADA, "job_title": "Late"}, id_="3", time="2026-01-01T12:00:00Z"))
    ada = await person(house, "E1")
    assert (ada["location"], ada["job_title"]) == ("Bern", None)


async def test_a_message_from_the_future_is_parked_and_freezes_nobody(house: House) -> None:
    def at(minutes: float) -> str:
        return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()

    assert await take(house, told({**ADA, "job_title": "Soon"}, id_="1", time=at(9))) == ["applied"]
    for id_, time in (("2", at(11)), ("3", "9999-12-31T23:59:59Z")):
        ahead = told({**ADA, "job_title": "Never"}, id_=id_, time=time, offset=int(id_))
        assert await take(house, ahead) == ["parked"]
    assert [each.startswith("told-ahead: ") for each in await why(house)] == [True, True]
    assert await take(house, told({**ADA, "job_title": "Now"}, id_="4", time=at(9.5))) == ["applied"]
    assert (await person(house, "E1"))["job_title"] == "Now"


async def test_a_manager_who_comes_later_is_followed_when_they_do(house: House) -> None:
    ben = {"employee_number": "E2", "given_name": "Ben", "manager_employee_number": "e1"}
    cid = {"employee_number": "E3", "given_name": "Cid", "manager_employee_number": "E1"}
    assert await take(house, told(ben), told(cid, id_="2")) == ["applied"] * 2
    assert (await person(house, "E2"))["manager_id"] is None
    assert await take(house, told({**cid, "manager_employee_number": None}, id_="3")) == ["applied"]
    assert await take(house, told(ADA, id_="4")) == ["applied"]
    ada = await person(house, "E1")
    assert (await person(house, "E2"))["manager_id"] == ada["person_id"]
    assert (await person(house, "E3"))["manager_id"] is None, "who waits for nobody any more"
    assert await take(house, told({**ben, "manager_employee_number": None}, id_="5")) == ["applied"]
    assert await take(house, told({**ADA, "job_title": "Chief"}, id_="6")) == ["applied"]
    assert (await person(house, "E2"))["manager_id"] is None


async def test_who_waits_makes_no_circle(house: House) -> None:
    ben = {"employee_number": "E2", "given_name": "Ben", "manager_employee_number": "E1"}
    await take(house, told(ben), told({**ADA, "manager_employee_number": "E2"}, id_="2"))
    ada, ben_ = await person(house, "E1"), await person(house, "E2")
    assert (ada["manager_id"], ben_["manager_id"]) == (ben_["person_id"], None)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"employee_number": "E9"}, "nameless-person: "),
        ({**ADA, "employee_number": "E9"}, "email-taken: "),
        ({"employee_number": "E9", "given_name": "Eve", "email": "nowhere"}, "invalid: email: "),
        ({"employee_number": "E9", "given_name": "Eve", "unit_id": "none"}, "unknown-unit: "),
        ({"employee_number": "E1", "manager_employee_number": "E1"}, "manages-themselves: "),
        (
            {"employee_number": "E9", "given_name": "E", "manager_employee_number": "e9"},
            "manages-themselves: ",
        ),
        ({"employee_number": "E1", "manager_employee_number": "E2"}, "circular-line: "),
        (
            {"employee_number": "E1", "joined_on": "2026-02-01", "status": "left", "left_on": "2026-01-01"},
            "leaves-",
        ),
        ({"employee_number": "E9", "given_name": "Eve", "time_zone": "Mars/One"}, "unknown-time-zone: "),
        ({"given_name": "Eve"}, "employee_number"),
        ({"employee_number": "E9", "given_name": "Eve", "status": "ill"}, "status"),
    ],
    ids=str,
)
async def test_what_cannot_be_taken_is_parked_with_the_reason(
    house: House, said: dict[str, Any], reason: str
) -> None:
    await take(house, told(ADA))
    await take(house, told({"employee_number": "E2", "given_name": "Ben", "manager_employee_number": "E1"}))
    before = await house.published()
    assert await take(house, told(said, id_="bad", offset=7)) == ["parked"]
    [error] = await why(house)
    assert reason in error
    assert await house.published() == before
    assert await take(house, told({**ADA, "job_title": "Chief"}, id_="good")) == ["applied"]
