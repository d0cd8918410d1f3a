"""All that is held of a person as a document to read: A4, a part for each service, a list for each kind.

A character that no font at hand has is written as its number, such as [U+0E01], so that nothing is left out.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS: Final = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "FreeSans.ttf",
    "Arial Unicode.ttf",
    "Arial.ttf",
)
PLACES: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts")
LATIN_1: Final = frozenset(map(chr, (*range(32, 127), *range(160, 256))))
"""What the font that every reader of PDF has can write."""


def fonts_at_hand() -> Sequence[Path]:
    """Those of a few well-known fonts that this machine has, in the order of preference."""
    found = {file.name: file for place in PLACES for file in Path(place).rglob("*.ttf") if file.name in FONTS}
    return [found[name] for name in FONTS if name in found]


def write_pdf(file: Path, parts: Sequence[Mapping[str, Any]], *, person: str, fonts: Sequence[Path]) -> None:
    """The document.  Raises `OSError` if it cannot be written, and whatever a font that is none raises."""
    from fpdf import FPDF  # noqa: PLC0415  heavy, and needed here alone

    pdf = FPDF(format="A4")
    pdf.set_title(f"What is held of {person}")
    pdf.set_auto_page_break(True, margin=15)
    known = _take_fonts(pdf, fonts)
    pdf.add_page()
    for size, text in lines_of(parts, person=person):
        pdf.set_font_size(size)
        pdf.multi_cell(0, size * 0.5, spelt(text, known), new_x="LMARGIN", new_y="NEXT")
    pdf.output(str(file))


def lines_of(parts: Sequence[Mapping[str, Any]], *, person: str) -> Iterator[tuple[int, str]]:
    """Every line of the document with its size in points."""
    yield 16, f"What is held of {person}"
    for part in parts:
        yield 13, f"{part['service']}, as of {part['at']}"
        if not part["kinds"]:
            yield 9, "Nothing."
        for kind, docs in part["kinds"].items():
            yield 11, f"{kind.replace('_', ' ')}: {len(docs)}"
            for doc in docs:
                yield from ((9, f"{name}: {value}") for name, value in _flat(doc))
                yield 9, " "


def spelt(text: str, known: Collection[str]) -> str:
    """The text with what no font has as numbers."""
    return "".join(
        each if each in known or each == "\n" else " " if each.isspace() else f"[U+{ord(each):04X}]"
        for each in text
    )


def _flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf with the way to it; what is empty is left out."""
    if isinstance(value, Mapping):
        for key, each in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from _flat(each, f"{name}.{key}" if name else str(key))  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for number, each in enumerate(value, start=1):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from _flat(each, f"{name} {number}")  # pyright: ignore[reportUnknownArgumentType]
    elif value not in {None, ""}:
        yield name, str(value)


def _take_fonts(pdf: "FPDF", fonts: Sequence[Path]) -> Collection[str]:
    """The characters that can be written from now on."""
    if not fonts:
        pdf.set_font("Helvetica", size=9)
        return LATIN_1
    known: set[str] = set()
    for number, file in enumerate(fonts):
        pdf.add_font(f"f{number}", fname=file)
        font: Any = pdf.fonts[f"f{number}"]
        known |= {chr(code) for code in font.cmap}
    pdf.set_font("f0", size=9)
    pdf.set_fallback_fonts([f"f{number}" for number in range(1, len(fonts))])
    return known
