"""Who is deactivated at the identity provider is refused by another service within a minute, by itself.

Nothing is cleared by hand: the change goes over Kafka, and goals remembers what it saw of somebody for as
long as it does in production.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest

from deploy.local.scim import scim_token_of
from tests.suite.house import House
from tests.suite.test_inbound import wording

WITHIN_SECONDS = 60.0
"""What an identity provider's owner is promised."""
USER = ["urn:ietf:params:scim:schemas:core:2.0:User"]
GROUP = ["urn:ietf:params:scim:schemas:core:2.0:Group"]
PATCH = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
REFUSED = {403, 404}


class Provider:
    """The identity provider of the suite that runs."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._token = scim_token_of(house.data)

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self._house.ask("people", method, f"/scim/v2{path}", headers=headers, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else {}

    def hire(self, name: str) -> str:
        said = {"schemas": USER, "userName": f"{name}@example.com", "displayName": name}
        return self.ask("POST", "/Users", said)["id"]

    def deactivate(self, person_id: str) -> None:
        operation = {"op": "Replace", "path": "active", "value": "False"}
        self.ask("PATCH", f"/Users/{person_id}", {"schemas": PATCH, "Operations": [operation]})


@pytest.fixture
def provider(house: House) -> Provider:
    return Provider(house)


def within_a_minute(asked: Callable[[], int], statuses: set[int], what: str) -> None:
    """Ask all the time, so that who answers remembers the asker as long as it ever does."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while (status := asked()) not in statuses:
        assert time.monotonic() < deadline, f"{what}: still {status}"
        time.sleep(0.1)


def test_goals_refuses_who_was_deactivated_within_a_minute(house: House, provider: Provider) -> None:
    leaver = provider.hire("leaver")
    goal = house.does("goals", "/goals", wording(), as_=(leaver,))

    def reads() -> int:
        return house.ask("goals", "GET", f"/goals/{goal['goal_id']}", as_=(leaver,)).status_code

    assert reads() == 200
    provider.deactivate(leaver)
    within_a_minute(reads, REFUSED, "who was deactivated reads their goal")
    drafted = house.ask("goals", "POST", "/goals", as_=(leaver, "hr_admin"), json=wording())
    assert drafted.status_code in REFUSED, "with a token that grants a role, too"


def test_goals_grants_what_a_group_gives_and_takes_it_back(house: House, provider: Provider) -> None:
    admin = provider.hire("groupie")
    period = {"name": "A year", "kind": "year", "starts_on": "2031-01-01", "ends_on": "2031-12-31"}
    house.does("goals", "/periods", period, as_=("hr-system", "hr_admin"))

    def opens() -> int:
        """409 to who may, since it is open already."""
        return house.ask("goals", "POST", "/periods", as_=(admin,), json=period).status_code

    assert opens() in REFUSED
    members = {"schemas": GROUP, "displayName": "HR admins", "members": [{"value": admin}]}
    group = provider.ask("POST", "/Groups", members)["id"]
    within_a_minute(opens, {409}, "who is in the group may open a period")
    provider.ask("DELETE", f"/Groups/{group}")
    within_a_minute(opens, REFUSED, "who is in no group may open a period")
