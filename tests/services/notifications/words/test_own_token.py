"""A token that is written anew is taken without a restart, and until when it is good is told."""

import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from services.notifications.words.own_token import OwnToken, TokenWatch
from services.notifications.words.titles import LEAVE_ALONE_SECONDS, Titles, Wanted
from shared.metrics import Metrics
from shared.setting_forms import SECRETS_DIR
from shared.settings import Settings
from tests.services.asker import token
from tests.services.notifications.house import House

EXPIRES = "cairn_service_token_expires_timestamp_seconds"
GOALS = [Wanted("goal_id", f"g{number}", "mona") for number in range(4)]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The secret's file, of which the settings have not heard."""
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path))
    return tmp_path / "service_token"


def settings_of(house: House, server: HTTPServer) -> Settings:
    urls = {"goals": server.url_for("").rstrip("/")}
    return house.settings.model_copy(update={"service_urls": urls, "service_token": None})


def takes(server: HTTPServer, *good: str) -> list[str]:
    """An owner that takes these tokens alone; what it was shown."""
    shown: list[str] = []

    def answer(request: Request) -> Response:
        shown.append(request.headers["Authorization"].removeprefix("Bearer "))
        titles = '{"titles": ["Grow"]}' if shown[-1] in good else "{}"
        return Response(titles, status=200 if shown[-1] in good else 401, content_type="application/json")

    server.expect_request("/titles").respond_with_handler(answer)
    return shown


async def test_a_token_that_is_renewed_is_taken_at_the_next_question(
    house: House, httpserver: HTTPServer, file: Path
) -> None:
    file.write_text("first\n")
    shown = takes(httpserver, "first", "second")
    titles = Titles(settings_of(house, httpserver))
    assert await titles.find(GOALS[:1]) == {GOALS[0]: "Grow"}
    file.write_text("second\n")
    assert await titles.find(GOALS[1:2]) == {GOALS[1]: "Grow"}
    file.unlink()
    assert await titles.find(GOALS[2:3]) == {GOALS[2]: "Grow"}, "what was read last goes on"
    assert shown == ["first", "second", "second"]


async def test_titles_come_back_once_a_token_that_was_refused_is_renewed(
    house: House, httpserver: HTTPServer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr("services.notifications.words.titles.time.monotonic", lambda: now)
    file.write_text("ended")
    takes(httpserver, "fresh")
    titles = Titles(settings_of(house, httpserver))
    assert await titles.find(GOALS[:1]) == {}
    file.write_text("fresh")
    now += LEAVE_ALONE_SECONDS
    assert await titles.find(GOALS[:1]) == {GOALS[0]: "Grow"}


async def test_a_file_with_nonsense_breaks_nothing(house: House, httpserver: HTTPServer, file: Path) -> None:
    takes(httpserver, "good")
    for written in (b"t\xc3\xb6ken", b"two\nlines", b"\xff\xfe"):
        file.write_bytes(written)
        assert await Titles(settings_of(house, httpserver)).find(GOALS) == {}


async def test_a_file_that_comes_later_is_found(house: House, httpserver: HTTPServer, file: Path) -> None:
    takes(httpserver, "first")
    titles = Titles(settings_of(house, httpserver))
    assert (await titles.find(GOALS[:1]), len(httpserver.log)) == ({}, 0)
    file.write_text("first")
    assert await titles.find(GOALS[:1]) == {GOALS[0]: "Grow"}


async def test_a_variable_wins_over_the_file_as_at_the_start(
    house: House, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("of the file")
    monkeypatch.setenv("CAIRN_SERVICE_TOKEN", "of the variable")
    settings = house.settings.model_copy(update={"service_token": SecretStr("of the variable")})
    assert await OwnToken(settings).read() == "of the variable"


@pytest.mark.parametrize("written", [None, "", "no token", "a.b.c", "eyJhbGciOiJub25lIn0.W10."])
async def test_what_does_not_say_when_it_ends_is_told_as_nothing(
    house: House, file: Path, written: str | None
) -> None:
    if written is not None:
        file.write_text(written)
    assert await told(house) == 0


async def test_the_end_is_told_of_the_token_that_lies_there_now(house: House, file: Path) -> None:
    soon, later = int(time.time()) - 60, int(time.time()) + 3600
    file.write_text(token("service:notifications", "service", exp=soon))
    metrics = Metrics("notifications")
    watch = TokenWatch(OwnToken(house.settings), metrics)
    for end in (soon, later):
        file.write_text(token("service:notifications", "service", exp=end))
        await watch.turn()
        assert metrics.registry.get_sample_value(EXPIRES) == end


async def told(house: House) -> Any:
    metrics = Metrics("notifications")
    await TokenWatch(OwnToken(house.settings), metrics).turn()
    return metrics.registry.get_sample_value(EXPIRES)
