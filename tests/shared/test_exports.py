"""Exports in both forms, hostile cells, and what becomes of one that fails on its way, over a real socket."""

import asyncio
import csv
import io
import socket
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import AutoReconnect, PyMongoError

from shared.csv_files import armed, cell, defused
from shared.edge import Edge
from shared.exports import AskedForm, choice, day, exported, instant, number, text, truth, whole
from shared.exports.parquet_form import ROW_GROUP
from shared.metrics import Metrics
from shared.problems import add_problem_handlers

COLUMNS = (
    text("id", "_id"),
    text("title"),
    choice("pace", "standing.pace"),
    whole("count", lambda doc: len(doc["parts"])),
    number("share"),
    truth("late"),
    day("due_on"),
    instant("at"),
)
AT = datetime(2026, 1, 12, 9, 0, 0, 123_000, tzinfo=UTC)
TODAY = date(2026, 1, 12)
DOC: dict[str, Any] = {
    "_id": "g1",
    "title": "Grow",
    "standing": {"pace": "behind"},
    "parts": [1, 2],
    "share": 0.25,
    "late": False,
    "due_on": "2026-03-31",
    "at": AT,
}
NOTHING: dict[str, Any] = {
    "_id": "g2",
    "title": None,
    "standing": None,
    "parts": [],
    "share": None,
    "late": None,
    "due_on": None,
    "at": None,
}


async def pages(*some: list[dict[str, Any]], error: Exception | None = None) -> AsyncGenerator[Any]:
    for page in some:
        yield page
    if error is not None:
        raise error


async def content(form: Any, *some: list[dict[str, Any]]) -> bytes:
    answer = await exported(pages(*some), columns=COLUMNS, form=form, name="goals", on=TODAY)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="goals-2026-01-12.{form}"'
    return b"".join([bytes(piece) async for piece in answer.body_iterator])


def rows_of(sent: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(sent.decode(), newline="")))


async def test_csv_is_as_the_rfc_has_it() -> None:
    quoted = {**DOC, "title": 'He said "more, faster"\r\nand left'}
    sent = await content("csv", [DOC, NOTHING], [quoted])
    assert sent.startswith(b"id,title,pace,count,share,late,due_on,at\r\n")
    assert sent.endswith(b"\r\n")
    head, first, nothing, last = rows_of(sent)
    assert len(head) == len(COLUMNS)
    assert first == ["g1", "Grow", "behind", "2", "0.25", "false", "2026-03-31", "2026-01-12T09:00:00.123Z"]
    assert nothing == ["g2", "", "", "0", "", "", "", ""]
    assert last[1] == quoted["title"]


async def test_a_table_without_rows_has_its_head() -> None:
    assert len(rows_of(await content("csv"))) == 1
    table = pq.read_table(pa.BufferReader(await content("parquet")))
    assert (table.num_rows, table.column_names) == (0, [column.name for column in COLUMNS])


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\uff1d1"])
async def test_a_cell_that_a_spreadsheet_would_run_is_a_text(title: str) -> None:
    [_, row] = rows_of(await content("csv", [{**DOC, "title": title}]))
    assert row[1] == "'" + title
    assert armed(row[1]) == title


@pytest.mark.parametrize("blank", ["\t", "\r", "\n", "\t\t", " \n"])
async def test_a_cell_that_begins_with_a_blank_is_a_text_on_both_sides_of_it(blank: str) -> None:
    title = f"{blank}=1"
    [_, row] = rows_of(await content("csv", [{**DOC, "title": title}]))
    assert row[1].lstrip("'") == f"{blank}'=1"
    assert row[1].startswith("'") or blank.startswith(" ")
    assert armed(row[1]) == title


def test_only_texts_are_defused() -> None:
    assert (cell(-1.5), cell(-3), cell(3.0), cell(1e300)) == ("-1.5", "-3", "3", "1e+300")
    assert defused("a=1") == "a=1"
    assert armed("'Tis") == "'Tis"
    assert float(cell(0.1 + 0.2)) == 0.1 + 0.2


async def test_parquet_has_types_and_bounded_row_groups() -> None:
    many = [{**DOC, "_id": f"g{number}"} for number in range(ROW_GROUP + 10)]
    sent = await content("parquet", many[:3000], many[3000:4000], [*many[4000:], NOTHING])
    file = pq.ParquetFile(pa.BufferReader(sent))
    sizes = [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]
    assert sum(sizes) == ROW_GROUP + 11
    assert max(sizes) <= ROW_GROUP
    schema = file.schema_arrow
    assert [str(schema.field(column.name).type) for column in COLUMNS] == [
        "string",
        "string",
        "dictionary<values=string, indices=int32, ordered=0>",
        "int64",
        "double",
        "bool",
        "date32[day]",
        "timestamp[ms, tz=UTC]",
    ]
    rows = file.read().to_pylist()
    assert rows[0] == {
        "id": "g0",
        "title": "Grow",
        "pace": "behind",
        "count": 2,
        "share": 0.25,
        "late": False,
        "due_on": date(2026, 3, 31),
        "at": AT,
    }
    assert {name for name, value in rows[-1].items() if value is None} == {
        "title", "pace", "share", "late", "due_on", "at",
    }  # fmt: skip
    assert [row["id"] for row in rows[:-1]] == [doc["_id"] for doc in many]


