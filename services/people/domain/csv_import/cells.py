"""What one cell says: clean text, names, addresses, states of employment, references.

Knows no rows and no columns.
"""

import re
import unicodedata
from typing import Final, Literal

LONGEST: Final = 200

_EMAIL: Final = re.compile(r"[^\s@<>\"'(),:;\\\[\]]+@[^\s@<>\"'(),:;\\\[\]]+\.[^\s@<>\"'(),:;\\\[\]]+")
_LONGEST_EMAIL: Final = 254
_WHOLE_FLOAT: Final = re.compile(r"(\d+)\.0+")
_NOTHING: Final = frozenset(
    {"-", "--", "—", "n/a", "n.a.", "#n/a", "na", "nan", "nat", "null", "none", "nil", "tbd", "0000-00-00"}
)


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split(", "))


_ACTIVE: Final = _listed(
    "active, true, yes, y, 1, t, employed, current, enabled, working, hired, onboarded, permanent, "
    "temporary, contract, contractor, "
    "full time, full-time, fulltime, part time, part-time, parttime, intern, probation, "
    "fixed term, fixed-term, leave, on leave, parental leave, maternity leave"
)
_LEFT: Final = _listed(
    "inactive, false, no, n, 0, f, left, terminated, resigned, former, retired, dismissed, disabled, "
    "deactivated, deceased, offboarded, exited, ex-employee"
)
_PARTICLES: Final = _listed(
    "van, von, der, den, de, del, della, di, da, dos, das, du, la, le, bin, ibn, ten, ter, zu"
)
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def clean(text: str) -> str:
    """The text in NFC, with single blanks, without control and invisible formatting characters.

    Whatever else it holds is kept: a cell that begins with `=` is a name like any other.
    """
    text = " ".join(text.split())
    if text.isascii() and text.isprintable():
        return text
    shown = (
        letter for letter in unicodedata.normalize("NFC", text) if unicodedata.category(letter) not in _HIDDEN
    )
    return " ".join("".join(shown).split())


def says_nothing(text: str) -> bool:
    """Blank, or one of the words with which exports say so.  Not for names: there are people called Null."""
    return not text or text.casefold() in _NOTHING


def tidy_number(text: str) -> str:
    """An employee number, without the `.0` that spreadsheets and data frames give whole numbers."""
    whole = _WHOLE_FLOAT.fullmatch(text)
    return whole[1] if whole else text


def reference(text: str) -> str:
    """How a person is looked up by number or e-mail: without regard to case."""
    return tidy_number(text).casefold()


def email_address(text: str) -> str | None:
    """The address in lower case, or None when it is none."""
    address = text.lower()
    return address if len(address) <= _LONGEST_EMAIL and _EMAIL.fullmatch(address) else None


def employment(text: str) -> Literal["active", "left"] | None:
    """What a word says of somebody's employment; None for a word that says neither."""
    word = text.casefold()
    if word in _ACTIVE:
        return "active"
    return "left" if word in _LEFT else None


def split_name(full_name: str) -> tuple[str, str]:
    """Given and family name of `Given Family`, `Family, Given` or `Given van der Family`."""
    family, comma, given = full_name.partition(",")
    if comma:
        return given.strip(), family.strip()
    words = full_name.split()
    if len(words) < 2:
        return full_name, ""
    start = len(words) - 1
    while start > 1 and words[start - 1].casefold() in _PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])
