"""`cairn privacy`: what is held of a person, handed out or erased for good.

Exit codes: 0 it is done, or under way; 1 it could not be done, and nothing was written.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import quote

import typer
from rich.table import Table

from deploy.asking import AskingFailedError, Target, TokenOption, client_of, reaching, refused, target_of
from deploy.console import err, out, plain
from deploy.local.services import SERVICES
from deploy.options import DATA, DataOption, run
from deploy.personal_pdf import fonts_at_hand, write_pdf

if TYPE_CHECKING:
    import httpx

privacy = typer.Typer(help="What is held of a person: hand it out, hold it, erase it.", no_args_is_help=True)
OFFICER: Final = "cairn-privacy"
ROLE: Final = "privacy_officer"
TOO_MANY: Final = 429
PATIENCE_SECONDS: Final = 60
"""How long one question waits to be let in."""
ASK_AGAIN: Final = "See that it runs, and ask again"
Ground = Literal["no_longer_needed", "consent_withdrawn", "objection", "unlawful", "legal_obligation"]

PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="The person's id.")]
CaseOption = Annotated[
    str, typer.Option("--case", metavar="NUMBER", help="Where the case is kept; a number and no name.")
]
UrlsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--url",
        metavar="SERVICE=URL",
        help="Where a service is elsewhere, such as people=https://people.example.com; for each of them.",
    ),
]


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.add_typer(privacy, name="privacy")


@privacy.command("export")
def export(  # noqa: PLR0913  a command's options
    person: PersonArgument,
    *,
    to: Annotated[Path, typer.Option("--to", metavar="FILE.json", help="Where it is written.")],
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE.pdf", help="Write it as a document to read, too.")
    ] = None,
    fonts: Annotated[
        list[Path] | None,
        typer.Option(
            "--font",
            metavar="FILE.ttf",
            help="For its text; may be given several times, for more scripts.",
            exists=True,
        ),
    ] = None,
    urls: UrlsOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Write all that is held of a person, from every service, into files that only you can read."""
    targets = [_target(service, urls, token, data) for service in SERVICES]
    found = run(_personal_data(targets, person))
    if not any(part["kinds"] for part in found):
        raise AskingFailedError(f"nothing is held of {person}", mend="See that the id is right")
    text = json.dumps({"person_id": person, "services": found}, ensure_ascii=False, indent=2)
    _write(to, lambda part: part.write_text(text))
    if pdf is not None:
        given = fonts or fonts_at_hand()
        _write(pdf, lambda part: write_pdf(part, found, person=person, fonts=given))
    table = Table("Service", "Kind", "Documents")
    for part in found:
        for kind, docs in part["kinds"].items():
            table.add_row(part["service"], kind, str(len(docs)))
    out.print(table)


@privacy.command("erase")
def erase(  # noqa: PLR0913  a command's options
    *,
    person: Annotated[str | None, typer.Argument(metavar="PERSON", help="The person's id.")] = None,
    ground: Annotated[
        Ground | None, typer.Option(help="On which ground, of GDPR article 17 (1) (a) to (e).")
    ] = None,
    case: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Where the case is kept; no name.")
    ] = None,
    again: Annotated[
        Path | None,
        typer.Option(
            "--again",
            metavar="LOG",
            help="After a restore: erase everybody in this log of erasures.",
            exists=True,
        ),
    ] = None,
    urls: UrlsOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Erase somebody who has left, for good; what comes of it is shown by `cairn privacy receipt`."""
    target = _target("people", urls, token, data)
    if again is not None:
        asked = _logged(again)
    elif person is None or ground is None or case is None:
        raise AskingFailedError(
            "whom to erase, on which ground, in which case?",
            mend="Name PERSON, --ground and --case, or a log with --again",
        )
    else:
        asked = [{"person_id": person, "ground": ground, "case": case}]
    receipts, refusals = run(_erase(target, asked, again=again is not None))
    for each in receipts:
        _show(each)
    for refusal in refusals:
        err.print(plain(f"cairn: {refusal}"), style="red")
    raise typer.Exit(1 if refusals else 0)


@privacy.command("receipt")
def receipt(
    *,
    person: PersonArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")] = False,
    urls: UrlsOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Show how far an erasure is, service by service, and by when the last copy is gone."""
    target = _target("people", urls, token, data)
    found = run(_asked(target, "GET", f"/people/{_quoted(person)}/erasure"))
    if as_json:
        print(json.dumps(found))
    else:
        _show(found)


