"""An import in one call."""

from datetime import date
from itertools import count

import pytest

from services.people.domain.csv_import import Roster, plan_import, reconcile

TODAY = date(2026, 11, 22)


@pytest.fixture
def plan():
    """Plan the import of a text or bytes into a directory."""
    numbers = count(1)

    def run(content, *, roster=None, on=TODAY, **mapping):
        return plan_import(
            content,
            roster=roster or Roster.of(),
            on=on,
            mint=lambda prefix: f"{prefix}_{next(numbers)}",
            mapping=mapping,
        )

    return run


@pytest.fixture
def imported(plan):
    """Import a file into a directory: the roster after it, the events and the plan."""

    def run(content, *, roster=None, on=TODAY, **mapping):
        before = roster or Roster.of()
        made = plan(content, roster=before, on=on, **mapping)
        people, events = dict(before.people), []
        for row in made.rows:
            person, *caused = reconcile(row, people.get(row.person_id))
            people[person.person_id] = person
            events += caused
        units = [*before.units.values(), *(unit for unit, _ in made.units)]
        return Roster.of(people.values(), units), events, made

    return run
