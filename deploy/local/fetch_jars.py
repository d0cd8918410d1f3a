"""Download jars from the Maven repository, as a process of its own.

Its arguments are a directory and the paths within the repository to fetch into it.  It judges
nothing: whoever runs it compares the files with the manifest, and ends it when it takes too
long.  With `--lock` it prints what the manifest should hold for the versions named here instead.
"""

import hashlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path, PurePosixPath

from jgo.env import EnvironmentBuilder
from jgo.maven import MavenContext

from deploy.local.jars import KAFKA_VERSION

BROKER = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
ALONE = (
    f"org/apache/kafka/kafka-tools/{KAFKA_VERSION}/kafka-tools-{KAFKA_VERSION}.jar",
    "org/apache/logging/log4j/log4j-slf4j-impl/2.24.3/log4j-slf4j-impl-2.24.3.jar",
)
AT_ONCE = 6


def fetch(context: MavenContext, name: str) -> Path:
    """Fetch one jar by its path within the repository: `group/artifact/version/file`."""
    *group, artifact, version, _file = PurePosixPath(name).parts
    return context.project(".".join(group), artifact).at_version(version).artifact().resolve()


def fetch_all(directory: Path, names: Sequence[str]) -> None:
    """Fetch every jar, a few at once; the first that cannot be had ends it."""
    context = MavenContext(repo_cache=directory, local_repos=[], timeout=30)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way = [pool.submit(fetch, context, name) for name in names]
        for done in as_completed(under_way):
            if done.exception():
                pool.shutdown(wait=False, cancel_futures=True)
            done.result()


def locked() -> Iterator[str]:
    """The manifest's lines: what the broker's own POM asks for, the command-line tools and the logging."""
    with tempfile.TemporaryDirectory() as scratch:
        repository = Path(scratch, "repository")
        context = MavenContext(repo_cache=repository, local_repos=[])
        builder = EnvironmentBuilder(context=context, cache_dir=Path(scratch, "environments"))
        for jar in builder.from_endpoint(BROKER).all_jars:
            (name,) = repository.rglob(jar.name)
            yield _line(name, repository)
        for name in ALONE:
            yield _line(fetch(context, name), repository)


def _line(jar: Path, repository: Path) -> str:
    return f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.relative_to(repository)}"


if __name__ == "__main__":
    if sys.argv[1:] == ["--lock"]:
        print("\n".join(sorted(locked(), key=lambda line: line.split()[1])))
    else:
        fetch_all(Path(sys.argv[1]), sys.argv[2:])
