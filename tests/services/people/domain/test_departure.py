"""When a departure may be recorded."""

from datetime import UTC, date, datetime

import pytest

from services.people.domain.departure import LeavesLater, TooManyReports, require_departed, require_few

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("left_on", [date(2025, 1, 1), date(2026, 3, 1), date(2026, 3, 2)])
def test_the_last_day_may_be_today_where_the_day_begins_first(left_on):
    require_departed(left_on, now=NOON)


def test_a_last_day_that_has_begun_nowhere_is_refused():
    with pytest.raises(LeavesLater):
        require_departed(date(2026, 3, 3), now=NOON)


def test_more_reports_than_fit_are_refused():
    require_few(1000, most=1000)
    with pytest.raises(TooManyReports):
        require_few(1001, most=1000)
