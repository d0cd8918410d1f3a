"""What the directory makes of a caller's token: nothing of who has left, and more of who is in a group.

Takes a token's worth from those who have left, or were erased since, until their identity provider does, and
adds the roles that the provider's groups give.  Relations ask the directory themselves; `self` and roles do
not, so that the commonest decisions read nothing.  Asked once a request, remembered for seconds.
"""

import time
from dataclasses import replace
from typing import Final

from shared import mongo
from shared.directory import PEOPLE
from shared.erasure import FORGETTINGS, erasure_id_of
from shared.identity import GROUP_ROLES, Caller, GroupRole
from shared.ids import PersonId

Known = tuple[bool, frozenset[GroupRole]]
"""Whether somebody has left, and the roles that groups give them."""
NOBODY: Final[Known] = False, frozenset()


class Standing:
    """Whether callers still work here, and their roles by group, as the local copy has it, `seconds` late."""

    def __init__(self, database: mongo.Database, *, seconds: float = 5.0) -> None:
        self._database = database
        self._seconds = seconds
        self._remembered: dict[PersonId, tuple[Known, float]] = {}

    async def admit(self, caller: Caller) -> Caller:
        """The caller; without person and roles if they have left.  Who was never known stays as they are."""
        person_id = caller.person_id
        if person_id is None:
            return caller
        left, roles = await self._known(person_id)
        if left:
            return Caller(subject=caller.subject)
        if roles <= caller.roles:
            return caller
        return replace(caller, roles=caller.roles | roles)

    async def _known(self, person_id: PersonId) -> Known:
        now = time.monotonic()
        known, until = self._remembered.get(person_id, (NOBODY, 0.0))
        if until > now:
            return known
        known = await self._read(person_id)
        if len(self._remembered) > 10_000:
            self._remembered.clear()
        self._remembered[person_id] = known, now + self._seconds
        return known

    async def _read(self, person_id: PersonId) -> Known:
        doc = await self._database[PEOPLE].find_one({"_id": person_id}, {"status": 1, "roles": 1})
        if doc is None or "status" not in doc:  # not there, or a place that who reports to them keeps
            wanted = {"_id": erasure_id_of(person_id)}
            return await self._database[FORGETTINGS].find_one(wanted, {"_id": 1}) is not None, frozenset()
        given = doc.get("roles") or ()
        return doc["status"] == "left", frozenset({role for role in GROUP_ROLES if role in given})
