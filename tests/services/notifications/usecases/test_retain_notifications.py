"""Notifications go when they are old, with their deliveries, and inboxes count what is left."""

from datetime import timedelta

from tests.services.notifications.house import AT, House, checked_in, praise

DAYS = 90
DUE = AT + timedelta(days=DAYS)
LATER = DUE + timedelta(seconds=1)


async def settled(house: House) -> None:
    """Let all that was to be sent be sent."""
    await house.db["deliveries"].update_many({}, {"$set": {"state": "delivered"}})


async def unread(house: House, person_id: str) -> int:
    return (await house.as_(person_id).read("/inbox"))["unread"]


async def test_they_go_at_their_age_and_not_before_with_their_deliveries(house: House) -> None:
    await house.open_outlets(smtp_host="localhost")
    await house.as_("anna").send("PUT", "/preferences", {"channels": {"email": True}}, If_Match='"v0"')
    await house.publish(praise("f1"), praise("f2"))
    await house.publish(praise("f3"), at=DUE)
    ids = await house.db["notifications"].distinct("_id", {"raised_at": AT})
    assert len(ids) == 2
    await settled(house)
    assert await house.retain("notification", days=DAYS, at=DUE) == 0
    assert await house.retain("notification", days=DAYS, at=LATER) == 2
    assert await house.db["notifications"].count_documents({}) == 1
    assert await house.db["deliveries"].distinct("notification_id", {"notification_id": {"$in": ids}}) == []
    assert await unread(house, "anna") == 1
    for each in ids:
        assert "gone" in await house.state(each)


async def test_whoever_is_held_keeps_theirs_until_the_hold_is_lifted(house: House) -> None:
    await house.publish(praise("f1"), checked_in("g1"))
    await settled(house)
    assert await house.retain("notification", days=DAYS, at=LATER, held={"anna"}) == 1
    assert await house.told() == [("anna", "feedback_given")]
    assert (await unread(house, "anna"), await unread(house, "mona")) == (1, 0)
    assert await house.retain("notification", days=DAYS, at=LATER) == 1


async def test_what_is_still_to_be_sent_stays_and_what_was_read_counts_once(house: House) -> None:
    await house.open_outlets(smtp_host="localhost")
    await house.publish(praise("f1"), checked_in("g1"))
    [mine] = await house.db["notifications"].distinct("_id", {"person_id": "anna"})
    await house.as_("anna").does(f"/notifications/{mine}/reading")
    await settled(house)
    await house.db["deliveries"].update_many({"person_id": "mona"}, {"$set": {"state": "due"}})
    assert await house.db["deliveries"].count_documents({"state": "due"}) > 0
    assert await house.retain("notification", days=DAYS, at=LATER) == 1
    assert [person_id for person_id, _ in await house.told()] == ["mona"]
    assert (await unread(house, "anna"), await unread(house, "mona")) == (0, 1)
    await settled(house)
    assert await house.retain("notification", days=DAYS, at=LATER) == 1
    assert await unread(house, "mona") == 0
