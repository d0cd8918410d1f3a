"""What the identity provider does is in the audit, counted, and limited as everybody's requests are."""

from typing import Any

import pytest

from shared.rates import Rates
from shared.work import Unsettled
from tests.services.people.house import House
from tests.services.people.identity_provider import ADA, BEN, ERROR, OFF, Provider


async def rows(house: House, **wanted: Any) -> list[dict[str, Any]]:
    await house.runtime.reads.flush()
    return await house.db["audit"].find({"by": "scim", **wanted}).sort("_id", 1).to_list(None)


async def test_a_change_says_what_was_done_by_whom_and_from_where(scim_house: House, idp: Provider) -> None:
    user = await idp.create(ADA)
    group = await idp.create_group("HR Admins", user["id"])
    await idp.patch(user["id"], OFF)
    found = await rows(scim_house, kind="change")
    assert [each["deed"] for each in found] == ["take_scim_user", "take_scim_group", "take_scim_user"]
    assert all(each["address"] and each["correlation_id"] for each in found)
    assert found[1]["events"] == ["cairn.people.person_roles_changed.v1"]
    assert {f"people/{user['id']}", f"scim_groups/{group['id']}"} <= {*found[1]["about"]}
    assert found[2]["events"] == ["cairn.people.person_left.v1"]


async def test_what_closes_access_beside_a_refusal_is_a_change_of_its_own(
    scim_house: House, idp: Provider
) -> None:
    await idp.create(BEN)
    user = await idp.create(ADA)
    await idp.patch(user["id"], OFF, {"op": "replace", "path": "userName", "value": BEN["userName"]})
    assert [each["deed"] for each in await rows(scim_house, kind="change")][-1] == "close_access"


async def test_whose_number_was_shown_is_noted(scim_house: House, idp: Provider) -> None:
    ada, ben = await idp.create(ADA), await idp.create(BEN)
    await idp.send("GET", f"/Users/{ada['id']}")
    await idp.send("GET", "/Users?attributes=userName")
    await idp.send("POST", "/Users/.search", {"filter": 'userName eq "ben@example.com"'})
    await idp.send("GET", f"/Users/{ada['id']}", If_None_Match=ada["meta"]["version"])
    await idp.send("GET", "/Users/person_x")
    await idp.send("GET", "/Groups")
    await idp.send("GET", "/Schemas")
    found = await rows(scim_house, kind="read")
    both = {f"people/{ada['id']}", f"people/{ben['id']}"}
    assert [({*each["about"]}, each["deed"]) for each in found] == [
        ({f"people/{ada['id']}"}, "GET /scim/v2/Users/{id}"),
        (both, "GET /scim/v2/Users"),
        ({f"people/{ben['id']}"}, "POST /scim/v2/Users/.search"),
    ]
    assert {each["action"] for each in found} == {"read_numbers"}


async def test_a_provider_that_asks_too_often_is_told_when_to_ask_again(
    scim_house: House, idp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(scim_house.app.state._state, "rates", Rates(rate=0.5, burst=2))
    stranger = Provider(scim_house, "another-token-that-is-long-enough-too")
    assert [(await stranger.send("GET", "/Users")).status_code for _ in range(3)] == [401] * 3
    assert [(await idp.send("GET", "/Users")).status_code for _ in range(2)] == [200] * 2
    refused = await idp.send("GET", "/Users")
    assert (refused.status_code, refused.json()["status"]) == (429, "429")
    assert refused.json()["schemas"] == [ERROR]
    assert int(refused.headers["Retry-After"]) >= 1


async def test_commands_and_refusals_are_counted(scim_house: House, idp: Provider) -> None:
    def counted(outcome: str) -> float:
        text = scim_house.app.state.metrics
        return text.commands.labels("take_scim_user", outcome)._value.get()

    done, refused = counted("done"), counted("refused")
    await idp.create(ADA)
    assert (await idp.send("POST", "/Users", ADA)).status_code == 409
    assert (counted("done") - done, counted("refused") - refused) == (1, 1)


async def test_a_refusal_is_logged_by_its_rule_and_not_by_what_was_said(
    idp: Provider, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    for wrong in ({"emails": [{"value": "canary-4711"}]}, {"active": "canary-4711"}, {"name": "canary-4711"}):
        answer = await idp.send("POST", "/Users", {**ADA, **wrong})
        assert answer.status_code == 400, answer.text
    assert (await idp.send("GET", "/Users?filter=userName eq canary-4711")).status_code == 400
    member = {"op": "add", "path": "members", "value": [{"value": "canary-4711"}]}
    group = await idp.create_group("Choir")
    assert (await idp.patch_group(group["id"], member)).status_code == 400
    logged = [each.getMessage() for each in caplog.records if not each.name.startswith("http")]
    assert "canary-4711" not in "".join([*logged, *capfd.readouterr()])


async def test_while_the_database_is_out_of_reach_the_provider_is_told_to_ask_again(
    scim_house: House, idp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await idp.create(ADA)

    async def unsettled(*_: Any, **__: Any) -> None:
        raise Unsettled("the database does not take the work")

    monkeypatch.setattr(scim_house.work, "run", unsettled)
    answer = await idp.patch(user["id"], OFF)
    assert (answer.status_code, answer.json()["status"], answer.headers["Retry-After"]) == (503, "503", "1")
