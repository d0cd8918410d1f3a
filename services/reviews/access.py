"""Who may do what to a review.  What is not granted here is denied.

Those above a person follow how far their reviews have come, and read what was written once it is
shared.  Of drafts, the person's own is theirs alone.  Where nobody is the reviewer, HR assesses.
One rule stands above the table: nobody, whatever their role, assesses their own review or reads its
manager's assessment before it is shared (domain/review.py).
"""

from services.reviews.domain.review import SHARED
from shared.access import (
    AUDITOR,
    HR_ADMIN,
    PRIVACY_OFFICER,
    Kind,
    Table,
    anyone,
    chain,
    hr_partner,
    party,
    self_,
    when,
)

_PERSON, _REVIEWER, _CHAIN = self_("person_id"), party("reviewer_id"), chain("person_id")
_HR = hr_partner("person_id")
_ASSESSED = ("ready_to_share", *SHARED)
_ASSESSORS = (_REVIEWER, when(_HR, reviewer_id=None), when(HR_ADMIN, reviewer_id=None))
_STEWARDS = (_REVIEWER, _HR, HR_ADMIN)
_CYCLE = Kind("cycle", read="read_cycle")

ACCESS = Table(
    "reviews",
    reads={
        "read": (_PERSON, _REVIEWER, _CHAIN, _HR, HR_ADMIN, AUDITOR),
        "read_self_assessment": (
            _PERSON,
            when(_REVIEWER, self_submitted=True),
            when(_CHAIN, self_submitted=True, stage=SHARED),
            when(_HR, self_submitted=True),
            when(HR_ADMIN, self_submitted=True),
            when(AUDITOR, self_submitted=True),
        ),
        "read_manager_assessment": (
            _REVIEWER,
            HR_ADMIN,
            when(_PERSON, stage=SHARED),
            when(_CHAIN, stage=SHARED),
            when(_HR, reviewer_id=None),
            when(_HR, stage=_ASSESSED),
            when(AUDITOR, stage=_ASSESSED),
        ),
        "read_evidence": (_PERSON, _REVIEWER, _HR, HR_ADMIN, AUDITOR),
        "read_cycle": (anyone(), HR_ADMIN, AUDITOR),
        "read_personal_data": (_PERSON, PRIVACY_OFFICER),
        "read_audit": (AUDITOR,),
        "read_launch": (HR_ADMIN, AUDITOR),
    },
    writes={
        "launch": (HR_ADMIN,),
        "assess_self": (_PERSON,),
        "assess": _ASSESSORS,
        "waive_self_assessment": _STEWARDS,
        "reopen": _STEWARDS,
        "share": _STEWARDS,
        "acknowledge": (_PERSON,),
    },
    conceal="read",
    noun="review",
    kinds={
        "read_personal_data": Kind("person"),
        "read_audit": Kind("audit"),
        "read_cycle": _CYCLE,
        "read_launch": _CYCLE,
        "launch": Kind("cycle"),
    },
)
