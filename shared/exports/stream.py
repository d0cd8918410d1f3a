"""An export as an answer: sent while it is read, whole or visibly broken off.

What fails before the first piece is answered with a problem, what fails later breaks the connection.
The length is not known ahead, so the body is chunked (RFC 9112, 7.1): it is whole only with its last,
empty chunk, which an answer that fails never gets.  Rights are those of the moment of the request; rows
are as they stand when their page is read.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, closing
from datetime import date
from typing import Annotated, Any, Final, Literal, Protocol

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from shared.exports.columns import Column, Row, row_of
from shared.exports.csv_form import CsvWriter
from shared.exports.parquet_form import ParquetWriter
from shared.mongo import Doc

Form = Literal["csv", "parquet"]
MEDIA_TYPES: Final[dict[Form, str]] = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
FILES: Final[dict[str, Any]] = {
    "description": "The file. If the connection breaks, what came of it is to be thrown away.",
    "headers": {
        "Content-Disposition": {
            "description": "Names the file.",
            "schema": {"type": "string"},
        }
    },
    "content": {
        "text/csv": {"schema": {"type": "string"}},
        "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
    },
}
"""The answer of an export in an API's description."""


class Writer(Protocol):
    """Rows to bytes; pieces may be empty."""

    async def add(self, rows: Sequence[Row]) -> bytes:
        """What is ready to send with these rows."""
        ...

    async def end(self) -> bytes:
        """What is left to send."""
        ...

    def close(self) -> None:
        """Give up what is not finished."""
        ...


async def asked_form(
    form: Annotated[Form, Query(alias="format", description="CSV, or Parquet with typed columns.")] = "csv",
) -> Form:
    """The form that a request asks for; a FastAPI dependency."""
    return form


AskedForm = Annotated[Form, Depends(asked_form)]


async def exported(
    pages: AsyncGenerator[Sequence[Doc]], *, columns: Sequence[Column], form: Form, name: str, on: date
) -> StreamingResponse:
    """The answer that sends the documents as rows; `name` and the day `on` become that of the file.

    Returns once the first piece is ready: what fails until then is answered like anything else.
    """
    writer = CsvWriter(columns) if form == "csv" else ParquetWriter(columns)
    pieces = _pieces(pages, columns, writer)
    first = await anext(pieces)
    headers = {"Content-Disposition": f'attachment; filename="{name}-{on}.{form}"'}
    return StreamingResponse(_sent(first, pieces), media_type=MEDIA_TYPES[form], headers=headers)


async def _pieces(
    pages: AsyncGenerator[Sequence[Doc]], columns: Sequence[Column], writer: Writer
) -> AsyncGenerator[bytes]:
    with closing(writer):
        async with aclosing(pages):
            async for page in pages:
                piece = await writer.add([row_of(doc, columns) for doc in page])
                if piece:
                    yield piece
        yield await writer.end()


async def _sent(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
