"""SCIM for the identity provider, as Entra and Okta speak it, on the real engines."""

import asyncio
from typing import Any

import pytest

from services.people.domain.identifiers import EmailTaken, EmployeeNumberTaken
from services.people.domain.person import CircularLine
from services.people.scim.commands import in_scim
from services.people.scim.reading import Users
from services.people.usecases.take_scim_user import UserNameTaken
from shared.errors import Forbidden, Invalid, NotFound, Refusal, Stale, TooLarge
from tests.services.people.house import House
from tests.services.people.identity_provider import (
    ADA,
    BEN,
    ENTERPRISE,
    ERROR,
    OFF,
    PATCH,
    TOKEN,
    USER,
    Provider,
)


async def test_without_a_token_in_the_settings_there_is_no_scim(house: House) -> None:
    assert (await Provider(house).send("GET", "/Users")).status_code == 404


@pytest.mark.parametrize("token", ["", "another-token-of-just-the-same-size-", TOKEN + "x", TOKEN[:-1]])
async def test_another_token_is_refused_everywhere(scim_house: House, idp: Provider, token: str) -> None:
    user = await idp.create(ADA)
    stranger = Provider(scim_house, token)
    for method, path, body in (
        ("GET", "/Users", None),
        ("GET", f"/Users/{user['id']}", None),
        ("POST", "/Users", {**USER, **BEN}),
        ("PUT", f"/Users/{user['id']}", ADA),
        ("PATCH", f"/Users/{user['id']}", {"schemas": [PATCH], "Operations": []}),
        ("DELETE", f"/Users/{user['id']}", None),
        ("POST", "/Users/.search", {}),
    ):
        answer = await stranger.send(method, path, body)
        assert (answer.status_code, answer.json()["status"]) == (401, "401"), (method, path)
    assert (await scim_house.person(user["id"]))["status"] == "active"


@pytest.mark.parametrize(
    "headers",
    [[(b"X-Name", b"Ren\xe9")], [(b"Authorization", b"Bearer \xe9")]],
    ids=["any", "token"],
)
@pytest.mark.parametrize("path", ["/Users", "/Schemas", "/Users/person_x"])
async def test_headers_that_are_not_utf_8_are_malformed(
    scim_house: House, path: str, headers: list[tuple[bytes, bytes]]
) -> None:
    answer = await scim_house.client.get(f"/scim/v2{path}", headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (400, "400"), answer.text
    assert answer.json()["schemas"] == [ERROR]


async def test_a_token_of_a_person_is_none_for_scim_nor_the_other_way(scim_house: House) -> None:
    admin = await scim_house.client.get("/scim/v2/Users", headers=scim_house.admin.headers)
    assert admin.status_code == 401
    swapped = await scim_house.client.get("/people", headers={"Authorization": f"Bearer {TOKEN}"})
    assert swapped.status_code == 401


async def test_a_user_is_a_person_and_what_happens_to_them_is_told(scim_house: House, idp: Provider) -> None:
    user = await idp.create(ADA)
    person = await scim_house.person(user["id"])
    assert (person["name"], person["email"], person["job_title"]) == ("Ada Top", "ada@example.com", "Chief")
    assert (person["employee_number"], person["external_id"]) == ("E1", "idp-1")
    assert user[ENTERPRISE]["department"] == "Research"
    answer = await idp.patch(user["id"], {"op": "replace", "path": "title", "value": "Lead"})
    assert (answer.status_code, answer.json()["title"]) == (200, "Lead")
    assert (await idp.send("DELETE", f"/Users/{user['id']}")).status_code == 204
    assert (await scim_house.person(user["id"]))["status"] == "left"
    assert (await idp.send("GET", f"/Users/{user['id']}")).status_code == 404
    assert await idp.found('userName eq "ada@example.com"') == []
    again = await idp.create(ADA)
    assert again["id"] == user["id"], "who is created again is who they were"
    assert await scim_house.said(user["id"]) == [
        "person_joined",
        "person_details_changed",
        "person_left",
        "person_details_changed",
        "person_joined",
    ]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "replace", "value": {"active": False}},
        {"op": "Replace", "value": {"active": "False"}},
        {"op": "Replace", "path": "active", "value": False},
        {"op": "Replace", "path": "active", "value": [{"value": "False"}]},
        {"op": "Replace", "path": "Active", "value": ["false"]},
        {"op": "Replace", "path": f"{USER['schemas'][0]}:active", "value": "False"},
        {"op": "Add", "value": {"Active": [{"value": False}]}},
    ],
    ids=str,
)
async def test_entra_and_okta_deactivate_and_activate(
    scim_house: House, idp: Provider, operation: dict[str, Any]
) -> None:
    user = await idp.create(ADA)
    answer = await idp.patch(user["id"], operation)
    assert (answer.status_code, answer.json()["active"]) == (200, False), answer.text
    assert (await scim_house.person(user["id"]))["status"] == "left"
    assert (await idp.send("GET", f"/Users/{user['id']}")).json()["active"] is False
    answer = await idp.patch(user["id"], {"op": "Replace", "path": "active", "value": "True"})
    assert answer.json()["active"] is True
    assert (await scim_house.person(user["id"]))["status"] == "active"


