"""The data directory of a suite: where everything it keeps lies, held by one suite at a time."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import DataDirectoryError

DEFAULT_DIRECTORY = Path(".cairn")


@dataclass(frozen=True)
class DataDirectory:
    """Where the parts of a suite keep what they keep."""

    path: Path

    @property
    def kafka(self) -> Path:
        """Kafka's configuration and logs of records."""
        return self.path / "kafka"

    @property
    def mongo(self) -> Path:
        """MongoDB's files."""
        return self.path / "mongo"

    @property
    def logs(self) -> Path:
        """What each process printed."""
        return self.path / "logs"

    @property
    def mail(self) -> Path:
        """The mails that were sent."""
        return self.path / "mail"

    @property
    def webhooks(self) -> Path:
        """The webhooks that were received, a line each."""
        return self.path / "webhooks.jsonl"

    @property
    def erasures(self) -> Path:
        """Who was erased, a line each, for after a restore."""
        return self.path / "erasures.jsonl"

    def log_of(self, name: str) -> Path:
        """The log file of one process."""
        return self.logs / f"{name}.log"


@contextmanager
def held(path: Path) -> Generator[DataDirectory]:
    """Make the directory if need be, close it to other users, and hold it against other suites.

    Raises:
        DataDirectoryError: it cannot be made or written, or another suite holds it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)  # mails and tokens' keys lie in it, whoever made it
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataDirectoryError(
            f"the data directory {path} cannot be used: {error.strerror}",
            mend="Make it a directory you may write to, or choose another with --data",
        ) from error
    try:
        _take(lock, path)
        yield DataDirectory(path.resolve())
    finally:
        os.close(lock)


def _take(lock: int, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
        raise DataDirectoryError(
            f"the data directory {path} is in use by another suite (process {holder})",
            mend="Stop that one first, or choose another directory with --data",
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
