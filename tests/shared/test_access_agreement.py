"""A table's filter finds exactly the resources that its decision allows, for any organisation."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import mongo
from shared.access import (
    AUDITOR,
    HR_ADMIN,
    MEASURING_SYSTEM,
    SUITE,
    Table,
    anyone,
    chain,
    executive,
    hr_of_departed,
    hr_partner,
    manager,
    manager_in_effect,
    party,
    self_,
    when,
)
from shared.contracts.people import PersonState, UnitState
from shared.directory import INDEXES, Directory, keep_person, keep_unit
from shared.identity import ROLES, Caller
from shared.work import ByKey, Job, Work

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = [f"p{number}" for number in range(6)]
UNITS = ["u0", "u1", "u2", "u3"]
SINGLE = {
    "self": self_("owner_id"),
    "party": party("rater_ids"),
    "manager": manager("owner_id"),
    "manager in effect": manager_in_effect("owner_id"),
    "chain": chain("owner_id"),
    "executive": executive("owner_id"),
    "hr_partner": hr_partner("owner_id"),
    "hr_admin": HR_ADMIN,
    "hr_of_departed": hr_of_departed("owner_id"),
    "auditor": AUDITOR,
    "measuring_system": MEASURING_SYSTEM,
    "anyone": anyone(),
    "suite": SUITE,
    "manager of a rater": manager("rater_ids"),
    "public": when(anyone(), stage="shared"),
    "own drafts or nameless": when(self_("owner_id"), stage={"draft", None}),
    "tagged for the chain": when(chain("owner_id"), tags={"open", "late"}, stage=("shared", "final")),
}
TABLE = Table(
    "goals",
    reads={name: (grant,) for name, grant in SINGLE.items()}
    | {
        "nothing": (),
        "relations": tuple(SINGLE[name] for name in ("self", "manager", "chain", "executive", "hr_partner")),
        "mixed": tuple(
            SINGLE[name] for name in ("public", "tagged for the chain", "party", "manager", "auditor")
        ),
        "everything": tuple(SINGLE.values()),
    },
    writes={},
)

maybe_person = st.sampled_from([None, *PEOPLE, "stranger"])
people = st.lists(
    st.builds(
        PersonState,
        person_id=st.just(""),
        given_name=st.just("Ada"),
        family_name=st.just(""),
        email=st.none(),
        job_title=st.none(),
        unit_id=st.sampled_from([None, *UNITS, "unheard-of"]),
        manager_id=maybe_person,
        location=st.none(),
        time_zone=st.just("UTC"),
        language=st.just("en"),
        joined_on=st.none(),
        left_on=st.none(),
        status=st.sampled_from(["active", "active", "left"]),
    ),
    min_size=1,
    max_size=len(PEOPLE),
).map(lambda found: [each.model_copy(update={"person_id": PEOPLE[n]}) for n, each in enumerate(found)])
units = st.tuples(
    *(
        st.builds(
            UnitState,
            unit_id=st.just(unit_id),
            name=st.just(unit_id),
            kind=st.just("team"),
            parent_id=st.sampled_from([None, *UNITS, "unheard-of"]),
            hr_partner_ids=st.lists(st.sampled_from(PEOPLE), max_size=2).map(tuple),
        )
        for unit_id in UNITS
    )
)
resources = st.lists(
    st.fixed_dictionaries(
        {
            "owner_id": maybe_person,
            "rater_ids": st.lists(st.sampled_from(PEOPLE), max_size=2),
            "stage": st.sampled_from([None, "draft", "shared", "final"]),
            "tags": st.lists(st.sampled_from(["open", "late", "odd"]), max_size=2),
        }
    ),
    min_size=1,
    max_size=6,
)
callers = st.lists(
    st.builds(
        Caller,
        subject=st.just("token"),
        person_id=maybe_person,
        roles=st.one_of(
            st.just(frozenset()),
            st.frozensets(st.sampled_from(["hr_partner", "executive"])),
            st.frozensets(st.sampled_from(sorted(ROLES))),
        ),
    ),
    min_size=1,
    max_size=5,
)


@pytest.fixture
async def work(engines, name):
    async with mongo.connect(engines.mongo) as client:
        work = Work(client, name, policy=TABLE)
        for collection, indexes in INDEXES.items():
            await mongo.ensure_collection(work.db, collection, indexes=indexes)
        yield work


async def populate(work, messages, goals):
    for collection in (*INDEXES, "goals"):
        await work.db[collection].delete_many({})
    handlers = {PersonState: keep_person, UnitState: keep_unit}
    jobs = [Job(each.subject, handlers[type(each)], each, NOW) for each in messages]
    await work.execute(jobs, ByKey.plan)
    assert [job.error for job in jobs if job.error] == []
    await work.db["goals"].insert_many(goals)


async def decided(work, caller, goals):
    """By action, the ids that are allowed in a transaction."""

    async def handler(_, tx):
        return {
            action: [goal["_id"] for goal in goals if await TABLE.allows(tx, action, goal)]
            for action in TABLE.reads
        }

    return await work.run(handler, None, key="ask", caller=caller)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=people, units=units, resources=resources, callers=callers)
async def test_decision_and_filter_agree(work, people, units, resources, callers):
    goals = [{"_id": number, **resource} for number, resource in enumerate(resources)]
    await populate(work, [*units, *people], goals)
    for caller in callers:
        inside = await decided(work, caller, goals)
        for action in TABLE.reads:
            found = work.db["goals"].find(await TABLE.filter(action, caller, work.db)).sort("_id", 1)
            assert (action, [doc["_id"] async for doc in found]) == (action, inside[action])
            outside = [goal["_id"] for goal in goals if await TABLE.decide(caller, action, goal, work.db)]
            assert (action, outside) == (action, inside[action])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=people, units=units)
async def test_hr_partner_relation_is_that_of_the_directory(work, people, units):
    """What alerts are sent by and what access is decided by are the same people."""
    await populate(work, [*units, *people], [{"_id": 0}])

    async def partners(_, tx):
        return {each.person_id: await Directory(tx).hr_partners_of(each.person_id) for each in people}

    told = await work.run(partners, None, key="ask")
    for each in people:
        allowed = [
            partner
            for partner in PEOPLE
            if partner != each.person_id
            and await TABLE.decide(
                Caller("token", partner, frozenset({"hr_partner"})),
                "hr_partner",
                {"owner_id": each.person_id},
                work.db,
            )
        ]
        assert sorted(set(told[each.person_id]) - {each.person_id}) == allowed
