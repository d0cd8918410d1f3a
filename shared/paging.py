"""Lists in pages: a cursor says where the last page ended, not how many rows to skip.

Rows are ordered by one field and then by `_id`, so that pages neither repeat nor miss what stood
still while somebody paged.  A cursor is opaque, carries no rights (every page asks the access
filter anew), and is refused when it is not one of ours or is for another order.

An access filter is often an `$or` whose ways each have an index of their own.  The cursor is put
into each of them as one range, so that MongoDB merges a few rows of every index; beside the `$or`
it would read and sort all that lie behind the cursor.

Where nothing is asked besides, MongoDB plans each way for itself and keeps that plan, however much is
there by then: one that was good for the last page of few rows goes through all rows later.  So a list may
name the index of each way; then a page of every way is read by its own, and they are merged here.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, Generic, TypeVar, cast

import orjson
from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema
from pymongo.errors import ExecutionTimeout

from shared.errors import Malformed, Refusal
from shared.mongo import Collection, Cursor, Doc

PAGE_SIZE: Final = 50
PAGE_SIZE_LIMIT: Final = 1000
CURSOR_MAX_LENGTH: Final = 1024
LONGEST_MS: Final = 15_000
"""How long a page may take to find."""
TOO_LONG: Final = "Finding these takes too long; narrow what you ask for."
LARGEST_INT: Final = 2**63 - 1
"""What MongoDB takes."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")
Index = str | Mapping[str, str] | None
"""The index of a list: its name; or the names by the field by which a way of its `$or` is found, of several
fields that a way asks for the first one; None for the planner's choice."""
_Ways = tuple[Sequence[Mapping[str, Any]], Callable[[Doc], Doc]]
Scalar = str | int | float | datetime | None


class CursorMalformed(Malformed):
    """A cursor that is not one of ours, or is for another list."""


class TooMuchToRead(Refusal):
    """What is asked for is rare among very many, and no index leads to it."""

    status = 503


