"""What is listed, in pages, by which filters; and what is not sent again."""

from typing import Any

import pytest

from services.goals.app import SERVICE
from tests.profiler import profiled
from tests.services.goals.house import GoalsHouse


async def test_lists_are_filtered_by_all_that_is_asked(house: GoalsHouse) -> None:
    parent = await house.agreed("manager", by="chief", level="team", visibility="everyone")
    draft = await house.drafted(parent_id=parent)
    proposed = await house.proposed(kind="development")
    closed = await house.closed(starts_on="2026-04-01", due_on="2026-06-30")
    wanted: list[tuple[dict[str, str], set[str]]] = [
        ({}, {parent, draft, proposed, closed}),
        ({"owner_id": "anna"}, {draft, proposed, closed}),
        ({"parent_id": parent}, {draft}),
        ({"asked_id": "manager"}, {proposed}),
        ({"status": "closed"}, {closed}),
        ({"outcome": "achieved"}, {closed}),
        ({"outcome": "missed"}, set()),
        ({"kind": "development"}, {proposed}),
        ({"level": "team"}, {parent}),
        ({"runs_from": "2026-04-01"}, {closed}),
        ({"runs_to": "2026-03-31"}, {parent, draft, proposed}),
        ({"runs_from": "2026-03-31", "runs_to": "2026-04-01"}, {parent, draft, proposed, closed}),
        ({"owner_id": "anna", "status": "draft"}, {draft}),
        ({"owner_id": "me"}, {parent}),
        ({"asked_id": "me"}, {proposed}),
        ({"reporting_to_id": "me"}, {draft, proposed, closed}),
    ]
    for asked, expected in wanted:
        listed = await house.as_("manager").listed("/goals", **asked)
        assert {goal["goal_id"] for goal in listed} == expected, asked


@pytest.mark.parametrize("asked", [{"status": "lost"}, {"runs_from": "soon"}, {"level": "planet"}])
async def test_what_cannot_be_asked_is_refused(house: GoalsHouse, asked: Any) -> None:
    assert (await house.as_("anna").get("/goals", **asked)).status_code == 422


async def test_pages_neither_repeat_nor_miss_a_goal(house: GoalsHouse) -> None:
    made = {await house.drafted(who) for who in ("anna", "ben", "manager") for _ in range(3)}
    hidden = await house.drafted("peer", visibility="private")
    listed = [goal["goal_id"] for goal in await house.as_("manager").listed("/goals", limit=2)]
    assert len(listed) == len(set(listed))
    assert set(listed) == made
    assert hidden not in listed


def test_what_the_interface_speaks_of_has_names_of_its_own() -> None:
    shapes = SERVICE.api().openapi()["components"]["schemas"]
    assert [each for each in shapes if "__" in each] == []


async def test_a_goal_that_is_known_already_is_not_sent_again(house: GoalsHouse) -> None:
    goal_id = await house.drafted()
    anna, path = house.as_("anna"), f"/goals/{goal_id}"
    etag = (await anna.get(path)).headers["ETag"]
    known = await anna.with_(If_None_Match=etag).get(path)
    assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", etag)
    await anna.does(f"{path}/proposal")
    changed = await anna.with_(If_None_Match=etag).get(path)
    assert (changed.status_code, changed.json()["status"]) == (200, "proposed")
    assert (await house.as_("peer").with_(If_None_Match="*").get(path)).status_code == 404


CALLERS = [
    ("anna",),
    ("manager",),
    ("chief",),
    ("partner", "hr_partner"),
    ("admin", "hr_admin"),
    ("auditor", "auditor"),
]
ASKED: list[dict[str, str]] = [
    {},
    {"owner_id": "anna"},
    {"asked_id": "manager"},
    {"parent_id": "g"},
    {"status": "agreed"},
    {"level": "team"},
]


