"""Indexes that the stores of several services have."""

from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel


def newest_first(time: str, *fields: str, name: str, **options: Any) -> IndexModel:
    """Of those that have the same in some fields the newest first, as pages are read."""
    keys = [(field, ASCENDING) for field in fields]
    return IndexModel([*keys, (time, DESCENDING), ("_id", DESCENDING)], name=name, **options)


__all__ = ["newest_first"]
