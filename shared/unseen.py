"""Characters that nobody can see, which text has by accident or to deceive: refused wherever it is taken.

Control characters but for line breaks and tabs, marks that turn the direction of text around (Unicode
Technical Report 36, 2.10), marks of a file's beginning, tags, and halves of a pair.  What languages are
written with stays: joiners, the two simple marks of direction, isolates that are closed again (UAX 9), blanks
without width and soft hyphens, where lines may break; so do the tags of a flag (UTS 51).
"""

import re
import unicodedata
from typing import Final

_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
    r"|[\U000e0000-\U000e007f]"
)
_ALLOWED: Final = re.compile(
    r"[\u2066-\u2068][^\u2066-\u2069\r\n]*\u2069|\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f"
)
"""Direction kept to a part of the text, and a flag of a region."""
_BREAKS: Final = re.compile(r"[\r\n\t]+")
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols without ink."""
_MAYBE: Final = re.compile(
    rb"\\u(?:00[01789]|061c|20[26]|d[89a-f]|fe|ff)|[\x7f]|\\[bf]"
    rb"|\xc2[\x80-\x9f]|\xd8\x9c|\xe2(?:\x80[\xa8-\xae]|\x81[\xa0-\xaf])"
    rb"|\xef\xbb\xbf|\xef\xbf[\xb9-\xbb]|\xf3\xa0",
    re.IGNORECASE,
)
MEND: Final = "Type the text again without it; line breaks and tabs are taken."


def unseen_in(text: str) -> str | None:
    """Where a text has its first character that nobody can see, and which it is; None without one."""
    found = _UNSEEN.search(text)
    if found is not None:
        # what is allowed is blotted out, so that all else stays in its place
        found = _UNSEEN.search(_ALLOWED.sub(lambda part: _of_such(part[0]), text))
    if found is None:
        return None
    code = ord(found[0])
    name = unicodedata.name(found[0], "a control character" if code <= 0x9F else "no character by itself")
    return f"Character {found.start() + 1} is U+{code:04X} ({name.lower()}), which nobody can see."


def maybe_unseen(body: bytes) -> bool:
    """Whether a text in JSON could have one: quick, and at times wrong about one that has none.

    What is not UTF-8 has zeros or a mark at its start, and is looked through.
    """
    return b"\x00" in body or _MAYBE.search(body) is not None


def seen(text: str) -> str:
    """The same text; raises `ValueError` if it has a character that nobody can see."""
    if (reason := unseen_in(text)) is not None:
        raise ValueError(reason)
    return text


def one_line(text: str) -> str:
    """A heading: in one line, with something to be seen; raises `ValueError`."""
    line = _BREAKS.sub(" ", text)
    if not any(char not in _BLANK and unicodedata.category(char)[0] in "LNPS" for char in line):
        raise ValueError("nothing of it can be seen; write a word")
    return line


def _of_such(part: str) -> str:
    """As many characters as what is allowed; those inside of an isolate stay to be looked at."""
    return "_" + part[1:-1] + "_" if part[0] in "\u2066\u2067\u2068" else "_" * len(part)


__all__ = ["MEND", "maybe_unseen", "one_line", "seen", "unseen_in"]
