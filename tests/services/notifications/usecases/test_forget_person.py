"""What is erased in people is erased here, and its state on the topic with it."""

from shared.contracts.people import PersonState
from tests.services.notifications.house import House, checked_in, praise


async def test_all_that_a_person_was_told_goes_with_them(house: House) -> None:
    await house.open_outlets(smtp_host="localhost")
    await house.publish(*[praise(f"f{n}") for n in range(5)], checked_in("g1"))
    await house.as_("anna").send("PUT", "/preferences", {"channels": {"email": True}}, If_Match='"v0"')
    ids = [event["notification_id"] for event in await house.published() if event["person_id"] == "anna"]
    await house.erase(PersonState, "anna")
    assert await house.told() == [("mona", "goal_in_trouble")]
    for collection in ("notifications", "deliveries", "preferences"):
        assert await house.db[collection].count_documents({"person_id": "anna"}) == 0, collection
    assert await house.db["preferences"].count_documents({}) == 0
    erased = await house.db["outbox"].find({"value": None}).to_list(None)
    assert sorted(row["key"] for row in erased) == sorted(ids)
    await house.require_true_counts()


async def test_an_erasure_that_is_told_again_is_none(house: House) -> None:
    await house.publish(praise("f1"))
    for _ in range(2):
        await house.erase(PersonState, "anna")
    assert await house.told() == []
