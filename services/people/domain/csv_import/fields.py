"""What a file of people may say of each, and what its columns are commonly called.

Aliases are told apart without case, blanks and signs (`firstName`, `First Name`, `FIRST_NAME`);
the more telling stand first and win when a file has several.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Field = Literal[
    "employee_number",
    "external_id",
    "given_name",
    "family_name",
    "full_name",
    "email",
    "company",
    "department",
    "team",
    "job_title",
    "job_level",
    "manager",
    "joined_on",
    "left_on",
    "status",
    "location",
    "time_zone",
    "language",
    "gender",
    "date_of_birth",
]
FIELDS: Final[tuple[Field, ...]] = get_args(Field)

ALIASES: Final[Mapping[Field, str]] = {
    "employee_number": (
        "employee number, employee no, employee num, employee id, employee code, emp number, emp no, emp id, "
        "emp code, staff number, staff no, staff id, personnel number, personnel no, personnel id, "
        "payroll number, payroll id, badge number, badge no, badge id, badge, worker id, worker number, "
        "person number, number, no, id"
    ),
    "external_id": "external id, guid, uuid, object id, user id",
    "given_name": "given name, first name, forename, preferred name, given, first",
    "family_name": "family name, last name, surname, family, last",
    "full_name": "full name, display name, employee name, person name, name, employee",
    "email": (
        "email, work email, email address, work email address, business email, company email, "
        "primary email, mail, user principal name, upn"
    ),
    "company": "company, company name, legal entity, entity, employer, organisation, organization",
    "department": (
        "department, department name, dept, org unit, organisational unit, organizational unit, "
        "organisation unit, organization unit, business unit, unit, division"
    ),
    "team": "team, team name, squad, sub department, section, group",
    "job_title": ("job title, position title, position, job, designation, role, job role, role title, title"),
    "job_level": "job level, job level code, career level, management level, job grade, level",
    "manager": (
        "manager employee number, manager employee no, manager employee id, manager number, manager no, "
        "manager id, manager code, manager badge, supervisor employee number, supervisor number, "
        "supervisor id, line manager id, reports to id, manager email, manager email address, manager mail, "
        "supervisor email, line manager email, reports to email, reports to, manager, line manager, "
        "reporting manager, supervisor, manager name, supervisor name"
    ),
    "joined_on": (
        "joined on, joined, join date, joining date, date joined, date of joining, hire date, hired on, "
        "hired, date of hire, date hired, start date, started on, employment start date, employment start"
    ),
    "left_on": (
        "left on, left, leaving date, leave date, date left, termination date, terminated on, exit date, "
        "end date, last day, last working day, employment end date, employment end"
    ),
    "status": "status, active, is active, employment status, employee status, enabled",
    "location": "location, site, office, work location, office location, workplace, city",
    "time_zone": "time zone, timezone, tz, zone info",
    "language": "language, locale, preferred language, lang",
    "gender": "gender, sex",
    "date_of_birth": "date of birth, birth date, dob, birthday, born on, born",
}
