"""What was stored is read as what it is, whatever today's rules say of it."""

import importlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Self

import pytest
from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.reading import as_stored
from shared.store import from_document


def _never(value: str) -> str:
    raise ValueError("never")


class Inner(Frozen):
    name: Annotated[str, StringConstraints(min_length=1, max_length=3, pattern="^a")]
    share: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        raise ValueError("never")


class Thing(Aggregate):
    id_field: ClassVar[str] = "thing_id"
    thing_id: str
    word: Annotated[str, AfterValidator(_never)] = ""
    on: date = Field(default=date(2026, 1, 1), ge=date(2026, 1, 1))
    parts: tuple[Inner, ...] = Field(default=(), max_length=1)


DOC: dict[str, Any] = {
    "_id": "t",
    "word": "said",
    "on": "1850-01-01",
    "parts": [{"name": "longer", "share": 7}, {"name": "", "share": -1.5, "old": True}],
}


def test_rules_that_came_later_keep_nothing_from_being_read() -> None:
    with pytest.raises(ValidationError):
        Thing.model_validate({**DOC, "thing_id": "t"})
    thing = from_document(Thing, DOC)
    assert (thing.word, thing.on, thing.version) == ("said", date(1850, 1, 1), 0)
    assert [(part.name, part.share) for part in thing.parts] == [("longer", 7.0), ("", -1.5)]
    assert isinstance(thing.parts[0], Inner)


@pytest.mark.parametrize("wrong", [{"on": "soon"}, {"parts": [{"name": "a"}]}, {"parts": 3}])
def test_what_is_no_such_thing_at_all_is_still_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        as_stored(Thing, {**DOC, "thing_id": "t", **wrong})


def _aggregates(of: type[Aggregate] = Aggregate) -> Iterator[type[Aggregate]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _aggregates(kind)


def test_what_any_service_stores_can_be_read_so() -> None:
    for service in ("goals", "feedback", "reviews", "notifications", "people"):
        importlib.import_module(f"services.{service}.app")
    kinds = [kind for kind in _aggregates() if kind.__module__.startswith("services.")]
    assert len(kinds) > 15
    for kind in kinds:
        with pytest.raises(ValidationError):
            as_stored(kind, {"version": "none"})


def test_times_stay_times() -> None:
    class Timed(Frozen):
        at: datetime

    at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    assert as_stored(Timed, {"at": at}).at == at
