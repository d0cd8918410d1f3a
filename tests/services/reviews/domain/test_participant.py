"""People as reviews follow them: a fold of joining, moving, leaving and coming back."""

from services.reviews.domain.participant import Participant
from shared.ids import PersonId, ReviewId

ANNA, BOSS = PersonId("anna"), PersonId("boss")


def test_person_comes_leaves_and_comes_back_below_another_manager() -> None:
    person = Participant(person_id=ANNA).join(BOSS).reviewed_in(ReviewId("r1")).leave()
    assert (person.active, person.manager_id) == (False, BOSS)
    back = person.join(PersonId("new"))
    assert (back.active, back.manager_id, back.review_ids) == (True, "new", ("r1",))


def test_nobody_is_their_own_manager() -> None:
    assert Participant(person_id=ANNA).report_to(ANNA).manager_id is None


def test_reviewer_stays_one() -> None:
    assert Participant(person_id=BOSS).reviewing().leave().assesses
