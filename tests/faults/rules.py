"""What the checker knows of the suite, written here a second time, on purpose.

Which events an acknowledged command stands for, and who is told of an event.
"""

from collections.abc import Mapping
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


def told(event: Recorded, managers: Mapping[str, str | None]) -> set[tuple[str, str]]:
    """Who is told of an event: (event id, person)."""
    data, people, actor = event.data or {}, [], None
    match event.kind:
        case "goal_proposed":
            people, actor = [data["to_person_id"]], data["by_person_id"]
        case "goal_agreed":
            people, actor = [data["owner_id"], managers.get(data["owner_id"])], data["by_person_id"]
        case "goal_checked_in" if data["confidence"] < LOW_CONFIDENCE:
            people, actor = [managers.get(data["owner_id"])], data["by_person_id"]
        case "goal_forecast_turned" if "miss" in {data["from_heading"], data["to_heading"]}:
            people = [data["owner_id"], managers.get(data["owner_id"])]
        case "goal_fell_overdue":
            people = [data["owner_id"], managers.get(data["owner_id"])]
        case "goal_went_silent":
            people = [data["owner_id"]]
        case "goal_neglected":
            people = [managers.get(data["owner_id"])]
        case "feedback_given":
            people, actor = [data["receiver_id"]], data["giver_id"]
        case "review_opened":
            people = [data["person_id"]]
        case _:
            pass
    return {(event.id, person) for person in people if person and person != actor}
