"""How often each fault comes in a run, and in what order."""

from collections import Counter

import pytest

from tests.faults.faults import FAULTS, plan
from tests.faults.traps import POINTS

ASKED = tuple(f"crash_{point}" for point in POINTS if point != "before_work")


@pytest.mark.parametrize(("minutes", "times"), [(5, 1), (15, 3), (30, 10)])
def test_every_crash_point_comes_as_often_as_a_run_of_that_length_asks(minutes: float, times: int) -> None:
    found = Counter(name for name, _ in plan(1, None, minutes=minutes))
    assert [found[name] for name in ASKED] == [times] * len(ASKED)


def test_engines_fail_as_often_as_a_full_run_asks() -> None:
    found = Counter(name for name, _ in plan(1, None, minutes=15))
    wanted = {"kill_mongod_primary": 3, "kill_broker": 2, "restart_broker": 1, "disk_full": 1}
    assert {name: found[name] for name in wanted} == wanted


def test_no_fault_comes_again_before_all_have_come() -> None:
    names = [name for name, _ in plan(7, None, minutes=15)]
    assert set(names[: len(FAULTS)]) == set(FAULTS)


def test_a_seed_gives_the_same_order() -> None:
    first, again, other = ([name for name, _ in plan(seed, None, minutes=15)] for seed in (1, 1, 2))
    assert first == again
    assert first != other
