"""Who may do what to feedback.  What is not granted here is denied.

Feedback is read by whom its giver was told when choosing the visibility, and by nobody else:

receiver               giver and receiver
receiver_and_manager   and whoever is the receiver's manager now; not one who was, nor those above
public                 and everyone who works here

So neither HR partner nor HR admin, executive nor auditor reads feedback that is not public.  They
have the events and states, which say who gave what kind to whom and no word of it; auditors have the
audit too, which says who did and read what.

A request is known to who asks and who is asked; not to the person it is about, when a manager
asks, nor to HR.  Recognition is public.
"""

from shared.access import AUDITOR, HR_ADMIN, PRIVACY_OFFICER, Kind, Table, anyone, manager, party, self_, when

_FEEDBACK = Kind("feedback", read="read_feedback")
_REQUEST = Kind("feedback request", read="read_request")
_RECOGNITION = Kind("recognition", read="read_recognition")
_GIVER, _RECEIVER = party("giver_id"), self_("receiver_id")
_REQUESTER, _ASKED = party("requester_id"), party("asked_person_id")

ACCESS = Table(
    "feedback",
    reads={
        "read_feedback": (
            _GIVER,
            _RECEIVER,
            when(manager("receiver_id"), visibility=("receiver_and_manager", "public")),
            when(anyone(), visibility="public"),
        ),
        "read_request": (_REQUESTER, _ASKED),
        "read_recognition": (anyone(),),
        "read_personal_data": (self_("person_id"), PRIVACY_OFFICER),
        "read_audit": (AUDITOR,),
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
    kinds={
        "read_personal_data": Kind("person"),
        "read_audit": Kind("audit"),
        "read_feedback": _FEEDBACK,
        "acknowledge_feedback": _FEEDBACK,
        "withdraw_feedback": _FEEDBACK,
        "read_request": _REQUEST,
        "settle_request": _REQUEST,
        "withdraw_request": _REQUEST,
        "read_recognition": _RECOGNITION,
        "acknowledge_recognition": _RECOGNITION,
    },
)
