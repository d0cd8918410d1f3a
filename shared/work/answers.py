"""Answers that are kept for keys that come again, and how the words of what is deleted leave them.

An answer repeats what its command wrote, so it goes with it: a stub stays behind, so that the
command is not run a second time.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pymongo import ASCENDING, IndexModel, UpdateMany

ANSWERS: Final = "idempotency"
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    ANSWERS: [
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
        IndexModel([("about", ASCENDING)], name="by_what_was_written"),
    ]
}


def without_words_of(ids: Iterable[Any]) -> UpdateMany:
    """Empties the answers of the commands that wrote any of these documents."""
    gone = {"body": None, "etag": None, "location": None, "gone": True}
    return UpdateMany({"about": {"$in": [*ids]}}, {"$set": gone})


__all__ = ["ANSWERS", "INDEXES", "without_words_of"]
