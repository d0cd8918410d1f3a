"""Whatever owner and manager try in whatever order: what may be done is, what may not changes nothing.

A plain model (life.py) says which is which; afterwards all that the service keeps and says must agree.
"""

from collections import Counter
from datetime import timedelta
from itertools import count, product
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.goals.domain.goal import Goal
from services.goals.store import COLLECTIONS, GOALS
from shared.store import from_document
from tests.services.goals import life
from tests.services.goals.house import NOW, REACH, STEPS, GoalsHouse, wording
from tests.services.goals.life import MAY, QUARTERS, Modelled, picked
from tests.services.goals.moves import CANARY, EFFECTS, REQUESTS
from tests.services.goals.test_statistics import fold
from tests.services.goals.usecases.test_run_period import Q1, Q2
from tests.services.goals.usecases.test_templates import TEMPLATE

MOST = 4
Step = tuple[str, int, int, int]


class Life:
    """The house, and the model of what is in it."""

    def __init__(self, house: GoalsHouse) -> None:
        self.house = house
        self.minute = 0
        self.tried: Counter[tuple[str, bool]] = Counter()
        self._numbers = count(1)
        self._stood: set[Any] = set()

    async def begin(self) -> None:
        """Nothing but the directory, two periods, a template, and a goal of the manager's to serve."""
        for name in {*COLLECTIONS, "outbox", "fan_outs"}:
            await self.house.db[name].delete_many({})
        hr = self.house.as_("admin", "hr_admin")
        self._periods = {
            quarter: (await hr.does("/periods", said))["period_id"]
            for quarter, said in (("q1", Q1), ("q2", Q2))
        }
        made = await hr.does("/goal-templates", {**TEMPLATE, **self.words(), "days": None})
        self.template, self.archived = made["template_id"], False
        self.top = await self.house.agreed("manager", by="chief", visibility="everyone")
        self.goals: list[Modelled] = []

    def category(self) -> str:
        return f"{CANARY} {next(self._numbers)}"

    def period(self, quarter: str) -> str:
        return self._periods[quarter]

    def words(self) -> dict[str, Any]:
        said = dict.fromkeys(("title", "description", "relevance"), CANARY)
        parts = [{**REACH, "title": CANARY}, {**STEPS, "title": CANARY}]
        return {**said, "category": self.category(), "tags": [CANARY], "key_results": parts}

    def said(self, x: int, *, quarter: str = "q1", parent: str | None = None) -> dict[str, Any]:
        starts_on, due_on = QUARTERS[quarter]
        visibility = "private" if x % 2 else "line"
        dated = {"starts_on": starts_on, "due_on": due_on, "period_id": self.period(quarter)}
        return wording(**self.words(), **dated, visibility=visibility, weight=x * 25, parent_id=parent)

    async def take(self, step: Step) -> None:
        """Begin a goal, try anything, or choose among what the model says may be done."""
        kind, choice, n, x = step
        if kind == "begin" or not self.goals:
            if len(self.goals) < MOST:
                await picked(BEGIN, choice)(self, picked(WHO, choice // 2), x)
            return
        open_ = [each for each in self.goals if each.status != "closed"]
        goal = picked(open_ if open_ and choice % 5 else self.goals, n)
        every = [(move, who) for move in MAY for who in WHO]
        may = [each for each in every if MAY[each[0]](goal, each[1], x, self.goals)]
        forward = [each for each in may if each[0] not in SELDOM or choice % 4 == 0]
        move, who = picked((every if kind == "any" else forward) or every, choice)
        await self.move(move, who, goal, x)

    async def move(self, move: str, who: str, goal: Modelled, x: int) -> None:
        self.minute += 1
        self.house.now = NOW + timedelta(minutes=self.minute)
        method, path, body = REQUESTS[move](self, goal, x)
        may, before = MAY[move](goal, who, x, self.goals), await self.seen()
        answer = await self.house.as_(who).send(method, path, body, If_Match="*")
        told = (move, who, goal, x, answer.status_code, answer.text)
        self.tried[move, may] += 1
        assert answer.is_success == may, told
        if not may:
            assert answer.status_code in {403, 404, 409, 422}, told
            assert await self.seen() == before, told
        elif move in EFFECTS:
            EFFECTS[move](self, goal, who, x, answer.json())

    async def try_all_that_is_refused(self, goal: Modelled) -> None:
        """Each that was not tried of a goal that stands so."""
        for move, who, x in product(MAY, WHO, (1, 2)):
            stands = move, who, x, goal.status, goal.asked, goal.wanted, goal.outcome, tuple(goal.grades)
            if stands not in self._stood and not MAY[move](goal, who, x, self.goals):
                self._stood.add(stands)
                await self.move(move, who, goal, x)

    async def seen(self) -> list[Any]:
        """All that a refused move must leave as it was."""
        names = (GOALS, "editions", "measurements", "check_ins", "initiatives", "outbox")
        return [await self.house.db[name].find().sort("_id", 1).to_list(None) for name in names]

    async def draft(self, who: str, x: int) -> None:
        made = await self.house.as_(who).does("/goals", {**self.said(x), "owner_id": "anna"})
        self.goals.append(Modelled(made["goal_id"], "q1", x * 25))

    async def draft_from_template(self, who: str, x: int) -> None:
        visibility = "private" if x % 2 else "line"
        body = {"template_id": self.template, "period_id": self.period("q1"), "owner_id": "anna"}
        overrides = {"weight": x * 25, "visibility": visibility}
        answer = await self.house.as_(who).post("/goals/from-template", {**body, "overrides": overrides})
        assert answer.is_success == (not self.archived), answer.text
        if answer.is_success:
            self.goals.append(Modelled(answer.json()["goal_id"], "q1", x * 25))

    async def keep_template(self, _: str, x: int) -> None:
        hr, path = self.house.as_("admin", "hr_admin"), f"/goal-templates/{self.template}"
        if x == 4:
            answer = await hr.post(f"{path}/archival")
        else:
            said = {**TEMPLATE, **self.words(), "days": None}
            answer = await hr.put(path, said, If_Match="*")
        assert answer.is_success == (not self.archived), answer.text
        self.archived = self.archived or x == 4

    async def assign(self, _: str, x: int) -> None:
        if x * 25 > life.room(Modelled("new", "q1", x * 25), self.goals):
            return
        population = {"person_ids": ["anna"], "unit_ids": [], "everyone": False}
        hr = self.house.as_("admin", "hr_admin")
        await hr.does("/goal-assignments", {"wording": self.said(x), "population": population})
        await self.house.expand()
        known = {goal.id for goal in self.goals} | {self.top}
        [new] = [doc["_id"] async for doc in self.house.db[GOALS].find() if doc["_id"] not in known]
        self.goals.append(Modelled(new, "q1", x * 25, status="proposed", asked="anna"))

    async def check(self) -> None:
        """All that is kept and said must agree with the model, and with itself."""
        await fold(self.house)
        docs = {doc["_id"]: doc async for doc in self.house.db[GOALS].find()}
        assert docs.keys() == {goal.id for goal in self.goals} | {self.top}
        for goal in self.goals:
            doc = docs[goal.id]
            told = [doc[name] for name in ("status", "asked_id", "outcome", "edition", "weight", "parent_id")]
            same = [goal.status, goal.asked, goal.outcome, goal.edition, goal.weight, goal.parent]
            assert told == same, goal
            assert doc["progress"] == pytest.approx(goal.progress), goal
            assert [each["graded_as"] for each in doc["grades"]] == goal.grades
            await self.check_kept(goal, doc)
        await self.check_sums(docs)
        assert await self.house.disorder() == []
        assert CANARY not in str(await self.house.published())
        states = await self.house.published(topic="state")
        assert CANARY not in str([each for each in states if each["said"] != "goal_template_state"])

    async def check_kept(self, goal: Modelled, doc: Any) -> None:
        db, of_goal = self.house.db, {"goal_id": goal.id}
        numbers = [each["number"] async for each in db["editions"].find(of_goal).sort("number", 1)]
        assert numbers == list(range(1, goal.edition)), goal
        rows = await db["outbox"].find({"key": goal.id, "topic": "cairn.goals.events"}).to_list(None)
        assert sorted(row["sequence"] for row in rows) == list(range(1, len(rows) + 1)), goal
        assert doc["sequence"] == len(rows)
        state = from_document(Goal, doc).state().model_dump(mode="json")
        told = await self.house.state(goal.id)
        assert told == {**told, **state, "sequence": doc["sequence"]}
        deeds = {each["_id"]: each["status"] async for each in db["initiatives"].find(of_goal)}
        assert deeds == {deed.path.rpartition("/")[2]: deed.status for deed in goal.deeds}, goal

    async def check_sums(self, docs: dict[str, Any]) -> None:
        """What is folded, added up again; and no quarter of the owner's weighs more than the whole."""
        for starts_on, _ in QUARTERS.values():
            running = [
                doc for doc in docs.values() if doc["starts_on"] == starts_on and doc["_id"] != self.top
            ]
            weighing = [doc["weight"] for doc in running if doc["status"] in {"proposed", "agreed"}]
            assert sum(weighing) <= 100
        serving = [doc for doc in docs.values() if doc["parent_id"] == self.top and counts(doc)]
        kept = await self.house.db["roll_ups"].find_one({"_id": self.top})
        if not serving:
            assert kept is None or (kept["direct"], kept["progress"]) == (0, None)
            return
        closed = sum(doc["status"] == "closed" for doc in serving)
        assert (kept["direct"], kept["below"], kept["closed"]) == (len(serving), len(serving), closed)
        mean = sum(doc["progress"] for doc in serving) / len(serving)
        assert kept["progress"] == pytest.approx(mean, abs=1e-9)
        assert sum(kept["paces"].values()) == len(serving) - closed


def counts(doc: Any) -> bool:
    ended = doc["status"] == "closed" and doc["outcome"] not in {"cancelled", "carried_over"}
    return doc["visibility"] != "private" and (doc["status"] == "agreed" or ended)


BEGIN: Any = (Life.draft, Life.draft, Life.assign, Life.draft_from_template, Life.keep_template)
SELDOM = {"cancel", "close", "decline", "withdraw", "ask for changes", "align", "plan deed", "reword"}
"""There is more to try before."""
WHO = ("anna", "manager")
steps: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from(["begin", "any", "any", *["may"] * 5]),
    st.integers(0, 999),
    st.integers(0, 2),
    st.integers(0, 4),
)


@pytest.fixture
async def alive(house: GoalsHouse) -> Life:
    return Life(house)


@settings(
    max_examples=12,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, min_size=30, max_size=60))
