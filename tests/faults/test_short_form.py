"""The short form of `make faults`: most faults once, with few goals, and the checker finds nothing wrong."""

import os
from pathlib import Path

import pytest

from tests.faults.__main__ import holds, report, under_fire
from tests.faults.faults import FAULTS

SHORT = (
    "crash_after_mongo_commit",
    "crash_before_mark",
    "inject",
    "network_resets",
    "kill_mongod_primary",
    "kill_broker",
    "poison",
)


ASKED = "CAIRN_TEST_FAULTS"


@pytest.mark.skipif(ASKED not in os.environ, reason=f"eighteen processes for five minutes: set {ASKED}")
@pytest.mark.timeout(1500)
async def test_nothing_is_lost_doubled_or_out_of_order_under_fire(tmp_path: Path) -> None:
    faults = [(name, FAULTS[name].fault) for name in SHORT]
    run, verdict, waiting = await under_fire(tmp_path, faults, seed=7, goals=60, rate=40, minutes=12)
    found = report(run, verdict, waiting, {}, 7)
    assert holds(found), found
    assert found["commands"] > 500
    assert set(found["faults"]) >= {name for name in SHORT if name != "inject"}, found["faults"]
