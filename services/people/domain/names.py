"""Names as they are looked up and put in order: without case, accents and signs.

`anne m` finds Anne-Marie and Ann Müller alike, `obrien` and `o'b` find O'Brien, `jose` finds José.
Knows no persons and no queries.
"""

import re
import unicodedata
from typing import Final

LONGEST_WORD: Final = 60
MOST_WORDS: Final = 12
_BLANKS: Final = re.compile(r"\s+")
# Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i", "ħ": "h"}
)


def folded(text: str) -> str:
    """The text without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def sort_key(given_name: str, family_name: str) -> str:
    """What lists are ordered by: family name, then given name."""
    return folded(f"{family_name} {given_name}".strip())


def name_words(*names: str) -> list[str]:
    """Every word by which somebody, or something, of these names is found."""
    words: dict[str, None] = {}
    for name in names:
        for word in _BLANKS.split(folded(name)):
            parts = _parts(word)
            words |= dict.fromkeys(parts)
            words["".join(parts)] = None
    return [word for word in words if word]


def searched_words(text: str) -> list[str]:
    """The beginnings of words that a search text asks for; none if there is no letter in it."""
    return list(dict.fromkeys(_parts(folded(text))))[:MOST_WORDS]


def _parts(word: str) -> list[str]:
    spaced = "".join(letter if letter.isalnum() else " " for letter in word)
    return [part[:LONGEST_WORD] for part in spaced.split()]
