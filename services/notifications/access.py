"""Who may do what to notifications, inboxes and preferences.  What is not granted here is denied.

They are each person's own: no manager, HR role, auditor nor service reads what another was told.
Analysts have the published events, which say that and never what.
"""

from shared.access import Table, self_

_OWN = self_("person_id")

ACCESS = Table(
    "notifications",
    reads={"read": (_OWN,)},
    writes={"mark_read": (_OWN,), "choose": (_OWN,)},
    conceal="read",
    noun="notification",
)
