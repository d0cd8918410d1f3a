"""The supervisor, on the real engines, with stand-ins for the services that die when told to."""

import asyncio
import contextlib
import json
import os
import signal
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from deploy.local import services
from deploy.local.addresses import Addresses
from deploy.local.asgi import serving
from deploy.local.child import Child
from deploy.local.errors import ChildDiedError, DataDirectoryError, LocalError, PortTakenError
from deploy.local.ports import free_ports
from deploy.local.suite import running_suite
from shared.messaging.topics import missing_topics
from shared.settings import read


@pytest.fixture
def base(free_base):
    """Where the ports of this test's suite start."""
    return free_base


def nothing_listens(base: int) -> bool:
    ports = (*range(base + 1, base + 10), base + 40, base + 41)
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in ports]
        return all(probe.connect_ex(("127.0.0.1", port)) for probe, port in zip(probes, ports, strict=True))


@pytest.fixture(autouse=True)
def _standins(engines, standins, monkeypatch):
    monkeypatch.setattr(services, "MODULE", standins)
    monkeypatch.setenv("CAIRN_KAFKA_BOOTSTRAP", engines.kafka)
    monkeypatch.setenv("CAIRN_MONGO_URL", engines.mongo)


async def state_of(url: str) -> dict:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{url}/environment")).json()


async def test_suite_comes_up_with_its_addresses_and_leaves_nothing_listening(tmp_path, base):
    async with running_suite(tmp_path, base) as suite:
        addresses = Addresses.load(tmp_path)
        assert addresses == suite.addresses()
        assert set(addresses.services) == {"people", "goals", "feedback", "reviews", "notifications"}
        for service, url in addresses.services.items():
            assert (await state_of(url))["service"] == service
    assert nothing_listens(base)
    with pytest.raises(DataDirectoryError, match="no suite is running"):
        Addresses.load(tmp_path)


async def test_topics_are_there_when_the_services_are_ready(tmp_path, base):
    async with running_suite(tmp_path, base) as suite:
        names = {f"cairn.{service}.{kind}" for service in suite.urls for kind in ("events", "state")}
        assert await missing_topics(suite.settings, names) == []


async def test_only_who_asks_others_has_a_token_for_it(tmp_path, base):
    async with running_suite(tmp_path, base) as suite:
        told = {name: (await state_of(url))["variables"] for name, url in suite.urls.items()}
    assert [name for name, variables in told.items() if "CAIRN_SERVICE_TOKEN" in variables] == [
        "notifications"
    ]


async def test_services_are_told_what_their_settings_ask_for(tmp_path, base, monkeypatch):
    async with running_suite(tmp_path, base) as suite:
        for variable, value in (await state_of(suite.urls["goals"]))["variables"].items():
            monkeypatch.setenv(variable, value)
        settings = read("goals")
    assert settings.development
    assert settings.http_port == suite.ports.goals
    assert settings.oidc_issuer == suite.issuer.url
    assert settings.service_urls == suite.urls
    assert settings.smtp_port == suite.ports.smtp
    assert settings.webhook_urls == (f"http://127.0.0.1:{suite.ports.webhooks}/webhooks",)


async def test_service_that_dies_as_it_starts_ends_the_start_at_once(tmp_path, base, monkeypatch):
    monkeypatch.setenv("STANDIN_REVIEWS", "dies")
    with pytest.raises(ChildDiedError, match=r"(?s)reviews stopped by itself.*I cannot go on"):
        async with running_suite(tmp_path, base):
            pytest.fail("it is not up")
    assert nothing_listens(base)


async def test_topics_that_cannot_be_made_end_the_start_and_the_services(tmp_path, base, monkeypatch):
    async def refused(_settings) -> None:
        raise LocalError("the topics could not be made", mend="Ask who may")

    monkeypatch.setattr("deploy.local.suite.make_topics", refused)
    with pytest.raises(LocalError, match="the topics could not be made"):
        async with running_suite(tmp_path, base):
            pytest.fail("it is not up")
    assert nothing_listens(base)


async def test_service_that_is_never_ready_is_given_up_with_what_it_lacks(tmp_path, monkeypatch):
    async def sulk(_request) -> PlainTextResponse:
        return PlainTextResponse("no partitions", 503)

    monkeypatch.setattr(services, "READY_SECONDS", 1)
    (port,) = free_ports(1)
    child = Child(name="feedback", command=["sleep", "60"], log=tmp_path / "feedback.log")
    await child.start()
    async with serving(Starlette(routes=[Route("/readyz", sulk)]), port), httpx.AsyncClient() as client:
        with pytest.raises(ChildDiedError, match="feedback was not ready within 1 s and said no partitions"):
            await services.until_ready(child, f"http://127.0.0.1:{port}", client)
    await child.stop()


async def test_service_that_dies_later_ends_the_work_and_the_suite(tmp_path, base):
    async with running_suite(tmp_path, base) as suite:
        os.kill(suite.services["goals"].pid, signal.SIGKILL)
        with pytest.raises(ChildDiedError, match=r"goals stopped by itself \(killed by SIGKILL\)"):
            await suite.while_alive(asyncio.Event().wait())
    assert nothing_listens(base)


async def test_service_killed_on_purpose_can_be_started_again(tmp_path, base):
    async with running_suite(tmp_path, base) as suite:

        async def kill_and_start() -> None:
            await suite.services["people"].kill()
            await suite.start_service("people")

        await suite.while_alive(kill_and_start())
        assert (await state_of(suite.urls["people"]))["service"] == "people"


async def test_taken_port_of_a_service_is_told_before_anything_starts(tmp_path, base):
    with socket.socket() as other:
        other.bind(("127.0.0.1", base + 2))
        other.listen()
        with pytest.raises(PortTakenError, match=f"port {base + 2}, wanted for goals"):
            async with running_suite(tmp_path, base):
                pytest.fail("it is not up")
    assert not (tmp_path / "logs").exists()


async def test_second_suite_on_the_same_directory_is_refused(tmp_path, base):
    async with running_suite(tmp_path, base):
        with pytest.raises(DataDirectoryError, match="in use by another suite"):
            async with running_suite(tmp_path, free_ports(1)[0]):
                pytest.fail("it is not up")
        assert json.loads((tmp_path / "suite.json").read_text())["services"]
