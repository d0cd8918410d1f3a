"""Who may do what to a goal.  What is not granted here is denied.

A private goal is between its owner, the owner's manager and whoever is asked to agree to it, and auditors
read it; the line above, HR and an audience beyond read what is not: the team, those with the same manager
and who reports to the owner, or everyone.  Nobody does anything to a goal that they may not read, but for
a system that measures, which is answered in figures alone, and HR who closes the private goal of somebody who
has left, which is answered without a word.  Where the manager has left, the nearest above who
works here is the manager.  Grades, and what is said of changes and
refusals, are for the owner, the line above and HR, whoever else reads the goal.

An initiative, of a private goal too, is read by who reads its goal, and by who is to do it.
"""

from collections.abc import Sequence
from typing import Final

from shared.access import (
    AUDITOR,
    HR_ADMIN,
    MEASURING_SYSTEM,
    PRIVACY_OFFICER,
    Grant,
    Kind,
    Table,
    anyone,
    chain,
    hr_of_departed,
    hr_partner,
    manager_in_effect,
    party,
    self_,
    team,
    when,
)

_OWNER, _MANAGER = self_("owner_id"), manager_in_effect("owner_id")
_GOAL_OWNER, _GOAL_MANAGER = self_("goal_owner_id"), manager_in_effect("goal_owner_id")
_EXECUTIVE: Final = Grant("executive", role="executive")
_SHARED: Final = ("line", "team", "everyone")
_ASSIGNMENT: Final = Kind("assignment", read="read_assignment")
_PERIOD: Final = Kind("period", read="read_period")
_INITIATIVE: Final = Kind("initiative", read="read_initiative")
_TEMPLATE: Final = Kind("goal template", read="read_template")


def _readers(owner: str, visibility: str) -> Sequence[Grant]:
    """Who reads a goal, by the fields that tell whose it is and who may see it."""
    shared = {visibility: _SHARED}
    return (
        self_(owner),
        manager_in_effect(owner),
        when(chain(owner), **shared),
        when(hr_partner(owner), **shared),
        when(team(owner), **{visibility: "team"}),
        when(anyone(), **{visibility: "everyone"}),
        when(HR_ADMIN, **shared),
        AUDITOR,
    )


ACCESS = Table(
    "goals",
    reads={
        "read": (party("asked_id"), *_readers("owner_id", "visibility")),
        "read_grades": (
            _OWNER,
            _MANAGER,
            when(chain("owner_id"), visibility=_SHARED),
            when(hr_partner("owner_id"), visibility=_SHARED),
            when(HR_ADMIN, visibility=_SHARED),
            AUDITOR,
        ),
        "read_initiative": (party("owner_id"), *_readers("goal_owner_id", "goal_visibility")),
        "read_template": (when(anyone(), status="published"), HR_ADMIN, AUDITOR),
        "read_edition": (when(anyone(), published=True), HR_ADMIN, AUDITOR),
        "read_period": (anyone(), HR_ADMIN, AUDITOR),
        "read_personal_data": (self_("person_id"), PRIVACY_OFFICER),
        "read_audit": (AUDITOR,),
        "read_assignment": (party("by_person_id"), when(HR_ADMIN, visibility=_SHARED), AUDITOR),
    },
    writes={
        "draft": (_OWNER, _MANAGER, HR_ADMIN),
        "set_for_organisation": (HR_ADMIN, _EXECUTIVE),
        "assign": (HR_ADMIN,),
        "open_period": (HR_ADMIN,),
        "write_template": (HR_ADMIN,),
        "keep_template": (HR_ADMIN,),
        "carry_over": (_OWNER, _MANAGER),
        "reword": (_OWNER, _MANAGER),
        "propose": (_OWNER, _MANAGER),
        "withdraw": (_OWNER, _MANAGER),
        "answer": (party("asked_id"),),
        "amend": (_OWNER, _MANAGER),
        "measure": (_OWNER, _MANAGER, MEASURING_SYSTEM),
        "check_in": (_OWNER, _MANAGER),
        "align": (_OWNER, _MANAGER, when(HR_ADMIN, visibility=_SHARED)),
        "grade_self": (_OWNER,),
        "grade": (
            _MANAGER,
            when(hr_partner("owner_id"), visibility=_SHARED),
            when(HR_ADMIN, visibility=_SHARED),
        ),
        "close": (
            _OWNER,
            _MANAGER,
            when(HR_ADMIN, visibility=_SHARED),
            when(hr_of_departed("owner_id"), visibility="private"),
        ),
        "look_back": (_OWNER, _MANAGER, when(HR_ADMIN, visibility=_SHARED)),
        "plan_initiative": (_OWNER, _MANAGER, when(HR_ADMIN, visibility=_SHARED, status="draft")),
        "change_initiative": (_GOAL_OWNER, _GOAL_MANAGER),
        "report_on_initiative": (party("owner_id"), _GOAL_OWNER, _GOAL_MANAGER),
    },
    conceal="read",
    noun="goal",
    kinds={
        "read_personal_data": Kind("person"),
        "read_audit": Kind("audit"),
        "read_assignment": _ASSIGNMENT,
        "assign": Kind("assignment"),
        "read_period": _PERIOD,
        "open_period": _PERIOD,
        "read_template": _TEMPLATE,
        "read_edition": Kind("edition of a goal template", read="read_edition"),
        "write_template": Kind("goal template"),
        "keep_template": _TEMPLATE,
        "read_initiative": _INITIATIVE,
        "change_initiative": _INITIATIVE,
        "report_on_initiative": _INITIATIVE,
    },
)
