import json
import sys
import unicodedata

import orjson
import pytest

from shared.unseen import maybe_unseen, unseen_in

ALL = [chr(code) for code in range(sys.maxunicode + 1)]
REFUSED = [letter for letter in ALL if unseen_in(letter) is not None]


def test_what_is_refused_is_what_unicode_calls_a_control_or_a_format_or_no_character() -> None:
    kinds = {unicodedata.category(letter) for letter in REFUSED}
    assert kinds == {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
    kept = {letter for letter in ALL if unicodedata.category(letter) in {"Cc", "Zl", "Zp"}} - {*REFUSED}
    assert kept == {"\t", "\n", "\r"}


def test_the_quick_look_finds_each_of_them_in_every_way_json_writes_it() -> None:
    for letter in REFUSED:
        escaped = json.dumps({"title": f"a{letter}b"}).encode()
        assert maybe_unseen(escaped), escaped
        assert maybe_unseen(escaped.upper().replace(b"\\U", b"\\u")), escaped
        if unicodedata.category(letter) != "Cs":
            assert maybe_unseen(orjson.dumps({"title": f"a{letter}b"})), escaped


def test_the_quick_look_passes_plain_text() -> None:
    assert not maybe_unseen('{"title": "Größe, 目標, هدف, цель", "text": "a\\tb\\nc \\"d\\""}'.encode())


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क्\u200dष",
        "👩\u200d🚀",
        "\u200f\u05e9\u05dc\u05d5\u05dd\u200e",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "a\r\n\tb",
        "\u0e44\u0e1b\u200b\u0e1a\u0e49\u0e32\u0e19",
        "\u2067\u05e9\u05dc\u05d5\u05dd\u2069 a",
        "Zu\u00adcker",
    ],
    ids=["Persian", "Hindi", "emoji", "Hebrew", "flag", "lines", "Thai", "isolated", "hyphen"],
)
def test_what_languages_are_written_with_stays(text: str) -> None:
    assert unseen_in(text) is None


def test_what_it_is_and_where_is_told() -> None:
    said = "Character 4 is U+202E (right-to-left override), which nobody can see."
    assert unseen_in("abc\u202egnp.exe") == said
    assert unseen_in("\x07") == "Character 1 is U+0007 (a control character), which nobody can see."
    assert unseen_in("a\U000e0041") is not None


@pytest.mark.parametrize(
    "text",
    [
        "a\u2067b",
        "a\u2069b",
        "\u2067a\u202eb\u2069",
        "🏴" + "".join(chr(0xE0000 + ord(letter)) for letter in "gotothispage") + "\U000e007f",
        "🏴\U000e0067\U000e0062",
    ],
    ids=["left open", "closed only", "turned inside", "a sentence", "a flag that does not end"],
)
def test_what_only_looks_like_it_is_refused(text: str) -> None:
    assert unseen_in(text) is not None
