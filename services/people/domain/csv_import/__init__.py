"""Importing people from CSV: pure functions from a file's bytes to a plan and its problems.

    plan = plan_import(content, roster=Roster.of(people, units), on=today, mint=mint)
    for row in plan.rows:                       # managers first
        person, *events = reconcile(row, people.get(row.person_id))

A row is refused when it does not say who it is about (no name, neither number nor e-mail, or
those of another row), when a date in it is no date, or when its cells do not fit the header.
Anything else that cannot be read (an e-mail address, a time zone, a date that can mean two
days, a manager) is reported and left out, and the row is imported.
"""

from services.people.domain.csv_import.fields import ALIASES, FIELDS, Field
from services.people.domain.csv_import.plan import ImportPlan, PersonRow, plan_import
from services.people.domain.csv_import.reconcile import is_kept_out, reconcile, reconcile_demographics
from services.people.domain.csv_import.roster import Roster
from shared.csv_files import Problem, Severity

__all__ = [
    "ALIASES",
    "FIELDS",
    "Field",
    "ImportPlan",
    "PersonRow",
    "Problem",
    "Roster",
    "Severity",
    "is_kept_out",
    "plan_import",
    "reconcile",
    "reconcile_demographics",
]
