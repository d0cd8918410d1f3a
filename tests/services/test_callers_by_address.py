"""Where tokens say who a person is by an address, it opens what is theirs, and nothing of anybody else."""

from typing import Any

import pytest

from services.feedback.app import SERVICE as FEEDBACK
from services.goals.app import SERVICE as GOALS
from services.notifications.app import SERVICE as NOTIFICATIONS
from services.people.app import SERVICE as PEOPLE
from services.reviews.app import SERVICE as REVIEWS
from shared.audit.rows import AUDIT
from shared.contracts.people import PersonState
from shared.ids import derive
from tests.services.asker import Asker
from tests.services.goals.house import wording
from tests.services.house import StaffedHouse

SERVICES = (PEOPLE, GOALS, FEEDBACK, REVIEWS, NOTIFICATIONS)
EVERY_ROLE = ("hr_partner", "hr_admin", "executive", "auditor", "privacy_officer")
ANNA, BEN = "anna@example.com", "ben@example.com"


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
async def house(request: pytest.FixtureRequest, open_house: Any) -> StaffedHouse:
    return await known_by_address(open_house, request.param)


@pytest.fixture
async def goals(open_house: Any) -> StaffedHouse:
    return await known_by_address(open_house, GOALS)


async def known_by_address(open_house: Any, service: Any) -> StaffedHouse:
    house: StaffedHouse = await open_house(
        service, StaffedHouse, oidc_person_by="email", oidc_person_claim="email"
    )
    await house.know_people()
    await has(house, "anna", ANNA)
    await has(house, "ben", BEN)
    return house


async def has(house: StaffedHouse, person_id: str, email: str | None, status: str = "active") -> None:
    """The directory is told that somebody has an address."""
    changed = house.people[person_id].model_copy(update={"email": email, "status": status})
    house.people[person_id] = changed
    await house.publish(changed)


def with_(house: StaffedHouse, email: Any, *roles: str, **claims: Any) -> Asker:
    """Somebody whom the provider calls by a number and an address."""
    return house.as_("00u1abc", *roles, email=email, **claims)


async def reads(asker: Asker, person_id: str = "anna") -> int:
    return (await asker.get(f"/personal-data/{person_id}")).status_code


async def test_what_the_provider_calls_a_person_is_kept_nowhere(goals: StaffedHouse) -> None:
    sub = "anna.old@example.com"
    anna = goals.as_(sub, email=ANNA).with_(Idempotency_Key="k-1")
    answers = [await anna.post("/goals", wording()) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert answers[0].json() == answers[1].json()
    other = goals.as_("00u1abc", email=ANNA).with_(Idempotency_Key="k-1")
    assert (await other.post("/goals", wording())).json()["goal_id"] != answers[0].json()["goal_id"]
    await anna.read("/personal-data/anna")
    await goals.runtime.reads.flush()
    rows = await goals.db[AUDIT].find({"person_id": "anna"}).to_list(None)
    assert {(row["kind"], row["by"]) for row in rows} >= {
        (kind, derive("subject", sub)) for kind in ("change", "read")
    }
    kept = [await goals.text_of(name) for name in await goals.db.list_collection_names()]
    assert [text for text in kept if sub in text] == []


async def test_an_address_in_any_case_is_the_persons(house: StaffedHouse) -> None:
    for written in (ANNA, "Anna@Example.COM"):
        assert await reads(with_(house, written)) == 200
        assert await reads(with_(house, written), "ben") == 403
    assert await reads(with_(house, BEN, "privacy_officer")) == 200, "with the roles of the token"
    assert await reads(house.as_("anna", email=BEN)) == 403, "what else the token says is nobody's name"


@pytest.mark.parametrize("email", ["eve@example.com", "anna", "", None, {"$ne": None}, ["anna@example.com"]])
async def test_what_is_nobodys_address_opens_nothing_whatever_roles_come_with_it(
    house: StaffedHouse, email: Any
) -> None:
    assert await reads(with_(house, email, *EVERY_ROLE)) == 403
    assert (await with_(house, email, *EVERY_ROLE).get("/audit")).status_code == 403


async def test_an_address_that_is_not_verified_opens_nothing(house: StaffedHouse) -> None:
    for verified in (False, "false", [], None):
        assert await reads(with_(house, ANNA, *EVERY_ROLE, email_verified=verified)) == 401
    assert await reads(with_(house, ANNA, email_verified=True)) == 200


async def test_an_address_of_two_is_nobodys_until_one_has_given_it_up(house: StaffedHouse) -> None:
    """As the copy is for a moment when an address goes over and the news come in another order."""
    await has(house, "ben", ANNA)
    refused = await with_(house, ANNA, *EVERY_ROLE).get("/personal-data/anna")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (403, "nobody-of-this-address")
    assert "anna" not in refused.json()["detail"]
    await has(house, "anna", None)
    assert [await reads(with_(house, ANNA), each) for each in ("ben", "anna")] == [200, 403]


async def test_a_leavers_address_opens_nothing_also_where_somebody_has_it_too(house: StaffedHouse) -> None:
    await has(house, "anna", ANNA, status="left")
    assert await reads(with_(house, ANNA, *EVERY_ROLE)) == 403
    await has(house, "ben", ANNA)
    assert [await reads(with_(house, ANNA, *EVERY_ROLE), each) for each in ("anna", "ben")] == [403, 403]


async def test_who_was_erased_has_no_address(house: StaffedHouse) -> None:
    for who in ("anna", "manager"):
        await has(house, who, ANNA)
        await house.erase(PersonState, who)
        assert await reads(with_(house, ANNA, *EVERY_ROLE)) == 403, who


async def test_an_address_that_has_changed_is_the_persons_no_more(house: StaffedHouse) -> None:
    assert await reads(with_(house, ANNA)) == 200
    await has(house, "anna", "anna.lee@example.com")
    assert await reads(with_(house, ANNA, *EVERY_ROLE)) == 403
    assert await reads(with_(house, "anna.lee@example.com")) == 200


async def test_machines_come_without_an_address(open_house: Any) -> None:
    house = await known_by_address(open_house, PEOPLE)
    machine = house.as_("client-7", "hr_system")
    assert (await machine.get("/people")).status_code == 200


async def test_addresses_are_found_by_index(goals: StaffedHouse) -> None:
    plan = await goals.db["directory_people"].find({"email": ANNA}).limit(2).explain()
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
