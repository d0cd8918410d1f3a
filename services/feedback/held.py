"""What the feedback service holds of people, and what an erasure makes of it."""

from typing import Final

from shared.erasure import COPY, Held

_ANOTHERS: Final = "It belongs to who got it; who gave it is an id that names nobody."

HELD: Final = (
    Held("feedback_received", "feedback", "receiver_id", "deleted", "Whoever gave it."),
    Held("feedback_given", "feedback", "giver_id", "kept", _ANOTHERS),
    Held("request_sent", "feedback_requests", "requester_id", "deleted", "Answered or not."),
    Held(
        "request_about",
        "feedback_requests",
        "about_person_id",
        "deleted",
        "Whoever asked. Its words are between those two and are not handed out.",
        hidden=("question", "reason"),
    ),
    Held(
        "request_to_answer",
        "feedback_requests",
        "asked_person_id",
        "kept",
        "It belongs to who asked; why it was declined is struck out.",
    ),
    Held(
        "recognition_received",
        "recognitions",
        "receiver_ids",
        "deleted",
        "If nobody else was named; else it belongs to the others, too, and stays.",
    ),
    Held("recognition_given", "recognitions", "giver_id", "kept", _ANOTHERS),
    Held("presence", "presences", "_id", "kept", "An id, and that they have left.", handed_out=False),
    Held(
        "known_goal",
        "known_goals",
        "owner_id",
        "deleted",
        "Once the goals service has told.",
        handed_out=False,
    ),
    COPY,
)
