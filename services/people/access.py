"""Who may do what in the directory.  What is not granted here is denied.

Everybody who works here reads the entries of those who work here: name, title, level, unit, manager.
Who has left, what other systems call a person, and demographic attributes are for fewer.

Who answers people about their data, the privacy officer, reads all that is held of one, and has them erased;
HR can hold that back and not bring it about.

The HR system imports people and reads what it needs for that.  Services of the suite read nothing here: they
have the copy.

Relations are asked of the same local copy that every other service keeps, which this service fills
from its own state topic.  So a relation means the same everywhere, is asked by the same indexes,
and is the same moment late here as elsewhere; what the service decides about the directory itself
(who reports to whom, whose number it is) it reads from its own store.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from shared import mongo
from shared.access import (
    AUDITOR,
    HR_ADMIN,
    HR_SYSTEM,
    PRIVACY_OFFICER,
    SUITE,
    Grant,
    Kind,
    Table,
    anyone,
    hr_partner,
    party,
    self_,
    when,
)
from shared.identity import Caller
from shared.ids import PersonId
from shared.work import Transaction

IDENTITY_PROVIDER: Final = Caller(subject="scim", roles=frozenset({"hr_admin"}))
"""Whose SCIM token stands for HR's own system: nobody in the directory."""
_SHOWN_BY: Final[Mapping[str, str]] = {
    "read_person": "read_person",
    "change": "read_person",
    "record_departure": "read_person",
    "take_back": "read_person",
    "record_demographics": "read_person",
}
"""What one must be allowed to read to be told that it exists, by what one wants to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the organisation that somebody new is to fill, and the HR partners of its unit."""

    hr_partner_ids: tuple[PersonId, ...] = ()


class PeopleTable(Table):
    """A table in which entries are hidden from those who may not read them."""

    async def require(self, tx: Transaction, action: str, resource: object) -> None:
        """Return if the caller may; a hidden entry is answered like one that does not exist."""
        read = _SHOWN_BY.get(action)
        if read is not None and not await self.allows(tx, read, resource):
            raise self.missing()
        if read != action:
            await super().require(tx, action, resource)

    async def demand(self, caller: Caller, action: str, resource: object, database: mongo.Database) -> None:
        """As `require`, outside of any transaction."""
        read = _SHOWN_BY.get(action)
        if read is not None and not await self.decide(caller, read, resource, database):
            raise self.missing()
        if read != action:
            await super().demand(caller, action, resource, database)


_SELF, _HR_PARTNER = self_("person_id"), hr_partner("person_id")
_HR_PARTNER_THERE: Grant = replace(party("hr_partner_ids"), name="HR partner", role="hr_partner")

ACCESS = PeopleTable(
    "people",
    reads={
        "read_person": (
            when(anyone(), status="active"),
            _HR_PARTNER,
            HR_ADMIN,
            PRIVACY_OFFICER,
            AUDITOR,
            HR_SYSTEM,
        ),
        "read_numbers": (_SELF, _HR_PARTNER, HR_ADMIN, AUDITOR, HR_SYSTEM),
        "read_demographics": (_SELF, HR_ADMIN),
        "read_unit": (anyone(), HR_ADMIN, AUDITOR, HR_SYSTEM),
        "read_import": (HR_ADMIN, HR_SYSTEM),
        "read_import_problems": (HR_ADMIN, HR_SYSTEM),
        "read_personal_data": (_SELF, PRIVACY_OFFICER),
        "read_audit": (AUDITOR,),
        "read_erasure": (HR_ADMIN, PRIVACY_OFFICER, AUDITOR),
    },
    writes={
        "join": (_HR_PARTNER_THERE, HR_ADMIN),
        "change": (_HR_PARTNER, HR_ADMIN),
        "record_departure": (_HR_PARTNER, HR_ADMIN),
        "take_back": (_HR_PARTNER, HR_ADMIN),
        "record_demographics": (HR_ADMIN,),
        "give_roles": (HR_ADMIN,),
        "edit_unit": (HR_ADMIN,),
        "import_people": (HR_ADMIN, HR_SYSTEM),
        "erase": (PRIVACY_OFFICER, SUITE),
        "hold": (HR_ADMIN, PRIVACY_OFFICER),
    },
    noun="person",
    stored={"person_id": "_id"},
    kinds={"read_erasure": Kind("erasure"), "read_audit": Kind("audit")},
)
