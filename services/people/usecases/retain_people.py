"""Erase who left so long ago that nothing of them may be kept any more.

When    they left more than CAIRN_RETAIN_LEFT_DAYS ago, looked for by the hour; never where that is not set
Rule    erase_person, on the ground that it is no longer needed; a legal hold, or people who report to them,
        keep them for another time
Emits   people.PersonErased, as erase_person

Of whom nobody said when they left, nothing is done.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from services.people.domain.erasure import Grounds
from services.people.store.erasures import HOLDS
from services.people.usecases.erase_person import AskedErasure, ErasePerson, erase_person
from shared.errors import Refusal
from shared.ids import PersonId
from shared.logs import logger
from shared.work import Work

CASE: Final = "retention"
PAGE: Final = 100
GROUNDS: Final = Grounds(ground="no_longer_needed", case=CASE)
_log = logger("retention")


class Retention:
    """The turn of a worker that erases who has been gone for `days`; `lasting` is that of an erasure."""

    def __init__(self, work: Work, *, days: int, lasting: timedelta) -> None:
        self._work = work
        self._days = days
        self._lasting = lasting
        self._after: str | None = None

    async def turn(self) -> bool:
        """Erase a page of them; whether there are more."""
        last_day = (self._work.clock.now() - timedelta(days=self._days)).date().isoformat()
        wanted: dict[str, Any] = {"status": "left", "left_on": {"$gt": "", "$lt": last_day}}
        wanted |= {"_id": {"$gt": self._after}} if self._after else {}
        docs = await self._work.db["people"].find(wanted, {"_id": 1}).sort("_id", 1).limit(PAGE).to_list(None)
        held = await self._held([doc["_id"] for doc in docs])
        for doc in docs:
            if doc["_id"] not in held:
                await self._erase(doc)
        self._after = docs[-1]["_id"] if len(docs) == PAGE else None
        return self._after is not None

    async def _held(self, ids: list[str]) -> set[str]:
        found = self._work.db[HOLDS].find({"person_id": {"$in": ids}}, {"person_id": 1})
        return {doc["person_id"] async for doc in found}

    async def _erase(self, doc: Mapping[str, Any]) -> None:
        asked = AskedErasure(**dict(GROUNDS))
        person_id = PersonId(doc["_id"])
        command = ErasePerson(person_id=person_id, asked=asked, lasting=self._lasting, restored=False)
        try:
            await self._work.run(erase_person, command, key=person_id)
        except Refusal as refusal:
            _log.info("kept for now", person_id=person_id, rule=refusal.rule)