async def test_entra_patches_addresses_by_type_and_the_manager_as_text(
    scim_house: House, idp: Provider
) -> None:
    ada, ben = await idp.create(ADA), await idp.create(BEN)
    answer = await idp.patch(
        ada["id"],
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "top@example.com"},
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": ben["id"]},
        {"op": "Replace", "path": "name.familyName", "value": "Peak"},
    )
    assert answer.status_code == 200, answer.text
    person = await scim_house.person(ada["id"])
    assert (person["email"], person["manager_id"], person["family_name"]) == (
        "top@example.com",
        ben["id"],
        "Peak",
    )
    answer = await idp.patch(ada["id"], {"op": "Remove", "path": f"{ENTERPRISE}:manager"})
    assert answer.status_code == 200, answer.text
    assert (await scim_house.person(ada["id"]))["manager_id"] is None


async def test_entra_sets_an_address_of_work_where_there_is_none(scim_house: House, idp: Provider) -> None:
    ben = await idp.create(BEN)
    address = {"op": "Add", "path": 'emails[type eq "work"].value', "value": "work@example.com"}
    answer = await idp.patch(ben["id"], address)
    assert answer.status_code == 200, answer.text
    assert (await scim_house.person(ben["id"]))["email"] == "work@example.com"


async def test_okta_puts_the_whole_user_and_leaves_what_only_hr_has_said(
    scim_house: House, idp: Provider
) -> None:
    boss = await scim_house.hire("Bo Ss")
    user = await idp.create(ADA)
    await scim_house.admin.patch(f"/people/{user['id']}", {"manager_id": boss, "location": "Bern"})
    answer = await idp.send("PUT", f"/Users/{user['id']}", {**ADA, "title": None})
    assert answer.status_code == 200, answer.text
    person = await scim_house.person(user["id"])
    assert (person["job_title"], person["manager_id"], person["location"]) == (None, boss, "Bern")


async def test_users_are_found_by_what_providers_ask_for(scim_house: House, idp: Provider) -> None:
    ada, ben = await idp.create(ADA), await idp.create(BEN)
    old = await scim_house.hire("Old Hand", email="old@example.com")
    for filter_, expected in {
        'userName eq "ADA@example.com"': [ada["id"]],
        'externalId eq "idp-1"': [ada["id"]],
        'emails.value eq "ada@example.com"': [ada["id"]],
        'emails[type eq "work" and value eq "ada@example.com"]': [ada["id"]],
        f'{ENTERPRISE}:employeeNumber eq "E1"': [ada["id"]],
        'userName eq "old@example.com"': [old],
        'userName eq "nobody"': [],
        'name.familyName sw "Lo" and active eq true': [ben["id"]],
    }.items():
        assert await idp.found(filter_) == expected, filter_
    first = (await idp.send("GET", "/Users?startIndex=1&count=2")).json()
    second = (await idp.send("GET", "/Users?startIndex=3&count=2")).json()
    assert (first["totalResults"], first["itemsPerPage"], second["itemsPerPage"]) == (3, 2, 1)
    listed = {each["id"] for page in (first, second) for each in page["Resources"]}
    assert listed == {ada["id"], ben["id"], old}


async def test_a_user_changed_meanwhile_is_not_overwritten(idp: Provider) -> None:
    user = await idp.create(ADA)
    tag = user["meta"]["version"]
    operation = {"op": "replace", "path": "title", "value": "One"}
    assert (await idp.patch(user["id"], operation, If_Match=tag)).status_code == 200
    assert (await idp.patch(user["id"], operation, If_Match=tag)).status_code == 412
    got = await idp.send("GET", f"/Users/{user['id']}")
    assert got.headers["ETag"] == got.json()["meta"]["version"] != tag