async def test_half_characters_do_not_stop_a_file() -> None:
    [_, row] = rows_of(await content("csv", [{**DOC, "title": "a\ud800b"}]))
    assert row[1] == "a?b"


@asynccontextmanager
async def serving(*some: list[dict[str, Any]], error: Exception | None) -> AsyncGenerator[str]:
    """An app with an export that fails after these pages, behind the edge, on a real port."""
    app = FastAPI()

    @app.get("/export")
    async def export(form: AskedForm):
        return await exported(pages(*some, error=error), columns=COLUMNS, form=form, name="t", on=TODAY)

    add_problem_handlers(app, unavailable=(PyMongoError,))
    app.add_middleware(Edge, metrics=Metrics("goals"), max_body_bytes=1024)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def raw(url: str, version: str = "1.1") -> bytes:
    """All that a server sends until it closes, as it is on the wire."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /export HTTP/{version}\r\nHost: t\r\nConnection: close\r\n\r\n".encode())
    sent = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return sent


@pytest.mark.parametrize("error", [AutoReconnect("gone"), ArithmeticError("broken")])
async def test_a_file_that_breaks_off_is_not_taken_for_a_whole_one(error: Exception) -> None:
    many = [{**DOC, "_id": f"g{number}"} for number in range(500)]
    async with serving(many, many, error=error) as url, httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await client.get(f"{url}/export")
        for version in ("1.1", "1.0"):
            sent = await raw(url, version)
            assert b"transfer-encoding: chunked" in sent.lower()
            assert b"g499" in sent
            assert not sent.endswith(b"0\r\n\r\n")
    async with serving(many, many, error=None) as url:
        assert (await raw(url)).endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_what_fails_before_the_first_piece_is_answered_as_a_problem(form: str) -> None:
    async with serving(error=AutoReconnect("gone")) as url, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{url}/export", params={"format": form})
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_parquet_file_that_breaks_off_cannot_be_opened() -> None:
    many = [{**DOC, "_id": f"g{number}"} for number in range(ROW_GROUP + 1)]
    answer = await exported(
        pages(many, error=AutoReconnect("gone")), columns=COLUMNS, form="parquet", name="t", on=TODAY
    )
    pieces = aiter(answer.body_iterator)
    came = bytes(await anext(pieces))
    with pytest.raises(AutoReconnect):
        await anext(pieces)
    assert came.startswith(b"PAR1")
    with pytest.raises(pa.ArrowInvalid):
        pq.read_table(pa.BufferReader(came))


async def test_no_more_pages_are_read_than_were_sent() -> None:
    read = 0

    async def counted() -> AsyncGenerator[Any]:
        nonlocal read
        while True:
            read += 1
            yield [DOC]

    answer = await exported(counted(), columns=COLUMNS, form="csv", name="t", on=TODAY)
    pieces = aiter(answer.body_iterator)
    for _ in range(5):
        await anext(pieces)
    assert read <= 6


@pytest.mark.parametrize("sent", [0, 1])
async def test_whoever_stops_to_listen_leaves_no_thread_behind(sent: int) -> None:
    many = [{**DOC, "_id": f"g{number}"} for number in range(ROW_GROUP)]
    answer = await exported(pages(many, many, many), columns=COLUMNS, form="parquet", name="t", on=TODAY)
    writing = [thread for thread in threading.enumerate() if thread.name == "parquet"]
    assert len(writing) == 1
    pieces: Any = answer.body_iterator
    for _ in range(sent):
        await anext(pieces)
    await pieces.aclose()
    await asyncio.to_thread(writing[0].join, 20)
    assert not writing[0].is_alive()


@pytest.mark.parametrize("hostile", ["x;=A1", "; @A1", 'x|"+A1', "x\t-1", "x;\uff1dA1"])
def test_what_a_spreadsheet_would_split_off_and_run_is_a_text_too(hostile: str) -> None:
    harmless = defused(hostile)
    assert "'" in harmless
    assert armed(harmless) == hostile
    assert defused("from 5; to 7 | maybe - later") == "from 5; to 7 | maybe - later"


@pytest.mark.parametrize("run", ["\t", "\n ", "'", ";", "; ", "\t'"])
def test_a_long_run_of_what_may_begin_a_formula_is_read_once(run: str) -> None:
    """Were it read again from each of its characters, this would take hours."""
    long = f"x{run * 500_000}=1"
    assert armed(defused(long)) == long


@given(st.text(st.sampled_from("='+@-;|\t\n\r\" aX\uff1d\uff0d"), max_size=12))
def test_every_text_comes_back_as_it_was_whatever_apostrophes_it_has(text: str) -> None:
    assert armed(defused(text)) == text
    assert not defused(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0d"))
