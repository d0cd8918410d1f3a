"""Who did and read what in a service, for auditors alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from bson import ObjectId
from bson.errors import InvalidId
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from pymongo.errors import ExecutionTimeout

from shared.audit.listing import NEWEST_FIRST, RowsWanted
from shared.audit.rows import AUDIT
from shared.http.viewing import View
from shared.ids import PersonId
from shared.mongo import Database, Doc
from shared.paging import (
    LONGEST_MS,
    Asked,
    AskedPage,
    CursorMalformed,
    Page,
    Sort,
    TooMuchToRead,
    decode_cursor,
    page_of,
)

READ: Final = "read_audit"
"""The action in the access table."""
PATH: Final = "/audit"
BY_ID: Final = Sort(descending=True)


class AuditRow(BaseModel):
    """Somebody's change, or read of what is confidential; it holds ids and facts, no names and no words."""

    kind: Literal["change", "read"]
    at: datetime
    by: str = Field(
        description="The token's subject, or an id made of it if it is neither a person's id nor a machine's;"
        " `scim` is the identity provider."
    )
    person_id: PersonId | None = Field(description="The person, if it was one.")
    roles: list[str] = Field(description="What the token and groups granted.")
    deed: str = Field(description="The use case that changed something, or the route that was read.")
    about: list[str] = Field(description="What, as collection/id, up to 50.")
    more: int = Field(description="How many `about` has not.")
    events: list[str] | None = Field(default=None, description="Of a change: what tells of it, by type.")
    reasoned: bool | None = Field(default=None, description="Of a change: whether a reason was given.")
    action: str | None = Field(default=None, description="Of a read: what the access table calls it.")
    asked: dict[str, str] | None = Field(
        default=None, description="Of a list that was read: the ids that were asked for."
    )
    address: str = Field(description="From where: an address, or an inbound topic.")
    correlation_id: str = Field(description="Of all that belongs together, in logs and events too.")
    number: int | None = Field(default=None, description="Its place in the chain; null until it is sealed.")
    seal: str | None = Field(default=None, description="The seal of the row and all before it.")

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """As it is kept."""
        return cls.model_validate({name: row[name] for name in cls.model_fields if name in row})


def audit_router() -> APIRouter:
    """The route."""
    router = APIRouter(tags=["audit"])

    @router.get(PATH, summary="List the audit")
    async def list_audit(
        view: View, page: AskedPage, wanted: Annotated[RowsWanted, Query()]
    ) -> Page[AuditRow]:
        """The newest first, to the second; for auditors alone, and each reading is audited.

        What is neither of one person nor about one thing is looked for among all: say in which time.
        """
        await view.demand(READ, {})
        return await read_rows(view.db, wanted, page)

    return router


async def read_rows(database: Database, wanted: RowsWanted, asked: Asked) -> Page[AuditRow]:
    """A page of rows; raises CursorMalformed, and TooMuchToRead where no index leads to them soon."""
    filter_ = {"$and": [wanted.filter(), _behind(asked)]}
    rows = database[AUDIT].find(filter_).sort(NEWEST_FIRST).limit(asked.limit + 1).max_time_ms(LONGEST_MS)
    try:
        found = await rows.to_list(None)
    except ExecutionTimeout as error:
        raise TooMuchToRead("Finding these takes too long; say in which time.") from error
    named = [{**row, "_id": str(row["_id"])} for row in found]
    return page_of(named, asked=asked, sort=BY_ID, show=AuditRow.of)


def _behind(asked: Asked) -> Doc:
    if asked.cursor is None:
        return {}
    _, id_ = decode_cursor(asked.cursor, sort=BY_ID)
    try:
        return {"_id": {"$lt": ObjectId(id_)}}
    except InvalidId:
        raise CursorMalformed(
            "The cursor is not of this list. Leave it out to start from the beginning."
        ) from None
