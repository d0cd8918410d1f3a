"""A library of goals, worded as people word them: by function, for contributors, leads and the organisation.

Owns the words and the numbers that fit them; knows nobody's plans and no time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final, Literal

from deploy.sample.functions import FUNCTIONS, Function
from deploy.sample.words import read
from shared.contracts.base import Frozen
from shared.contracts.goals import GoalKind, KeyResultType

Perspective = Literal["financial", "customer", "internal process", "learning and growth"]
Unit = Literal["number", "percent", "money", "yes_no", "milestone"]
Author = Literal["contributor", "lead", "organisation", "anyone"]


class MeasureTemplate(Frozen):
    """A key result before its numbers are drawn; `start` and `target` are lowest, highest and step."""

    title: str
    type: KeyResultType
    unit: Literal["number", "percent", "money", "yes_no", "milestone"]
    start: tuple[float, float, float]
    target: tuple[float, float, float]


class GoalTemplate(Frozen):
    """A goal with a slot to fill; `topic` is what it is about, as a phrase within a sentence."""

    who: Author
    kind: GoalKind
    title: str
    topic: str
    description: str
    why: str
    perspective: Perspective
    serves: tuple[Function, ...] = ()
    key_results: tuple[MeasureTemplate, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A key result: from `start` to `target`, in steps that a measurement would have."""

    title: str
    type: KeyResultType
    unit: Unit
    start: float
    target: float
    step: float


@dataclass(frozen=True, slots=True)
class GoalText:
    """A goal as somebody would write it down; `why` is its relevance, `serves` names whom it leads."""

    kind: GoalKind
    title: str
    topic: str
    description: str
    why: str
    perspective: Perspective
    measures: tuple[Measure, ...]
    serves: tuple[Function, ...] = ()


class GoalLibrary:
    """Draws goals for one organisation, and the same words twice only when it has run out of them."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._drawn: set[str] = set()

    def objective(self, function: Function, *, lead: bool) -> GoalText:
        """An objective with two or three key results; a lead's is one for the team."""
        return self._draw(function, who="lead" if lead else "contributor", kind="objective")

    def kpi(self, function: Function, *, lead: bool) -> GoalText:
        """A measure followed over time, with the value it should stay above or below."""
        return self._draw(function, who="lead" if lead else "contributor", kind="kpi")

    def development(self, function: Function, *, lead: bool) -> GoalText:
        """Something that the person wants to learn; leads often something about leading."""
        skills: Mapping[str, Sequence[str]] = read("goals/development")["skills"]
        listed = skills["leading"] if lead and self._random.random() < 0.6 else skills[function]
        return self._unused(_goals("development"), {"skill": listed})

    def strategic(self) -> tuple[GoalText, ...]:
        """The goals of the whole organisation."""
        return tuple(self._fill(template, {}) for template in _goals("organisation"))

    def _draw(self, function: Function, *, who: Author, kind: GoalKind) -> GoalText:
        templates = [each for each in _goals(function) if (each.who, each.kind) == (who, kind)]
        if not templates:
            return self._draw("general", who=who, kind=kind)
        return self._unused(templates, read(f"goals/{function}")["slots"])

    def _unused(self, templates: Sequence[GoalTemplate], slots: Mapping[str, Sequence[str]]) -> GoalText:
        fillings = [
            (template, {slot: word})
            for template in templates
            for slot, words in slots.items()
            for word in (words if f"{{{slot}}}" in template.title else words[:1])
        ]
        fresh = [each for each in fillings if each[0].title.format(**each[1]) not in self._drawn]
        template, filling = self._random.choice(fresh or fillings)
        return self._fill(template, filling)

    def _fill(self, template: GoalTemplate, filling: Mapping[str, str]) -> GoalText:
        title = template.title.format(**filling)
        self._drawn.add(title)
        return GoalText(
            kind=template.kind,
            title=title,
            topic=template.topic.format(**filling),
            description=template.description.format(**filling),
            why=template.why.format(**filling),
            perspective=template.perspective,
            measures=tuple(self._measure(each) for each in template.key_results),
            serves=template.serves,
        )

    def _measure(self, template: MeasureTemplate) -> Measure:
        return Measure(
            title=template.title,
            type=template.type,
            unit=template.unit,
            start=self._number(*template.start),
            target=self._number(*template.target),
            step=template.start[2],
        )

    def _number(self, lowest: float, highest: float, step: float) -> float:
        return rounded(lowest + step * self._random.randint(0, round((highest - lowest) / step)), step)


def rounded(value: float, step: float) -> float:
    """A value as precise as a step: whole for whole steps, else with its decimals."""
    return float(round(value)) if step == int(step) else round(value, _DECIMALS)


_DECIMALS: Final = 1


def templates() -> tuple[tuple[str, GoalTemplate], ...]:
    """Every template with the name of its file."""
    names = (*FUNCTIONS, "development", "organisation")
    return tuple((name, template) for name in names for template in _goals(name))


@cache
def _goals(name: str) -> tuple[GoalTemplate, ...]:
    return tuple(GoalTemplate.model_validate(each) for each in read(f"goals/{name}")["goals"])
