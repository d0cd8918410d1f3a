"""The suite in containers, for real: `make test-compose` builds it, runs it and takes it away again.

It is a project of its own beside any other, on ports that start with CAIRN_PORTS (87 by default).
"""

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from deploy.live.client import SuiteClient
from deploy.live.quarter import IMPORTER, import_people
from deploy.live.topics import read_topics
from deploy.local.addresses import Addresses
from deploy.local.entry import kafka_options, mongo_options
from deploy.local.issuer import issuer_of
from deploy.local.services import SERVICES
from deploy.local.steps import Silent
from deploy.sample.organisation import write_csv
from tests.deploy.test_observability import asked

ROOT = Path(__file__).parents[2]
PROJECT = "cairn-try"
TOLD = "CAIRN_TEST_COMPOSE"
UP_SECONDS = 900
LASTING = {*SERVICES, "kafka", "mongo", "trial"}
ONE_SHOTS = {"keys", "users", "topics", "indexes", "replica-set"}
CONSUMER = "/opt/kafka/bin/kafka-console-consumer.sh"
READER = "/run/cairn/keys/analyst.properties"

pytestmark = [
    pytest.mark.skipif(not os.environ.get(TOLD), reason=f"builds images and takes minutes: set {TOLD}"),
    pytest.mark.timeout(2 * UP_SECONDS),
]


def tell(text: str) -> None:
    """Figures for whoever watches."""
    sys.stdout.write(f"\n{text}\n")


