"""The main job: an organisation is imported, lives a quarter, and is held to what was promised.

lived = await live_quarter(client, csv, kafka, shown)
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deploy.live.checks import complaints
from deploy.live.client import DeedFailedError, Ledger, SuiteClient
from deploy.live.deeds import World, slug
from deploy.live.figures import Figures, settled
from deploy.live.runner import carry_out
from deploy.live.topics import Seen, disorder, doubles, events_of, read_topics
from deploy.sample.quarter.plan import Quarter, plan_quarter
from deploy.sample.quarter.workforce import Member
from deploy.sample.words import read

IMPORTER = "importer"
"""Who imports the first people: HR's own system, which is nobody in the directory."""
IMPORT_SECONDS = 300.0


class Shown(Protocol):
    """Where progress is shown."""

    def began(self, step: str) -> None:
        """A step whose length is not known."""
        ...

    def counted(self, step: str, done: int, of: int) -> None:
        """So much of a step is done."""
        ...

    def ended(self, step: str) -> None:
        """A step is over."""
        ...


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of it; `wrong` says what does not hold, and is empty if all does."""

    imported: Mapping[str, Any]
    quarter: Quarter
    members: Sequence[Member]
    ledger: Ledger
    figures: Mapping[str, Figures]
    log: Sequence[Seen]
    goals: Mapping[str, int]
    reviews: Mapping[str, int]
    wrong: Sequence[str]
    seconds: float

    def report(self) -> dict[str, Any]:
        """The figures as one JSON object."""
        events = events_of(self.log)
        kinds = Counter(seen.kind for seen in events)
        handled = Counter[str]()
        for each in self.figures.values():
            handled.update(each.handled)
        return {
            "people": self.imported["accepted"],
            "goals": sum(self.goals.values()),
            "feedback": kinds["feedback_given"],
            "reviews": sum(self.reviews.values()),
            "notifications": kinds["notification_raised"],
            "events_published": len(self.log),
            "events_applied": handled["applied"],
            "duplicates_dropped": handled["duplicate"],
            "parked": sum(each.parked for each in self.figures.values()),
            "unsent": sum(each.unsent for each in self.figures.values()),
            "lag": sum(each.lag for each in self.figures.values()),
            "seconds": round(self.seconds, 1),
            "commands": len(self.ledger.entries),
            "published_twice": doubles(self.log),
            "wrong": list(self.wrong),
        }


async def live_quarter(client: SuiteClient, people: Path, kafka: Mapping[str, Any], shown: Shown) -> Lived:
    """Import the file and live the quarter of its people.

    Raises `DeedFailedError` when the file cannot be imported or a step is refused.
    """
    started = time.monotonic()
    client.roles[IMPORTER] = ("hr_admin",)
    earlier = {seen.attributes["id"] for seen in await read_topics(kafka)}
    imported = await import_people(client, people, shown)
    shown.began("the directory reaches every service")
    await settled(client)
    shown.ended("the directory reaches every service")
    world, members = await _organisation(client)
    quarter = plan_quarter(members)
    _give_offices(client, world, quarter)
    await _adopt_values(client)

    def progress(done: int, of: int) -> None:
        shown.counted("a quarter", done, of)

    await carry_out(world, quarter.steps, progress)
    shown.began("everything comes to rest")
    figures = await settled(client)
    whole = await read_topics(kafka)
    log = [seen for seen in whole if seen.attributes["id"] not in earlier]
    shown.ended("everything comes to rest")
    goals = await client.read_all("goals", "/goals", as_person=quarter.cast.auditor)
    reviews = await client.read_all("reviews", "/reviews", as_person=quarter.cast.hr_admin)
    planned = Counter(step.kind for step in quarter.steps)
    return Lived(
        imported=imported,
        quarter=quarter,
        members=members,
        ledger=client.ledger,
        figures=figures,
        log=log,
        goals=Counter(goal["outcome"] or goal["status"] for goal in goals),
        reviews=Counter(review["stage"] for review in reviews),
        wrong=[*complaints(client.ledger, log, figures, planned=planned), *disorder(whole)],
        seconds=time.monotonic() - started,
    )


async def import_people(client: SuiteClient, people: Path, shown: Shown) -> Mapping[str, Any]:
    """Send the file and wait until every row has been taken; the import's own report."""
    begun = await client.upload("people", "/imports", people.read_bytes(), as_person=IMPORTER)
    until = time.monotonic() + IMPORT_SECONDS
    while True:
        now = await client.read("people", f"/imports/{begun['import_id']}", as_person=IMPORTER)
        total, done = now["accepted"], now["done"]
        shown.counted("people are imported", min(done, total), max(1, total))
        if now["state"] == "done":
            shown.counted("people are imported", 1, 1)
            return now
        if now["state"] == "failed" or time.monotonic() > until:
            raise DeedFailedError(f"the import of {people} has come to {now['state']}")
        await asyncio.sleep(0.2)


async def _organisation(client: SuiteClient) -> tuple[World, Sequence[Member]]:
    people = await client.read_all("people", "/people", as_person=IMPORTER)
    units = {unit["unit_id"]: unit for unit in await client.read_all("people", "/units", as_person=IMPORTER)}
    world = World(client)
    for unit in units.values():
        if unit["kind"] == "department":
            company = units[unit["parent_id"]]["name"] if unit["parent_id"] in units else None
            world.units[company, unit["name"]] = unit["unit_id"]
            world.units.setdefault((None, unit["name"]), unit["unit_id"])
    world.unit_of = {person["person_id"]: person["unit_id"] for person in people}
    return world, [_member(person, units) for person in people]


def _member(person: Mapping[str, Any], units: Mapping[str, Mapping[str, Any]]) -> Member:
    names: dict[str, str] = {}
    unit_id = person["unit_id"]
    while unit_id in units:
        names[units[unit_id]["kind"]] = units[unit_id]["name"]
        unit_id = units[unit_id]["parent_id"]
    return Member(
        person_id=person["person_id"],
        manager_id=person["manager_id"],
        given_name=person["given_name"],
        family_name=person["family_name"],
        job_title=person["job_title"],
        company=names.get("company"),
        department=names.get("department"),
        team=names.get("team"),
        time_zone=person["time_zone"],
        active=person["status"] == "active",
    )


def _give_offices(client: SuiteClient, world: World, quarter: Quarter) -> None:
    cast = quarter.cast
    world.hr_admin = cast.hr_admin
    offices = [(cast.hr_admin, "hr_admin"), (cast.auditor, "auditor")]
    offices += [(person, "executive") for person in cast.executives]
    offices += [(person, "hr_partner") for person in cast.hr_partners.values()]
    for person, role in offices:
        client.roles[person] = (*client.roles.get(person, ()), role)


async def _adopt_values(client: SuiteClient) -> None:
    """The organisation's own values and competencies, before anybody is recognised for them."""
    words = read("feedback")
    terms = {"values": words["recognition"]["values"], "competencies": words["competencies"]}
    for name, listed in terms.items():
        body = {"terms": [{"key": slug(each), "name": each.capitalize()} for each in listed]}
        await client.replace("feedback", f"/{name}", body, as_person=IMPORTER)
