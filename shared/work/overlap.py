"""Whether a document could be among the results of a query: a cheap yes unless it surely is not."""

from collections.abc import Mapping
from typing import Any

_PLAIN = (str, int, float, bool)


def may_match(filter_: Mapping[str, Any], doc: Mapping[str, Any]) -> bool:
    """False only if a plain equality or `$in` of the filter rules the document out.

    An empty document stands for one that is not known, and may match anything.
    """
    if not doc:
        return True
    return all(_may_equal(condition, name, doc) for name, condition in filter_.items())


def _may_equal(condition: Any, name: str, doc: Mapping[str, Any]) -> bool:
    if name.startswith("$") or "." in name:
        return True
    value = doc.get(name)
    if isinstance(value, list):
        return not isinstance(condition, _PLAIN) or condition in value
    if value is not None and not isinstance(value, _PLAIN):
        return True
    if isinstance(condition, _PLAIN):
        return value == condition
    if isinstance(condition, Mapping) and set(condition) == {"$in"}:  # pyright: ignore[reportUnknownArgumentType]
        return value is None or value in condition["$in"]
    return True
