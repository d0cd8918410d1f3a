"""The audit of each service is read by auditors alone, by who, about what, what was done and when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from shared.audit.rows import AUDIT, Origin, change_row, read_row
from shared.identity import Caller
from shared.ids import PersonId
from tests.architecture.test_personal_data import SERVICES
from tests.services.asker import Asker, rule_of
from tests.services.house import StaffedHouse

OTHERS = {
    "anna": (),
    "manager": (),
    "chief": ("executive",),
    "partner": ("hr_partner",),
    "admin": ("hr_admin",),
    "officer": ("privacy_officer",),
    "goals": ("service",),
}
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
async def house(request: pytest.FixtureRequest, open_house: Any) -> StaffedHouse:
    house = await open_house(request.param, StaffedHouse)
    await house.know_people()
    await house.db[AUDIT].delete_many({})
    return house


async def changed(house: StaffedHouse, person_id: str, *about: str, deed: str = "do", at: datetime) -> str:
    row = change_row(
        Caller(person_id, PersonId(person_id)),
        Origin(deed, "10.0.0.1"),
        about=about,
        events=["cairn.x.done.v1"],
        reasoned=True,
        correlation_id=f"story-{at:%d}",
    )
    return await kept(house, row, at)


async def was_read(house: StaffedHouse, person_id: str, *about: str, action: str, at: datetime) -> str:
    row = read_row(
        Caller(person_id, PersonId(person_id)),
        Origin("GET /goals/{goal_id}", "10.0.0.2"),
        action=action,
        about=about,
        asked={},
        correlation_id="",
    )
    return await kept(house, row, at)


async def kept(house: StaffedHouse, row: dict[str, Any], at: datetime) -> str:
    """As it would be if it had been done at that time."""
    id_ = ObjectId.from_datetime(at).binary[:4] + row["_id"].binary[4:]
    await house.db[AUDIT].insert_one({**row, "_id": ObjectId(id_), "at": at})
    return at.isoformat().replace("+00:00", "Z")


def auditor(house: StaffedHouse) -> Asker:
    return house.as_("auditor", "auditor")


async def ats(house: StaffedHouse, **asked: Any) -> list[str]:
    """When what is listed was done."""
    return [row["at"] for row in await auditor(house).listed("/audit", **asked)]


async def test_it_is_for_auditors_alone_and_its_reading_is_audited(house: StaffedHouse) -> None:
    await house.runtime.reads.flush()
    await house.db[AUDIT].delete_many({})
    for who, roles in OTHERS.items():
        answer = await house.as_(who, *roles).get("/audit")
        assert (answer.status_code, rule_of(answer)) == (403, "forbidden"), who
    assert (await house.client.get("/audit")).status_code == 401
    await auditor(house).read("/audit", person_id="anna", about_id="goals/g1")
    await house.runtime.reads.flush()
    [row] = await house.db[AUDIT].find().to_list(None)
    assert (row["kind"], row["by"], row["action"], row["deed"]) == (
        "read",
        "auditor",
        "read_audit",
        "GET /audit",
    )
    assert row["asked"] == {"person_id": "anna", "about_id": "goals/g1"}
    assert [str(grant) for grant in house.service.access.granted("read_audit")] == ["auditor"]


async def test_rows_are_found_by_person_object_action_and_time(house: StaffedHouse) -> None:
    first = await changed(house, "anna", "goals/g1", "goals/g2", deed="draft", at=MONDAY)
    second = await changed(house, "ben", "goals/g1", deed="close", at=MONDAY + DAY)
    third = await was_read(house, "anna", "goals/g2", action="read_grades", at=MONDAY + 2 * DAY)
    until = (MONDAY + 3 * DAY).isoformat()
    for asked, found in (
        ({}, [third, second, first]),
        ({"person_id": "anna"}, [third, first]),
        ({"about_id": "goals/g1"}, [second, first]),
        ({"about_id": "goals/g2", "person_id": "ben"}, []),
        ({"deed": "close"}, [second]),
        ({"action": "read_grades"}, [third]),
        ({"kind": "change"}, [second, first]),
        ({"since": second}, [third, second]),
        ({"until": second}, [first]),
        ({"since": (MONDAY + timedelta(seconds=1)).isoformat(), "until": third}, [second]),
        ({"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z", "kind": "read"}, [third]),
    ):
        assert await ats(house, **{"until": until, **asked}) == found, asked


async def test_pages_repeat_and_miss_nothing(house: StaffedHouse) -> None:
    said = [await changed(house, "anna", f"goals/g{n}", at=MONDAY + n * DAY) for n in range(5)]
    pages, cursor = list[list[str]](), None
    while True:
        asked = {"limit": 2, "until": (MONDAY + 9 * DAY).isoformat()} | ({"cursor": cursor} if cursor else {})
        page = await auditor(house).read("/audit", **asked)
        pages.append([row["at"] for row in page["items"]])
        if (cursor := page["next"]) is None:
            break
    assert pages == [[said[4], said[3]], [said[2], said[1]], [said[0]]]
    for wrong in ("nonsense", "WyItX2lkIiwiYSIsImEiXQ"):  # the second is of another list: ["-_id","a","a"]
        answer = await auditor(house).get("/audit", cursor=wrong)
        assert (answer.status_code, rule_of(answer)) == (400, "cursor-malformed")


async def test_a_row_says_what_is_kept_and_nothing_of_how(house: StaffedHouse) -> None:
    at = await changed(house, "anna", "goals/g1", deed="draft", at=MONDAY)
    await house.db[AUDIT].update_one({}, {"$set": {"sealed": True, "number": 7, "seal": "5ea1"}})
    later = await was_read(house, "ben", "goals/g1", action="read", at=MONDAY + DAY)
    read, change = await auditor(house).listed("/audit", about_id="goals/g1")
    assert change == {
        "kind": "change",
        "at": at,
        "by": "anna",
        "person_id": "anna",
        "roles": [],
        "deed": "draft",
        "about": ["goals/g1"],
        "more": 0,
        "events": ["cairn.x.done.v1"],
        "reasoned": True,
        "action": None,
        "asked": None,
        "address": "10.0.0.1",
        "correlation_id": "story-02",
        "number": 7,
        "seal": "5ea1",
    }
    assert (read["at"], read["action"], read["asked"], read["number"]) == (later, "read", {}, None)
