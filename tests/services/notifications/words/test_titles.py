"""Titles are those that the reader may see; what cannot be had is missing, and nothing breaks."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from services.notifications.words.titles import Titles, Wanted
from services.notifications.words.wording import Words
from shared.http.titles import MOST
from shared.settings import Settings
from tests.services.notifications.house import House, proposal, review_opened, until

GOAL = Wanted("goal_id", "g1", "mona")


def settings_of(house: House, owner: str, *, token: str | None = "service-token") -> Settings:
    urls = {"goals": owner, "reviews": owner}
    secret = SecretStr(token) if token else None
    return house.settings.model_copy(update={"service_urls": urls, "service_token": secret})


def owner_of(server: HTTPServer) -> str:
    return server.url_for("").rstrip("/")


def titled(known: dict[tuple[str, str], str]) -> Callable[[Request], Response]:
    """An owner that has these titles, by id and reader."""

    def answer(request: Request) -> Response:
        asked = request.get_json()["wanted"]
        titles = [known.get((each["id"], each["reader_id"])) for each in asked]
        return Response(json.dumps({"titles": titles}), content_type="application/json")

    return answer


async def test_titles_are_asked_for_together_for_each_reader(house: House, httpserver: HTTPServer) -> None:
    known = {("g1", "mona"): "Secret", ("g2", "mona"): "Grow", ("g2", "ben"): "Grow"}
    httpserver.expect_request(
        "/titles", method="POST", headers={"Authorization": "Bearer service-token"}
    ).respond_with_handler(titled(known))
    titles = Titles(settings_of(house, owner_of(httpserver)))
    wanted = [Wanted("goal_id", id_, reader) for id_ in ("g1", "g2") for reader in ("mona", "ben")]
    assert await titles.find(wanted) == {
        Wanted("goal_id", id_, reader): title for (id_, reader), title in known.items()
    }
    assert len(httpserver.log) == 1
    assert await titles.find([wanted[1]]) == {}


async def test_a_title_is_asked_for_once_in_a_while(house: House, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/titles").respond_with_handler(titled({("g1", "mona"): "Grow"}))
    titles = Titles(settings_of(house, owner_of(httpserver)))
    for _ in range(5):
        assert await titles.find([GOAL, GOAL]) == {GOAL: "Grow"}
    assert len(httpserver.log) == 1


async def test_more_than_one_request_may_hold_are_asked_for_in_several(
    house: House, httpserver: HTTPServer
) -> None:
    known = {(f"g{n}", "mona"): f"Goal {n}" for n in range(MOST + 1)}
    httpserver.expect_request("/titles").respond_with_handler(titled(known))
    titles = Titles(settings_of(house, owner_of(httpserver)))
    found = await titles.find([Wanted("goal_id", id_, "mona") for id_, _ in known])
    assert sorted(found.values()) == sorted(known.values())
    assert [len(request.get_json()["wanted"]) for request, _ in httpserver.log] == [MOST, 1]


BROKEN: dict[str, Callable[[Request], Response]] = {
    "error": lambda _: Response("oops", status=500),
    "no json": lambda _: Response("<html>", status=200),
    "another json": lambda _: Response("[1]", content_type="application/json"),
    "no titles": lambda _: Response('{"titles": null}', content_type="application/json"),
    "too few titles": lambda _: Response('{"titles": []}', content_type="application/json"),
    "no text": lambda _: Response('{"titles": [1]}', content_type="application/json"),
    "redirect": lambda _: Response("", status=302, headers={"Location": "http://127.0.0.1:1/"}),
    "our token is not accepted": lambda _: Response("", status=401),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_an_owner_that_is_broken_is_left_alone_for_a_moment(
    house: House, httpserver: HTTPServer, how: str
) -> None:
    httpserver.expect_request("/titles").respond_with_handler(BROKEN[how])
    titles = Titles(settings_of(house, owner_of(httpserver)))
    for _ in range(3):
        assert await titles.find([GOAL]) == {}
    assert len(httpserver.log) == 1


async def test_an_owner_that_is_down_or_unknown_costs_only_its_titles(
    house: House, unused_tcp_port: int
) -> None:
    down = Titles(settings_of(house, f"http://127.0.0.1:{unused_tcp_port}"))
    assert await down.find([GOAL]) == {}
    assert await Titles(house.settings).find([GOAL]) == {}


async def test_without_a_token_nobody_is_asked(house: House, httpserver: HTTPServer) -> None:
    assert await Titles(settings_of(house, owner_of(httpserver), token=None)).find([GOAL]) == {}
    assert not httpserver.log


async def test_a_slow_owner_holds_up_nobody_for_long(
    house: House, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.notifications.words.titles.BUDGET_SECONDS", 0.3)

    over = threading.Event()

    def slow(_: Request) -> Response:
        over.wait(60)
        return Response('{"titles": ["Late"]}', content_type="application/json")

    httpserver.expect_request("/titles").respond_with_handler(slow)
    async with asyncio.timeout(30):
        assert await Titles(settings_of(house, owner_of(httpserver))).find([GOAL]) == {}
    over.set()
    await until(_logged(httpserver))


def _logged(server: HTTPServer) -> Any:
    async def logged() -> bool:
        return bool(server.log)

    return logged


async def test_a_list_shows_titles_where_they_can_be_had(
    house: House, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.notifications.belongings import Belongings

    known = {("g1", "mona"): "Grow\r\n  revenue", ("cycle_1", "anna"): "H1 2026"}
    httpserver.expect_request("/titles").respond_with_handler(titled(known))
    words: Any = Words(settings_of(house, owner_of(httpserver)), house.db)
    monkeypatch.setattr(Belongings.of(house.runtime), "words", words)
    await house.publish(proposal("g1"), proposal("g2"), review_opened("r1"))
    assert sorted(await house.as_("mona").headlines()) == [
        "Anna Doe asks you to agree to a goal",
        "Anna Doe asks you to agree to the goal “Grow revenue”",
    ]
    assert await house.as_("anna").headlines() == ["Your review for “H1 2026” is open"]
