"""The alignment tree as a picture: what GET /goals/{goal_id}/tree shows the same caller, and no more."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Query, Response

from services.goals.views.tree import DEEPEST, WIDEST, Node, read_tree
from shared.contracts.goals import Pace
from shared.http import View
from shared.ids import GoalId
from shared.pictures import BLUE, GREY, ORANGE, VERMILION, SvgResponse, caption, studio

router = APIRouter(tags=["pictures"])
WIDTH: Final = 980
ROW: Final = 34
HEAD: Final = 64
INDENT: Final = 26
BAR: Final = 130
LETTERS: Final = 62
"""Of a title in the first level; deeper ones have less room."""
PACES: Final[Mapping[Pace | None, tuple[str, str]]] = {
    "on_track": (BLUE, "on track"),
    "behind": (ORANGE, "behind"),
    "at_risk": (VERMILION, "at risk"),
    "not_measured": (GREY, "not measured"),
    None: (GREY, ""),
}
"""Colour and words; the template gives each its own shape too."""
_pictures = studio(Path(__file__).parent / "templates")


class Placed(NamedTuple):
    """A goal in its row; `parent_row` is that of the goal it serves, None for the first."""

    node: Node
    level: int
    row: int
    parent_row: int | None


@router.get(
    "/goals/{goal_id}/tree.svg",
    response_class=SvgResponse,
    response_model=None,
    summary="Draw what serves a goal",
)
async def get_tree_picture(
    goal_id: GoalId,
    view: View,
    depth: Annotated[int, Query(ge=1, le=DEEPEST, description="Levels below the goal.")] = 2,
) -> Response:
    """A row for each goal, with its progress, its pace and what stands below it, as SVG."""
    top = await read_tree(goal_id, view, depth=depth)
    return SvgResponse(await asyncio.to_thread(draw_tree, top))


def draw_tree(top: Node) -> str:
    """The SVG of a tree, 980 points wide, 34 for each goal."""
    placed = [*_placed(top)]
    return _pictures.get_template("tree.svg.jinja").render(
        width=WIDTH,
        height=HEAD + ROW * len(placed) + 16,
        bar=BAR,
        columns={"bar": 530, "share": 672, "pace": 726, "below": 838},
        title=f"What serves: {caption(top.title, most=LETTERS)}",
        description=_description(placed),
        rows=[_row(each) for each in placed],
    )


def _placed(top: Node) -> Iterator[Placed]:
    row, waiting = 0, [(top, 0, None)]
    while waiting:
        node, level, parent_row = waiting.pop()
        yield Placed(node, level, row, parent_row)
        waiting += [(each, level + 1, row) for each in reversed(node.serving or ())]
        row += 1


def _row(placed: Placed) -> dict[str, Any]:
    node = placed.node
    pace = node.pace if node.status == "agreed" else None
    colour, words = PACES[pace]
    return {
        "x": 16 + INDENT * placed.level,
        "y": _middle(placed.row),
        "up": None if placed.parent_row is None else _middle(placed.parent_row),
        "title": caption(node.title, most=LETTERS - 4 * placed.level),
        "colour": colour,
        "pace": pace,
        "stage": words or _stage(node),
        "filled": round(BAR * (node.progress or 0.0), 1),
        "share": "" if node.progress is None else f"{node.progress:.0%}",
        "below": _below(node),
        "label": _label(node),
    }


def _middle(row: int) -> int:
    return HEAD + ROW * row + ROW // 2


def _stage(node: Node) -> str:
    return (node.outcome or node.status).replace("_", " ")


def _below(node: Node) -> str:
    if node.roll_up is None or not node.roll_up.below:
        return ""
    share = "" if node.roll_up.progress is None else f", {node.roll_up.progress:.0%}"
    return f"{node.roll_up.below} below{share}"


def _label(node: Node) -> str:
    share = "not measured" if node.progress is None else f"{node.progress:.0%}"
    pace = PACES[node.pace][1] if node.status == "agreed" else ""
    told = (caption(node.title, most=2 * LETTERS), share, pace or _stage(node), _below(node))
    return ", ".join(part for part in told if part)


def _description(placed: list[Placed]) -> str:
    more = " It ends where there was no more room." if len(placed) > WIDEST else ""
    goals = len(placed) - 1
    if not goals:
        return "No goal that you may read serves it."
    return f"{goals} {'goal serves' if goals == 1 else 'goals serve'} it, as far as you may read them.{more}"


__all__ = ["draw_tree", "router"]
