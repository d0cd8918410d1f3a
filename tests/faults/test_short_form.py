"""The short form of `make faults`: most faults once, with few goals, and the checker finds nothing wrong."""

import asyncio
import shutil
import warnings
from pathlib import Path

import pytest

from deploy.local.errors import LocalError
from deploy.local.jars import kafka_jars
from deploy.local.machine import java, mongod
from tests.faults.__main__ import not_kept, report, show, under_fire
from tests.faults.checker import Verdict
from tests.faults.faults import FAULTS
from tests.faults.run import Run
from tests.faults.short import COVERED, GROUPS, INSTANCES

SEED, GOALS, RATE = 7, 30, 25.0
PATIENCE_MINUTES = 15.0
"""Several times of what it takes: a fault that is not survived shall say so before time is up."""


async def require_engines() -> None:
    """Skip where there is nothing to run the engines with."""
    try:
        java()
        mongod()
        await kafka_jars()
    except LocalError as error:
        pytest.skip(f"engines of its own cannot be run here: {error}")


async def _lived_through(directory: Path) -> tuple[Run, Verdict, str]:
    limit = asyncio.timeout(PATIENCE_MINUTES * 60)
    try:
        async with limit:
            return await under_fire(
                directory,
                GROUPS,
                seed=SEED,
                goals=GOALS,
                rate=RATE,
                minutes=PATIENCE_MINUTES,
                instances=INSTANCES,
            )
    except TimeoutError:
        if limit.expired():
            pytest.fail(f"not over in {PATIENCE_MINUTES:.0f} minutes; the logs are in {directory / 'logs'}")
        raise


def test_the_short_form_has_most_faults() -> None:
    assert set(FAULTS) >= COVERED
    assert len(COVERED) >= len(FAULTS) * 2 / 3


@pytest.mark.timeout(PATIENCE_MINUTES * 60 + 120)  # later than its own, which takes everything down
async def test_nothing_is_lost_doubled_or_out_of_order_under_fire(tmp_path: Path) -> None:
    await require_engines()
    run, verdict, waiting = await _lived_through(tmp_path)
    found = report(run, verdict, waiting, {}, SEED)
    show(found)
    for name, why in run.skipped.items():
        warnings.warn(f"not every fault could be had: {name}: {why}", stacklevel=1)
    assert not_kept(found) == {}, f"the logs are in {run.town.data.logs}"
    assert set(run.recoveries) == COVERED - set(run.skipped)
    assert found["commands"] > 500
    shutil.rmtree(tmp_path)
