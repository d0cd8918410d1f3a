"""The tree and the counts of some time are what was told at that time, whatever happened since."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from pymongo.errors import ExecutionTimeout

from services.goals.history_store import EDITIONS, MEASUREMENTS
from services.goals.usecases.fold_goals import FoldWorker
from services.goals.views import statistics_then, tree_then
from services.goals.views import then as then_
from services.goals.views.then import in_time
from shared.paging import TooMuchToRead
from tests.profiler import profiled
from tests.services.asker import Asker, rule_of
from tests.services.goals.house import NOW, REACH, GoalsHouse, clock_at, wording
from tests.services.goals.usecases.test_fold_goals import parent_of
from tests.services.organisation import STAFF

DAY = timedelta(days=1)
LATER = NOW + 300 * DAY
KEEP = {"key_result_id": "keep", "title": "Kept", "type": "stay_above", "unit": "percent", "target": 90}
OWNERS = {"anna": "manager", "ben": "manager", "manager": "chief"}
UNIT_OF = {each.person_id: each.unit_id for each in STAFF}
BY = ("status", "outcome", "pace", "level", "kind", "category", "visibility", "unit")
SUMMED = ("direct", "below", "closed", "progress", "paces")
NODE = ("goal_id", "owner_id", "title", "level", "status", "outcome", "contribution", "progress")


@dataclass
class Year:
    """Goals that change by chance from day to day, and what was told of them each evening."""

    house: GoalsHouse
    chance: Random
    top: str
    day: datetime = NOW
    owners: dict[str, str] = field(default_factory=dict)
    measured: dict[str, list[str]] = field(default_factory=dict)
    told: list[tuple[datetime, Any]] = field(default_factory=list)

    def above(self) -> list[str]:
        """What may be served: so few that no tree is deeper than an answer."""
        return [self.top, *[*self.owners][:3]]

    def as_owner_of(self, goal_id: str) -> Asker:
        return self.house.as_(self.owners[goal_id]).at(self.day)

    async def begin(self) -> None:
        owner = self.chance.choice([*OWNERS])
        said = {
            "visibility": self.chance.choice(["private", "line", "everyone"]),
            "kind": self.chance.choice(["objective", "kpi"]),
            "category": self.chance.choice(["", "Growth"]),
            "key_results": self.chance.choice([[REACH], [REACH, KEEP], [KEEP]]),
            "parent_id": self.chance.choice(self.above()),
        }
        self.house.now = self.day
        answer = await self.house.as_(owner).post("/goals", wording(**said))
        if answer.is_success:  # they may not read what was to be served
            goal_id = answer.json()["goal_id"]
            await self.house.as_(owner).does(f"/goals/{goal_id}/proposal", {"to_person_id": None})
            await self.house.as_(OWNERS[owner]).does(f"/goals/{goal_id}/agreement")
            self.owners[goal_id], self.measured[goal_id] = owner, []

    async def measure(self, goal_id: str) -> None:
        part, value = self.chance.choice([("reach", 10), ("keep", 100)])
        held = self.day - self.chance.choice([0, 0, 2, 5]) * DAY
        body = {"value": self.chance.randint(0, value), "measured_at": held.isoformat()}
        answer = await self.as_owner_of(goal_id).post(
            f"/goals/{goal_id}/key-results/{part}/measurements", body
        )
        if answer.is_success:
            self.measured[goal_id].append(answer.json()["measurement_id"])

    async def correct(self, goal_id: str) -> None:
        if self.measured[goal_id]:
            wrong = self.measured[goal_id].pop()
            said = {"value": self.chance.choice([None, 1]), "reason": "Counted twice."}
            path = f"/goals/{goal_id}/measurements/{wrong}/correction"
            await self.as_owner_of(goal_id).post(path, said)

    async def align(self, goal_id: str) -> None:
        said = {
            "parent_id": self.chance.choice([None, *self.above()]),
            "contribution": self.chance.choice([1, 2, 5]),
        }
        await self.as_owner_of(goal_id).put(f"/goals/{goal_id}/parent", said)

    async def reword(self, goal_id: str) -> None:
        said = {
            "title": f"Reach {self.chance.random():.3f}",
            "category": self.chance.choice([None, "Growth"]),
        }
        await self.as_owner_of(goal_id).post(f"/goals/{goal_id}/amendment", {**said, "reason": "Clearer."})

    async def extend(self, goal_id: str) -> None:
        said = {"due_on": self.chance.choice(["2026-02-15", "2026-06-30"]), "reason": "It changed."}
        await self.as_owner_of(goal_id).post(f"/goals/{goal_id}/amendment", said)
        above = OWNERS[self.owners[goal_id]]
        await self.house.as_(above).at(self.day).post(f"/goals/{goal_id}/amendment/agreement")

    async def close(self, goal_id: str) -> None:
        said = {"outcome": self.chance.choice(["achieved", "missed", "cancelled"]), "comment": "It is over."}
        await self.as_owner_of(goal_id).post(f"/goals/{goal_id}/closure", said)

    async def live_through(self, days: int) -> None:
        moves = [self.measure, self.measure, self.align, self.correct, self.reword, self.extend]
        for number in range(days):
            self.day += 3 * DAY
            if len(self.owners) < 4 or self.chance.random() < 0.3:
                await self.begin()
            elif number % 7 == 6:
                await self.close(self.chance.choice([*self.owners]))
            else:
                await self.chance.choice(moves)(self.chance.choice([*self.owners]))
            await self.listen(self.day + timedelta(hours=3))

    async def listen(self, evening: datetime) -> None:
        """Have what is told of goals settled and noted."""
        await self.house.look(evening)
        with clock_at(self.house.work, evening):
            while await FoldWorker(self.house.work).turn():
                pass
        auditor = self.house.as_("auditor", "auditor").at(evening)
        tree = await auditor.read(f"/goals/{self.top}/tree", depth=5)
        counts = {
            by: [
                await auditor.read("/goal-statistics", by=by, status=status)
                for status in ("agreed", "closed")
            ]
            for by in BY
        }
        self.told.append((evening, (_tree(tree), {by: _counts(each) for by, each in counts.items()})))


def _tree(node: dict[str, Any]) -> dict[str, Any]:
    """What both answers tell; of goals that serve a goal unmeasured sums there is none, or an empty one."""
    summed = node["roll_up"] or {}
    return {
        **{name: node[name] for name in NODE},
        "pace": node["pace"] if node["status"] == "agreed" else None,
        "roll_up": {name: summed[name] for name in SUMMED} if summed.get("direct") else None,
        "serving": sorted(map(_tree, node["serving"] or ()), key=lambda each: each["goal_id"]),
    }


def _counts(answers: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    return [
        [
            {
                **{name: group[name] for name in ("key", "goals", "paces", "overdue", "measured")},
                "progress": group["progress"] and round(group["progress"], 9),
                "statuses": {name: group["statuses"][name] for name in ("agreed", "closed")},
            }
            for group in groups
        ]
        for groups in answers
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_what_was_told_each_evening_is_told_of_it_for_ever(house: GoalsHouse, seed: int) -> None:
    year = Year(house, Random(seed), await parent_of(house))
    await year.live_through(24)
    auditor = house.as_("auditor", "auditor").at(LATER)
    seen_moved = seen_closed = 0
    for evening, (tree, counts) in year.told:
        at = {"at": evening.isoformat()}
        was = await auditor.read(f"/goals/{year.top}/tree/as-of", depth=5, **at)
        assert _tree(was) == tree, evening
        for by, told in counts.items():
            found = [
                await auditor.read("/goal-statistics/as-of", by=by, status=status, **at)
                for status in ("agreed", "closed")
            ]
            assert _counts(found) == told, (evening, by)
        seen_moved += len(tree["serving"])
        seen_closed += sum(group["goals"] for group in counts["status"][1])
    assert seen_moved, "and something served it"
    assert seen_closed, "and something was closed"


async def then(house: GoalsHouse, path: str, days: float, who: str = "manager", **asked: Any) -> Any:
    return await house.as_(who).at(LATER).read(path, at=(NOW + days * DAY).isoformat(), **asked)


async def test_goals_are_counted_by_what_they_said_then_though_they_say_something_else_now(
    house: GoalsHouse,
) -> None:
    goal_id = await house.agreed(category="Growth", tags=["core"])
    await house.agreed("ben", category="Growth")
    later = house.as_("anna").at(NOW + 2 * DAY)
    change = {"category": "Safety", "tags": ["Other"], "reason": "It fits better."}
    await later.does(f"/goals/{goal_id}/amendment", change)
    change = {"owner_id": "peer", "reason": "She has too much."}
    await later.does(f"/goals/{goal_id}/amendment", change)
    for who in ("manager", "peer"):
        await house.as_(who).at(NOW + 4 * DAY).does(f"/goals/{goal_id}/amendment/agreement")

    async def count(days: float, **asked: Any) -> int:
        groups = await then(house, "/goal-statistics/as-of", days, "chief", by="kind", **asked)
        return sum(group["goals"] for group in groups)

    assert [await count(days, category="Growth") for days in (-1, 1, 3)] == [0, 2, 1]
    assert [await count(days, category="Safety") for days in (1, 3)] == [0, 1]
    assert [await count(days, tag="CORE") for days in (1, 3)] == [1, 0]
    assert [await count(days, owner_id="anna") for days in (1, 5)] == [1, 0]
    assert [await count(days, owner_id="anna", category="Safety") for days in (1, 3, 5)] == [0, 1, 0]
    assert await count(1, status="closed") == 0


async def test_units_are_those_of_who_owned_them_then_and_rolled_up(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    change = {"owner_id": "peer", "reason": "She has too much."}
    await house.as_("anna").at(NOW + DAY).does(f"/goals/{goal_id}/amendment", change)
    for who in ("manager", "peer"):
        await house.as_(who).at(NOW + 2 * DAY).does(f"/goals/{goal_id}/amendment/agreement")
    units = [
        {
            each["key"]: each["goals"]
            for each in await then(house, "/goal-statistics/as-of", days, "chief", by="unit")
        }
        for days in (1, 3)
    ]
    assert units == [{UNIT_OF["anna"]: 1}, {UNIT_OF["peer"]: 1}]
    whole = await then(house, "/goal-statistics/as-of", 1, "chief", by="unit", rolled_up="true")
    assert {each["key"]: each["goals"] for each in whole} == {UNIT_OF["anna"]: 1, "unit_all": 1}
    wrong = {"at": NOW.isoformat(), "rolled_up": "true"}
    assert (await house.as_("manager").get("/goal-statistics/as-of", **wrong)).status_code == 422


async def test_what_takes_too_long_to_count_is_refused(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.agreed()
    monkeypatch.setattr(statistics_then, "MOST_MS", -1)
    answer = await house.as_("manager").get("/goal-statistics/as-of", at=NOW.isoformat())
    assert (answer.status_code, rule_of(answer)) == (503, "too-much-to-read")


async def test_what_served_a_goal_is_listed_as_of_then_to_who_may_read_both(house: GoalsHouse) -> None:
    top = await parent_of(house)
    hidden = await house.agreed("chief", by="partner", visibility="private")
    moved = await house.agreed(parent_id=top)
    stays = await house.agreed("ben", parent_id=top)
    later = house.as_("anna").at(NOW + 2 * DAY)
    await later.does(f"/goals/{moved}/parent", {"parent_id": None}, method="PUT")

    async def served(days: float, **asked: Any) -> set[str]:
        page = await then(house, "/goals-as-of", days, **asked)
        return {each["goal_id"] for each in page["items"]}

    assert await served(1, parent_id=top) == {moved, stays}
    assert await served(3, parent_id=top) == {stays}
    assert await served(1, parent_id=top, reporting_to_id="manager", owner_id="anna") == {moved}
    assert await served(1, parent_id=hidden) == set()
    assert await served(3, reporting_to_id="manager") == {moved, stays}
    answer = await house.as_("manager").get("/goals-as-of", at=NOW.isoformat())
    assert (answer.status_code, rule_of(answer)) == (422, "nobody-named")


async def test_a_tree_of_then_says_where_it_has_no_more_room(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = await parent_of(house)
    middle = [
        await house.agreed("manager", by="chief", parent_id=top, visibility="everyone") for _ in range(3)
    ]
    await house.agreed(parent_id=middle[0])
    path = f"/goals/{top}/tree/as-of"
    whole, deep = await then(house, path, 1, depth=1), await then(house, path, 1)
    assert (whole["more"], len(whole["serving"]), whole["roll_up"]["below"]) == (False, 3, 3)
    assert [each["serving"] for each in whole["serving"]] == [None] * 3, "the answer ends here"
    monkeypatch.setattr(then_, "AT_ONCE", 1)
    assert await then(house, path, 1) == deep
    monkeypatch.setattr(tree_then, "MOST_READ", 2)
    cut = await then(house, path, 1)
    assert (cut["more"], len(cut["serving"])) == (True, 2)
    monkeypatch.setattr(tree_then, "WIDEST", 2)
    cut = await then(house, path, 1)
    assert (cut["more"], [each["goal_id"] for each in cut["serving"]]) == (True, sorted(middle)[:2])
    assert [each["serving"] for each in cut["serving"]] == [None] * 2


async def test_a_goal_that_an_answer_did_not_come_to_does_not_seem_to_be_served_by_none(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = await parent_of(house)
    first, last = sorted(
        [await house.agreed("manager", by="chief", parent_id=top, visibility="everyone") for _ in range(2)]
    )
    for _ in range(2):
        await house.agreed(parent_id=first)
        await house.agreed("ben", parent_id=last)
    monkeypatch.setattr(tree_then, "WIDEST", 3)
    cut = await then(house, f"/goals/{top}/tree/as-of", 1)
    told = {each["goal_id"]: (each["more"], each["serving"], each["roll_up"]) for each in cut["serving"]}
    assert cut["more"], "what is below is not all"
    assert (told[first][0], len(told[first][1]), told[first][2]["direct"]) == (True, 1, 1)
    assert told[last] == (True, None, None)
    monkeypatch.setattr(tree_then, "WIDEST", 2)
    full = await then(house, f"/goals/{top}/tree/as-of", 1)
    assert [(each["more"], each["roll_up"]) for each in full["serving"]] == [(True, None)] * 2, "never opened"
    assert full["more"]
    whole = await then(house, f"/goals/{top}/tree/as-of", 1, depth=1)
    assert not whole["more"], "it was not asked for"


async def test_days_are_those_of_where_the_owner_lives_and_never_later_than_today(house: GoalsHouse) -> None:
    await house.hire("kiwi", manager_id="manager", time_zone="Pacific/Auckland")
    for owner in ("anna", "kiwi"):
        await house.agreed(owner)
    counts = {}
    for at in (
        "2026-03-31T10:00:00Z",
        "2026-03-31T12:00:00Z",
        "2026-04-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ):
        [group] = await house.as_("manager").at(LATER).read("/goal-statistics/as-of", at=at, by="kind")
        counts[at[5:13]] = group["overdue"]
    assert counts == {"03-31T10": 0, "03-31T12": 1, "04-01T00": 2, "12-31T23": 2}
    early = await house.as_("manager").read("/goal-statistics/as-of", at="2027-01-01T00:00:00Z", by="kind")
    assert early[0]["overdue"] == 0, "nobody knows what will be"


async def test_what_was_for_fewer_then_is_in_no_tree_and_no_count_of_that_time(house: GoalsHouse) -> None:
    top = await parent_of(house)
    goal_id = await house.agreed(parent_id=top, visibility="private")
    change = {"visibility": "everyone", "reason": "All may know."}
    await house.as_("anna").at(NOW + 2 * DAY).does(f"/goals/{goal_id}/amendment", change)
    await house.as_("manager").at(NOW + 2 * DAY).does(f"/goals/{goal_id}/amendment/agreement")
    for who, first in (("manager", 1), ("peer", 0)):
        told = [
            (
                len((await then(house, f"/goals/{top}/tree/as-of", days, who))["serving"]),
                sum(
                    each["goals"]
                    for each in await then(house, "/goal-statistics/as-of", days, who, owner_id="anna")
                ),
            )
            for days in (1, 3)
        ]
        assert told == [(first, first), (1, 1)], who
    await _no_page_tells_of_it(house, goal_id, top)
    too_early = await house.as_("chief").get(f"/goals/{top}/tree/as-of", at=(NOW - DAY).isoformat())
    assert too_early.status_code == 404


async def _no_page_tells_of_it(house: GoalsHouse, goal_id: str, parent_id: str) -> None:
    """What it said while it was for fewer is not found by asking for a page and looking for a next one."""
    change = {"category": "Fusion", "reason": "It fits."}
    await house.as_("anna").at(NOW + 4 * DAY).does(f"/goals/{goal_id}/amendment", change)
    await (
        house.as_("anna")
        .at(NOW + 4 * DAY)
        .does(f"/goals/{goal_id}/parent", {"parent_id": None}, method="PUT")
    )
    mine = await house.agreed("peer", by="other_manager", parent_id=parent_id)
    asked = {"parent_id": parent_id, "limit": 1}
    seen = [
        await then(house, "/goals-as-of", days, who, **asked)
        for who in ("peer", "manager")
        for days in (1, 3)
    ]
    found = [(each["next"] is not None, [item["goal_id"] for item in each["items"]]) for each in seen]
    assert found[0] == (False, [mine]), "of the first day she is told of her own goal alone"
    assert [more or ids == [goal_id] for more, ids in found[1:]] == [True, True, True]


async def test_reading_what_was_is_given_up_in_time(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    for path in (f"/goals/{goal_id}/tree/as-of", "/goals-as-of", "/goal-statistics/as-of"):
        async with profiled(
            house.db, ns={"$regex": rf"\.({EDITIONS}|{MEASUREMENTS})$"}, op={"$ne": "getmore"}
        ) as ran:
            await then(house, path, 1, **({} if "tree" in path else {"owner_id": "anna"}))
        assert {each["ns"].rpartition(".")[2] for each in ran} == {EDITIONS, MEASUREMENTS}
        assert [each for each in ran if not each["command"].get("maxTimeMS")] == [], path

    class Slow:
        async def to_list(self, length: None) -> Any:
            raise ExecutionTimeout(length or "too late")

    with pytest.raises(TooMuchToRead):
        await in_time(Slow())
