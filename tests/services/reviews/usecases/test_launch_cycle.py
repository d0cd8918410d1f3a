"""Launching a cycle: checked first, counted if only asked, then opened for the people it names."""

from typing import Any

import pytest

from tests.services.reviews.house import CYCLE, House


async def people_of(house: House, cycle_id: str) -> set[str]:
    return set(await house.db["reviews"].distinct("person_id", {"cycle_id": cycle_id}))


async def test_launched_cycle_opens_one_review_for_everybody(house: House) -> None:
    answer = await house.admin.post("/cycles", CYCLE)
    assert answer.status_code == 201
    launched = answer.json()
    assert answer.headers["Location"] == f"/cycles/{launched['cycle_id']}"
    assert [part["section_id"] for part in launched["sections"]] == [
        "achievements",
        "strengths",
        "development",
    ]
    await house.expand()
    assert len(await people_of(house, launched["cycle_id"])) == 10
    assert await house.said(launched["cycle_id"]) == ["cycle_launched"]
    assert (await house.state(launched["cycle_id"]))["name"] == "First quarter"


async def test_opened_review_is_announced_with_its_manager_and_its_dates(house: House) -> None:
    review_id = await house.opened("anna")
    (opened,) = await house.published(subject=review_id)
    assert opened["said"] == "review_opened"
    assert (opened["person_id"], opened["reviewer_id"]) == ("anna", "manager")
    assert (opened["self_due_on"], opened["manager_due_on"]) == ("2026-04-15", "2026-04-30")
    state = await house.state(review_id)
    assert (state["stage"], state["rating"], state["goals_counted"]) == ("self_assessment", None, None)


@pytest.mark.parametrize(
    ("population", "expected"),
    [
        ({"unit_ids": ["unit_sales"]}, {"manager", "anna", "ben"}),
        ({"unit_ids": ["unit_north"], "person_ids": ["peer"]}, {"ben", "peer"}),
        ({"person_ids": ["anna"]}, {"anna"}),
    ],
)
async def test_population_is_the_units_with_all_below_and_the_people(
    house: House, population: dict[str, Any], expected: set[str]
) -> None:
    cycle_id = await house.launch(population=population)
    assert await people_of(house, cycle_id) == expected


async def test_dry_run_counts_and_changes_nothing(house: House) -> None:
    answer = await house.admin.post("/cycles", {**CYCLE, "dry_run": True})
    assert answer.status_code == 200
    assert answer.json() == {"people": 10, "reviewers": 3, "without_reviewer": 1}
    assert "Location" not in answer.headers
    await house.expand()
    for collection in ("cycles", "reviews", "outbox", "fan_outs"):
        assert await house.db[collection].count_documents({}) == 0


async def test_dry_run_counts_those_whose_manager_has_left_as_without_reviewer(house: House) -> None:
    await house.db["directory_people"].update_one({"_id": "manager"}, {"$set": {"status": "left"}})
    answer = await house.admin.post("/cycles", {**CYCLE, "dry_run": True})
    assert answer.json() == {"people": 9, "reviewers": 2, "without_reviewer": 3}


@pytest.mark.parametrize("dry_run", [True, False])
async def test_population_with_strangers_is_refused_by_their_ids(house: House, dry_run: bool) -> None:
    population = {"unit_ids": ["unit_sales", "unit_x"], "person_ids": ["nobody"]}
    answer = await house.admin.post("/cycles", {**CYCLE, "population": population, "dry_run": dry_run})
    assert answer.status_code == 422
    assert answer.json()["unknown"] == ["nobody", "unit_x"]


@pytest.mark.parametrize("roles", [(), ("hr_partner",), ("executive",), ("auditor",)])
@pytest.mark.parametrize("dry_run", [True, False])
async def test_only_an_hr_admin_launches(house: House, roles: tuple[str, ...], dry_run: bool) -> None:
    answer = await house.as_("chief", *roles).post("/cycles", {**CYCLE, "dry_run": dry_run})
    assert answer.status_code == 403
    assert await house.db["cycles"].count_documents({}) == 0


async def test_cycle_that_is_overdue_when_launched_is_refused(house: House) -> None:
    answer = await house.admin.post("/cycles", {**CYCLE, "self_due_on": "2026-03-31"})
    assert answer.status_code == 422
    assert answer.json()["self_due_on"] == "2026-03-31"


async def test_launching_again_with_the_same_key_is_launching_once(house: House) -> None:
    first = await house.admin.post("/cycles", CYCLE, Idempotency_Key='"q1"')
    again = await house.admin.post("/cycles", CYCLE, Idempotency_Key='"q1"')
    assert first.json()["cycle_id"] == again.json()["cycle_id"]
    await house.expand()
    assert await house.db["reviews"].count_documents({}) == 10


async def test_progress_of_a_launch_can_be_read(house: House) -> None:
    launched = await house.admin.does("/cycles", CYCLE)
    path = f"/cycles/{launched['cycle_id']}"
    waiting = await house.admin.read(path)
    assert waiting["opening"] == {"finished": False, "people": 0, "refused": 0, "failed": 0, "refusals": []}
    await house.expand()
    opened = await house.admin.read(path)
    assert opened["opening"] == {"finished": True, "people": 10, "refused": 0, "failed": 0, "refusals": []}
    assert opened["reviews_by_stage"]["self_assessment"] == 10
    assert sum(opened["reviews_by_stage"].values()) == 10
    named: dict[str, list[str]] = {"unit_ids": [], "person_ids": [], "reporting_to_ids": []}
    named["job_levels"] = []
    assert opened["population"] == {"everyone": True, **named}


async def test_counts_are_those_of_the_reviews_that_the_caller_may_see(house: House) -> None:
    cycle_id = await house.launch()
    counts = {
        ("anna",): 1,
        ("manager",): 3,
        ("chief",): 10,
        ("partner", "hr_partner"): 4,
        ("auditor", "auditor"): 10,
    }
    for caller, expected in counts.items():
        told = await house.as_(*caller).read(f"/cycles/{cycle_id}")
        assert told["reviews_by_stage"]["self_assessment"] == expected, caller
        assert (told["population"] is None) == (caller[0] != "auditor")


async def test_cycles_are_listed_newest_first_and_hidden_from_strangers(house: House) -> None:
    first, second = await house.launch(), await house.launch(name="Again")
    listed = (await house.as_("anna").read("/cycles"))["items"]
    assert {each["cycle_id"] for each in listed} == {first, second}
    assert (await house.as_("stranger").read("/cycles"))["items"] == []
    assert (await house.as_("stranger").get(f"/cycles/{first}")).status_code == 404


async def test_who_is_in_no_directory_is_not_named_on_the_topic(house: House) -> None:
    """A token may name anybody, by an address for instance; what is published cannot be taken back."""
    for person_id in ("anna.schmidt@corp.example", "manager"):
        cycle = await house.as_(person_id, "hr_admin").does("/cycles", {**CYCLE, "name": person_id})
        (launched,) = await house.published(subject=cycle["cycle_id"])
        assert launched["by_person_id"] == (person_id if person_id == "manager" else None)