class Page(BaseModel, Generic[T]):
    """Some items of a list, and the cursor of those that follow."""

    items: list[T]
    next: str | None = Field(
        default=None, description="Send it as `cursor` to get the following items; null after the last."
    )


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of a list: by one field, then by `_id`.  The field holds text, numbers, times or nothing."""

    field: str = "_id"
    descending: bool = False

    @property
    def keys(self) -> list[tuple[str, int]]:
        """As MongoDB sorts; an index of the same keys serves it."""
        direction = -1 if self.descending else 1
        return list(dict.fromkeys([(self.field, direction), ("_id", direction)]))

    def place(self, row: Mapping[str, Any]) -> tuple[bool, Any, str]:
        """Where a row stands, as MongoDB has it: nothing comes before everything."""
        value = row.get(self.field)
        return value is not None, 0 if value is None else value, row["_id"]

    @property
    def name(self) -> str:
        """What a cursor remembers of it."""
        return ("-" if self.descending else "") + self.field


@dataclass(frozen=True, slots=True)
class Asked:
    """The page that a request asks for."""

    limit: int = PAGE_SIZE
    cursor: str | None = None

    def after(self, sort: Sort) -> Doc:
        """The filter of the rows behind the cursor, {} at the start; raises CursorMalformed."""
        if self.cursor is None:
            return {}
        value, id_ = decode_cursor(self.cursor, sort=sort)
        return _behind(sort, value=value, id_=id_)

    def narrow(self, filter_: Mapping[str, Any], *, sort: Sort) -> Doc:
        """The filter, narrowed to the rows behind the cursor; raises CursorMalformed."""
        if self.cursor is None:
            return dict(filter_)
        value, id_ = decode_cursor(self.cursor, sort=sort)
        found = _first_or(filter_)
        if found is None:
            return {"$and": [dict(filter_), _behind(sort, value=value, id_=id_)]}
        ways, with_instead = found
        within = _range_behind(sort, value=value, id_=id_)
        return with_instead({"$or": [{"$and": [dict(way), within]} for way in ways]})

    def narrow_all(self, filter_: Mapping[str, Any], *, sort: Sort) -> Doc:
        """As `narrow`, as one range of one index that leads through all of it."""
        if self.cursor is None:
            return dict(filter_)
        value, id_ = decode_cursor(self.cursor, sort=sort)
        return {"$and": [_range_behind(sort, value=value, id_=id_), dict(filter_)]}


async def asked_page(
    request: Request,
    limit: Annotated[
        int,
        Query(ge=1, le=PAGE_SIZE_LIMIT, description="How many items at most; the service may give fewer."),
    ] = PAGE_SIZE,
    cursor: Annotated[
        str | SkipJsonSchema[None],
        Query(
            max_length=CURSOR_MAX_LENGTH, description="The `next` of the page before; left out for the first."
        ),
    ] = None,
) -> Asked:
    """The page that a request asks for, within what the settings allow; a FastAPI dependency."""
    settings = getattr(request.app.state, "settings", None)
    most: int = settings.page_size_max if settings is not None else PAGE_SIZE_LIMIT
    return Asked(limit=min(limit, most), cursor=cursor)


AskedPage = Annotated[Asked, Depends(asked_page)]


async def read_page(
    collection: Collection,
    filter_: Mapping[str, Any],
    *,
    asked: Asked,
    show: Callable[[Doc], T],
    sort: Sort | None = None,
    index: Index = None,
) -> Page[T]:
    """One page of the documents that the filter lets through, each as `show` shows it.

    `index` is the one to use where the planner would err.
    """

    def find(wanted: Doc) -> Cursor:
        return collection.find(wanted).max_time_ms(LONGEST_MS)

    order = sort or Sort()
    try:
        rows = await _rows(find, filter_, Asked(asked.limit + 1, asked.cursor), order, index)
    except ExecutionTimeout as error:
        raise TooMuchToRead(TOO_LONG) from error
    return page_of(rows, asked=asked, sort=order, show=show)


async def read_pages(
    collection: Collection,
    filter_: Mapping[str, Any],
    *,
    fields: Sequence[str],
    size: int,
    index: Index = None,
    most_ms: Callable[[], int] | None = None,
) -> AsyncGenerator[list[Doc]]:
    """All documents that the filter lets through, by `_id`, so many at a time and these fields of them.

    Each page is asked for anew, so that nothing is held open at the database between them.  `index` is as of
    `read_page`, and `most_ms` says how long the next page may take to find; without it that is as long as it
    does.  Raises `TooMuchToRead`.
    """

    def find(wanted: Doc) -> Cursor:
        cursor = collection.find(wanted, list(fields))
        return cursor.max_time_ms(most_ms()) if most_ms else cursor

    order, cursor = Sort(), None
    while True:
        try:
            rows = await _rows(find, filter_, Asked(size, cursor), order, index)
        except ExecutionTimeout as error:
            raise TooMuchToRead(TOO_LONG) from error
        if rows:
            yield rows
        if len(rows) < size:
            return
        cursor = encode_cursor(rows[-1], sort=order)


async def _rows(
    find: Callable[[Doc], Cursor], filter_: Mapping[str, Any], asked: Asked, order: Sort, index: Index
) -> list[Doc]:
    """The first rows behind the cursor, as many as are asked for."""

    async def found(wanted: Doc, hint: str | None) -> list[Doc]:
        cursor = find(wanted).sort(order.keys).limit(asked.limit)
        return await (cursor.hint(hint) if hint else cursor).to_list(None)

    if isinstance(index, str):
        return await found(asked.narrow_all(filter_, sort=order), index)
    ways = _ways_of(filter_, index) if index else None
    if ways is None:
        return await found(asked.narrow(filter_, sort=order), None)
    each = await asyncio.gather(*(found(asked.narrow_all(way, sort=order), hint) for way, hint in ways))
    once = {row["_id"]: row for rows in each for row in rows}
    return sorted(once.values(), key=order.place, reverse=order.descending)[: asked.limit]


def _ways_of(filter_: Mapping[str, Any], index: Mapping[str, str]) -> list[tuple[Doc, str]] | None:
    """The filter by each way of its first `$or`, with its index; None if there is a way without."""
    found = _first_or(filter_)
    if found is None:
        return None
    ways, with_instead = found
    hints = [next((index[field] for field in index if field in way), None) for way in ways]
    each = [
        (with_instead(dict(way)), hint) for way, hint in zip(ways, hints, strict=True) if hint is not None
    ]
    return each if len(each) == len(ways) else None


def _first_or(filter_: Mapping[str, Any]) -> _Ways | None:
    """The ways of a filter's first `$or`, and what makes the filter with something else in its place."""
    if "$or" in filter_:
        rest = {name: value for name, value in filter_.items() if name != "$or"}
        return filter_["$or"], lambda instead: {"$and": [instead, rest]}
    parts: Sequence[Mapping[str, Any]] = filter_.get("$and", ())
    below = ((place, found) for place, part in enumerate(parts) if (found := _first_or(part)) is not None)
    place, found = next(below, (0, None))
    if found is None:
        return None
    ways, with_instead = found
    before, after = parts[:place], parts[place + 1 :]
    return ways, lambda instead: {**filter_, "$and": [*before, with_instead(instead), *after]}