async def test_every_read_stands_on_an_index(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await house.as_("anna").does(f"/goals/{goal_id}/check-ins", {"confidence": 0.5})
    plan = {"title": "Call", "starts_on": "2026-01-10", "due_on": "2026-02-10"}
    made = await house.as_("anna").does(f"/goals/{goal_id}/initiatives", plan)
    initiative = f"/goals/{goal_id}/initiatives/{made['initiative_id']}"
    await house.as_("anna").does(f"{initiative}/reports", {"share_done": 0.5})
    planned = await house.db["initiatives"].find_one({})
    more = [{**planned, "_id": f"more{n:03d}", "goal_id": f"g{n}"} for n in range(300)]
    await house.db["initiatives"].insert_many(more)
    doc = await house.db["goals"].find_one({"_id": goal_id})
    await house.db["goals"].insert_many([{**doc, "_id": f"more{n:03d}"} for n in range(300)])
    read = ("goals", "measurements", "check_ins", "initiatives", "initiative_reports")
    names = [f"{house.db.name}.{name}" for name in read]
    async with profiled(house.db, ns={"$in": names}, op="query") as plans:
        for who in CALLERS:
            for asked in ASKED:
                await house.as_(*who).read("/goals", **asked, limit=10)
        for part in ("measurements", "check-ins"):
            await house.as_("anna").read(f"/goals/{goal_id}/{part}")
        for who in CALLERS:
            for asked in ({}, {"owner_id": "peer"}, {"status": "planned", "overdue": True}, {"goal_id": "g"}):
                await house.as_(*who).read("/initiatives", **asked, limit=10)
        await house.as_("anna").read(f"/goals/{goal_id}/initiatives")
        await house.as_("anna").read(f"{initiative}/reports")
        await house.as_("anna").read(f"/goals/{goal_id}/budget")
        await house.as_("anna").read(f"/goals/{goal_id}/measurements", key_result_id="reach")
        await house.let_go("manager")
    assert len(plans) >= len(CALLERS) * len(ASKED)
    assert {plan["ns"] for plan in plans} == set(names)
    assert [plan["command"] for plan in plans if "COLLSCAN" in plan["planSummary"]] == []


async def test_what_a_goal_serves_is_named_to_who_may_read_that_too(house: GoalsHouse) -> None:
    parent = await house.agreed("manager", by="chief", level="team", visibility="everyone")
    goal_id = await house.agreed(parent_id=parent, visibility="everyone")
    await house.db["goals"].update_one({"_id": parent}, {"$set": {"visibility": "private"}})
    for who, named in (("manager", parent), ("ben", None)):
        asker = house.as_(who)
        assert (await asker.read(f"/goals/{goal_id}"))["parent_id"] == named
        [listed] = await asker.listed("/goals", owner_id="anna")
        assert listed["parent_id"] == named
        for form in ("table", "plan"):
            rows = (await asker.get("/goals/export", owner_id="anna", form=form)).text
            assert (parent in rows) == (named is not None), form
        [above] = await asker.read(f"/goals/{goal_id}/line")
        assert (above["goal_id"], above["title"] is None) == (named, named is None)


async def test_a_teams_goals_are_those_of_who_reports_to_somebody(house: GoalsHouse) -> None:
    of_team = {await house.drafted("anna"), await house.agreed("ben")}
    own = await house.agreed("manager", by="chief")
    manager = house.as_("manager")
    listed = await manager.listed("/goals", reporting_to_id="manager", limit=1)
    assert {goal["goal_id"] for goal in listed} == of_team
    assert own in {
        goal["goal_id"] for goal in await house.as_("chief").listed("/goals", reporting_to_id="chief")
    }
    agreed = await manager.listed("/goals", reporting_to_id="manager", status="agreed", sort="-progress")
    assert [goal["owner_id"] for goal in agreed] == ["ben"]
    assert await manager.listed("/goals", reporting_to_id="nobody") == []
    assert await manager.listed("/goals", reporting_to_id="manager", owner_id="manager") == []
    [one] = await manager.listed("/goals", reporting_to_id="manager", owner_id="ben")
    assert one["owner_id"] == "ben"
    exported = (await manager.get("/goals/export", reporting_to_id="manager")).text
    assert {goal_id for goal_id in [*of_team, own] if goal_id in exported} == of_team
    counted = await manager.read("/goal-statistics", reporting_to_id="manager")
    assert {group["key"]: group["goals"] for group in counted} == {"draft": 1, "agreed": 1}


async def test_a_units_goals_are_those_of_who_works_there_or_below(house: GoalsHouse) -> None:
    north, sales = await house.agreed("ben"), await house.drafted("anna")
    await house.agreed("peer", by="other_manager")
    chief = house.as_("chief")
    for unit_id, goals in (("unit_north", {north}), ("unit_sales", {north, sales}), ("unit_none", set())):
        assert {goal["goal_id"] for goal in await chief.listed("/goals", unit_id=unit_id)} == goals, unit_id
    assert await chief.listed("/goals", unit_id="unit_sales", owner_id="peer") == []
    [one] = await chief.listed("/goals", unit_id="unit_sales", owner_id="ben")
    assert one["goal_id"] == north
    [one] = await chief.listed("/goals", unit_id="unit_all", reporting_to_id="manager", status="agreed")
    assert one["goal_id"] == north
    for path in ("/goals/export", "/goals/export?form=plan"):
        rows = (await chief.get(path, unit_id="unit_north")).text
        assert (north in rows, sales in rows) == (True, False), path
    counted = await chief.read("/goal-statistics", unit_id="unit_sales")
    assert {group["key"]: group["goals"] for group in counted} == {"draft": 1, "agreed": 1}
    covered = await chief.read("/goal-coverage", unit_id="unit_north")
    assert [(each["level"], each["goals"]) for each in covered["levels"]] == [("person", 1)]
    await house.publish(house.people["ben"].model_copy(update={"unit_id": "unit_all"}))
    assert await chief.listed("/goals", unit_id="unit_north") == []


async def test_what_serves_a_goal_is_told_to_who_may_read_that_goal_alone(house: GoalsHouse) -> None:
    parent = await house.agreed("manager", by="chief", visibility="private")
    goal_id = await house.agreed("anna", by="manager")
    await house.as_("manager").does(f"/goals/{goal_id}/parent", {"parent_id": parent}, method="PUT")
    measured = {"value": 3, "note": "What is told."}
    await house.as_("anna").does(f"/goals/{goal_id}/key-results/reach/measurements", measured)
    await house.as_("anna").does(f"/goals/{goal_id}/closure", {"outcome": "missed"})
    learned = {"lessons": "Ask sales before we begin."}
    await house.as_("anna").does(f"/goals/{goal_id}/retrospective", learned, method="PUT")
    for path in ("/goals", "/lessons", "/goals/export", "/goals/export/measurements", "/goal-statistics"):
        for who, told in (("manager", True), ("anna", False)):
            answer = await house.as_(who).get(path, parent_id=parent)
            assert answer.status_code == 200, answer.text
            said = goal_id in answer.text or '"goals":1' in answer.text
            assert said == told, (path, who)
