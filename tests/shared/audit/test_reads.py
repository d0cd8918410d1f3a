"""A read is kept when the answer begins that shows it, and not at all when it is refused in the end."""

from collections import deque
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from shared.audit.reads import ReadLog, noted
from shared.audit.rows import Row
from shared.edge import Edge
from shared.metrics import Metrics


class Kept(ReadLog):
    """What would be written."""

    def __init__(self) -> None:
        self._rows = deque()

    @property
    def rows(self) -> list[Row]:
        return list(self._rows)


async def asked(status: int, *, streamed: bool = False) -> Kept:
    kept = Kept()

    async def show(request: Request) -> Response:
        noted(request.scope).append({"action": "read"})

        async def parts() -> Any:
            assert kept.rows, "noted before the first part is sent"
            yield b"one"

        return StreamingResponse(parts(), status) if streamed else Response(status_code=status)

    app = Edge(Starlette(routes=[Route("/", show)]), metrics=Metrics("t"), max_body_bytes=10, reads=kept)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/")).status_code == status
    return kept


@pytest.mark.parametrize(("status", "kept"), [(200, 1), (304, 1), (403, 0), (404, 0), (500, 0)])
async def test_what_was_shown_is_kept(status: int, kept: int) -> None:
    assert len((await asked(status)).rows) == kept


async def test_what_is_streamed_is_kept_before_it_is_shown() -> None:
    assert len((await asked(200, streamed=True)).rows) == 1
