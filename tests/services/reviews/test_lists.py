"""Lists of reviews: mine, those I assess, of a cycle, in a stage; page by page."""

from shared.audit.rows import AUDIT
from tests.services.reviews.house import House, own_words


async def people(house: House, *caller: str, **wanted: object) -> list[str]:
    listed = await house.as_(*caller).read("/reviews", **wanted)
    return sorted(each["person_id"] for each in listed["items"])


async def test_mine_and_those_i_assess(house: House) -> None:
    await house.launch()
    assert await people(house, "manager", my_role="person") == ["manager"]
    assert await people(house, "manager", my_role="reviewer") == ["anna", "ben"]
    assert await people(house, "manager") == ["anna", "ben", "manager"]


async def test_of_a_cycle_of_a_person_and_by_a_reviewer(house: House) -> None:
    first, _ = await house.launch(), await house.launch(name="Again", population={"person_ids": ["anna"]})
    admin = ("admin", "hr_admin")
    assert len(await people(house, *admin, cycle_id=first)) == 10
    assert await people(house, *admin, person_id="anna") == ["anna", "anna"]
    assert await people(house, *admin, reviewer_id="manager", cycle_id=first) == ["anna", "ben"]


async def test_by_stage(house: House) -> None:
    review_id = await house.opened("anna")
    await house.as_("anna").does(f"/reviews/{review_id}/self-assessment/submission", own_words())
    assert await people(house, "manager", stage="manager_assessment") == ["anna"]
    assert await people(house, "manager", stage=["manager_assessment", "self_assessment"]) == [
        "anna",
        "ben",
        "manager",
    ]
    assert (await house.as_("manager").get("/reviews", stage="lost")).status_code == 422


async def test_pages_neither_repeat_nor_miss(house: House) -> None:
    cycle_id = await house.launch()
    found: list[str] = []
    wanted = {"cycle_id": cycle_id, "limit": 3}
    page = await house.admin.read("/reviews", **wanted)
    while True:
        found += [each["person_id"] for each in page["items"]]
        if page["next"] is None:
            break
        page = await house.admin.read("/reviews", **wanted, cursor=page["next"])
    assert len(found) == len(set(found)) == 10


async def test_pages_of_a_cycle_come_from_an_index(house: House) -> None:
    cycle_id = await house.launch()
    filter_ = {"cycle_id": cycle_id, "stage": {"$in": ["self_assessment", "shared"]}}
    plan = await house.db["reviews"].find(filter_).sort("_id", 1).limit(5).explain()
    assert "'SORT'" not in str(plan["queryPlanner"]["winningPlan"])


async def test_the_audit_has_each_review_that_a_list_has_shown(house: House) -> None:
    await house.launch()
    await house.runtime.reads.flush()
    await house.db[AUDIT].delete_many({})
    listed = await house.as_("manager").listed("/reviews", my_role="reviewer")
    await house.runtime.reads.flush()
    [row] = await house.db[AUDIT].find({"kind": "read"}).to_list(None)
    assert row["by"] == "manager"
    assert row["about"] == [f"reviews/{each['review_id']}" for each in listed]
