"""The people service as a process of its own, on real Kafka and MongoDB, and the command that feeds it."""

import asyncio
import json
import os
import socket
import sys
import time
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from deploy.local.addresses import Addresses
from deploy.local.asgi import serving
from deploy.local.issuer import issuer_of
from deploy.local.topics import make_topics, settings_of

PROJECT = Path(__file__).parents[3]
BAD_FILES = PROJECT / "tests" / "data" / "csv"
READY_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def until(holds, seconds: float = READY_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.05)


@dataclass
class Suite:
    """A data directory as `cairn up` leaves it, with one service."""

    data: Path
    engines: Any
    port: int
    issuer: Any
    database: str
    children: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def variables(self) -> dict[str, str]:
        return {
            "CAIRN_DEVELOPMENT": "true",
            "CAIRN_MONGO_URL": self.engines.mongo,
            "CAIRN_MONGO_DATABASE": self.database,
            "CAIRN_KAFKA_BOOTSTRAP": self.engines.kafka,
            "CAIRN_OIDC_ISSUER": self.issuer.url,
            "CAIRN_OIDC_JWKS_URL": self.issuer.jwks_url,
            "CAIRN_OIDC_ALGORITHMS": "ES256",
            "CAIRN_HTTP_PORT": str(self.port),
            "CAIRN_LEASE_SECONDS": "2",
        }

    async def start(self) -> Any:
        command = [sys.executable, "-m", "shared.serve", "services.people"]
        with (self.data / "people.log").open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                *command, cwd=PROJECT, env=os.environ | self.variables(), stdout=log, stderr=log
            )
        self.children.append(child)

        async def answers() -> bool:
            assert child.returncode is None, (self.data / "people.log").read_text()[-3000:]
            try:
                return (await self.get("/readyz", token=False)).status_code == 200
            except httpx.TransportError:
                return False

        await until(answers)
        return child

    async def get(self, path: str, *, token: bool = True, **params: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.issuer.sign('tester', ['hr_admin'])}"} if token else {}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False) as client:
            return await client.get(path, params=params)

    async def cairn(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """The exit code of the command and what it said on both streams."""
        child = await self.started(*arguments, **environment)
        shown, said = await asyncio.wait_for(child.communicate(), 120)
        return child.returncode, shown.decode(), said.decode()

    async def started(self, *arguments: str, **environment: str) -> Any:
        child = await asyncio.create_subprocess_exec(
            *(PROJECT / "cairn", *arguments),
            env=os.environ | {"COLUMNS": "200"} | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self.children.append(child)
        return child


@pytest.fixture(scope="module")
async def suite(engines, tmp_path_factory):
    data = tmp_path_factory.mktemp("suite")
    port = free_port()
    issuer_port = free_port()
    made = Suite(data, engines, port, issuer_of(data, issuer_port), f"t{uuid.uuid4().hex[:12]}")
    Addresses(
        kafka=engines.kafka,
        mongo=engines.mongo,
        issuer=made.issuer.url,
        issuer_port=issuer_port,
        services={"people": made.url},
        smtp="",
        mail="",
        webhooks="",
        logs="",
    ).save(data)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(made.issuer.app(), issuer_port))
        await make_topics(settings_of(made.variables()))
        try:
            await made.start()
            yield made
        finally:
            for child in made.children:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
    with MongoClient(engines.mongo) as client:
        client.drop_database(made.database)


async def test_a_file_is_imported_with_a_report_of_what_to_mend(suite):
    code, shown, said = await suite.cairn(
        *("people", "import", str(BAD_FILES / "comma_not_quoted.csv"), "--data", str(suite.data))
    )
    assert code == 3, said
    lines = shown.splitlines()
    [row] = [line for line in lines if "10 cells" in line]
    assert all(part in row for part in ("3", "error", "The row has 10 cells where the header has 9."))
    assert any("manager" in line and "warning" in line for line in lines)
    assert any("joined" in line and "2" in line for line in lines)
    assert "Traceback" not in said
    found = (await suite.get("/people", name="ada")).json()["items"]
    assert [person["name"] for person in found] == ["Ada Top"]


async def test_a_dry_run_imports_nobody(suite):
    content = "Badge,given_name\nD1,Dry\nD2,\n"
    file = suite.data / "dry.csv"
    file.write_text(content)
    code, shown, _ = await suite.cairn(
        *("people", "import", str(file), "--map", "employee_number=Badge"),
        *("--dry-run", "--json", "--data", str(suite.data)),
    )
    report = json.loads(shown)
    assert (code, report["dry_run"], report["joined"], report["accepted"]) == (3, True, 1, 1)
    assert [problem["line"] for problem in report["problems"] if problem["severity"] == "error"] == [3]
    assert (await suite.get("/people", name="dry")).json()["items"] == []


async def test_a_file_without_a_fault_ends_with_success_and_may_be_given_by_address_and_token(suite):
    token = suite.issuer.sign("hr-system", ["hr_admin"])
    file = suite.data / "faultless.csv"
    file.write_text("full_name,email,reports to\nLo Wa,lo@x.example,Hi Gh\nHi Gh,hi@x.example,\n")
    arguments = ("people", "import", str(file))
    for _ in range(2):
        code, shown, said = await suite.cairn(*arguments, "--url", suite.url, CAIRN_TOKEN=token)
        assert (code, "Traceback" in said) == (0, False)
    assert any("unchanged" in line and "2" in line for line in shown.splitlines())


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["{bad}/excel_workbook.csv", "--data", "{data}"], 2, "Excel"),
        (["{bad}/plain.csv", "--map", "shoe=Size", "--data", "{data}"], 2, "'shoe'"),
        (["{bad}/absent.csv", "--data", "{data}"], 1, "cannot be read"),
        (["{bad}/plain.csv", "--data", "{data}/nowhere"], 1, "no suite is running"),
        (["{bad}/plain.csv", "--url", "http://127.0.0.1:1", "--token", "x"], 1, "does not answer"),
        (["{bad}/plain.csv", "--url", "{url}", "--token", "x"], 1, "401"),
        (["{bad}/plain.csv", "--url", "{url}"], 1, "token is missing"),
    ],
)
async def test_what_is_in_the_way_is_told_in_words(suite, arguments, code, why):
    filled = [each.format(bad=BAD_FILES, data=suite.data, url=suite.url) for each in arguments]
    ended, shown, said = await suite.cairn("people", "import", *filled)
    assert (ended, why in shown + said, "Traceback" in said) == (code, True, False)


