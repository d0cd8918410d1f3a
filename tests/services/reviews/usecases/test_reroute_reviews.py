"""Reviews follow the reporting line until they are assessed, and end with those who leave."""

import asyncio
import random
from typing import Any

import pytest

from shared.contracts.base import Message
from shared.contracts.people import ManagerChanged
from tests.services.organisation import manager_changed, person_joined, person_state
from tests.services.reviews.house import CYCLE, House, left, manager_words, own_words


async def test_open_review_goes_to_the_new_manager(house: House) -> None:
    review_id = await house.opened("anna")
    await house.publish(manager_changed("anna", to="other_manager"))
    event = (await house.published(subject=review_id))[-1]
    assert event["said"] == "reviewer_changed"
    assert (event["from_reviewer_id"], event["reviewer_id"]) == ("manager", "other_manager")
    assert (await house.state(review_id))["reviewer_id"] == "other_manager"
    assert (await house.as_("manager").get(f"/reviews/{review_id}/self-assessment")).status_code == 403


async def test_draft_is_handed_over_with_the_review(house: House) -> None:
    review_id = await house.opened("anna")
    path = f"/reviews/{review_id}/manager-assessment"
    await house.as_("manager").put(path, manager_words(3, "So far"))
    await house.publish(manager_changed("anna", to="other_manager"))
    assert (await house.as_("manager").get(path)).status_code == 403
    taken = await house.as_("other_manager").read(path)
    assert (taken["texts"], taken["by_person_id"]) == ({"achievements": "So far"}, "manager")


async def test_assessed_review_stays_with_who_assessed_it(house: House) -> None:
    review_id = await house.assessed("anna")
    await house.publish(manager_changed("anna", to="other_manager"))
    assert (await house.review_of("anna"))["reviewer_id"] == "manager"
    assert (await house.as_("manager").does(f"/reviews/{review_id}/sharing"))["stage"] == "shared"


async def test_same_manager_again_changes_nothing(house: House) -> None:
    review_id = await house.opened("anna")
    await house.publish(manager_changed("anna", to="manager"))
    assert await house.said(review_id) == ["review_opened"]


async def test_without_a_manager_hr_assesses(house: House) -> None:
    await house.opened("anna")
    await house.publish(manager_changed("anna", to=None))
    assert (await house.review_of("anna"))["reviewer_id"] is None


async def test_manager_who_left_gets_nobodys_review(house: House) -> None:
    await house.opened("anna")
    await house.publish(left("other_manager"))
    await house.publish(manager_changed("anna", to="other_manager"))
    assert (await house.review_of("anna"))["reviewer_id"] is None


async def test_open_reviews_of_all_cycles_are_rerouted(house: House) -> None:
    await house.launch()
    await house.launch(name="Again")
    await house.publish(manager_changed("anna", to="other_manager"))
    assert await house.db["reviews"].distinct("reviewer_id", {"person_id": "anna"}) == ["other_manager"]


@pytest.mark.parametrize("stage", ["self_assessment", "manager_assessment", "ready_to_share"])
async def test_review_of_who_leaves_is_cancelled_until_it_is_shared(house: House, stage: str) -> None:
    review_id = await house.opened("anna")
    if stage != "self_assessment":
        await house.as_("anna").does(f"/reviews/{review_id}/self-assessment/submission", own_words())
    if stage == "ready_to_share":
        path = f"/reviews/{review_id}/manager-assessment/submission"
        await house.as_("manager").does(path, manager_words())
    assert (await house.review_of("anna"))["stage"] == stage
    await house.publish(left("anna"))
    event = (await house.published(subject=review_id))[-1]
    assert (event["said"], event["reason"]) == ("review_cancelled", "person_left")
    assert (await house.state(review_id))["stage"] == "cancelled"
    assert (await house.as_("manager").post(f"/reviews/{review_id}/sharing")).status_code == 409


