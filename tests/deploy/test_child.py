import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local.child import Child
from deploy.local.errors import ChildDiedError
from deploy.local.watch import while_alive

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('deaf', flush=True)
time.sleep(60)
"""
PARENT = """
import asyncio, sys
from pathlib import Path
from deploy.local.child import Child
async def main():
    child = Child(name="grandchild", command=["sleep", "60"], log=Path(sys.argv[1]))
    await child.start()
    print(child.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def never() -> bool:
    return False


def python(tmp_path: Path, code: str) -> Child:
    return Child(name="worker", command=[sys.executable, "-c", code], log=tmp_path / "worker.log")


def gone(pid: int) -> bool:
    """No such process, or only its entry until somebody asks for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until(holds, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


async def test_child_that_dies_is_told_at_once_with_its_exit_code_and_last_words(tmp_path):
    child = python(tmp_path, "print('I have no port'); raise SystemExit(7)")
    await child.start()
    began = time.monotonic()
    told = r"worker stopped by itself \(exit code 7\)\. Its log is in .*; it ends:\n    I have no port"
    with pytest.raises(ChildDiedError, match=told):
        await child.until(never, within=120)
    assert time.monotonic() - began < 60


async def test_command_that_does_not_exist_is_told_by_name(tmp_path):
    child = Child(name="worker", command=["/no/such/program"], log=tmp_path / "worker.log")
    await child.start()
    with pytest.raises(ChildDiedError, match="cannot run /no/such/program"):
        await child.until(never, within=30)


async def test_child_killed_from_outside_is_told_by_the_signal(tmp_path):
    child = python(tmp_path, "import time; time.sleep(60)")
    await child.start()
    os.kill(child.pid, signal.SIGKILL)
    await child.ended()
    with pytest.raises(ChildDiedError, match="killed by SIGKILL"):
        child.require_alive()


async def test_child_that_is_never_ready_is_given_up_with_what_it_lacks(tmp_path):
    child = python(tmp_path, "import time; time.sleep(60)")
    await child.start()
    with pytest.raises(ChildDiedError, match=r"not ready within 0 s no partitions. .*, which is empty"):
        await child.until(never, within=0.2, lacking=lambda: "no partitions")
    await child.stop()


async def test_stop_asks_first_and_then_insists(tmp_path):
    child = python(tmp_path, STUBBORN)
    await child.start()

    async def deaf() -> bool:
        return "deaf" in child.log.read_text()

    await child.until(deaf, within=20)
    await child.stop(grace=0.2)
    assert child.status == -signal.SIGKILL
    child.require_alive()


async def test_frozen_child_can_be_stopped(tmp_path):
    child = python(tmp_path, "import time; time.sleep(60)")
    await child.start()
    child.send(signal.SIGSTOP)
    await child.stop(grace=10)
    assert child.status == -signal.SIGTERM


async def test_log_of_the_start_before_is_kept(tmp_path):
    for word in ("first", "second", "third"):
        child = python(tmp_path, f"print('{word}')")
        await child.start()
        await child.ended()
    assert (tmp_path / "worker.log").read_text() == "third\n"
    assert (tmp_path / "worker.previous.log").read_text() == "second\n"


async def test_work_is_given_up_when_a_child_dies_meanwhile(tmp_path):
    child = python(tmp_path, "raise SystemExit(3)")
    await child.start()

    with pytest.raises(ChildDiedError, match="exit code 3"):
        await while_alive(asyncio.Event().wait(), lambda: [child])


async def test_work_that_fails_by_itself_fails_as_it_is(tmp_path):
    child = python(tmp_path, "import time; time.sleep(60)")
    await child.start()

    async def broken() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await while_alive(broken(), lambda: [child])
    await child.stop()


def test_killed_supervisor_leaves_no_orphan(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    ) as parent:
        grandchild = int(parent.stdout.readline())
        assert not gone(grandchild)
        parent.kill()
    wait_until(lambda: gone(grandchild))


def test_tether_refuses_when_its_starter_is_gone_already(tmp_path):
    tether = Path(__file__).parents[2] / "deploy" / "local" / "tether.py"
    ran = subprocess.run(
        [sys.executable, tether, "1", "touch", str(tmp_path / "done")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "is gone" in ran.stderr
    assert not (tmp_path / "done").exists()
