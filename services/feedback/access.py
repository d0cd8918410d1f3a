"""Who may do what to feedback.  What is not granted here is denied.

Feedback is read by whom its giver was told when choosing the visibility, and by nobody else:

receiver               giver and receiver
receiver_and_manager   and whoever is the receiver's manager now; not one who was, nor those above
public                 and everyone who works here

So neither HR partner nor HR admin, executive nor auditor reads feedback that is not public.  They
have the events and states, which say who gave what kind to whom and no word of it.  A service asks
with the rights of a person or not at all.

A request is known to who asks and who is asked; not to the person it is about, when a manager
asks, nor to HR.  Recognition is public.
"""

from collections.abc import Mapping
from typing import Final

from shared import mongo
from shared.access import HR_ADMIN, Table, anyone, manager, party, self_, when
from shared.errors import NotFound
from shared.identity import Caller
from shared.work import Transaction

_SHOWN_BY: Final[Mapping[str, str]] = {
    "read_feedback": "read_feedback",
    "acknowledge_feedback": "read_feedback",
    "withdraw_feedback": "read_feedback",
    "read_request": "read_request",
    "settle_request": "read_request",
    "withdraw_request": "read_request",
    "read_recognition": "read_recognition",
    "acknowledge_recognition": "read_recognition",
}
"""What one must be allowed to read to be told that it exists, by what one wants to do."""


class FeedbackTable(Table):
    """A table of several kinds of resources, each hidden from those who may not read it."""

    async def require(self, tx: Transaction, action: str, resource: object) -> None:
        """Return if the caller may; what is hidden is answered as a store answers what is not there."""
        read = _SHOWN_BY.get(action)
        if read is not None and not await self.allows(tx, read, resource):
            raise NotFound(f"There is no {type(resource).__name__.lower()} with this id.")
        if read != action:
            await super().require(tx, action, resource)

    async def demand(self, caller: Caller, action: str, resource: object, database: mongo.Database) -> None:
        """As `require`, outside of any transaction."""
        read = _SHOWN_BY.get(action)
        if read is not None and not await self.decide(caller, read, resource, database):
            raise self.missing()
        if read != action:
            await super().demand(caller, action, resource, database)


_GIVER, _RECEIVER = party("giver_id"), self_("receiver_id")
_REQUESTER, _ASKED = party("requester_id"), party("asked_person_id")

ACCESS = FeedbackTable(
    service="feedback",
    reads={
        "read_feedback": (
            _GIVER,
            _RECEIVER,
            when(manager("receiver_id"), visibility=("receiver_and_manager", "public")),
            when(anyone(), visibility="public"),
        ),
        "read_request": (_REQUESTER, _ASKED),
        "read_recognition": (anyone(),),
        "read_framework": (anyone(), HR_ADMIN),
    },
    writes={
        "give_feedback": (anyone(),),
        "acknowledge_feedback": (_RECEIVER,),
        "withdraw_feedback": (_GIVER,),
        "ask_for_feedback": (self_("about_person_id"), manager("about_person_id")),
        "settle_request": (_ASKED,),
        "withdraw_request": (_REQUESTER,),
        "recognise": (anyone(),),
        "acknowledge_recognition": (party("receiver_ids"),),
        "edit_framework": (HR_ADMIN,),
    },
)
