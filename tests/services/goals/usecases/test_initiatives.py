"""What is done for goals: planned, given, reported on, closed, and following the goal and its people."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from services.goals.initiative_store import INITIATIVES, REPORTS
from services.goals.store import FOLDS, GUARDS, LOOKS, OUTLOOKS, ROLL_UPS
from services.goals.usecases.fold_goals import FoldWorker
from shared.contracts.people import PersonState
from tests.services.asker import rule_of
from tests.services.goals.house import GoalsHouse, wording
from tests.services.goals.usecases.test_run_period import CLOSED, CLOSING, Q2, opened, turn

PLAN: dict[str, Any] = {
    "title": "Call a hundred customers",
    "owner_id": "peer",
    "starts_on": "2026-01-10",
    "due_on": "2026-02-10",
    "planned_effort_days": "12.5",
    "planned_cost": "1000",
    "currency": "EUR",
}


async def planned(house: GoalsHouse, goal_id: str, by: str = "anna", **said: Any) -> str:
    """The path of a new initiative."""
    made = await house.as_(by).does(f"/goals/{goal_id}/initiatives", PLAN | said)
    return f"/goals/{goal_id}/initiatives/{made['initiative_id']}"


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


async def read(house: GoalsHouse, path: str) -> Any:
    return await house.as_("auditor", "auditor").read(path)


async def test_an_initiative_is_planned_reported_on_and_done(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    answer = await house.as_("anna").post(f"/goals/{goal_id}/initiatives", PLAN)
    made = answer.json()
    assert (answer.status_code, made["status"], made["beyond"]) == (201, "planned", [])
    path = answer.headers["Location"]
    peer = house.as_("peer")
    await peer.does(f"{path}/reports", {"share_done": 0.5, "effort_days": 4, "cost": "400.5"})
    later = peer.at(datetime(2026, 1, 13, 9, tzinfo=UTC))
    await later.does(f"{path}/reports", {"effort_days": "3.5", "note": "A day was counted twice."})
    now = await read(house, path)
    assert (now["status"], now["share_done"]) == ("under_way", 0.5)
    assert (now["actual_effort_days"], now["actual_cost"]) == ("3.5", "400.50")
    reports = await peer.listed(f"{path}/reports")
    assert [each["effort_days"] for each in reports] == ["3.5", "4"]
    assert [each["cost"] for each in reports] == [None, "400.50"]
    assert {each["by_person_id"] for each in reports} == {"peer"}
    done = await peer.does(f"{path}/closure", {"outcome": "done"})
    assert (done["status"], done["share_done"], done["closed_by"]) == ("done", 1.0, "peer")
    assert await house.said(id_of(path)) == [
        "initiative_planned",
        "initiative_progressed",
        "initiative_progressed",
        "initiative_closed",
    ]
    event = (await house.published(subject=id_of(path)))[2]
    assert (event["actual_effort_days"], event["actual_cost"], event["currency"]) == ("3.5", "400.50", "EUR")
    assert PLAN["title"] not in str(await house.published())


async def states(house: GoalsHouse, path: str, name: str) -> list[Any]:
    """What the state topic was told of an initiative, one field of it."""
    return [each.get(name) for each in await house.published(subject=id_of(path), topic="state")]


async def test_its_newest_state_is_published_with_each_step(house: GoalsHouse) -> None:
    path = await planned(house, await house.agreed())
    peer = house.as_("peer")
    await peer.does(f"{path}/reports", {"share_done": 0.5, "effort_days": 4, "cost": "400.5"})
    await house.as_("anna").put(path, PLAN | {"due_on": "2026-02-20"}, If_Match="*")
    await house.let_go("peer")
    await house.take_back("peer")
    await peer.does(f"{path}/closure", {"outcome": "done"})
    assert await states(house, path, "status") == ["planned", *["under_way"] * 4, "done"]
    assert await states(house, path, "owner_left") == [False, False, False, True, False, False]
    newest = (await house.published(subject=id_of(path), topic="state"))[-1]
    assert (newest["share_done"], newest["due_on"], newest["actual_cost"]) == (1.0, "2026-02-20", "400.50")
    assert newest["said"] == "initiative_state"
    assert newest["sequence"] == (await house.published(subject=id_of(path)))[-1]["sequence"]


async def test_its_state_shows_a_title_only_while_everyone_may_read_its_goal(house: GoalsHouse) -> None:
    goal_id = await house.drafted(visibility="everyone")
    path = await planned(house, goal_id, description="Only the brave ones.")
    for visibility in ("team", "line", "private"):
        await house.as_("anna").put(f"/goals/{goal_id}", wording(visibility=visibility), If_Match="*")
    assert await states(house, path, "title") == [PLAN["title"], None, None, None]
    assert await states(house, path, "visibility") == ["everyone", "team", "line", "private"]
    assert await house.said(id_of(path)) == ["initiative_planned", *["initiative_followed"] * 3]
    assert "brave" not in str(await house.published(topic="state"))
    await house.as_("anna").put(f"/goals/{goal_id}", wording(visibility="private"), If_Match="*")
    assert len(await states(house, path, "title")) == 4


async def test_with_the_goal_of_who_is_erased_its_state_is_gone(house: GoalsHouse) -> None:
    own, others = (
        await planned(house, await house.agreed()),
        await planned(house, await house.agreed("ben"), "ben"),
    )
    await house.erase(PersonState, "anna")
    assert (await states(house, own, "gone"))[-1] is True
    assert (await states(house, others, "gone"))[-1] is None


async def test_left_out_the_goals_owner_does_it(house: GoalsHouse) -> None:
    path = await planned(house, await house.drafted(), by="manager", owner_id=None)
    assert (await read(house, path))["owner_id"] == "anna"


async def test_dates_beyond_the_goals_are_told_to_who_plans(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    late = PLAN | {"starts_on": "2025-12-01", "due_on": "2026-06-01"}
    made = await house.as_("anna").does(f"/goals/{goal_id}/initiatives", late)
    assert made["beyond"] == ["starts_before_goal", "ends_after_goal"]
    [listed] = await house.as_("anna").listed(f"/goals/{goal_id}/initiatives")
    assert listed["beyond"] == made["beyond"]
    own = await house.as_("peer").read(f"/goals/{goal_id}/initiatives/{made['initiative_id']}")
    assert "beyond" not in own


async def test_it_is_changed_over_the_version_that_was_read_and_goes_to_somebody_else(
    house: GoalsHouse,
) -> None:
    path = await planned(house, await house.agreed())
    anna = house.as_("anna")
    assert (await anna.put(path, PLAN)).status_code == 428
    same = await anna.put(path, PLAN, If_Match='"v1"')
    assert (same.status_code, same.headers["ETag"]) == (200, '"v1"')
    given = await anna.put(path, PLAN | {"owner_id": "ben"}, If_Match='"v1"')
    assert (given.status_code, given.json()["owner_id"]) == (200, "ben")
    event = await house.last(id_of(path))
    assert (event["changes"], event["from_owner_id"], event["owner_id"]) == (["owner_id"], "peer", "ben")
    assert (await anna.put(path, PLAN, If_Match='"v1"')).status_code == 412
    assert (await house.as_("peer").get(path)).status_code == 404


async def test_its_etag_is_what_a_change_wants(house: GoalsHouse) -> None:
    path, anna = await planned(house, await house.agreed()), house.as_("anna")
    etag = (await anna.get(path)).headers["ETag"]
    known = await anna.with_(If_None_Match=etag).get(path)
    assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", etag)
    assert (await anna.put(path, PLAN | {"title": "Write"}, If_Match=etag)).status_code == 200
    assert (await anna.with_(If_None_Match=etag).get(path)).json()["title"] == "Write"
    assert (await house.as_("ben").with_(If_None_Match="*").get(path)).status_code == 404


async def test_a_goal_has_no_more_initiatives_than_can_follow_it_at_once(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    doc = await house.db[INITIATIVES].find_one({"_id": id_of(await planned(house, goal_id))})
    assert doc is not None
    await house.db[INITIATIVES].insert_many(
        [doc | {"_id": f"i{n}", "initiative_id": f"i{n}"} for n in range(198)]
    )
    await planned(house, goal_id)
    refused = await house.as_("anna").post(f"/goals/{goal_id}/initiatives", PLAN)
    assert (refused.status_code, rule_of(refused), refused.json()["limit"]) == (
        409,
        "too-many-initiatives",
        200,
    )
    await house.as_("anna").does(f"/goals/{goal_id}/closure", {"outcome": "achieved"})
    assert await house.db[INITIATIVES].count_documents({"status": "dropped"}) == 200


async def test_who_is_to_do_it_is_known_and_works_here(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    path = await planned(house, goal_id)
    await house.let_go("ben")
    anna = house.as_("anna")
    for owner_id, status in (("nobody", 404), ("ben", 409)):
        said = PLAN | {"owner_id": owner_id}
        assert (await anna.post(f"/goals/{goal_id}/initiatives", said)).status_code == status
        assert (await anna.put(path, said, If_Match="*")).status_code == status


@pytest.mark.parametrize(
    "said",
    [
        {"due_on": "2026-01-01"},
        {"currency": None},
        {"currency": "XXX"},
        {"planned_cost": "0.001"},
        {"title": " "},
    ],
)
async def test_what_makes_no_sense_is_refused(house: GoalsHouse, said: Any) -> None:
    answer = await house.as_("anna").post(f"/goals/{await house.agreed()}/initiatives", PLAN | said)
    assert answer.status_code == 422


async def test_an_initiative_of_another_goal_is_not_there(house: GoalsHouse) -> None:
    path, other = await planned(house, await house.agreed()), await house.drafted()
    wrong = f"/goals/{other}/initiatives/{id_of(path)}"
    anna = house.as_("anna")
    for answer in (
        await anna.get(wrong),
        await anna.get(f"{wrong}/reports"),
        await anna.put(wrong, PLAN, If_Match="*"),
        await anna.post(f"{wrong}/reports", {"share_done": 1}),
        await anna.post(f"{wrong}/closure", {"outcome": "done"}),
    ):
        assert answer.status_code == 404


async def test_with_the_goal_what_is_not_done_is_dropped_and_nothing_more_is_done(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    path, done = await planned(house, goal_id), await planned(house, goal_id)
    await house.as_("peer").does(f"{done}/closure", {"outcome": "done"})
    await house.as_("anna").does(f"/goals/{goal_id}/closure", {"outcome": "achieved"})
    dropped = await read(house, path)
    assert (dropped["status"], dropped["closed_by"], dropped["reason"]) == ("dropped", None, "")
    assert (await read(house, done))["status"] == "done"
    refused = [
        await house.as_("anna").post(f"/goals/{goal_id}/initiatives", PLAN),
        await house.as_("anna").put(path, PLAN, If_Match="*"),
        await house.as_("peer").post(f"{path}/closure", {"outcome": "done"}),
    ]
    assert {rule_of(each) for each in refused} == {"goal-not-in-stage"}


async def test_a_goal_that_is_closed_keeps_its_budget_and_the_last_invoice_counts(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    made, half, no = [await planned(house, goal_id, planned_effort_days=None) for _ in range(3)]
    peer = house.as_("peer")
    await peer.does(f"{made}/reports", {"share_done": 1, "cost": "90"})
    await peer.does(f"{half}/reports", {"share_done": 0.5})
    await house.as_("anna").does(f"{no}/closure", {"outcome": "dropped", "reason": "Too dear."})
    await house.as_("anna").does(f"/goals/{goal_id}/closure", {"outcome": "achieved"})
    ended = [await read(house, each) for each in (made, half)]
    assert [each["status"] for each in ended] == ["done", "dropped"]
    await peer.does(f"{made}/reports", {"cost": "95", "effort_days": "2"})
    late = await peer.post(f"{half}/reports", {"share_done": 1})
    assert rule_of(late) == "initiative-ended"
    own = (await house.as_("anna").read(f"/goals/{goal_id}/budget"))["own"]
    assert own["costs"] == [{"currency": "EUR", "planned": "2000.00", "actual": "95.00"}]
    assert own["actual_effort_days"] == "2"


async def test_carried_over_what_is_not_done_goes_on_with_the_goal(house: GoalsHouse) -> None:
    period_id = await opened(house, Q2)
    goal_id = await house.agreed()
    path, done = await planned(house, goal_id), await planned(house, goal_id)
    whole = await planned(house, goal_id)
    await house.as_("peer").does(f"{whole}/reports", {"share_done": 1})
    await house.as_("peer").does(f"{path}/reports", {"cost": "70"})
    await house.as_("peer").does(f"{done}/closure", {"outcome": "done"})
    new = await house.as_("anna").does(f"/goals/{goal_id}/carry-over", {"period_id": period_id})
    assert (await house.as_("auditor", "auditor").get(path)).status_code == 404
    moved = await read(house, f"/goals/{new['goal_id']}/initiatives/{id_of(path)}")
    assert (moved["status"], moved["actual_cost"]) == ("under_way", "70.00")
    assert (await house.last(id_of(path)))["from_goal_id"] == goal_id
    assert [(await read(house, each))["status"] for each in (done, whole)] == ["done", "done"]
    assert (
        len(await house.as_("peer").listed(f"/goals/{new['goal_id']}/initiatives/{id_of(path)}/reports")) == 1
    )


async def test_in_a_closed_period_nothing_is_done_any_more(house: GoalsHouse) -> None:
    goal_id = await house.agreed(period_id=await opened(house))
    path = await planned(house, goal_id)
    await turn(house, CLOSING)
    await house.as_("peer").does(f"{path}/reports", {"share_done": 0.2})
    await turn(house, CLOSED)
    refused = [
        await house.as_("anna").post(f"/goals/{goal_id}/initiatives", PLAN),
        await house.as_("anna").put(path, PLAN, If_Match="*"),
        await house.as_("peer").post(f"{path}/reports", {"share_done": 1}),
        await house.as_("peer").post(f"{path}/closure", {"outcome": "done"}),
    ]
    assert {rule_of(each) for each in refused} == {"period-closed"}


async def test_who_leaves_leaves_it_alone_until_it_is_given_to_another_or_they_are_back(
    house: GoalsHouse,
) -> None:
    goal_id = await house.agreed()
    path, other = await planned(house, goal_id), await planned(house, goal_id)
    await house.as_("anna").does(f"{other}/closure", {"outcome": "dropped", "reason": "Too dear."})
    await house.let_go("peer")
    assert (await read(house, path))["owner_left"]
    event = await house.last(id_of(path))
    assert (event["said"], event["goal_owner_id"]) == ("initiative_left_alone", "anna")
    assert await house.said(id_of(other)) == ["initiative_planned", "initiative_closed"]
    listed = await house.as_("anna").listed("/initiatives", owner_left=True)
    assert [each["initiative_id"] for each in listed] == [id_of(path)]
    await house.take_back("peer")
    assert not (await read(house, path))["owner_left"]
    await house.let_go("peer")
    given = await house.as_("anna").put(path, PLAN | {"owner_id": "ben"}, If_Match="*")
    assert not given.json()["owner_left"]


async def test_of_who_comes_back_only_what_was_left_alone_is_written(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    path, other = await planned(house, goal_id), await planned(house, goal_id)
    await house.let_go("peer")
    await house.db[INITIATIVES].update_one({"_id": id_of(other)}, {"$set": {"owner_left": False}})
    versions = [(await read(house, each))["version"] for each in (path, other)]
    await house.take_back("peer")
    assert [(await read(house, each))["version"] for each in (path, other)] == [versions[0] + 1, versions[1]]


async def test_what_nobody_agreed_to_ends_with_its_owner_and_so_does_what_is_done_for_it(
    house: GoalsHouse,
) -> None:
    drafted, agreed = await house.drafted(), await house.agreed()
    ends, stays = (
        await planned(house, drafted, owner_id="anna"),
        await planned(house, agreed, owner_id="anna"),
    )
    await house.let_go("anna")
    assert (await read(house, ends))["status"] == "dropped"
    assert ((await read(house, stays))["status"], (await read(house, stays))["owner_left"]) == (
        "planned",
        True,
    )


async def test_who_may_read_it_follows_the_goal(house: GoalsHouse) -> None:
    goal_id = await house.drafted(visibility="everyone")
    path = await planned(house, goal_id)
    assert (await house.as_("ben").get(path)).status_code == 200
    await house.as_("anna").put(f"/goals/{goal_id}", wording(visibility="private"), If_Match="*")
    assert (await house.as_("ben").get(path)).status_code == 404
    assert await house.as_("ben").listed("/initiatives") == []
    agreed = await house.agreed(visibility="private")
    other = await planned(house, agreed)
    change = {"owner_id": "ben", "reason": "Ben knows more of it."}
    await house.as_("manager").does(f"/goals/{agreed}/amendment", change)
    await house.as_("anna").does(f"/goals/{agreed}/amendment/agreement")
    await house.as_("ben").does(f"/goals/{agreed}/amendment/agreement")
    assert (await house.as_("ben").get(other)).status_code == 200
    assert (await house.as_("anna").get(other)).status_code == 404


async def test_who_is_asked_to_agree_sees_what_is_planned_for_it(house: GoalsHouse) -> None:
    goal_id = await house.proposed(to="chief", visibility="private")
    path = await planned(house, goal_id)
    chief = house.as_("chief")
    assert (await chief.get(path)).status_code == 200
    assert [each["initiative_id"] for each in await chief.listed("/initiatives")] == [id_of(path)]
    assert len(await chief.listed(f"/goals/{goal_id}/initiatives")) == 1
    await house.as_("anna").does(f"/goals/{goal_id}/withdrawal")
    assert (await chief.get(path)).status_code == 404
    assert await chief.listed("/initiatives") == []


async def test_what_somebody_has_to_do_is_found_in_the_order_in_which_it_is_due(house: GoalsHouse) -> None:
    goal_id, ids = await house.agreed(), dict[str, str]()
    for name, owner_id, due_on in (
        ("late", "peer", "2026-01-11"),
        ("today", "peer", "2026-01-12"),
        ("later", "peer", "2026-02-01"),
        ("ended", "peer", "2026-01-11"),
        ("ben's", "ben", "2026-01-11"),
    ):
        path = await planned(house, goal_id, owner_id=owner_id, due_on=due_on, starts_on="2026-01-01")
        ids[id_of(path)] = name
        if name == "ended":
            await house.as_("peer").does(f"{path}/closure", {"outcome": "done"})

    async def found(who: str, **asked: Any) -> list[str]:
        return [ids[each["initiative_id"]] for each in await house.as_(who).listed("/initiatives", **asked)]

    assert await found("peer", owner_id="peer", overdue=True) == ["late"]
    assert await found("peer", status="planned") == ["late", "today", "later"]
    assert set(await found("peer", overdue=False)) == {"today", "later", "ended"}
    assert await found("anna", owner_id="ben") == ["ben's"]
    assert set(await found("anna", overdue=True)) == {"late", "ben's"}
    assert await found("ben") == ["ben's"]
    assert len(await found("anna", goal_id=goal_id, limit=2)) == 5
    assert await found("anna", goal_id="none") == []
    await house.publish(house.people["peer"].model_copy(update={"time_zone": "Pacific/Kiritimati"}))
    house.now = datetime(2026, 1, 12, 12, tzinfo=UTC)
    assert await found("peer", owner_id="peer", overdue=True) == ["late", "today"]


async def test_a_budget_adds_up_by_currency_what_the_caller_may_read(house: GoalsHouse) -> None:
    top = await house.agreed("manager", by="chief", level="team", visibility="everyone")
    shared = await house.agreed(parent_id=top)
    private = await house.agreed("ben", parent_id=top, visibility="private")
    first = await planned(house, top, by="manager")
    await planned(house, top, by="manager", planned_cost="0.1", planned_effort_days="0.25")
    await house.as_("peer").does(f"{first}/reports", {"effort_days": "3", "cost": "0.2"})
    dropped = await planned(house, shared, currency="JPY", planned_cost="500")
    await house.as_("peer").does(f"{dropped}/reports", {"cost": "40", "effort_days": "1"})
    await house.as_("anna").does(f"{dropped}/closure", {"outcome": "dropped", "reason": "No."})
    await planned(house, private, by="ben", currency="USD")
    seen = await house.as_("manager").read(f"/goals/{top}/budget")
    assert seen["own"] == {
        "initiatives": 2,
        "planned_effort_days": "12.75",
        "actual_effort_days": "3",
        "costs": [{"currency": "EUR", "planned": "1000.10", "actual": "0.20"}],
    }
    assert seen["below"]["costs"] == [
        {"currency": "JPY", "planned": "0", "actual": "40"},
        {"currency": "USD", "planned": "1000.00", "actual": "0.00"},
    ]
    assert (seen["goals_below"], seen["complete"], seen["below"]["planned_effort_days"]) == (2, True, "12.5")
    others = await house.as_("chief").read(f"/goals/{top}/budget")
    assert (others["goals_below"], [each["currency"] for each in others["below"]["costs"]]) == (1, ["JPY"])
    outside = await house.as_("peer").read(f"/goals/{top}/budget")
    assert (outside["goals_below"], outside["own"]) == (0, seen["own"])


async def test_a_plan_and_what_becomes_of_the_goal_cannot_pass_each_other(house: GoalsHouse) -> None:
    async with house.twin() as twin:
        for turn_ in range(10):
            goal_id = await house.drafted(visibility="everyone")
            deed = (
                house.as_("anna").post(f"/goals/{goal_id}/closure", {"outcome": "cancelled"})
                if turn_ % 2
                else house.as_("anna").put(f"/goals/{goal_id}", wording(visibility="private"), If_Match="*")
            )
            await asyncio.gather(deed, twin.as_("anna").post(f"/goals/{goal_id}/initiatives", PLAN))
            for each in await house.db[INITIATIVES].find({"goal_id": goal_id}).to_list(None):
                expected = ("status", "dropped") if turn_ % 2 else ("goal_visibility", "private")
                assert each[expected[0]] == expected[1]


async def test_giving_it_to_somebody_and_their_departure_cannot_pass_each_other(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    async with house.twin() as twin:
        for _ in range(8):
            await asyncio.gather(
                house.let_go("peer"), twin.as_("anna").post(f"/goals/{goal_id}/initiatives", PLAN)
            )
            assert await house.db[INITIATIVES].count_documents({"owner_id": "peer", "owner_left": False}) == 0
            await house.take_back("peer")


async def test_giving_it_to_somebody_and_their_erasure_cannot_pass_each_other(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    async with house.twin() as twin:
        for _ in range(8):
            await asyncio.gather(
                house.erase(PersonState, "peer"), twin.as_("anna").post(f"/goals/{goal_id}/initiatives", PLAN)
            )
            assert await house.db[INITIATIVES].count_documents({"owner_id": "peer", "owner_left": False}) == 0
            await house.hire("peer", manager_id="manager")


async def test_nothing_of_who_is_erased_is_left_behind(house: GoalsHouse) -> None:
    parent = await house.agreed("manager", by="chief", level="team", visibility="everyone")
    goal_id = await house.agreed(parent_id=parent, visibility="everyone")
    child = await house.agreed("ben", parent_id=goal_id, visibility="everyone")
    own, theirs = await planned(house, goal_id), await planned(house, parent, by="manager", owner_id="anna")
    await house.as_("peer").does(f"{own}/reports", {"share_done": 0.5})
    await house.as_("anna").does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 1})

    async def settle() -> None:
        await house.look()
        await house.look(datetime.now(UTC))  # which is when somebody is forgotten
        worker = FoldWorker(house.work)
        while await worker.turn():
            pass

    async def kept() -> list[int]:
        named: Any = {"_id": {"$in": [goal_id, f"former parent {goal_id}"]}}
        return [await house.db[name].count_documents(named) for name in (ROLL_UPS, OUTLOOKS, LOOKS, FOLDS)]

    await settle()
    assert await kept() == [1, 1, 1, 1]
    await house.erase(PersonState, "anna")
    await settle()
    assert await kept() == [0, 0, 0, 0]
    assert await house.db[INITIATIVES].distinct("_id") == [id_of(theirs)]
    guards = await house.db[GUARDS].distinct("_id")
    assert {f"initiatives:{parent}", "person:ben"} <= {*guards}
    assert not {f"initiatives:{goal_id}", "person:anna"} & {*guards}
    assert await house.db[REPORTS].count_documents({}) == 0
    assert (await read(house, theirs))["owner_left"]
    assert (await house.goal(child))["parent_id"] is None, "what is gone is named to nobody"
    assert (await house.db[ROLL_UPS].find_one({"_id": parent}))["direct"] == 0
