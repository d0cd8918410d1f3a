"""Who relates to whom, asked by id in handlers and in lists outside of them."""

from datetime import UTC, datetime

import pytest

from shared import mongo
from shared.contracts.people import PersonState, UnitState
from shared.directory import (
    INDEXES,
    PEOPLE,
    Directory,
    DirectoryReader,
    Stored,
    keep_person,
    keep_unit,
    population,
)
from shared.errors import NotFound
from shared.identity import Caller
from shared.population import Population
from shared.work import ByKey, Job, NotYet, Work

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ADA = Caller("ada", person_id="ada")


def person(person_id, manager_id=None, unit_id=None, **changes):
    fields = {
        "given_name": person_id.title(),
        "family_name": "Lovelace",
        "email": f"{person_id}@example.org",
        "job_title": None,
        "location": None,
        "time_zone": "Europe/Vienna",
        "language": "en",
        "joined_on": "2020-02-01",
        "left_on": None,
        "status": "active",
        "person_id": person_id,
        "manager_id": manager_id,
        "unit_id": unit_id,
    }
    return PersonState.model_validate(fields | changes)


def unit(unit_id, parent_id=None, hr_partner_ids=()):
    return UnitState(
        unit_id=unit_id, name=unit_id, kind="team", parent_id=parent_id, hr_partner_ids=hr_partner_ids
    )


ORGANISATION = (
    unit("company", hr_partner_ids=("hana", "gone")),
    unit("sales", "company"),
    unit("sales-east", "sales"),
    unit("works", "company", ("wim",)),
    unit("works-night", "works"),
    unit("lost-1", "lost-2"),
    unit("lost-2", "lost-1"),
    person("ceo", unit_id="company", job_level="L9"),
    person("vera", "ceo", "sales"),
    person("emil", "vera", "sales-east", job_level="L3"),
    person("nils", "ceo", "works-night"),
    person("lost", "nowhere", "lost-1"),
    person("hana", "ceo", "company", job_level="L3"),
    person("wim", "ceo", "works"),
    person("gone", "vera", "sales", status="left", left_on="2026-01-31", job_level="L3"),
)


@pytest.fixture
async def work(engines, name):
    async with mongo.connect(engines.mongo) as client:
        work = Work(client, name)
        for collection, indexes in INDEXES.items():
            await mongo.ensure_collection(work.db, collection, indexes=indexes)
        handlers = {PersonState: keep_person, UnitState: keep_unit}
        jobs = [Job(each.subject, handlers[type(each)], each, NOW) for each in ORGANISATION]
        await work.execute(jobs, ByKey.plan)
        assert [job.error for job in jobs if job.error] == []
        yield work


async def ask(work, question, *, caller=ADA):
    """The answer in a handler; outside of one it must be the same."""

    async def handler(_, tx):
        return await question(Directory(tx))

    inside = await work.run(handler, None, key="ask", caller=caller)
    assert inside == await question(Directory(Stored(work.db)))
    return inside


async def test_person_is_told_with_dates_and_name(work):
    emil = await ask(work, lambda directory: directory.require("emil"))
    assert emil.name == "Emil Lovelace"
    assert emil.joined_on.isoformat() == "2020-02-01"
    assert emil.ancestors == ("vera", "ceo")
    assert emil.is_active
    gone = await ask(work, lambda directory: directory.person("gone"))
    assert not gone.is_active


async def test_unknown_person_is_not_found_by_commands_and_not_yet_there_for_reactions(work):
    async def need(person_id, tx):
        await Directory(tx).require(person_id)

    for unknown in ("stranger", "nowhere"):
        assert await ask(work, lambda directory, unknown=unknown: directory.person(unknown)) is None
        with pytest.raises(NotFound):
            await work.run(need, unknown, key="ask", caller=ADA)
        with pytest.raises(NotYet):
            await work.run(need, unknown, key="ask")
        with pytest.raises(NotFound):
            await DirectoryReader(work.db).one_by_one().require(unknown)


async def test_relations_follow_the_line(work):
    assert (await ask(work, lambda directory: directory.manager_of("emil"))).person_id == "vera"
    assert await ask(work, lambda directory: directory.manager_of("ceo")) is None
    assert await ask(work, lambda directory: directory.manager_of("lost")) is None
    assert await ask(work, lambda directory: directory.line_of("emil")) == ("vera", "ceo")
    assert await ask(work, lambda directory: directory.is_above("ceo", "emil"))
    assert not await ask(work, lambda directory: directory.is_above("emil", "ceo"))
    assert not await ask(work, lambda directory: directory.is_above("emil", "emil"))
    assert await ask(work, lambda directory: directory.is_manager("vera", "emil"))
    assert not await ask(work, lambda directory: directory.is_manager("ceo", "emil"))
    assert await ask(work, lambda directory: directory.line_of("stranger")) == ()


