"""Groups of the identity provider: who is in them has the roles that their names give."""

import asyncio
from typing import Any

import pytest

from services.people.app import SERVICE
from tests.services.people.house import House
from tests.services.people.identity_provider import ADA, BEN, GROUP, OFF, TOKEN, Provider


@pytest.fixture
async def ada(idp: Provider) -> str:
    return (await idp.create(ADA))["id"]


@pytest.fixture
async def ben(idp: Provider) -> str:
    return (await idp.create(BEN))["id"]


async def roles(house: House, person_id: str) -> list[str]:
    """As every service has them by now."""
    await house.settle()
    doc = await house.db["directory_people"].find_one({"_id": person_id})
    return doc["roles"]


async def may_hire(house: House, person_id: str) -> bool:
    """Whether somebody with a plain token may do what HR admins may."""
    await house.settle()
    answer = await house.as_(person_id).post("/people", {"given_name": "New"})
    assert answer.status_code in {201, 403}, answer.text
    return answer.status_code == 201


async def test_who_is_in_a_group_has_its_role_as_long_as_they_are(
    scim_house: House, idp: Provider, ada: str, ben: str
) -> None:
    group = await idp.create_group("hr admins", ada)
    assert (await may_hire(scim_house, ada), await may_hire(scim_house, ben)) == (True, False)
    assert (await scim_house.said(ada))[-1] == "person_roles_changed"
    gone = await idp.patch_group(group["id"], {"op": "remove", "path": f'members[value eq "{ada}"]'})
    assert gone.status_code == 200, gone.text
    assert await may_hire(scim_house, ada) is False
    assert await roles(scim_house, ada) == []


@pytest.mark.parametrize("add", [{"op": "Add", "path": "members"}, {"op": "add", "path": "members"}], ids=str)
@pytest.mark.parametrize("remove", ["entra", "entra of today", "okta", "replace", "all"])
async def test_entra_and_okta_put_in_and_take_out(
    scim_house: House, idp: Provider, ada: str, ben: str, add: dict[str, Any], remove: str
) -> None:
    group = await idp.create_group("Auditors", externalId="g-1")
    added = await idp.patch_group(group["id"], {**add, "value": [{"value": ada}, {"value": ben}]})
    assert [each["value"] for each in added.json()["members"]] == [ada, ben]
    assert (await roles(scim_house, ada), await roles(scim_house, ben)) == (["auditor"], ["auditor"])
    operation: dict[str, Any] = {
        "entra": {"op": "Remove", "path": "members", "value": [{"value": ada}]},
        "entra of today": {"op": "Remove", "path": f'members[value eq "{ada}"]'},
        "okta": {"op": "remove", "path": f'members[value eq "{ada}"]'},
        "replace": {"op": "replace", "path": "members", "value": [{"value": ben}]},
        "all": {"op": "remove", "path": "members"},
    }[remove]
    answer = await idp.patch_group(group["id"], operation)
    left = [] if remove == "all" else [ben]
    assert [each["value"] for each in answer.json().get("members", [])] == left, answer.text
    assert await roles(scim_house, ada) == []
    assert await roles(scim_house, ben) == (["auditor"] if left else [])


async def test_okta_renames_with_the_id_in_what_changes_and_the_role_follows_the_name(
    scim_house: House, idp: Provider, ada: str
) -> None:
    group = await idp.create_group("Auditors", ada)
    renamed = {"op": "replace", "value": {"id": group["id"], "displayName": "HR Admins"}}
    assert (await idp.patch_group(group["id"], renamed)).json()["displayName"] == "HR Admins"
    assert await roles(scim_house, ada) == ["hr_admin"]
    away = {"op": "replace", "path": "displayName", "value": "Choir"}
    await idp.patch_group(group["id"], away)
    assert await roles(scim_house, ada) == []


async def test_a_role_that_two_groups_give_goes_with_the_second(
    scim_house: House, idp: Provider, ada: str
) -> None:
    one, two = await idp.create_group("HR Admins", ada), await idp.create_group("People team", ada)
    await idp.create_group("Auditors", ada)
    assert await roles(scim_house, ada) == ["auditor", "hr_admin"]
    assert (await idp.send("DELETE", f"/Groups/{one['id']}")).status_code == 204
    assert await roles(scim_house, ada) == ["auditor", "hr_admin"]
    whole = {**GROUP, "displayName": "People team"}
    assert (await idp.send("PUT", f"/Groups/{two['id']}", whole)).status_code == 200
    assert await roles(scim_house, ada) == ["auditor"]


