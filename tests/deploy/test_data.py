import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.data import held
from deploy.local.errors import DataDirectoryError

HOLD = """
import sys
from pathlib import Path
from deploy.local.data import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_directory_is_made_with_its_parents(tmp_path):
    with held(tmp_path / "a" / "b") as data:
        assert data.path == (tmp_path / "a" / "b").resolve()
        assert data.log_of("kafka") == data.path / "logs" / "kafka.log"


def test_second_suite_is_refused_and_told_who_holds_the_directory(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(DataDirectoryError, match=rf"in use by another suite \(process {other.pid}\)"),
            held(tmp_path),
        ):
            pass
        other.communicate()
    with held(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_lock_of_a_killed_suite_holds_nobody_up(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        other.kill()
    with held(tmp_path):
        pass


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_directory_that_cannot_be_is_told_with_the_way_out(tmp_path, place):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(DataDirectoryError, match=r"cannot be used: .*--data"), held(tmp_path / place):
        pass


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a directory that nobody may write to")
def test_unwritable_directory_is_told_with_the_way_out():
    with pytest.raises(DataDirectoryError, match=r"cannot be used: .*--data"), held(Path("/proc/self")):
        pass


def test_nobody_else_looks_into_the_directory_not_even_into_one_that_was_open(tmp_path: Path) -> None:
    directory = tmp_path / "open"
    directory.mkdir(mode=0o755)
    with held(directory):
        assert directory.stat().st_mode & 0o777 == 0o700