async def test_what_a_file_holds_is_shown_and_never_obeyed(suite):
    file = suite.data / "escapes.csv"
    file.write_text("employee_number,given_name,\x1b]0;owned\x07,[red]\nX1,Esc,\x1b[2J,[blink]x\nX1,Esc,,\n")
    code, shown, _ = await suite.cairn("people", "import", str(file), "--data", str(suite.data))
    assert code == 3
    assert "\x1b]0" not in shown
    assert "\x07" not in shown
    assert "[red]" in shown


async def test_killed_in_the_middle_it_is_imported_once_and_every_reader_learns_of_all(suite):
    """The command waits for the new process; then the directory copy has everybody, too."""
    count = 6000
    rows = [f"K{n},Kim{n},Killed,{'' if n == 0 else f'K{(n - 1) // 6}'}" for n in range(count)]
    file = suite.data / "killed.csv"
    file.write_text("employee_number,given_name,family_name,manager\n" + "\n".join(rows) + "\n")
    command = await suite.started("people", "import", str(file), "--json", "--data", str(suite.data))

    async def imports() -> list[dict[str, Any]]:
        return (await suite.get("/imports", limit=1)).json()["items"]

    with MongoClient(suite.engines.mongo, tz_aware=True) as client:
        outcomes = client[suite.database]["import_outcomes"]
        before = outcomes.count_documents({})

        async def under_way() -> bool:
            return outcomes.count_documents({}) > before

        await until(under_way)
        suite.children[0].kill()
        await suite.children[0].wait()
        assert outcomes.count_documents({}) < before + count
    await suite.start()
    shown, said = await asyncio.wait_for(command.communicate(), READY_SECONDS)
    assert command.returncode == 0, said.decode()
    report = json.loads(shown)
    assert (report["joined"], report["done"], report["problems"]) == (count, count, [])

    with MongoClient(suite.engines.mongo) as client:
        db = client[suite.database]

        async def everybody_is_known() -> bool:
            return db["directory_people"].count_documents({"known": True}) >= db["people"].count_documents({})

        await until(everybody_is_known)
        kinds = {"type": "cairn.people.person_joined.v1"}
        assert db["outbox"].count_documents(kinds) == db["people"].count_documents({})
        assert len(db["outbox"].distinct("key", kinds)) == db["people"].count_documents({})
        bottom = db["people"].find_one({"given_name": f"Kim{count - 1}"})
        line = (await suite.get(f"/people/{bottom['_id']}/line")).json()["items"]
        known = db["directory_people"].find_one({"_id": bottom["_id"]})
        assert known["ancestors"] == [person["person_id"] for person in line]
        assert line[-1]["given_name"] == "Kim0"
