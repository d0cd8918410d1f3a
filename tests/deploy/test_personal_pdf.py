"""What is held of a person, as a document: all of it is in there, whatever alphabet it is written in."""

from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from deploy.personal_pdf import fonts_at_hand, lines_of, spelt, write_pdf

THAI, HEBREW = "สวัสดี", "שלום"
PARTS: list[dict[str, Any]] = [
    {
        "service": "people",
        "at": "2026-11-27T09:00:00Z",
        "kinds": {"person": [{"_id": "person_1", "given_name": f"Zoë {THAI}", "email": None, "tags": []}]},
    },
    {
        "service": "goals",
        "at": "2026-11-27T09:00:00Z",
        "kinds": {"goal": [{"_id": "g1", "key_results": [{"title": HEBREW, "target": 0}, {"title": "two"}]}]},
    },
    {"service": "reviews", "at": "2026-11-27T09:00:00Z", "kinds": {}},
]


def written(file: Path, parts: Any, fonts: Any) -> str:
    write_pdf(file, parts, person="person_1", fonts=fonts)
    return "\n".join(page.extract_text() for page in PdfReader(file).pages)


def test_without_a_font_what_cannot_be_written_is_there_as_numbers(tmp_path: Path) -> None:
    text = written(tmp_path / "a.pdf", PARTS, ())
    assert "given_name: Zoë [U+0E2A]" in text
    assert "key_results 1.title: [U+05E9][U+05DC][U+05D5][U+05DD]" in text
    assert "key_results 1.target: 0" in text
    assert "key_results 2.title: two" in text
    assert "Nothing." in text
    assert "email" not in text


@pytest.mark.skipif(not fonts_at_hand(), reason="this machine has none of the fonts that are looked for")
def test_with_a_font_its_alphabets_are_written(tmp_path: Path) -> None:
    polish = {"service": "people", "at": "now", "kinds": {"person": [{"name": "Łukasz Żółć"}]}}
    assert "name: Łukasz Żółć" in written(tmp_path / "a.pdf", [polish], fonts_at_hand())


def test_a_year_of_words_goes_over_many_pages_and_keeps_its_lines(tmp_path: Path) -> None:
    docs = [
        {"_id": f"f{number}", "text": f"line one {number}\nline two\t{'long ' * 60}"} for number in range(200)
    ]
    many = {"service": "feedback", "at": "now", "kinds": {"feedback_received": docs}}
    text = written(tmp_path / "a.pdf", [many], ())
    assert all(f"line one {number}" in text for number in range(200))
    assert len(PdfReader(tmp_path / "a.pdf").pages) > 5


def test_every_leaf_is_a_line_and_nothing_is_lost_in_spelling() -> None:
    lines = [text for _, text in lines_of(PARTS, person="person_1")]
    assert "key_results 1.target: 0" in lines
    assert spelt("a\u200bb\nc\td", frozenset("abcd")) == "a[U+200B]b\nc d"
