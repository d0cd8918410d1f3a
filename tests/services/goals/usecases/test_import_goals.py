"""Goals out of a file: drafted as if each were sent alone, once by its key, and never half of one."""

from typing import Any

import pytest
from httpx import Response

from services.goals.domain.csv_import import plan, sample
from tests.services.asker import Asker, rule_of
from tests.services.goals.house import REACH, STEPS, GoalsHouse

HEAD = "import_id,title,owner_id,level,starts_on,due_on,parent_id,period_id,key_result,type,target\n"


def row(key: str = "a", title: str = "Grow", **said: str) -> str:
    cells = {"owner_id": "", "level": "", "starts_on": "2026-01-01", "due_on": "2026-03-31"}
    cells |= {"parent_id": "", "period_id": "", "key_result": "Reach", "type": "increase", "target": "10"}
    return ",".join([key, title, *(cells | said).values()]) + "\n"


async def send(asker: Asker, text: str | bytes, **asked: Any) -> Response:
    content = text.encode() if isinstance(text, str) else text
    headers = {"Content-Type": "text/csv", **asker.headers}
    return await asker.client.post("/goal-imports", content=content, params=asked, headers=headers)


async def imported(asker: Asker, text: str, **asked: Any) -> dict[str, Any]:
    answer = await send(asker, text, **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stored(house: GoalsHouse) -> int:
    return await house.db["goals"].count_documents({})


def places(report: dict[str, Any]) -> list[tuple[int, str | None]]:
    return [(problem["line"], problem["column"]) for problem in report["problems"]]


async def test_the_sample_is_drafted_and_each_goal_is_announced(house: GoalsHouse) -> None:
    anna = house.as_("anna")
    answer = await anna.get("/goal-imports/sample.csv")
    assert (answer.status_code, answer.text) == (200, sample())
    assert answer.headers["Content-Type"].startswith("text/csv")
    report = await imported(anna, answer.text)
    assert (report["drafted"], report["known"], report["refused"], report["problems"]) == (3, 0, 0, [])
    for each in report["goals"]:
        goal = await anna.read(f"/goals/{each['goal_id']}")
        assert (goal["owner_id"], goal["status"], goal["mend"]) == ("anna", "draft", {})
        assert await house.said(each["goal_id"]) == ["goal_drafted"]
        await anna.does(f"/goals/{each['goal_id']}/proposal")
    first, _, third = (each["goal_id"] for each in report["goals"])
    assert (await house.goal(third))["parent_id"] == first
    [planned] = await anna.listed(f"/goals/{first}/initiatives")
    assert (planned["planned_cost"], planned["owner_id"], planned["status"]) == ("800.00", "anna", "planned")
    assert await house.said(planned["initiative_id"]) == ["initiative_planned"]
    state = await house.state(planned["initiative_id"])
    assert (state["goal_id"], state["status"], state["planned_cost"]) == (first, "planned", "800.00")


async def test_the_same_file_again_changes_nothing(house: GoalsHouse) -> None:
    first = await imported(house.as_("anna"), HEAD + row() + row("b"))
    again = await imported(house.as_("anna"), HEAD + row(title="Other") + row("c"))
    assert [(each["import_id"], each["status"]) for each in again["goals"]] == [
        ("a", "known"),
        ("c", "drafted"),
    ]
    assert again["goals"][0]["goal_id"] == first["goals"][0]["goal_id"]
    assert (await house.goal(first["goals"][0]["goal_id"]))["title"] == "Grow"
    assert await stored(house) == 3
    assert (await imported(house.as_("ben"), HEAD + row()))["drafted"] == 1


async def test_an_idempotency_key_gives_the_first_answer(house: GoalsHouse) -> None:
    asker = house.as_("anna").with_(Idempotency_Key="one")
    first, again = await send(asker, HEAD + row()), await send(asker, HEAD + row())
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert rule_of(await send(asker, HEAD + row("b"))) == "idempotency-key-reused"


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(house: GoalsHouse) -> None:
    text = HEAD + row() + row("b", due_on="2025-01-01") + row("c", owner_id="nobody")
    dry = await imported(house.as_("anna"), text, dry_run=True)
    assert (await stored(house), await house.published()) == (0, [])
    assert await house.db["folds"].count_documents({}) == 0
    real = await imported(house.as_("anna"), text)
    assert (dry.pop("dry_run"), real.pop("dry_run")) == (True, False)
    assert dry == real
    assert (real["drafted"], real["refused"], await stored(house)) == (1, 2, 1)


async def test_what_a_rule_refuses_is_told_by_line_and_column_and_the_others_are_taken(
    house: GoalsHouse,
) -> None:
    await house.hire("gone", manager_id="manager", status="left")
    hidden = await house.drafted("peer", visibility="private")
    closed = await house.closed("manager", by="chief", visibility="everyone")
    text = HEAD + "".join(
        [
            row("mine"),
            row("forbidden", owner_id="peer"),
            row("unknown", owner_id="nobody"),
            row("gone", owner_id="gone"),
            row("team", level="team"),
            row("hidden", parent_id=hidden),
            row("unknown parent", parent_id="nothing"),
            row("closed", parent_id=closed),
            row("period", period_id="none"),
            row("days", due_on="2025-12-31"),
            row("report", owner_id="anna"),
            "word,Grow,,planet,2026-01-01,2026-03-31,,,,,\n",
        ]
    )
    report = await imported(house.as_("manager"), text)
    assert [each["import_id"] for each in report["goals"] if each["status"] == "drafted"] == [
        "mine",
        "team",
        "report",
    ]
    assert places(report) == [
        (3, "owner_id"),
        (4, "owner_id"),
        (5, "owner_id"),
        (7, "parent_id"),
        (8, "parent_id"),
        (9, "parent_id"),
        (10, "period_id"),
        (11, "due_on"),
        (13, "level"),
    ]
    assert (report["drafted"], report["refused"]) == (3, 9)
    by_line = {problem["line"]: problem for problem in report["problems"]}
    assert by_line[7]["reason"] == by_line[8]["reason"]
    assert all(problem["reason"] and problem["mend"] for problem in report["problems"])


async def test_key_results_of_one_id_are_told_as_such(house: GoalsHouse) -> None:
    head = "import_id,title,starts_on,due_on,key_result,key_result_id,type,target\n"
    first = "a,Grow,2026-01-01,2026-03-31,One,x,increase,1\n"
    report = await imported(house.as_("anna"), head + first + ",,,,Two,x,increase,2\n")
    assert places(report) == [(2, "key_result_id")]


@pytest.mark.parametrize("bad", [row("b", owner_id="peer"), row("b", type="lots")])
async def test_all_or_none_drafts_nothing_if_one_is_bad(house: GoalsHouse, bad: str) -> None:
    anna = house.as_("anna")
    answer = await send(anna, HEAD + row() + bad, all_or_none=True)
    assert (answer.status_code, rule_of(answer)) == (422, "rows-refused")
    assert [problem["line"] for problem in answer.json()["problems"]] == [3]
    assert await stored(house) == 0
    assert (await imported(anna, HEAD + row() + row("b"), all_or_none=True))["drafted"] == 2


async def test_what_is_no_file_of_goals_is_refused(house: GoalsHouse, monkeypatch: Any) -> None:
    anna = house.as_("anna")
    for text in (b"", b"PK\x03\x04", b"a,b\n1,2\n"):
        answer = await send(anna, text)
        assert (answer.status_code, rule_of(answer)) == (422, "unusable-file")
        assert answer.json()["problems"][-1]["severity"] == "fatal"
    assert (await anna.post("/goal-imports", {"goals": []})).status_code == 415
    assert (await send(anna, b"x" * 1_048_577)).status_code == 413
    monkeypatch.setattr(plan, "MOST_ROWS", 1)
    assert rule_of(await send(anna, HEAD + row() + row("b"))) == "unusable-file"
    assert (await send(anna, HEAD + row(), dryrun=True)).status_code == 422


WHOLE = "import_id,title,owner_id,starts_on,due_on,parent_id,parent_import_id,contribution,"
WHOLE += "initiative,initiative_owner_id,initiative_starts_on,initiative_due_on,initiative_cost,"
WHOLE += "initiative_currency\n"


def whole(key: str, *, serves: str = "", **said: str) -> str:
    cells = {"owner_id": "", "starts_on": "2026-01-01", "due_on": "2026-03-31", "parent_id": ""}
    cells |= {"parent_import_id": serves, "contribution": "", "initiative": "", "who": "", "from": ""}
    cells |= {"to": "", "cost": "", "currency": ""}
    return ",".join([key, key.title(), *(cells | said).values()]) + "\n"


def initiative(**said: str) -> dict[str, str]:
    return {"initiative": "Call them", "from": "2026-01-05", "to": "2026-02-05", **said}


async def test_what_is_served_is_drafted_first_wherever_it_stands(house: GoalsHouse) -> None:
    anna = house.as_("anna")
    text = WHOLE + whole("leaf", serves="middle", contribution="2.5") + whole("middle", serves="top")
    report = await imported(anna, text + whole("top"))
    ids = {each["import_id"]: each["goal_id"] for each in report["goals"]}
    assert [each["import_id"] for each in report["goals"]] == ["leaf", "middle", "top"]
    leaf = await house.goal(ids["leaf"])
    assert (leaf["parent_id"], leaf["contribution"]) == (ids["middle"], 2.5)
    later = await imported(anna, WHOLE + whole("later", serves="top"))
    assert (await house.goal(later["goals"][0]["goal_id"]))["parent_id"] == ids["top"]


async def test_what_serves_nothing_that_is_in_is_kept_out_with_what_serves_it(house: GoalsHouse) -> None:
    rows = [
        whole("bad", due_on="2025-01-01"),
        whole("child", serves="bad"),
        whole("grandchild", serves="child"),
        whole("one", serves="two"),
        whole("two", serves="one"),
        whole("self", serves="self"),
        whole("lost", serves="nowhere"),
        whole("good"),
    ]
    report = await imported(house.as_("anna"), WHOLE + "".join(rows))
    assert places(report) == [(2, "due_on"), *((line, "parent_import_id") for line in range(3, 9))]
    assert (report["drafted"], report["refused"]) == (1, 7)


async def test_an_initiative_that_cannot_be_planned_keeps_its_goal_out(house: GoalsHouse) -> None:
    await house.hire("gone", manager_id="manager", status="left")
    bad = [
        initiative(who="nobody"),
        initiative(who="gone"),
        initiative(to="2026-01-01"),
        initiative(cost="5"),
        initiative(cost="5.001", currency="EUR"),
    ]
    rows = [whole(f"g{number}", **said) for number, said in enumerate(bad)]
    report = await imported(house.as_("anna"), WHOLE + "".join(rows) + whole("fine", **initiative(who="ben")))
    assert places(report) == [
        (2, "initiative_owner_id"),
        (3, "initiative_owner_id"),
        (4, "initiative_due_on"),
        (5, "initiative_currency"),
        (6, "initiative_cost"),
    ]
    assert all(problem["mend"] != "See the reason." for problem in report["problems"])
    assert (report["drafted"], await stored(house)) == (1, 1)
    assert await house.db["initiatives"].distinct("owner_id") == ["ben"]
    hr = await imported(house.as_("hr", "hr_admin"), WHOLE + whole("hr", owner_id="anna", **initiative()))
    assert (places(hr), hr["drafted"]) == ([], 1)
    peer = await imported(house.as_("peer"), WHOLE + whole("p", owner_id="anna", **initiative()))
    assert peer["drafted"] == 0


@pytest.mark.parametrize("hostile", ["=1+1", "'=1+1", "+x", "-x", "@x", "a;=b", "'", "''=x"])
async def test_a_plan_comes_back_as_the_same_goals_of_others_in_another_period(
    house: GoalsHouse, hostile: str
) -> None:
    hr, manager = house.as_("hr", "hr_admin"), house.as_("manager")
    periods = [
        await hr.does("/periods", {"name": name, "kind": "custom", "starts_on": first, "ends_on": last})
        for name, first, last in (("Q1", "2026-01-01", "2026-03-31"), ("Q2", "2026-04-01", "2026-06-30"))
    ]
    old, new = (period["period_id"] for period in periods)
    top = await house.agreed("manager", by="chief", level="team", visibility="everyone", period_id=old)
    marked = {**REACH, "title": hostile, "unit_kind": "money", "unit": "EUR", "commit": 4, "stretch": 12}
    goal_id = await house.agreed(
        title=hostile,
        description=f"\t{hostile}\n",
        tags=[hostile, "a, b"],
        links=[{"title": hostile, "url": "https://example.com/"}],
        key_results=[marked, {**STEPS, "commit": 1}],
        parent_id=top,
        period_id=old,
        weight=30,
    )
    await house.as_("anna").does(
        f"/goals/{goal_id}/parent", {"parent_id": top, "contribution": 3}, method="PUT"
    )
    await house.as_("anna").does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 3})
    plan_ = {"title": hostile, "starts_on": "2026-01-05", "due_on": "2026-02-05"}
    cost = {"planned_cost": "1250.5", "currency": "EUR", "planned_effort_days": "2.25"}
    await house.as_("anna").does(f"/goals/{goal_id}/initiatives", {**plan_, **cost})
    dropped = await house.as_("anna").does(f"/goals/{goal_id}/initiatives", {**plan_, "owner_id": "peer"})
    path = f"/goals/{goal_id}/initiatives/{dropped['initiative_id']}/closure"
    await house.as_("anna").does(path, {"outcome": "dropped", "reason": "No."})
    text = (await manager.get("/goals/export", form="plan", period_id=old)).text
    for was, becomes in ((old, new), (",anna,", ",ben,"), ("2026-01-01", "2026-04-01"), ("03-31", "06-30")):
        text = text.replace(was, becomes)
    report = await imported(manager, text)
    assert (report["drafted"], report["problems"]) == (2, [])
    ids = {each["import_id"]: each["goal_id"] for each in report["goals"]}
    before, after = await house.goal(goal_id), await house.goal(ids[goal_id])
    planned = [
        "title",
        "description",
        "relevance",
        "kind",
        "level",
        "category",
        "perspective",
        "tags",
        "links",
    ]
    planned += ["visibility", "weight", "contribution"]
    assert {name: after[name] for name in planned} == {name: before[name] for name in planned}
    assert (after["owner_id"], after["period_id"], after["status"]) == ("ben", new, "draft")
    assert (after["parent_id"], after["due_on"]) == (ids[top], "2026-06-30")
    state = {"current", "measured_at", "progress", "mark", "reached"}
    assert [{name: part[name] for name in part.keys() - state} for part in after["key_results"]] == [
        {name: part[name] for name in part.keys() - state} for part in before["key_results"]
    ]
    [done] = await manager.listed(f"/goals/{ids[goal_id]}/initiatives")
    assert {name: done[name] for name in ("title", "owner_id", "status", "planned_cost", "currency")} == {
        "title": hostile, "owner_id": "ben", "status": "planned", "planned_cost": "1250.50", "currency": "EUR"
    }  # fmt: skip


async def test_as_many_goals_as_are_taken_at_once_fit_into_a_transaction(house: GoalsHouse) -> None:
    rows = [row(f"g{number}", "T" * 100, owner_id="anna") for number in range(plan.MOST_GOALS)]
    report = await imported(house.as_("manager"), HEAD + "".join(rows))
    assert (report["drafted"], await stored(house)) == (plan.MOST_GOALS, plan.MOST_GOALS)
    assert len({each["goal_id"] for each in report["goals"]}) == plan.MOST_GOALS


async def test_a_machine_names_the_owners(house: GoalsHouse) -> None:
    report = await imported(house.as_("planner", "measuring_system"), HEAD + row())
    assert places(report) == [(2, "owner_id")]


async def test_the_words_of_a_file_are_in_nothing_but_the_goals(house: GoalsHouse) -> None:
    report = await imported(house.as_("anna"), HEAD + row(title="canary-4711") + row("b", "canary", type="x"))
    assert report["drafted"] == 1
    for collection in set(await house.db.list_collection_names()) - {"goals"}:
        assert "canary" not in await house.text_of(collection), collection
