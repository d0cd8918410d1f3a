"""Who may do what to a goal.  What is not granted here is denied."""

from shared.access import (
    AUDITOR,
    HR_ADMIN,
    SERVICE,
    Table,
    anyone,
    chain,
    hr_partner,
    manager,
    party,
    self_,
    when,
)

_OWNER, _MANAGER, _CHAIN = self_("owner_id"), manager("owner_id"), chain("owner_id")
_HR = hr_partner("owner_id")

ACCESS = Table(
    "goals",
    reads={
        "read": (
            _OWNER,
            _MANAGER,
            party("asked_id"),
            when(_CHAIN, visibility=("line", "everyone")),
            when(_HR, visibility=("line", "everyone")),
            when(anyone(), visibility="everyone"),
            when(HR_ADMIN, visibility=("line", "everyone")),
            AUDITOR,
        ),
    },
    writes={
        "draft": (_OWNER, _MANAGER, HR_ADMIN),
        "reword": (_OWNER, _MANAGER),
        "propose": (_OWNER, _MANAGER),
        "answer": (party("asked_id"),),
        "measure": (_OWNER, _MANAGER, SERVICE),
        "check_in": (_OWNER, _MANAGER),
        "align": (_OWNER, _MANAGER, HR_ADMIN),
        "close": (_OWNER, _MANAGER),
    },
    conceal="read",
    noun="goal",
)
