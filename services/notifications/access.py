"""Who may do what to notifications, inboxes and preferences.  What is not granted here is denied.

They are each person's own: no manager, HR role, auditor nor service reads what another was told.
Analysts have the published events, which say that and never what; auditors the audit, which says who changed
what.  What was withdrawn nobody reads.
"""

from shared.access import AUDITOR, PRIVACY_OFFICER, Kind, Table, self_, when

_OWN = self_("person_id")
_SHOWN = when(_OWN, withdrawn_at=None)

ACCESS = Table(
    "notifications",
    reads={
        "read": (_SHOWN,),
        "read_personal_data": (_OWN, PRIVACY_OFFICER),
        "read_audit": (AUDITOR,),
    },
    writes={"mark_read": (_SHOWN,), "choose": (_OWN,)},
    conceal="read",
    noun="notification",
    kinds={"read_personal_data": Kind("person"), "read_audit": Kind("audit")},
)
