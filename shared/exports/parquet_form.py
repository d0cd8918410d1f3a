"""Parquet, by arro3 (the Rust implementation of Arrow): typed columns in row groups of bounded size.

Imported by the first export that asks for it: the process grows by some 20 MB then, however many rows
follow (seen of 100,000; with pyarrow it was 80).  The writer pulls what it writes, so it has a thread of
its own, which is handed a page at a time.  The index comes last: a file cut short cannot be opened.
"""

import asyncio
import contextlib
import importlib
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from shared.exports.columns import Column, Kind, Row

ROW_GROUP: Final = 5_000
"""Rows that are held, encoded, until they are sent together."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ParquetWriter:
    """Rows to bytes; what `add` gives is empty until a row group is full."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._sink = _Sink()
        self._given: SimpleQueue[Sequence[Row] | None] = SimpleQueue()
        self._taken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread: Thread | None = None
        self._error: Exception | None = None

    async def add(self, rows: Sequence[Row]) -> bytes:
        """The row groups that are full now, ready to send."""
        return await self._hand(rows)

    async def end(self) -> bytes:
        """What is left to send, and the index of the file."""
        return await self._hand(None)

    def close(self) -> None:
        """Let the thread end, whether or not the file is finished."""
        self._given.put(None)

    async def _hand(self, rows: Sequence[Row] | None) -> bytes:
        if self._thread is None:
            self._thread = Thread(target=self._write, name="parquet", daemon=True)
            self._thread.start()
        self._taken.clear()
        self._given.put(rows)
        await self._taken.wait()
        if self._error is not None:
            raise self._error
        return self._sink.taken()

    def _write(self) -> None:
        try:
            core: Any = importlib.import_module("arro3.core")
            files: Any = importlib.import_module("arro3.io")
            schema = core.Schema([core.Field(each.name, _type(core, each.kind)) for each in self._columns])
            batches = core.RecordBatchReader.from_batches(schema, self._batches(core, schema))
            files.write_parquet(batches, self._sink, max_row_group_size=ROW_GROUP, compression="snappy")
        except Exception as error:  # noqa: BLE001  raised where the rows come from
            self._error = error
        finally:
            self._tell()

    def _batches(self, core: Any, schema: Any) -> Iterator[Any]:
        while (rows := self._given.get()) is not None:
            arrays = [
                _array(core, each.kind, [row[place] for row in rows])
                for place, each in enumerate(self._columns)
            ]
            yield core.RecordBatch.from_arrays(arrays, schema=schema)
            self._tell()

    def _tell(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
            self._loop.call_soon_threadsafe(self._taken.set)


class _Sink:
    """A file that keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        """Keep a piece."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def seek(self, *_place: int) -> int:
        """What is gone is gone; the writer wants to see that a file could."""
        raise io.UnsupportedOperation("seek")

    def taken(self) -> bytes:
        """All that was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _type(core: Any, kind: Kind) -> Any:
    types = core.DataType
    return {
        "text": types.string(),
        "choice": types.dictionary(types.int32(), types.string()),
        "whole": types.int64(),
        "number": types.float64(),
        "truth": types.bool(),
        "day": types.date32(),
        "instant": types.timestamp("ms", tz="UTC"),
    }[kind]


def _array(core: Any, kind: Kind, values: Sequence[Any]) -> Any:
    """The values as Arrow has them; what Python's own types do not tell is cast from those beneath."""
    types = core.DataType
    if kind == "choice":
        return core.Array(values, types.string()).cast(_type(core, kind))
    if kind == "day":
        return core.Array([_days(value) for value in values], types.int32()).cast(_type(core, kind))
    if kind == "instant":
        return core.Array([_milliseconds(value) for value in values], types.int64()).cast(_type(core, kind))
    if kind == "text":
        values = [value if value is None else value.encode("utf-8", "replace").decode() for value in values]
    return core.Array(values, _type(core, kind))


def _days(value: date | None) -> int | None:
    return None if value is None else value.toordinal() - _EPOCH.toordinal()


def _milliseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // timedelta(milliseconds=1)
