"""Where everything of a running suite is, written to its data directory for the commands that come later."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from deploy.local.errors import DataDirectoryError

FILE = "suite.json"


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The addresses of one suite; `services` holds a base URL by service name.

    `secrets` is the directory of the administrator's, given from where the addresses lie; none where the
    engines take anyone.
    """

    kafka: str
    mongo: str
    issuer: str
    issuer_port: int
    services: dict[str, str]
    smtp: str
    mail: str
    webhooks: str
    logs: str
    secrets: str = ""

    def save(self, directory: Path) -> None:
        """Write them down, whole or not at all."""
        part = directory / f"{FILE}.part"
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(self), indent=2) + "\n")
        part.rename(directory / FILE)

    @classmethod
    def load(cls, directory: Path) -> "Addresses":
        """The addresses of the suite that runs on this directory.

        Raises:
            DataDirectoryError: no suite runs there.
        """
        try:
            found = cls(**json.loads((directory / FILE).read_text()))
            where = str((directory / found.secrets).resolve()) if found.secrets else ""
            return replace(found, secrets=where)
        except FileNotFoundError as error:
            raise DataDirectoryError(
                f"no suite is running on {directory}",
                mend="Start one with `cairn up`, or name its directory with --data",
            ) from error
        except (OSError, ValueError, TypeError) as error:
            raise DataDirectoryError(
                f"{directory / FILE} cannot be read: {error}", mend="Stop the suite and start it again"
            ) from error


def forget(directory: Path) -> None:
    """The suite of this directory has stopped."""
    (directory / FILE).unlink(missing_ok=True)
