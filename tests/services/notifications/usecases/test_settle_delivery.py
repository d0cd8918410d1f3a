"""Claims run by the database server's clock, whatever a process's own says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifications.usecases import settle_delivery
from services.notifications.usecases.settle_delivery import claim_all, due_ids
from tests.services.notifications.house import House, proposal


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_process_with_a_wrong_clock_takes_nothing_that_another_has(
    house: House, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(hours=hours)

    await house.open_outlets(smtp_host="127.0.0.1", smtp_port=9, smtp_security="none")
    await house.publish(proposal("g1"))
    work = house.work
    due = await due_ids(work.db, channel="email", limit=10)
    assert len(due) == 1
    with monkeypatch.context() as patched:
        patched.setattr(settle_delivery, "datetime", Wrong)
        taken = await claim_all(work, due, longest=timedelta(seconds=1))
    assert len(taken.deliveries) == 1
    assert list(await due_ids(work.db, channel="email", limit=10)) == []
    with monkeypatch.context() as patched:
        patched.setattr(settle_delivery, "datetime", Wrong)
        assert list(await due_ids(work.db, channel="email", limit=10)) == []
    assert taken.deliveries[0].due_at > datetime.now(UTC)
