"""Who has a delivery, and what is kept of what came of it, whatever goes wrong on the way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifications import receipts
from services.notifications.usecases import settle_delivery
from services.notifications.usecases.settle_delivery import claim_all, due_ids
from tests.services.notifications.house import House, checked_in, dies, never, praise, proposal, until
from tests.services.notifications.post_office import PostOffice, post_office
from tests.services.notifications.usecases.test_deliver_mail import QUICK, outcomes, sender_of
from tests.services.notifications.usecases.test_take_back_feedback import withdrawn


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_process_with_a_wrong_clock_takes_nothing_that_another_has(
    house: House, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(hours=hours)

    await house.open_outlets(smtp_host="127.0.0.1", smtp_port=9, smtp_security="none")
    await house.publish(proposal("g1"))
    work = house.work
    due = await due_ids(work.db, channel="email", limit=10)
    assert len(due) == 1
    with monkeypatch.context() as patched:
        patched.setattr(settle_delivery, "datetime", Wrong)
        taken = await claim_all(
            work, due, longest=timedelta(seconds=1), patience=QUICK, leaving=asyncio.Event()
        )
    assert len(taken.deliveries) == 1
    assert list(await due_ids(work.db, channel="email", limit=10)) == []
    with monkeypatch.context() as patched:
        patched.setattr(settle_delivery, "datetime", Wrong)
        assert list(await due_ids(work.db, channel="email", limit=10)) == []
    assert taken.deliveries[0].due_at > datetime.now(UTC)


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with post_office() as office:
        yield office


async def _receipts(house: House) -> int:
    return await house.db["receipts"].count_documents({})


async def test_an_error_that_does_not_pass_costs_one_mail_its_record_and_no_other(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settle_delivery, "AGAIN_SECONDS", 0.01)
    sender = await sender_of(house, office.port)
    await house.publish(checked_in("g1"), proposal("g2", to="olga"))
    strict = {"validator": {"$or": [{"state": {"$ne": "delivered"}}, {"person_id": "olga"}]}}
    await house.db.command("collMod", "deliveries", **strict, validationLevel="strict")
    try:
        async with asyncio.timeout(30):
            await sender.turn()
    finally:
        await house.db.command("collMod", "deliveries", validator={})
    left = await house.db["deliveries"].find({"state": "due"}).to_list(None)
    assert [doc["person_id"] for doc in left] == ["mona"]
    await house.make_due()
    await sender.turn()
    assert len(office.taken) == 2, "it has its receipt still"
    assert await house.db["deliveries"].count_documents({"state": "due"}) == 0
    said = [record.getMessage() for record in caplog.records if "not kept" in record.getMessage()]
    assert len(said) == 1
    assert "mona" not in said[0]


async def test_a_receipt_that_hangs_holds_nothing_up_and_nothing_is_sent_twice(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(*args: Any, **options: Any) -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(receipts, "SECONDS", 0.2)
    monkeypatch.setattr("motor.motor_asyncio.AsyncIOMotorCollection.replace_one", hangs)
    sender = await sender_of(house, office.port)
    await house.publish(*[checked_in(f"g{n}") for n in range(5)])
    async with asyncio.timeout(30):
        await sender.turn()
    assert len(office.taken) == 5
    assert await outcomes(house) == [("delivered", 1, "")] * 5


async def test_what_was_taken_is_settled_by_its_receipt_as_part_of_its_story(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def has_one() -> bool:
        return await _receipts(house) == 1

    sender = await sender_of(house, office.port)
    await house.publish(checked_in("g1"))
    with monkeypatch.context() as dying:
        dying.setattr(settle_delivery, "settle", never)
        await dies(sender, has_one)
    await house.make_due()
    await sender.turn()
    assert len(office.taken) == 1
    assert await _receipts(house) == 0
    rows = await house.db["outbox"].find({"topic": "cairn.notifications.events"}).to_list(None)
    assert {row["cause"][0] for row in rows} == {"story"}


async def test_what_was_taken_is_told_so_even_if_it_was_withdrawn_meanwhile(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, go = settle_delivery.settle, asyncio.Event()

    async def later(*args: Any, **options: Any) -> None:
        await go.wait()
        await settle(*args, **options)

    async def has_one() -> bool:
        return await _receipts(house) == 1

    sender = await sender_of(house, office.port)
    await house.publish(praise("f1"))
    monkeypatch.setattr(settle_delivery, "settle", later)
    turn = asyncio.create_task(sender.turn())
    await until(has_one)
    await house.publish(withdrawn("f1"))
    go.set()
    await turn
    assert len(office.taken) == 1
    assert [what for what, *_ in await outcomes(house)] == ["failed", "delivered"]
    state = (await house.published(topic="state"))[-1]
    assert (state["delivered"], state["failed"]) == (["inbox", "email"], [])


async def test_what_cannot_be_claimed_is_told_and_left_for_a_while(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*args: Any, **options: Any) -> None:
        raise ArithmeticError("broken")

    sender = await sender_of(house, office.port)
    await house.publish(checked_in("g1"))
    with monkeypatch.context() as breaking:
        breaking.setattr(settle_delivery, "claim_delivery", broken)
        await sender.turn()
    assert any("could not be taken up" in record.getMessage() for record in caplog.records)
    assert list(await due_ids(house.db, channel="email", limit=10)) == []
    await house.make_due()
    await sender.turn()
    assert len(office.taken) == 1


async def test_a_process_that_ends_finishes_what_it_has_begun_and_gives_the_rest_back(
    house: House, office: PostOffice
) -> None:
    leaving = asyncio.Event()
    sender = await sender_of(house, office.port, leaving=leaving)
    await house.publish(*[checked_in(f"g{n}") for n in range(20)])
    office.seconds = 0.3
    turn = asyncio.create_task(sender.turn())
    await until(lambda: house.db["deliveries"].count_documents({"state": "delivered"}))
    leaving.set()
    await turn
    sent, left = len(office.taken), await house.db["deliveries"].find({"state": "due"}).to_list(None)
    assert 0 < sent < 20
    assert len(left) == 20 - sent
    assert {row["attempts"] for row in left} == {0}
    office.seconds = 0
    other = await sender_of(house, office.port)
    await other.turn()
    assert len({mail["Message-ID"] for mail in office.taken}) == len(office.taken) == 20
    assert sorted(await outcomes(house)) == [("delivered", 1, "")] * 20
