"""Where a goal may stand in the tree."""

import pytest

from services.goals.domain.alignment import MOST_ABOVE, AlignmentCycle, AlignmentTooDeep, require_place
from shared.ids import GoalId

A, B, C = GoalId("a"), GoalId("b"), GoalId("c")


def test_a_goal_may_serve_another_line() -> None:
    require_place(A, above=[B, C])


@pytest.mark.parametrize("above", [[A], [B, A], [B, A, C]], ids=["itself", "its own child", "deeper"])
def test_a_goal_serves_itself_by_no_way(above: list[GoalId]) -> None:
    with pytest.raises(AlignmentCycle):
        require_place(A, above=above)


def test_a_tree_grows_only_so_deep() -> None:
    line = [GoalId(f"g{n}") for n in range(MOST_ABOVE + 1)]
    require_place(A, above=line[:MOST_ABOVE])
    with pytest.raises(AlignmentTooDeep):
        require_place(A, above=line)
