"""Route by role and relation: who may, who is told that they may not, and who hears of nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import Response

from services.reviews.app import SERVICE
from tests.services.asker import Asker
from tests.services.organisation import person_state
from tests.services.reviews.house import AFTER_SELF_DUE, CYCLE, House, manager_words, own_words

Prepare = Callable[[House, str], Awaitable[None]]
CALLERS: dict[str, tuple[str, ...]] = {
    "person": ("anna",),
    "reviewer": ("manager",),
    "chain": ("chief",),
    "hr_partner": ("partner", "hr_partner"),
    "hr_admin": ("admin", "hr_admin"),
    "auditor": ("auditor", "auditor"),
    "colleague": ("ben",),
    "peer": ("peer",),
    "other_manager": ("other_manager",),
    "partner_of_another_unit": ("other_partner", "hr_partner"),
    "partner_without_the_role": ("partner",),
    "executive_elsewhere": ("other_manager", "executive"),
    "stranger": ("stranger",),
    "service": ("goals", "service"),
}
READERS = {"person", "reviewer", "chain", "hr_partner", "hr_admin", "auditor"}


async def fresh(house: House, review_id: str) -> None:
    del house, review_id


async def self_drafted(house: House, review_id: str) -> None:
    await house.as_("anna").put(f"/reviews/{review_id}/self-assessment", own_words())


async def self_submitted(house: House, review_id: str) -> None:
    await house.as_("anna").does(f"/reviews/{review_id}/self-assessment/submission", own_words())


async def manager_drafted(house: House, review_id: str) -> None:
    await self_submitted(house, review_id)
    await house.as_("manager").put(f"/reviews/{review_id}/manager-assessment", manager_words())


async def assessed(house: House, review_id: str) -> None:
    await manager_drafted(house, review_id)
    await house.as_("manager").does(f"/reviews/{review_id}/manager-assessment/submission")


async def shared(house: House, review_id: str) -> None:
    await assessed(house, review_id)
    await house.as_("manager").does(f"/reviews/{review_id}/sharing")


@dataclass(frozen=True)
class Route:
    """A route on a review that was prepared so, and who may take it."""

    method: str
    path: str
    prepare: Prepare
    may: frozenset[str]
    body: Any = None

    async def ask(self, caller: Asker, review_id: str) -> Response:
        return await caller.send(self.method, f"/reviews/{review_id}{self.path}", self.body)


def route(method: str, path: str, prepare: Prepare, may: str, body: Any = None) -> Any:
    who = frozenset(may.split())
    return pytest.param(Route(method, path, prepare, who, body), id=f"{method}{path}-{prepare.__name__}")


STEWARDS = "reviewer hr_partner hr_admin"
ROUTES = [
    route("GET", "", fresh, " ".join(READERS)),
    route("GET", "", shared, " ".join(READERS)),
    route("GET", "/evidence", fresh, "person reviewer hr_partner hr_admin auditor"),
    route("GET", "/self-assessment", self_drafted, "person"),
    route("GET", "/self-assessment", self_submitted, "person reviewer hr_partner hr_admin auditor"),
    route("GET", "/self-assessment", shared, " ".join(READERS)),
    route("GET", "/manager-assessment", manager_drafted, "reviewer hr_admin"),
    route("GET", "/manager-assessment", assessed, "reviewer hr_partner hr_admin auditor"),
    route("GET", "/manager-assessment", shared, " ".join(READERS)),
    route("PUT", "/self-assessment", fresh, "person", own_words()),
    route("POST", "/self-assessment/submission", fresh, "person", own_words()),
    route("POST", "/self-assessment/waiver", fresh, STEWARDS),
    route("PUT", "/manager-assessment", fresh, "reviewer", manager_words()),
    route("POST", "/manager-assessment/submission", self_submitted, "reviewer", manager_words()),
    route("POST", "/manager-assessment/reopening", assessed, STEWARDS),
    route("POST", "/sharing", assessed, STEWARDS),
    route("POST", "/acknowledgement", shared, "person", {}),
]


async def new_review(house: House) -> str:
    return (await house.review_of("anna", await house.launch(population={"person_ids": ["anna"]})))["_id"]


@pytest.mark.parametrize("route", ROUTES)
async def test_each_route_is_for_whom_the_table_says(house: House, route: Route) -> None:
    found: dict[str, str] = {}
    for name, caller in CALLERS.items():
        review_id = await new_review(house)
        await route.prepare(house, review_id)
        answer = await route.ask(house.as_(*caller).at(AFTER_SELF_DUE), review_id)
        found[name] = {200: "may", 403: "may not", 404: "hidden"}.get(answer.status_code, answer.text)
    expected = {
        name: "may" if name in route.may else "may not" if name in READERS else "hidden" for name in CALLERS
    }
    assert found == expected


@pytest.mark.parametrize(
    "route", [each for each in ROUTES if "manager" in each.id or "waiver" in each.id or "sharing" in each.id]
)
async def test_no_role_helps_with_ones_own_review(house: House, route: Route) -> None:
    """An HR admin who is the person, with and without a manager above them."""
    for manager_id in ("manager", None):
        await house.publish(person_state("anna", manager_id=manager_id))
        review_id = await new_review(house)
        await route.prepare(house, review_id)
        caller = house.as_("anna", "hr_admin", "auditor", "hr_partner", "executive").at(AFTER_SELF_DUE)
        answer = await route.ask(caller, review_id)
        assert answer.status_code == (200 if route.prepare is shared else 403), answer.text


async def test_a_service_reads_nothing_for_somebody(house: House) -> None:
    review_id = await new_review(house)
    await assessed(house, review_id)
    posing = house.as_("notifications", "service").with_(Cairn_On_Behalf_Of="manager")
    assert (await posing.get(f"/reviews/{review_id}/manager-assessment")).status_code == 404


async def test_every_caller_lists_exactly_the_reviews_that_they_may_read(house: House) -> None:
    await house.launch()
    ids = [doc["_id"] async for doc in house.db["reviews"].find({}, {"_id": 1})]
    for caller in CALLERS.values():
        asking = house.as_(*caller)
        listed = {each["review_id"] for each in (await asking.read("/reviews"))["items"]}
        readable = {id_ for id_ in ids if (await asking.get(f"/reviews/{id_}")).status_code == 200}
        assert listed == readable, caller


async def test_who_left_and_whose_copy_says_so_reads_nothing(house: House) -> None:
    review_id = await new_review(house)
    await house.publish(person_state("manager", manager_id="chief").model_copy(update={"status": "left"}))
    assert (await house.as_("manager").get(f"/reviews/{review_id}")).status_code in {401, 403, 404}


async def test_no_route_answers_without_a_token(house: House) -> None:
    paths: dict[str, dict[str, Any]] = SERVICE.api().openapi()["paths"]
    routes = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    assert len(routes) >= len({each.values[0].path for each in ROUTES})
    for method, path in routes:
        filled = path.format(cycle_id="c", review_id="r", person_id="p")
        answer = await house.client.request(method, filled, json=CYCLE)
        assert answer.status_code == 401, (method, path)


async def test_names_of_cycles_are_told_to_services_for_those_who_work_here(house: House) -> None:
    cycle_id = await house.launch()
    await house.publish(person_state("ben", manager_id="manager").model_copy(update={"status": "left"}))
    wanted = [{"id": cycle_id, "reader_id": person} for person in ("anna", "ben", "chief")]
    answer = await house.as_("notifications", "service").post("/titles", {"wanted": wanted})
    assert answer.json()["titles"][0]
    assert answer.json()["titles"][1] is None
    assert answer.json()["titles"][2] == answer.json()["titles"][0]
    assert (await house.as_("anna").post("/titles", {"wanted": wanted})).status_code == 403
