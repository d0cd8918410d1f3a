"""Who may do what to what: one table a service, asked as a decision and as a query filter.

Everything is denied unless the table grants it.  This package owns how a table is asked; what is in
one is its service's, and who relates to whom is `shared.directory`'s.

    ACCESS = Table(
        "goals",
        reads={"read": (self_("owner_id"), chain("owner_id"), when(anyone(), visibility="public"), AUDITOR)},
        writes={"close": (self_("owner_id"), manager("owner_id"))},
        conceal="read",
        noun="goal",
    )
"""

from shared.access.grants import (
    AUDITOR,
    HR_ADMIN,
    HR_SYSTEM,
    MEASURING_SYSTEM,
    PRIVACY_OFFICER,
    SUITE,
    Grant,
    anyone,
    chain,
    executive,
    hr_of_departed,
    hr_partner,
    manager,
    manager_in_effect,
    party,
    self_,
    team,
    when,
)
from shared.access.standing import NobodyOfThisAddress, Standing
from shared.access.table import NOTHING, Kind, Table, UnknownAction

__all__ = [
    "AUDITOR",
    "HR_ADMIN",
    "HR_SYSTEM",
    "MEASURING_SYSTEM",
    "NOTHING",
    "PRIVACY_OFFICER",
    "SUITE",
    "Grant",
    "Kind",
    "NobodyOfThisAddress",
    "Standing",
    "Table",
    "UnknownAction",
    "anyone",
    "chain",
    "executive",
    "hr_of_departed",
    "hr_partner",
    "manager",
    "manager_in_effect",
    "party",
    "self_",
    "team",
    "when",
]
