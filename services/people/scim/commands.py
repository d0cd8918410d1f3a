"""The commands of one request of the identity provider, and refusals as SCIM tells them (RFC 7644 3.12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scim2_models import (
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    PayloadTooLargeException,
    PreconditionFailedException,
    SCIMException,
    UniquenessException,
)

from services.people.access import IDENTITY_PROVIDER
from services.people.domain.identifiers import EmailTaken, EmployeeNumberTaken
from services.people.scim import UseCases
from services.people.usecases.take_scim_user import UserNameTaken
from shared.errors import Forbidden, NotFound, Refusal, Stale, TooLarge
from shared.http.running import counted
from shared.metrics import Metrics
from shared.work import Cause, Conflict, Handler, Work

_TOLD_AS: Final[Mapping[type[Refusal], type[SCIMException]]] = {
    NotFound: NotFoundException,
    Forbidden: ForbiddenException,
    Stale: PreconditionFailedException,
    TooLarge: PayloadTooLargeException,
    UserNameTaken: UniquenessException,
    EmailTaken: UniquenessException,
    EmployeeNumberTaken: UniquenessException,
}
"""Every other rule refuses a value: invalidValue."""


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs the use cases, in the name of the identity provider and counted as every command is."""

    work: Work
    metrics: Metrics
    cases: UseCases
    cause: Cause

    async def user(self, command: Any) -> Any:
        """Take what is said of a User."""
        return await self._run(self.cases.user, command, key=command.person_id)

    async def group(self, command: Any) -> Any:
        """Take what is said of a Group."""
        return await self._run(self.cases.group, command, key=command.group_id)

    async def close(self, command: Any) -> Any:
        """Let somebody leave, whatever else was said of them."""
        return await self._run(self.cases.close, command, key=command.person_id)

    async def _run(self, handler: Handler, command: Any, *, key: str) -> Any:
        try:
            with counted(self.metrics, handler) as count:
                result = await self.work.run(
                    handler, command, key=key, caller=IDENTITY_PROVIDER, cause=self._because(handler)
                )
                count.outcome = "done"
        except Refusal as refusal:
            raise in_scim(refusal) from refusal
        except Conflict as error:
            detail = "Somebody else changed it at the same time; read it again."
            raise PreconditionFailedException(detail=detail) from error
        return result

    def _because(self, handler: Handler) -> Cause:
        deed = getattr(handler, "__name__", "")
        return self.cause._replace(origin=self.cause.origin._replace(deed=deed))


def in_scim(refusal: Refusal) -> SCIMException:
    """A refusal as SCIM tells it."""
    kind = next((_TOLD_AS[each] for each in type(refusal).__mro__ if each in _TOLD_AS), InvalidValueException)
    return kind(detail=refusal.detail)
