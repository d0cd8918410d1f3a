"""Which goals people set out with: how many, about what, for whom to see, serving which other."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from deploy.sample.functions import Function
from deploy.sample.goals import GoalLibrary, GoalText
from deploy.sample.quarter.workforce import Member, Workforce
from shared.contracts.goals import GoalLevel, Visibility

_WEIGHTS: Final = {1: (100,), 2: (60, 40), 3: (50, 30, 20), 4: (25, 25, 25, 25)}


@dataclass(frozen=True, slots=True)
class Intention:
    """A goal that somebody sets out with.

    `parent` is the place of another intention, earlier in the list; `depth` how far below the
    top the owner works; `weight` is out of 100 for all goals of the owner.
    """

    owner: Member
    text: GoalText
    level: GoalLevel
    visibility: Visibility
    parent: int | None
    depth: int
    weight: float

    @property
    def learning(self) -> bool:
        """Whether it is about something that the owner wants to learn."""
        return self.text.kind == "development"


def intend(workforce: Workforce, library: GoalLibrary, random: Random) -> list[Intention]:
    """About one and a half goals a person, from the top down."""
    intentions: list[Intention] = []
    leading: dict[str, int] = {}
    strategic: list[int] = []
    top = max(workforce.top_down, key=lambda member: workforce.size_below(member.person_id))
    for member in workforce.top_down:
        lead = workforce.leads(member.person_id)
        line = workforce.line(member.person_id)
        function = _field(member, workforce, random)
        texts = library.strategic() if member is top else _texts(function, library, random, lead=lead)
        above = next((leading[each] for each in line if each in leading), None)
        for text, weight in zip(texts, _WEIGHTS.get(len(texts), ()), strict=True):
            parent = None if text.kind == "development" else above
            if parent is None and text.kind != "development" and member is not top:
                parent = _strategy(member, [intentions[place].text for place in strategic], strategic)
            intentions.append(
                Intention(
                    owner=member,
                    text=text,
                    level="organisation" if member is top else _level(text, lead=lead),
                    visibility=_visibility(text, random, lead=lead),
                    parent=parent,
                    depth=len(line),
                    weight=float(weight),
                )
            )
            if member is top:
                strategic.append(len(intentions) - 1)
            elif lead and text.kind == "objective":
                leading.setdefault(member.person_id, len(intentions) - 1)
    return intentions


def _field(member: Member, workforce: Workforce, random: Random) -> Function:
    """What the goals are about: those who lead managers often set goals of leadership."""
    reports = workforce.reports.get(member.person_id, ())
    leads_leads = any(workforce.leads(each.person_id) for each in reports)
    return "executive" if leads_leads and random.random() < 0.4 else member.function


def _texts(function: Function, library: GoalLibrary, random: Random, *, lead: bool) -> tuple[GoalText, ...]:
    texts: list[GoalText] = []
    if lead or random.random() < 0.94:
        texts.append(library.objective(function, lead=lead))
    if random.random() < (0.3 if lead else 0.15):
        texts.append(library.kpi(function, lead=lead))
    if random.random() < (0.35 if lead else 0.28):
        texts.append(library.development(function, lead=lead))
    elif not lead and random.random() < 0.1:
        texts.append(library.objective(function, lead=False))
    return tuple(texts)


def _strategy(member: Member, texts: Sequence[GoalText], places: Sequence[int]) -> int | None:
    """The goal of the organisation that the member's function serves, else the first."""
    serving = [place for text, place in zip(texts, places, strict=True) if member.function in text.serves]
    return next(iter([*serving, *places]), None)


def _level(text: GoalText, *, lead: bool) -> GoalLevel:
    return "team" if lead and text.kind != "development" else "person"


def _visibility(text: GoalText, random: Random, *, lead: bool) -> Visibility:
    if text.kind == "development":
        return random.choice(("private", "line"))
    return "everyone" if lead or random.random() < 0.85 else "line"
