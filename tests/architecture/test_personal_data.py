"""What every service says it holds of people is all that it holds, and docs/privacy.md tells it."""

import os
from pathlib import Path
from typing import get_args

import pytest

from services.feedback.app import SERVICE as FEEDBACK
from services.goals.app import SERVICE as GOALS
from services.notifications.app import SERVICE as NOTIFICATIONS
from services.people.app import SERVICE as PEOPLE
from services.reviews.app import SERVICE as REVIEWS
from shared.directory import PEOPLE as DIRECTORY
from shared.service import Service
from shared.settings import RetainedKind

SERVICES = (PEOPLE, GOALS, FEEDBACK, REVIEWS, NOTIFICATIONS)
PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"
TABLE = "## By kind\n"
AGEING = "### By its age\n"
AFTER_AGEING = "\nOne setting"
OF_NOBODY = {
    "people": {"people_guards"},
    "goals": {"endings", "folds", "looks", "guards", "period_turns"},
    "feedback": {"frameworks"},
    "reviews": set[str](),
    "notifications": {"receipts", "outlets"},
}
"""Collections that hold the organisation's own, or marks without words that go with what they belong to."""


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_collection_is_said_to_hold_something_of_people_or_nothing(service: Service) -> None:
    held = {each.collection for each in service.held}
    assert held == {*service.collections, DIRECTORY} - OF_NOBODY[service.name]
    assert not held & OF_NOBODY[service.name]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_kind_has_a_name_of_its_own_and_says_why(service: Service) -> None:
    names = [each.what for each in service.held]
    assert len(names) == len(set(names))
    assert all(each.why.endswith(".") for each in service.held)
    assert service.forget is not None


def test_what_ages_is_known_to_the_settings_and_of_one_service_each() -> None:
    kinds = [each.kind for service in SERVICES for each in service.ages]
    assert sorted(kinds) == sorted(get_args(RetainedKind))


def test_the_page_has_every_kind() -> None:
    before, heading, rest = PAGE.read_text().partition(AGEING)
    between = rest[rest.index(AFTER_AGEING) :].partition(TABLE)[0]
    text = before + heading + ageing() + between + TABLE + table()
    if os.environ.get("CAIRN_WRITE_TABLES"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text, "run this test with CAIRN_WRITE_TABLES=1 and look at the change"


def ageing() -> str:
    rows = [
        f"| {service.name} | `{each.kind}` | {each.since} | {each.named} |"
        for service in SERVICES
        for each in service.ages
    ]
    return "\n".join(
        ["", "| Service | Kind | Its days begin when | A hold keeps it on |", "|---|---|---|---|", *rows, ""]
    )


def table() -> str:
    rows = [
        f"| {service.name} | {each.what} | {each.fate} | {each.why} | {'yes' if each.handed_out else ''} |"
        for service in SERVICES
        for each in service.held
    ]
    return "\n".join(
        ["", "| Service | Kind | On erasure | | Handed out |", "|---|---|---|---|---|", *rows, ""]
    )