@privacy.command("hold")
def hold(
    person: PersonArgument,
    case: CaseOption,
    urls: UrlsOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Hold what is kept of a person, so that nobody erases it."""
    target = _target("people", urls, token, data)
    run(_asked(target, "PUT", f"/people/{_quoted(person)}/legal-hold", {"case": case}))
    out.print(plain(f"What is kept of {person} is held under {case}."))


@privacy.command("release")
def release(
    person: PersonArgument, urls: UrlsOption = None, token: TokenOption = None, data: DataOption = DATA
) -> None:
    """Lift the hold."""
    target = _target("people", urls, token, data)
    run(_asked(target, "DELETE", f"/people/{_quoted(person)}/legal-hold"))
    out.print(plain(f"What is kept of {person} may be erased again."))


def _target(service: str, urls: Sequence[str] | None, token: str | None, data: Path) -> Target:
    named = dict(_named(each) for each in urls or ())
    if named and service not in named:
        raise AskingFailedError(
            f"where is {service}?", mend=f"Name it as well: --url {service}=https://{service}.example.com"
        )
    return target_of(service, person=OFFICER, roles=[ROLE], url=named.get(service), token=token, data=data)


def _named(text: str) -> tuple[str, str]:
    service, equals, url = text.partition("=")
    if not equals or service not in SERVICES or not url:
        raise AskingFailedError(
            f"--url {text} is not a service and its address",
            mend="Write it as people=https://people.example.com",
        )
    return service, url


def _quoted(person: str) -> str:
    return quote(person, safe="")


def _logged(log: Path) -> list[dict[str, Any]]:
    """The erasures in a log, the last of each person; what is no line of one is said and passed over."""
    found: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(log.read_text(errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            found[row["person_id"]] = {name: str(row[name]) for name in ("person_id", "ground", "case")}
        except (ValueError, KeyError, TypeError):
            err.print(plain(f"{log}: line {number} is no erasure; look for it by hand"), style="yellow")
    return list(found.values())


async def _personal_data(targets: Sequence[Target], person: str) -> list[dict[str, Any]]:
    return [await _asked(target, "GET", f"/personal-data/{_quoted(person)}") for target in targets]


async def _erase(
    target: Target, asked: Sequence[Mapping[str, Any]], *, again: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """The receipts, and why others are refused: one of many must not keep the rest from it."""
    receipts: list[dict[str, Any]] = []
    refusals: list[str] = []
    async with client_of(target) as client:
        for each in asked:
            body = {"ground": each["ground"], "case": each["case"], "again": again}
            path = f"/people/{_quoted(each['person_id'])}/erasure"
            try:
                receipts.append(await _answered(client, target.service, "POST", path, body))
            except AskingFailedError as refusal:
                refusals.append(f"{each['person_id']}: {refusal}")
    return receipts, refusals


async def _asked(
    target: Target, method: str, path: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    async with client_of(target) as client:
        return await _answered(client, target.service, method, path, body)


async def _answered(
    client: "httpx.AsyncClient", service: str, method: str, path: str, body: Mapping[str, Any] | None
) -> dict[str, Any]:
    answer = await _once_let(client, service, method, path, body)
    if not answer.is_success:
        raise refused(answer, mend=f"The {service} service refuses it; see the reason")
    return answer.json() if answer.content else {}


async def _once_let(
    client: "httpx.AsyncClient", service: str, method: str, path: str, body: Mapping[str, Any] | None
) -> "httpx.Response":
    """The answer; who asks too often waits as long as they are told, since a log may name thousands."""
    waited = 0
    while True:
        with reaching(client, service, mend=ASK_AGAIN):
            answer = await client.request(method, path, json=body)
        said = answer.headers.get("Retry-After", "")
        seconds = int(said) if said.isdecimal() else 1
        if answer.status_code != TOO_MANY or waited + seconds > PATIENCE_SECONDS:
            return answer
        await asyncio.sleep(seconds)
        waited += max(1, seconds)


def _write(file: Path, write: Callable[[Path], object]) -> None:
    """Into a file that others cannot read, whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        write(part)
        part.replace(file)
    except OSError as error:
        raise AskingFailedError(
            f"{file} cannot be written: {error.strerror}", mend="Name another file"
        ) from None


def _show(receipt: Mapping[str, Any]) -> None:
    title = f"{receipt['person_id']}: {receipt['standing']}; last copies are gone by {receipt['gone_by']}"
    table = Table("Service", "Deleted", "Parked", "Nothing left", "Looked again", title=plain(title))
    for each in receipt["services"]:
        counts = (str(each["removed"]), str(each["parked"]))
        table.add_row(each["service"], *counts, each["swept_at"] or "", each["checked_at"] or "")
    out.print(table)
    if not receipt["logged"]:
        err.print(
            plain("It is in no log of erasures yet (CAIRN_ERASURE_LOG_FILE): a restore would bring it back."),
            style="yellow",
        )
