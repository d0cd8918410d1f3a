"""What a suite on this machine knows of an identity provider: its SCIM token, the roles of its groups."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local.kept import kept

SCIM_TOKEN_FILE: Final = "scim-token"  # noqa: S105  the name of a file
ROLES_BY_GROUP: Final = "HR admins=hr_admin, HR partners=hr_partner, Executives=executive, Auditors=auditor"


def scim_token_of(directory: Path) -> str:
    """The identity provider's token of a suite, made the first time.

    Raises:
        DataDirectoryError: the file cannot be read or written.
    """
    return kept(directory / SCIM_TOKEN_FILE, lambda: secrets.token_urlsafe(32))


def scim_variables(service: str, directory: Path) -> Mapping[str, str]:
    """What a service is told of it: only people takes SCIM."""
    if service != "people":
        return {}
    return {"CAIRN_SCIM_TOKEN": scim_token_of(directory), "CAIRN_SCIM_ROLES": ROLES_BY_GROUP}
