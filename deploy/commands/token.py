"""`cairn token`: a token of the development issuer, for trying the APIs by hand."""

from datetime import timedelta
from typing import Annotated, get_args

import typer

from deploy.asking import is_unknown
from deploy.console import err
from deploy.local.addresses import Addresses
from deploy.local.errors import DataDirectoryError
from deploy.options import DATA, DataOption
from shared.identity import Role


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command()(token)


def token(
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="The id of the person to be.")],
    role: Annotated[
        list[str] | None, typer.Option(help="A role to hold; may be given several times.")
    ] = None,
    hours: Annotated[float, typer.Option(help="How long it is good for.")] = 8.0,
    data: DataOption = DATA,
) -> None:
    """Print an access token that the services of this suite take."""
    from deploy.local.issuer import KEY_FILE, issuer_of  # noqa: PLC0415  needed by this command alone

    known = get_args(Role)
    if strange := sorted(set(role or []) - set(known)):
        raise typer.BadParameter(
            f"{', '.join(strange)}: the roles are {', '.join(known)}", param_hint="--role"
        )
    addresses = Addresses.load(data)
    if not (data / KEY_FILE).is_file():
        raise DataDirectoryError(f"{data} holds no issuer's key", mend="Start the suite with `cairn up`")
    issuer = issuer_of(data, addresses.issuer_port)
    made = issuer.sign(person, role or [], lifetime=timedelta(hours=hours))
    if is_unknown(person, made, addresses.services["people"]):
        err.print(f"Nobody in the directory has the id {person}: the token opens only what roles alone open.")
    typer.echo(made)
