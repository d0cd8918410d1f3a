"""A whole suite that runs as `cairn up` starts it, a few people in it, and what they have done.

Its own engines, processes and ports, so that whatever is sent to it disturbs nobody else.
"""

import importlib
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

from deploy.local.addresses import Addresses
from deploy.local.child import TETHER
from deploy.local.entry import mongo_options
from deploy.local.issuer import Issuer, issuer_of
from deploy.local.ports import LOOPBACK
from shared.service import Service

SERVICES = ("people", "goals", "feedback", "reviews", "notifications")
START_SECONDS = 180
STOP_SECONDS = 60
REST_SECONDS = 120
PROJECT = Path(__file__).parents[2]


def service(name: str) -> Service:
    return importlib.import_module(f"services.{name}.app").SERVICE


def description(name: str) -> dict[str, Any]:
    """The OpenAPI description of a service, which is made without engines."""
    return service(name).api().openapi()


def operations(name: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, path template and description of each."""
    for path, item in description(name)["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


@dataclass
class House:
    """A suite that runs.  `ids` are those that exist, by the name that parameters give them;
    `staff` are the people who have done something, by name; `data` is its data directory.
    """

    addresses: Addresses
    issuer: Issuer
    http: httpx.Client
    data: Path
    ids: dict[str, list[str]] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)
    _tokens: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def token(self, person_id: str, *roles: str) -> str:
        known = person_id, roles
        if known not in self._tokens:
            self._tokens[known] = self.issuer.sign(person_id, roles)
        return self._tokens[known]

    def ask(
        self, name: str, method: str, path: str, *, as_: Sequence[str] = (), headers: Any = (), **more: Any
    ) -> httpx.Response:
        """`as_` is a person and their roles; nobody is asked for without."""
        sent = httpx.Headers(headers)
        if as_:
            sent["Authorization"] = f"Bearer {self.token(*as_)}"
        return self.http.request(method, f"{self.addresses.services[name]}{path}", headers=sent, **more)

    def does(self, name: str, path: str, body: Any = None, *, as_: Sequence[str], **more: Any) -> Any:
        """What a command answers, asked again for a while where a copy is a moment late."""
        deadline = time.monotonic() + 20
        while True:
            answer = self.ask(name, more.get("method", "POST"), path, as_=as_, json=body)
            if answer.is_success:
                return answer.json()
            assert answer.status_code in {403, 404, 409, 422}, answer.text
            assert time.monotonic() < deadline, f"{path} {answer.status_code} {answer.text}"
            time.sleep(0.1)

    def listed(self, name: str, path: str, *, as_: Sequence[str]) -> list[dict[str, Any]]:
        answer = self.ask(name, "GET", path, as_=as_, params={"limit": 200})
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    def trouble(self, name: str, correlation_id: str) -> str:
        """What a service's log says of a request, tracebacks and all."""
        log = (Path(self.addresses.logs) / f"{name}.log").read_text(errors="replace")
        return "\n".join(line[-8000:] for line in log.splitlines() if correlation_id in line)

    def unrest(self) -> dict[str, Any]:
        """What is parked, held, failed or not sent in any service; empty when all is well."""
        found: dict[str, Any] = {}
        addresses = self.addresses
        with MongoClient[dict[str, Any]](addresses.mongo, **mongo_options(addresses)) as client:
            for name in SERVICES:
                db = client[f"cairn_{name}"]
                wrong = {"unsent": db["outbox"].count_documents({"sent": False})}
                wrong |= {kind: db[kind].count_documents({}) for kind in ("parked", "fan_out_failures")}
                wrong["fan_outs"] = db["fan_outs"].count_documents({"state": {"$ne": "done"}})
                found |= {f"{name}.{kind}": count for kind, count in wrong.items() if count}
                if wrong["parked"]:
                    found[f"{name}.example"] = db["parked"].find_one({}, {"value": 0})
        return found

    def require_rest(self) -> None:
        """Wait until all is published, fanned out and applied; nothing may be parked."""
        deadline = time.monotonic() + REST_SECONDS
        while (unrest := self.unrest()) and time.monotonic() < deadline:
            time.sleep(0.3)
        assert unrest == {}


@contextmanager
def standing_house(directory: Path) -> Iterator[House]:
    """A suite of its own, with nobody in it yet; stopped as Ctrl-C stops it."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    log = (directory / "up.log").open("wb")
    command = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid())]
    command += [sys.executable, "-m", "deploy.cli", "up", "--data", str(directory / "suite")]
    with log:
        process = subprocess.Popen(
            [*command, "--port-base", str(_free_base())],
            cwd=PROJECT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        addresses = _addresses_of(process, directory)
        issuer = issuer_of(directory / "suite", addresses.issuer_port)
        with httpx.Client(timeout=30, trust_env=False) as http:
            yield House(addresses, issuer, http, directory / "suite")
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_base() -> int:
    """Where a range of ports for a whole suite is free; below those that clients are given."""
    for base in random.sample(range(30_000, 32_640, 60), 44):
        with suppress(OSError):
            for offset in range(50):
                with socket.socket() as probe:
                    probe.bind((LOOPBACK, base + offset))
            return base
    raise RuntimeError("no free ports")


def _addresses_of(process: "subprocess.Popen[bytes]", directory: Path) -> Addresses:
    deadline = time.monotonic() + START_SECONDS
    while not (directory / "suite" / "suite.json").exists():
        late = time.monotonic() > deadline
        assert process.poll() is None and not late, (directory / "up.log").read_text()[-4000:]  # noqa: PT018
        time.sleep(0.1)
    return Addresses.load(directory / "suite")
