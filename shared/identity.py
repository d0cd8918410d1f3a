"""Who asks: the caller of a command or a view, as far as their token tells it.

Roles come from the token and from the identity provider's groups; relations between people (self,
manager, HR partner of) are asked of the directory by `shared.access`.  How a token is checked is
`shared.tokens`'s; this module knows no web framework, so that any part of a service can name a caller.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from shared.ids import PersonId

MachineRole = Literal["hr_system", "measuring_system", "service"]
"""What makes a caller a machine, by what it does: it knows who works here, it measures, it is a service."""
MACHINE_ROLES: Final[frozenset[MachineRole]] = frozenset(get_args(MachineRole))
Role = Literal["hr_partner", "hr_admin", "executive", "auditor", "privacy_officer", MachineRole]
ROLES: Final[frozenset[Role]] = frozenset(get_args(Role))
GroupRole = Literal["hr_partner", "hr_admin", "executive", "auditor", "privacy_officer"]
"""What a group of the identity provider can give: only a token makes a machine."""
GROUP_ROLES: Final[frozenset[GroupRole]] = frozenset(get_args(GroupRole))


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose token was verified, or a part of the suite that acts for itself.

    `subject` tells callers apart (idempotency keys are scoped by it); `person_id` is None for
    a caller who is not a person.  Everybody with a person id is an employee.  `email` is instead of it what
    the token says, until the directory has told whose it is.
    """

    subject: str
    person_id: PersonId | None = None
    roles: frozenset[Role] = frozenset()
    email: str | None = None

    @property
    def is_machine(self) -> bool:
        """Whether this is a system or a service, and not a person."""
        return not self.roles.isdisjoint(MACHINE_ROLES)

    def has(self, *roles: Role) -> bool:
        """Whether any of these roles is granted to them."""
        return not self.roles.isdisjoint(roles)


def service_caller(service: str) -> Caller:
    """The caller that a service is to itself, in its reactions and workers."""
    return Caller(subject=f"service:{service}", roles=frozenset({"service"}))
