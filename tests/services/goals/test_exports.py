"""Goals and measurements as files: who gets which rows, by which filters, and what is in them."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.goals.views import exports, plan_export
from tests.profiler import profiled
from tests.services.asker import rule_of
from tests.services.goals.house import REACH, STEPS, GoalsHouse
from tests.services.goals.test_access import CALLERS, CANARY, READERS, as_, secret_goal

JANUARY = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def rows(house: GoalsHouse, path: str = "", *, who: tuple[str, ...] = ("anna",), **asked: Any) -> Any:
    answer = await house.as_(*who).get(f"/goals/export{path}", **asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="' in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def measured(house: GoalsHouse, goal_id: str, *values: tuple[int, float]) -> None:
    for day, value in values:
        at = JANUARY + timedelta(days=day)
        path = f"/goals/{goal_id}/key-results/reach/measurements"
        await house.as_("anna").at(at).does(path, {"value": value, "measured_at": at.isoformat()})


@pytest.mark.parametrize("visibility", READERS)
async def test_a_goal_and_its_measurements_go_out_to_whom_they_were_promised(
    house: GoalsHouse, visibility: str
) -> None:
    await house.with_all_callers()
    goal_id = (await secret_goal(house, visibility))[0].rpartition("/")[2]
    for who in CALLERS:
        seen = who in READERS[visibility]
        for path, asked in (
            ("", {}),
            ("", {"owner_id": "anna"}),
            ("/measurements", {}),
            ("/measurements", {"status": "agreed"}),
        ):
            answer = await as_(house, who).get(f"/goals/export{path}", **asked)
            assert (answer.status_code, CANARY in answer.text) == (200, seen), (who, path)
            if not path:
                plan = await as_(house, who).get("/goals/export", form="plan", **asked)
                assert (plan.status_code, CANARY in plan.text) == (200, seen), who
            packed = await as_(house, who).get(f"/goals/export{path}", format="parquet", **asked)
            told = pq.read_table(pa.BufferReader(packed.content)).to_pylist()
            assert (packed.status_code, CANARY in str(told)) == (200, seen), (who, path)
        named = await as_(house, who).get("/goals/export/measurements", goal_id=goal_id)
        assert (named.status_code, CANARY in named.text) == (200 if seen else 404, seen), who
        unknown = await as_(house, who).get("/goals/export/measurements", goal_id="unknown")
        assert unknown.status_code == 404


async def test_a_row_says_what_the_goal_says(house: GoalsHouse) -> None:
    parent = await house.agreed("manager", by="chief", visibility="everyone")
    goal_id = await house.agreed(title="=HYPERLINK(1)", parent_id=parent, weight=-0.0 + 20)
    await measured(house, goal_id, (12, 2.5))
    await house.as_("anna").does(f"/goals/{goal_id}/check-ins", {"confidence": 0.4})
    await house.look()
    [row] = await rows(house, owner_id="anna")
    goal = await house.goal(goal_id)
    assert row["title"] == "'=HYPERLINK(1)"
    for name in (
        "goal_id",
        "owner_id",
        "kind",
        "level",
        "status",
        "parent_id",
        "due_on",
        "pace",
        "visibility",
    ):
        assert row[name] == goal[name], name
    for name in ("weight", "progress", "confidence", "contribution"):
        assert float(row[name]) == goal[name], name
    assert (row["overdue"], row["outcome"], row["key_results"]) == ("false", "", "1")
    assert row["version"] == str(goal["version"])


async def test_parquet_has_what_csv_has(house: GoalsHouse) -> None:
    goal_id = await house.closed()
    answer = await house.as_("anna").get("/goals/export", format="parquet")
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert ".parquet" in answer.headers["Content-Disposition"]
    [row] = pq.read_table(pa.BufferReader(answer.content)).to_pylist()
    goal = await house.goal(goal_id)
    assert row["closed_at"] == datetime.fromisoformat(goal["closed_at"])
    assert (row["goal_id"], row["outcome"]) == (goal_id, "achieved")
    [told] = await rows(house)
    assert set(told) == set(row)


async def test_pages_neither_repeat_nor_miss_a_goal(house: GoalsHouse, monkeypatch: Any) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    made = {await house.agreed(who, by="manager") for who in ("anna", "ben") for _ in range(3)}
    for goal_id in made:
        for _ in range(3):
            await house.as_("manager").does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 1})
    listed = [row["goal_id"] for row in await rows(house, who=("manager",))]
    assert (len(listed), set(listed)) == (len(made), made)
    values = [row["measurement_id"] for row in await rows(house, "/measurements", who=("manager",))]
    assert (len(values), len(set(values))) == (18, 18)


async def test_measurements_are_filtered_by_goal_owner_and_time(house: GoalsHouse) -> None:
    first, second = await house.agreed(), await house.agreed(kind="kpi")
    await measured(house, first, (12, 1), (13, 2), (14, 3))
    await measured(house, second, (13, 4))
    since, until = ((JANUARY + timedelta(days=day)).isoformat() for day in (13, 14))

    async def values(**asked: Any) -> list[str]:
        return [row["value"] for row in await rows(house, "/measurements", **asked)]

    assert await values(goal_id=first) == ["3", "2", "1"]
    assert await values(goal_id=first, measured_since=since) == ["3", "2"]
    assert sorted(await values(measured_since=since, measured_until=until)) == ["2", "4"]
    assert await values(kind="kpi") == ["4"]
    assert await values(owner_id="ben") == []
    [row] = await rows(house, "/measurements", kind="kpi")
    told = {name: row[name] for name in ("key_result_title", "unit", "type", "owner_id", "goal_progress")}
    assert told == {
        "key_result_title": REACH["title"],
        "unit": "customers",
        "type": "increase",
        "owner_id": "anna",
        "goal_progress": "0.4",
    }
    assert row["measured_at"] == "2026-01-14T12:00:00.000Z"


async def test_a_plan_is_csv_and_no_larger_than_an_import_takes(house: GoalsHouse, monkeypatch: Any) -> None:
    anna = house.as_("anna")
    await house.drafted(key_results=[REACH, {**STEPS}])
    await house.drafted()
    assert rule_of(await anna.get("/goals/export", form="plan", format="parquet")) == "plans-are-csv"
    assert (await anna.get("/goals/export", form="plot")).status_code == 422
    whole = await anna.get("/goals/export", form="plan")
    assert whole.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="plan-2026-01-12.csv"' in whole.headers["Content-Disposition"]
    for limit, value in (("MOST_GOALS", 1), ("MOST_ROWS", 3), ("LARGEST", 100)):
        with monkeypatch.context() as patch:
            patch.setattr(plan_export, limit, value)
            answer = await anna.get("/goals/export", form="plan")
            assert (answer.status_code, rule_of(answer)) == (422, "plan-too-large"), limit
    nothing = await anna.get("/goals/export", form="plan", owner_id="nobody")
    assert nothing.text.count("\r\n") == 1


@pytest.mark.parametrize(
    "asked", [{"format": "xlsx"}, {"statsu": "agreed"}, {"measured_since": "2026-01-01T00:00:00"}]
)
async def test_what_cannot_be_asked_is_refused(house: GoalsHouse, asked: Any) -> None:
    assert (await house.as_("anna").get("/goals/export/measurements", **asked)).status_code == 422


async def test_every_page_stands_on_an_index(house: GoalsHouse, monkeypatch: Any) -> None:
    monkeypatch.setattr(exports, "PAGE", 50)
    goal_id = await house.agreed()
    await measured(house, goal_id, (12, 1))
    doc = await house.db["goals"].find_one({"_id": goal_id})
    await house.db["goals"].insert_many([{**doc, "_id": f"more{n:03d}"} for n in range(300)])
    value = await house.db["measurements"].find_one({})
    await house.db["measurements"].insert_many(
        [{**value, "_id": f"m{n:03d}", "goal_id": f"more{n:03d}"} for n in range(300)]
    )
    names = [f"{house.db.name}.{name}" for name in ("goals", "measurements")]
    async with profiled(house.db, ns={"$in": names}, op="query") as plans:
        assert len(await rows(house)) == 301
        assert len(await rows(house, "/measurements")) == 301
    assert {plan["ns"] for plan in plans} == set(names)
    assert [plan["planSummary"] for plan in plans if "COLLSCAN" in plan["planSummary"]] == []
    sorted_in_memory = [plan for plan in plans if plan.get("hasSortStage") and plan["ns"] == names[1]]
    assert sorted_in_memory == []
