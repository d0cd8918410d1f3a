"""What the directory makes of a caller's token: nothing of who has left, and more of who is in a group.

Finds whose the address is where tokens say that instead of an id.  Takes a token's worth from those who have
left, or were erased since, until their identity provider does, and adds the roles that the provider's groups
give.  Relations ask the directory themselves; `self` and roles do not, so that the commonest decisions read
nothing.  Asked once a request, remembered for seconds.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from shared import mongo
from shared.directory import PEOPLE
from shared.erasure import FORGETTINGS, erasure_id_of
from shared.errors import Forbidden
from shared.identity import GROUP_ROLES, Caller, GroupRole
from shared.ids import PersonId


class NobodyOfThisAddress(Forbidden):
    """The address in the token is not that of one person who works here."""


class Known(NamedTuple):
    """Who somebody is, None for who has left, and the roles that groups give them."""

    person_id: PersonId | None
    roles: frozenset[GroupRole] = frozenset()


_FIELDS: Final = {"status": 1, "roles": 1}
_LEFT: Final = Known(None)


class Standing:
    """Who callers are, whether they still work here and their roles by group, as the local copy has it.

    It is remembered for `seconds`.
    """

    def __init__(self, database: mongo.Database, *, seconds: float = 5.0) -> None:
        self._database = database
        self._seconds = seconds
        self._remembered: dict[tuple[PersonId | None, str | None], tuple[Known, float]] = {}

    async def admit(self, caller: Caller) -> Caller:
        """The caller; without person and roles if they have left.  Who was never known stays as they are.

        Raises:
            NobodyOfThisAddress: it is nobody's, of more than one, or of somebody who has left.
        """
        if caller.person_id is None and caller.email is None:
            return caller
        known = await self._known(caller)
        if known.person_id is None:
            if caller.email is not None:
                raise NobodyOfThisAddress(
                    "Nobody who works here has the e-mail address of your token, or more than one has; let HR"
                    " set it right."
                )
            return Caller(subject=caller.subject)
        if caller.email is None and known.roles <= caller.roles:
            return caller
        return replace(caller, person_id=known.person_id, email=None, roles=caller.roles | known.roles)

    async def _known(self, caller: Caller) -> Known:
        now, key = time.monotonic(), (caller.person_id, caller.email)
        known, until = self._remembered.get(key, (_LEFT, 0.0))
        if until > now:
            return known
        known = await self._look_up(caller)
        if len(self._remembered) > 10_000:
            self._remembered.clear()
        self._remembered[key] = known, now + self._seconds
        return known

    async def _look_up(self, caller: Caller) -> Known:
        if caller.email is not None:
            return await self._by_address(caller.email)
        return await self._by_id(caller.person_id or PersonId(""))

    async def _by_id(self, person_id: PersonId) -> Known:
        doc = await self._database[PEOPLE].find_one({"_id": person_id}, _FIELDS)
        if doc is not None and "status" in doc:
            return _of(doc)
        # not there, or there as a place that who reports to them keeps
        wanted = {"_id": erasure_id_of(person_id)}
        forgotten = await self._database[FORGETTINGS].find_one(wanted, {"_id": 1}) is not None
        return _LEFT if forgotten else Known(person_id)

    async def _by_address(self, email: str) -> Known:
        found = await self._database[PEOPLE].find({"email": email}, _FIELDS).limit(2).to_list(None)
        return _of(found[0]) if len(found) == 1 else _LEFT


def _of(doc: Mapping[str, Any]) -> Known:
    given = doc.get("roles") or ()
    active = doc["status"] == "active"
    return Known(doc["_id"], frozenset({role for role in GROUP_ROLES if role in given})) if active else _LEFT
