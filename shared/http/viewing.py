"""Reads for one request: `View` is what a GET route is given."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from shared.access import Table
from shared.aggregate import Aggregate
from shared.audit.reads import Confidential, noted
from shared.audit.rows import MOST_IDS, Row, read_row
from shared.http.asking import Asking, asked_by, origin_of, person_of
from shared.http.served import in_short
from shared.http.timing import said_time
from shared.identity import Caller
from shared.ids import PersonId
from shared.logs import correlation_id
from shared.mongo import Database, Doc
from shared.paging import Asked, Index, Page, Sort, read_page
from shared.store import from_document

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")


class Viewer:
    """Reads for one request, with the rights of who asks; made for each request by `viewer_of`."""

    def __init__(self, request: Request, caller: Caller) -> None:
        self.caller = caller
        self.db: Database = request.app.state.db
        self._access: Table = request.app.state.access
        self._request = request
        self._confidential: Confidential = request.app.state.confidential
        self._noted: set[tuple[str, str]] = set()
        self._lists: dict[str, Row] = {}

    def me(self) -> PersonId:
        """The person who asks; raises `Forbidden` for callers who are none."""
        return person_of(self.caller)

    @property
    def now(self) -> datetime:
        """The time of the request, for what depends on the day."""
        return said_time(self._request) or self._request.app.state.work.clock.now()

    async def one(self, kind: type[A], collection: str, id_: str, *, action: str = "read") -> A:
        """The aggregate, if the caller may; raises `NotFound` alike when it is hidden or not there."""
        doc = await self.db[collection].find_one({"_id": id_})
        if doc is None:
            raise self._access.missing(action)
        await self._access.demand(self.caller, action, doc, self.db)
        self._note(action, f"{collection}/{id_}", doc)
        return from_document(kind, doc)

    async def demand(self, action: str, resource: object, *, about: str = "") -> None:
        """Return if the caller may do it; raise `Forbidden` or `NotFound`; `about` is for the audit."""
        await self._access.demand(self.caller, action, resource, self.db)
        self._note(action, about)

    async def may(self, action: str, resource: object) -> bool:
        """Whether the caller may do it."""
        return await self._access.decide(self.caller, action, resource, self.db)

    async def seen(self, action: str, wanted: Sequence[tuple[PersonId, object]]) -> Sequence[bool]:
        """Of each person and resource whether that person may do it, whoever asks."""
        return await self._access.decide_all(action, wanted, self.db)

    async def filter(self, action: str = "read") -> Mapping[str, Any]:
        """The MongoDB filter of all that the caller may."""
        found = await self._access.filter(action, self.caller, self.db)
        self._note(action)
        return found

    async def page(  # noqa: PLR0913  those of read_page
        self,
        collection: str,
        filter_: Mapping[str, Any],
        *,
        asked: Asked,
        show: Callable[[Doc], T],
        action: str = "read",
        sort: Sort | None = None,
        index: Index = None,
    ) -> Page[T]:
        """A page of a list, as `read_page` has it, with a word to the audit of what in it is confidential."""

        def shown(doc: Doc) -> T:
            self.shown(collection, doc, action=action)
            return show(doc)

        return await read_page(self.db[collection], filter_, asked=asked, show=shown, sort=sort, index=index)

    def shown(self, collection: str, *docs: Mapping[str, Any], action: str = "read") -> None:
        """Note for the audit which documents of a list, or of a part of a file, are confidential."""
        confidential = self._confidential.get(action)
        for doc in docs if confidential else ():
            about = f"{collection}/{doc['_id']}"
            if (action, about) not in self._noted and confidential and confidential(doc):
                self._noted.add((action, about))
                self._in_list(action, about)

    def _in_list(self, action: str, about: str) -> None:
        """With the others that go out at the same time, so many in a row."""
        rows = noted(self._request.scope)
        last = self._lists.get(action)
        if last is None or len(last["about"]) >= MOST_IDS or not any(row is last for row in rows):
            last = self._lists[action] = self._row(action, about=[], asked=self._asked())
            rows.append(last)
        last["about"].append(about)

    def _note(self, action: str, about: str = "", doc: Mapping[str, Any] | None = None) -> None:
        """For the audit, once of each in a request: of a list, what was asked for."""
        confidential = self._confidential.get(action)
        if confidential is None or (action, about) in self._noted or not confidential(doc):
            return
        self._noted.add((action, about))
        row = self._row(action, about=[about] if about else [], asked={} if about else self._asked())
        noted(self._request.scope).append(row)
        if not about:
            self._lists[action] = row

    def _row(self, action: str, *, about: Sequence[str], asked: Mapping[str, str]) -> Row:
        origin = origin_of(self._request, _route(self._request))
        return read_row(
            self.caller,
            origin,
            action=action,
            about=about,
            asked=asked,
            correlation_id=correlation_id() or "",
        )

    def _asked(self) -> Mapping[str, str]:
        """The ids that were asked for."""
        asked = {**self._request.query_params, **self._request.path_params}
        return {name: str(value)[:200] for name, value in asked.items() if name.endswith("_id")}


def _route(request: Request) -> str:
    route = getattr(request.scope.get("route"), "path_format", "")
    return f"{request.method} {route}"


async def viewer_for(request: Request) -> Viewer:
    """What reads for the request."""
    return Viewer(request, await asked_by(request))


@in_short(viewer_for)
async def viewer_of(request: Request, caller: Asking) -> Viewer:
    """`viewer_for`, with what it reads declared."""
    return Viewer(request, caller)


View = Annotated[Viewer, Depends(viewer_of)]
