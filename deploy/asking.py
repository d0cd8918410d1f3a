"""Which service a command asks and as whom, by options that commands share, and how it fails."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast
from urllib.parse import quote

import typer

from deploy.local.addresses import Addresses
from deploy.local.errors import LocalError

if TYPE_CHECKING:
    import httpx

AsOption = Annotated[
    str | None, typer.Option("--as", metavar="PERSON", help="The id of the person to be, in a suite on DIR.")
]
UrlOption = Annotated[
    str | None, typer.Option(help="The service's address elsewhere; left out, the suite on DIR.")
]
TokenOption = Annotated[
    str | None, typer.Option(envvar="CAIRN_TOKEN", help="Your token, for a suite elsewhere.")
]


class AskingFailedError(LocalError):
    """A service refused, or cannot be asked."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A service by its name and address, and the token to ask it with; `people` is where its directory is.

    That is known of a suite on this machine alone.
    """

    service: str
    url: str
    token: str
    people: str | None = None


def target_of(
    service: str,
    *,
    person: str | None,
    roles: Sequence[str] = (),
    url: str | None,
    token: str | None,
    data: Path,
) -> Target:
    """The service at `url`, or the suite's on `data`; raises `AskingFailedError`.

    A suite on this machine is asked as the person; any other takes the token.
    """
    addresses = Addresses.load(data) if url is None and (person or token) else None
    if addresses is not None and not addresses.issuer_port:
        url = addresses.services[service]
    if url is not None:
        if not token:
            raise AskingFailedError("a token is missing", mend="Give one with --token or CAIRN_TOKEN")
        return Target(service=service, url=url.rstrip("/"), token=token)
    if person is None or addresses is None:
        raise AskingFailedError("nobody to be", mend="Name a person of the suite on DIR with --as PERSON")
    from deploy.local.issuer import issuer_of  # noqa: PLC0415  needed by local suites alone

    signed = issuer_of(data, addresses.issuer_port).sign(person, [*roles])
    people = addresses.services["people"]
    return Target(service=service, url=addresses.services[service], token=signed, people=people)


def client_of(target: Target, *, seconds: float = 30) -> "httpx.AsyncClient":
    """What asks the target; its user closes it."""
    import httpx  # noqa: PLC0415  heavy, and not needed by every command

    headers = {"Authorization": f"Bearer {target.token}"}
    return httpx.AsyncClient(base_url=target.url, headers=headers, timeout=seconds, trust_env=False)


def is_unknown(person: str, token: str, people: str) -> bool:
    """Whether the directory answers and knows no such person."""
    import httpx  # noqa: PLC0415

    bearer = {"Authorization": f"Bearer {token}"}
    try:
        found = httpx.get(
            f"{people}/people/{quote(person, safe='')}", headers=bearer, timeout=2, trust_env=False
        )
    except httpx.HTTPError:
        return False
    return found.status_code == 404


def require_known(target: Target, person: str | None) -> None:
    """Refuse who the directory of a suite on this machine does not know; elsewhere that cannot be told."""
    if person is not None and target.people is not None and is_unknown(person, target.token, target.people):
        raise AskingFailedError(f"nobody in the directory has the id {person}", mend="Name somebody who is")


def problem_of(answer: "httpx.Response") -> Mapping[str, Any]:
    """What a service says of a refusal; nothing if it says it in no form of ours."""
    try:
        said: Any = answer.json()
    except ValueError:
        said = None
    return cast("Mapping[str, Any]", said) if isinstance(said, Mapping) else {}


def refused(answer: "httpx.Response", *, mend: str) -> AskingFailedError:
    """That a service refused, with its reason."""
    problem = problem_of(answer)
    detail = f"{answer.status_code} {problem.get('detail', '')}".rstrip(". ")
    errors: Any = problem.get("errors")
    if isinstance(errors, list) and errors:
        first = cast("Mapping[str, Any]", errors[0])
        detail += f": {first.get('pointer', '')} {first.get('reason', '')}".rstrip(". ")
        mend = str(first.get("mend") or mend)
    return AskingFailedError(detail, mend=mend)


@contextmanager
def reaching(client: "httpx.AsyncClient", service: str, *, mend: str) -> Generator[None]:
    """Say what is asked within so that a service which gives no answer is told of in a line."""
    import httpx  # noqa: PLC0415  heavy, and not needed by every command

    try:
        yield
    except httpx.RemoteProtocolError as error:
        raise AskingFailedError(f"the {service} service broke off", mend=mend) from error
    except httpx.HTTPError as error:
        raise AskingFailedError(
            f"the {service} service at {client.base_url} does not answer: {type(error).__name__}", mend=mend
        ) from error
