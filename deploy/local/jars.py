"""Kafka's jars: exactly the files that `kafka-jars.sha256` lists, cached for every suite of this user.

The manifest is the release: a jar that is missing, altered or extra is refused.  How they are
downloaded is told by `fetch_jars`, which runs as a process of its own so that it can be given up.
"""

import asyncio
import fcntl
import hashlib
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.child import Child
from deploy.local.errors import JarsError

KAFKA_VERSION = "4.1.1"
MANIFEST = Path(__file__).with_name("kafka-jars.sha256")
FETCHER = (sys.executable, "-m", "deploy.local.fetch_jars")
FETCH_SECONDS = 600.0

Progress = Callable[[int, int], None]


def cache_directory() -> Path:
    """Where the jars of this version lie, laid out as a Maven repository."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "cairn" / f"kafka-{KAFKA_VERSION}"


def manifest(path: Path = MANIFEST) -> dict[str, str]:
    """Path within the repository -> SHA-256 in hex, of every jar."""
    rows = (line.split() for line in path.read_text().splitlines())
    return {name: digest for digest, name in rows}


def verified(directory: Path, wanted: Mapping[str, str]) -> list[Path]:
    """The jars of a directory, each read and compared.

    Raises:
        JarsError: one is missing, or is not the file the manifest names.
    """
    for name, digest in wanted.items():
        try:
            with (directory / name).open("rb") as jar:
                found = hashlib.file_digest(jar, "sha256").hexdigest()
        except OSError as error:
            raise JarsError(
                f"{Path(name).name} is missing from {directory}", mend=_refetch(directory)
            ) from error
        if found != digest:
            raise JarsError(
                f"{Path(name).name} in {directory} is not the file of the release (its SHA-256 is {found})",
                mend=_refetch(directory),
            )
    return [directory / name for name in wanted]


async def kafka_jars(progress: Progress = lambda _done, _all: None) -> list[Path]:
    """The verified jars, downloaded once if they are not in the cache.

    Args:
        progress: told the number of jars fetched and of all, while downloading.

    Raises:
        JarsError: they cannot be fetched in time, or are not the files of the release.
    """
    directory, wanted = cache_directory(), manifest()
    if not directory.is_dir():
        await _fill(directory, wanted, progress)
    return await asyncio.to_thread(verified, directory, wanted)


async def _fill(directory: Path, wanted: Mapping[str, str], progress: Progress) -> None:
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JarsError(
            f"the cache {directory.parent} cannot be written: {error.strerror}",
            mend="Make it writable, or name another with XDG_CACHE_HOME",
        ) from error
    try:
        async with asyncio.timeout(FETCH_SECONDS), _alone(directory.parent / "lock"):
            if not await asyncio.to_thread(directory.is_dir):
                await _fetch(directory, wanted, progress)
    except TimeoutError as error:
        raise _unfetched(f"not done within {FETCH_SECONDS:.0f} s") from error


async def _fetch(directory: Path, wanted: Mapping[str, str], progress: Progress) -> None:
    """Download into a directory beside the cache, which takes its place only when all is verified."""
    with tempfile.TemporaryDirectory(prefix="kafka-", dir=directory.parent) as scratch:
        staged = Path(scratch, "jars")
        command = [*FETCHER, str(staged), *wanted]
        fetcher = Child(name="download", command=command, log=Path(scratch, "log"))
        await fetcher.start()
        try:
            while fetcher.alive:
                progress(_count(staged), len(wanted))
                await asyncio.sleep(0.1)
        finally:
            await fetcher.kill()
        if fetcher.status != 0:
            raise _unfetched(fetcher.tail(1).strip() or "the download ended without a word")
        await asyncio.to_thread(verified, staged, wanted)
        await asyncio.to_thread(staged.rename, directory)


def _count(staged: Path) -> int:
    return sum(1 for _ in staged.rglob("*.jar"))


def _unfetched(trouble: str) -> JarsError:
    return JarsError(
        f"Kafka's jars could not be fetched: {trouble}",
        mend=f"Let this machine reach a Maven repository, or bring {cache_directory()} from one that does",
    )


@asynccontextmanager
async def _alone(lock: Path) -> AsyncGenerator[None]:
    """While no other suite of this user downloads."""
    with lock.open("w") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.1)
        yield


def _refetch(directory: Path) -> str:
    return f"Delete {directory} to have it fetched again"
