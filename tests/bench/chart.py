"""The figures as a picture: one bar for each ratio, as long as the share of its goal that it reaches."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

ROW, LEFT, UNIT, RIGHT = 34, 250, 260, 220
"""Pixels: a row, the room for names, a bar that just reaches its goal, the room for figures."""
LONGEST = 1.6
"""Bars end at this multiple of their goal."""


class Bar(NamedTuple):
    """A figure, the goal that it is held against, and whether more is better."""

    name: str
    value: float
    low: float
    high: float
    goal: float
    more_is_better: bool = True
    unit: str = "x"

    @property
    def reached(self) -> float:
        """1.0 where the goal is just reached; more is better."""
        share = self.value / self.goal if self.more_is_better else self.goal / max(self.value, 1e-9)
        return min(LONGEST, share)


def svg(bars: Sequence[Bar]) -> str:
    """The picture; it loads nothing."""
    width, height = int(LEFT + UNIT * LONGEST + RIGHT), ROW * (len(bars) + 1)
    rows = "".join(_row(bar, number) for number, bar in enumerate(bars))
    line = LEFT + UNIT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" font-family="sans-serif" font-size="13" role="img">'
        f"<title>Figures against their goals</title>"
        f'<rect width="100%" height="100%" fill="#fff"/>{rows}'
        f'<line x1="{line}" y1="4" x2="{line}" y2="{height - ROW}" stroke="#333" stroke-dasharray="4 3"/>'
        f'<text x="{line}" y="{height - 12}" text-anchor="middle" fill="#333">goal</text></svg>\n'
    )


def _row(bar: Bar, number: int) -> str:
    top, length = number * ROW + 8, max(2, int(UNIT * bar.reached))
    colour = "#2a7f62" if bar.reached >= 1 else "#c2562d"
    sign = "at least" if bar.more_is_better else "at most"
    spread = "" if bar.low == bar.high else f" ({bar.low:g} to {bar.high:g})"
    told = f"{bar.value:g} {bar.unit}{spread}, {sign} {bar.goal:g}"
    return (
        f'<text x="{LEFT - 10}" y="{top + 14}" text-anchor="end">{escape(bar.name)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{length}" height="{ROW - 14}" rx="3" fill="{colour}"/>'
        f'<text x="{LEFT + length + 8}" y="{top + 14}" fill="#333">{escape(told)}</text>'
    )


GOALS: Mapping[str, tuple[float, bool, str]] = {
    "intake_vs_floor": (0.75, True, "x"),
    "intake_vs_naive": (20, True, "x"),
    "commands64_vs_naive": (10, True, "x"),
    "commands1_vs_naive": (0.85, True, "x"),
    "http_vs_naive": (2.5, True, "x"),
    "fanout_vs_naive": (50, True, "x"),
    "launch_vs_insert": (0.3, True, "x"),
    "growth10x": (0.9, True, "x"),
    "assign1000_s": (1.2, False, "s"),
    "kr_update_per_s": (1000, True, "/s"),
    "latency_p50_ms": (10, False, "ms"),
    "latency_p99_ms": (60, False, "ms"),
    "rss_mb": (150, False, "MB"),
    "ready_s": (10, False, "s"),
}
"""What is aimed at, whether more is better, and the unit."""