def page_of(rows: Sequence[Doc], *, asked: Asked, sort: Sort, show: Callable[[Doc], T]) -> Page[T]:
    """A page of rows that were read with one more than asked for, if there were that many."""
    kept = rows[: asked.limit]
    following = encode_cursor(kept[-1], sort=sort) if len(rows) > asked.limit else None
    return Page(items=[show(row) for row in kept], next=following)


def encode_cursor(row: Mapping[str, Any], *, sort: Sort) -> str:
    """The cursor that points behind a row."""
    value = row.get(sort.field)
    if isinstance(value, datetime):
        value = {"at": (value - _EPOCH) // timedelta(milliseconds=1)}
    elif isinstance(value, date):
        value = value.isoformat()
    return base64.urlsafe_b64encode(orjson.dumps([sort.name, value, row["_id"]])).rstrip(b"=").decode()


def decode_cursor(cursor: str, *, sort: Sort) -> tuple[Scalar, str]:
    """The sort value and the id of the row that a cursor points behind; raises CursorMalformed."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        name, value, id_ = cast("list[Any]", parts) if isinstance(parts, list) else (None, None, None)
        scalar = _scalar(value)
    except (binascii.Error, UnicodeError, ValueError, TypeError, OverflowError):
        raise _not_ours() from None
    if name != sort.name or not isinstance(id_, str):
        raise _not_ours()
    return scalar, id_


def _scalar(value: object) -> Scalar:
    if value is None or isinstance(value, str | float):
        return value
    if isinstance(value, int) and abs(value) <= LARGEST_INT:
        return value
    if isinstance(value, dict) and isinstance(at := cast("dict[str, object]", value).get("at"), int):
        return _EPOCH + timedelta(milliseconds=at)
    raise ValueError("no scalar")


def _behind(sort: Sort, *, value: Scalar, id_: str) -> Doc:
    step = "$lt" if sort.descending else "$gt"
    if sort.field == "_id":
        return {"_id": {step: id_}}
    if value is None:
        rest: Doc = {sort.field: None, "_id": {step: id_}}
        return rest if sort.descending else {"$or": [rest, {sort.field: {"$ne": None}}]}
    # Each way to be behind is one range of an index on the sort keys; null sorts below all values.
    ways: list[Doc] = [{sort.field: value, "_id": {step: id_}}, {sort.field: {step: value}}]
    return {"$or": [*ways, {sort.field: None}] if sort.descending else ways}


def _range_behind(sort: Sort, *, value: Scalar, id_: str) -> Doc:
    """As `_behind`, but one range of an index; rows that share the cursor's value are read again."""
    if sort.field == "_id":
        return _behind(sort, value=value, id_=id_)
    shown: Doc = {sort.field: value, "_id": {"$gte" if sort.descending else "$lte": id_}}
    if value is None:
        return {sort.field: None, "$nor": [shown]} if sort.descending else {"$nor": [shown]}
    # Null sorts below all values: not above the value is below it, or null.
    within = {"$not": {"$gt": value}} if sort.descending else {"$gte": value}
    return {sort.field: within, "$nor": [shown]}


def _not_ours() -> CursorMalformed:
    return CursorMalformed("The cursor is not of this list. Leave it out to start from the beginning.")
