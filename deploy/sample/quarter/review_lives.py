"""The review at the end of a quarter: launched by HR, written by both sides, shared, acknowledged."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Final

from deploy.sample.feedback import Phrasebook, Subject
from deploy.sample.quarter.calendar import Calendar
from deploy.sample.quarter.goal_lives import GoalLife
from deploy.sample.quarter.steps import (
    AcknowledgeReview,
    Answer,
    AssessReport,
    AssessSelf,
    LaunchCycle,
    Payload,
    Ref,
    ShareReview,
    Step,
)
from deploy.sample.quarter.workforce import Member, Workforce

_CYCLE: Final = Ref("c1")
_LEAD: Final = 10


class ReviewPlanner:
    """Plans the cycle and each review in it.

    The cycle is launched two weeks before the quarter ends, so that goals still close and
    feedback still comes in while the reviews are open.
    """

    def __init__(
        self,
        workforce: Workforce,
        calendar: Calendar,
        lives: Sequence[GoalLife],
        *,
        phrases: Phrasebook,
        random: Random,
    ) -> None:
        self._workforce = workforce
        self._calendar = calendar
        self._phrases = phrases
        self._random = random
        self._lives: Mapping[str, Sequence[GoalLife]] = _by_owner(lives)
        self.steps: list[Step] = []

    def plan(self) -> None:
        """One review for each who works here then and has a manager; not every one is finished."""
        days, admin = self._calendar.working_days, self._workforce.by_id[self._workforce.cast.hr_admin]
        launched_at = self._calendar.moment(admin, days - _LEAD)
        people = [
            member
            for member in self._workforce.active
            if self._workforce.works(member.person_id, launched_at)
            and self._workforce.direct_manager(member.person_id, launched_at)
        ]
        if not people:
            return
        launch = LaunchCycle(
            ref=_CYCLE,
            name=f"Review {self._calendar.begins_on:%B} to {self._calendar.ends_on:%B %Y}",
            people=tuple(member.person_id for member in people),
            period_starts_on=self._calendar.begins_on,
            period_ends_on=self._calendar.ends_on,
            self_due_on=self._calendar.day(days + 5),
            manager_due_on=self._calendar.day(days + 10),
        )
        self.steps.append(Step(at=launched_at, as_person=admin.person_id, payload=launch))
        for member in people:
            self._review(member)

    def _review(self, member: Member) -> None:
        days, person = self._calendar.working_days, member.person_id
        rating = self._rating(person)
        if self._random.random() < 0.05:
            return
        at = self._do(member, self._own(member, rating), day=days + self._random.randint(2, 6), after=None)
        manager = self._workforce.by_id[self._workforce.direct_manager(person, at) or person]
        if self._random.random() < 0.04:
            return
        assessed = self._assessed(member, rating)
        at = self._do(manager, assessed, day=self._calendar.index(at) + self._random.randint(1, 4), after=at)
        if self._random.random() < 0.04:
            return
        share = ShareReview(cycle=_CYCLE, person=person)
        at = self._do(manager, share, day=self._calendar.index(at) + self._random.randint(0, 2), after=at)
        if self._random.random() < 0.9:
            comment = self._phrases.acknowledged()
            acknowledge = AcknowledgeReview(cycle=_CYCLE, person=person, comment=comment)
            self._do(member, acknowledge, day=self._calendar.index(at) + self._random.randint(0, 3), after=at)

    def _rating(self, person: str) -> int:
        """From 1 to 5: from what became of the goals, and what figures do not show."""
        counted = [life.progress for life in self._lives.get(person, ()) if life.ending != "cancelled"]
        merit = sum(counted) / len(counted) if counted else 0.7
        return min(5, max(1, round(1.4 + 2.6 * merit + self._random.gauss(0, 0.55))))

    def _own(self, member: Member, rating: int) -> AssessSelf:
        subject = self._subject(member)
        seen = min(5, max(1, rating + self._random.choice((-1, 0, 0, 0, 1))))
        first, second, third = self._phrases.review_questions(own=True)
        answers = (
            Answer(first, self._results(subject, own=True)),
            Answer(second, self._phrases.learned(subject)),
            Answer(third, self._phrases.needs(subject)),
        )
        return AssessSelf(cycle=_CYCLE, person=member.person_id, rating=seen, answers=answers)

    def _assessed(self, member: Member, rating: int) -> AssessReport:
        subject = self._subject(member)
        first, second, third = self._phrases.review_questions(own=False)
        answers = (
            Answer(first, self._results(subject, own=False)),
            Answer(second, self._phrases.how(subject, rating)),
            Answer(third, self._phrases.next(subject)),
        )
        return AssessReport(cycle=_CYCLE, person=member.person_id, rating=rating, answers=answers)

    def _results(self, subject: Subject, *, own: bool) -> str:
        closed = [life for life in self._lives.get(subject.person, ()) if life.ending != "cancelled"]
        told = [
            self._phrases.result(
                subject, own=own, title=life.intention.text.title, ending=life.ending, figures=life.figures
            )
            for life in closed
        ]
        return " ".join(told) or self._phrases.result(subject, own=own, title="", ending=None, figures="")

    def _subject(self, member: Member) -> Subject:
        topics = [
            life.intention.text.topic
            for life in self._lives.get(member.person_id, ())
            if life.ending != "cancelled" and not life.intention.learning
        ]
        topic = topics[0] if topics else self._phrases.topic(member.function)
        return Subject(member.person_id, member.given_name, member.function, topic)

    def _do(self, member: Member, payload: Payload, *, day: float, after: datetime | None) -> datetime:
        at = self._calendar.moment(member, day, after=after)
        self.steps.append(Step(at=at, as_person=member.person_id, payload=payload))
        return at


def _by_owner(lives: Sequence[GoalLife]) -> Mapping[str, Sequence[GoalLife]]:
    owned: defaultdict[str, list[GoalLife]] = defaultdict(list)
    for life in lives:
        owned[life.intention.owner.person_id].append(life)
    return owned
