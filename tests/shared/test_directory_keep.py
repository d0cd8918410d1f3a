"""The local copy of the people is the fold of their last states, whatever order they arrive in."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import fan_out, mongo
from shared.contracts.people import PersonState, UnitState
from shared.directory import (
    FAN_OUTS,
    INDEXES,
    PEOPLE,
    UNITS,
    forget_person,
    forget_unit,
    keep,
    keep_person,
    keep_unit,
)
from shared.fan_out import FanOutWorker
from shared.messaging.incoming import Erased
from shared.work import ByKey, Cause, Job, Work

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = [f"p{number}" for number in range(9)]


def state(person_id, manager_id=None, **changes):
    fields = {
        "given_name": "Ada",
        "family_name": person_id,
        "email": None,
        "job_title": None,
        "unit_id": None,
        "location": None,
        "time_zone": "Europe/Vienna",
        "language": "en",
        "joined_on": "2020-02-01",
        "left_on": None,
        "status": "active",
    }
    return PersonState.model_validate(fields | {"person_id": person_id, "manager_id": manager_id} | changes)


def unit(unit_id, **changes):
    fields = {"name": unit_id, "kind": "team", "parent_id": None, "hr_partner_ids": ()}
    return UnitState.model_validate(fields | {"unit_id": unit_id} | changes)


def erased(person_id):
    return Erased(PersonState, person_id)


def subject_of(message):
    return message.subject


def job(message):
    handlers = {
        (PersonState, False): keep_person,
        (PersonState, True): forget_person,
        (UnitState, False): keep_unit,
        (UnitState, True): forget_unit,
    }
    gone = isinstance(message, Erased)
    handler = handlers[message.kind if gone else type(message), gone]
    return Job(message.subject, handler, message, NOW, cause=Cause(causation_id="e1"))


@pytest.fixture
async def copy(engines, name):
    """Two processes that keep the same database, and their workers."""
    async with mongo.connect(engines.mongo) as one, mongo.connect(engines.mongo) as other:
        works = Work(one, name), Work(other, name)
        for collection, indexes in {**INDEXES, **fan_out.INDEXES}.items():
            await mongo.ensure_collection(works[0].db, collection, indexes=indexes)
        workers = [FanOutWorker(work, FAN_OUTS) for work in works]
        yield SimpleNamespace(works=works, db=works[0].db, worker=workers[0], workers=workers)


async def apply(work, messages):
    jobs = [job(message) for message in messages]
    await work.execute(jobs, ByKey.plan)
    assert [each.error for each in jobs if each.error] == []


async def drain(copy):
    while await copy.worker.turn():
        pass


async def stored(copy):
    return {doc["_id"]: doc async for doc in copy.db[PEOPLE].find()}


async def lines(copy):
    return {id_: doc["ancestors"] for id_, doc in (await stored(copy)).items()}


def walk(person_id, managers):
    line, current = [], managers.get(person_id)
    while current is not None and current != person_id and current not in line:
        line.append(current)
        current = managers.get(current)
    return line


def from_scratch(messages):
    """What the last message of each person makes of the directory: fields, lines and reports."""
    last = {message.subject: message for message in messages}
    known = {id_: message for id_, message in last.items() if isinstance(message, PersonState)}
    managers = {id_: each.manager_id if each.manager_id != id_ else None for id_, each in known.items()}
    named = {manager for manager in managers.values() if manager}
    return {
        id_: {
            "known": id_ in known,
            "name": known[id_].given_name if id_ in known else None,
            "status": known[id_].status if id_ in known else None,
            "manager_id": managers.get(id_),
            "ancestors": walk(id_, managers),
            "report_ids": sorted(each for each, manager in managers.items() if manager == id_),
        }
        for id_ in known.keys() | named
    }


def as_from_scratch(docs):
    return {
        id_: {
            "known": doc["known"],
            "name": doc.get("given_name"),
            "status": doc.get("status"),
            "manager_id": doc["manager_id"],
            "ancestors": doc["ancestors"],
            "report_ids": sorted(doc["report_ids"]),
        }
        for id_, doc in docs.items()
    }


@st.composite
def arrivals(draw):
    """Messages of a few people in an order that keeps only that of each, in two partitions."""
    people = NAMES[: draw(st.integers(2, len(NAMES)))]
    kinds = st.one_of(
        st.tuples(st.just("moves"), st.sampled_from([None, *people, "stranger"])),
        st.tuples(st.just("moves"), st.sampled_from(people)),
        st.tuples(st.just("leaves"), st.sampled_from(people)),
        st.tuples(st.just("is renamed"), st.just(None)),
        st.tuples(st.just("is erased"), st.just(None)),
    )
    histories = []
    for person in people:
        manager = draw(st.sampled_from([None, *people]))
        history = [state(person, manager)]
        for what, to in draw(st.lists(kinds, max_size=4)):
            manager = to if what == "moves" else manager
            history.append(
                {
                    "moves": state(person, manager),
                    "leaves": state(person, manager, status="left", left_on="2026-01-31"),
                    "is renamed": state(person, manager, given_name=f"Ada {len(history)}"),
                    "is erased": erased(person),
                }[what]
            )
        histories.append(history)
    turns = draw(st.permutations([n for n, history in enumerate(histories) for _ in history]))
    upcoming = [iter(history) for history in histories]
    order = [next(upcoming[n]) for n in turns]
    parts = [[each for each in order if int(each.subject[1:]) % 2 == part] for part in (0, 1)]
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    return parts, sizes


def batches(messages, sizes):
    start = turn = 0
    while start < len(messages):
        size = sizes[turn % len(sizes)]
        yield messages[start : start + size]
        start, turn = start + size, turn + 1


@pytest.mark.parametrize("in_place", [1, 3, 1000])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arriving=arrivals())
async def test_any_arrival_in_two_processes_ends_as_the_last_states_do(copy, monkeypatch, in_place, arriving):
    monkeypatch.setattr(keep, "IN_PLACE", in_place)
    for collection in (PEOPLE, "fan_outs"):
        await copy.db[collection].delete_many({})
    parts, sizes = arriving
    done = asyncio.Event()

    async def process(work, messages):
        for batch in batches(messages, sizes):
            await apply(work, batch)

    async def expand(worker):  # two at once, as when one has lost its lease and not noticed
        while not done.is_set():
            if not await worker.turn():
                await asyncio.sleep(0)

    expanding = asyncio.gather(*map(expand, copy.workers))
    try:
        await asyncio.gather(*map(process, copy.works, parts))
    finally:
        done.set()
        await expanding
    await drain(copy)
    assert as_from_scratch(await stored(copy)) == from_scratch([*parts[0], *parts[1]])


async def test_reports_that_arrive_before_their_manager_get_the_line_above(copy):
    for message in (state("c", "b"), state("b", "a"), state("a")):
        await apply(copy.works[0], [message])
    assert await lines(copy) == {"a": [], "b": ["a"], "c": ["b", "a"]}


async def test_swapped_manager_and_report_end_with_the_right_lines(copy):
    await apply(copy.works[0], [state("a"), state("b", "a"), state("c", "b")])
    await apply(copy.works[0], [state("a", "b")])
    assert await lines(copy) == {"a": ["b"], "b": ["a"], "c": ["b", "a"]}
    await apply(copy.works[0], [state("b")])
    assert await lines(copy) == {"a": ["b"], "b": [], "c": ["b"]}


async def test_who_manages_themselves_has_no_manager(copy):
    await apply(copy.works[0], [state("a", "a")])
    assert (await stored(copy))["a"]["manager_id"] is None
    assert await lines(copy) == {"a": []}


async def test_joining_below_a_manager_who_moves_meanwhile_gets_the_new_line(copy):
    """Two transactions that each miss what the other writes must not both commit."""
    await apply(copy.works[0], [state("top"), state("boss"), state("other")])
    for number in range(10):
        await asyncio.gather(
            apply(copy.works[0], [state("boss", "top" if number % 2 else "other")]),
            apply(copy.works[1], [state(f"n{number}", "boss")]),
        )
    found = await lines(copy)
    assert [found[f"n{number}"] for number in range(10)] == [["boss", "top"]] * 10


async def test_erased_person_leaves_a_nameless_place_until_the_last_report_is_gone(copy):
    await apply(copy.works[0], [state("a"), state("b", "a"), state("c", "b")])
    await apply(copy.works[0], [erased("b")])
    docs = await stored(copy)
    assert docs["b"].keys() == {
        "_id", "known", "manager_id", "ancestors", "report_ids", "version", "sequence"
    }  # fmt: skip
    assert docs["c"]["ancestors"] == ["b"]
    assert docs["a"]["report_ids"] == []
    await apply(copy.works[0], [state("c", "a")])
    assert sorted(await stored(copy)) == ["a", "c"]


async def test_erasing_who_is_not_known_does_nothing(copy):
    await apply(copy.works[0], [erased("nobody"), state("a", "b"), erased("b")])
    assert await lines(copy) == {"a": ["b"], "b": []}


async def test_repeated_state_writes_nothing(copy):
    await apply(copy.works[0], [state("a"), state("b", "a"), unit("u")])
    before = await stored(copy)
    await apply(copy.works[0], [state("a"), state("b", "a"), unit("u")])
    assert await stored(copy) == before
    assert (await copy.db[UNITS].find_one({"_id": "u"}))["version"] == 1


async def test_move_above_many_is_spread_over_transactions_and_survives_a_restart(copy, monkeypatch):
    monkeypatch.setattr(keep, "IN_PLACE", 20)
    monkeypatch.setattr(fan_out, "PAGE", 10)
    people = [state("top"), state("boss"), *(state(f"n{number:03d}", "boss") for number in range(55))]
    await apply(copy.works[0], people)
    await apply(copy.works[0], [state("boss", "top")])
    assert (await lines(copy))["n000"] == ["boss"]
    assert await copy.worker.turn()
    moved = sum(line == ["boss", "top"] for line in (await lines(copy)).values())
    assert 0 < moved < 55
    copy.worker = FanOutWorker(copy.works[1], FAN_OUTS)
    await drain(copy)
    found = await lines(copy)
    assert [found[f"n{number:03d}"] for number in range(55)] == [["boss", "top"]] * 55


async def test_who_joins_during_a_spread_move_gets_the_new_line_too(copy, monkeypatch):
    monkeypatch.setattr(keep, "IN_PLACE", 5)
    monkeypatch.setattr(fan_out, "PAGE", 4)
    people = [state("top"), state("boss"), *(state(f"n{number}", "boss") for number in range(9))]
    await apply(copy.works[0], people)
    await apply(copy.works[0], [state("boss", "top")])
    await copy.worker.turn()
    await apply(copy.works[1], [state("a-early", "n8")])
    assert (await lines(copy))["a-early"] == ["n8", "boss"]
    await drain(copy)
    assert (await lines(copy))["a-early"] == ["n8", "boss", "top"]


async def test_line_taken_from_a_manager_who_moves_meanwhile_is_not_kept(copy, monkeypatch):
    """Everyone's line below the boss is about to be mended when the boss moves back."""
    monkeypatch.setattr(keep, "IN_PLACE", 1)
    await apply(copy.works[0], [state("top"), state("boss"), state("a", "boss"), state("b", "boss")])
    await apply(copy.works[0], [state("boss", "top")])
    moving_back = iter([state("boss")])

    async def plan(batch, jobs):
        await batch.query(PEOPLE, {"_id": "boss"})
        for message in moving_back:
            await apply(copy.works[1], [message])
            await drain(copy)
        return await ByKey.plan(batch, jobs)

    renamed = job(state("a", "boss", given_name="Grace"))
    await copy.works[0].execute([renamed], plan)
    assert renamed.error is None
    assert (await stored(copy))["a"]["given_name"] == "Grace"
    assert await lines(copy) == {"top": [], "boss": [], "a": ["boss"], "b": ["boss"]}


async def test_units_are_kept_and_forgotten(copy):
    await apply(copy.works[0], [unit("u", parent_id="v", hr_partner_ids=("h",))])
    assert (await copy.db[UNITS].find_one({"_id": "u"}))["hr_partner_ids"] == ["h"]
    await apply(copy.works[0], [Erased(UnitState, "u"), Erased(UnitState, "never")])
    assert await copy.db[UNITS].find_one({"_id": "u"}) is None
