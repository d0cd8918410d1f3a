"""Takes a token's worth from those who have left, until their identity provider does.

Relations ask the directory themselves; `self` and roles do not, so that the commonest decisions
read nothing.  Asked once a request, remembered for seconds.
"""

import time

from shared import mongo
from shared.directory import PEOPLE
from shared.identity import Caller
from shared.ids import PersonId


class Standing:
    """Whether callers still work here, as the local copy has it, at most `seconds` ago."""

    def __init__(self, database: mongo.Database, *, seconds: float = 5.0) -> None:
        self._database = database
        self._seconds = seconds
        self._left: dict[PersonId, tuple[bool, float]] = {}

    async def admit(self, caller: Caller) -> Caller:
        """The caller; without person and roles if they have left.  Who is not known stays as they are."""
        person_id = caller.person_id
        if person_id is None or not await self._has_left(person_id):
            return caller
        return Caller(subject=caller.subject)

    async def _has_left(self, person_id: PersonId) -> bool:
        now = time.monotonic()
        left, until = self._left.get(person_id, (False, 0.0))
        if until > now:
            return left
        doc = await self._database[PEOPLE].find_one({"_id": person_id}, {"status": 1})
        left = doc is not None and doc.get("status") == "left"
        if len(self._left) > 10_000:
            self._left.clear()
        self._left[person_id] = left, now + self._seconds
        return left
