"""Secrets that a suite makes for itself: random, kept in files that their owner alone reads."""

import os
from collections.abc import Callable
from pathlib import Path

from deploy.local.errors import DataDirectoryError


def kept(path: Path, make: Callable[[], str]) -> str:
    """The secret in the file, made the first time.

    Raises:
        DataDirectoryError: the file cannot be read or written.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = path.with_suffix(".part")
            whole.unlink(missing_ok=True)
            handle = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(make())
            whole.rename(path)
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise DataDirectoryError(
            f"{path} cannot be used: {error}",
            mend="Make the data directory readable and writable, or choose another with --data",
        ) from error


def put(path: Path, text: str) -> None:
    """Write a file that its owner alone reads, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(text)
    part.rename(path)
