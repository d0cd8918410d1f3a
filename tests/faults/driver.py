"""Commands over HTTP as careful clients send them, and a ledger of what was acknowledged.

Every command has an Idempotency-Key.  What gets no answer, or 5xx, is sent again with the same key
to the other instance until it is answered.  An acknowledgement is written to the ledger and synced
before the next command of its aggregate is sent.
"""

import asyncio
import itertools
import json
import os
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import httpx

from tests.faults.town import Town

AT_ONCE = 24
STAFF = 40
TEAM = 8
WINDOW = 15
PATIENCE_SECONDS = 120.0
LATE = frozenset({403, 404, 409, 422})
LATE_SECONDS = 90.0
"""How long a refusal may come from a copy that has not heard yet."""


class StuckError(Exception):
    """A command got no answer for longer than anybody waits."""


@dataclass(slots=True)
class Goal:
    """A goal that the driver moves on."""

    goal_id: str
    owner: str
    manager: str


@dataclass
class Ledger:
    """What was acknowledged: one JSON object a line, synced."""

    path: Path
    counts: Counter[str] = field(default_factory=Counter[str])
    retried: int = 0

    def __post_init__(self) -> None:
        self._file = self.path.open("ab", buffering=0)

    def note(self, deed: str, **facts: Any) -> None:
        """Remember one acknowledgement for good."""
        self._file.write(json.dumps({"deed": deed, **facts}).encode() + b"\n")
        os.fsync(self._file.fileno())
        self.counts[deed] += 1

    def entries(self) -> list[dict[str, Any]]:
        """All of it, read back from the disk."""
        return [json.loads(line) for line in self.path.read_text().splitlines()]


