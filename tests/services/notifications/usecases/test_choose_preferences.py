"""Choosing is for oneself, on top of what one has seen."""

from typing import Any

from tests.services.notifications.house import House

QUIET: dict[str, Any] = {"channels": {"email": False}, "categories": {"goals": {"email": True}}}


async def test_choices_come_back_with_what_they_come_to(house: House) -> None:
    answer = await house.as_("anna").send("PUT", "/preferences", QUIET, If_Match='"v0"')
    assert (answer.status_code, answer.headers["etag"]) == (200, '"v1"')
    body = await house.as_("anna").read("/preferences")
    assert body["channels"] == {"inbox": None, "email": False}
    assert body["effective"]["goals"] == {"inbox": True, "email": True, "critical": False}
    assert body["effective"]["reviews"] == {"inbox": True, "email": False, "critical": True}
    assert (await house.as_("ben").read("/preferences"))["channels"] == {"inbox": None, "email": None}


async def test_a_choice_must_name_what_it_replaces(house: House) -> None:
    anna = house.as_("anna")
    assert (await anna.send("PUT", "/preferences", QUIET)).status_code == 428
    assert (await anna.send("PUT", "/preferences", QUIET, If_Match='"v0"')).status_code == 200
    stale = await anna.send("PUT", "/preferences", {}, If_Match='"v0"')
    assert (stale.status_code, stale.headers.get("etag")) == (412, stale.headers.get("etag"))
    assert (await anna.send("PUT", "/preferences", {}, If_Match='"v1"')).status_code == 200
    assert (await anna.read("/preferences"))["version"] == 2


async def test_a_critical_category_stays_on(house: House) -> None:
    off = {"categories": {"reviews": {"inbox": False}}}
    answer = await house.as_("anna").send("PUT", "/preferences", off, If_Match='"v0"')
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:cairn:problem:critical-stays-on"


async def test_a_category_that_does_not_exist_is_refused_with_its_place(house: House) -> None:
    wrong = {"categories": {"gaols": {"email": False}}}
    answer = await house.as_("anna").send("PUT", "/preferences", wrong, If_Match='"v0"')
    assert answer.status_code == 422
    assert "gaols" in answer.text
