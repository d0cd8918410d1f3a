"""One aggregate as an answer with its ETag, or that it is as the caller has it."""

from typing import Any, Final

from fastapi import Response
from pydantic import BaseModel

from shared.preconditions import entity_tag, if_none_match

KNOWN: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "It is as If-None-Match says."}}
"""The answer without a body, for the documentation of a route."""


def tagged(view: BaseModel, version: int, none_match: str | None) -> Response:
    """The view with the ETag that If-Match wants; 304 if `none_match`, the header, lists that version."""
    headers = {"ETag": entity_tag(version)}
    known = if_none_match(none_match)
    if known is not None and not known.holds(version):
        return Response(status_code=304, headers=headers)
    return Response(view.model_dump_json(), media_type="application/json", headers=headers)
