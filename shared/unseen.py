"""Characters that nobody can see, which text has by accident or to deceive: refused wherever it is taken.

Control characters but for line breaks and tabs, marks that turn the direction of text around (Unicode
Technical Report 36, 2.10), blanks without width, tags, and halves of a pair.  Joiners and the two simple
marks of direction stay: Persian, Hindi, Hebrew and emoji are written with them; so do the tags of a flag.
"""

import re
import unicodedata
from typing import Final

_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff]"
    r"|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]"
)
_MAYBE: Final = re.compile(
    rb"\\u(?:00[01789a]|061c|180e|20[026]|d[89a-f]|fe|ff)|[\x7f]|\\[bf]"
    rb"|\xc2[\x80-\x9f\xad]|\xd8\x9c|\xe1\xa0\x8e|\xe2(?:\x80[\x8b\xa8-\xae]|\x81[\xa0-\xaf])"
    rb"|\xef\xbb\xbf|\xef\xbf[\xb9-\xbb]|\xf3\xa0",
    re.IGNORECASE,
)
MEND: Final = "Type the text again without it; line breaks and tabs are taken."


def unseen_in(text: str) -> str | None:
    """Where a text has its first character that nobody can see, and which it is; None without one."""
    found = _UNSEEN.search(text)
    if found is None:
        return None
    code = ord(found[0])
    name = unicodedata.name(found[0], "a control character" if code <= 0x9F else "no character by itself")
    return f"Character {found.start() + 1} is U+{code:04X} ({name.lower()}), which nobody can see."


def maybe_unseen(body: bytes) -> bool:
    """Whether a text in JSON could have one: quick, and at times wrong about one that has none."""
    return _MAYBE.search(body) is not None


__all__ = ["MEND", "maybe_unseen", "unseen_in"]
