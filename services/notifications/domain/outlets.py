"""The ways out that the operator has opened: mail, and the endpoints that take webhooks.

Kept in the database, so that a reaction knows them.  Addresses are not: they stay in the settings,
since they may hold secrets; an endpoint is known by an id derived from its address.
"""

from collections.abc import Collection, Mapping
from typing import ClassVar, Final

from shared.aggregate import Aggregate
from shared.ids import derive

OUTLETS_ID: Final = "open"


def endpoint_id(url: str) -> str:
    """The id of a webhook endpoint."""
    return derive("endpoint", url)


class Outlets(Aggregate):
    """What is open; `disabled` holds why an endpoint is not, by its id."""

    id_field: ClassVar[str] = "outlets_id"
    outlets_id: str = OUTLETS_ID
    email: bool = False
    endpoint_ids: tuple[str, ...] = ()
    disabled: Mapping[str, str] = {}

    @property
    def live_endpoint_ids(self) -> tuple[str, ...]:
        """The endpoints that webhooks are posted to."""
        return tuple(each for each in self.endpoint_ids if each not in self.disabled)

    def opened(self, *, email: bool, endpoint_ids: Collection[str]) -> "Outlets":
        """As the operator has it now; an endpoint that stays listed stays disabled."""
        disabled = {each: why for each, why in self.disabled.items() if each in endpoint_ids}
        return self.model_copy(
            update={"email": email, "endpoint_ids": tuple(sorted(endpoint_ids)), "disabled": disabled}
        )

    def without(self, endpoint_id: str, *, reason: str) -> "Outlets":
        """With an endpoint disabled; it is enabled again by taking its address out and putting it back."""
        return self.model_copy(update={"disabled": {**self.disabled, endpoint_id: reason}})