class Driver:
    """The clients of one run."""

    def __init__(self, town: Town, ledger: Ledger, *, seed: int, rate: float) -> None:
        self.ledger = ledger
        self.goals: list[Goal] = []
        self.refused: Counter[str] = Counter()
        self._town = town
        self._rate = rate
        self._dice = random.Random(seed)
        self._serial = itertools.count(1)
        self._tokens: dict[str, str] = {}
        self._http: dict[tuple[str, int], httpx.AsyncClient] = {}
        self._busy: set[str] = set()
        self._stopping = False

    async def __aenter__(self) -> Self:
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self._http = {
            each: httpx.AsyncClient(
                base_url=self._town.url(*each), timeout=10, limits=limits, trust_env=False
            )
            for each in self._town.ports
        }
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._http.values():
            await client.aclose()

    async def import_people(self) -> None:
        """Forty people in teams of eight under one head, and wait until all know them."""
        rows = ["employee_number,first_name,last_name,email,manager_employee_number"]
        for n in range(STAFF):
            manager = "" if n == 0 else f"E{(n - 1) // TEAM:03d}"
            rows.append(f"E{n:03d},Given{n},Family{n},p{n}@faults.example,{manager}")
        headers = {"Authorization": f"Bearer {self._token('hr', 'hr_admin')}", "Content-Type": "text/csv"}
        http = self._http["people", 0]
        answer = await http.post("/imports", content="\n".join(rows), headers=headers, timeout=60)
        answer.raise_for_status()
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = await http.get("/people", params={"limit": 100}, headers=headers)
            found.raise_for_status()
            people = found.json()["items"]
            if len(people) == STAFF:
                break
            if time.monotonic() > until:
                raise StuckError("the people were not imported")
            await asyncio.sleep(0.2)
        self._managers = {p["person_id"]: p["manager_id"] for p in people}
        self._staff = sorted(p["person_id"] for p in people if p["manager_id"])

    async def set_goals(self, count: int) -> None:
        """Draft, propose and agree on so many goals."""
        pending = iter(range(count))

        async def work() -> None:
            for _ in pending:
                self.goals.append(await self.new_goal())

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    async def new_goal(self) -> Goal:
        """One goal, agreed."""
        owner = self._dice.choice(self._staff)
        manager = self._managers[owner]
        number = next(self._serial)
        body = {
            "owner_id": owner,
            "title": f"Reach number {number}",
            "description": "The number stands in the ledger and on the topic, whatever was killed meanwhile.",
            "relevance": "What is counted under fire can be trusted in peace.",
            "kind": "objective",
            "level": "person",
            "visibility": "line",
            "starts_on": "2026-01-01",
            "due_on": "2026-12-31",
            "key_results": [
                {"key_result_id": "k", "title": "Number", "type": "increase", "start": 0, "target": 1e9}
            ],
        }
        drafted = await self.command("drafted", "goals", "POST", "/goals", owner, body)
        goal = Goal(drafted["goal_id"], owner, manager)
        self.ledger.note("drafted", goal_id=goal.goal_id)
        path = f"/goals/{goal.goal_id}"
        await self.command("proposed", "goals", "POST", f"{path}/proposal", owner, {"to_person_id": manager})
        self.ledger.note("proposed", goal_id=goal.goal_id, to=manager)
        await self.command("agreed", "goals", "POST", f"{path}/agreement", manager)
        self.ledger.note("agreed", goal_id=goal.goal_id, by=manager, owner=owner)
        return goal

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["asyncio.Task[None]"]:
        """Send commands while inside; those under way are answered at the end, or given up on failure."""
        driving = asyncio.create_task(self._run())
        try:
            yield driving
            self._stopping = True
            await driving
        finally:
            driving.cancel()
            await asyncio.gather(driving, return_exceptions=True)

    async def _run(self) -> None:
        """Send commands at the rate, as far as answers allow, until told to stop."""
        began, sent = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            under_way: set[asyncio.Task[None]] = set()
            while not self._stopping:
                due = int((time.monotonic() - began) * self._rate)
                while sent < due and len(under_way) < AT_ONCE:
                    task = group.create_task(self._one())
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                    sent += 1
                sent = max(sent, due - AT_ONCE)  # what could not be sent in time is not sent in a burst
                await asyncio.sleep(0.005)

    async def _one(self) -> None:
        chance = self._dice.random()
        goal = self._dice.choice(self.goals)
        if goal.goal_id in self._busy:
            return
        self._busy.add(goal.goal_id)
        try:
            if chance < 0.75:
                await self.measure(goal)
            elif chance < 0.85:
                await self.check_in(goal, confidence=self._dice.choice([0.2, 0.5, 0.9]))
            elif chance < 0.95:
                await self.give_feedback()
            else:
                self.goals.append(await self.new_goal())
        finally:
            self._busy.discard(goal.goal_id)

    async def measure(self, goal: Goal) -> int:
        """A measurement whose value is like no other; the value."""
        value = next(self._serial)
        path = f"/goals/{goal.goal_id}/key-results/k/measurements"
        await self.command("measured", "goals", "POST", path, goal.owner, {"value": value, "note": ""})
        self.ledger.note("measured", goal_id=goal.goal_id, value=value)
        return value

    async def check_in(self, goal: Goal, *, confidence: float) -> None:
        """A check-in; of one with little confidence the manager is told."""
        body: dict[str, Any] = {
            "confidence": confidence,
            "comment": f"number {next(self._serial)}",
            "blockers": [],
        }
        await self.command(
            "checked_in", "goals", "POST", f"/goals/{goal.goal_id}/check-ins", goal.owner, body
        )
        self.ledger.note("checked_in", goal_id=goal.goal_id, confidence=confidence)

    async def give_feedback(self) -> str:
        """Feedback to a colleague; its id."""
        giver, receiver = self._dice.sample(self._staff, 2)
        body = {"receiver_id": receiver, "kind": "praise", "text": f"Number {next(self._serial)}"}
        body["visibility"] = "receiver"
        given = await self.command("given", "feedback", "POST", "/feedback", giver, body)
        self.ledger.note("given", feedback_id=given["feedback_id"], giver=giver, receiver=receiver)
        return str(given["feedback_id"])

    async def create_unit(self, *, at: int) -> None:
        """An org unit, asked of one instance."""
        body = {"name": f"Unit {next(self._serial)}", "kind": "team"}
        await self.command("created", "people", "POST", "/units", "hr", body, roles=("hr_admin",), at=at)

    async def launch_cycle(self, people: int | None = None, *, at: int | None = None) -> str:
        """A review cycle for everybody, or for some, asked of any instance or of one: the fan-out; its id."""
        chosen = self._staff[:people]
        body = {
            "name": f"Cycle {next(self._serial)}",
            "period": {"starts_on": "2026-01-01", "ends_on": "2026-12-31"},
            "self_due_on": "2027-01-10",
            "manager_due_on": "2027-01-20",
            "sections": [{"section_id": "all", "title": "All"}],
            "population": {"person_ids": chosen},
        }
        hr = ("hr_admin",)
        done = await self.command("launched", "reviews", "POST", "/cycles", "hr", body, roles=hr, at=at)
        self.ledger.note("launched", cycle_id=done["cycle_id"], people=chosen)
        return str(done["cycle_id"])

    async def command(
        self,
        deed: str,
        service: str,
        method: str,
        path: str,
        person: str,
        body: Mapping[str, Any] | None = None,
        *,
        roles: tuple[str, ...] = (),
        at: int | None = None,
    ) -> dict[str, Any]:
        """Send it until it is answered, to any instance in turn or to the one `at` that number.

        Raises `StuckError`, or `AssertionError` when refused for good.
        """
        headers = {"Authorization": f"Bearer {self._token(person, *roles)}"}
        headers["Idempotency-Key"] = f"{deed}-{next(self._serial)}"
        began = time.monotonic()
        numbers = self._town.numbers(service) if at is None else [at]
        first = self._dice.randrange(len(numbers))
        for tries in itertools.count():
            answer: httpx.Response | None = None
            with suppress(httpx.HTTPError):
                http = self._http[service, numbers[(first + tries) % len(numbers)]]
                answer = await http.request(method, path, headers=headers, json=body)
            waited = time.monotonic() - began
            if answer is not None and answer.is_success:
                return answer.json() if answer.content else {}
            if answer is not None and answer.status_code < 500:
                if answer.status_code not in LATE or waited > LATE_SECONDS:
                    self.refused[f"{deed} {answer.status_code}"] += 1
                    raise AssertionError(f"{deed}: {answer.status_code} {answer.text[:300]}")
            elif waited > PATIENCE_SECONDS:
                raise StuckError(f"{deed}: no answer for {waited:.0f} s")
            self.ledger.retried += 1
            await asyncio.sleep(min(1.0, 0.05 * 2**tries))
        raise AssertionError("unreachable")

    def _token(self, person: str, *roles: str) -> str:
        if person not in self._tokens:
            self._tokens[person] = self._town.issuer.sign(person, list(roles), lifetime=timedelta(days=1))
        return self._tokens[person]
