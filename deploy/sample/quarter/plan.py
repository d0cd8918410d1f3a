"""A quarter of an organisation's life, from a list of people and a seed to steps in order of time."""

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from deploy.sample.feedback import Phrasebook
from deploy.sample.goals import GoalLibrary
from deploy.sample.organisation import SEED
from deploy.sample.quarter.calendar import Calendar
from deploy.sample.quarter.changes import ChangePlanner
from deploy.sample.quarter.feedback_lives import FeedbackPlanner
from deploy.sample.quarter.goal_lives import GoalPlanner
from deploy.sample.quarter.intentions import intend
from deploy.sample.quarter.review_lives import ReviewPlanner
from deploy.sample.quarter.steps import Step
from deploy.sample.quarter.workforce import Cast, Member, Workforce, in_order

BEGINS_ON = date(2026, 7, 1)


@dataclass(frozen=True)
class Quarter:
    """The plan: who has which office, and every step in order of time."""

    begins_on: date
    ends_on: date
    cast: Cast
    steps: tuple[Step, ...]


def plan_quarter(members: Sequence[Member], *, begins_on: date = BEGINS_ON, seed: int = SEED) -> Quarter:
    """Plan three months of work, and the two weeks after them in which reviews are finished.

    Takes any list of people with at least one at work, whatever ids they have: the plan is the
    same for the same people, day and seed.  Nobody acts who does not work here at that time.
    """
    work = Workforce(members=in_order(members))
    calendar = Calendar(begins_on, _three_months_on(begins_on), _random(seed, "calendar"))
    changes = ChangePlanner(work, calendar, _random(seed, "changes"))
    steps = changes.plan()
    work = changes.workforce
    phrases = Phrasebook(_random(seed, "words"))
    intentions = intend(work, GoalLibrary(_random(seed, "library")), _random(seed, "intentions"))
    goals = GoalPlanner(work, calendar, phrases=phrases, random=_random(seed, "goals"))
    lives = goals.plan(intentions)
    feedback = FeedbackPlanner(work, calendar, lives, phrases=phrases, random=_random(seed, "feedback"))
    feedback.plan()
    reviews = ReviewPlanner(work, calendar, lives, phrases=phrases, random=_random(seed, "reviews"))
    reviews.plan()
    steps += [*goals.steps, *feedback.steps, *reviews.steps]
    steps.sort(key=lambda step: step.at)
    return Quarter(begins_on=begins_on, ends_on=calendar.ends_on, cast=work.cast, steps=tuple(steps))


def _random(seed: int, purpose: str) -> Random:
    return Random(f"{seed} {purpose}")  # noqa: S311  a sample, not a secret


def _three_months_on(day: date) -> date:
    """The last day of the third month, counted with the month of `day`."""
    month = day.month + 2
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, months.monthrange(year, month)[1])
