"""What each service and each integrator may do in Kafka, written down by hand."""

import importlib

import pytest

from shared.doors import Door, WrongDoors, door_of, doors_of_integrators, kept_elsewhere

READS = {
    "people": {
        "people.state": "people",
        "people.holds.state": "",
        "people.inbound": "people",
        "people.erasures": "people",
        "goals.erasures": "people",
        "feedback.erasures": "people",
        "reviews.erasures": "people",
        "notifications.erasures": "people",
    },
    "goals": {
        "people.state": "goals",
        "people.holds.state": "",
        "goals.measurements": "goals",
        "goals.state": "",
    },
    "feedback": {
        "people.state": "feedback",
        "people.holds.state": "",
        "people.events": "feedback",
        "goals.state": "feedback",
        "feedback.state": "",
    },
    "reviews": {
        "people.state": "reviews",
        "people.holds.state": "",
        "people.events": "reviews",
        "goals.events": "reviews",
        "goals.state": "",
        "feedback.events": "reviews",
        "feedback.state": "",
        "reviews.state": "",
    },
    "notifications": {
        "people.state": "notifications",
        "people.holds.state": "",
        "people.events": "notifications",
        "goals.events": "notifications",
        "goals.state": "",
        "feedback.events": "notifications",
        "feedback.state": "",
        "reviews.events": "notifications",
        "reviews.state": "",
        "notifications.state": "",
    },
}
"""By service, the topics that it reads and the group it is in there; none for states that are looked up."""


def names(door: Door, resource: str, operation: str) -> set[str]:
    wanted = (resource, operation)
    return {grant.name for grant in door.grants if (grant.resource, grant.operation) == wanted}


@pytest.mark.parametrize("service", sorted(READS))
def test_a_service_reads_what_it_reacts_to_and_writes_what_is_its_own(service: str):
    door = door_of(importlib.import_module(f"services.{service}.app").SERVICE)
    assert door.user == f"cairn-{service}"
    assert names(door, "topic", "read") == {f"cairn.{topic}" for topic in READS[service]}
    streams = ("events", "state", "erasures", *(["holds.state"] if service == "people" else []))
    assert names(door, "topic", "write") == {f"cairn.{service}.{stream}" for stream in streams}
    assert names(door, "group", "read") == {
        f"{group}.cairn.{topic}" for topic, group in READS[service].items() if group
    }
    assert names(door, "group", "write") == set()


def test_an_integrator_has_what_the_operator_lists():
    reader, teller, closed = doors_of_integrators("""
        [warehouse]
        reads = ["cairn.goals.events", "cairn.goals.state"]
        groups = ["warehouse"]
        [hcm]
        writes = ["cairn.people.inbound"]
        [gone]
    """)
    assert (reader.holder, reader.user) == ("warehouse", "warehouse")
    assert names(reader, "topic", "read") == {"cairn.goals.events", "cairn.goals.state"}
    assert names(reader, "group", "read") == {"warehouse"}
    assert names(teller, "topic", "write") == {"cairn.people.inbound"}
    assert len(teller.grants) == 1
    assert closed.grants == frozenset()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[x", "not TOML"),
        ("x = 1", "must be a table"),
        ("[cairn-goals]", "cairn-goals"),
        ("[Upper]", "small letters"),
        ("[x]\nread = []", "it may have reads, writes and groups"),
        ("[x]\nreads = 'cairn.goals.events'", "must be a list of names"),
        ("[x]\nreads = ['cairn.goals.event']", "cairn.goals.event cannot be given; any of"),
        ("[x]\nreads = ['*']", "cannot be given"),
        ("[x]\nreads = ['cairn.people.inbound']", "cannot be given"),
        ("[x]\nreads = ['cairn.people.holds.state']", "cairn.people.holds.state cannot be given"),
        ("[x]\nwrites = ['cairn.goals.events']", "cairn.goals.events cannot be given"),
        ("[x]\ngroups = ['goals.cairn.people.state']", "groups of services are theirs"),
        ("[x]\ngroups = ['*']", "cannot be given"),
    ],
)
def test_what_cannot_be_granted_is_named(text: str, told: str):
    with pytest.raises(WrongDoors, match=told.replace("*", r"\*")):
        doors_of_integrators(text)


def test_whose_rights_others_keep_stands_above_the_tables():
    text = "kept_elsewhere = ['User:CN=connect']\n[x]\n"
    assert kept_elsewhere(text) == ["User:CN=connect"]
    assert [door.user for door in doors_of_integrators(text)] == ["x"]
    assert kept_elsewhere("[x]") == []
    with pytest.raises(WrongDoors, match=r"^kept_elsewhere must be a list of names"):
        kept_elsewhere("kept_elsewhere = 'x'")
