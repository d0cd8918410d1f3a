"""Each alert reaches each of the right people once, whatever the delivery of events is like."""

import random

from shared.contracts.people import PersonState, UnitState
from shared.contracts.reviews import ReviewerChanged, SelfAssessmentSubmitted
from shared.messaging.sweeper import Sweeper
from tests.services.notifications.house import (
    House,
    checked_in,
    person,
    praise,
    proposal,
    review_opened,
    until,
)


async def test_a_notification_tells_who_what_and_why(house: House) -> None:
    await house.publish(proposal("g1"))
    (doc,) = await house.db["notifications"].find().to_list(None)
    assert (doc["person_id"], doc["kind"], doc["category"]) == ("mona", "goal_proposed", "goals")
    assert (doc["about_id"], doc["actor_id"], doc["event_id"]) == ("g1", "anna", "cairn.goals.events-g1-1")
    assert doc["correlation_id"] == "story"
    assert doc["unread"]
    raised, state = await house.published(), await house.published(topic="state")
    assert [event["said"] for event in raised] == ["notification_raised"]
    assert (raised[0]["person_id"], raised[0]["caused_by_event_id"]) == ("mona", "cairn.goals.events-g1-1")
    assert (state[0]["delivered"], state[0]["read"]) == (["inbox"], False)


async def test_redelivery_in_any_order_tells_everybody_once(house: House) -> None:
    records = [house.record(proposal(f"g{n % 40}")) for n in range(120)]
    records += [house.record(praise(f"f{n}")) for n in range(40)]
    again = records * 3
    random.Random(11).shuffle(again)
    for start in range(0, len(again), 60):
        await house.feed(*again[start : start + 60], expect=house.settled | {"held"})
    assert await house.told() == [("anna", "feedback_given")] * 40 + [("mona", "goal_proposed")] * 120
    await house.require_true_counts()
    raised = await house.published()
    assert len({event["notification_id"] for event in raised}) == len(raised) == 160


async def test_an_event_that_comes_again_under_a_higher_epoch_tells_nobody_twice(house: House) -> None:
    """After a restore its publisher may send an event again, with the same id, in a new epoch."""
    record = house.record(proposal("g1"))
    restored = tuple((name, b"1" if name == "ce_epoch" else value) for name, value in record.headers)
    jobs = await house.feed(record, record._replace(headers=restored))
    assert [job.outcome for job in jobs] == ["applied", "applied"]
    assert await house.told() == [("mona", "goal_proposed")]
    await house.require_true_counts()


async def test_many_notifications_of_one_person_in_one_transaction_are_all_counted(house: House) -> None:
    await house.publish(*[checked_in(f"g{n}") for n in range(300)])
    inbox = await house.db["inboxes"].find_one({"_id": "mona"})
    assert (inbox["unread"], inbox["raised"], len(inbox["recent"])) == (300, 300, 50)
    await house.require_true_counts()


async def test_an_alert_waits_until_the_recipient_is_in_the_directory(house: House) -> None:
    record = house.record(proposal("g1", to="nina"))
    await house.feed(record, expect={"not_yet"})
    assert await house.told() == []
    await house.hire(person("nina"))
    await _retry(house)
    assert await house.told() == [("nina", "goal_proposed")]


async def test_who_stands_in_for_managers_that_have_left_hears_of_goals_and_of_no_feedback(
    house: House,
) -> None:
    await house.hire(
        person("cleo"),
        person("mona", manager_id="cleo", status="left", version=2),
        person("lena", manager_id="mona", status="left"),
        person("anna", manager_id="lena", version=2),
    )
    await house.publish(checked_in("g1"), praise("f1", visibility="receiver_and_manager"))
    assert ("cleo", "goal_in_trouble") in await house.told()
    assert {who for who, kind in await house.told() if kind == "feedback_shared"} == set()


async def test_an_alert_for_a_manager_waits_until_the_owner_is_in_the_directory(house: House) -> None:
    await house.feed(house.record(checked_in("g1", owner="nina")), expect={"not_yet"})
    await house.hire(person("nina", manager_id="olga"))
    await _retry(house)
    assert await house.told() == [("olga", "goal_in_trouble")]


