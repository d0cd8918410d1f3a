"""SCIM 2.0 (RFC 7643, RFC 7644) for the identity provider: its Users are people, its Groups give them roles.

Speaks the protocol and turns what is said into the use cases that it is given.  Changes nothing itself.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from starlette.types import ASGIApp

from services.people.access import IDENTITY_PROVIDER
from services.people.domain.scim_group import group_key
from services.people.store.scim import groups_with_another_role
from services.people.usecases.give_role import GiveRole
from shared.audit import Origin
from shared.errors import Refusal
from shared.identity import GroupRole
from shared.logs import logger
from shared.work import Cause, Handler

if TYPE_CHECKING:
    from shared.runtime import Runtime
    from shared.settings import Settings

_log = logger("scim")


class UseCases(NamedTuple):
    """What takes what is said of a User and of a Group, and what closes access when the former is refused."""

    user: Handler
    group: Handler
    close: Handler


def scim_app(cases: UseCases, runtime: "Runtime") -> ASGIApp | None:
    """What is served below /scim; None if the settings name no token for it."""
    token = runtime.settings.scim_token
    if token is None:
        return None
    from services.people.scim.application import Application, Parts  # noqa: PLC0415  large, and seldom wanted

    roles = roles_by_name(runtime.settings)
    parts = Parts(runtime.db, runtime.work, runtime.metrics, cases, roles, token.get_secret_value())
    return Application(parts)


async def give_roles_anew(give: Handler, runtime: "Runtime") -> None:
    """At the start: let each group give the role that its name has by the settings now, which may be none.

    A group that has grown too large for it gives none; the log says so.
    """
    due = await groups_with_another_role(runtime.db, roles_by_name(runtime.settings))
    for group_id, role in due.items():
        cause = Cause(origin=Origin(getattr(give, "__name__", "")))
        command = GiveRole(group_id=group_id, role=role)
        try:
            await runtime.work.run(give, command, key=group_id, caller=IDENTITY_PROVIDER, cause=cause)
        except Refusal as refusal:
            _log.warning("a group gives no role", group=group_id, role=role, why=refusal.detail)


def roles_by_name(settings: "Settings") -> Mapping[str, GroupRole]:
    """The role of each group that gives one, by the key of its name; none where nothing tells of groups."""
    if settings.scim_token is None:
        return {}
    return {group_key(name): role for name, role in settings.scim_roles.items()}


__all__ = ["UseCases", "give_roles_anew", "scim_app"]