async def test_shared_review_outlives_its_person(house: House) -> None:
    review_id = await house.assessed("anna")
    await house.as_("manager").does(f"/reviews/{review_id}/sharing")
    await house.publish(left("anna"))
    assert (await house.review_of("anna"))["stage"] == "shared"


async def test_reviews_of_a_leaving_manager_are_handed_over_to_hr(house: House) -> None:
    await house.launch()
    await house.publish(left("manager"))
    await house.expand()
    for person_id in ("anna", "ben"):
        review = await house.review_of(person_id)
        assert review["reviewer_id"] is None
        assert await house.said(review["_id"]) == ["review_opened", "reviewer_changed"]
    await house.publish(manager_changed("anna", to="chief"))
    assert (await house.review_of("anna"))["reviewer_id"] == "chief"


async def test_leaving_again_changes_nothing(house: House) -> None:
    await house.launch()
    await house.publish(left("manager"))
    await house.expand()
    before = await house.db["outbox"].count_documents({})
    await house.publish(left("manager"))
    await house.expand()
    assert await house.db["outbox"].count_documents({}) == before


async def test_reopened_assessment_of_a_departed_reviewer_has_a_new_one(house: House) -> None:
    review_id = await house.assessed("anna")
    await house.publish(left("manager"))
    await house.expand()
    assert (await house.review_of("anna"))["reviewer_id"] == "manager"
    await house.publish(manager_changed("anna", to="chief"))
    reopened = await house.admin.does(f"/reviews/{review_id}/manager-assessment/reopening")
    assert (reopened["stage"], reopened["reviewer_id"]) == ("manager_assessment", "chief")


async def test_manager_who_leaves_while_many_move_to_them_keeps_nobodys_review(house: House) -> None:
    crowd = [f"p{n:03d}" for n in range(200)]
    await house.publish(*[person_state(p, manager_id="manager") for p in crowd])
    await house.publish(*[person_joined(p, manager_id="manager") for p in crowd])
    await house.launch()
    moves = [house.record(manager_changed(p, to="other_manager")) for p in crowd]

    async def leave() -> None:
        await house.publish(left("other_manager"))
        await house.expand()

    await asyncio.gather(house.feed(*moves), leave())
    await house.expand()
    assert await house.db["reviews"].distinct("reviewer_id", {"person_id": {"$in": crowd}}) == [None]


async def test_launch_amid_a_reorganisation_leaves_every_review_with_the_manager_of_now(house: House) -> None:
    """People move and managers leave while reviews open; whoever is faster, in the end it is right."""
    crowd, bosses = [f"p{n:03d}" for n in range(300)], [f"boss{n}" for n in range(6)]
    doc = await house.db["directory_people"].find_one({"_id": "anna"})
    for person_id in (*bosses, *crowd):
        manager_id = None if person_id in bosses else "boss0"
        await house.db["directory_people"].insert_one({**doc, "_id": person_id, "manager_id": manager_id})
    await house.publish(
        *[person_joined(each) for each in bosses], *[person_joined(p, manager_id="boss0") for p in crowd]
    )
    random_ = random.Random(11)
    moves: list[Message] = [manager_changed(p, to=random_.choice(bosses)) for p in crowd for _ in range(2)]
    moves[100:100], moves[400:400] = [left("boss1")], [left("boss2")]
    await house.admin.does("/cycles", CYCLE)
    records = [house.record(each) for each in moves]

    async def reorganise() -> None:
        for start in range(0, len(records), 25):
            await house.feed(*records[start : start + 25])

    await asyncio.gather(house.expand(), reorganise())
    await house.expand()
    final: dict[str, Any] = {
        each.person_id: each.to_manager_id for each in moves if isinstance(each, ManagerChanged)
    }
    found = {
        doc["person_id"]: doc["reviewer_id"]
        async for doc in house.db["reviews"].find({"person_id": {"$in": crowd}})
    }
    expected = {p: None if boss in {"boss1", "boss2"} else boss for p, boss in final.items()}
    assert found == expected
