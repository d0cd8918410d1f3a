"""The doors of the containers' engines: the tests of `tests/doors`, on what `docker compose up` made.

Brokers and controller are asked where they listen on the project's own network, which the host reaches.
"""

from pathlib import Path

import pytest

from deploy.local.addresses import Addresses
from deploy.local.entry import settings
from deploy.local.services import SERVICES
from deploy.local.topics import settings_of
from tests.compose.stack import FOR_REAL, Compose
from tests.doors.conftest import Locked
from tests.doors.test_kafka_doors import (
    test_a_user_does_with_topics_what_the_table_grants_and_nothing_else,
    test_a_user_is_in_its_own_groups_alone,
    test_no_listener_takes_who_speaks_in_the_clear,
    test_no_user_makes_users_rights_or_topics,
    test_the_password_of_one_user_opens_no_door_of_another,
    test_there_is_no_topic_that_nobody_needs,
    test_who_has_no_password_does_not_come_in,
)
from tests.doors.test_mongo_doors import (
    test_a_service_has_its_own_database_and_no_other,
    test_a_wrong_password_does_not_come_in,
    test_nobody_is_taken_who_speaks_in_the_clear,
    test_who_has_no_password_is_told_nothing,
)

__all__ = [
    "test_a_service_has_its_own_database_and_no_other",
    "test_a_user_does_with_topics_what_the_table_grants_and_nothing_else",
    "test_a_user_is_in_its_own_groups_alone",
    "test_a_wrong_password_does_not_come_in",
    "test_no_listener_takes_who_speaks_in_the_clear",
    "test_no_user_makes_users_rights_or_topics",
    "test_nobody_is_taken_who_speaks_in_the_clear",
    "test_the_password_of_one_user_opens_no_door_of_another",
    "test_there_is_no_topic_that_nobody_needs",
    "test_who_has_no_password_does_not_come_in",
    "test_who_has_no_password_is_told_nothing",
]

pytestmark = FOR_REAL


@pytest.fixture(scope="session")
def locked(compose: Compose, tmp_path_factory: pytest.TempPathFactory) -> Locked:
    """The secrets of all users, copied out of the volumes, with addresses as the host sees them."""
    directory = tmp_path_factory.mktemp("doors")
    secrets, host = directory / "users", directory / "host"
    compose.run("cp", "users:/run/cairn/users", str(secrets))
    compose.run("cp", "trial:/trial/.cairn/host", str(host))
    ports, address = compose.environment["CAIRN_PORTS"], compose.address("kafka")
    ca = secrets / "goals" / "ca.pem"
    for service in SERVICES:
        path = secrets / service / "mongo_url"
        path.write_text(seen_from_the_host(path.read_text(), f"127.0.0.1:{ports}30", ca))
    return Locked(
        listeners={
            "clients": f"127.0.0.1:{ports}20",
            "nodes": f"{address}:9094",
            "controller": f"{address}:9093",
        },
        secrets=secrets,
        integrators=secrets / "integrators",
        ca=ca,
        administrator=settings_of(
            {**settings(Addresses.load(host)), "CAIRN_OIDC_ISSUER": "http://localhost"}
        ),
    )


def seen_from_the_host(url: str, server: str, ca: Path) -> str:
    """The address of a database with its user, by way of the published port."""
    user = url.removeprefix("mongodb://").rpartition("@")[0]
    return f"mongodb://{user}@{server}/?directConnection=true&authSource=admin&tls=true&tlsCAFile={ca}"
