"""Files as bodies of requests: a CSV file as it is, and nothing that wraps one."""

from typing import Any, Final

from fastapi import Request, Response

from shared.errors import Refusal

CSV_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""What a route that takes one adds to its description."""


class CsvResponse(Response):
    """A CSV file in UTF-8."""

    media_type = "text/csv"


class FileNotCsv(Refusal):
    """The body is something other than a CSV file as it is."""

    status = 415


async def csv_body(request: Request) -> bytes:
    """The file; raises `FileNotCsv` for a form or JSON around it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("multipart/") or kind == "application/json":
        raise FileNotCsv(f"Send the CSV file itself as the body, as text/csv, not as {kind}.")
    return await request.body()
