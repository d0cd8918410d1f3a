"""One sender at a time has a delivery, and it is tried again until it is over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.delivery import Delivery, NotDue, delivery_id
from services.notifications.domain.outlets import Outlets, endpoint_id
from services.notifications.domain.retry import Patience

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
PATIENCE = Patience(first=timedelta(seconds=10), most=timedelta(minutes=5), attempts=4)
MINUTE = timedelta(minutes=1)


def fresh(**more: Any) -> Delivery:
    named: Any = {"delivery_id": "d", "notification_id": "n", "person_id": "anna", "channel": "email"}
    return Delivery(**named, endpoint_id=None, correlation_id="", raised_at=AT, **more)


def test_a_new_delivery_can_be_claimed_by_one_sender_only() -> None:
    claimed = fresh().claim(at=AT, lasting=MINUTE)
    assert claimed.attempts == 1
    with pytest.raises(NotDue):
        claimed.claim(at=AT + MINUTE / 2, lasting=MINUTE)


def test_a_claim_that_ran_out_leaves_it_to_the_next_sender() -> None:
    claimed = fresh().claim(at=AT, lasting=MINUTE).claim(at=AT + MINUTE, lasting=MINUTE)
    assert claimed.attempts == 2


def test_a_missed_delivery_is_due_again_after_a_pause() -> None:
    claimed = fresh().claim(at=AT, lasting=MINUTE)
    missed = claimed.missed("smtp_450", patience=PATIENCE, at=AT, spread=0.5)
    assert (missed.state, missed.reason) == ("due", "smtp_450")
    assert missed.due_at == AT + timedelta(seconds=10)


def test_after_the_last_attempt_it_is_given_up() -> None:
    last = fresh(attempts=3).claim(at=AT, lasting=MINUTE)
    given_up = last.missed("smtp_450", patience=PATIENCE, at=AT, spread=0.5)
    assert (given_up.state, given_up.reason) == ("failed", "smtp_450")


@pytest.mark.parametrize("settled", [fresh().taken(), fresh().given_up("smtp_550")])
def test_what_is_settled_is_nobodys_any_more(settled: Delivery) -> None:
    with pytest.raises(NotDue):
        settled.claim(at=AT + timedelta(days=365), lasting=MINUTE)


@given(attempt=st.integers(1, 10_000), spread=st.floats(0, 1))
def test_pauses_grow_up_to_a_limit_and_never_run_together(attempt: int, spread: float) -> None:
    pause = PATIENCE.pause(attempt, spread=spread)
    plain = min(PATIENCE.most, PATIENCE.first * 2 ** min(attempt - 1, 20))
    assert plain * 0.75 <= pause <= plain * 1.25


def test_the_id_of_a_delivery_follows_from_what_is_sent_where() -> None:
    ids = {
        delivery_id("n", "email"),
        delivery_id("n", "webhook", "a"),
        delivery_id("n", "webhook", "b"),
        delivery_id("m", "email"),
    }
    assert len(ids) == 4
    assert delivery_id("n", "webhook", "a") in ids


def test_an_endpoint_stays_disabled_while_its_address_is_listed_and_not_longer() -> None:
    gone, other = endpoint_id("https://gone.example.com"), endpoint_id("https://other.example.com")
    outlets = Outlets().opened(email=True, endpoint_ids=[gone, other]).without(gone, reason="http_410")
    again = outlets.opened(email=True, endpoint_ids=[gone, other])
    assert again.live_endpoint_ids == (other,)
    taken_out = again.opened(email=True, endpoint_ids=[other])
    assert set(taken_out.opened(email=True, endpoint_ids=[gone, other]).live_endpoint_ids) == {gone, other}
