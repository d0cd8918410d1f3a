"""What fairness checks may ask about a person and nobody else may see.

Kept in documents of their own, apart from the directory entry; never part of an event or a
state, so there is no event to return when they change.
"""

from datetime import date
from typing import ClassVar, Final, Self, TypedDict

from shared.aggregate import Aggregate
from shared.errors import Invalid
from shared.ids import PersonId

_GENDERS: Final = {
    "f": "female",
    "female": "female",
    "woman": "female",
    "m": "male",
    "male": "male",
    "man": "male",
    "d": "non-binary",
    "x": "non-binary",
    "diverse": "non-binary",
    "divers": "non-binary",
    "nb": "non-binary",
    "nonbinary": "non-binary",
    "non-binary": "non-binary",
    "non binary": "non-binary",
    "undisclosed": None,
    "unknown": None,
    "not stated": None,
    "prefer not to say": None,
}


class BornAhead(Invalid):
    """Nobody is born in the future."""


class Attributes(TypedDict, total=False):
    """Demographic attributes; only what is stated."""

    gender: str | None
    date_of_birth: date | None


class Demographics(Aggregate):
    """A person's demographic attributes; None where they are not known or not told.

    `gender` is `female`, `male`, `non-binary` or the person's own word.
    """

    id_field: ClassVar[str] = "person_id"
    person_id: PersonId
    gender: str | None = None
    date_of_birth: date | None = None

    def record(self, *, gender: str | None, date_of_birth: date | None, on: date) -> Self:
        """Replace both; a word for a gender is taken as files write it."""
        if date_of_birth is not None and date_of_birth > on:
            raise BornAhead("The date of birth lies ahead; set it right.", date_of_birth=date_of_birth)
        meant = gender_meant(gender) if gender else None
        return self.model_copy(update={"gender": meant, "date_of_birth": date_of_birth})


def gender_meant(text: str) -> str | None:
    """The gender that a word or letter in a file means; a word not known here is kept."""
    word = text.casefold()
    return _GENDERS.get(word, word) or None
