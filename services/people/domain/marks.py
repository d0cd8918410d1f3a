"""Whether a record that another system has sent names somebody, by what that system knows them by.

A number that is part of another one, of a time or of a place names nobody: what was told of others stays.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, cast

import orjson

from services.people.domain.csv_import.cells import reference
from services.people.domain.person import Person
from shared.contracts.people import PersonSnapshot

NUMBERS: Final = frozenset({"employee_number", "manager_employee_number", "external_id"})
_OTHERS: Final = frozenset(PersonSnapshot.model_fields) - NUMBERS
"""Fields that hold no number of a person; one of another name may be meant for one."""
_OF_EVENTS: Final = ("subject", "data")
"""What of a structured CloudEvent says whom it is about."""


class Marks:
    """By what one person is known: numbers, which stand alone, and address and name, also among words."""

    def __init__(self, person: Person) -> None:
        numbers = [each for each in (person.employee_number, person.external_id) if each]
        words = [each for each in (person.email, person.name) if each]
        self._numbers = frozenset(map(reference, numbers))
        self._words = _any_of(words)
        self._anything = _any_of([*words, *numbers])

    @property
    def pattern(self) -> str:
        """What finds any of them among words, whatever the case."""
        return self._anything.pattern

    def are_in(self, value: bytes | None, *about: bytes | None) -> bool:
        """Whether a record names the person in its value or in what says whom it is `about`."""
        if any(self._name_in(text) for text in map(_text, about)):
            return True
        try:
            said: object = orjson.loads(value or b"null")
        except orjson.JSONDecodeError:
            return self._anything.search(_text(value)) is not None
        return any(self._name_in(text, field) for field, text in _texts(_of_event(said)))

    def _name_in(self, text: str, field: str = "") -> bool:
        is_number = field not in _OTHERS and reference(text.strip()) in self._numbers
        return is_number or self._words.search(text) is not None


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    """Matches any of them where it is not part of a longer one; of none, nothing."""
    either = "|".join(map(re.escape, words)) or r"(?!)"
    return re.compile(rf"(?<![\w.@+-])(?<!\d:)(?:{either})(?![\w@-])(?!:\d)", re.IGNORECASE)


def _of_event(said: object) -> object:
    """Of a structured CloudEvent what says whom it is about; anything else as it is."""
    if not isinstance(said, dict):
        return said
    event = cast("dict[str, object]", said)
    return {name: event.get(name) for name in _OF_EVENTS} if "specversion" in event else event


def _texts(value: object) -> Iterator[tuple[str, str]]:
    """All texts and numbers inside of a value, names of fields too, each with the field that it is in."""
    waiting = [("", value)]  # and no recursion: JSON is nested deeper than functions may be
    while waiting:
        field, said = waiting.pop()
        if isinstance(said, dict):
            inner = cast("dict[str, object]", said)
            waiting += inner.items()
            yield from (("", name) for name in inner)
        elif isinstance(said, list):
            waiting += ((field, each) for each in cast("Iterable[object]", said))
        elif isinstance(said, (str, int)) and not isinstance(said, bool):
            yield field, str(said)


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


__all__ = ["Marks"]
