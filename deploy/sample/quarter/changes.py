"""What changes in the organisation itself: HR partners are named, a manager leaves, another moves."""

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from deploy.sample.quarter.calendar import Calendar
from deploy.sample.quarter.steps import (
    AssignHrPartner,
    ChangeManager,
    MovePerson,
    Payload,
    RecordLeaving,
    Step,
)
from deploy.sample.quarter.workforce import Member, Workforce


@dataclass
class ChangePlanner:
    """Plans the changes, all carried out by HR admin; `workforce` knows of them afterwards.

    In an organisation too small to have team managers nobody leaves or moves.
    """

    workforce: Workforce
    calendar: Calendar
    random: Random

    def plan(self) -> list[Step]:
        """The steps of all changes."""
        steps = self._partners()
        managers = self._team_managers()
        self.random.shuffle(managers)
        if managers:
            steps += self._leave(managers.pop())
        moves = [(member, lead) for member in managers for lead in self._other_leads(member)]
        if moves:
            steps += self._move(*self.random.choice(moves))
        return steps

    def _partners(self) -> list[Step]:
        cast, admin = self.workforce.cast, self._admin()
        at = self.calendar.moment(admin, 0)
        return [
            Step(
                at=at + timedelta(minutes=place),
                as_person=admin.person_id,
                payload=AssignHrPartner(company=company, department=department, hr_partner=partner),
            )
            for place, ((company, department), partner) in enumerate(cast.hr_partners.items())
        ]

    def _leave(self, leaver: Member) -> list[Step]:
        """The reports get the leaver's manager in the morning, the leaver goes in the evening."""
        person = leaver.person_id
        heir = self.workforce.manager(person) or self._admin().person_id
        reports = [each.person_id for each in self.workforce.reports[person]]
        changes: list[Payload] = [ChangeManager(person=each, manager=heir) for each in reports]
        day = self.calendar.day(self.calendar.working_days * 0.55)
        steps = self._on(0.55, [*changes, RecordLeaving(person=person, left_on=day)])
        self.workforce = replace(
            self.workforce,
            changes=[*self.workforce.changes, *((steps[0].at, each, heir) for each in reports)],
            leavings={**self.workforce.leavings, person: steps[0].at},
        )
        return steps

    def _move(self, member: Member, lead: Member) -> list[Step]:
        """The member goes to another lead's unit; their own reports stay with them."""
        person, manager = member.person_id, lead.person_id
        steps = self._on(
            0.65, [MovePerson(person=person, beside=manager), ChangeManager(person=person, manager=manager)]
        )
        changes = [*self.workforce.changes, (steps[0].at, person, manager)]
        self.workforce = replace(self.workforce, changes=changes)
        return steps

    def _on(self, share: float, payloads: list[Payload]) -> list[Step]:
        admin = self._admin()
        at = self.calendar.moment(admin, self.calendar.working_days * share)
        return [
            Step(at=at + timedelta(minutes=2 * place), as_person=admin.person_id, payload=payload)
            for place, payload in enumerate(payloads)
        ]

    def _admin(self) -> Member:
        return self.workforce.by_id[self.workforce.cast.hr_admin]

    def _team_managers(self) -> list[Member]:
        """Those who lead a team of at least three who lead nobody, and hold no office."""
        work, cast = self.workforce, self.workforce.cast
        offices = {cast.hr_admin, cast.auditor, *cast.hr_partners.values(), *cast.executives}
        return [
            work.by_id[person]
            for person, reports in work.reports.items()
            if person not in offices
            and work.manager(person)
            and len(reports) >= 3
            and not any(work.leads(each.person_id) for each in reports)
        ]

    def _other_leads(self, member: Member) -> list[Member]:
        """Who else leads managers, below the top; in the same field where there is somebody."""
        work = self.workforce
        leads = [
            work.by_id[person]
            for person, reports in work.reports.items()
            if person not in {member.person_id, work.manager(member.person_id)}
            and work.manager(person)
            and any(work.leads(each.person_id) for each in reports)
        ]
        return [lead for lead in leads if lead.function == member.function] or leads
