"""Whatever the API description lets somebody send, no answer is an error of ours nor outside of it.

Cases come from the description.  Most ids in them are replaced by those that exist, and most of them
are asked by somebody who may nearly everything, so that they reach what lies behind the refusals.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, checks

from tests.suite.house import SERVICES, House, description
from tests.suite.seed import EVERY_ROLE

EXAMPLES = 15
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
"""Not `positive_data_acceptance`: it takes headers with a pattern for invalid.  5xx are told by ourselves."""
STREAM = "/inbox/stream"
"""It does not end."""
REAL = 0.85
"""The share of ids that are replaced by real ones."""
PEOPLE = ("person_id", "owner_id", "receiver_id", "giver_id", "manager_id", "reviewer_id", "asked_id")
FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]


@pytest.fixture(scope="session")
def wire() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def closed(described: Mapping[str, Any]) -> dict[str, Any]:
    """The description without `default` answers, which would let every status pass for documented."""
    paths: dict[str, Any] = {}
    for path, item in described["paths"].items():
        paths[path] = {
            method: {
                **operation,
                "responses": {k: v for k, v in operation["responses"].items() if k != "default"},
            }
            for method, operation in item.items()
        }
    return {**described, "paths": paths}


class Realist:
    """Puts real ids where invented ones stand; the same for the same case."""

    def __init__(self, name: str, case: Case, house: House) -> None:
        self._name = name
        self._case = case
        self._house = house
        sent = case.path_parameters, case.query, case.body, case.headers
        self._dice = random.Random(repr(sent))

    def mend(self) -> None:
        case = self._case
        if isinstance(case.path_parameters, dict):
            for name in case.path_parameters:
                case.path_parameters[name] = self._path_id(name, case.path_parameters[name])
        if isinstance(case.query, dict):
            case.query |= {name: self._value(name, value) for name, value in case.query.items()}
        if isinstance(case.body, dict):
            case.body = self._value("", case.body)
        if case.headers is not None:
            self._mend_headers(case.headers)

    def token(self, staff: Mapping[str, str]) -> str:
        callers = [
            (staff["boss"], *EVERY_ROLE),
            (staff["anna"],),
            (staff["ben"],),
            ("warehouse", "measuring_system"),
        ]
        return self._house.token(*self._dice.choices(callers, (6, 2, 1, 1))[0])

    def _mend_headers(self, headers: Any) -> None:
        if "If-Match" in headers and self._dice.random() < REAL:
            headers["If-Match"] = "*"
        if "Idempotency-Key" in headers and self._dice.random() < REAL:
            del headers["Idempotency-Key"]

    def _path_id(self, name: str, value: Any) -> Any:
        known = self._house.ids.get(name)
        if self._case.method == "GET" and name == "person_id":
            known = self._pool(name)
        return self._dice.choice(known) if known and self._dice.random() < REAL else value

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._value(key, each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._value(name, each) for each in value]
        known = self._pool(name) if isinstance(value, str) else ()
        return self._dice.choice(known) if known and self._dice.random() < REAL else value

    def _pool(self, name: str) -> Sequence[str]:
        one = name.removesuffix("s")
        if one.endswith(PEOPLE) or one == "hr_partner_id":
            return [*self._house.ids["staff_id"], *self._house.ids["person_id"][:3]]
        if one == "parent_id":
            one = "unit_id" if self._name == "people" else "goal_id"
        return self._house.ids.get(one, ())


def fuzzed(name: str) -> Callable[..., None]:
    described = closed(description(name))
    described["paths"].pop(STREAM, None)
    config = schemathesis.Config()
    config.projects.default.generation.update(with_security_parameters=False)
    schema = schemathesis.openapi.from_dict(described, config=config)

    @schema.parametrize()
    @settings(
        max_examples=EXAMPLES,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=FIXTURES,
    )
    def test(case: Case, house: House, wire: requests.Session) -> None:
        realist = Realist(name, case, house)
        realist.mend()
        headers = {"Authorization": f"Bearer {realist.token(house.staff)}"}
        answer = case.call(base_url=house.addresses.services[name], session=wire, headers=headers, timeout=30)
        if answer.status_code >= 500:
            pytest.fail(house.trouble(name, answer.headers.get("x-correlation-id", [""])[0]))
        case.validate_response(answer, checks=CHECKS)

    return test


test_people = fuzzed("people")
test_goals = fuzzed("goals")
test_feedback = fuzzed("feedback")
test_reviews = fuzzed("reviews")
test_notifications = fuzzed("notifications")


def test_no_service_is_left_out() -> None:
    assert {f"test_{name}" for name in SERVICES} <= globals().keys()
