"""Holds are told to Cairn's own services, by ids alone, and after a roll-out or a restore once more."""

from typing import Any

from services.people.usecases.tell_hold import HoldTeller
from shared.contracts.people import HOLD_ON
from tests.services.asker import Asker
from tests.services.people.house import House

TOPIC = "holds.state"


async def hold(house: House, person_id: str, case: str = "C-1") -> Asker:
    officer = house.as_("officer", "privacy_officer")
    answer = await officer.send("PUT", f"/people/{person_id}/legal-hold", {"case": case})
    assert answer.is_success, answer.text
    return officer


async def told(house: House, person_id: str) -> list[dict[str, Any]]:
    return await house.published(subject=f"{HOLD_ON}{person_id}", topic=TOPIC)


async def numbers(house: House, person_id: str) -> list[tuple[int, int]]:
    rows = await house.db["outbox"].find({"key": f"{HOLD_ON}{person_id}"}).sort("_id", 1).to_list(None)
    return [(row["epoch"], row["sequence"]) for row in rows]


async def test_a_hold_is_told_by_id_and_time_and_a_null_when_it_is_lifted(house: House) -> None:
    person_id = await house.hire("Anna Canary-4711")
    officer = await hold(house, person_id, "CASE-4711")
    [said] = await told(house, person_id)
    stored = await officer.read(f"/people/{person_id}/legal-hold")
    assert said["person_id"] == person_id
    assert said["since"][:19] == stored["since"][:19]
    assert "4711" not in str(said)
    assert (await officer.send("DELETE", f"/people/{person_id}/legal-hold")).is_success
    assert "gone" in (await told(house, person_id))[-1]
    await hold(house, person_id)
    assert [each.get("gone", False) for each in await told(house, person_id)] == [False, True, False]
    assert await numbers(house, person_id) == [(0, 1), (0, 2), (0, 3)]
    assert await house.said(person_id) == ["person_joined"], "analysts hear nothing of it"


async def test_a_hold_that_was_stored_before_holds_were_told_is_told_once(house: House) -> None:
    person_id = await house.hire("Anna Lee")
    await hold(house, person_id)
    for name in ("told_holds", "outbox"):
        await house.db[name].delete_many(
            {"$or": [{"_id": f"{HOLD_ON}{person_id}"}, {"key": f"{HOLD_ON}{person_id}"}]}
        )
    await house.db["legal_holds"].update_many({}, {"$set": {"sequence": 0}})
    teller = HoldTeller(house.work)
    for _ in range(2):
        assert await teller.turn() is False
    assert [each["person_id"] for each in await told(house, person_id)] == [person_id]


async def test_after_a_restore_holds_are_told_above_all_that_was_told_before(house: House) -> None:
    person_id, other = await house.hire("Anna Lee"), await house.hire("Ben Lee")
    await hold(house, person_id)
    officer = await hold(house, other)
    await officer.send("DELETE", f"/people/{other}/legal-hold")
    house.work.epoch = 2
    try:
        for _ in range(2):
            await HoldTeller(house.work).turn()
    finally:
        house.work.epoch = 0
    assert await numbers(house, person_id) == [(0, 1), (2, 2)]
    assert await numbers(house, other) == [(0, 1), (0, 2)], "what was lifted is not told again"


async def test_that_all_were_told_is_told_once_they_are_sent(house: House) -> None:
    async def said() -> list[str]:
        return [each["said"] for each in await house.published(topic=TOPIC)]

    person_id = await house.hire("Anna Lee")
    await hold(house, person_id)
    teller = HoldTeller(house.work)
    await teller.turn()
    assert await said() == ["hold_state"], "it may not be there yet"
    await house.db["outbox"].update_many({}, {"$set": {"sent": True}})
    for _ in range(2):
        await teller.turn()
    assert await said() == ["hold_state", "holds_told"]


async def test_a_hold_that_an_older_process_has_lifted_is_told_to_be_gone(house: House) -> None:
    person_id = await house.hire("Anna Lee")
    await hold(house, person_id)
    await house.db["legal_holds"].delete_many({})
    for _ in range(2):
        await HoldTeller(house.work).turn()
    assert ["gone" in each for each in await told(house, person_id)] == [False, True]