async def test_units_without_hr_partners_have_those_of_the_nearest_unit_above(work):
    async def partners(person_id):
        return await ask(work, lambda directory: directory.hr_partners_of(person_id))

    assert (await ask(work, lambda directory: directory.unit_of("emil"))).unit_id == "sales-east"
    assert await partners("emil") == ("hana",)
    assert await partners("nils") == ("wim",)
    assert await partners("ceo") == ("hana",)
    assert await partners("lost") == ()
    assert await partners("stranger") == ()


async def test_many_are_named_with_what_is_known(work):
    reader = DirectoryReader(work.db)
    assert await reader.names(["emil", "stranger", "nowhere", "emil"]) == {"emil": "Emil Lovelace"}
    assert list(await reader.people(["ceo", "nowhere"])) == ["ceo"]


async def test_reports_and_those_below_are_the_active_ones(work):
    reader = DirectoryReader(work.db)
    assert [each.person_id for each in await reader.direct_reports("vera")] == ["emil"]
    assert await reader.direct_reports("stranger") == []
    first = await reader.everyone_below("ceo", limit=2)
    rest = await reader.everyone_below("ceo", after=first[-1].person_id, limit=10)
    assert [each.person_id for each in (*first, *rest)] == ["emil", "hana", "nils", "vera", "wim"]


async def test_units_are_paged_with_all_units_below(work):
    reader = DirectoryReader(work.db)
    assert await reader.unit_ids_within(["sales"]) == ["sales", "sales-east"]
    assert await reader.unit_ids_within(["lost-1"]) == ["lost-1", "lost-2"]
    assert await reader.unit_ids_within(["unheard-of"]) == ["unheard-of"]
    partnered = {partner: await reader.person_ids_partnered_by(partner) for partner in ("hana", "wim")}
    assert partnered == {"hana": ["ceo", "emil", "gone", "hana", "vera"], "wim": ["nils", "wim"]}


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (Population(), []),
        (Population(everyone=True), ["ceo", "emil", "hana", "lost", "nils", "vera", "wim"]),
        (Population(unit_ids=("sales",)), ["emil", "vera"]),
        (Population(person_ids=("nils", "gone", "stranger", "nowhere")), ["nils"]),
        (Population(unit_ids=("works",), person_ids=("ceo", "wim")), ["ceo", "nils", "wim"]),
        (Population(job_levels=("L3", "L9")), ["ceo", "emil", "hana"]),
        (Population(job_levels=("L3",), unit_ids=("sales",)), ["emil"]),
        (Population(job_levels=("L3",), reporting_to_ids=("vera",)), ["emil"]),
        (Population(job_levels=("L3",), unit_ids=("works",)), []),
        (Population(job_levels=("L3",), unit_ids=("works",), reporting_to_ids=("vera",)), ["emil"]),
        (Population(job_levels=("L3",), unit_ids=("sales",), person_ids=("wim",)), ["emil", "wim"]),
    ],
)
async def test_population_is_paged_by_id_and_holds_active_people_once(work, criteria, expected):
    found, after = [], None
    while page := await population(work.db, criteria.model_dump(mode="json"), after, 2):
        assert len(page) <= 2
        found += page
        after = page[-1]
    assert found == expected


async def test_lines_are_read_by_index(work):
    plan = await work.db[PEOPLE].find({"ancestors": "ceo", "_id": {"$gt": "e"}}).sort("_id", 1).explain()
    stage = plan["queryPlanner"]["winningPlan"]
    while "inputStage" in stage:
        stage = stage["inputStage"]
    assert stage["indexName"] == "line"


async def test_reading_more_people_ahead_forgets_nobody(work):
    stored = Stored(work.db)
    first = await stored.peek(PEOPLE, "vera")
    assert first is not None
    both = await stored.peek_many(PEOPLE, ["vera", "emil", None, "nobody"])
    assert [doc and doc["_id"] for doc in both] == ["vera", "emil", None, None]
    assert await stored.peek(PEOPLE, "vera") is first
