"""Who left long ago is erased by itself, where that is asked for."""

from datetime import timedelta

from services.people.usecases.retain_people import Retention
from tests.services.people.house import House


async def gone(house: House, name: str, left_on: str) -> str:
    person_id = await house.hire(name)
    await house.admin.does(f"/people/{person_id}/departure", {"left_on": left_on})
    return person_id


async def test_who_left_long_ago_goes_and_who_is_held_or_left_lately_stays(house: House) -> None:
    old, lately = await gone(house, "Old One", "2020-01-31"), await gone(house, "New One", "2026-11-01")
    held, boss = await gone(house, "Held One", "2020-01-31"), await house.hire("Bo Ss")
    works_here = await house.hire("Ben Here", manager_id=boss)
    await house.admin.does(f"/people/{boss}/departure", {"left_on": "2020-01-31"})
    officer = house.as_("officer", "privacy_officer")
    await officer.send("PUT", f"/people/{held}/legal-hold", {"case": "C-1"})
    retention = Retention(house.work, days=1000, lasting=timedelta(days=15))
    assert await retention.turn() is False
    assert await house.db["people"].distinct("_id") == sorted([lately, held, boss, works_here])
    receipt = await officer.read(f"/people/{old}/erasure")
    assert (receipt["ground"], receipt["case"], receipt["asked_by"]) == (
        "no_longer_needed",
        "retention",
        None,
    )
    await officer.send("DELETE", f"/people/{held}/legal-hold")
    await retention.turn()
    assert await house.db["people"].find_one({"_id": held}) is None


async def test_more_than_a_page_of_them_goes_and_who_is_held_keeps_nobody_else(house: House) -> None:
    first = await gone(house, "Old One", "2020-01-31")
    doc = await house.db["people"].find_one({"_id": first})
    await house.db["people"].insert_many([{**doc, "_id": f"person_{number:04d}"} for number in range(230)])
    holds = [{"_id": f"h{n}", "version": 1, "person_id": f"person_{n:04d}"} for n in range(120)]
    await house.db["legal_holds"].insert_many(holds)
    retention = Retention(house.work, days=1000, lasting=timedelta(days=15))
    while await retention.turn():
        pass
    assert await house.db["people"].count_documents({}) == 120
