"""Working days and office hours: when in a quarter something plausibly happens."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from random import Random
from zoneinfo import ZoneInfo

from deploy.sample.quarter.workforce import Member


@dataclass(frozen=True)
class Calendar:
    """A quarter from its first to its last day."""

    begins_on: date
    ends_on: date
    random: Random

    @cached_property
    def working_days(self) -> int:
        """How many working days the quarter has."""
        return sum(
            (self.begins_on + timedelta(days=days)).weekday() < 5
            for days in range((self.ends_on - self.begins_on).days + 1)
        )

    def day(self, working_day: float) -> date:
        """The date of a working day, counted from 0 at the beginning; may lie beyond the end."""
        day, left = self.begins_on, max(0, round(working_day))
        while day.weekday() >= 5:
            day += timedelta(days=1)
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5
        return day

    def moment(self, member: Member, working_day: float, *, after: datetime | None = None) -> datetime:
        """A minute in the member's office hours of a working day, in UTC; later than `after` in any case."""
        minutes = self.random.randrange(8 * 60)
        local = datetime.combine(
            self.day(working_day), time(9), tzinfo=ZoneInfo(member.time_zone)
        ) + timedelta(minutes=minutes)
        at = local.astimezone(UTC)
        if after is not None and at <= after:
            return after + timedelta(minutes=self.random.randint(5, 90))
        return at

    def index(self, at: datetime) -> int:
        """The number of the working day on which a time lies."""
        days = (at.date() - self.begins_on).days
        return sum((self.begins_on + timedelta(days=number)).weekday() < 5 for number in range(days))
