"""Finds that differ in one value are asked as one, and each gets what it would have got alone."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import mongo
from shared.work import Transaction, Work
from shared.work.gathering import gather
from shared.work.transaction import Find


@pytest.fixture
async def work(engines: Any, name: str) -> AsyncIterator[Work]:
    async with mongo.connect(engines.mongo) as client:
        yield Work(client, name)


def find(filter_: Mapping[str, Any], *, collection: str = "goals", limit: int = 0) -> Find:
    return Find(collection, filter_, (("_id", 1),), limit)


def test_finds_of_a_kind_are_one_query():
    asked = gather([find({"owner": name, "state": {"$in": ["a", "b"]}}) for name in ("ann", "ben", "ann")])
    [one] = asked
    assert one.query.filter == {"owner": {"$in": ["ann", "ben"]}, "state": {"$in": ["a", "b"]}}


def test_what_differs_in_more_than_one_value_or_has_a_limit_is_asked_apart():
    finds = [
        find({"owner": "ann", "state": "a"}),
        find({"owner": "ben", "state": "b"}),
        find({"owner": "ann"}, limit=1),
        find({"owner": "ben"}, limit=1),
        find({"owner": "ann"}, collection="others"),
        find({"size": 1}),
        find({"size": 2}),
        find({"$or": [{"owner": "ann"}]}),
        find({"owner.name": "ann"}),
        find({"owner.name": "ben"}),
    ]
    assert [each.query.filter for each in gather(finds)] == [each.filter for each in finds]


def test_documents_go_to_all_who_asked_for_them_and_to_nobody_else():
    ann, ben, again = find({"owner": "ann"}), find({"owner": "ben"}), find({"owner": "ann"})
    [one] = gather([ann, ben, again])
    both = {"_id": "3", "owner": ["ann", "ben", "ann"]}
    one.give([{"_id": "1", "owner": "ann"}, {"_id": "2", "owner": "ben"}, both])
    assert [doc["_id"] for doc in ann.found] == ["1", "3"] == [doc["_id"] for doc in again.found]
    assert [doc["_id"] for doc in ben.found] == ["2", "3"]


NAMES = st.sampled_from(["ann", "ben", "cay"])
FILTERS = st.fixed_dictionaries(
    {"owner": NAMES},
    optional={"state": st.one_of(NAMES, st.just({"$in": ["ann", "ben"]})), "size": st.integers(0, 1)},
)
DOCS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "owner": st.one_of(NAMES, st.lists(NAMES, max_size=2), st.none()),
            "state": st.one_of(NAMES, st.integers(0, 1)),
            "size": st.integers(0, 1),
        },
    ),
    max_size=12,
)


@given(filters=st.lists(FILTERS, min_size=1, max_size=8), docs=DOCS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_each_gets_what_it_would_have_got_alone(
    work: Work, filters: list[dict[str, Any]], docs: list[dict[str, Any]]
) -> None:
    things = work.db["things"]
    await things.delete_many({})
    if docs:
        await things.insert_many([{"_id": f"{n:03d}", "version": 1, **doc} for n, doc in enumerate(docs)])

    async def ask(filter_: dict[str, Any], tx: Transaction) -> list[str]:
        return [doc["_id"] for doc in await tx.find("things", filter_, sort={"_id": 1})]

    together = [work.run(ask, filter_, key=number) for number, filter_ in enumerate(filters)]
    for filter_, answered in zip(filters, [await each for each in together], strict=True):
        alone = await things.find(filter_).sort("_id", 1).to_list(None)
        assert answered == [doc["_id"] for doc in alone]


async def test_who_asks_for_some_fields_gets_those_and_leaves_the_documents_whole(work: Work) -> None:
    things = [{"_id": f"t{n}", "version": 1, "owner": "ann", "size": n, "more": "m"} for n in range(3)]
    await work.db["things"].insert_many(things)

    async def add(number: int, tx: Transaction) -> list[dict[str, Any]]:
        found = await tx.find("things", {"owner": "ann"}, fields=("size",), sort={"_id": 1})
        doc = await tx.get("things", f"t{number}")
        assert doc is not None
        tx.put("things", doc | {"size": doc["size"] + 10})
        return found

    each = await asyncio.gather(*(work.run(add, number, key=number) for number in range(3)))
    for found in each:
        assert [{*doc} - {"owner"} for doc in found] == [{"_id", "size"}] * 3
    left = await work.db["things"].find().sort("_id", 1).to_list(None)
    assert [(doc["size"], doc["more"], doc["version"]) for doc in left] == [
        (n + 10, "m", 2) for n in range(3)
    ]
    seen = {sum(doc["size"] for doc in found) for found in each}
    assert seen == {3, 13, 23}, "each one after the other"
