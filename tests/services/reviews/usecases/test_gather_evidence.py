"""Evidence is the same in whichever order the topics arrive, and before or after the review opens."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from shared.contracts.feedback import FeedbackWithdrawn
from shared.ids import FeedbackId, PersonId
from shared.messaging.envelope import Record
from tests.services.organisation import person_joined, person_state
from tests.services.reviews.house import IN_PERIOD, LAUNCHED_AT, House, feedback_given, goal_life


async def gathered(house: House) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for collection in ("evidence_goals", "evidence_feedback"):
        docs = await house.db[collection].find({}).sort("_id", 1).to_list(None)
        found[collection] = [
            {k: v for k, v in doc.items() if k not in {"version", "sequence"}} for doc in docs
        ]
    return found


def quarter(house: House) -> list[Record]:
    """Goals, feedback and people of a quarter, as their services publish them."""
    goals = [each for n in range(6) for each in goal_life(f"g{n}", owner_id=("anna", "ben")[n % 2])]
    given = [feedback_given(f"f{n}", receiver_id=("anna", "ben")[n % 2]) for n in range(6)]
    people = [person_state("late", manager_id="manager"), person_joined("late", manager_id="manager")]
    return [house.record(each, at=IN_PERIOD) for each in (*goals, *given, *people)]


def interleaved(records: Sequence[Record], random_: random.Random) -> list[Record]:
    """Any order among sources, each source in its own; some delivered twice."""
    queues: dict[tuple[str, bytes | None], list[Record]] = {}
    for record in records:
        queues.setdefault((record.topic, record.key), []).append(record)
    mixed: list[Record] = []
    while queues:
        source = random_.choice(list(queues))
        mixed.append(queues[source].pop(0))
        if not queues[source]:
            del queues[source]
    return [each for record in mixed for each in [record] * random_.choice([1, 1, 2])]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_interleaving_of_topics_gives_the_same_evidence(house: House, seed: int) -> None:
    records = quarter(house)
    await house.feed(*records)
    expected = await gathered(house)
    assert [len(docs) for docs in expected.values()] == [6, 6]
    for collection in ("evidence_goals", "evidence_feedback", "watermarks", "parked"):
        await house.db[collection].delete_many(
            {"topic": {"$nin": ["cairn.people.events", "cairn.people.state"]}}
        )
    mixed = interleaved(records, random.Random(seed))
    for start in range(0, len(mixed), 7):
        for record in mixed[start : start + 7]:
            await house.feed(record)
    assert await gathered(house) == expected


async def test_events_out_of_order_wait_for_the_missing_ones(house: House) -> None:
    records = [house.record(each, at=IN_PERIOD) for each in goal_life()]
    await house.feed(*records[3:])
    assert (await gathered(house))["evidence_goals"] == []
    await house.feed(*records[:3])
    (goal,) = (await gathered(house))["evidence_goals"]
    assert goal["outcome"] == "achieved"


async def test_evidence_is_the_same_before_and_after_the_review_opens(house: House) -> None:
    await house.publish(*goal_life("g1"), feedback_given("f1"), at=IN_PERIOD)
    early = await house.opened("anna")
    before = await house.as_("manager").read(f"/reviews/{early}/evidence")
    await house.publish(*goal_life("g2"), feedback_given("f2"), at=IN_PERIOD)
    after = await house.as_("manager").read(f"/reviews/{early}/evidence")
    late = (await house.review_of("anna", await house.launch(name="Again")))["_id"]
    again = await house.as_("manager").read(f"/reviews/{late}/evidence")
    assert [len(each["goals"]) for each in (before, after, again)] == [1, 2, 2]
    assert {**after, "review_id": ""} == {**again, "review_id": ""}


async def test_gathering_publishes_nothing_and_touches_no_review(house: House) -> None:
    await house.opened("anna")
    before = await house.db["reviews"].find({}).to_list(None), await house.db["outbox"].count_documents({})
    await house.publish(*goal_life(), feedback_given(), at=IN_PERIOD)
    after = await house.db["reviews"].find({}).to_list(None), await house.db["outbox"].count_documents({})
    assert before == after


async def test_evidence_shows_ids_and_figures(house: House) -> None:
    await house.publish(*goal_life("g1"), feedback_given("f1"), at=IN_PERIOD)
    review_id = await house.opened("anna")
    told = await house.as_("anna").read(f"/reviews/{review_id}/evidence")
    (goal,), (given,) = told["goals"], told["feedback"]
    assert (goal["goal_id"], goal["outcome"], goal["progress"], goal["check_ins"]) == (
        "g1",
        "achieved",
        1.0,
        1,
    )
    assert goal["measurements"] == [
        {"key_result_id": "k1", "value": 7.0, "measured_at": "2026-02-10T09:00:00Z", "progress": 0.7}
    ]
    assert (given["feedback_id"], given["giver_id"], given["kind"]) == ("f1", "peer", "praise")
    assert given["given_on"] == "2026-02-10"


async def test_goal_of_which_nothing_was_measured_is_shown_without_progress(house: House) -> None:
    await house.publish(*goal_life("g1")[:3], at=IN_PERIOD)
    told = await house.as_("anna").read(f"/reviews/{await house.opened('anna')}/evidence")
    assert [(goal["progress"], goal["measurements"]) for goal in told["goals"]] == [(None, [])]


async def test_evidence_is_of_the_person_and_the_period(house: House) -> None:
    await house.publish(*goal_life("g1", owner_id="ben"), feedback_given("f1"), at=IN_PERIOD)
    await house.publish(feedback_given("f2"), at=LAUNCHED_AT)
    await house.publish(feedback_given("f3", receiver_id="ben"), at=IN_PERIOD)
    told = await house.as_("anna").read(f"/reviews/{await house.opened('anna')}/evidence")
    assert (told["goals"], [each["feedback_id"] for each in told["feedback"]]) == ([], ["f1"])


async def test_each_reader_sees_the_evidence_that_is_theirs(house: House) -> None:
    secret = feedback_given("secret", giver_id="manager", visibility="receiver")
    await house.publish(secret, feedback_given("known"), at=IN_PERIOD)
    await house.publish(*goal_life("open"), *goal_life("own", visibility="private"), at=IN_PERIOD)
    review_id = await house.opened("anna")
    everything = {"secret", "known", "open", "own"}
    seen = {
        ("anna",): everything,
        ("anna", "hr_admin"): everything,
        ("manager",): everything - {"secret"},
        ("partner", "hr_partner"): {"known", "open"},
        ("admin", "hr_admin"): {"known", "open"},
        ("auditor", "auditor"): {"known", "open"},
    }
    for caller, expected in seen.items():
        told = await house.as_(*caller).read(f"/reviews/{review_id}/evidence")
        found = {each["goal_id"] for each in told["goals"]} | {e["feedback_id"] for e in told["feedback"]}
        assert found == expected, caller


async def test_feedback_that_was_taken_back_is_no_evidence(house: House) -> None:
    await house.publish(feedback_given("f1"), feedback_given("f2"), at=IN_PERIOD)
    parties = {"giver_id": PersonId("peer"), "receiver_id": PersonId("anna")}
    await house.publish(FeedbackWithdrawn(feedback_id=FeedbackId("f1"), **parties), at=IN_PERIOD)
    told = await house.as_("anna").read(f"/reviews/{await house.opened('anna')}/evidence")
    assert [each["feedback_id"] for each in told["feedback"]] == ["f2"]
