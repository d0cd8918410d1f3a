"""Where everything of a running suite is, for the commands that come later.

A suite that was started here has written it to its data directory; of any other the CAIRN_ variables tell
it, as they tell the services.
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from deploy.local.errors import DataDirectoryError

FILE = "suite.json"
TOLD = "CAIRN_SERVICE_URLS"
"""The variable without which the environment tells of no suite."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The addresses of one suite; `services` holds a base URL by service name.

    `secrets` is the directory of the administrator's, given from where the addresses lie; none where the
    engines take anyone, or the environment tells how they are entered.  `issuer_port` is 0 where the issuer
    is not one of ours, that signs for anybody.
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
        """The addresses of the suite that runs on this directory, or else of the one that variables tell of.

        Raises:
            DataDirectoryError: no suite runs there, and the environment tells of none.
            LocalError: a variable of the environment is wrong.
        """
        try:
            found = cls(**json.loads((directory / FILE).read_text()))
            where = str((directory / found.secrets).resolve()) if found.secrets else ""
            return replace(found, secrets=where)
        except FileNotFoundError as error:
            if os.environ.get(TOLD):
                return cls.told()
            raise DataDirectoryError(
                f"no suite is running on {directory}",
                mend="Start one with `cairn up`, or name its directory with --data;"
                f" {TOLD} and others tell of one elsewhere",
            ) from error
        except (OSError, ValueError, TypeError) as error:
            raise DataDirectoryError(
                f"{directory / FILE} cannot be read: {error}", mend="Stop the suite and start it again"
            ) from error

    @classmethod
    def told(cls) -> "Addresses":
        """The addresses that the CAIRN_ variables tell; raises `LocalError` if one is wrong."""
        from deploy.local.topics import settings_of  # noqa: PLC0415  heavy, and needed for these alone

        settings = settings_of({})
        return cls(
            kafka=",".join(settings.kafka_bootstrap),
            mongo=settings.mongo_url.get_secret_value(),
            issuer=settings.oidc_issuer,
            issuer_port=0,
            services=settings.service_urls,
            smtp="",
            mail="",
            webhooks="",
            logs="",
        )


def forget(directory: Path) -> None:
    """The suite of this directory has stopped."""
    (directory / FILE).unlink(missing_ok=True)
