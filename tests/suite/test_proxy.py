"""The proxy of docs/compose.md, run for real by nginx before a whole suite."""

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.certificates import certificates_in
from deploy.local.ports import LOOPBACK
from tests.suite.house import PROJECT, House
from tests.suite.test_restored import hired

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
START_SECONDS = 20
CALLER = "127.0.0.2"
"""Whoever calls from there has it as their address, and no proxy has."""
TOKEN_BYTES = 15_000
pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx on this machine")
MAIN = """
user {user};
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    {servers}
}}
"""


@dataclass(frozen=True)
class Proxy:
    """nginx in front of services; `urls` are its addresses, by service."""

    urls: dict[str, str]
    http: httpx.Client


def sample() -> str:
    """The server of the page."""
    [found] = re.findall(r"```\n(server \{.*?)```", (PROJECT / "docs" / "compose.md").read_text(), re.DOTALL)
    return found


def replaced(text: str, **parts: str) -> str:
    """With each directive's value in the place of the page's."""
    for name, value in parts.items():
        text, count = re.subn(rf"(\b{name} +)[^;]+;", lambda match, v=value: f"{match[1]}{v};", text)
        assert count == 1, name
    return text


@pytest.fixture(scope="module")
def proxy(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    assert NGINX is not None
    directory = tmp_path_factory.mktemp("nginx")
    made = certificates_in(directory / "keys")
    pem = str(made.kafka)
    ports = {"goals": free_port(), "notifications": free_port()}
    servers = [
        replaced(
            sample(),
            listen=f"{LOOPBACK}:{port} ssl",
            server_name="127.0.0.1",
            ssl_certificate=pem,
            ssl_certificate_key=pem,
            proxy_pass=house.addresses.services[name],
        )
        for name, port in ports.items()
    ]
    config = directory / "nginx.conf"
    config.write_text(MAIN.format(user=getuser(), directory=directory, servers="\n".join(servers)))
    command = [NGINX, "-p", str(directory), "-c", str(config), "-e", str(directory / "error.log")]
    with subprocess.Popen(command) as process:
        try:
            for port in ports.values():
                _wait_for(port, process, directory / "error.log")
            trusted = ssl.create_default_context(cafile=str(made.ca))
            transport = httpx.HTTPTransport(verify=trusted, local_address=CALLER)
            with httpx.Client(transport=transport, timeout=30, trust_env=False) as http:
                yield Proxy({name: f"https://{LOOPBACK}:{port}" for name, port in ports.items()}, http)
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return


def bearer(house: House, *who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.token(*who)}"}


def test_a_read_by_way_of_it_has_the_address_of_who_asks_and_browsers_stay_with_https(
    house: House, proxy: Proxy
) -> None:
    boss = house.staff["boss"]
    said = {
        "title": "Sell the house",
        "visibility": "private",
        "starts_on": "2026-01-01",
        "due_on": "2026-12-31",
    }
    goal = house.does("goals", "/goals", said, as_=(boss,))
    headers = bearer(house, boss) | {"X-Forwarded-For": "203.0.113.9", "X-Correlation-Id": "by-proxy"}
    answer = proxy.http.get(f"{proxy.urls['goals']}/goals/{goal['goal_id']}", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    plain = house.ask("goals", "GET", f"/goals/{goal['goal_id']}", as_=(boss,))
    assert "strict-transport-security" not in plain.headers
    deadline = time.monotonic() + 20
    while not (rows := noted(house, "by-proxy")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert {row["address"] for row in rows} == {CALLER}


def noted(house: House, correlation_id: str) -> list[dict[str, Any]]:
    listed = house.listed("goals", "/audit", as_=(house.staff["boss"], "auditor"))
    return [row for row in listed if row["correlation_id"] == correlation_id]


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/livez"])
def test_what_is_for_the_machine_alone_does_not_go_through(house: House, proxy: Proxy, path: str) -> None:
    assert house.ask("goals", "GET", path).status_code == 200
    answer = proxy.http.get(f"{proxy.urls['goals']}{path}")
    assert (answer.status_code, "nginx" in answer.text) == (404, True)


def test_a_token_that_names_many_groups_goes_through(house: House, proxy: Proxy) -> None:
    boss = house.staff["boss"]
    groups = [f"group-{number:036d}" for number in range(TOKEN_BYTES * 3 // 4 // 45)]
    token = house.issuer.sign(boss, groups)
    assert TOKEN_BYTES * 0.8 < len(token) < 16_384
    url = f"{proxy.urls['goals']}/goals?owner_id=me"
    answer = proxy.http.get(url, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text


def test_what_is_too_large_is_refused_by_the_service_in_its_own_words(house: House, proxy: Proxy) -> None:
    headers = bearer(house, house.staff["boss"]) | {"Content-Type": "application/json"}
    answer = proxy.http.post(f"{proxy.urls['goals']}/goals", content=b" " * 2_500_000, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_notifications_are_sent_while_they_happen(house: House, proxy: Proxy) -> None:
    """Nothing is held back until there is more of it; to somebody whose wishes no other test has changed."""
    chief = hired(house, "chief")
    mia = hired(house, "mia", manager_id=chief)
    url, headers = f"{proxy.urls['notifications']}/inbox/stream", bearer(house, mia)
    with proxy.http.stream("GET", url, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        goal = house.does("goals", "/goals", _smart(mia), as_=(chief,))
        house.does("goals", f"/goals/{goal['goal_id']}/proposal", {"to_person_id": None}, as_=(chief,))
        deadline = time.monotonic() + 25
        for line in lines:
            if line.startswith("data:") and goal["goal_id"] in line:
                break
            assert time.monotonic() < deadline
        else:
            pytest.fail("the stream has ended")


def _smart(owner_id: str) -> dict[str, Any]:
    return {
        "owner_id": owner_id,
        "title": "Answer within a day",
        "relevance": "Who waits goes elsewhere.",
        "description": "From three days to one.",
        "starts_on": "2026-01-01",
        "due_on": "2026-12-31",
        "key_results": [
            {"key_result_id": "days", "title": "Days", "type": "decrease", "start": 3, "target": 1}
        ],
    }
