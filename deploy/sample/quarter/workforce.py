"""The people of a quarter: who reports to whom at which time, who works still, who has which office.

Works for any list of people; knows nothing of goals, feedback or reviews.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from deploy.sample.functions import Function, function_of
from deploy.sample.organisation import Employee


@dataclass(frozen=True, slots=True)
class Member:
    """A person as the plan needs them; `manager_id` is another member's id or None."""

    person_id: str
    manager_id: str | None
    given_name: str
    family_name: str = ""
    job_title: str | None = None
    company: str | None = None
    department: str | None = None
    team: str | None = None
    time_zone: str = "UTC"
    active: bool = True

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def function(self) -> Function:
        """What the member's work is about."""
        return function_of(self.job_title, self.department)


def members_of(people: Sequence[Employee]) -> tuple[Member, ...]:
    """The sample organisation as members, with employee numbers for ids."""
    return tuple(
        Member(
            person_id=each.employee_number,
            manager_id=each.manager_employee_number or None,
            given_name=each.given_name,
            family_name=each.family_name,
            job_title=each.job_title,
            company=each.company,
            department=each.department,
            team=each.team or None,
            time_zone=each.time_zone,
        )
        for each in people
    )


@dataclass(frozen=True)
class Cast:
    """Who has which office.  HR partners are told by company and department."""

    hr_admin: str
    auditor: str
    executives: tuple[str, ...]
    hr_partners: Mapping[tuple[str | None, str], str]


@dataclass(frozen=True)
class Workforce:
    """Members in an order that does not depend on their ids, with the changes of the quarter.

    `changes` are new managers as (time, person, manager), `leavings` when somebody leaves.
    """

    members: Sequence[Member]
    changes: Sequence[tuple[datetime, str, str]] = ()
    leavings: Mapping[str, datetime] = field(default_factory=dict[str, datetime])

    @cached_property
    def by_id(self) -> Mapping[str, Member]:
        """Members by their id."""
        return {member.person_id: member for member in self.members}

    @cached_property
    def active(self) -> Sequence[Member]:
        """Those who work at the beginning of the quarter."""
        return [member for member in self.members if member.active]

    @cached_property
    def reports(self) -> Mapping[str, Sequence[Member]]:
        """Active members by the id of the active manager they have at the beginning."""
        reports: defaultdict[str, list[Member]] = defaultdict(list)
        for member in self.active:
            if manager := self.manager(member.person_id):
                reports[manager].append(member)
        return dict(reports)

    @cached_property
    def top_down(self) -> Sequence[Member]:
        """Active members, managers before their reports."""
        return sorted(self.active, key=lambda member: len(self.line(member.person_id)))

    def leads(self, person: str) -> bool:
        """Whether somebody reports to the person at the beginning."""
        return person in self.reports

    def works(self, person: str, at: datetime | None = None) -> bool:
        """Whether the person works here at a time, or at the beginning."""
        member = self.by_id.get(person)
        if member is None or not member.active:
            return False
        left_at = self.leavings.get(person)
        return at is None or left_at is None or at < left_at

    def manager(self, person: str, at: datetime | None = None) -> str | None:
        """The nearest person above who works here at a time, or at the beginning; None at the top."""
        return next((above for above in self.line(person, at) if self.works(above, at)), None)

    def direct_manager(self, person: str, at: datetime | None = None) -> str | None:
        """Whom the person reports to, if they work here at a time, or at the beginning."""
        above = next(iter(self.line(person, at)), None)
        return above if above is not None and self.works(above, at) else None

    def size_below(self, person: str) -> int:
        """How many active people stand below the person at the beginning."""
        return self._sizes.get(person, 0)

    @cached_property
    def _sizes(self) -> Mapping[str, int]:
        return Counter(above for member in self.active for above in self.line(member.person_id))

    def line(self, person: str, at: datetime | None = None) -> Sequence[str]:
        """Everyone above the person, nearest first, those who left too."""
        line: dict[str, None] = {}
        current = self._named(person, at)
        while current is not None and current != person and current not in line:
            line[current] = None
            current = self._named(current, at)
        return list(line)

    def _named(self, person: str, at: datetime | None) -> str | None:
        changed = [
            manager
            for changed_at, whose, manager in self.changes
            if whose == person and at and changed_at <= at
        ]
        member = self.by_id.get(person)
        return changed[-1] if changed else member and member.manager_id

    @cached_property
    def cast(self) -> Cast:
        """The offices, by job title where titles tell and else by place in the tree."""
        people = [member for member in self.top_down if member.function == "people"]
        heads = _titled(people, r"\b(chief|head|director|manager)\b")
        hr_admin = [*heads, *people, *self.top_down][0].person_id
        partners = _titled(people, "partner") or people or [self.by_id[hr_admin]]
        departments = dict.fromkeys(
            (member.company, member.department) for member in self.members if member.department
        )
        return Cast(
            hr_admin=hr_admin,
            auditor=self._auditor(hr_admin),
            executives=tuple(
                member.person_id
                for member in self.top_down
                if len(self.line(member.person_id)) < 2 and self.leads(member.person_id)
            ),
            hr_partners={
                (company, department): partners[place % len(partners)].person_id
                for place, (company, department) in enumerate(departments)
                if department
            },
        )

    def _auditor(self, hr_admin: str) -> str:
        finance = [member for member in reversed(self.top_down) if member.function in {"finance", "legal"}]
        others = [member for member in reversed(self.top_down) if member.person_id != hr_admin]
        return [*_titled(self.active, "audit"), *finance, *others, *self.active][0].person_id


def _titled(members: Sequence[Member], sign: str) -> list[Member]:
    return [member for member in members if re.search(sign, member.job_title or "", re.IGNORECASE)]


def in_order(members: Sequence[Member]) -> tuple[Member, ...]:
    """Members by name and title, so that a plan is the same whatever ids they got."""
    return tuple(
        sorted(
            members,
            key=lambda each: (each.family_name, each.given_name, each.job_title or "", each.department or ""),
        )
    )
