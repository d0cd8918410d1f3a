"""When people leave, come back or get another manager, no open request is left hanging."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.services.asker import rule_of
from tests.services.organisation import person_left

LEFT_AT = datetime(2026, 2, 1, 17, tzinfo=UTC)


async def ask(house: Any, *, by: str, about: str | None = None, of: str = "ben") -> str:
    body = {"asked_person_ids": [of], "about_person_id": about}
    answer = await house.as_(by).post("/feedback-requests", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["items"][0]["request_id"]


async def outcome(house: Any, request_id: str) -> tuple[str, str | None]:
    doc = await house.db["feedback_requests"].find_one({"_id": request_id})
    return doc["status"], doc["because"]


async def test_what_a_departed_person_was_asked_is_declined_for_them(house: Any) -> None:
    first = await ask(house, by="anna")
    second = await ask(house, by="peer")
    other = await ask(house, by="anna", of="peer")
    await house.let_go("ben", at=LEFT_AT, said={"event"})
    assert await outcome(house, first) == await outcome(house, second) == ("declined", "departed")
    assert await outcome(house, other) == ("open", None)
    seen = (await house.as_("anna").get(f"/feedback-requests/{first}")).json()
    assert (seen["because"], seen["reason"], seen["settled_at"]) == ("departed", "", "2026-02-01T17:00:00Z")
    events = await house.published(subject=first)
    assert (events[-1]["said"], events[-1]["because"]) == ("feedback_request_declined", "departed")


async def test_what_a_departed_person_asked_and_what_was_asked_about_them_is_withdrawn(house: Any) -> None:
    own = await ask(house, by="anna")
    about = await ask(house, by="manager", about="anna", of="peer")
    await house.let_go("anna", said={"event"})
    assert await outcome(house, own) == await outcome(house, about) == ("withdrawn", "departed")
    assert (await house.said(subject=about))[-1] == "feedback_request_withdrawn"


async def test_a_departure_told_twice_settles_once(house: Any) -> None:
    request_id = await ask(house, by="anna")
    record = house.record(person_left("ben"))
    jobs = [*await house.feed(record), *await house.feed(record)]
    assert [job.outcome for job in jobs] == ["applied", "duplicate"]
    assert await house.said(subject=request_id) == ["feedback_requested", "feedback_request_declined"]


async def test_settled_requests_stay_as_they_are(house: Any) -> None:
    request_id = await ask(house, by="anna")
    await house.as_("ben").post(f"/feedback-requests/{request_id}/declination", {"reason": "No time."})
    await house.let_go("ben", said={"event"})
    assert await outcome(house, request_id) == ("declined", "own_choice")


async def test_a_departed_person_is_not_asked_even_before_the_directory_copy_knows(house: Any) -> None:
    await house.let_go("ben", said={"event"})
    answer = await house.as_("anna").post("/feedback-requests", {"asked_person_ids": ["ben"]})
    assert (answer.status_code, rule_of(answer)) == (409, "person-has-left")
    await house.take_back("ben", said={"event"})
    await ask(house, by="anna")


async def test_a_request_and_a_departure_cannot_pass_each_other(house: Any) -> None:
    leavers = [f"leaver_{n}" for n in range(12)]
    for leaver in leavers:
        await house.hire(leaver, manager_id="manager", said={"state"})
    for leaver in leavers:
        body = {"asked_person_ids": [leaver]}
        asked = [house.as_(by).post("/feedback-requests", body) for by in ("anna", "ben", "peer")]
        *answers, _ = await asyncio.gather(*asked, house.let_go(leaver, said={"event"}))
        assert {answer.status_code for answer in answers} <= {201, 409}
    found = await house.db["feedback_requests"].distinct("status")
    assert set(found) <= {"declined"}


async def test_an_old_manager_asks_no_longer_and_the_person_themselves_still_does(house: Any) -> None:
    old = await ask(house, by="manager", about="anna", of="peer")
    own = await ask(house, by="anna", of="peer")
    other = await ask(house, by="manager", about="ben", of="peer")
    await house.move("anna", to="other_manager")
    assert await outcome(house, old) == ("withdrawn", "manager_changed")
    assert await outcome(house, own) == await outcome(house, other) == ("open", None)