class Compose:
    """The project, asked by way of `docker compose`."""

    def __init__(self) -> None:
        given = {
            name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "COMPOSE_"))
        }
        self.environment = given | {"CAIRN_PORTS": os.environ.get("CAIRN_PORTS", "87")}

    def run(self, *arguments: str, seconds: float = 120) -> str:
        """What a subcommand prints; its failure fails the test with what it said."""
        command = ["docker", "compose", "--project-name", PROJECT, *arguments]
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if ended.returncode != 0:
            pytest.fail(
                f"{' '.join(command)}: {ended.returncode}\n{ended.stdout[-4000:]}\n{ended.stderr[-4000:]}"
            )
        return ended.stdout

    def up(self, *arguments: str) -> float:
        """Bring everything up and wait until it is healthy; in so many seconds."""
        began = time.monotonic()
        wait = ("up", "--detach", "--wait", "--wait-timeout", str(UP_SECONDS))
        try:
            self.run(*wait, *arguments, seconds=UP_SECONDS + 60)
        except pytest.fail.Exception:
            tell(self.run("ps", "--all") + self.run("logs", "--tail", "15", *SERVICES, *ONE_SHOTS))
            raise
        return time.monotonic() - began

    def states(self) -> dict[str, dict[str, object]]:
        """The containers, by service."""
        rows = self.run("ps", "--all", "--format", "json").splitlines()
        return {row["Service"]: row for row in map(json.loads, rows)}

    def inside(self, service: str, *command: str, seconds: float = 120) -> str:
        """What a command prints in a container."""
        return self.run("exec", "-T", service, *command, seconds=seconds)

    def memory(self) -> str:
        """What each container uses now."""
        shown = ["docker", "stats", "--no-stream", "--format", "{{.Name}}\t{{.MemUsage}}"]
        ids = self.run("ps", "--quiet").split()
        return subprocess.run([*shown, *ids], capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.fixture(scope="module")
def compose() -> Iterator[Compose]:
    if shutil.which("docker") is None:
        pytest.fail("there is no docker on this machine")
    compose = Compose()
    compose.run("down", "--volumes", "--remove-orphans")
    try:
        tell(f"up --build --wait: {compose.up('--build'):.0f} s\n{compose.memory()}")
        yield compose
        tell(f"after the tests:\n{compose.memory()}")
    finally:
        compose.run("down", "--volumes", seconds=300)


@pytest.fixture(scope="module")
def host(compose: Compose, tmp_path_factory) -> Path:
    """A data directory of the host, as the `cairn` commands want it."""
    directory = tmp_path_factory.mktemp("host")
    compose.run("cp", "trial:/trial/.cairn/host/.", str(directory))
    return directory


@pytest.fixture
async def client(host: Path) -> Iterator[SuiteClient]:
    """A client on the host, by way of the published ports."""
    addresses = Addresses.load(host)
    issuer = issuer_of(host, addresses.issuer_port)
    async with SuiteClient(addresses.services, issuer.sign, run=uuid.uuid4().hex) as client:
        client.roles[IMPORTER] = ("hr_admin",)
        yield client


async def drafted_goal(client: SuiteClient, directory: Path) -> str:
    """The id of a new goal of somebody who has just been imported."""
    await import_people(client, write_csv(directory / "people.csv"), Silent())
    (somebody, *_) = (await client.read("people", "/people", as_person=IMPORTER, limit=1))["items"]
    goal = await client.do(
        "draft_goal",
        method="POST",
        service="goals",
        path="/goals",
        as_person=somebody["person_id"],
        at=datetime.now(UTC),
        key="draft",
        body={
            "title": "Answer every customer within a day",
            "starts_on": datetime.now(UTC).date().isoformat(),
            "due_on": (datetime.now(UTC) + timedelta(days=90)).date().isoformat(),
        },
    )
    return goal["goal_id"]


def events_of(compose: Compose, goal_id: str) -> Sequence[str]:
    """The types of a goal's events, read by Kafka's own consumer in the broker's container."""
    arguments = ["--bootstrap-server", "kafka:9092", "--consumer.config", READER]
    arguments += ["--topic", "cairn.goals.events", "--from-beginning"]
    log = compose.inside("kafka", CONSUMER, *arguments, "--timeout-ms", "60000", seconds=240)
    return [event["type"] for event in map(json.loads, log.splitlines()) if event["goal_id"] == goal_id]


def test_all_that_lasts_is_healthy_and_one_shots_have_ended_well(compose):
    states = compose.states()
    assert {name for name, state in states.items() if state["Health"] == "healthy"} == LASTING
    ended = {name: state["ExitCode"] for name, state in states.items() if state["State"] == "exited"}
    assert ended == dict.fromkeys(ONE_SHOTS, 0)


def test_no_volume_is_left_without_a_name(compose):
    ids = compose.run("ps", "--all", "--quiet").split()
    mounts = [
        "docker",
        "inspect",
        "--format",
        '{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}',
    ]
    names = subprocess.run(
        [*mounts, *ids], capture_output=True, text=True, timeout=60, check=True
    ).stdout.split()
    assert {name.partition("_")[0] for name in names} == {PROJECT}


@pytest.mark.parametrize("service", [*SERVICES, "trial"])
def test_container_of_ours_can_do_nothing_but_its_work(compose, service):
    assert compose.inside(service, "id", "-u").strip() == "10001"
    status = compose.inside(service, "cat", "/proc/1/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert set(facts["CapBnd"].strip()) == {"0"}
    assert facts["NoNewPrivs"].strip() == "1"
    tries = "touch /opt/cairn/x 2>/dev/null || touch /usr/local/x 2>/dev/null || echo kept out"
    assert compose.inside(service, "sh", "-c", tries).strip() == "kept out"


@pytest.mark.parametrize("service", SERVICES)
def test_container_holds_no_secret_of_another(compose, service):
    command = "cat /run/cairn/secrets/kafka_sasl_username; echo; ls /run/cairn"
    assert compose.inside(service, "sh", "-c", command).split() == [f"cairn-{service}", "secrets"]


@pytest.mark.parametrize("name", ["kafka", "mongo"])
def test_engine_reads_its_keys_and_nobody_else_could(compose, name):
    told = compose.inside(name, "sh", "-c", "stat -c '%a %u' /run/cairn/keys/*; id -u").split("\n")
    modes, user = told[:-2], told[-2]
    assert set(modes) == {f"600 {user}"}


async def test_engines_take_nobody_from_the_host_without_a_user(compose):
    ports = compose.environment["CAIRN_PORTS"]
    with pytest.raises(KafkaError):
        await read_topics({"bootstrap_servers": f"127.0.0.1:{ports}20"}, seconds=20)
    url = f"mongodb://127.0.0.1:{ports}30/?directConnection=true&serverSelectionTimeoutMS=1000"
    async with AsyncMongoClient(url) as anybody:
        with pytest.raises(PyMongoError):
            await anybody.admin.command("ping")


async def test_administrator_comes_in_from_the_host(host):
    addresses = Addresses.load(host)
    assert isinstance(await read_topics(kafka_options(addresses)), list)
    async with AsyncMongoClient(addresses.mongo, **mongo_options(addresses)) as client:
        assert "cairn_goals" in await client.list_database_names()


def test_nobody_is_let_in_without_a_token(host):
    for service, url in Addresses.load(host).services.items():
        path = {"people": "/people", "notifications": "/notifications"}.get(service, f"/{service}")
        assert httpx.get(f"{url}{path}", trust_env=False).status_code in {401, 404}, service


async def test_command_from_the_host_becomes_an_event_that_kafkas_own_consumer_reads(
    compose, client, tmp_path
):
    goal_id = await drafted_goal(client, tmp_path)
    assert events_of(compose, goal_id) == ["cairn.goals.goal_drafted.v1"]


async def test_service_that_is_told_to_stop_ends_in_time_and_comes_back(compose, client, tmp_path):
    goal_id = await drafted_goal(client, tmp_path)
    compose.run("stop", "goals")
    stopped = compose.states()["goals"]
    assert stopped["ExitCode"] in {0, 143}, "killed when its time was up"
    compose.up()
    goal = await client.read("goals", f"/goals/{goal_id}", as_person=IMPORTER)
    assert goal["status"] == "draft"


async def test_data_is_kept_when_all_containers_are_taken_away(compose, client, tmp_path):
    goal_id = await drafted_goal(client, tmp_path)
    compose.run("down", seconds=300)
    assert compose.states() == {}
    tell(f"up on kept data: {compose.up():.0f} s")
    goal = await client.read("goals", f"/goals/{goal_id}", as_person=IMPORTER)
    assert goal["title"] == "Answer every customer within a day"
    assert events_of(compose, goal_id) == ["cairn.goals.goal_drafted.v1"]


def test_main_job_holds_in_the_containers_and_its_mail_is_kept(compose):
    told = compose.inside("trial", "cairn", "demo", "--running", "--once", "--json", seconds=UP_SECONDS)
    report = json.loads(told)
    tell(json.dumps(report, indent=1))
    assert report["wrong"] == []
    assert report["parked"] == report["unsent"] == report["lag"] == 0
    assert report["notifications"] > 0
    assert int(compose.inside("trial", "sh", "-c", "ls .cairn/mail | wc -l")) > 0
    assert int(compose.inside("trial", "sh", "-c", "wc -l < .cairn/webhooks.jsonl")) > 0


def test_prometheus_sees_all_services_and_answers_every_question(compose):
    compose.run("--profile", "observability", "up", "--detach", "--wait", "prometheus", seconds=300)
    for arguments in (["check", "rules", "recording.yml", "alerts.yml"], ["test", "rules", "tests.yml"]):
        files = [f"/etc/prometheus/rules/{each}" if "." in each else each for each in arguments]
        compose.inside("prometheus", "promtool", *files)
    base = f"http://127.0.0.1:{compose.environment['CAIRN_PORTS']}50/api/v1"

    def answer(question: str) -> list[dict[str, object]]:
        told = httpx.get(f"{base}/query", params={"query": question}).json()
        assert told["status"] == "success", (question, told)
        return told["data"]["result"]

    deadline = time.monotonic() + 120
    while len(answer('up{job="cairn"} == 1')) < len(SERVICES):
        assert time.monotonic() < deadline, answer("up")
        time.sleep(1)
    for where, question in asked().items():
        assert isinstance(answer(question.replace("$service", ".*")), list), where
    while len(answer("service_worker:cairn_worker_leading:sum{worker='relay'} == 1")) < len(SERVICES):
        assert time.monotonic() < deadline, "nobody is seen to relay"
        time.sleep(1)
