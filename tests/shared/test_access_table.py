"""Who may do what: nobody, unless the table says so."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from types import SimpleNamespace

import pytest

from shared import mongo
from shared.access import (
    AUDITOR,
    HR_ADMIN,
    MEASURING_SYSTEM,
    NOTHING,
    SUITE,
    Kind,
    Standing,
    Table,
    UnknownAction,
    anyone,
    chain,
    executive,
    hr_partner,
    manager,
    party,
    self_,
    when,
)
from shared.contracts.base import Frozen
from shared.contracts.people import PersonState, UnitState
from shared.directory import INDEXES, PEOPLE, forget_person, keep_person, keep_unit
from shared.erasure import begin_forgetting
from shared.errors import Forbidden, NotFound
from shared.identity import Caller, service_caller
from shared.messaging.incoming import Erased
from shared.work import ByKey, Job, Work

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Stage(Enum):
    DRAFT = "draft"
    SHARED = "shared"


class Goal(Frozen):
    goal_id: str = "goal"
    owner_id: str | None = "emil"
    rater_ids: tuple[str, ...] = ()
    stage: Stage = Stage.DRAFT


ACCESS = Table(
    "goals",
    reads={
        "read": (
            self_("owner_id"),
            chain("owner_id"),
            when(anyone(), stage="shared"),
            hr_partner("owner_id"),
            executive("owner_id"),
            HR_ADMIN,
            MEASURING_SYSTEM,
            AUDITOR,
        ),
        "count": (HR_ADMIN, AUDITOR),
    },
    writes={
        "close": (self_("owner_id"), manager("owner_id"), SUITE),
        "rate": (party("rater_ids"),),
        "import": (MEASURING_SYSTEM,),
        "burn": (),
    },
    conceal="read",
    noun="goal",
)


def person(person_id, manager_id=None, unit_id=None, status="active", roles=()):
    return PersonState(
        person_id=person_id,
        given_name=person_id,
        family_name="",
        email=None,
        job_title=None,
        unit_id=unit_id,
        manager_id=manager_id,
        location=None,
        time_zone="Europe/Vienna",
        language="en",
        joined_on=None,
        left_on=None,
        status=status,
        roles=roles,
    )


def unit(unit_id, parent_id=None, hr_partner_ids=()):
    return UnitState(
        unit_id=unit_id, name=unit_id, kind="team", parent_id=parent_id, hr_partner_ids=hr_partner_ids
    )


ORGANISATION = (
    unit("company", hr_partner_ids=("hana", "hugo")),
    unit("sales", "company"),
    person("ceo", unit_id="company"),
    person("old", "ceo", "sales", status="left"),
    person("vera", "old", "sales"),
    person("emil", "vera", "sales"),
    person("ines", "vera", "sales"),
    person("hana", "ceo", "company"),
    person("hugo", "ceo", "company", status="left"),
)


def caller(person_id, *roles):
    return Caller(subject=person_id or "token", person_id=person_id, roles=frozenset(roles))


@pytest.fixture
async def work(engines, name):
    async with mongo.connect(engines.mongo) as client:
        work = Work(client, name, policy=ACCESS)
        for collection, indexes in INDEXES.items():
            await mongo.ensure_collection(work.db, collection, indexes=indexes)
        handlers = {PersonState: keep_person, UnitState: keep_unit}
        jobs = [Job(each.subject, handlers[type(each)], each, NOW) for each in ORGANISATION]
        await work.execute(jobs, ByKey.plan)
        assert [job.error for job in jobs if job.error] == []
        yield work


async def attempt(work, who, action, goal=None):
    """The refusal, if any, and what was read for the decision."""
    seen = SimpleNamespace(refusal=None, reads=None)

    async def handler(resource, tx):
        try:
            await tx.require(action, resource)
        finally:
            seen.reads = {id_ for _, id_ in tx.reads}

    try:
        await work.run(handler, goal or Goal(), key="goal", caller=who)
    except (Forbidden, NotFound) as refusal:
        seen.refusal = refusal
    return seen


async def may(work, who, action, goal=None):
    inside = (await attempt(work, who, action, goal)).refusal is None
    if who is not None:
        assert inside == await ACCESS.decide(who, action, goal or Goal(), work.db)
    return inside


async def test_relations_open_what_the_table_grants_them(work):
    allowed = {
        action: {
            who for who in ("emil", "vera", "ceo", "ines", "hana") if await may(work, caller(who), action)
        }
        for action in ("read", "close")
    }
    assert allowed == {"read": {"emil", "vera", "ceo"}, "close": {"emil", "vera"}}


async def test_roles_need_their_relation(work):
    assert await may(work, caller("hana", "hr_partner"), "read")
    assert not await may(work, caller("ines", "hr_partner"), "read")
    assert not await may(work, caller("hana", "executive"), "read")
    reorganised = Goal(owner_id="nobody-known")
    assert not await may(work, caller("ceo", "executive"), "read", reorganised)


async def test_nobody_is_their_own_hr_partner(work):
    hr_only = Table("hr", reads={}, writes={"review": (hr_partner("owner_id"),)})
    hana = caller("hana", "hr_partner")
    assert not await hr_only.decide(hana, "review", Goal(owner_id="hana"), work.db)
    assert await hr_only.decide(hana, "review", Goal(owner_id="ceo"), work.db)


async def test_who_has_left_relates_to_nobody(work):
    assert not await may(work, caller("old", "executive"), "read")
    assert not await may(work, caller("old"), "close", Goal(owner_id="vera"))
    assert not await may(work, caller("hugo", "hr_partner"), "read")
    assert not await may(work, caller("old"), "read", Goal(stage=Stage.SHARED))
    assert await may(work, caller("ceo"), "read"), "those above who has left still are above"


async def test_roles_work_for_who_is_in_no_directory_and_relations_do_not(work):
    assert await may(work, caller(None, "hr_admin"), "read")
    assert await may(work, caller("stranger", "auditor"), "read")
    assert await may(work, Caller("w", roles=frozenset({"measuring_system"})), "import")
    assert not await may(work, service_caller("reviews"), "import")
    for who in (caller(None, "executive", "hr_partner"), caller("stranger", "executive")):
        assert not await may(work, who, "read", Goal(stage=Stage.SHARED))
        assert not await may(work, who, "close", Goal(owner_id=None))


async def test_resource_of_nobody_belongs_to_nobody(work):
    for who in (caller(None), caller("emil"), caller("ceo")):
        assert not await may(work, who, "close", Goal(owner_id=None))


async def test_party_may_be_one_of_several(work):
    goal = Goal(rater_ids=("ines", "vera"), stage=Stage.SHARED)
    assert await may(work, caller("vera"), "rate", goal)
    assert not await may(work, caller("emil"), "rate", goal)


async def test_nobody_may_what_is_granted_to_nobody(work):
    refused = await attempt(work, caller("emil", "hr_admin", "auditor", "service"), "burn")
    assert isinstance(refused.refusal, Forbidden)


async def test_the_suite_may_only_what_is_granted_to_it(work):
    assert await may(work, None, "close")
    assert not await may(work, None, "read")
    assert not await may(work, None, "import")
    assert not await may(work, service_caller("reviews"), "close")


async def test_self_and_roles_read_nothing_and_relations_read_by_id_once(work):
    assert (await attempt(work, caller("emil"), "close")).reads == set()
    assert (await attempt(work, caller("emil"), "read")).reads == set()
    assert (await attempt(work, caller("x", "hr_admin"), "read")).reads == set()
    assert (await attempt(work, caller("ceo"), "read")).reads == {"emil", "ceo"}
    assert (await attempt(work, caller("ines"), "import")).reads <= {"emil", "ines"}


async def test_refusal_names_the_action_and_the_relations_that_would_do(work):
    refused = await attempt(work, caller("ceo"), "close")
    assert isinstance(refused.refusal, Forbidden)
    assert refused.refusal.facts == {"action": "close", "granted_to": ["self", "manager", "the suite"]}
    assert "close this goal" in refused.refusal.detail
    assert "vera" not in refused.refusal.detail
    assert "emil" not in refused.refusal.detail


async def test_who_may_not_read_is_told_that_there_is_nothing(work):
    for action in ("read", "close"):
        refused = await attempt(work, caller("ines"), action)
        assert isinstance(refused.refusal, NotFound)
        assert (refused.refusal.detail, refused.refusal.facts) == (ACCESS.missing().detail, {})
    with pytest.raises(NotFound):
        await ACCESS.demand(caller("ines"), "read", Goal(), work.db)
    await ACCESS.demand(caller("emil"), "read", Goal(), work.db)


async def test_each_kind_of_resource_is_called_by_its_noun_and_hidden_by_its_own_read(work):
    rating, cycle = Kind("rating", read="read_rating"), Kind("cycle")
    table = Table(
        "reviews",
        reads={"read": (self_("owner_id"),), "read_rating": (party("rater_ids"),)},
        writes={"close": (), "correct": (), "launch": (HR_ADMIN,)},
        conceal="read",
        noun="review",
        kinds={"read_rating": rating, "correct": rating, "launch": cycle},
    )
    goal = Goal(rater_ids=("vera",))
    hidden = {"read": "review", "close": "review", "read_rating": "rating", "correct": "rating"}
    for action, noun in hidden.items():
        with pytest.raises(NotFound) as refused:
            await table.demand(caller("ines"), action, goal, work.db)
        assert refused.value.detail == table.missing(action).detail == f"There is no {noun} with this id."
    for who, action, noun in (("emil", "close", "review"), ("vera", "correct", "rating")):
        with pytest.raises(Forbidden, match=f"{action} this {noun}"):
            await table.demand(caller(who), action, goal, work.db)
    with pytest.raises(Forbidden, match="launch this cycle"):
        await table.demand(caller("ines"), "launch", object(), work.db)


async def test_unknown_action_is_an_error_of_the_program(work):
    with pytest.raises(UnknownAction, match="fly"):
        await ACCESS.filter("fly", caller("emil"), work.db)
    with pytest.raises(UnknownAction, match="goals has no action 'fly'"):
        await ACCESS.decide(caller("emil"), "fly", Goal(), work.db)


async def test_table_about_a_field_that_does_not_exist_is_an_error_of_the_program(work):
    wrong = Table("goals", reads={"read": (self_("onwer_id"),)}, writes={})
    with pytest.raises(AttributeError, match="onwer_id"):
        await wrong.decide(caller("emil"), "read", Goal(), work.db)


async def test_filter_of_who_may_nothing_matches_nothing(work):
    assert await ACCESS.filter("burn", caller("emil", "hr_admin"), work.db) == NOTHING
    assert await ACCESS.filter("read", caller(None), work.db) == NOTHING
    assert await ACCESS.filter("read", caller("emil", "auditor"), work.db) == {}


async def test_filter_joins_relations_to_one_list_of_people(work):
    found = await ACCESS.filter("read", caller("vera", "executive"), work.db)
    assert found == {"$or": [{"owner_id": {"$in": ["emil", "ines", "vera"]}}, {"stage": "shared"}]}


async def test_whom_all_are_within_reach_of_is_not_asked_for_some(work):
    async def asked(reader, person_id):
        raise AssertionError("a head of 100,000 would wait for their list")

    costly = replace(chain("owner_id"), look_up=asked)
    reads = {"read": (when(costly, stage="shared"), when(HR_ADMIN, stage="shared"))}
    table = Table("goals", reads=reads, writes={})
    assert await table.filter("read", caller("emil", "hr_admin"), work.db) == {"stage": "shared"}


async def test_fields_may_be_called_otherwise_in_documents(work):
    reads = {"read": (self_("person_id"), manager("person_id"))}
    table = Table("people", reads=reads, writes={}, stored={"person_id": "_id"})
    found = await table.filter("read", caller("vera"), work.db)
    ids = [doc["_id"] async for doc in work.db[PEOPLE].find(found).sort("_id", 1)]
    assert ids == ["emil", "ines", "vera"]
    assert await table.decide(caller("vera"), "read", {"_id": "ines"}, work.db)
    assert await table.decide(caller("vera"), "read", SimpleNamespace(person_id="ines"), work.db)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (
            {"reads": {}, "writes": {"close": (when(AUDITOR, stage="shared"),)}},
            "auditor may only read: close",
        ),
        ({"reads": {"see": ()}, "writes": {"see": ()}}, "both read and write: see"),
        ({"reads": {}, "writes": {"see": ()}, "conceal": "see"}, "see is no read"),
        (
            {"reads": {}, "writes": {"see": ()}, "kinds": {"see": Kind("goal", read="see")}},
            "see is no read",
        ),
        ({"reads": {}, "writes": {}, "kinds": {"see": Kind("goal")}}, "no action: see"),
    ],
)
def test_unsound_table_is_refused_when_it_is_made(cells, reason):
    with pytest.raises(ValueError, match=reason):
        Table("goals", **cells)


def test_table_reads_as_a_table():
    table = Table(
        "goals",
        reads={"read": (self_("owner_id"), when(anyone(), stage={"shared", "final"}, kind="team"), AUDITOR)},
        writes={"close": (party("giver_id"), hr_partner("owner_id")), "burn": ()},
    )
    assert table.describe().splitlines() == [
        "| goals | | who may |",
        "|---|---|---|",
        "| read | read | self (owner_id), anyone when stage is final or shared and kind is team, auditor |",
        "| close | write | giver (giver_id), HR partner (owner_id) |",
        "| burn | write | nobody |",
    ]
    assert [grant.name for grant in table.granted("close")] == ["giver", "HR partner"]


async def test_token_of_who_has_left_is_worth_nothing(work):
    standing = Standing(work.db)
    left = await standing.admit(caller("old", "hr_admin"))
    assert (left.person_id, left.roles) == (None, frozenset())
    for who in (caller("emil"), caller("stranger", "auditor"), service_caller("goals")):
        assert await standing.admit(who) == who


@pytest.mark.parametrize("who", ["old", "vera", "emil"])
async def test_token_of_who_was_erased_is_worth_nothing_whether_or_not_somebody_still_names_them(work, who):
    """Of one who has left, of one whose reports keep a place for them, of one who is in nobody's line."""
    erased = Erased(PersonState, who)
    for reaction in (forget_person, begin_forgetting):
        await work.execute([Job(who, reaction, erased, NOW)], ByKey.plan)
    kept = await work.db["directory_people"].find_one({"_id": who})
    assert (kept is not None) == (who != "emil")
    left = await Standing(work.db, seconds=0).admit(caller(who, "hr_admin", "privacy_officer"))
    assert (left.person_id, left.roles, left.subject) == (None, frozenset(), who)
    stranger = caller("stranger", "hr_admin")
    assert await Standing(work.db, seconds=0).admit(stranger) == stranger


async def test_standing_is_remembered_for_seconds_only(work, monkeypatch):
    now = 1000.0
    monkeypatch.setattr("shared.access.standing.time.monotonic", lambda: now)
    standing = Standing(work.db, seconds=5.0)
    emil = caller("emil")
    assert await standing.admit(emil) == emil
    await work.execute([Job("emil", keep_person, person("emil", status="left"), NOW)], ByKey.plan)
    assert await standing.admit(emil) == emil
    now = 1005.0
    assert (await standing.admit(emil)).person_id is None


async def test_standing_adds_the_roles_that_groups_give(work):
    await work.execute(
        [Job("ann", keep_person, person("ann", roles=("auditor", "service", "wizard")), NOW)], ByKey.plan
    )
    standing = Standing(work.db, seconds=0)
    assert (await standing.admit(caller("ann", "hr_admin"))).roles == {"hr_admin", "auditor"}
    assert (await standing.admit(caller("ann"))).roles == {"auditor"}
    await work.execute(
        [Job("ann", keep_person, person("ann", roles=("auditor",), status="left"), NOW)], ByKey.plan
    )
    left = await standing.admit(caller("ann", "hr_admin"))
    assert (left.person_id, left.roles) == (None, frozenset())
