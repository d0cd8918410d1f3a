"""The `cairn` command as a person meets it: a process, its exit code and what it prints."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import jwt
import pytest

from deploy.local.services import STOP_SECONDS

PROJECT = Path(__file__).parents[2]
STANDINS = """
import deploy.local.services
deploy.local.services.MODULE = "MODULE_OF_A_SERVICE"
from deploy.cli import main
main()
"""


def cairn(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROJECT / "cairn", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def up(engines, standins, tmp_path, free_base):
    """Starts `cairn up` with stand-ins for the services, and ends what a failed test leaves of it."""
    started: list[subprocess.Popen[str]] = []

    def start(**environment: str) -> subprocess.Popen[str]:
        addresses = {"CAIRN_KAFKA_BOOTSTRAP": engines.kafka, "CAIRN_MONGO_URL": engines.mongo}
        command = [
            sys.executable,
            "-c",
            STANDINS.replace("MODULE_OF_A_SERVICE", standins),
            "up",
            "--data",
            str(tmp_path),
            "--port-base",
            str(free_base),
        ]
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | addresses | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        until(lambda: (tmp_path / "suite.json").exists() or process.poll() is not None)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def until(holds) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_help_names_the_commands():
    told = cairn("--help")
    assert told.returncode == 0
    assert " up " in told.stdout
    assert " token " in told.stdout


def test_what_is_in_the_way_is_told_in_a_line_without_a_trace(tmp_path):
    (tmp_path / "file").write_text("")
    told = cairn("up", "--data", tmp_path / "file")
    assert told.returncode == 1
    assert told.stderr.startswith(f"cairn: the data directory {tmp_path}/file cannot be used: ")
    assert told.stderr.count("\n") == 1


def test_token_without_a_suite_says_how_to_start_one(tmp_path):
    told = cairn("token", "--as", "person_1", "--data", tmp_path)
    assert told.returncode == 1
    assert "Start one with `cairn up`" in told.stderr
    assert not told.stdout


def test_token_of_a_running_suite_names_the_person_the_roles_and_the_issuer(up, tmp_path, free_base):
    up()
    told = cairn("token", "--as", "person_1", "--role", "hr_admin", "--role", "auditor", "--data", tmp_path)
    claims = jwt.decode(told.stdout.strip(), options={"verify_signature": False})
    assert claims["sub"] == "person_1"
    assert claims["roles"] == ["hr_admin", "auditor"]
    assert claims["iss"] == f"http://127.0.0.1:{free_base + 9}"
    assert not told.stderr


def test_token_for_somebody_the_directory_does_not_know_is_given_with_a_warning(up, tmp_path):
    up()
    told = cairn("token", "--as", "nobody", "--data", tmp_path)
    assert told.returncode == 0
    assert jwt.decode(told.stdout.strip(), options={"verify_signature": False})["sub"] == "nobody"
    assert "Nobody in the directory has the id nobody" in told.stderr


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_stops_everything_and_is_a_success(up, tmp_path, free_base, sign):
    process = up()
    process.send_signal(sign)
    shown, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "The suite is up" in shown
    assert f"http://127.0.0.1:{free_base + 2}" in shown
    assert "Traceback" not in said
    assert not any(listens(free_base + offset) for offset in (1, 2, 3, 4, 5, 9, 40, 41))
    assert not (tmp_path / "suite.json").exists()


def test_second_interrupt_ends_it_at_once_and_leaves_nobody_behind(up, free_base):
    process = up(STANDIN_GOALS="deaf")
    process.send_signal(signal.SIGINT)
    until(lambda: not listens(free_base + 1))
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=STOP_SECONDS + 20)
    assert process.returncode == 130
    assert time.monotonic() - began < STOP_SECONDS
    until(lambda: not any(listens(free_base + offset) for offset in (1, 2, 3, 4, 5)))


def test_dead_service_ends_it_with_its_last_words(up):
    process = up(STANDIN_REVIEWS="dies")
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "cairn: reviews stopped by itself" in said
    assert "I cannot go on" in said
    assert "Traceback" not in said.replace("    Traceback", "")


def test_a_role_that_nobody_knows_is_refused_with_those_that_are(tmp_path):
    refused = cairn("token", "--as", "hr", "--role", "bogus", "--data", tmp_path)
    assert refused.returncode == 2
    assert "bogus" in refused.stderr
    assert "hr_admin" in refused.stderr
