"""Goals counted by MongoDB: from an index alone where they are very many.

All that is counted of a goal stands in its document as one word, its tally, and the index `counted_goals`
has the tally beside what goals are counted by most.  To read a million entries of an index takes a fraction
of the time for a million goals.  MongoDB keeps to an index alone only where a plain range of it holds all
that is wanted: so who reads all goals that are shared has these counted from the index, and the few others
that they read as well are counted apart.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, get_args

from pymongo.errors import ExecutionTimeout

from services.goals.store import COUNTED, TALLIED
from shared.contracts.goals import Visibility
from shared.errors import Refusal
from shared.mongo import Collection, Doc

MOST_MS: Final = 20_000
"""How long counting may take."""
IN_INDEX: Final = frozenset({"level", "kind", "period_id"})
"""What is wanted of goals and still counted from the index alone, beside their stage."""
KEYS: Final = frozenset({"level", "kind", "period_id", "owner_id", "visibility"})
"""What goals are counted by from the index alone; None for what the tally tells."""
VISIBILITIES: Final[Sequence[Visibility]] = get_args(Visibility)


class TooMuchToCount(Refusal):
    """Counting takes too long."""

    status = 503


class Part(NamedTuple):
    """Some of the goals that are counted, and the index `by` which, if one holds all that is asked."""

    filter: Mapping[str, Any]
    by: str | None = None


def parts_of(seen: Mapping[str, Any], wanted: Mapping[str, Any], key: str | None) -> Sequence[Part]:
    """The goals that match both, each in one part; to be counted by a field, or by their tally alone."""
    shared = _shared(seen)
    in_index = wanted.keys() <= {*IN_INDEX, "status"} and (key is None or key in KEYS)
    if not shared or not in_index:
        return [Part({"$and": [seen, wanted]})]
    covered = {"visibility": {"$in": shared}, **_in_tally(wanted)}
    others = [each for each in VISIBILITIES if each not in shared]
    rest = [Part({"$and": [seen, wanted, {"visibility": {"$in": others}}]})] if others else []
    return [Part(covered, COUNTED), *rest]


async def grouped(
    goals: Collection, parts: Sequence[Part], group: Mapping[str, Any], then: Sequence[Doc] = ()
) -> AsyncIterator[Doc]:
    """The groups of each part in turn: one may come of several; raises `TooMuchToCount`."""
    for part in parts:
        pipeline = [{"$match": dict(part.filter)}, {"$group": dict(group)}, *then]
        hint = {"hint": part.by} if part.by else {}
        async for row in run(goals, pipeline, **hint):
            yield row


async def run(collection: Collection, pipeline: Sequence[Doc], **options: Any) -> AsyncIterator[Doc]:
    """What a pipeline gives; raises `TooMuchToCount`."""
    try:
        async for row in collection.aggregate([*pipeline], maxTimeMS=MOST_MS, allowDiskUse=True, **options):
            yield row
    except ExecutionTimeout as error:
        raise TooMuchToCount(
            "Counting so many goals takes too long; narrow it to a period, an owner or a level."
        ) from error


def _shared(seen: Mapping[str, Any]) -> list[Visibility]:
    """Of which visibility every goal is seen, whoever owns it."""
    ways: Sequence[Mapping[str, Any]] = seen.get("$or", [seen])
    if any(not way for way in ways):
        return [*VISIBILITIES]
    found = {each for way in ways if {*way} == {"visibility"} for each in _values(way["visibility"])}
    return [each for each in VISIBILITIES if each in found]


def _values(condition: Any) -> Iterator[str]:
    if isinstance(condition, str):
        yield condition
    elif isinstance(condition, Mapping):
        yield from condition.get("$in", ())  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _in_tally(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with the stage as the tally begins with it."""
    rest = {name: value for name, value in wanted.items() if name != "status"}
    stage = wanted.get("status")
    of_stage = {"tally": {"$gte": f"{stage}:", "$lt": f"{stage};"}}
    return {**rest, **(TALLIED if stage is None else of_stage)}


__all__ = ["MOST_MS", "Part", "TooMuchToCount", "grouped", "parts_of", "run"]
