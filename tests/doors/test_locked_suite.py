"""The five services do their work behind locked doors."""

import asyncio
import stat
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from prometheus_client.parser import text_string_to_metric_families

from deploy.credentials import Credentials
from deploy.local.child import PROJECT
from deploy.local.services import SERVICES
from deploy.local.suite import Suite
from deploy.local.topics import make_users
from tests.doors.conftest import Locked
from tests.suite.house import House
from tests.suite.seed import populate

MADE_WITHIN = timedelta(minutes=1)
"""All certificates of a suite are made at its first start, and are good for as long."""


async def test_goals_feedback_and_reviews_reach_everyone_behind_locked_doors(locked_suite: Suite):
    """`populate` waits until all is published, applied and told, and nothing is parked."""
    suite = locked_suite
    with httpx.Client(timeout=30, trust_env=False) as http:
        house = House(suite.addresses(), suite.issuer, http, suite.data.path)
        # on a thread of its own: the issuer that the services ask is served by this loop
        await asyncio.to_thread(populate, house)
        boss = house.staff["boss"]
        told = await asyncio.to_thread(house.listed, "notifications", "/notifications", as_=(boss,))
    assert "goal_proposed" in {each["kind"] for each in told}


async def test_services_are_ready_and_stay_so_when_users_are_made_again(locked_suite: Suite, locked: Locked):
    await make_users(locked.administrator, Credentials(locked.secrets), SERVICES)
    async with httpx.AsyncClient(trust_env=False) as http:
        for url in locked_suite.urls.values():
            assert (await http.get(f"{url}/readyz")).status_code == 200


async def test_every_service_tells_until_when_the_certificates_are_good_that_it_was_given_and_is_shown(
    locked_suite: Suite, locked: Locked
):
    authority = x509.load_pem_x509_certificate(locked.ca.read_bytes())
    last = authority.not_valid_after_utc
    ends = {"kafka_ca": last, "mongo_ca": last}
    async with httpx.AsyncClient(trust_env=False) as http:
        for url in locked_suite.urls.values():
            families = text_string_to_metric_families((await http.get(f"{url}/metrics")).text)
            samples = [sample for family in families for sample in family.samples]
            found = {
                each.labels["use"]: datetime.fromtimestamp(each.value, UTC)
                for each in samples
                if each.name == "cairn_certificate_expires_timestamp_seconds"
            }
            shown = [found.pop(use) for use in ("kafka_peer", "mongo_peer")]
            assert found == ends
            assert all(abs(last - each) < MADE_WITHIN for each in shown)


@pytest.mark.parametrize("command", [["topics"], ["audit", "verify"]], ids=lambda command: command[0])
async def test_commands_come_in_as_administrator(locked_suite: Suite, command: list[str]):
    process = await asyncio.create_subprocess_exec(
        *(PROJECT / "cairn", *command, "--data", str(locked_suite.data.path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert {"topics": "cairn.goals.events", "audit": "nothing"}[command[0]] in said.decode()


def test_secrets_are_for_their_owner_alone(locked: Locked):
    of_users = [path for path in locked.secrets.rglob("*") if path.is_file()]
    files = [*locked.secrets.parent.rglob("*.pem"), *of_users]
    assert len(files) > 15
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
