"""A process whose liveness fails for too long ends by itself; one that is well or frozen does not."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SECONDS = 2.4
SCRIPT = """
import asyncio, sys, time
from shared import logs
from shared.health import Health, Probe
from shared.watchdog import watched
logs.configure(service="watched")
wrong = ""
health = Health([
    Probe("progress", lambda: wrong, liveness=True),
    Probe("mongo", lambda: "away"),
])
async def main():
    global wrong
    with watched(health.live, seconds={seconds}):
        await asyncio.sleep(0.3)
        print("up", flush=True)
        {within}
    {after}
asyncio.run(main())
"""
SERVICE = """
import asyncio, time
from services.people.app import SERVICE
from shared import logs
from shared.runtime import Runtime
from shared.settings import read
async def nothing(self): pass
Runtime.start = Runtime.stop = nothing
settings = read("people", mongo_url="mongodb://127.0.0.1:1", kafka_bootstrap=("127.0.0.1:1",),
                oidc_issuer="https://id.example.com", watchdog_seconds={seconds})
logs.configure(service="people")
app = SERVICE.app(settings)
async def main():
    async with app.router.lifespan_context(app):
        time.sleep(60)
asyncio.run(main())
"""


def script(within: str, after: str = "pass") -> str:
    return SCRIPT.format(seconds=SECONDS, within=within, after=after)


def started(text: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", text], cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def ended(text: str) -> tuple[int, str]:
    process = started(text)
    said, _ = process.communicate(timeout=50)
    return process.returncode, said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (script("time.sleep(60)"), "no answer within 0.2 s"),
        (script("wrong = 'lags'; await asyncio.sleep(60)"), "progress: lags"),
        (SERVICE.format(seconds=SECONDS), "no answer within 0.2 s"),
    ],
    ids=["a loop that starves", "a probe of liveness", "a service"],
)
def test_a_process_that_a_restart_would_mend_ends_and_says_why(text: str, why: str) -> None:
    code, said = ended(text)
    assert code == 70
    (line,) = (json.loads(line) for line in said.splitlines() if line.startswith("{"))
    assert (line["part"], line["level"], line["wrong"]) == ("watchdog", "critical", why)


@pytest.mark.parametrize(
    ("within", "after"),
    [
        ("await asyncio.sleep(2 * {seconds})", "pass"),
        ("time.sleep({seconds} * 0.7); await asyncio.sleep(1); time.sleep({seconds} * 0.7)", "pass"),
        ("pass", "time.sleep(2 * {seconds})"),
    ],
    ids=["while an engine is away", "when it starves for a while", "while it stops"],
)
def test_a_process_goes_on(within: str, after: str) -> None:
    code, _ = ended(script(within.format(seconds=SECONDS), after.format(seconds=SECONDS)))
    assert code == 0


def test_a_process_that_was_frozen_goes_on() -> None:
    process = started(script("await asyncio.sleep(5)"))
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGSTOP)
    time.sleep(1.5 * SECONDS)  # as long as it is frozen
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=50)
    assert process.returncode == 0
