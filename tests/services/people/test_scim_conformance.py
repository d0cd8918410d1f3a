"""SCIM held to what the checker of the library's makers asks of every server."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from services.people.app import SERVICE
from tests.services.people.house import House
from tests.services.people.identity_provider import TOKEN


def wsgi(house: House, loop: asyncio.AbstractEventLoop) -> Callable[..., Iterable[bytes]]:
    """The service as the checker, which waits for each answer on a thread of its own, can ask it."""

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        headers = {name[5:].replace("_", "-"): text for name, text in environ.items() if name[:5] == "HTTP_"}
        headers |= {"Content-Type": environ.get("CONTENT_TYPE") or "application/scim+json"}
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        asked = house.client.request(
            environ["REQUEST_METHOD"],
            f"/scim/v2{path}{'?' if query else ''}{query}",
            content=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
            headers={**headers, "Authorization": f"Bearer {TOKEN}"},
        )
        answer = asyncio.run_coroutine_threadsafe(asked, loop).result(30)
        start(f"{answer.status_code} {answer.reason_phrase}", list(answer.headers.items()))
        return [answer.content]

    return app


ALWAYS_ACTIVE_OR_NOT = "check_remove_attribute: PATCH modify() did not remove attribute 'active'"
"""Whoever is removed the attribute of is active still, and shown so: filters by it find everybody."""


async def test_the_checker_finds_nothing_else_wrong(open_house: Any) -> None:
    house = await open_house(SERVICE, House, scim_token=TOKEN)
    client = WSGISCIMClient(wsgi(house, asyncio.get_running_loop()))
    results = await asyncio.to_thread(check_server, client)
    wrong = {Status.ERROR, Status.CRITICAL, Status.DEVIATION}
    assert [f"{each.title}: {each.reason}" for each in results if each.status in wrong] == [
        ALWAYS_ACTIVE_OR_NOT
    ]
    passed = [each for each in results if each.status == Status.SUCCESS]
    assert {"User", "Group"} <= {each.resource_type for each in passed}
    assert len(passed) > 90
