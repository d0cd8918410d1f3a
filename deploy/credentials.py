"""How each user of a trial proves itself: passwords that are made once, in the files that it reads.

Every service has a directory of its own, whose files are named as its settings; so has the administrator.
Integrators have their list and a directory each in `integrators`.  Production brings the same files of
its own.
"""

import secrets
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from deploy.certificates import ADMIN
from deploy.local.entry import CA, PASSWORD, USERNAME
from deploy.local.kept import kept, put
from shared.doors import SERVICE_PREFIX

ADMIN_DIRECTORY: Final = "admin"
INTEGRATORS: Final = Path(__file__).with_name("integrators.toml")
MONGO_URL: Final = "mongo_url"
KEY_FILE_BYTES: Final = 96
_BASE64: Final = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where they lie."""

    directory: Path

    @property
    def mongo_key(self) -> Path:
        """What members of the replica set show each other."""
        return self.of(ADMIN_DIRECTORY) / "mongo-key"

    @property
    def integrators(self) -> Path:
        """The directory of others: their list, and a directory for each."""
        return self.directory / "integrators"

    def of(self, holder: str) -> Path:
        """The directory of one user."""
        return self.directory / holder

    def mongo_password(self, holder: str) -> str:
        """A user's password at MongoDB: the one in its `mongo_url`, where an operator changes it."""
        file, url = self.of(holder) / "mongo_password", self.of(holder) / MONGO_URL
        said = unquote(urlsplit(url.read_text().strip()).password or "") if url.exists() else ""
        if said and said != _password(file):
            put(file, said)
        return _password(file)

    def kafka_password(self, holder: str) -> str:
        """A user's password at Kafka."""
        return _password(self.of(holder) / PASSWORD)

    def mongo_url(self, holder: str, *, at: str) -> str:
        """How a user connects, given `HOST:PORT/?OPTIONS`."""
        return f"mongodb://{user_of(holder)}:{quote(self.mongo_password(holder), safe='')}@{at}"


def credentials_in(directory: Path, *, services: Sequence[str], mongo: str, authority: Path) -> Credentials:
    """The credentials of a directory; those that are missing are made, and addresses are written anew.

    A password that was changed since stays what it was changed to.

    Args:
        directory: made if need be.
        services: who has a user of both engines.
        mongo: where MongoDB is and how it is spoken to, as `HOST:PORT/?OPTIONS`.
        authority: the certificate by which users know the engines; each has it as `ca.pem`.

    Raises:
        DataDirectoryError: a file cannot be read or written.
    """
    found = Credentials(directory)
    kept(found.mongo_key, lambda: secrets.token_urlsafe(KEY_FILE_BYTES).translate(_BASE64))
    for holder in (*services, ADMIN_DIRECTORY):
        put(found.of(holder) / USERNAME, user_of(holder))
        _password(found.of(holder) / PASSWORD)
        put(found.of(holder) / MONGO_URL, found.mongo_url(holder, at=mongo))
        put(found.of(holder) / CA, authority.read_text())
    listed = tomllib.loads(kept(found.integrators / INTEGRATORS.name, INTEGRATORS.read_text))
    for user in listed:
        _password(found.integrators / user / PASSWORD)
    return found


def user_of(holder: str) -> str:
    """What a service, or the administrator, is called by both engines."""
    return ADMIN if holder == ADMIN_DIRECTORY else f"{SERVICE_PREFIX}{holder}"


def _password(path: Path) -> str:
    return kept(path, lambda: secrets.token_urlsafe(32))
