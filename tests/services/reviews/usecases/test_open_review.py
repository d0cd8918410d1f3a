"""Opening reviews: everybody once, whatever breaks in the middle, and nobody who left."""

import asyncio
from typing import Any

import pytest

from services.reviews.usecases.open_review import KIND, open_review, pages
from shared.fan_out import FanOut, FanOutWorker
from tests.services.house import drain
from tests.services.organisation import manager_changed, person_joined, person_state
from tests.services.reviews.house import CYCLE, House, left

CROWD = 2500


async def crowd(house: House) -> None:
    """Many more people, in the directory copy alone."""
    doc = await house.db["directory_people"].find_one({"_id": "anna"})
    await house.db["directory_people"].insert_many([{**doc, "_id": f"p{n:05d}"} for n in range(CROWD)])


class Killed(BaseException):
    """What nothing catches, as nothing does a kill."""


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # a kill leaves handlers half-way
async def test_killed_opening_goes_on_with_a_new_worker_and_opens_each_review_once(house: House) -> None:
    await crowd(house)
    launched = await house.admin.does("/cycles", CYCLE)
    met = 0

    async def fragile(message: Any, tx: Any) -> None:
        nonlocal met
        met += 1
        if met == 1700:
            raise Killed
        await open_review(message, tx)

    with pytest.raises(Killed):
        await drain(FanOutWorker(house.work, [FanOut(KIND, pages, fragile)]))
    opened = await house.db["reviews"].count_documents({})
    assert 0 < opened < CROWD
    assert (await house.admin.read(f"/cycles/{launched['cycle_id']}"))["opening"]["people"] == opened
    await house.expand()
    people = [doc["person_id"] async for doc in house.db["reviews"].find({}, {"person_id": 1})]
    assert len(people) == len(set(people)) == CROWD + 10
    events = await house.db["outbox"].count_documents({"type": "cairn.reviews.review_opened.v1"})
    states = await house.db["outbox"].count_documents({"type": "cairn.reviews.review_state.v1"})
    assert events == states == CROWD + 10
    progress = (await house.admin.read(f"/cycles/{launched['cycle_id']}"))["opening"]
    assert progress == {"finished": True, "people": CROWD + 10, "refused": 0, "failed": 0, "refusals": []}


async def test_two_workers_at_once_open_each_review_once(house: House) -> None:
    await crowd(house)
    await house.admin.does("/cycles", CYCLE)
    await asyncio.gather(house.expand(), house.expand())
    people = [doc["person_id"] async for doc in house.db["reviews"].find({}, {"person_id": 1})]
    assert len(people) == len(set(people)) == CROWD + 10


async def test_opening_again_finds_what_is_open(house: House) -> None:
    await house.launch()
    again = {"$set": {"state": "open", "cursor": None}}
    await house.db["fan_outs"].update_many({}, again)
    await house.expand()
    assert await house.db["reviews"].count_documents({}) == 10
    assert await house.db["outbox"].count_documents({"type": "cairn.reviews.review_opened.v1"}) == 10


async def test_each_cycle_opens_reviews_of_its_own(house: House) -> None:
    first, second = await house.launch(), await house.launch(name="Again")
    assert first != second
    assert await house.db["reviews"].count_documents({"person_id": "anna"}) == 2


async def test_who_has_no_manager_is_assessed_by_hr(house: House) -> None:
    review_id = await house.opened("chief")
    assert (await house.review_of("chief"))["reviewer_id"] is None
    assert (await house.published(subject=review_id))[0]["reviewer_id"] is None


async def test_who_left_gets_no_review_though_the_directory_copy_is_behind(house: House) -> None:
    await house.publish(left("anna"))
    cycle_id = await house.launch()
    assert await house.db["reviews"].count_documents({"person_id": "anna"}) == 0
    opening = (await house.admin.read(f"/cycles/{cycle_id}"))["opening"]
    assert opening == {"finished": True, "people": 10, "refused": 0, "failed": 0, "refusals": []}


async def test_manager_who_left_is_no_reviewer_though_the_directory_copy_is_behind(house: House) -> None:
    await house.publish(left("manager"))
    await house.launch()
    assert (await house.review_of("anna"))["reviewer_id"] is None


async def test_new_manager_reviews_though_the_directory_copy_is_behind(house: House) -> None:
    await house.move("anna", to="other_manager", said={"event"})
    await house.launch()
    assert (await house.review_of("anna"))["reviewer_id"] == "other_manager"


async def test_the_directory_copy_is_asked_for_those_whose_events_are_behind(house: House) -> None:
    await house.publish(person_state("new", manager_id="newboss"), person_state("newboss"))
    await house.launch()
    assert (await house.review_of("new"))["reviewer_id"] == "newboss"
    await house.publish(person_joined("new", manager_id="manager"))
    await house.publish(manager_changed("new", before="manager", to="newboss"))
    review = await house.review_of("new")
    assert review["reviewer_id"] == "newboss"
    assert await house.said(review["_id"]) == ["review_opened"]