async def test_whatever_is_tried_the_service_keeps_to_the_model(alive: Life, history: list[Step]) -> None:
    await alive.begin()
    for step in history:
        await alive.take(step)
    await alive.check()


SCRIPT = """
reword anna 2; plan deed anna 0; align anna 1; propose anna 0; withdraw anna 0; propose anna 0
ask for changes manager 0; propose manager 0; agree anna 0; check in manager 0; measure anna 1; measure anna 2
step anna 0; correct anna 1; correct manager 0; report manager 2; amend words anna 0; amend weight anna 3
decline change manager 0; amend weight manager 3; withdraw change manager 0; amend weight anna 4
agree to change manager 0; grade oneself anna 0; end deed anna 1; carry over anna 0; look back anna 0
"""
CLOSED = """
propose anna 0; agree manager 0; close manager 0; grade oneself anna 0; grade manager 0; look back anna 0
"""
"""From draft to carried over; another goal is declined, and a third closed and graded."""


async def test_at_every_step_of_a_life_all_else_is_refused_and_changes_nothing(alive: Life) -> None:
    await alive.begin()
    for lines, x in ((SCRIPT, 1), ("propose anna 0; decline manager 0", 2), (CLOSED, 0)):
        await Life.draft(alive, "anna", x)
        goal = alive.goals[-1]
        for each in lines.replace("\n", ";").split(";"):
            if each.strip():
                *move, who, how = each.split()
                await alive.try_all_that_is_refused(goal)
                await alive.move(" ".join(move), who, goal, int(how))
    await alive.try_all_that_is_refused(alive.goals[-1])
    assert alive.tried.keys() == {(move, may) for move in MAY for may in (True, False)} - {("cancel", True)}
    await alive.check()
