"""Erasure: who has left goes for good, and a receipt tells how far every service is."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.people.held import HELD
from services.people.usecases.log_erasures import ErasureLog
from shared.contracts import catalogue
from shared.contracts.erasure import Forgotten
from shared.erasure import erasure_id_of
from shared.ids import PersonId
from shared.messaging.parked import PARKED
from tests.services.asker import Asker, rule_of
from tests.services.people.house import House
from tests.services.people.usecases.test_take_told_person import take, told

CANARY = "canary-4711"
ASKED = {"ground": "consent_withdrawn", "case": "DP-2026/17"}
SAYS = {kind.publisher: kind for kind in catalogue.all_messages() if issubclass(kind, Forgotten)}


@pytest.fixture
def officer(house: House) -> Asker:
    return house.as_("officer", "privacy_officer")


async def gone(house: House) -> str:
    """Somebody who has left, and of whom there is something in every corner of the directory."""
    person_id = await house.hire(
        f"Ann {CANARY}", employee_number="E1", email=f"{CANARY}@example.com", external_id=CANARY
    )
    await house.admin.send("PUT", f"/people/{person_id}/demographics", {"gender": CANARY})
    assert await take(house, told({"employee_number": "E1", "job_title": CANARY}, id_="1")) == ["applied"]
    refused = {"employee_number": "E1", "external_id": CANARY, "unit_id": "nowhere", "job_title": CANARY}
    assert await take(house, told(refused, id_="2", offset=7)) == ["parked"]
    await house.imported(f"employee_number,given_name,email\nE9,Bob,{CANARY}@example.com\n")
    await house.admin.does(f"/people/{person_id}/departure", {"left_on": "2026-01-31"})
    await house.settle()
    return person_id


async def tell(house: House, service: str, person_id: str, *, checked: bool, parked: int = 0) -> None:
    said: Any = SAYS[service](
        erasure_id=erasure_id_of(PersonId(person_id)),
        person_id=PersonId(person_id),
        removed=3,
        parked=parked,
        checked=checked,
    )
    await house.publish(said)


async def test_nothing_of_who_is_erased_is_left_but_a_receipt(house: House, officer: Asker) -> None:
    person_id = await gone(house)
    receipt = await officer.does(f"/people/{person_id}/erasure", ASKED)
    assert (receipt["standing"], receipt["ground"], receipt["case"]) == ("erasing", *ASKED.values())
    await house.settle()
    await house.forget()
    # A row of the outbox goes when its days are over: the receipt says when.
    left = {name: await house.text_of(name) for name in await house.db.list_collection_names()}
    assert [name for name, text in left.items() if CANARY in text and name != "outbox"] == []
    assert (await house.admin.get(f"/people/{person_id}")).status_code == 404
    assert (await house.said(person_id))[-2:] == ["person_left", "person_erased"]
    assert "gone" in await house.state(person_id)
    [number] = [each for each in HELD if each.what == "identifier"]
    assert await number.found(house.db, PersonId(person_id)) == []
    joined = await house.hire("New One", employee_number="E1", email=f"{CANARY}@example.com")
    assert joined != person_id


async def test_what_is_told_of_others_and_was_put_aside_stays(house: House, officer: Asker) -> None:
    person_id = await house.hire("Ann Lee", employee_number="12")
    said = [
        {"employee_number": "3129", "unit_id": "nowhere"},
        {"employee_number": "12", "unit_id": "nowhere"},
    ]
    records = [told(each, id_=str(n), offset=n) for n, each in enumerate(said)]
    assert await take(house, *records) == ["parked"] * 2
    await house.admin.does(f"/people/{person_id}/departure", {"left_on": "2026-01-31"})
    await officer.does(f"/people/{person_id}/erasure", ASKED)
    [left] = await house.db[PARKED].find().to_list(None)
    assert json.loads(left["value"]) == said[0]


async def test_who_works_here_or_is_held_or_named_as_manager_stays(house: House, officer: Asker) -> None:
    boss, anna = await house.hire("Bo Ss"), await house.hire("Anna Lee")
    await house.admin.send("PATCH", f"/people/{anna}", {"manager_id": boss})
    path = f"/people/{boss}/erasure"
    assert rule_of(await officer.post(path, ASKED)) == "still-works-here"
    await house.admin.does(f"/people/{boss}/departure", {"left_on": "2026-01-31"})
    assert (await officer.post(path, ASKED)).json()["reports"] == 1
    await house.admin.send("PATCH", f"/people/{anna}", {"manager_id": None})
    held = await officer.send("PUT", f"/people/{boss}/legal-hold", {"case": "C-1"})
    assert held.status_code == 200
    assert (await officer.read(f"/people/{boss}/legal-hold"))["case"] == "C-1"
    assert rule_of(await officer.post(path, ASKED)) == "under-legal-hold"
    assert (await officer.send("DELETE", f"/people/{boss}/legal-hold")).status_code == 204
    assert (await officer.send("DELETE", f"/people/{boss}/legal-hold")).status_code == 404
    await officer.does(path, ASKED)


async def test_the_receipt_is_closed_when_every_service_has_looked_again(
    house: House, officer: Asker
) -> None:
    person_id = await gone(house)
    path = f"/people/{person_id}/erasure"
    await officer.does(path, ASKED)
    await house.settle()
    for service in SAYS:
        await tell(house, service, person_id, checked=False)
    receipt = await officer.read(path)
    assert receipt["standing"] == "erasing"
    assert all(each["swept_at"] and not each["checked_at"] for each in receipt["services"])
    for service in SAYS:
        await tell(house, service, person_id, checked=service != "goals", parked=int(service == "goals"))
    assert (await officer.read(path))["standing"] == "erasing"
    await tell(house, "goals", person_id, checked=True)
    receipt = await officer.read(path)
    assert (receipt["standing"], {each["removed"] for each in receipt["services"]}) == ("erased", {3})
    later = officer.at(datetime.fromisoformat(receipt["gone_by"]))
    assert (await later.read(path))["standing"] == "finished"
    assert [each["person_id"] for each in await officer.listed("/erasures")] == [person_id]


async def test_asked_twice_it_is_one_erasure(house: House, officer: Asker) -> None:
    person_id = await gone(house)
    first = await officer.does(f"/people/{person_id}/erasure", ASKED)
    again = await officer.does(f"/people/{person_id}/erasure", {**ASKED, "case": "other"})
    assert again == first
    assert (await officer.post("/people/nobody/erasure", ASKED)).status_code == 404


async def test_only_the_privacy_officer_erases_and_no_text_gets_into_a_receipt(
    house: House, officer: Asker
) -> None:
    person_id = await gone(house)
    path = f"/people/{person_id}/erasure"
    for asker in (house.admin, house.as_("somebody"), house.as_("partner", "hr_partner")):
        assert (await asker.post(path, ASKED)).status_code in {403, 404}
    for wrong in ({"ground": "dislike"}, {"case": "Ann is gone"}, {"case": ""}, {"reason": "Ann asked"}):
        assert (await officer.post(path, {**ASKED, **wrong})).status_code == 422


async def test_what_a_restore_brings_back_is_erased_again(house: House, officer: Asker) -> None:
    person_id, other = await gone(house), await house.hire("Ben Back")
    path, again = f"/people/{person_id}/erasure", {**ASKED, "again": True}
    assert rule_of(await officer.post(path, again)) == "never-restored"
    kept = {name: await house.db[name].find({}).to_list(None) for name in ("people", "identifiers")}
    await officer.does(path, ASKED)
    await house.settle()
    await house.forget()
    for name, docs in kept.items():  # the backup was made before
        await house.db[name].delete_many({})
        await house.db[name].insert_many(docs)
    await house.db["people"].update_one({"_id": person_id}, {"$set": {"status": "active"}})
    await officer.does(path, again)
    assert (await house.admin.get(f"/people/{person_id}")).status_code == 404
    nulls = await house.published(subject=person_id, topic="state")
    assert ["gone" in state for state in nulls][-2:] == [True, True]
    house.work.epoch = 1
    try:
        await officer.does("/people/person_whom_the_backup_lacks/erasure", again)
        await officer.does(f"/people/{other}/erasure", again)
    finally:
        house.work.epoch = 0


async def test_an_erasure_stands_in_the_log_before_its_receipt_says_so(
    house: House, officer: Asker, tmp_path: Path
) -> None:
    person_id = await gone(house)
    await officer.does(f"/people/{person_id}/erasure", ASKED)
    log = ErasureLog(house.work, tmp_path / "erasures.log")
    assert (await officer.read(f"/people/{person_id}/erasure"))["logged"] is False
    assert await log.turn() is False
    assert await log.turn() is False
    [line] = (tmp_path / "erasures.log").read_text().splitlines()
    assert {**json.loads(line), "asked_at": ""} == {"person_id": person_id, **ASKED, "asked_at": ""}
    assert (await officer.read(f"/people/{person_id}/erasure"))["logged"] is True


async def test_what_comes_late_is_forgotten_at_the_second_look(house: House, officer: Asker) -> None:
    person_id = await gone(house)
    await officer.does(f"/people/{person_id}/erasure", ASKED)
    await house.settle()
    await house.forget()
    late = {"_id": f"told_of_{person_id}", "version": 1, "person_id": person_id, "ids": [], "newest": None}
    await house.db["told_people"].insert_one({**late, "manager_key": CANARY})
    await house.forget(later=True)
    said = [each for each in await house.published(topic="erasures") if each["person_id"] == person_id]
    assert [(each["removed"], each["checked"]) for each in said] == [(0, False), (1, False)]
    await house.forget(later=True)
    assert (await house.published(topic="erasures"))[-1]["checked"] is True


async def test_a_record_that_names_the_person_and_waits_keeps_it_open(house: House, officer: Asker) -> None:
    person_id = await gone(house)
    await officer.does(f"/people/{person_id}/erasure", ASKED)
    await house.settle()
    await house.db[PARKED].insert_one({"_id": "x", "topic": "t", "key": b"k", "value": person_id.encode()})
    await house.forget()
    await house.forget(later=True)
    said = (await house.published(topic="erasures"))[-1]
    assert (said["parked"], said["checked"]) == (1, False)
    await house.db[PARKED].delete_many({})
    await house.forget(later=True)
    said = (await house.published(topic="erasures"))[-1]
    assert (said["parked"], said["checked"]) == (0, True)


async def test_a_person_reads_all_that_is_held_of_them_and_so_does_the_officer(
    house: House, officer: Asker
) -> None:
    person_id, other = await gone(house), await house.hire("Ben Back")
    await house.settle()
    found = await officer.read(f"/personal-data/{person_id}")
    assert {"person", "demographics", "told_by_other_systems"} <= set(found["kinds"])
    [person] = found["kinds"]["person"]
    assert (person["email"], "name_words" in person) == (f"{CANARY}@example.com", False)
    own = await house.as_(other).read(f"/personal-data/{other}")
    assert own["kinds"]["person"][0]["given_name"] == "Ben"
    for asker in (house.as_(other), house.admin, house.as_("auditor", "auditor")):
        assert (await asker.get(f"/personal-data/{person_id}")).status_code == 403
