"""Lines that are added to a file outside of any database, and never changed."""

import os
from pathlib import Path


def append_line(path: Path, line: str) -> None:
    """Add a line and have it on the disk; after one that was torn, on a line of its own."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "rb+") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else f"\n{line}"
        file.write(f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())
