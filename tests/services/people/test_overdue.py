"""Erasures that are open, and open for too long, are told to the metrics."""

from datetime import UTC, datetime, timedelta

from services.people.app import workers
from services.people.overdue import GRACE, ErasureWatch
from services.people.store.erasures import ERASURES
from tests.services.people.house import House
from tests.services.people.usecases.test_erase_person import ASKED, SAYS, gone, tell

RECHECK = timedelta(hours=2)


async def open_and_overdue(house: House, *, logs: bool) -> tuple[float | None, float | None]:
    metrics = house.runtime.metrics
    assert await ErasureWatch(house.db, metrics, recheck=RECHECK, logs=logs).turn() is False
    told = metrics.registry.get_sample_value
    return told("cairn_erasures_open"), told("cairn_erasures_overdue")


async def asked(house: House, *, ago: timedelta) -> None:
    await house.db[ERASURES].update_many({}, {"$set": {"asked_at": datetime.now(UTC) - ago}})


async def test_an_erasure_is_open_until_all_have_looked_again_and_it_is_logged(house: House) -> None:
    officer = house.as_("officer", "privacy_officer")
    assert await open_and_overdue(house, logs=True) == (0, 0)
    person_id = await gone(house)
    await officer.does(f"/people/{person_id}/erasure", ASKED)
    await asked(house, ago=RECHECK + GRACE - timedelta(minutes=5))
    assert await open_and_overdue(house, logs=False) == (1, 0)
    await asked(house, ago=RECHECK + GRACE + timedelta(minutes=5))
    assert await open_and_overdue(house, logs=False) == (1, 1)
    for service in SAYS:
        await tell(house, service, person_id, checked=True)
    await asked(house, ago=RECHECK + GRACE + timedelta(minutes=5))
    assert await open_and_overdue(house, logs=False) == (0, 0)
    assert await open_and_overdue(house, logs=True) == (1, 1)
    await house.db[ERASURES].update_many({}, {"$set": {"logged": True}})
    assert await open_and_overdue(house, logs=True) == (0, 0)


async def test_each_process_looks(house: House) -> None:
    assert "overdue" in {worker.name for worker in workers(house.runtime)}
