"""What the checker knows of the suite, written here a second time, on purpose.

Which events an acknowledged command stands for, and who is told of an event.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tests.faults.records import Doc, Recorded

LOW_CONFIDENCE = 0.4


def promised(entry: Doc) -> list[tuple[Any, ...]]:
    """The events that an acknowledged command stands for."""
    match entry["deed"]:
        case "drafted":
            return [("goal_drafted", entry["goal_id"])]
        case "proposed":
            return [("goal_proposed", entry["goal_id"], entry["to"])]
        case "agreed":
            return [("goal_agreed", entry["goal_id"], entry["by"])]
        case "measured":
            return [("key_result_measured", entry["goal_id"], float(entry["value"]))]
        case "checked_in":
            return [("goal_checked_in", entry["goal_id"], entry["confidence"])]
        case "given":
            return [("feedback_given", entry["feedback_id"], entry["giver"], entry["receiver"])]
        case "launched":
            opened = [("review_opened", entry["cycle_id"], person) for person in entry["people"]]
            return [("cycle_launched", entry["cycle_id"]), *opened]
        case _:
            raise ValueError(entry["deed"])


def names(event: Recorded) -> list[tuple[Any, ...]]:
    """The same names, from the events."""
    data = event.data or {}
    match event.kind:
        case "goal_drafted":
            return [(event.kind, data["goal_id"])]
        case "goal_proposed":
            return [(event.kind, data["goal_id"], data["to_person_id"])]
        case "goal_agreed":
            return [(event.kind, data["goal_id"], data["by_person_id"])]
        case "key_result_measured":
            return [(event.kind, data["goal_id"], float(data["value"]))]
        case "goal_checked_in":
            return [(event.kind, data["goal_id"], data["confidence"])]
        case "feedback_given":
            return [(event.kind, data["feedback_id"], data["giver_id"], data["receiver_id"])]
        case "cycle_launched":
            return [(event.kind, data["cycle_id"])]
        case "review_opened":
            return [(event.kind, data["cycle_id"], data["person_id"])]
        case _:
            return []


TELLS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "goal_proposed": (("to_person_id",), (), "by_person_id"),
    "goal_agreed": (("owner_id",), ("owner_id",), "by_person_id"),
    "goal_checked_in": ((), ("owner_id",), "by_person_id"),
    "goal_declined": (("to_person_id", "owner_id"), (), "by_person_id"),
    "goal_amendment_proposed": (("to_person_id",), (), "by_person_id"),
    "goal_amendment_declined": (("to_person_id",), (), "by_person_id"),
    "goal_amendment_withdrawn": (("to_person_id",), (), "by_person_id"),
    "goal_changed": (("owner_id", "from_owner_id"), ("owner_id",), "by_person_id"),
    "goal_forecast_turned": (("owner_id",), ("owner_id",), ""),
    "goal_fell_overdue": (("owner_id",), ("owner_id",), ""),
    "goal_went_silent": (("owner_id",), (), ""),
    "measurement_corrected": (("owner_id",), ("owner_id",), "by_person_id"),
    "goal_graded": (("owner_id",), ("owner_id",), "by_person_id"),
    "goal_neglected": ((), ("owner_id",), ""),
    "initiative_planned": (("owner_id",), (), "by_person_id"),
    "initiative_changed": (("owner_id", "from_owner_id"), (), "by_person_id"),
    "initiative_closed": (("owner_id", "goal_owner_id"), (), "by_person_id"),
    "initiative_left_alone": (("goal_owner_id",), (), ""),
    "feedback_given": (("receiver_id",), (), "giver_id"),
    "review_opened": (("person_id",), (), ""),
}
"""Of an event, the fields of those who are told, those whose managers are, and the one of who did it."""
BY_SOMEBODY = frozenset({("initiative_closed", "goal_owner_id")})
"""Who is told of what somebody did, and not of what the suite did."""
ONLY_IF: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "goal_checked_in": lambda data: data["confidence"] < LOW_CONFIDENCE,
    "measurement_corrected": lambda data: data["by_person_id"] is not None,
    "goal_changed": lambda data: bool(data["changes"]),
    "goal_forecast_turned": lambda data: "miss" in {data["from_heading"], data["to_heading"]},
}


def told(event: Recorded, managers: Mapping[str, str | None]) -> set[tuple[str, str]]:
    """Who is told of an event: (event id, person)."""
    data = event.data or {}
    if event.kind not in TELLS or not ONLY_IF.get(event.kind, bool)(data):
        return set()
    people, managed, actor = TELLS[event.kind]
    people = tuple(field for field in people if (event.kind, field) not in BY_SOMEBODY or data.get(actor))
    if event.kind == "initiative_left_alone" and data["owner_id"] == data["goal_owner_id"]:
        managed = ("goal_owner_id",)
    named = [data[field] for field in people] + [managers.get(data[field]) for field in managed]
    return {(event.id, person) for person in named if person and person != data.get(actor)}
