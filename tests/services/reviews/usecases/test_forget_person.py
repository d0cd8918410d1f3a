"""Who is erased has no review any more, and no part in one that opens later."""

from shared.contracts.people import PersonState
from tests.services.reviews.house import House, feedback_given, goal_life, manager_words, own_words

CANARY = "canary-4711"


async def reviewed(house: House) -> str:
    """Anna's review, shared, with evidence, words of both sides and an acknowledgement."""
    await house.publish(*goal_life(), feedback_given(), feedback_given("f2", receiver_id="ben"))
    review_id = await house.opened()
    path = f"/reviews/{review_id}"
    await house.as_("anna").does(f"{path}/self-assessment/submission", own_words(CANARY))
    await house.as_("manager").does(f"{path}/manager-assessment/submission", manager_words(4, CANARY))
    await house.as_("manager").does(f"{path}/sharing", {})
    await house.as_("anna").does(f"{path}/acknowledgement", {"comment": CANARY})
    return review_id


async def test_review_assessments_and_evidence_go_and_those_of_others_stay(house: House) -> None:
    review_id = await reviewed(house)
    others = await house.db["reviews"].count_documents({"person_id": {"$ne": "anna"}})
    await house.let_go("anna")
    await house.erase(PersonState, "anna")
    assert "gone" in await house.state(review_id)
    assert await house.db["reviews"].count_documents({}) == others > 0
    for name in ("reviews", "assessments", "shared_evidence", "evidence_goals", "idempotency"):
        assert CANARY not in await house.text_of(name)
    assert await house.db["evidence_goals"].count_documents({}) == 0
    assert [doc["person_id"] for doc in await house.db["evidence_feedback"].find({}).to_list(None)] == ["ben"]
    assert (await house.published(topic="erasures"))[-1]["checked"] is False


async def test_late_events_are_forgotten_later_and_no_review_is_opened(house: House) -> None:
    await reviewed(house)
    await house.erase(PersonState, "anna")
    await house.publish(*goal_life("g9"), feedback_given("f9"))
    await house.launch(name="Second quarter")
    await house.forget(later=True)
    for name in ("reviews", "evidence_goals", "evidence_feedback"):
        assert await house.db[name].count_documents({"person_id": "anna"}) == 0, name
    await house.forget(later=True)
    assert (await house.published(topic="erasures"))[-1]["checked"] is True


async def test_a_person_is_handed_out_the_managers_words_once_they_are_shared(house: House) -> None:
    review_id = await house.assessed()
    kinds = (await house.as_("anna").read("/personal-data/anna"))["kinds"]
    assert "self_assessment" in kinds
    assert "manager_assessment" not in kinds
    await house.as_("manager").does(f"/reviews/{review_id}/sharing", {})
    kinds = (await house.as_("anna").read("/personal-data/anna"))["kinds"]
    assert [doc["rating"] for doc in kinds["manager_assessment"]] == [4]
    mine = (await house.as_("manager").read("/personal-data/manager"))["kinds"]["review_of_others"]
    assert all("rating" not in doc for doc in mine)
