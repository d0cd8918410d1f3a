"""A file of goals to begin with: three goals, with all that a file may tell."""

import csv
import io
from typing import Final

from services.goals.domain.csv_import.columns import COLUMNS

_ANSWERS: Final = {
    "import_id": "answer-times",
    "title": "Halve the time to answer customers",
    "description": "Customers get a first answer within four hours, not eight.",
    "relevance": "Slow answers are why customers leave us.",
    "kind": "objective",
    "level": "person",
    "perspective": "customer",
    "tags": "service, speed",
    "visibility": "line",
    "weight": "50",
    "starts_on": "2026-01-01",
    "due_on": "2026-03-31",
    "key_result": "Hours to the first answer",
    "type": "decrease",
    "unit": "hours",
    "start": "8",
    "target": "4",
    "commit": "6",
    "stretch": "2",
    "key_result_weight": "2",
    "link": "How others answer",
    "link_url": "https://example.com/answers",
    "initiative": "Write answers to what is asked most",
    "initiative_starts_on": "2026-01-10",
    "initiative_due_on": "2026-02-10",
    "initiative_effort_days": "12.5",
    "initiative_cost": "800",
    "initiative_currency": "EUR",
}
_CONTENT: Final = {
    "import_id": "answer-times",
    "key_result": "Customers who are content",
    "type": "increase",
    "unit_kind": "percent",
    "start": "70",
    "target": "85",
}
_UPTIME: Final = {
    "import_id": "incidents",
    "title": "Keep the service up",
    "description": "Nobody waits for us because we are down.",
    "relevance": "Every hour costs us customers.",
    "kind": "kpi",
    "visibility": "everyone",
    "weight": "50",
    "starts_on": "2026-01-01",
    "due_on": "2026-03-31",
    "key_result": "Uptime",
    "type": "stay_above",
    "unit": "%",
    "target": "99.5",
}
_DESK: Final = {
    "import_id": "desk",
    "title": "Open the second desk",
    "description": "Customers in the east are answered in their own hours.",
    "parent_import_id": "answer-times",
    "starts_on": "2026-01-01",
    "due_on": "2026-03-31",
    "key_result": "Steps to the second desk",
    "type": "milestone",
    "unit_kind": "milestones",
    "milestone": "People are found",
}
_OPEN: Final = {"import_id": "desk", "milestone": "The desk is open", "milestone_weight": "3"}


def sample() -> str:
    """A file with all columns; the first goal has two key results, the last serves it."""
    file = io.StringIO()
    rows = csv.DictWriter(file, [*COLUMNS], restval="", lineterminator="\r\n")
    rows.writeheader()
    rows.writerows([_ANSWERS, _CONTENT, _UPTIME, _DESK, _OPEN])
    return file.getvalue()
