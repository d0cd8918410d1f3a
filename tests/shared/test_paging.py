"""Pages neither repeat nor miss a row, and a cursor that is not ours is refused."""

import base64
import itertools
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import mongo
from shared.paging import (
    Asked,
    AskedPage,
    CursorMalformed,
    Page,
    Sort,
    decode_cursor,
    encode_cursor,
    read_page,
)
from shared.problems import add_problem_handlers

BASE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def rows(engines, name):
    """A collection whose rows often share what they are sorted by, or lack it."""
    async with mongo.connect(engines.mongo) as client:
        collection = mongo.database(client, name)["rows"]
        for field in ("title", "rank", "share"):
            await collection.create_index([(field, 1)], name=f"by_{field}")
        await collection.insert_many(
            {
                "_id": f"row_{number * 7919 % 97:03}",
                "rank": number % 5,
                "share": number % 7 / 3,
                "title": "abc"[number % 3],
                "at": BASE + timedelta(milliseconds=number % 11),
                **({"due": number % 4} if number % 3 else {"due": None} if number % 2 else {}),
            }
            for number in range(60)
        )
        yield collection


async def all_pages(collection, sort, limit, filter_=None, index=None):
    pages, cursor = [], None
    while True:
        page = await read_page(
            collection,
            filter_ or {},
            asked=Asked(limit, cursor),
            show=lambda row: row["_id"],
            sort=sort,
            index=index,
        )
        pages.append(page.items)
        cursor = page.next
        if cursor is None:
            return pages


SORTS = [
    Sort(f, descending=d)
    for f in ("_id", "rank", "share", "title", "at", "due", "missing")
    for d in (False, True)
]


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.name)
async def test_pages_together_are_the_whole_list_in_order(rows, sort):
    whole = [row["_id"] async for row in rows.find().sort(sort.keys)]
    for limit in (1, 7, 59, 60, 61):
        pages = await all_pages(rows, sort, limit)
        assert list(itertools.chain(*pages)) == whole
        assert all(len(page) == limit for page in pages[:-1])
        assert pages[-1]


async def test_the_filter_holds_on_every_page(rows):
    pages = await all_pages(rows, Sort("due"), 3, {"$or": [{"rank": 1}, {"rank": 2}]})
    expected = {row["_id"] async for row in rows.find({"rank": {"$in": [1, 2]}})}
    assert set(itertools.chain(*pages)) == expected


async def test_a_cursor_cannot_widen_the_filter(rows):
    forged = encode_cursor({"_id": "", "rank": -1}, sort=Sort("rank"))
    page = await read_page(rows, {"rank": 9}, asked=Asked(50, forged), show=dict, sort=Sort("rank"))
    assert page.items == []


async def test_rows_that_come_and_go_do_not_move_the_others(rows):
    first = await read_page(rows, {}, asked=Asked(10), show=lambda row: row["_id"])
    await rows.insert_one({"_id": "row_", "rank": 0})
    await rows.delete_one({"_id": first.items[-1]})
    second = await read_page(rows, {}, asked=Asked(10, first.next), show=lambda row: row["_id"])
    assert second.items[0] > first.items[-1]
    assert not set(first.items) & set(second.items)


async def test_an_empty_list_is_one_empty_page(rows):
    page = await read_page(rows, {"rank": 99}, asked=Asked(), show=dict)
    assert (page.items, page.next) == ([], None)


async def test_an_index_of_the_sort_keys_serves_a_page(rows):
    await rows.create_index([("rank", 1), ("_id", 1)])
    asked = Asked(5, encode_cursor({"_id": "row_050", "rank": 3}, sort=Sort("rank")))
    cursor = rows.find(asked.after(Sort("rank"))).sort(Sort("rank").keys).limit(5)
    stats = (await cursor.explain())["executionStats"]
    assert stats["totalKeysExamined"] <= 10
    assert '"stage": "SORT"' not in json.dumps(stats["executionStages"], default=str)


OF_WAYS = {"title": "by_title", "rank": "by_rank", "share": "by_share"}
WAYS = [
    {},
    {"rank": 1},
    {"rank": {"$in": [0, 2]}},
    {"title": "a", "rank": {"$lte": 3}},
    {"share": {"$gt": 1}},
    {"rank": 99},
]
filters = st.one_of(
    st.lists(st.sampled_from(WAYS), min_size=1, max_size=4).map(lambda ways: {"$or": ways}),
    st.builds(
        lambda ways, rest: {"$and": [rest, {"$and": [{"$or": ways}]}]},
        st.lists(st.sampled_from(WAYS), min_size=2, max_size=3),
        st.sampled_from(WAYS),
    ),
    st.builds(
        lambda ways, others: {"$and": [{"$or": ways}, {"$or": others}], "rank": {"$ne": 4}},
        st.lists(st.sampled_from(WAYS), min_size=1, max_size=2),
        st.lists(st.sampled_from(WAYS), min_size=1, max_size=2),
    ),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    filter_=filters,
    sort=st.sampled_from(SORTS),
    limit=st.integers(1, 30),
    index=st.sampled_from([None, OF_WAYS, {"rank": "by_rank"}]),
)
async def test_pages_of_who_may_in_several_ways_neither_repeat_nor_miss(rows, filter_, sort, limit, index):
    whole = [row["_id"] async for row in rows.find(filter_).sort(sort.keys)]
    pages = await all_pages(rows, sort, limit, filter_, index)
    assert list(itertools.chain(*pages)) == whole


