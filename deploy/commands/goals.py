"""`cairn goals`: what a person sees and says of goals, from the command line.

Exit codes: 0 it is done or shown; 1 it could not be, and why is told in a line.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from deploy.asking import AsOption, Target, TokenOption, UrlOption, require_known, target_of
from deploy.console import out, plain
from deploy.goals_asked import (
    WIDE,
    GoalArgument,
    JsonOption,
    answer_of,
    asked,
    pace_of,
    read,
    sent,
    share_of,
    told,
)
from deploy.options import DATA, DataOption

if TYPE_CHECKING:
    import httpx

goals = typer.Typer(
    help="Goals: yours, one of them, what serves it; check in; files of goals.", no_args_is_help=True
)
PAGE: Final = 200
OWN, TEAM = "owner_id", "reporting_to_id"
"""How goals belong to whoever asks."""
WIDE_WITH_OWNER: Final = WIDE + 40
"""Columns from which on a list with owners is a table."""


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.add_typer(goals, name="goals")


@goals.command("mine")
def mine(
    *,
    as_json: JsonOption = False,
    person: AsOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """List your goals that are not closed, and where they are by now."""
    target = target_of("goals", person=person, url=url, token=token, data=data)
    _list_open(OWN, target, person, as_json=as_json)


@goals.command("team")
def team(
    *,
    as_json: JsonOption = False,
    person: AsOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """List the goals that are not closed of those who report to you, as far as you may read them."""
    target = target_of("goals", person=person, url=url, token=token, data=data)
    _list_open(TEAM, target, person, as_json=as_json)


def _list_open(by: str, target: Target, person: str | None, *, as_json: bool) -> None:
    listed = answer_of(target, partial(_open, by))
    if not listed:
        require_known(target, person)
    told(listed, partial(_show_list, with_owner=by == TEAM), as_json=as_json)


async def _open(by: str, client: "httpx.AsyncClient") -> list[dict[str, Any]]:
    """Goals that are not closed."""
    found: list[dict[str, Any]] = []
    for status in ("draft", "proposed", "agreed"):
        query: dict[str, Any] = {by: "me", "status": status, "limit": PAGE}
        while True:
            page = await read(client, "/goals", **query)
            found += page["items"]
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
    return found


@goals.command("tree")
def tree(  # noqa: PLR0913  a command's options
    goal: GoalArgument,
    *,
    depth: Annotated[int, typer.Option(min=1, max=5, help="Levels below the goal.")] = 3,
    as_json: JsonOption = False,
    person: AsOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Show what serves a goal, as far as you may read it, and how far that has come."""

    async def ask(client: "httpx.AsyncClient") -> dict[str, Any]:
        return await read(client, f"/goals/{goal}/tree", depth=depth)

    told(asked(ask, person=person, url=url, token=token, data=data), _show_tree, as_json=as_json)


@goals.command("check-in")
def check_in(  # noqa: PLR0913  a command's options
    goal: GoalArgument,
    *,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="From 0 to 1.")],
    comment: Annotated[str, typer.Option(help="How it goes.")] = "",
    next_steps: Annotated[str, typer.Option(help="What comes next.")] = "",
    blockers: Annotated[
        list[str] | None,
        typer.Option(
            "--blocker",
            metavar="KIND:WHAT",
            help="person, resource, process or dependency, and what stands in the way; several times.",
        ),
    ] = None,
    as_json: JsonOption = False,
    person: AsOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Say how a goal goes."""
    said = {
        "confidence": confidence,
        "comment": comment,
        "next_steps": next_steps,
        "blockers": [_blocker(each) for each in blockers or ()],
    }

    async def ask(client: "httpx.AsyncClient") -> dict[str, Any]:
        return await sent(client, "POST", f"/goals/{goal}/check-ins", json=said)

    told(asked(ask, person=person, url=url, token=token, data=data), _show_check_in, as_json=as_json)


def _show_check_in(made: Mapping[str, Any]) -> None:
    kinds = ", ".join(dict.fromkeys(each["kind"] for each in made["blockers"]))
    said = f"checked in at {share_of(made['confidence'])}{f', in the way: {kinds}' if kinds else ''}"
    out.print(plain(f"{made['check_in_id']}: {said}"), highlight=False)


def _show_tree(top: Mapping[str, Any]) -> None:
    shown = Tree(_node(top))
    _grow(shown, top)
    out.print(shown)


def _show_list(listed: Sequence[Mapping[str, Any]], *, with_owner: bool) -> None:
    if not listed:
        out.print("no goals")
    elif out.width < (WIDE_WITH_OWNER if with_owner else WIDE):
        _listed_in_lines(listed, with_owner=with_owner)
    else:
        _listed(listed, with_owner=with_owner)


def _listed(goals_: Sequence[Mapping[str, Any]], *, with_owner: bool) -> None:
    table = Table()
    for name in ("Goal", "Owner") if with_owner else ("Goal",):
        table.add_column(name, no_wrap=True)
    for name in ("Title", "Stage", "Due", "Progress", "Pace"):
        table.add_column(name)
    for each in goals_:
        ids = (each["goal_id"], each["owner_id"]) if with_owner else (each["goal_id"],)
        cells = (*ids, each["title"], each["status"], each["due_on"], share_of(each["progress"]))
        table.add_row(*map(plain, cells), pace_of(each["pace"]))
    out.print(table)


def _listed_in_lines(goals_: Sequence[Mapping[str, Any]], *, with_owner: bool) -> None:
    for each in goals_:
        out.print(plain(each["title"]), highlight=False)
        said = (each["status"], f"due {each['due_on']}", share_of(each["progress"]), pace_of(each["pace"]))
        line = Text(", ").join(word for word in map(_worded, said) if word)
        out.print(Padding(line, (0, 0, 0, 2), expand=False), highlight=False)
        ids = f"{each['goal_id']} of {each['owner_id']}" if with_owner else each["goal_id"]
        out.print(Padding(plain(ids), (0, 0, 0, 2), expand=False), highlight=False)


def _worded(word: str | Text) -> Text:
    return word if isinstance(word, Text) else plain(word)


def _blocker(text: str) -> Mapping[str, str]:
    kind, colon, what = text.partition(":")
    if not colon or not what.strip():
        raise typer.BadParameter(
            f"{text!r} is not KIND:WHAT, such as resource:no budget", param_hint="--blocker"
        )
    return {"kind": kind.strip(), "description": what.strip()}


def _node(node: Mapping[str, Any]) -> Text:
    below = node["roll_up"]
    text = Text.assemble(
        plain(node["title"]), "  ", plain(share_of(node["progress"])), "  ", pace_of(node["pace"])
    )
    if below and below["below"]:
        text.append(f"  {below['below']} below at {share_of(below['progress'])}", style="dim")
    text.append(f"  {node['goal_id']}", style="dim")
    return text


def _grow(branch: Tree, node: Mapping[str, Any]) -> None:
    for each in node["serving"] or ():
        _grow(branch.add(_node(each)), each)
