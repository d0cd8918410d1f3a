"""How the commands of `cairn goals` ask the service, and the words that they share."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer
from rich.text import Text

from deploy.asking import Target, client_of, reaching, refused, target_of

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
WIDE: Final = 110
"""From so many columns on a list is a table; in fewer, ids would be broken, and it is told in lines."""
COLOURS: Final = {"on_track": "green", "behind": "yellow", "at_risk": "red", "not_measured": "dim"}
GoalArgument = Annotated[str, typer.Argument(metavar="GOAL", help="The id of the goal.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print it as JSON, as the service tells it.")]


def asked(
    ask: Callable[["httpx.AsyncClient"], Awaitable[T]],
    *,
    person: str | None,
    url: str | None,
    token: str | None,
    data: Path,
) -> T:
    """What the service answers the person."""
    return answer_of(target_of("goals", person=person, url=url, token=token, data=data), ask)


def answer_of(target: Target, ask: Callable[["httpx.AsyncClient"], Awaitable[T]]) -> T:
    """What a service answers."""

    async def asking() -> T:
        async with client_of(target) as client:
            return await ask(client)

    return asyncio.run(asking())


def told(answer: T, show: Callable[[T], None], *, as_json: bool) -> None:
    """Print an answer, as the service tells it or in words."""
    if as_json:
        print(json.dumps(answer))
    else:
        show(answer)


async def read(client: "httpx.AsyncClient", path: str, **query: Any) -> dict[str, Any]:
    """What is there; raises `AskingFailedError`."""
    return await sent(client, "GET", path, params=query)


async def found(client: "httpx.AsyncClient", path: str, **query: Any) -> dict[str, Any] | None:
    """What is there, if anything is."""
    answer = await _answer(client, "GET", path, params=query)
    return None if answer.status_code == 404 else _taken(answer)


async def sent(client: "httpx.AsyncClient", method: str, path: str, **more: Any) -> dict[str, Any]:
    """The answer to a request; raises `AskingFailedError`."""
    return _taken(await _answer(client, method, path, **more))


async def _answer(client: "httpx.AsyncClient", method: str, path: str, **more: Any) -> "httpx.Response":
    with reaching(client, "goals", mend="See that it runs"):
        return await client.request(method, path, **more)


def _taken(answer: "httpx.Response") -> dict[str, Any]:
    if answer.is_success:
        return answer.json()
    raise refused(answer, mend="See the reason, and ask again")


def share_of(share: float | None) -> str:
    """A share from 0 to 1 in per cent; nothing where there is none."""
    return "" if share is None else f"{share:.0%}"


def pace_of(pace: str | None) -> Text:
    """A pace in words, and in its colour."""
    return Text((pace or "").replace("_", " "), style=COLOURS.get(pace or "", ""))
