"""`cairn goals show`: one goal with its key results, initiatives, budget and last check-in.

Lines and no table: they wrap on a narrow terminal, and ids stay whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.padding import Padding

from deploy.asking import AsOption, TokenOption, UrlOption
from deploy.commands.goals import goals
from deploy.console import out, plain
from deploy.goal_words import (
    budget_lines,
    check_in_lines,
    head_lines,
    initiative_lines,
    key_result_lines,
)
from deploy.goals_asked import GoalArgument, JsonOption, asked, found, pace_of, read, share_of, told
from deploy.options import DATA, DataOption

if TYPE_CHECKING:
    import httpx

MOST: Final = 200
"""Initiatives of a goal; none has more."""
Said = Mapping[str, Any]


def register(app: typer.Typer) -> None:
    """The command is among those of `cairn goals`."""
    del app


@goals.command("show")
def show(
    goal: GoalArgument,
    *,
    as_json: JsonOption = False,
    person: AsOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Show a goal: key results with their marks, how it stands, what is done for it, and its budget."""

    async def ask(client: "httpx.AsyncClient") -> dict[str, Any]:
        path = f"/goals/{goal}"
        one = await read(client, path)
        check_ins = await found(client, f"{path}/check-ins", limit=1)
        initiatives = await found(client, f"{path}/initiatives", limit=MOST)
        return {
            "goal": one,
            "outlook": await found(client, f"{path}/outlook") if one["status"] == "agreed" else None,
            "initiatives": (initiatives or {}).get("items", []),
            "budget": await found(client, f"{path}/budget"),
            "check_in": next(iter((check_ins or {}).get("items", ())), None),
        }

    told(asked(ask, person=person, url=url, token=token, data=data), _show, as_json=as_json)


def _show(told: Said) -> None:
    goal: Said = told["goal"]
    outlook: Said | None = told["outlook"]
    out.print(plain(goal["title"]), style="bold")
    _lines(head_lines(goal), indent=0)
    _stands(outlook, agreed=goal["status"] == "agreed")
    _part("Key results", len(goal["key_results"]))
    forecasts: Sequence[Said] = outlook["key_results"] if outlook else ()
    ahead = {each["key_result_id"]: each for each in forecasts}
    for part in goal["key_results"]:
        _entry(part["title"], share_of(part["progress"]))
        _lines(key_result_lines(part, ahead.get(part["key_result_id"])))
    _part("Initiatives", len(told["initiatives"]))
    for each in told["initiatives"]:
        _entry(each["title"])
        _lines(initiative_lines(each, of_goal=goal["owner_id"]))
    budget = told["budget"]
    if budget is not None and (budget["own"]["initiatives"] or budget["below"]["initiatives"]):
        _part("Budget")
        _lines(budget_lines(budget))
    if told["check_in"] is not None:
        _part("Last check-in")
        _lines(check_in_lines(told["check_in"]))


def _stands(outlook: Said | None, *, agreed: bool) -> None:
    if outlook is None:
        if agreed:
            out.print(
                "Nobody has looked at how it stands yet; that takes a few seconds after it is agreed to."
            )
        return
    out.print(pace_of(outlook["pace"]), plain(outlook["reason"]))
    if outlook["heading"] == "miss":
        told = f"Heading for a miss: {share_of(outlook['predicted_progress'])} by the due date."
        out.print(plain(told), style="red")


def _part(name: str, count: int | None = None) -> None:
    out.print()
    out.print(plain(name if count is None else f"{name}: {count or 'none'}"), style="bold")


def _entry(title: str, more: str = "") -> None:
    out.print(
        Padding(plain(f"- {title}{f': {more}' if more else ''}"), (0, 0, 0, 0), expand=False), highlight=False
    )


def _lines(lines: Iterable[str], *, indent: int = 4) -> None:
    for line in lines:
        # A comment keeps its own lines.
        for each in line.splitlines() or [""]:
            out.print(Padding(plain(each), (0, 0, 0, indent), expand=False), highlight=False)
