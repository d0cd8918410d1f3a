"""Figures as people read them: with separators of thousands, and in the words of their unit."""

from shared.currencies import PLACES


def figure(value: float) -> str:
    """A number as people read it: 12,500 or 0.25; very large and very small ones with an exponent."""
    if value and not 1e-3 <= abs(value) < 1e9:
        return f"{value:.3g}"
    return f"{round(value, 4):,.12g}"


def in_words(value: float, *, unit_kind: str, unit: str) -> str:
    """A value of a key result: `12,500.00 EUR`, `99.5 %`, `yes`, `3 customers`.

    Without a unit it is the number alone; so it is for a list of milestones, where it is a weight.
    """
    if unit_kind == "yes_no":
        return "yes" if value >= 1 else "no"
    if unit_kind == "money" and abs(value) < 1e15:
        return f"{value:,.{PLACES.get(unit, 2)}f} {unit}"
    bare = unit_kind == "milestones" or unit in {"", "number"}
    return figure(value) if bare else f"{figure(value)} {unit}"
