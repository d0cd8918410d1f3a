"""What an assignment would come to, before anybody is asked."""

import pytest

from services.goals.views import assignment_preview
from tests.services.goals.house import GoalsHouse
from tests.services.goals.usecases.test_templates import HR, begun, using, written


@pytest.mark.parametrize("at_once", [assignment_preview.AT_ONCE, 1])
async def test_a_dry_run_tells_who_has_left_who_has_it_and_for_whom_there_is_no_room(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(assignment_preview, "AT_ONCE", at_once)
    for person_id in ("cleo", "dora", "emil"):
        await house.hire(person_id, manager_id="manager")
    six = ("anna", "ben", "peer", "cleo", "dora", "emil")
    template_id = await written(house, title="As {job_title}")
    for person_id in six[1:]:
        await house.publish(house.people[person_id].model_copy(update={"job_title": "Clerk"}))
    assert (await begun(house, template_id, overrides={"title": "As I am"})).status_code == 201
    await house.agreed("ben", weight=80)
    await house.let_go("peer")
    body = using(template_id, *six, overrides={"weight": 30}) | {"dry_run": True}
    said = await house.said()
    told = await house.as_(*HR).does("/goal-assignments", body)
    assert told == {"people": 5, "left": 1, "have_it": 1, "no_room": 1, "nothing_to_fill_in": 1}
    keyed = house.as_(*HR).with_(Idempotency_Key="8e03978e-40d5-43dd-bc93-6894a57f9324")
    assert [await keyed.does("/goal-assignments", body) for _ in range(2)] == [told, told]
    later = using(template_id, *six, overrides={"weight": 30}, starts_on="2026-05-01") | {"dry_run": True}
    assert (await house.as_(*HR).does("/goal-assignments", later))["no_room"] == 0
    assert await house.said() == said


async def test_a_dry_run_that_takes_too_long_tells_how_many_they_are(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assignment_preview, "LONGEST_S", -1.0)
    body = using(await written(house, title="As {job_title}"), "anna", "ben") | {"dry_run": True}
    told = await house.as_(*HR).does("/goal-assignments", body)
    assert told == {"people": 2, "left": 0, "have_it": None, "no_room": None, "nothing_to_fill_in": None}


async def test_a_dry_run_tells_nothing_of_private_goals_however_populations_differ(house: GoalsHouse) -> None:
    template_id = await written(house, title="As {job_title} in {unit}")
    own = {"title": "Mine", "description": ""}
    assert (await begun(house, template_id, overrides=own | {"visibility": "private"})).status_code == 201
    await house.agreed("ben", weight=80, visibility="private")
    six = ("chief", "partner", "peer", "manager", "anna", "ben")
    for people in (six, six[:5], six[1:], six[:4], ("ben",)):
        body = using(template_id, *people, overrides={"weight": 30}) | {"dry_run": True}
        told = await house.as_(*HR).does("/goal-assignments", body)
        assert (told["people"], told["have_it"], told["no_room"]) == (len(people), 0, 0), people
    await house.agreed("peer", by="other_manager", weight=80)
    body = using(template_id, "peer", overrides={"weight": 30}) | {"dry_run": True}
    assert (await house.as_(*HR).does("/goal-assignments", body))["no_room"] == 1
