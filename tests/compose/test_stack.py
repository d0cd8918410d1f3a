"""The suite in containers, for real: what runs can do its work and nothing else, and keeps what it has."""

import json

import httpx
import pytest
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from deploy.live.quarter import IMPORTER
from deploy.live.topics import read_topics
from deploy.local.addresses import Addresses
from deploy.local.entry import kafka_options, mongo_options
from deploy.local.services import SERVICES
from tests.compose.drafted import drafted_goal, events_of
from tests.compose.stack import FOR_REAL, ONE_SHOTS, UP_SECONDS, tell

LASTING = {*SERVICES, "kafka", "mongo", "trial"}

pytestmark = FOR_REAL


def test_all_that_lasts_is_healthy_and_one_shots_have_ended_well(compose):
    states = compose.states()
    assert {name for name, state in states.items() if state["Health"] == "healthy"} == LASTING
    ended = {name: state["ExitCode"] for name, state in states.items() if state["State"] == "exited"}
    assert ended == dict.fromkeys(ONE_SHOTS, 0)


def test_no_volume_is_left_without_a_name(compose):
    mounts = '{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}'
    names = compose.docker("inspect", "--format", mounts, *compose.containers()).split()
    assert {name.partition("_")[0] for name in names} == {compose.project}


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


def test_main_job_holds_in_the_containers_and_its_mail_is_kept(compose):
    told = compose.inside("trial", "cairn", "demo", "--running", "--once", "--json", seconds=UP_SECONDS)
    report = json.loads(told)
    tell(json.dumps(report, indent=1))
    assert report["wrong"] == []
    assert report["parked"] == report["unsent"] == report["lag"] == 0
    assert report["notifications"] > 0
    assert int(compose.inside("trial", "sh", "-c", "ls .cairn/mail | wc -l")) > 0
    assert int(compose.inside("trial", "sh", "-c", "wc -l < .cairn/webhooks.jsonl")) > 0
    mails = httpx.get(f"http://127.0.0.1:{compose.environment['CAIRN_PORTS']}09/mails", trust_env=False).text
    assert mails.startswith("To: ")
    assert "Subject: " in mails


def test_whoever_is_in_the_trial_gets_a_token_that_the_services_take(compose):
    token = compose.inside("trial", "cairn", "token", "--as", "somebody", "--role", "hr_admin").split()[-1]
    url = f"http://127.0.0.1:{compose.environment['CAIRN_PORTS']}01/people"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert answer.status_code == 200
