"""`cairn goals`: what a person sees and says of goals, from the command line.

Exit codes: 0 it is done or shown; 1 it could not be, and why is told in a line.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from deploy.asking import (
    AskingFailedError,
    AsOption,
    TokenOption,
    UrlOption,
    client_of,
    reaching,
    refused,
    require_known,
    target_of,
)
from deploy.console import out, plain
from deploy.options import DATA, DataOption

if TYPE_CHECKING:
    import httpx

goals = typer.Typer(help="Goals: yours, one of them, what serves it; check in.", no_args_is_help=True)
T = TypeVar("T")
PAGE: Final = 200
COLOURS: Final = {"on_track": "green", "behind": "yellow", "at_risk": "red", "not_measured": "dim"}
GoalArgument = Annotated[str, typer.Argument(metavar="GOAL", help="The id of the goal.")]


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.add_typer(goals, name="goals")


@goals.command("mine")
def mine(
    *, person: AsOption = None, url: UrlOption = None, token: TokenOption = None, data: DataOption = DATA
) -> None:
    """List your goals that are not closed, and where they are by now."""

    async def ask(client: "httpx.AsyncClient") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for status in ("draft", "proposed", "agreed"):
            query: dict[str, Any] = {"owner_id": _person_of(client), "status": status, "limit": PAGE}
            while True:
                page = await _read(client, "/goals", **query)
                found += page["items"]
                if page["next"] is None:
                    break
                query["cursor"] = page["next"]
        return found

    listed = _asked(ask, person=person, url=url, token=token, data=data)
    if not listed:
        require_known(target_of("goals", person=person, url=url, token=token, data=data), person)
    table = Table("Goal", "Title", "Stage", "Due", "Progress", "Pace")
    for each in listed:
        cells = (each["goal_id"], each["title"], each["status"], each["due_on"], _share(each["progress"]))
        table.add_row(*map(plain, cells), _pace(each["pace"]))
    out.print(table if listed else "no goals")


@goals.command("show")
def show(
    goal: GoalArgument,
    *,
    person: AsOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Show a goal, its key results, and how it stands."""

    async def ask(client: "httpx.AsyncClient") -> tuple[dict[str, Any], dict[str, Any] | None]:
        found = await _read(client, f"/goals/{goal}")
        agreed = found["status"] == "agreed"
        return found, await _found(client, f"/goals/{goal}/outlook") if agreed else None

    found, outlook = _asked(ask, person=person, url=url, token=token, data=data)
    out.print(plain(found["title"]), style="bold")
    said = {name: found[name] for name in ("status", "owner_id", "starts_on", "due_on", "edition")}
    for name, value in {**said, "progress": _share(found["progress"])}.items():
        out.print(plain(f"{name.replace('_', ' ')}: {value}"), highlight=False)
    table = Table("Key result", "Start", "Now", "Target", "Progress", "At the due date", "Reached on")
    forecasts: dict[str, Any] = {
        each["key_result_id"]: each for each in (outlook or {}).get("key_results", ())
    }
    for part in found["key_results"]:
        ahead = forecasts.get(part["key_result_id"])
        spread = f"{ahead['value']:g} ({ahead['low']:g} to {ahead['high']:g})" if ahead else ""
        values = [
            part["start"],
            part["start"] if part["current"] is None else part["current"],
            part["target"],
        ]
        cells = [part["title"], *(f"{value:g}" for value in values), _share(part["progress"]), spread]
        reached = str(ahead["reaches_on"] or "") if ahead else ""
        table.add_row(*map(plain, cells), plain(reached))
    out.print(table)
    if outlook is None and found["status"] == "agreed":
        out.print("Nobody has looked at how it stands yet; that takes a few seconds after it is agreed to.")
    if outlook is not None:
        out.print(_pace(outlook["pace"]), plain(outlook["reason"]))
        if outlook["heading"] == "miss":
            out.print(
                plain(f"Heading for a miss: {_share(outlook['predicted_progress'])} by the due date."),
                style="red",
            )


@goals.command("tree")
def tree(
    goal: GoalArgument,
    *,
    depth: Annotated[int, typer.Option(min=1, max=5, help="Levels below the goal.")] = 3,
    person: AsOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Show what serves a goal, as far as you may read it, and how far that has come."""

    async def ask(client: "httpx.AsyncClient") -> dict[str, Any]:
        return await _read(client, f"/goals/{goal}/tree", depth=depth)

    top = _asked(ask, person=person, url=url, token=token, data=data)
    shown = Tree(_node(top))
    _grow(shown, top)
    out.print(shown)


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
        return await _sent(client, "POST", f"/goals/{goal}/check-ins", json=said)

    made = _asked(ask, person=person, url=url, token=token, data=data)
    out.print(plain(f"{made['check_in_id']}: checked in at {_share(made['confidence'])}"), highlight=False)


def _blocker(text: str) -> Mapping[str, str]:
    kind, colon, what = text.partition(":")
    if not colon or not what.strip():
        raise typer.BadParameter(
            f"{text!r} is not KIND:WHAT, such as resource:no budget", param_hint="--blocker"
        )
    return {"kind": kind.strip(), "description": what.strip()}


def _asked(
    ask: Callable[["httpx.AsyncClient"], Awaitable[T]],
    *,
    person: str | None,
    url: str | None,
    token: str | None,
    data: Path,
) -> T:
    target = target_of("goals", person=person, url=url, token=token, data=data)

    async def asking() -> T:
        async with client_of(target) as client:
            return await ask(client)

    return asyncio.run(asking())


def _person_of(client: "httpx.AsyncClient") -> str:
    """Whom the token is of, as it says itself; the service checks it."""
    import jwt  # noqa: PLC0415  needed by one command alone

    bearer = client.headers["Authorization"].removeprefix("Bearer ")
    try:
        claims: dict[str, Any] = jwt.decode(bearer, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise AskingFailedError("the token is none", mend="Take a new one") from error
    return str(claims.get("sub", ""))


async def _read(client: "httpx.AsyncClient", path: str, **query: Any) -> dict[str, Any]:
    return await _sent(client, "GET", path, params=query)


async def _found(client: "httpx.AsyncClient", path: str) -> dict[str, Any] | None:
    """What is there, if anything is."""
    answer = await _answer(client, "GET", path)
    return None if answer.status_code == 404 else _taken(answer)


async def _sent(client: "httpx.AsyncClient", method: str, path: str, **more: Any) -> dict[str, Any]:
    return _taken(await _answer(client, method, path, **more))


async def _answer(client: "httpx.AsyncClient", method: str, path: str, **more: Any) -> "httpx.Response":
    with reaching(client, "goals", mend="See that it runs"):
        return await client.request(method, path, **more)


def _taken(answer: "httpx.Response") -> dict[str, Any]:
    if answer.is_success:
        return answer.json()
    raise refused(answer, mend="See the reason, and ask again")


def _node(node: Mapping[str, Any]) -> Text:
    below = node["roll_up"]
    text = Text.assemble(
        plain(node["title"]), "  ", plain(_share(node["progress"])), "  ", _pace(node["pace"])
    )
    if below and below["below"]:
        text.append(f"  {below['below']} below at {_share(below['progress'])}", style="dim")
    text.append(f"  {node['goal_id']}", style="dim")
    return text


def _grow(branch: Tree, node: Mapping[str, Any]) -> None:
    for each in node["serving"] or ():
        _grow(branch.add(_node(each)), each)


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _pace(pace: str | None) -> Text:
    return Text((pace or "").replace("_", " "), style=COLOURS.get(pace or "", ""))