async def test_a_patch_is_answered_with_what_came_of_it(idp: Provider) -> None:
    user = await idp.create(ADA)
    answer = await idp.patch(user["id"], {"op": "replace", "path": "title", "value": "Lead"})
    assert (answer.status_code, answer.json()["title"]) == (200, "Lead")
    assert answer.headers["ETag"] == answer.json()["meta"]["version"] != user["meta"]["version"]
    assert answer.headers["Content-Type"].startswith("application/scim+json")


async def test_changes_at_once_that_name_no_version_all_come_to_pass(idp: Provider) -> None:
    user = await idp.create(ADA)
    fields = ("title", "nickName", "displayName", "userType")
    changes = [{"op": "replace", "path": each, "value": each} for each in fields]
    answers = await asyncio.gather(*(idp.patch(user["id"], change) for change in changes))
    assert [answer.status_code for answer in answers] == [200] * len(fields)
    got = (await idp.send("GET", f"/Users/{user['id']}")).json()
    assert [got[each] for each in fields] == [*fields]


@pytest.mark.parametrize(
    ("refusal", "status", "kind"),
    [
        (NotFound("There is no User."), 404, None),
        (Forbidden("You may not."), 403, None),
        (Stale("It was changed."), 412, None),
        (TooLarge("It is too large."), 413, None),
        (UserNameTaken("It is taken."), 409, "uniqueness"),
        (EmailTaken("It is taken."), 409, "uniqueness"),
        (EmployeeNumberTaken("It is taken."), 409, "uniqueness"),
        (CircularLine("They report to them."), 400, "invalidValue"),
        (Invalid("It makes no sense."), 400, "invalidValue"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Refusal) else str(each),
)
def test_each_kind_of_refusal_has_its_status(refusal: Refusal, status: int, kind: str | None) -> None:
    told = in_scim(refusal).to_error()
    assert (told.status, told.scim_type, told.detail) == (status, kind, refusal.detail)


async def test_what_a_rule_refuses_is_told_as_scim_tells_it(scim_house: House, idp: Provider) -> None:
    ada = await idp.create(ADA)
    await scim_house.hire("Old Hand", email="old@example.com")
    for user, status, kind in (
        (ADA, "409", "uniqueness"),
        ({**BEN, "userName": "ADA@EXAMPLE.COM"}, "409", "uniqueness"),
        ({**BEN, "emails": [{"value": "old@example.com"}]}, "409", "uniqueness"),
        ({**BEN, "emails": [{"value": "nowhere"}]}, "400", "invalidValue"),
        ({**BEN, ENTERPRISE: {"manager": {"value": "person_x"}}}, "400", "invalidValue"),
    ):
        answer = await idp.send("POST", "/Users", {**USER, **user})
        said = answer.json()
        assert (said["status"], said.get("scimType")) == (status, kind), answer.text
        assert said["schemas"] == [ERROR]
        assert len(said["detail"]) > 10
    missing = await idp.patch("person_x", OFF)
    assert (missing.status_code, missing.json()["status"]) == (404, "404")
    circle = {"op": "add", "path": f"{ENTERPRISE}:manager", "value": ada["id"]}
    assert (await idp.patch(ada["id"], circle)).json()["scimType"] == "invalidValue"


async def test_who_has_not_begun_yet_is_deactivated_too(scim_house: House, idp: Provider) -> None:
    soon = await scim_house.hire("New Comer", joined_on="2999-01-01")
    answer = await idp.patch(soon, {"op": "replace", "value": {"active": False}})
    assert (answer.status_code, answer.json()["active"]) == (200, False), answer.text
    assert (await scim_house.person(soon))["status"] == "left"


async def test_who_is_created_inactive_has_left(scim_house: House, idp: Provider) -> None:
    user = await idp.create({**ADA, "active": False})
    assert user["active"] is False
    assert (await scim_house.person(user["id"]))["status"] == "left"


async def test_a_password_is_not_kept(scim_house: House, idp: Provider) -> None:
    user = await idp.create({**ADA, "password": "correct-horse"})
    kept = await scim_house.db["scim_users"].find_one({"person_id": user["id"]})
    assert "correct-horse" not in str(kept)
    assert "password" not in user


async def test_a_user_name_is_one_persons_also_if_only_hr_knows_them_by_it(
    scim_house: House, idp: Provider
) -> None:
    numbered = await scim_house.hire("Num Ber", employee_number="N7")
    nameless = await scim_house.hire("No Thing")
    for taken in ("n7", "N7", nameless):
        answer = await idp.send("POST", "/Users", {**USER, "userName": taken})
        assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness"), taken
    ben = await idp.create(BEN)
    renamed = await idp.patch(ben["id"], {"op": "replace", "path": "userName", "value": "n7"})
    assert (renamed.status_code, renamed.json()["scimType"]) == (409, "uniqueness")
    assert await idp.found('userName eq "N7"') == [numbered]
    own = await idp.patch(numbered, {"op": "replace", "path": "title", "value": "Clerk"})
    assert (own.status_code, own.json()["userName"]) == (200, "N7")


async def test_two_users_are_never_shown_under_one_name(scim_house: House, idp: Provider) -> None:
    ben = await idp.create({**BEN, "emails": [{"value": "other@example.com"}]})
    late = await scim_house.hire("Late Comer", email="ben@example.com", employee_number="L1")
    assert await idp.found('userName eq "ben@example.com"') == [ben["id"]]
    assert (await idp.send("GET", f"/Users/{late}")).json()["userName"] == "L1"
    taken = await idp.send("POST", "/Users", {**USER, "userName": "l1"})
    assert taken.status_code == 409


async def test_who_is_found_by_any_of_their_addresses(idp: Provider) -> None:
    emails = [{"value": "ada@example.com", "primary": True}, {"value": "Home@Example.com", "type": "home"}]
    ada = await idp.create({**ADA, "emails": emails})
    assert await idp.found('emails.value eq "home@example.com"') == [ada["id"]]
    assert await idp.found('emails[type eq "home" and value eq "HOME@example.com"]') == [ada["id"]]


@pytest.mark.parametrize(
    ("collection", "field", "index"),
    [
        ("people", "external_id", "by_external_id"),
        ("scim_groups", "name_key", "by_name"),
        ("scim_groups", "member_ids", "by_member"),
        ("scim_groups", "external_id", "by_external_id"),
        ("scim_users", "resource.addresses", "by_address"),
    ],
)
async def test_what_providers_ask_for_is_answered_by_index(
    scim_house: House, collection: str, field: str, index: str
) -> None:
    top, _, inner = field.partition(".")
    docs = [{"_id": number, top: {inner: [f"v{number}"]} if inner else f"v{number}"} for number in range(50)]
    await scim_house.db[collection].insert_many(docs)
    query: dict[str, Any] = {field: "v7"}
    wanted = {"$and": [query, Users.shown]} if collection == "people" else query
    plan = await scim_house.db[collection].find(wanted).sort("_id", 1).explain()
    assert f"'indexName': '{index}'" in str(plan["queryPlanner"]["winningPlan"])
    assert plan["executionStats"]["totalDocsExamined"] == 1


async def test_deleted_users_are_left_out_by_index(scim_house: House) -> None:
    docs = [{"_id": number, "deprovisioned": number % 5 > 0} for number in range(50)] + [{"_id": 50}]
    await scim_house.db["people"].insert_many(docs)
    plan = await scim_house.db["people"].find(Users.shown).sort("_id", 1).explain()
    assert "'indexName': 'by_user'" in str(plan["queryPlanner"]["winningPlan"])
    assert (plan["executionStats"]["nReturned"], plan["executionStats"]["totalDocsExamined"]) == (11, 11)


async def test_an_entra_group_with_a_schema_of_its_own_is_taken(idp: Provider) -> None:
    own = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
    group = await idp.create_group("Sales", schemas=["urn:ietf:params:scim:schemas:core:2.0:Group", own])
    assert group["displayName"] == "Sales"


async def test_a_body_that_is_no_json_is_refused_and_not_a_fault(idp: Provider, scim_house: House) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
    for body in (b"{", b"[]", b'"text"', b"\xff", b'{"userName": "\\ud800"}'):
        answer = await scim_house.client.post("/scim/v2/Users", content=body, headers=headers)
        assert (answer.status_code, answer.json()["schemas"]) == (400, [ERROR]), body
