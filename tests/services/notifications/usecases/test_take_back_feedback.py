"""What was told of feedback that was taken back is in no inbox, no count and no mail, in any order."""

import asyncio
import random
from typing import Any

import pytest

from shared.contracts.feedback import FeedbackRequestAnswered, FeedbackWithdrawn
from shared.contracts.people import PersonState
from tests.services.notifications.house import House, praise
from tests.services.notifications.post_office import post_office
from tests.services.notifications.usecases.test_deliver_mail import outcomes, sender_of

HOOK = "https://one.example.com/hook"


def withdrawn(feedback_id: str = "f1") -> FeedbackWithdrawn:
    parties = {"giver_id": "ben", "receiver_id": "anna"}
    return FeedbackWithdrawn.model_validate({"feedback_id": feedback_id, **parties})


def answered(feedback_id: str = "f1") -> FeedbackRequestAnswered:
    parties = {"requester_id": "mona", "about_person_id": "anna", "asked_person_id": "ben"}
    return FeedbackRequestAnswered.model_validate({"request_id": "r1", "feedback_id": feedback_id, **parties})


async def require_nothing_shown(house: House, *person_ids: str) -> None:
    for person_id in person_ids:
        reader = house.as_(person_id)
        assert await reader.kinds() == await reader.kinds(unread=True) == [], person_id
        assert (await reader.read("/inbox"))["unread"] == 0, person_id
    await house.require_true_counts()


async def test_it_leaves_the_inboxes_of_receiver_and_manager_and_nothing_else_does(house: House) -> None:
    await house.publish(praise("f1", visibility="receiver_and_manager"), praise("f2"))
    assert await house.as_("mona").kinds() == ["feedback_shared"]
    await house.publish(withdrawn("f1"))
    await require_nothing_shown(house, "mona")
    anna = house.as_("anna")
    (left,) = (await anna.read("/notifications"))["items"]
    assert left["about_id"] == "f2"
    assert await anna.read("/inbox") == {"unread": 1, "raised": 2}


async def test_one_that_was_withdrawn_is_neither_read_nor_marked(house: House) -> None:
    await house.publish(praise("f1"))
    anna = house.as_("anna")
    (item,) = (await anna.read("/notifications"))["items"]
    await house.publish(withdrawn())
    path = f"/notifications/{item['notification_id']}"
    assert [(await anna.get(path)).status_code, (await anna.post(f"{path}/reading")).status_code] == [
        404,
        404,
    ]
    await require_nothing_shown(house, "anna")


async def test_one_that_was_read_before_is_counted_off_once(house: House) -> None:
    await house.publish(praise("f1"), praise("f2"))
    assert (await house.as_("anna").post("/inbox/reading")).json()["read"] == 2
    await house.publish(withdrawn())
    assert await house.as_("anna").read("/inbox") == {"unread": 0, "raised": 2}
    assert len(await house.as_("anna").kinds()) == 1
    await house.require_true_counts()


async def test_the_answer_to_a_request_is_taken_back_with_what_was_given(house: House) -> None:
    await house.publish(answered(), praise("f1"))
    assert await house.as_("mona").kinds() == ["request_answered"]
    await house.publish(withdrawn())
    await require_nothing_shown(house, "mona", "anna")


async def test_what_arrives_after_it_was_taken_back_is_told_to_nobody(house: House) -> None:
    await house.publish(praise("f1"), withdrawn(), answered())
    await require_nothing_shown(house, "mona", "anna")
    assert await house.told() == [("anna", "feedback_given")]


@pytest.mark.parametrize("seed", [1, 2])
async def test_any_order_and_redelivery_ends_with_nothing_shown(house: House, seed: int) -> None:
    numbers = [str(n) for n in range(12)]
    records = [house.record(praise(n, visibility="receiver_and_manager")) for n in numbers]
    records += [house.record(withdrawn(n)) for n in numbers] + [house.record(answered(n)) for n in numbers]
    mixed = records * 2
    random.Random(seed).shuffle(mixed)
    waiting = house.settled | {"held"}
    await asyncio.gather(*[house.feed(*mixed[part::3], expect=waiting) for part in range(3)])
    await house.feed(*records)
    await require_nothing_shown(house, "mona", "anna")


async def test_a_mail_that_is_due_is_not_sent_and_known_as_withdrawn(house: House) -> None:
    async with post_office() as office:
        sender = await sender_of(house, office.port)
        await house.publish(praise("f1"), praise("f2"))
        await house.publish(withdrawn())
        assert await outcomes(house) == [("failed", 0, "withdrawn")]
        await sender.turn()
        assert len(office.taken) == 1
    assert (await house.db["deliveries"].count_documents({"state": "due"})) == 0


async def test_a_webhook_that_is_due_is_not_posted(house: House) -> None:
    await house.open_outlets(webhook_urls=(HOOK,))
    await house.publish(praise("f1"), withdrawn())
    (row,) = await house.db["deliveries"].find().to_list(None)
    assert (row["state"], row["reason"]) == ("failed", "withdrawn")


async def test_one_of_a_person_who_was_erased_counts_nothing_off(house: House) -> None:
    await house.publish(praise("f1"))
    await house.feed(house.null(PersonState, "anna"))
    await house.publish(withdrawn())
    inbox: Any = await house.db["inboxes"].find_one({"_id": "anna"})
    assert inbox["unread"] == 0
    await house.forget()
    assert await house.told() == []