async def test_two_groups_that_somebody_leaves_at_once_leave_no_role(
    scim_house: House, idp: Provider, ada: str
) -> None:
    one, two = await idp.create_group("HR Admins", ada), await idp.create_group("People team", ada)
    held = await _guard(scim_house)
    out = {"op": "remove", "path": f'members[value eq "{ada}"]'}
    answers = await asyncio.gather(*(idp.patch_group(each["id"], out) for each in (one, two)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await roles(scim_house, ada) == []
    assert await _guard(scim_house) > held, "of two processes, too: whoever changes groups writes their guard"


async def test_a_group_without_a_role_is_kept_and_gives_none(
    scim_house: House, idp: Provider, ada: str
) -> None:
    group = await idp.create_group("Choir", ada)
    user = (await idp.send("GET", f"/Users/{ada}")).json()
    assert [(each["value"], each["display"]) for each in user["groups"]] == [(group["id"], "Choir")]
    assert user["groups"][0]["$ref"].endswith(f"/scim/v2/Groups/{group['id']}")
    assert await scim_house.said(ada) == ["person_joined"]


async def test_groups_are_found_by_what_providers_ask_for(idp: Provider, ada: str, ben: str) -> None:
    sales = (await idp.create_group("Sales", ada, externalId="g-1"))["id"]
    audit = (await idp.create_group("Audit", ada, ben))["id"]
    for filter_, expected in {
        'displayName eq "sales"': {sales},
        'externalId eq "g-1"': {sales},
        f'members.value eq "{ada}"': {sales, audit},
        f'members[value eq "{ben}"]': {audit},
        f'id eq "{sales}" and members eq "{ada}"': {sales},
        'displayName sw "S"': {sales},
        'displayName eq "nobody"': set(),
    }.items():
        assert {*await idp.found(filter_, kind="Groups")} == expected, filter_
    slim = (await idp.send("GET", f"/Groups/{audit}?excludedAttributes=members")).json()
    assert (slim["displayName"], "members" in slim) == ("Audit", False)
    every = (await idp.send("GET", "/Groups?count=1")).json()
    assert (every["totalResults"], every["itemsPerPage"]) == (2, 1)


async def test_members_are_users(scim_house: House, idp: Provider, ada: str) -> None:
    group = await idp.create_group("Sales")
    for stranger in ("person_x", group["id"]):
        add = {"op": "add", "path": "members", "value": [{"value": stranger}]}
        answer = await idp.patch_group(group["id"], add)
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
        assert stranger in answer.json()["detail"]
    await idp.send("DELETE", f"/Users/{ada}")
    add = {"op": "add", "path": "members", "value": [{"value": ada}]}
    assert (await idp.patch_group(group["id"], add)).status_code == 400


async def test_a_group_changed_meanwhile_is_not_overwritten(idp: Provider, ada: str) -> None:
    group = await idp.create_group("Sales")
    add = {"op": "add", "path": "members", "value": [{"value": ada}]}
    answer = await idp.patch_group(group["id"], add, If_Match=group["meta"]["version"])
    assert (answer.status_code, answer.headers["ETag"]) == (200, answer.json()["meta"]["version"])
    stale = await idp.patch_group(group["id"], add, If_Match=group["meta"]["version"])
    assert stale.status_code == 412


async def test_a_deleted_user_is_in_no_group_and_has_no_role_when_they_come_back(
    scim_house: House, idp: Provider, ada: str
) -> None:
    group = await idp.create_group("HR Admins", ada)
    await idp.send("DELETE", f"/Users/{ada}")
    assert "members" not in (await idp.send("GET", f"/Groups/{group['id']}")).json()
    assert (await idp.create(ADA))["id"] == ada
    assert await roles(scim_house, ada) == []


async def test_who_has_left_has_no_role_whatever_group_they_are_in(
    scim_house: House, idp: Provider, ada: str
) -> None:
    await idp.create_group("HR Admins", ada)
    assert await may_hire(scim_house, ada)
    await idp.patch(ada, OFF)
    assert await may_hire(scim_house, ada) is False


async def test_a_group_that_gives_a_role_is_no_crowd(
    scim_house: House, idp: Provider, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.people.domain.scim_group.MOST_WITH_A_ROLE", 1)
    ben = (await idp.create(BEN))["id"]
    await idp.create_group("Choir", ada, ben)
    crowd = {**GROUP, "displayName": "Auditors", "members": [{"value": ada}, {"value": ben}]}
    answer = await idp.send("POST", "/Groups", crowd)
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"scim_token": TOKEN, "scim_roles": "Choir=auditor"}, {"ada": [], "ben": ["auditor"]}),
        ({"scim_token": TOKEN}, {"ada": [], "ben": []}),
        ({}, {"ada": [], "ben": []}),
    ],
    ids=["another name", "no name", "no SCIM"],
)
async def test_at_the_next_start_groups_give_what_the_settings_say_then(
    scim_house: House,
    idp: Provider,
    ada: str,
    ben: str,
    settings: dict[str, Any],
    expected: dict[str, list[str]],
) -> None:
    await idp.create_group("HR Admins", ada)
    await idp.create_group("Choir", ben)
    assert await roles(scim_house, ada) == ["hr_admin"]
    known = scim_house.settings
    scim_house.runtime.settings = known.model_copy(
        update={"scim_token": None, "scim_roles": {}} | _read(settings)
    )
    try:
        await SERVICE.prepare(scim_house.runtime)
        await SERVICE.prepare(scim_house.runtime)
    finally:
        scim_house.runtime.settings = known
    assert {"ada": await roles(scim_house, ada), "ben": await roles(scim_house, ben)} == expected
    assert (await scim_house.said(ada)).count("person_roles_changed") == 2


async def _guard(house: House) -> int:
    return (await house.db["people_guards"].find_one({"_id": "groups"}))["version"]


def _read(settings: dict[str, Any]) -> dict[str, Any]:
    pairs = (pair.split("=") for pair in settings.get("scim_roles", "").split(",") if pair)
    return {**settings, "scim_roles": dict(pairs)} if settings else {}
