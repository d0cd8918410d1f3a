"""What the goals service holds of people, and what an erasure makes of it."""

from typing import Final

from services.goals.history_store import CHECK_INS, EDITIONS, MEASUREMENTS
from services.goals.initiative_store import INITIATIVES, REPORTS
from services.goals.store import ASSIGNMENTS, GOALS, OUTLOOKS, PERIODS, ROLL_UPS
from services.goals.template_store import TEMPLATE_EDITIONS, TEMPLATES
from shared.erasure import COPY, Held

_THEIR_GOALS: Final = (GOALS, "owner_id")
_WITH_GOAL: Final = "With the goal."

HELD: Final = (
    Held("goal", GOALS, "owner_id", "deleted", "With all its words and figures; sums are counted again."),
    Held("measurement", MEASUREMENTS, "goal_id", "deleted", _WITH_GOAL, part_of=_THEIR_GOALS),
    Held("check_in", CHECK_INS, "goal_id", "deleted", _WITH_GOAL, part_of=_THEIR_GOALS),
    Held("edition", EDITIONS, "goal_id", "deleted", _WITH_GOAL, part_of=_THEIR_GOALS),
    Held("outlook", OUTLOOKS, "_id", "deleted", _WITH_GOAL, part_of=_THEIR_GOALS, handed_out=False),
    Held("initiative", INITIATIVES, "goal_owner_id", "deleted", _WITH_GOAL),
    Held(
        "initiative_to_do",
        INITIATIVES,
        "owner_id",
        "kept",
        "It belongs to the goal of somebody else; nobody works on it any more.",
    ),
    Held(
        "initiative_report",
        REPORTS,
        "initiative_id",
        "deleted",
        _WITH_GOAL,
        part_of=(INITIATIVES, "goal_owner_id"),
    ),
    Held(
        "goal_to_answer",
        GOALS,
        "asked_id",
        "kept",
        "The proposal of somebody else, who asks another person then.",
        handed_out=False,
    ),
    Held(
        "measured_for_others",
        MEASUREMENTS,
        "by_person_id",
        "kept",
        "It belongs to the goal of somebody else.",
    ),
    Held("said_of_others", CHECK_INS, "by_person_id", "kept", "It belongs to the goal of somebody else."),
    Held("assignment", ASSIGNMENTS, "by_person_id", "kept", "It belongs to those whom it was given to."),
    Held("template", TEMPLATES, "written_by", "kept", "It belongs to the organisation."),
    Held("template_edition", TEMPLATE_EDITIONS, "written_by", "kept", "It belongs to the organisation."),
    Held("period", PERIODS, "opened_by", "kept", "It belongs to the organisation.", handed_out=False),
    Held(
        "roll_up", ROLL_UPS, "_id", "deleted", "Soon after the goal.", part_of=_THEIR_GOALS, handed_out=False
    ),
    COPY,
)
