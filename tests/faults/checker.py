"""Holds Kafka and MongoDB against the ledger, with readers of its own and none of the suite's code.

MongoDB is read with pymongo's own client.  The rules that it knows of the suite (who is told of
what, what a copy holds) are written a second time, on purpose.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pymongo import AsyncMongoClient

from tests.faults.groups import lags
from tests.faults.records import Doc, Recorded, first_of_each, last_of, newest_of, read_log
from tests.faults.rules import names, promised, told

SERVICES = ("people", "goals", "feedback", "reviews", "notifications")
READS = {
    "people": (
        "feedback.erasures",
        "goals.erasures",
        "notifications.erasures",
        "people.erasures",
        "people.state",
        "reviews.erasures",
    ),
    "goals": ("people.state",),
    "feedback": ("goals.state", "people.events", "people.state"),
    "reviews": ("feedback.events", "goals.events", "people.events", "people.state"),
    "notifications": ("feedback.events", "goals.events", "people.events", "people.state", "reviews.events"),
}
"""The topics that each service follows, by their names after `cairn.`."""
DUE = ("looks", "period_turns")
"""Where goals keeps what it does by the clock, and soon after a change: it can publish something."""
SHOWN = 5
Times = Mapping[str, Sequence[float]]
"""When each was taken, by its id."""
UNSENT_SECONDS = 10.0
"""How long a row may wait for its relay when nothing else happens."""


@dataclass
class Verdict:
    """What does not hold; all zero and empty if everything does."""

    commands: int = 0
    events: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    parked: int = 0
    unsent: int = 0
    behind: int = 0
    lag: int = 0
    """Records that a service has not taken yet."""
    misfolded: int = 0
    """Copies and evidence that are not what the log says."""
    repeated_records: int = 0
    repeats: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    """Mails and posts that others have got once more: the channel, and when by the monotonic clock."""
    wrong: list[str] = field(default_factory=list[str])

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not (self.wrong or self.lost or self.doubled or self.out_of_order)

    def say(self, what: str, which: Iterable[object]) -> int:
        """Note a complaint with some of its cases; how many cases."""
        cases = list(which)
        if cases:
            self.wrong.append(f"{what}: {len(cases)}, such as {cases[:SHOWN]}")
        return len(cases)

    def compare(self, what: str, wanted: Mapping[str, Any], held: Mapping[str, Any]) -> None:
        """Note what is held in another way than the log says."""
        self.misfolded += self.say(what, _differing(wanted, held))


class Sent(NamedTuple):
    """What an outbox says is on its topics: events by id, and by key the newest state."""

    events: AbstractSet[str]
    states: Mapping[str, tuple[int, int]]


class Checker:
    """One look at everything."""

    def __init__(
        self, mongo_url: str, bootstrap: str, *, steady: str = "", others: Mapping[str, str] | None = None
    ) -> None:
        self._url = mongo_url
        self._bootstrap = bootstrap
        self._steady = steady
        """The id of the webhook endpoint that always takes what comes."""
        self._others = others or {}
        """By name, the ids of those that take it in the end."""

    async def settle(self, *, seconds: float) -> str:
        """Wait until nothing moves any more, twice in turn; what still waits when time is up, or empty."""
        until, before = time.monotonic() + seconds, -1
        while True:
            waiting, records = await self._waiting()
            if not waiting and records == before:
                return ""
            if time.monotonic() > until:
                return waiting or f"{records - before} new records"
            before = -1 if waiting else records
            await asyncio.sleep(1.0)

    async def _waiting(self) -> tuple[str, int]:
        """What waits, and how many records there are."""
        log = [each for each in await read_log(self._bootstrap) if not each.injected]
        last = last_of(log)
        async with AsyncMongoClient[Any](self._url, tz_aware=True) as client:
            for name in DUE:
                due = {"due_at": {"$lte": datetime.now(UTC)}}
                if looks := await client["cairn_goals"][name].count_documents(due):
                    return f"goals: {looks} of {name} due", len(log)
            for service in SERVICES:
                db = client[f"cairn_{service}"]
                if unsent := await db["outbox"].count_documents({"sent": False}):
                    return f"{service}: {unsent} rows unsent", len(log)
                if jobs := await db["fan_outs"].count_documents({"state": "open"}):
                    return f"{service}: {jobs} fan-outs open", len(log)
                if late := await _behind(db, service, last):
                    return f"{service}: {len(late)} sources behind, such as {late[:2]}", len(log)
            due = {"state": "due", "$or": [{"channel": "email"}, {"endpoint_id": self._steady}]}
            if left := await client["cairn_notifications"]["deliveries"].count_documents(due):
                return f"{left} mails and posts due", len(log)
        lagging = {group: left for group, left in (await lags(self._bootstrap)).items() if left}
        return f"lag: {lagging}" if lagging else "", len(log)

    async def check(self, ledger: Sequence[Doc]) -> Verdict:
        """All of it."""
        verdict = Verdict(commands=len(ledger))
        # Before the log is read: webhooks to those who are away go on, and what comes of them.
        sent = await self._sent()
        verdict.unsent = await self._unsent()
        whole = await read_log(self._bootstrap)
        log = [each for each in whole if not each.injected]
        events = {each.id: each for each in reversed(log) if each.topic.endswith(".events")}
        verdict.events = len(events)
        verdict.repeated_records = len(log) - len({(each.topic, each.id) for each in log})
        self._ledger(verdict, ledger, list(events.values()))
        self._order(verdict, log)
        async with AsyncMongoClient[Any](self._url, tz_aware=True) as client:
            for service in SERVICES:
                await self._books(verdict, client[f"cairn_{service}"], service, log, sent[service])
            await self._copies(verdict, client, log)
            await self._evidence(verdict, client["cairn_reviews"], log)
            await self._notices(verdict, client["cairn_notifications"], list(events.values()), log)
        await self._groups(verdict)
        return verdict

    async def outside(self, verdict: Verdict, *, mails: Times, posts: Mapping[str, Times]) -> None:
        """What others have got, by its id there, is what was delivered; repeats of the steady are noted."""
        got = {
            "email": {id_.removeprefix("<").partition("@")[0]: at for id_, at in mails.items()},
            "webhook": posts["steady"],
        }
        async with AsyncMongoClient[Any](self._url, tz_aware=True) as client:
            rows = client["cairn_notifications"]["deliveries"]
            for channel, taken in got.items():
                of = {"channel": channel} | ({"endpoint_id": self._steady} if channel == "webhook" else {})
                states = {row["notification_id"]: row["state"] async for row in rows.find(of)}
                delivered = {id_ for id_, state in states.items() if state == "delivered"}
                verdict.lost += verdict.say(
                    f"delivered by {channel} and got by nobody", delivered - taken.keys()
                )
                verdict.say(f"got by {channel} and told of by nobody", taken.keys() - states.keys())
                verdict.repeats += [(channel, again) for at in taken.values() for again in at[1:]]
            for name, id_ in self._others.items():
                done = {"channel": "webhook", "endpoint_id": id_, "state": "delivered"}
                told = {row["notification_id"] async for row in rows.find(done, {"notification_id": 1})}
                verdict.lost += verdict.say(
                    f"delivered to {name} and got by nobody", told - posts[name].keys()
                )

    def _ledger(self, verdict: Verdict, ledger: Sequence[Doc], events: Sequence[Recorded]) -> None:
        """Every acknowledged command has its event, once."""
        found = Counter(name for each in events for name in names(each))
        wanted = Counter(name for each in ledger for name in promised(each))
        verdict.lost = verdict.say("acknowledged without an event", (wanted - found).elements())
        verdict.doubled += verdict.say("more events than commands", ((found - wanted).elements()))

    def _order(self, verdict: Verdict, log: Sequence[Recorded]) -> None:
        """The events of a key are numbered 1, 2, 3 and lie in that order."""
        sequences: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        seen: set[str] = set()
        for each in log:
            if each.topic.endswith(".events") and each.id not in seen:
                seen.add(each.id)
                sequences[each.topic, each.key].append(each.sequence)
        wrong = [key for key, found in sequences.items() if found != list(range(1, len(found) + 1))]
        verdict.out_of_order += verdict.say("keys out of order", wrong)
        newest: dict[tuple[str, str], tuple[int, int]] = {}
        last: dict[tuple[str, str], tuple[int, int]] = {}
        for each in log:  # the records of a key lie on one partition, and so in their order here
            if each.topic.endswith(".state"):
                last[each.topic, each.key] = each.position
                newest[each.topic, each.key] = max(each.position, newest.get((each.topic, each.key), (0, 0)))
        verdict.out_of_order += verdict.say("states behind which an older one lies", _differing(newest, last))

    async def _sent(self) -> dict[str, Sent]:
        """By service, what its outbox says is on its topics."""
        found: dict[str, Sent] = {}
        async with AsyncMongoClient[Any](self._url, tz_aware=True) as client:
            for service in SERVICES:
                outbox, events, states = (
                    client[f"cairn_{service}"]["outbox"],
                    set[str](),
                    dict[str, tuple[int, int]](),
                )
                async for row in outbox.find({"sent": True}, {"value": 0}):
                    if row["topic"] == f"cairn.{service}.events":
                        events.add(str(row["_id"]))
                    elif row["topic"] == f"cairn.{service}.state":
                        states[row["key"]] = max(
                            states.get(row["key"], (0, 0)), (row["epoch"], row["sequence"])
                        )
                found[service] = Sent(events, states)
        return found

    async def _unsent(self) -> int:
        """How many of the rows that an outbox holds back now it does not send in the next seconds."""
        waiting = 0
        async with AsyncMongoClient[Any](self._url, tz_aware=True) as client:
            for service in SERVICES:
                outbox: Any = client[f"cairn_{service}"]["outbox"]
                rows = [row["_id"] async for row in outbox.find({"sent": False}, {"_id": 1})]
                until = time.monotonic() + UNSENT_SECONDS
                held = {"_id": {"$in": rows}, "sent": False}
                while (left := await outbox.count_documents(held)) and time.monotonic() < until:
                    await asyncio.sleep(0.2)
                waiting += left
        return waiting

    async def _books(
        self, verdict: Verdict, db: Any, service: str, log: Sequence[Recorded], sent: Sent
    ) -> None:
        """Outbox, watermarks, parked, fan-outs of one service."""
        topic = f"cairn.{service}.events"
        rows = {str(row["_id"]) async for row in db["outbox"].find({"topic": topic}, {"_id": 1})}
        lying = {each.id for each in log if each.topic == topic}
        verdict.say(f"{service}: outbox rows not on the topic", sent.events - lying)
        told = dict[str, tuple[int, int]]()
        for each in log:
            if each.topic == f"cairn.{service}.state":
                told[each.key] = max(told.get(each.key, (0, 0)), each.position)
        behind = [key for key, position in sent.states.items() if told.get(key, (0, 0)) < position]
        verdict.lost += verdict.say(f"{service}: states that are sent and not on the topic", behind)
        verdict.say(f"{service}: events that are no outbox row", lying - rows)
        verdict.parked += await db["parked"].count_documents({})
        verdict.say(
            f"{service}: fan-outs that failed", [each async for each in db["fan_out_failures"].find()]
        )
        behind = await _behind(db, service, last_of(log))
        verdict.behind += len(behind)
        verdict.say(f"{service}: sources not applied to their end", behind)

    async def _groups(self, verdict: Verdict) -> None:
        """Every service has read every topic that it follows to its end."""
        left = await lags(self._bootstrap)
        wanted = {f"{service}.cairn.{topic}" for service, topics in READS.items() for topic in topics}
        verdict.lag = sum(left.values())
        verdict.say("topics that a service does not follow", wanted - left.keys())
        verdict.say("groups that have not read to the end", [each for each in left.items() if each[1]])

    async def _copies(self, verdict: Verdict, client: Any, log: Sequence[Recorded]) -> None:
        """Local copies are the newest states."""
        people = newest_of(log, "cairn.people.state", "person_state")
        for service in SERVICES[1:]:
            copies = {d["_id"]: d async for d in client[f"cairn_{service}"]["directory_people"].find()}
            wanted = {id_: (data["manager_id"], data["status"]) for id_, data in people.items()}
            held = {id_: (doc["manager_id"], doc["status"]) for id_, doc in copies.items()}
            verdict.compare(f"{service}: people who differ from the log", wanted, held)
        units = newest_of(log, "cairn.people.state", "unit_state")
        for service in SERVICES:
            copies = {d["_id"]: d async for d in client[f"cairn_{service}"]["directory_units"].find()}
            wanted = {id_: (data["name"], data["parent_id"]) for id_, data in units.items()}
            held = {id_: (doc["name"], doc["parent_id"]) for id_, doc in copies.items()}
            verdict.compare(f"{service}: units that differ from the log", wanted, held)
        goals = newest_of(log, "cairn.goals.state", "goal_state")
        copies = {d["_id"]: d async for d in client["cairn_feedback"]["known_goals"].find()}
        wanted = {id_: (data["owner_id"], data["visibility"]) for id_, data in goals.items()}
        held = {id_: (doc["owner_id"], doc["visibility"]) for id_, doc in copies.items()}
        verdict.compare("feedback: goals that differ from the log", wanted, held)
        stored = {d["_id"]: d async for d in client["cairn_goals"]["goals"].find()}
        wanted = {id_: (_value(data["key_results"]), data["status"]) for id_, data in goals.items()}
        held = {id_: (_value(doc["key_results"]), doc["status"]) for id_, doc in stored.items()}
        verdict.say("goals: goals that differ from their state on the topic", _differing(wanted, held))

    async def _evidence(self, verdict: Verdict, db: Any, log: Sequence[Recorded]) -> None:
        """The evidence of reviews is the fold of the goal and feedback events."""
        goals: dict[str, dict[str, Any]] = {}
        given: set[str] = set()
        unheard: set[str] = set()
        measured_at: dict[str, str] = {}
        for each in first_of_each(log):
            data = each.data or {}
            if each.kind in {"key_result_measured", "goal_checked_in"} and data["goal_id"] not in goals:
                unheard.add(data["goal_id"])
                continue
            match each.kind:
                case "goal_drafted":
                    goals[data["goal_id"]] = {
                        "progress": None,
                        "confidence": None,
                        "value": None,
                        "agreed_on": None,
                    }
                case "goal_agreed" if data["goal_id"] in goals:
                    goals[data["goal_id"]] |= {"agreed_on": data["occurred_at"][:10]}
                case "key_result_measured":
                    goals[data["goal_id"]] |= {"progress": data["goal_progress"]}
                    # What held later counts, not what was said later: a clock may be wrong.
                    if data["measured_at"] >= measured_at.get(data["goal_id"], ""):
                        goals[data["goal_id"]] |= {"value": data["value"]}
                        measured_at[data["goal_id"]] = data["measured_at"]
                case "goal_checked_in":
                    said = {"progress": data["goal_progress"], "confidence": data["confidence"]}
                    goals[data["goal_id"]] |= said
                case "feedback_given":
                    given.add(data["feedback_id"])
                case _:
                    pass
        verdict.out_of_order += verdict.say("goals that were moved on before they were drafted", unheard)
        held: dict[str, dict[str, Any]] = {}
        async for doc in db["evidence_goals"].find():
            values = [each["value"] for each in doc["measurements"]]
            held[doc["_id"]] = {
                "progress": doc["progress"],
                "confidence": doc["confidence"],
                "value": values[0] if values else None,
                "agreed_on": doc["agreed_on"],
            }
        verdict.compare("reviews: evidence of goals that is not the fold", goals, held)
        known = {doc["_id"] async for doc in db["evidence_feedback"].find({}, {"_id": 1})}
        verdict.misfolded += verdict.say("reviews: evidence of feedback that is not the fold", given ^ known)

    async def _notices(
        self, verdict: Verdict, db: Any, events: Sequence[Recorded], log: Sequence[Recorded]
    ) -> None:
        """Everybody who must be told is told, once, and nobody else."""
        people = newest_of(log, "cairn.people.state", "person_state")
        managers = {id_: data["manager_id"] for id_, data in people.items()}
        wanted = Counter(notice for each in events for notice in told(each, managers))
        docs = [doc async for doc in db["notifications"].find()]
        held = Counter((doc["event_id"], doc["person_id"]) for doc in docs)
        verdict.lost += verdict.say("people not told", (wanted - held).elements())
        verdict.doubled += verdict.say("people told twice or without reason", (held - wanted).elements())
        raised = Counter(each.key for each in events if each.kind == "notification_raised")
        verdict.say(
            "raised without an event, or with two", _differing(raised, Counter(d["_id"] for d in docs))
        )
        await self._ways(verdict, db, docs, people)
        inboxes = {doc["_id"]: doc["unread"] async for doc in db["inboxes"].find()}
        unread = Counter(doc["person_id"] for doc in docs if doc["unread"])
        verdict.say("unread counts that are wrong", _differing(unread, Counter(inboxes)))

    async def _ways(
        self, verdict: Verdict, db: Any, notices: Sequence[Doc], people: Mapping[str, Doc]
    ) -> None:
        """Each goes to the mailbox of who has one and to every receiver, and nothing was given up.

        In this town nobody has chosen otherwise.
        """
        ends = {*filter(None, (self._steady,)), *self._others.values()}
        wanted = Counter((doc["_id"], "email") for doc in notices if people[doc["person_id"]]["email"])
        wanted += Counter((doc["_id"], end) for doc in notices for end in ends)
        held: Counter[tuple[str, str]] = Counter()
        given_up: list[tuple[str, str]] = []
        async for row in db["deliveries"].find({}, {"notification_id": 1, "endpoint_id": 1, "state": 1}):
            way = row["notification_id"], row.get("endpoint_id") or "email"
            held[way] += 1
            if row["state"] == "failed" and way[1] in {"email", *ends}:
                given_up.append(way)
        verdict.lost += verdict.say("mails and posts that nobody is to send", (wanted - held).elements())
        verdict.doubled += verdict.say(
            "mails and posts to send twice", [each for each in held if held[each] > 1]
        )
        verdict.lost += verdict.say("mails and posts that were given up", given_up)


async def _behind(db: Any, service: str, last: Mapping[tuple[str, str], int]) -> list[tuple[str, ...]]:
    """Sources whose watermark is not at their last event, of the topics that the service follows."""
    marks = {(m["topic"], m["source"]): m async for m in db["watermarks"].find()}
    topics = {f"cairn.{topic}" for topic in READS[service]}
    return [
        (*place, f"{marks[place]['sequence'] if place in marks else None} of {sequence}")
        for place, sequence in last.items()
        if place[0] in topics
        and (place not in marks or (marks[place]["sequence"], marks[place]["state"]) != (sequence, "open"))
    ]


def _differing(wanted: Mapping[str, Any], held: Mapping[str, Any]) -> list[str]:
    return [id_ for id_ in wanted.keys() | held.keys() if wanted.get(id_) != held.get(id_)]


def _value(key_results: Sequence[Doc]) -> float:
    first = key_results[0]
    return float(first["start"] if first["current"] is None else first["current"])
