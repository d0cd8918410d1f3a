"""The goals of a quarter: drafted, argued about, agreed, measured, checked in on and closed.

Goals are planned from the top down, so that each can serve one that is agreed already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from deploy.sample.feedback import Ending, Pace, Phrasebook, Subject, shown
from deploy.sample.goals import GoalText, Measure, rounded
from deploy.sample.quarter.calendar import Calendar
from deploy.sample.quarter.intentions import Intention
from deploy.sample.quarter.progress import Course, draw_course, ending_of
from deploy.sample.quarter.steps import (
    AgreeGoal,
    Blocker,
    CheckIn,
    CloseGoal,
    DraftGoal,
    KeyResult,
    MeasureKeyResult,
    Payload,
    ProposeGoal,
    Ref,
    RequestChanges,
    ReviseGoal,
    Step,
)
from deploy.sample.quarter.workforce import Workforce
from shared.contracts.goals import Outcome

_OUTCOMES: Final[Mapping[Ending, Outcome]] = {
    "finished": "achieved",
    "short": "partly_achieved",
    "failed": "missed",
    "cancelled": "cancelled",
}
_MEASUREMENTS: Final = 6


@dataclass(frozen=True, slots=True)
class GoalLife:
    """What became of a goal, for those who write about it later."""

    ref: Ref
    intention: Intention
    agreed_at: datetime
    closed_at: datetime
    ending: Ending
    progress: float
    figures: str

    @property
    def open_to_all(self) -> bool:
        """Whether colleagues may see it and talk about it."""
        return self.intention.visibility == "everyone"


class GoalPlanner:
    """Plans the steps of every goal, one goal after the other."""

    def __init__(
        self, workforce: Workforce, calendar: Calendar, *, phrases: Phrasebook, random: Random
    ) -> None:
        self._workforce = workforce
        self._calendar = calendar
        self._phrases = phrases
        self._random = random
        self._agreed: dict[int, GoalLife] = {}
        self.steps: list[Step] = []

    def plan(self, intentions: Sequence[Intention]) -> list[GoalLife]:
        """The life of each intended goal; parents stand before those who serve them."""
        return [self._live(number, intention) for number, intention in enumerate(intentions, 1)]

    def _live(self, number: int, intention: Intention) -> GoalLife:
        ref = Ref(f"g{number}")
        key_results = _key_results(ref, intention.text.measures)
        agreed_at, key_results = self._agree(ref, intention, key_results)
        measures = tuple(
            replace(measure, target=result.target)
            for measure, result in zip(intention.text.measures, key_results, strict=True)
        )
        course = draw_course(measures, self._random)
        closed_at, ending = self._follow(ref, intention, course, agreed_at=agreed_at)
        life = GoalLife(
            ref=ref,
            intention=intention,
            agreed_at=agreed_at,
            closed_at=closed_at,
            ending=ending,
            progress=course.progress(),
            figures=_figures(course),
        )
        self._agreed[number - 1] = life
        return life

    def _agree(
        self, ref: Ref, intention: Intention, key_results: tuple[KeyResult, ...]
    ) -> tuple[datetime, tuple[KeyResult, ...]]:
        """From draft to agreement, sometimes by way of changes; when, and on what."""
        owner, calendar = intention.owner, self._calendar
        other = self._workforce.manager(owner.person_id) or self._workforce.cast.hr_admin
        author, asked = owner.person_id, other
        if self._random.random() < 0.15 and self._workforce.direct_manager(owner.person_id):
            author, asked = other, owner.person_id
        parent = self._agreed.get(intention.parent) if intention.parent is not None else None
        day = max(min(intention.depth * 1.2, 12), calendar.index(parent.agreed_at) if parent else 0)
        at = self._do(
            author,
            self._draft(ref, intention, key_results, parent=parent),
            day=day + self._random.randint(0, 3),
            after=parent and parent.agreed_at,
        )
        at = self._do(author, ProposeGoal(goal=ref, to=asked), day=calendar.index(at), after=at)
        if self._random.random() < 0.12:
            reason, description, key_results = self._argue(intention.text, key_results)
            at = self._do(asked, RequestChanges(goal=ref, reason=reason), day=self._later(at), after=at)
            revised = ReviseGoal(goal=ref, description=description, key_results=key_results)
            at = self._do(author, revised, day=self._later(at), after=at)
            at = self._do(author, ProposeGoal(goal=ref, to=asked), day=calendar.index(at), after=at)
        return self._do(asked, AgreeGoal(goal=ref), day=self._later(at), after=at), key_results

    def _draft(
        self, ref: Ref, intention: Intention, key_results: tuple[KeyResult, ...], *, parent: GoalLife | None
    ) -> DraftGoal:
        text, owner = intention.text, intention.owner
        return DraftGoal(
            ref=ref,
            owner=owner.person_id,
            level=intention.level,
            kind=text.kind,
            visibility=intention.visibility,
            title=text.title,
            description=text.description,
            relevance=text.why,
            perspective=text.perspective,
            parent=parent.ref if parent else None,
            unit=(owner.team or owner.department) if intention.level == "team" else None,
            starts_on=self._calendar.begins_on,
            due_on=self._calendar.ends_on,
            weight=intention.weight,
            key_results=key_results,
        )

    def _argue(
        self, text: GoalText, key_results: tuple[KeyResult, ...]
    ) -> tuple[str, str, tuple[KeyResult, ...]]:
        """Why the goal comes back, and its wording after that."""
        first, measure = key_results[0], text.measures[0]
        way = measure.target - measure.start
        target = rounded(measure.target + way * self._random.choice((-0.2, 0.15)), measure.step)
        possible = target != measure.target and (measure.unit != "percent" or 0 < target < 100)
        if not possible or measure.unit in {"yes_no", "milestone"}:
            reason, added = self._phrases.unclear()
            return reason, f"{text.description} {added}", key_results
        harder = abs(target - measure.start) > abs(way)
        reason = (self._phrases.too_easy if harder else self._phrases.too_hard)(measure, target)
        return reason, text.description, (replace(first, target=target), *key_results[1:])

    def _follow(
        self, ref: Ref, intention: Intention, course: Course, *, agreed_at: datetime
    ) -> tuple[datetime, Ending]:
        """From agreement to the end: measurements, check-ins and the closing; when and how it ends."""
        owner, calendar = intention.owner.person_id, self._calendar
        begin, end = calendar.index(agreed_at) + 1, calendar.working_days - 1 + self._random.randint(-3, 2)
        ending = ending_of(course.progress())
        full, last = end - begin, end
        left_at = self._workforce.leavings.get(owner)
        if left_at is not None:
            ending, last = "cancelled", calendar.index(left_at) - 2
        elif self._random.random() < 0.06:
            ending, last = "cancelled", begin + round(full * self._random.uniform(0.35, 0.75))
        at = self._measure(ref, intention, course, span=(begin, end, last), after=agreed_at)
        by = owner if left_at or self._random.random() < 0.75 else self._manager(owner, at)
        note = self._note(intention, ending)
        closing = CloseGoal(goal=ref, outcome=_OUTCOMES[ending], note=note)
        return self._do(by, closing, day=last, after=at), ending

    def _measure(
        self,
        ref: Ref,
        intention: Intention,
        course: Course,
        *,
        span: tuple[float, float, float],
        after: datetime,
    ) -> datetime:
        """Rounds of measurements, and a check-in after every other; the time of the last step."""
        begin, end, last = span
        rounds = max(2, round(_MEASUREMENTS / len(course.measures)))
        at = after
        for turn in range(1, rounds + 1):
            elapsed = turn / rounds
            day = begin + (end - begin) * elapsed
            if day > last:
                break
            for place, measure in enumerate(course.measures):
                value = course.value(place, elapsed, noise=self._random.gauss(0, 0.04))
                if measure.unit == "yes_no" and value == 0:
                    continue
                result = Ref(f"{ref}.{place + 1}")
                counted = measure.unit not in {"yes_no", "milestone"} and not intention.learning
                note = self._phrases.measured() if counted else None
                payload = MeasureKeyResult(goal=ref, key_result=result, value=value, note=note)
                at = self._do(intention.owner.person_id, payload, day=day, after=at)
            if turn < rounds and (rounds < 4 or turn % 2 == 0):
                at = self._check_in(ref, intention, course, elapsed=elapsed, after=at)
        return at

    def _check_in(
        self, ref: Ref, intention: Intention, course: Course, *, elapsed: float, after: datetime
    ) -> datetime:
        gap = elapsed - course.progress(elapsed)
        pace = "ahead" if gap < -0.1 else "steady" if gap < 0.165 else "behind"
        confidence = min(0.95, max(0.1, 0.75 - gap + self._random.gauss(0, 0.06)))
        likely = 0.0 if intention.learning else 0.4 if pace == "behind" else 0.05
        blocked = self._random.random() < likely
        kind, text = self._phrases.blocker()
        payload = CheckIn(
            goal=ref,
            confidence=round(confidence, 2),
            note=self._note(intention, pace),
            blockers=(Blocker(kind=kind, text=text),) if blocked else (),
        )
        return self._do(intention.owner.person_id, payload, day=self._calendar.index(after), after=after)

    def _do(self, person: str, payload: Payload, *, day: float, after: datetime | None) -> datetime:
        at = self._calendar.moment(self._workforce.by_id[person], day, after=after)
        self.steps.append(Step(at=at, as_person=person, payload=payload))
        return at

    def _later(self, at: datetime) -> int:
        return self._calendar.index(at) + self._random.randint(0, 2)

    def _manager(self, person: str, at: datetime) -> str:
        return self._workforce.direct_manager(person, at + timedelta(days=5)) or person

    def _note(self, intention: Intention, stage: Pace | Ending) -> str:
        owner = intention.owner
        subject = Subject(owner.person_id, owner.given_name, owner.function, intention.text.topic)
        return self._phrases.note(subject, stage, learning=intention.learning)


def _key_results(ref: Ref, measures: Sequence[Measure]) -> tuple[KeyResult, ...]:
    weights = {1: (100,), 2: (60, 40), 3: (50, 30, 20)}[len(measures)]
    return tuple(
        KeyResult(
            ref=Ref(f"{ref}.{place}"),
            title=measure.title,
            type=measure.type,
            unit=measure.unit,
            start=measure.start,
            target=measure.target,
            weight=float(weight),
        )
        for place, (measure, weight) in enumerate(zip(measures, weights, strict=True), 1)
    )


def _figures(course: Course) -> str:
    """The first two key results in words."""
    parts: list[str] = []
    for place, measure in enumerate(course.measures[:2]):
        value, title = course.value(place, 1.0), measure.title[:1].lower() + measure.title[1:]
        if measure.unit == "yes_no":
            parts.append(f"{title}: {shown(value, measure)}")
        elif measure.unit == "milestone":
            parts.append(f"{title}: {value:g} of {measure.target:g}")
        else:
            start, end, target = (shown(each, measure) for each in (measure.start, value, measure.target))
            parts.append(f"{title} from {start} to {end} (target {target})")
    return ", ".join(parts)
