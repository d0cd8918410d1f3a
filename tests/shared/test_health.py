"""Readiness asks every probe in time; liveness fails only for what a restart mends."""

import asyncio
import time

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from shared import health
from shared.health import Health, Probe


async def well():
    return ""


async def ill():
    return "no partitions assigned yet"


async def breaks():
    raise ConnectionError("mongodb://user:secret@host")


async def hangs():
    await asyncio.Event().wait()


@pytest.fixture
async def ask():
    clients = []

    async def ask(path, *probes, timeout_seconds=20.0):
        app = Starlette(routes=list(Health(probes, timeout_seconds=timeout_seconds).routes()))
        client = AsyncClient(transport=ASGITransport(app), base_url="http://test")
        clients.append(client)
        return await client.get(path)

    yield ask
    for client in clients:
        await client.aclose()


async def test_a_process_whose_probes_are_well_is_ready(ask):
    answer = await ask("/readyz", Probe("mongo", well), Probe("kafka", lambda: ""))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["ok"]
    assert answer.json()["probes"]["mongo"]["ok"]


async def test_one_ill_probe_is_enough_and_says_what_is_wrong(ask):
    answer = await ask("/readyz", Probe("mongo", well), Probe("kafka", ill))
    assert answer.status_code == 503
    probes = answer.json()["probes"]
    assert (probes["mongo"]["ok"], probes["kafka"]["ok"]) == (True, False)
    assert probes["kafka"]["detail"] == "no partitions assigned yet"


async def test_a_probe_that_breaks_is_ill_and_its_words_are_kept_back(ask):
    answer = await ask("/readyz", Probe("mongo", breaks), Probe("kafka", well))
    assert answer.json()["probes"]["mongo"]["detail"] == "ConnectionError"
    assert "secret" not in answer.text
    assert answer.json()["probes"]["kafka"]["ok"]


async def test_probes_that_hang_cost_one_time_limit_together(ask):
    hanging, together = 0, 0

    async def hang():
        nonlocal hanging, together
        hanging += 1
        together = max(together, hanging)
        try:
            await hangs()
        finally:
            hanging -= 1

    answer = await ask("/readyz", *(Probe(f"p{n}", hang) for n in range(5)), timeout_seconds=0.2)
    assert together == 5
    assert answer.status_code == 503
    assert answer.json()["probes"]["p0"]["detail"] == "no answer within 0.2 s"


async def test_a_process_without_probes_is_ready(ask):
    assert (await ask("/readyz")).status_code == 200


async def test_what_a_restart_would_not_mend_does_not_end_a_life(ask):
    answer = await ask("/livez", Probe("mongo", ill), Probe("kafka", hangs))
    assert answer.status_code == 200
    assert list(answer.json()["probes"]) == ["event_loop"]


async def test_a_consumer_that_is_stuck_asks_for_a_restart(ask):
    answer = await ask("/livez", Probe("progress", ill, liveness=True))
    assert answer.status_code == 503
    assert answer.json()["probes"]["progress"]["detail"] == "no partitions assigned yet"


async def test_a_liveness_probe_counts_for_readiness_too(ask):
    assert (await ask("/readyz", Probe("progress", ill, liveness=True))).status_code == 503


async def test_many_who_ask_at_once_cost_one_look():
    looks = 0

    async def count():
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return ""

    asked = Health([Probe("mongo", count)])
    await asyncio.gather(*(asked.ready() for _ in range(50)))
    assert looks == 1


async def test_an_answer_is_not_kept_for_long(monkeypatch):
    monkeypatch.setattr(health, "FRESH_SECONDS", 0.0)
    said = iter(["down", ""])
    asked = Health([Probe("mongo", lambda: next(said))])
    assert [(await asked.ready())[0].ok, (await asked.ready())[0].ok] == [False, True]


async def test_a_loop_that_starved_is_told_until_it_beats_again(monkeypatch):
    monkeypatch.setattr(health, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(health, "STARVED_SECONDS", 0.2)
    asked = Health([])
    assert (await asked.live())[0].ok
    time.sleep(0.3)  # noqa: ASYNC251  starving the loop is the point
    starved = (await asked.live())[0]
    assert not starved.ok
    assert "events wait" in starved.detail
    async with asyncio.timeout(5):
        while not (await asked.live())[0].ok:
            await asyncio.sleep(0.01)


def test_a_new_event_loop_starts_a_new_heart():
    asked = Health([])
    assert asyncio.run(asked.live())[0].ok
    assert asyncio.run(asked.live())[0].ok
