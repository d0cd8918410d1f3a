"""Which goals may be named to whom."""

import pytest

from services.feedback.domain.goal import KnownGoal, PrivateGoalShown
from shared.contracts.feedback import Visibility
from shared.contracts.goals import Visibility as GoalVisibility
from shared.errors import NotFound
from shared.ids import GoalId, PersonId

OWNER, MANAGER, PEER = PersonId("person_owner"), PersonId("person_manager"), PersonId("person_peer")


def name_it(goal: GoalVisibility, *, by: PersonId, to: PersonId, visibility: Visibility = "receiver") -> None:
    known = KnownGoal(goal_id=GoalId("goal_1"), owner_id=OWNER, visibility=goal)
    known.require_nameable(owners_manager_id=MANAGER, by=by, to=to, visibility=visibility)


@pytest.mark.parametrize("goal", ["line", "everyone"])
@pytest.mark.parametrize("visibility", ["receiver", "receiver_and_manager", "public"])
def test_a_shared_goal_may_be_named_by_and_to_anyone(goal: GoalVisibility, visibility: Visibility) -> None:
    name_it(goal, by=PEER, to=OWNER, visibility=visibility)
    name_it(goal, by=OWNER, to=PEER, visibility=visibility)


@pytest.mark.parametrize("to", [OWNER, MANAGER, PersonId("person_other")])
def test_to_a_stranger_a_private_goal_does_not_exist(to: PersonId) -> None:
    with pytest.raises(NotFound):
        name_it("private", by=PEER, to=to)


def test_a_private_goal_is_named_between_its_owner_and_their_manager() -> None:
    name_it("private", by=MANAGER, to=OWNER)
    name_it("private", by=MANAGER, to=OWNER, visibility="receiver_and_manager")
    name_it("private", by=OWNER, to=MANAGER)


@pytest.mark.parametrize(
    ("by", "to", "visibility"),
    [
        (OWNER, PEER, "receiver"),
        (MANAGER, PEER, "receiver"),
        (MANAGER, OWNER, "public"),
        (OWNER, MANAGER, "public"),
        (OWNER, MANAGER, "receiver_and_manager"),
    ],
)
def test_a_private_goal_is_not_named_where_others_would_read_it(
    by: PersonId, to: PersonId, visibility: Visibility
) -> None:
    with pytest.raises(PrivateGoalShown):
        name_it("private", by=by, to=to, visibility=visibility)


def test_of_an_owner_without_a_manager_only_the_owner_knows() -> None:
    known = KnownGoal(goal_id=GoalId("goal_1"), owner_id=OWNER, visibility="private")
    with pytest.raises(NotFound):
        known.require_nameable(owners_manager_id=None, by=MANAGER, to=OWNER)