async def test_who_has_left_is_told_nothing(house: House) -> None:
    await house.hire(person("mona", manager_id="cleo", status="left", left_on="2026-03-01"))
    await house.publish(proposal("g1"), checked_in("g2"))
    assert await house.told() == [("cleo", "goal_in_trouble")], "who stands in for mona is told"


async def test_the_manager_is_who_manages_now(house: House) -> None:
    await house.hire(person("anna", manager_id="olga"))
    await house.publish(checked_in("g1"))
    assert await house.told() == [("olga", "goal_in_trouble")]


async def test_the_hr_partners_of_now_are_told_of_a_review_without_a_reviewer(house: House) -> None:
    units = [("top", None, ["mona", "ben"]), ("sales", "top", [])]
    for unit_id, parent_id, partners in units:
        unit = {"unit_id": unit_id, "name": unit_id, "kind": "team", "parent_id": parent_id}
        await house.publish(UnitState.model_validate({**unit, "hr_partner_ids": partners}))
    await house.hire(person("cleo", unit_id="sales"), person("ben", status="left", left_on="2026-03-01"))
    named = {"review_id": "r1", "cycle_id": "c1", "person_id": "cleo", "reviewer_id": None}
    await house.publish(
        ReviewerChanged.model_validate({**named, "from_reviewer_id": "olga"}),
        SelfAssessmentSubmitted.model_validate(named),
    )
    assert await house.told() == [("mona", "reviewer_missing"), ("mona", "self_assessment_submitted")]
    assert sorted(await house.as_("mona").headlines()) == [
        "Cleo Doe has submitted the self-assessment",
        "The review of Cleo Doe has no reviewer",
    ]


async def test_nobody_is_told_where_there_is_no_manager(house: House) -> None:
    await house.publish(checked_in("g1", owner="cleo"))
    assert await house.told() == []


async def test_whom_people_has_erased_nobody_waits_for(house: House) -> None:
    await house.feed(house.null(PersonState, "anna"))
    jobs = await house.publish(proposal("g1", by="mona", to="anna"), checked_in("g2"))
    assert [job.outcome for job in jobs] == ["applied", "applied"]
    assert await house.told() == []


async def test_a_category_that_is_switched_off_for_the_inbox_is_neither_shown_nor_counted(
    house: House,
) -> None:
    await house.open_outlets(smtp_host="localhost")
    mona = house.as_("mona")
    choices = {"categories": {"goals": {"inbox": False}}}
    assert (await mona.send("PUT", "/preferences", choices, If_Match='"v0"')).status_code == 200
    await house.publish(proposal("g1"))
    assert await mona.kinds() == []
    assert await mona.read("/inbox") == {"unread": 0, "raised": 0}
    (delivery,) = await house.db["deliveries"].find().to_list(None)
    assert delivery["channel"] == "email"


async def test_what_is_switched_off_for_all_channels_is_not_raised(house: House) -> None:
    choices = {"channels": {"inbox": False, "email": False}}
    answer = await house.as_("anna").send("PUT", "/preferences", choices, If_Match='"v0"')
    assert answer.status_code == 200
    await house.publish(praise("f1"), review_opened("r1"))
    assert await house.told() == [("anna", "review_opened")]


async def test_there_is_a_delivery_for_each_way_that_is_open(house: House) -> None:
    urls = ("https://one.example.com/hook", "https://two.example.com/hook")
    await house.open_outlets(smtp_host="localhost", webhook_urls=urls)
    await house.hire(person("olga", manager_id="cleo", email=None))
    await house.publish(proposal("g1"), proposal("g2", to="olga"))
    rows = await house.db["deliveries"].find().to_list(None)
    assert sorted((row["person_id"], row["channel"]) for row in rows) == [
        ("mona", "email"),
        ("mona", "webhook"),
        ("mona", "webhook"),
        ("olga", "webhook"),
        ("olga", "webhook"),
    ]
    assert len({row["endpoint_id"] for row in rows if row["channel"] == "webhook"}) == 2
    assert [event["channels"] for event in await house.published()] == [
        ["inbox", "email", "webhook"],
        ["inbox", "webhook"],
    ]


async def _retry(house: House) -> None:
    """Try again what waits, as the sweeper does."""
    await until(Sweeper(house.work, house.runtime.guards).turn)
