"""What docker-compose.scale.yml promises, read without a container engine."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.docker.keys import KAFKA, MONGO
from deploy.local.ports import Ports
from deploy.local.services import SERVICES

ROOT = Path(__file__).parents[2]


class Merged(yaml.SafeLoader):
    """Knows the tag by which a list replaces another one."""


Merged.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))
BASE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SCALE: dict[str, Any] = yaml.load((ROOT / "docker-compose.scale.yml").read_text(), Merged)
CONTAINERS = SCALE["services"]
SECONDS = [f"{service}-2" for service in SERVICES]
BROKERS = ["kafka", "kafka-2", "kafka-3"]
MEMBERS = ["mongo", "mongo-2", "mongo-3"]


def original(name: str) -> str:
    return name.rpartition("-")[0] if name[-1].isdigit() else name


def environment(name: str) -> dict[str, str]:
    """What a container is told, as compose merges it."""
    told = BASE["services"][original(name)].get("environment", {})
    return told | CONTAINERS[name].get("environment", {})


def port(name: str) -> int:
    (published,) = CONTAINERS[name].get("ports") or BASE["services"][name]["ports"]
    return 8500 + int(published.split(":")[-2].rpartition("}")[2])


def hosts(addresses: str) -> list[str]:
    return [address.rpartition("@")[2].partition(":")[0] for address in addresses.split(",")]


@pytest.mark.parametrize("name", [*SECONDS, *BROKERS[1:], *MEMBERS[1:]])
def test_each_more_is_made_as_the_first(name):
    assert CONTAINERS[name]["extends"] == {"file": "docker-compose.yml", "service": original(name)}
    assert set(CONTAINERS[name]) <= {"extends", "environment", "ports", "networks", "volumes", "healthcheck"}


@pytest.mark.parametrize("name", SECONDS)
def test_both_processes_of_a_service_answer_to_its_name(name):
    assert CONTAINERS[name]["networks"]["default"]["aliases"] == [original(name)]


def test_no_two_are_published_on_one_port_and_the_first_are_where_they_are_alone():
    plan = Ports.from_base(8500)
    ports = {name: port(name) for name in (*SERVICES, *SECONDS, *BROKERS, *MEMBERS)}
    assert len(set(ports.values())) == len(ports)
    assert {name: ports[name] for name in SERVICES} == {name: getattr(plan, name) for name in SERVICES}
    for name in BROKERS:
        assert environment(name)["KAFKA_ADVERTISED_LISTENERS"].endswith(str(ports[name])[2:])


def test_engines_keep_their_data_apart():
    names = [*BROKERS[1:], *MEMBERS[1:]]
    kept = [volume.partition(":")[0] for name in names for volume in CONTAINERS[name]["volumes"]]
    assert len(set(kept)) == len(kept)
    assert set(kept) == set(SCALE["volumes"])
    assert set(kept).isdisjoint(BASE["volumes"])
    for name in names:
        targets = {volume.rpartition(":")[2] for volume in CONTAINERS[name]["volumes"]}
        data = {"kafka": {"/var/lib/kafka/data"}, "mongo": {"/data/db", "/data/configdb"}}
        assert targets == data[original(name)]


@pytest.mark.parametrize("name", BROKERS)
def test_broker_keeps_three_copies_and_takes_a_write_when_two_have_it(name):
    told = environment(name)
    assert hosts(told["KAFKA_CONTROLLER_QUORUM_VOTERS"]) == BROKERS
    copies = {value for key, value in told.items() if key.endswith("REPLICATION_FACTOR")}
    in_sync = {value for key, value in told.items() if key.endswith(("MIN_ISR", "MIN_INSYNC_REPLICAS"))}
    assert (copies, in_sync) == ({"3"}, {"2"})
    of_one = {
        line.partition("=")[0]
        for line in (ROOT / "deploy/kafka/broker.env").read_text().splitlines()
        if line.partition("=")[0].endswith(("REPLICATION_FACTOR", "MIN_ISR"))
    }
    assert of_one <= set(told), "what one broker keeps once is kept three times here"
    listeners = told["KAFKA_ADVERTISED_LISTENERS"].replace("${CAIRN_KAFKA_HOST:-127.0.0.1}", "outside")
    names = {each.partition("://")[2].partition(":")[0] for each in listeners.split(",")}
    assert names == {name, "outside"}


def test_every_node_has_its_own_number():
    numbers = [environment(name).get("KAFKA_NODE_ID", "1") for name in BROKERS]
    voters = environment("kafka")["KAFKA_CONTROLLER_QUORUM_VOTERS"].split(",")
    assert [voter.partition("@")[0] for voter in voters] == numbers


@pytest.mark.parametrize("name", [*SERVICES, *SECONDS, "users", "topics", "indexes"])
def test_clients_know_all_brokers(name):
    assert hosts(environment(name)["CAIRN_KAFKA_BOOTSTRAP"]) == BROKERS


def test_topics_are_made_with_three_copies_once_there_are_three_brokers():
    assert environment("topics")["CAIRN_KAFKA_REPLICATION"] == "3"
    assert {*BROKERS[1:], *MEMBERS[1:]} <= set(CONTAINERS["topics"]["depends_on"])


def test_replica_set_and_keys_know_all_of_them():
    assert environment("replica-set")["CAIRN_MONGO_MEMBERS"].split(",") == MEMBERS
    assert set(MEMBERS[1:]) <= set(CONTAINERS["replica-set"]["depends_on"])
    command = CONTAINERS["keys"]["command"]
    plain = BASE["services"]["keys"]["command"]
    assert command == [*plain, "--kafka", *BROKERS, "--mongo", *MEMBERS]
    assert (list(KAFKA), list(MONGO)) == (BROKERS[:1], MEMBERS[:1])


@pytest.mark.parametrize("name", MEMBERS)
def test_member_that_follows_is_well(name):
    assert CONTAINERS[name]["healthcheck"]["test"][-1] == "or-follows"
    assert BASE["services"]["mongo"]["healthcheck"]["test"][-1] == "/cairn/takes-writes"


def test_it_is_a_project_of_its_own():
    assert SCALE["name"] != BASE["name"]
