"""Who may do what to a goal.  What is not granted here is denied.

A private goal is between its owner, the owner's manager and whoever is asked to agree to it; the
line above, HR and an audience beyond read what is not: the team, those with the same manager and who
reports to the owner, or everyone.  Nobody does anything to a goal that they
may not read, but for a machine that measures: it is answered in figures alone.  Grades are for the
owner, the line above and HR, whoever else reads the goal.
"""

from typing import Final

from shared.access import (
    AUDITOR,
    HR_ADMIN,
    SERVICE,
    Grant,
    Kind,
    Table,
    anyone,
    chain,
    hr_partner,
    manager,
    party,
    self_,
    team,
    when,
)

_OWNER, _MANAGER, _CHAIN = self_("owner_id"), manager("owner_id"), chain("owner_id")
_HR = hr_partner("owner_id")
_EXECUTIVE: Final = Grant("executive", role="executive")
_SHARED: Final = ("line", "team", "everyone")
_ASSIGNMENT: Final = Kind("assignment", read="read_assignment")
_PERIOD: Final = Kind("period", read="read_period")

ACCESS = Table(
    "goals",
    reads={
        "read": (
            _OWNER,
            _MANAGER,
            party("asked_id"),
            when(_CHAIN, visibility=_SHARED),
            when(_HR, visibility=_SHARED),
            when(team("owner_id"), visibility="team"),
            when(anyone(), visibility="everyone"),
            when(HR_ADMIN, visibility=_SHARED),
            AUDITOR,
        ),
        "read_grades": (
            _OWNER,
            _MANAGER,
            when(_CHAIN, visibility=_SHARED),
            when(_HR, visibility=_SHARED),
            when(HR_ADMIN, visibility=_SHARED),
            AUDITOR,
        ),
        "read_period": (anyone(), HR_ADMIN, AUDITOR, SERVICE),
        "read_assignment": (party("by_person_id"), when(HR_ADMIN, visibility=_SHARED), AUDITOR),
    },
    writes={
        "draft": (_OWNER, _MANAGER, HR_ADMIN),
        "set_for_organisation": (HR_ADMIN, _EXECUTIVE),
        "assign": (HR_ADMIN,),
        "open_period": (HR_ADMIN,),
        "carry_over": (_OWNER, _MANAGER),
        "reword": (_OWNER, _MANAGER),
        "propose": (_OWNER, _MANAGER),
        "withdraw": (_OWNER, _MANAGER),
        "answer": (party("asked_id"),),
        "amend": (_OWNER, _MANAGER),
        "measure": (_OWNER, _MANAGER, SERVICE),
        "check_in": (_OWNER, _MANAGER),
        "align": (_OWNER, _MANAGER, when(HR_ADMIN, visibility=_SHARED)),
        "grade_self": (_OWNER,),
        "grade": (_MANAGER,),
        "close": (_OWNER, _MANAGER, when(HR_ADMIN, visibility=_SHARED)),
    },
    conceal="read",
    noun="goal",
    kinds={
        "read_assignment": _ASSIGNMENT,
        "assign": Kind("assignment"),
        "read_period": _PERIOD,
        "open_period": _PERIOD,
    },
)
