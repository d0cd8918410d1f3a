"""The suite in containers, asked by way of `docker compose`; a project of its own beside any other.

Its ports start with CAIRN_PORTS (87 by default).
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOLD = "CAIRN_TEST_COMPOSE"
UP_SECONDS = 900
BUILD_SECONDS = 600
ONE_SHOTS = {"keys", "users", "topics", "indexes", "replica-set"}
FOR_REAL = [
    pytest.mark.skipif(not os.environ.get(TOLD), reason="it builds and runs containers: make test-compose"),
    pytest.mark.timeout(2 * UP_SECONDS),
]


@contextmanager
def standing(compose: "Compose") -> Iterator["Compose"]:
    """A project that is up, from nothing, and is taken away with all that it kept."""
    compose.down("--volumes")
    try:
        tell(f"up --build --wait: {compose.up('--build'):.0f} s\n{compose.memory()}")
        yield compose
        tell(f"after the tests:\n{compose.memory()}")
    finally:
        compose.down("--volumes")


def tell(text: str) -> None:
    """Figures for whoever watches."""
    sys.stdout.write(f"\n{text}\n")


class Compose:
    """A project: the files that it is made of, its profiles, and the variables that it is given."""

    def __init__(
        self,
        project: str = "cairn-try",
        *,
        files: tuple[str, ...] = (),
        ports: str = "87",
        directory: Path = ROOT,
        profiles: tuple[str, ...] = ("dev",),
    ) -> None:
        given = {
            name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "COMPOSE_"))
        }
        self.project = project
        self.environment = given | {"CAIRN_PORTS": os.environ.get("CAIRN_PORTS", ports)}
        self._directory = directory
        self._chosen = [part for file in files for part in ("--file", file)]
        self._chosen += [part for profile in profiles for part in ("--profile", profile)]

    def ask(self, *arguments: str, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """A subcommand, however it ends."""
        command = ["docker", "compose", "--project-name", self.project, *self._chosen]
        return subprocess.run(
            [*command, *arguments],
            cwd=self._directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def run(self, *arguments: str, seconds: float = 120) -> str:
        """What a subcommand prints; its failure fails the test with what it said."""
        ended = self.ask(*arguments, seconds=seconds)
        if ended.returncode != 0:
            told = f"{ended.stdout[-4000:]}\n{ended.stderr[-4000:]}"
            pytest.fail(f"{' '.join(arguments)}: {ended.returncode}\n{told}")
        return ended.stdout

    def up(self, *arguments: str) -> float:
        """Bring it up and wait until it is healthy; in so many seconds."""
        began = time.monotonic()
        wait = ("up", "--detach", "--wait", "--wait-timeout", str(UP_SECONDS))
        try:
            self.run(*wait, *arguments, seconds=UP_SECONDS + 60)
        except pytest.fail.Exception:
            tell(self.run("ps", "--all") + self.run("logs", "--tail", "15"))
            raise
        return time.monotonic() - began

    def build(self, version: str) -> None:
        """Make images of the directory's code under the name of a version."""
        self.environment["CAIRN_VERSION"] = version
        self.run("build", seconds=BUILD_SECONDS)

    def replace(self, service: str, *, version: str) -> float:
        """Put the image of another version in the place of a service's; in so many seconds."""
        self.environment["CAIRN_VERSION"] = version
        return self.up("--no-deps", service)

    def down(self, *arguments: str) -> None:
        """Take all containers away."""
        self.run("down", "--remove-orphans", *arguments, seconds=300)

    def states(self) -> dict[str, dict[str, object]]:
        """The containers, by service."""
        rows = self.run("ps", "--all", "--format", "json").splitlines()
        return {row["Service"]: row for row in map(json.loads, rows)}

    def inside(self, service: str, *command: str, seconds: float = 120) -> str:
        """What a command prints in a container."""
        return self.run("exec", "-T", service, *command, seconds=seconds)

    def beside(self, service: str, *command: str, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """A command in a new container of a service, with its settings and volumes; however it ends."""
        return self.ask("run", "--rm", "--no-deps", "-T", service, *command, seconds=seconds)

    def docker(self, *arguments: str) -> str:
        """What the engine itself prints."""
        command = ["docker", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

    def containers(self) -> list[str]:
        """The ids of all containers, also of those that have ended."""
        return self.run("ps", "--all", "--quiet").split()

    def address(self, service: str) -> str:
        """Where a container is on the project's network."""
        (container,) = self.run("ps", "--quiet", service).split()
        shown = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return self.docker("inspect", "--format", shown, container).strip()

    def memory(self) -> str:
        """What each container uses now."""
        ids = self.run("ps", "--quiet").split()
        return self.docker("stats", "--no-stream", "--format", "{{.Name}}\t{{.MemUsage}}", *ids)