MANY = 20_000


@pytest.fixture
async def feedback(engines, name):
    """Feedback among 300 people, with an index for each way in which somebody may read it."""
    async with mongo.connect(engines.mongo) as client:
        collection = mongo.database(client, name)["feedback"]
        for field in ("giver_id", "receiver_id", "visibility"):
            await collection.create_index([(field, 1), ("given_at", -1), ("_id", -1)])
        await collection.insert_many(
            {
                "_id": f"feedback_{number * 7919 % MANY:05}",
                "giver_id": f"person_{number % 300}",
                "receiver_id": f"person_{number * 31 % 299}",
                "visibility": ("receiver", "receiver_and_manager", "public")[number % 3],
                "given_at": BASE + timedelta(minutes=number // 3),
            }
            for number in range(MANY)
        )
        yield collection


async def test_a_page_of_who_may_in_several_ways_reads_as_many_rows_as_it_shows(feedback):
    reports = [f"person_{number}" for number in range(1, 40)]
    may = {
        "$or": [
            {"giver_id": {"$in": ["person_7"]}},
            {"receiver_id": {"$in": ["person_7"]}},
            {"receiver_id": {"$in": reports}, "visibility": {"$in": ["public", "receiver_and_manager"]}},
            {"visibility": "public"},
        ]
    }
    sort = Sort("given_at", descending=True)
    whole = await feedback.find(may).sort(sort.keys).to_list(None)
    before = len(whole) // 2
    asked = Asked(50, encode_cursor(whole[before - 1], sort=sort))
    for filter_ in (may, {"$and": [may, {}]}):
        page = await read_page(feedback, filter_, asked=asked, sort=sort, show=lambda row: row["_id"])
        assert page.items == [row["_id"] for row in whole[before : before + 50]]
        found = feedback.find(asked.narrow(filter_, sort=sort)).sort(sort.keys).limit(51)
        stats = (await found.explain())["executionStats"]
        stages = json.dumps(stats["executionStages"], default=str)
        assert '"stage": "SORT_MERGE"' in stages
        assert '"stage": "SORT"' not in stages
        assert stats["totalDocsExamined"] < 200


values = (
    st.none()
    | st.text(max_size=20)
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
)
instants = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(values | instants, st.text(max_size=20), st.booleans())
def test_a_cursor_says_what_it_was_made_of(value, id_, descending):
    sort = Sort("f", descending=descending)
    if isinstance(value, datetime):
        value = value.replace(microsecond=value.microsecond // 1000 * 1000)
    found, found_id = decode_cursor(encode_cursor({"_id": id_, "f": value}, sort=sort), sort=sort)
    assert found_id == id_
    assert found == value


def encoded(thing):
    raw = thing if isinstance(thing, bytes) else json.dumps(thing).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "?",
        "é",
        "====",
        "a" * 1000,
        encoded(b"\xff\xfe"),
        encoded("rank"),
        encoded([]),
        encoded(["rank"]),
        encoded(["rank", 1]),
        encoded(["rank", 1, 2]),
        encoded(["rank", 1, None]),
        encoded(["rank", 1, "a", "b"]),
        encoded(["rank", {"$ne": None}, "a"]),
        encoded(["rank", [1], "a"]),
        encoded(["rank", {"at": "x"}, "a"]),
        encoded(["rank", {"at": 10**30}, "a"]),
        encoded(["rank", {"at": 10**17}, "a"]),
        encoded(["rank", 2**63, "a"]),
        encoded(["rank", 1, {"$gt": ""}]),
        encoded(["-rank", 1, "a"]),
        encoded(["title", 1, "a"]),
        encoded({"rank": 1}),
        encoded(b"[" * 2000),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused_with_how_to_go_on(cursor):
    with pytest.raises(CursorMalformed) as refused:
        Asked(10, cursor).after(Sort("rank"))
    assert refused.value.status == 400
    assert "Leave it out" in refused.value.detail


@given(st.text(max_size=100))
def test_no_text_at_all_is_more_than_refused(text):
    with pytest.raises(CursorMalformed):
        decode_cursor(text, sort=Sort("rank"))


@pytest.fixture
async def client():
    app = FastAPI()
    add_problem_handlers(app)
    app.state.settings = SimpleNamespace(page_size_max=100)

    @app.get("/goals")
    async def goals(asked: AskedPage) -> Page[int]:
        asked.after(Sort("rank"))
        return Page(items=[asked.limit])

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        client.app = app
        yield client


@pytest.mark.parametrize(("limit", "given"), [(1, 1), (100, 100), (101, 100), (1000, 100)])
async def test_more_than_the_service_gives_at_once_is_cut_to_that(client, limit, given):
    assert (await client.get(f"/goals?limit={limit}")).json() == {"items": [given], "next": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=1001", "limit=many", f"cursor={'a' * 1025}"])
async def test_a_page_out_of_bounds_is_422(client, query):
    answer = await client.get(f"/goals?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["in"] == "query"


async def test_a_cursor_out_of_form_is_400(client):
    answer = await client.get("/goals?cursor=abc")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:cairn:problem:cursor-malformed")
