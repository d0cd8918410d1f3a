"""Who tells whom what in a quarter: feedback, requests and their answers, recognition."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random

from deploy.sample.feedback import Phrasebook, Subject
from deploy.sample.quarter.calendar import Calendar
from deploy.sample.quarter.goal_lives import GoalLife
from deploy.sample.quarter.steps import (
    AcknowledgeFeedback,
    AcknowledgeRecognition,
    AnswerRequest,
    DeclineRequest,
    GiveFeedback,
    Payload,
    Recognise,
    Ref,
    RequestFeedback,
    Step,
)
from deploy.sample.quarter.workforce import Member, Workforce
from shared.contracts.feedback import FeedbackKind, Visibility


class FeedbackPlanner:
    """Plans what people give, ask for and acknowledge."""

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
        self._open = {life.intention.owner.person_id: life for life in reversed(lives) if _telling(life)}
        self._given = self._asked = self._recognised = 0
        self.steps: list[Step] = []

    def plan(self) -> None:
        """About two pieces of feedback a person, a request for one in three, recognition for one in two."""
        for member in self._workforce.active:
            for _ in range(self._random.choice((1, 1, 2, 2, 2, 3))):
                self._give(member)
            if self._random.random() < 0.33:
                self._request(member)
            if self._random.random() < 0.4:
                self._recognise(member)

    def _give(self, receiver: Member) -> None:
        at, giver = self._occasion(receiver)
        if giver is None:
            return
        subject, goal = self._subject(receiver, at)
        kind: FeedbackKind = self._random.choices(("praise", "suggestion", "observation"), (55, 25, 20))[0]
        text = {
            "praise": self._phrases.praise,
            "suggestion": self._phrases.suggestion,
            "observation": self._phrases.observation,
        }[kind](subject)
        ref = self._feedback_ref()
        given = GiveFeedback(
            ref=ref,
            receiver=receiver.person_id,
            kind=kind,
            text=text,
            visibility=self._visibility(kind),
            goal=goal,
            competency=self._phrases.competency() if self._random.random() < 0.5 else None,
        )
        self._step(giver, given, at)
        if self._random.random() < 0.7:
            self._soon(receiver, AcknowledgeFeedback(feedback=ref), after=at)

    def _request(self, requester: Member) -> None:
        at, asked = self._occasion(requester)
        if asked is None:
            return
        reports = [
            each
            for each in self._workforce.reports.get(requester.person_id, ())
            if each is not asked and self._leads(requester, each, at)
        ]
        about = self._random.choice(reports) if reports and self._random.random() < 0.4 else requester
        subject, goal = self._subject(about, at)
        named = None if about is requester else about.given_name
        self._asked += 1
        ref = Ref(f"q{self._asked}")
        question = RequestFeedback(
            ref=ref,
            asked=asked.person_id,
            about=about.person_id,
            question=self._phrases.question(subject, about=named),
            goal=goal,
        )
        self._step(requester, question, at)
        reply = self._random.random()

        def still(then: datetime) -> bool:
            return self._workforce.works(requester.person_id, then) and (
                about is requester or self._leads(requester, about, then)
            )

        if reply < 0.72:
            answer = AnswerRequest(
                request=ref,
                ref=self._feedback_ref(),
                kind="observation",
                text=self._phrases.answer(subject, about=named),
                visibility="receiver" if named is None else "receiver_and_manager",
            )
            self._soon(asked, answer, after=at, still=still)
        elif reply < 0.87:
            declined = DeclineRequest(request=ref, reason=self._phrases.decline())
            self._soon(asked, declined, after=at, still=still)

    def _recognise(self, receiver: Member) -> None:
        at, giver = self._occasion(receiver)
        if giver is None:
            return
        together = [
            each
            for each in self._peers(receiver, at)
            if each is not giver
            and self._random.random() < 0.08
            and self._workforce.works(each.person_id, at)
        ][:2]
        receivers = [receiver, *together]
        subject, _ = self._subject(receiver, at)
        value, text = self._phrases.recognition(subject, names=[each.given_name for each in receivers])
        self._recognised += 1
        ref = Ref(f"r{self._recognised}")
        ids = tuple(each.person_id for each in receivers)
        self._step(giver, Recognise(ref=ref, receivers=ids, value=value, text=text), at)
        for each in receivers:
            if self._random.random() < 0.6:
                self._soon(each, AcknowledgeRecognition(recognition=ref), after=at)

    def _occasion(self, receiver: Member) -> tuple[datetime, Member | None]:
        """A moment in the quarter and somebody who then works with the receiver, if both are there."""
        day = self._random.uniform(4, self._calendar.working_days - 2)
        at = self._calendar.moment(receiver, day)
        giver = self._colleague(receiver, at)
        there = giver is not None and all(
            self._workforce.works(each.person_id, at) for each in (giver, receiver)
        )
        return at, giver if there else None

    def _colleague(self, member: Member, at: datetime) -> Member | None:
        """A peer, the manager, a report, or now and then somebody from elsewhere."""
        manager = self._workforce.manager(member.person_id, at)
        above = [self._workforce.by_id[manager]] if manager else []
        circles: tuple[Sequence[Member], ...] = (
            self._peers(member, at),
            above,
            self._workforce.reports.get(member.person_id, ()),
            [each for each in self._workforce.active if each is not member],
        )
        for circle in self._random.choices(circles, (45, 25, 15, 15), k=4):
            if circle:
                return self._random.choice(circle)
        return None

    def _peers(self, member: Member, at: datetime) -> Sequence[Member]:
        manager = self._workforce.manager(member.person_id, at)
        peers = self._workforce.reports.get(manager or "", ())
        return [each for each in peers if each is not member]

    def _subject(self, member: Member, at: datetime) -> tuple[Subject, Ref | None]:
        """What to talk about with somebody, and the goal if it was agreed by then."""
        life = self._open.get(member.person_id)
        if life is None or life.agreed_at >= at or self._random.random() < 0.25:
            topic = self._phrases.topic(member.function)
            return Subject(member.person_id, member.given_name, member.function, topic), None
        topic = life.intention.text.topic
        return Subject(member.person_id, member.given_name, member.function, topic), life.ref

    def _visibility(self, kind: FeedbackKind) -> Visibility:
        weights = (35, 35, 30) if kind == "praise" else (70, 30, 0)
        return self._random.choices(("receiver", "receiver_and_manager", "public"), weights)[0]

    def _feedback_ref(self) -> Ref:
        self._given += 1
        return Ref(f"f{self._given}")

    def _leads(self, manager: Member, member: Member, at: datetime) -> bool:
        """Whether somebody who works here then reports to the other directly."""
        above = [*self._workforce.line(member.person_id, at)][:1]
        return above == [manager.person_id] and self._workforce.works(member.person_id, at)

    def _soon(
        self,
        member: Member,
        payload: Payload,
        *,
        after: datetime,
        still: Callable[[datetime], bool] = lambda at: True,  # noqa: ARG005
    ) -> None:
        """Within a week, if the person still works here then and it still makes sense."""
        day = self._calendar.index(after) + self._random.randint(0, 4)
        at = self._calendar.moment(member, day, after=after + timedelta(minutes=3))
        if self._workforce.works(member.person_id, at) and still(at):
            self._step(member, payload, at)

    def _step(self, member: Member, payload: Payload, at: datetime) -> None:
        self.steps.append(Step(at=at, as_person=member.person_id, payload=payload))


def _telling(life: GoalLife) -> bool:
    return life.open_to_all and life.ending != "cancelled"
