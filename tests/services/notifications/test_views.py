"""Lists are one's own, newest first, in pages, in words."""

from datetime import timedelta

from tests.services.notifications.house import AT, House, person, praise, proposal


async def test_the_newest_comes_first_in_pages_that_meet(house: House) -> None:
    for n in range(7):
        await house.publish(proposal(f"g{n}"), at=AT + timedelta(minutes=n))
    first = await house.as_("mona").read("/notifications", limit=3)
    second = await house.as_("mona").read("/notifications", limit=3, cursor=first["next"])
    last = await house.as_("mona").read("/notifications", limit=3, cursor=second["next"])
    about = [item["about_id"] for page in (first, second, last) for item in page["items"]]
    assert about == [f"g{n}" for n in reversed(range(7))]
    assert last["next"] is None


async def test_only_the_unread_can_be_asked_for(house: House) -> None:
    await house.publish(proposal("g1"), at=AT)
    await house.publish(proposal("g2"), at=AT + timedelta(minutes=1))
    newest = (await house.as_("mona").read("/notifications"))["items"][0]["notification_id"]
    await house.as_("mona").post(f"/notifications/{newest}/reading")
    items = (await house.as_("mona").read("/notifications", unread=True))["items"]
    assert [item["about_id"] for item in items] == ["g1"]


async def test_names_are_those_of_today(house: House) -> None:
    await house.publish(praise("f1"))
    assert await house.as_("anna").headlines() == ["Ben Doe has given you feedback"]
    await house.hire(person("ben", manager_id="mona", given_name="Benedikt"))
    assert await house.as_("anna").headlines() == ["Benedikt Doe has given you feedback"]


async def test_one_notification_comes_with_its_version(house: House) -> None:
    await house.publish(praise("f1"))
    (item,) = (await house.as_("anna").read("/notifications"))["items"]
    answer = await house.as_("anna").get(f"/notifications/{item['notification_id']}")
    assert answer.headers["etag"] == '"v1"'
    assert answer.json() == item


async def test_reading_with_a_stale_version_is_refused(house: House) -> None:
    await house.publish(praise("f1"))
    (item,) = (await house.as_("anna").read("/notifications"))["items"]
    path = f"/notifications/{item['notification_id']}/reading"
    answer = await house.as_("anna").send("POST", path, If_Match='"v7"')
    assert answer.status_code == 412
    assert await house.as_("anna").read("/inbox") == {"unread": 1, "raised": 1}
