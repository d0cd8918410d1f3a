"""Whom uvicorn believes where a request comes from, as services have it serve."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.edge import Edge
from shared.http.asking import origin_of
from shared.metrics import Metrics
from shared.serve import server_options
from shared.settings import read

FORGED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
STRICT = "strict-transport-security"


def options(**fields: Any) -> dict[str, Any]:
    given = {
        "mongo_url": "mongodb://127.0.0.1:1/?replicaSet=rs0",
        "kafka_bootstrap": ("127.0.0.1:1",),
        "oidc_issuer": "https://id.example.com",
    }
    return {**server_options(read("goals", **given, **fields)), "loop": "none"}


@asynccontextmanager
async def served(**fields: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """Ask from 127.0.0.1 who asks, as it would be audited."""

    async def who(request: Request) -> JSONResponse:
        return JSONResponse(origin_of(request, "look").address)

    app = Starlette(routes=[Route("/", who)])
    edge = Edge(app, metrics=Metrics("goals"), max_body_bytes=1024)
    server = uvicorn.Server(
        uvicorn.Config(edge, host="127.0.0.1", port=0, lifespan="off", **options(**fields))
    )
    server.install_signal_handlers = lambda: None  # pyright: ignore[reportAttributeAccessIssue]
    task = asyncio.create_task(server._serve())
    async with asyncio.timeout(30):
        while not server.started:
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        await task


async def test_what_a_trusted_proxy_says_is_believed():
    async with served(trusted_proxies="127.0.0.0/8") as client:
        answer = await client.get("/", headers=FORGED)
    assert answer.json() == "203.0.113.9"
    assert STRICT in answer.headers


async def test_what_anybody_else_says_is_not():
    async with served(trusted_proxies="10.0.0.0/8, 192.0.2.1") as client:
        answer = await client.get("/", headers=FORGED)
    assert answer.json() == "127.0.0.1"
    assert STRICT not in answer.headers


async def test_what_a_caller_adds_in_front_of_what_the_proxy_says_is_not_believed():
    headers = {"X-Forwarded-For": "192.0.2.66, 203.0.113.9, 10.1.2.3"}
    async with served(trusted_proxies="127.0.0.1, 10.0.0.0/8") as client:
        assert (await client.get("/", headers=headers)).json() == "203.0.113.9"


async def test_left_out_it_is_this_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert options()["forwarded_allow_ips"] == ["127.0.0.1/32", "::1/128"]


@pytest.mark.parametrize("wrong", ["*", "proxy", "10.0.0.1/8"])
def test_what_is_no_address_is_told_at_the_start(wrong: str):
    with pytest.raises(ValidationError, match="trusted_proxies"):
        options(trusted_proxies=wrong)
