"""One row for each change that somebody asked for, and for each read of confidential data.

Rows hold ids and facts; what was said, and why in words, stays with what it is about.  What follows from a
change by itself has no row: it carries the change's correlation id.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel

from shared.identity import Caller

AUDIT: Final = "audit"
HEAD: Final = "audit_head"
ANCHORED: Final = "audit_anchored"
"""How far the newest anchor goes, for looking at."""
MOST_IDS: Final = 50
"""Of what a row is about; `more` counts the others."""
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    AUDIT: [
        IndexModel(
            [("sealed", ASCENDING), ("_id", ASCENDING)],
            name="unsealed",
            partialFilterExpression={"sealed": False},
        ),
        IndexModel(
            [("number", ASCENDING)],
            name="chain",
            unique=True,
            partialFilterExpression={"number": {"$gt": 0}},
        ),
        IndexModel([("person_id", ASCENDING), ("_id", DESCENDING)], name="by_person"),
        IndexModel([("about", ASCENDING), ("_id", DESCENDING)], name="by_subject"),
    ],
    HEAD: [],
    ANCHORED: [],
}
Row = dict[str, Any]


class Origin(NamedTuple):
    """By what an action was asked for, and from where."""

    deed: str = ""
    address: str = ""


def change_row(
    caller: Caller,
    origin: Origin,
    *,
    about: Iterable[str],
    events: Sequence[str],
    reasoned: bool,
    correlation_id: str,
) -> Row:
    """That somebody changed something; `events` tell of it, `reasoned` is whether they said why."""
    said = {"events": [*events][:MOST_IDS], "reasoned": reasoned}
    return _row("change", caller, origin, about, correlation_id) | said


def read_row(
    caller: Caller,
    origin: Origin,
    *,
    action: str,
    about: Iterable[str],
    asked: Mapping[str, str],
    correlation_id: str,
) -> Row:
    """That somebody was shown something; of a list also which ids were `asked` for."""
    said = {"action": action, "asked": dict(asked)}
    return _row("read", caller, origin, about, correlation_id) | said


def _row(kind: str, caller: Caller, origin: Origin, about: Iterable[str], correlation_id: str) -> Row:
    ids = [*about]
    return {
        "_id": ObjectId(),
        "sealed": False,
        "kind": kind,
        "at": datetime.now(UTC),
        "by": caller.subject,
        "person_id": caller.person_id,
        "roles": sorted(caller.roles),
        "deed": origin.deed,
        "address": origin.address,
        "about": ids[:MOST_IDS],
        "more": max(0, len(ids) - MOST_IDS),
        "correlation_id": correlation_id,
    }
