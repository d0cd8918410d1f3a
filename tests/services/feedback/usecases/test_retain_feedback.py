"""Feedback, requests and recognition go when they are old, unless somebody whom they name is held."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.services.feedback.house import FeedbackHouse
from tests.services.feedback.usecases.test_forget_person import ask, give, recognise

SAID_AT = datetime(2026, 1, 12, 9, tzinfo=UTC)
DAYS = 1000
DUE = SAID_AT + timedelta(days=DAYS)
LATER = DUE + timedelta(seconds=1)
COLLECTIONS = {"feedback": "feedback", "request": "feedback_requests", "recognition": "recognitions"}
NAMED = {
    "feedback": ("peer", "anna"),
    "request": ("manager", "ben", "anna"),
    "recognition": ("peer", "anna", "ben"),
}
"""By kind, who is named in what `said` makes."""


async def said(house: FeedbackHouse) -> dict[str, str]:
    """One of each kind, at SAID_AT, by kind."""
    house.now = SAID_AT
    request = await ask(house, "manager", "ben", "anna")
    await house.as_("ben").does(f"/feedback-requests/{request}/declination", {"reason": "No."})
    made = {"feedback": await give(house, "peer", "anna"), "request": request}
    return made | {"recognition": await recognise(house, "anna", "ben")}


@pytest.mark.parametrize("kind", COLLECTIONS)
async def test_each_kind_goes_at_its_age_and_not_before_and_alone(house: FeedbackHouse, kind: str) -> None:
    made = await said(house)
    assert await house.retain(kind, days=DAYS, at=DUE) == 0
    assert await house.retain(kind, days=DAYS, at=LATER) == 1
    assert await house.retain(kind, days=DAYS, at=LATER) == 0
    counts = {each: await house.db[name].count_documents({}) for each, name in COLLECTIONS.items()}
    assert counts == {each: int(each != kind) for each in COLLECTIONS}
    assert "gone" in await house.state(made[kind])


@pytest.mark.parametrize(("kind", "held"), [(kind, each) for kind, named in NAMED.items() for each in named])
async def test_what_names_who_is_held_stays_until_the_hold_is_lifted(
    house: FeedbackHouse, kind: str, held: str
) -> None:
    await said(house)
    assert await house.retain(kind, days=DAYS, at=LATER, held={held}) == 0
    assert await house.retain(kind, days=DAYS, at=LATER, held={"chief"}) == 1


async def test_a_request_that_is_open_stays_and_others_go_however_they_were_settled(
    house: FeedbackHouse,
) -> None:
    house.now = SAID_AT
    open_, withdrawn = await ask(house, "anna", "peer"), await ask(house, "anna", "ben")
    answered = await ask(house, "ben", "anna")
    await house.as_("anna").does(
        f"/feedback-requests/{answered}/answer", {"kind": "praise", "text": "Well done."}
    )
    await house.as_("anna").does(f"/feedback-requests/{withdrawn}/withdrawal")
    assert await house.retain("request", days=1, at=LATER) == 2
    assert await house.db["feedback_requests"].distinct("_id") == [open_]
