"""What the identity provider told of somebody is handed out to them, and goes with them."""

from services.people.held import HELD
from shared.ids import PersonId
from tests.services.people.house import House
from tests.services.people.identity_provider import ADA, BEN, ENTERPRISE, Provider

CANARY = "canary-4711"
WHO = {
    **ADA,
    "userName": f"{CANARY}@example.com",
    "emails": [{"value": f"{CANARY}@example.com"}, {"value": f"home-{CANARY}@example.com", "type": "home"}],
    "name": {"givenName": CANARY},
    ENTERPRISE: {"employeeNumber": CANARY, "department": CANARY},
}
ASKED = {"ground": "consent_withdrawn", "case": "DP-2026/17"}


async def test_it_is_handed_out_without_who_else_is_in_a_group(scim_house: House, idp: Provider) -> None:
    ada, ben = (await idp.create(WHO))["id"], (await idp.create(BEN))["id"]
    await idp.create_group("HR Admins", ada, ben)
    await scim_house.settle()
    found = (await scim_house.as_("officer", "privacy_officer").read(f"/personal-data/{ada}"))["kinds"]
    [said] = found["identity_provider_user"]
    assert CANARY in str(said["resource"])
    [group] = found["identity_provider_group"]
    assert group["display_name"] == "HR Admins"
    assert ben not in str(found)
    assert found["person"][0]["roles"] == ["hr_admin"]


async def test_nothing_of_it_is_left_of_who_is_erased(scim_house: House, idp: Provider) -> None:
    ada, ben = (await idp.create(WHO))["id"], (await idp.create(BEN))["id"]
    members = [{"value": ada, "display": CANARY}, {"value": ben, "display": "Ben"}]
    group = await idp.create_group("HR Admins", members=members)
    await idp.patch(ada, {"op": "replace", "value": {"active": False}})
    await scim_house.settle()
    await scim_house.as_("officer", "privacy_officer").does(f"/people/{ada}/erasure", ASKED)
    await scim_house.settle()
    await scim_house.forget()
    left = {name: await scim_house.text_of(name) for name in await scim_house.db.list_collection_names()}
    assert [name for name, text in left.items() if CANARY in text and name != "outbox"] == []
    for each in HELD:
        if each.fate == "deleted":
            assert await each.found(scim_house.db, PersonId(ada)) == [], each.what
    assert [
        each["value"] for each in (await idp.send("GET", f"/Groups/{group['id']}")).json()["members"]
    ] == [ben]
    again = await idp.create(WHO)
    assert again["id"] != ada, "who is created again is somebody new"
