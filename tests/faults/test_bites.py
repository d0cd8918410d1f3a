"""What counts as proof that a fault has bitten."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.groups import Members, goes_on_without_one
from tests.faults.instances import is_off

ONE, TWO, THREE = (frozenset({("events", partition)}) for partition in range(3))
BOTH: Members = {"first": ONE | TWO, "second": THREE}
SWAPPED: Members = {"first": THREE, "second": ONE | TWO}
GROWN: Members = {**BOTH, "third": frozenset()}
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_a_group_goes_on_when_the_others_read_what_one_has_read() -> None:
    assert goes_on_without_one(BOTH, {"second": ONE | TWO | THREE})


def test_a_group_goes_on_when_the_last_member_is_gone() -> None:
    assert goes_on_without_one({"only": ONE}, {})


def test_a_group_goes_on_when_one_has_come_instead_of_another() -> None:
    assert goes_on_without_one(BOTH, {"second": TWO | THREE, "third": ONE})


@pytest.mark.parametrize("now", [BOTH, SWAPPED, GROWN], ids=["the same", "swapped", "grown"])
def test_a_group_that_has_lost_nobody_does_not_prove_a_freeze(now: Members) -> None:
    assert not goes_on_without_one(BOTH, now)


def test_a_group_in_which_partitions_are_read_by_nobody_has_not_gone_on() -> None:
    assert not goes_on_without_one(BOTH, {"second": THREE})


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_time_an_hour_from_when_its_row_was_made_is_off(hours: int) -> None:
    told = NOON + timedelta(hours=hours, seconds=7)
    assert is_off(told, NOON, hours=hours)
    assert not is_off(told, NOON, hours=-hours)


def test_a_time_as_its_row_was_made_is_not_off() -> None:
    assert not is_off(NOON + timedelta(seconds=30), NOON, hours=1)
