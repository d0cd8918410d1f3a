"""What is read is read once, counted off once, and only by whose it is."""

import asyncio

import pytest

from services.notifications.usecases import read_inbox
from tests.services.notifications.house import House, checked_in, person, praise, proposal


async def first_id(house: House, person_id: str = "mona") -> str:
    return (await house.as_(person_id).read("/notifications"))["items"][0]["notification_id"]


async def test_reading_counts_off_and_is_published(house: House) -> None:
    await house.publish(proposal("g1"), proposal("g2"))
    answer = await house.as_("mona").post(f"/notifications/{await first_id(house)}/reading")
    assert answer.status_code == 200
    assert answer.json()["read_at"] is not None
    assert await house.as_("mona").read("/inbox") == {"unread": 1, "raised": 2}
    assert (await house.said())[-1] == "notification_read"
    assert (await house.published(topic="state"))[-1]["read"] is True
    await house.require_true_counts()


async def test_reading_again_changes_nothing(house: House) -> None:
    await house.publish(proposal("g1"))
    path = f"/notifications/{await first_id(house)}/reading"
    answers = [await house.as_("mona").post(path) for _ in range(3)]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert await house.said() == ["notification_raised", "notification_read"]
    await house.require_true_counts()


async def test_reading_from_two_devices_at_once_counts_off_once(house: House) -> None:
    await house.publish(*[proposal(f"g{n}") for n in range(20)])
    items = (await house.as_("mona").read("/notifications"))["items"]
    paths = [f"/notifications/{item['notification_id']}/reading" for item in items] * 3
    answers = await asyncio.gather(*(house.as_("mona").post(path) for path in paths))
    assert {answer.status_code for answer in answers} == {200}
    assert await house.as_("mona").read("/inbox") == {"unread": 0, "raised": 20}
    await house.require_true_counts()


async def test_everything_up_to_now_is_read_at_once(house: House) -> None:
    await house.publish(*[checked_in(f"g{n}") for n in range(30)], praise("f1"))
    answer = await house.as_("mona").post("/inbox/reading")
    assert answer.json() == {"read": 30, "more": False}
    assert await house.as_("mona").read("/inbox") == {"unread": 0, "raised": 30}
    assert await house.as_("anna").read("/inbox") == {"unread": 1, "raised": 1}
    assert (await house.as_("mona").post("/inbox/reading")).json() == {"read": 0, "more": False}
    await house.require_true_counts()


async def test_a_large_inbox_is_read_to_its_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_inbox, "AT_ONCE", 10)
    await house.publish(*[checked_in(f"g{n}") for n in range(45)])
    answer = await house.as_("mona").post("/inbox/reading")
    assert answer.json() == {"read": 10, "more": True}
    await house.expand()
    assert await house.as_("mona").read("/inbox") == {"unread": 0, "raised": 45}
    await house.require_true_counts()
    assert (await house.said()).count("notification_read") == 45


async def test_reading_while_more_arrives_keeps_the_count_true(house: House) -> None:
    await house.publish(*[checked_in(f"g{n}") for n in range(40)])
    arriving = [house.publish(*[checked_in(f"h{part}-{n}") for n in range(20)]) for part in range(5)]
    reading = [house.as_("mona").post("/inbox/reading") for _ in range(5)]
    await asyncio.gather(*arriving, *reading)
    await house.require_true_counts()


@pytest.mark.parametrize("roles", [(), ("hr_admin",), ("auditor",), ("executive",), ("hr_partner",)])
async def test_nobody_reads_or_marks_what_another_was_told(house: House, roles: tuple[str, ...]) -> None:
    await house.publish(proposal("g1"))
    id_, stranger = await first_id(house), house.as_("cleo", *roles)
    assert await stranger.kinds() == []
    assert (await stranger.get(f"/notifications/{id_}")).status_code == 404
    assert (await stranger.post(f"/notifications/{id_}/reading")).status_code == 404
    assert await stranger.read("/inbox") == {"unread": 0, "raised": 0}
    assert await house.as_("mona").read("/inbox") == {"unread": 1, "raised": 1}


async def test_a_service_has_no_inbox(house: House) -> None:
    service = house.as_("svc", "service")
    for path in ("/inbox", "/preferences", "/inbox/stream"):
        assert (await service.get(path)).status_code == 403, path
    assert await service.kinds() == []


async def test_who_has_left_reads_nothing(house: House) -> None:
    await house.publish(proposal("g1"))
    await house.hire(person("mona", manager_id="cleo", status="left", left_on="2026-03-11"))
    assert (await house.as_("mona").get("/inbox")).status_code == 403
    assert await house.as_("mona").kinds() == []
