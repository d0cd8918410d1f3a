"""Both sides write: drafts for themselves, then handed in, in the order that people expect."""

import asyncio

from tests.services.reviews.house import (
    AFTER_SELF_DUE,
    IN_PERIOD,
    House,
    feedback_given,
    goal_life,
    manager_words,
    own_words,
)


async def test_review_goes_from_self_assessment_to_acknowledgement(house: House) -> None:
    review_id = await house.assessed("anna")
    shared = await house.as_("manager").does(f"/reviews/{review_id}/sharing")
    assert (shared["stage"], shared["rating"]) == ("shared", 4)
    done = await house.as_("anna").does(f"/reviews/{review_id}/acknowledgement", {"comment": "I see it so"})
    assert done["stage"] == "acknowledged"
    assert await house.said(review_id) == [
        "review_opened",
        "self_assessment_submitted",
        "manager_assessment_submitted",
        "review_shared",
        "review_acknowledged",
    ]
    assert (await house.state(review_id))["stage"] == "acknowledged"
    read = await house.as_("anna").read(f"/reviews/{review_id}")
    assert read["acknowledgement"] == "I see it so"
    assert read["manager_assessment"]["texts"] == {"achievements": "She shipped it"}
    assert (read["manager_assessment"]["rating"], read["manager_assessment"]["by_person_id"]) == (
        4,
        "manager",
    )


async def test_person_keeps_a_draft_and_submits_it(house: House) -> None:
    review_id = await house.opened()
    anna, path = house.as_("anna"), f"/reviews/{review_id}/self-assessment"
    blank = await anna.get(path)
    assert (blank.json()["texts"], blank.headers["ETag"]) == ({}, '"v0"')
    saved = await anna.put(path, own_words("First try", rating=5))
    assert (saved.status_code, saved.headers["ETag"]) == (200, '"v1"')
    assert (await anna.read(path))["texts"] == {"achievements": "First try"}
    assert await house.said(review_id) == ["review_opened"]
    assert (await anna.does(f"{path}/submission"))["stage"] == "manager_assessment"
    read = (await anna.read(f"/reviews/{review_id}"))["self_assessment"]
    assert (read["texts"], read["rating"]) == ({"achievements": "First try"}, 5)


async def test_draft_that_was_saved_elsewhere_is_not_overwritten_unseen(house: House) -> None:
    review_id = await house.opened()
    anna, path = house.as_("anna"), f"/reviews/{review_id}/self-assessment"
    assert (await anna.put(path, own_words("One"), If_Match='"v0"')).status_code == 200
    assert (await anna.put(path, own_words("Two"), If_Match='"v1"')).status_code == 200
    assert (await anna.put(path, own_words("Three"), If_Match='"v1"')).status_code == 412
    assert (await anna.read(path))["texts"] == {"achievements": "Two"}


async def test_nothing_is_not_submitted(house: House) -> None:
    review_id = await house.opened()
    answer = await house.as_("anna").post(f"/reviews/{review_id}/self-assessment/submission")
    assert (answer.status_code, answer.json()["missing"]) == (422, ["texts"])
    assert (await house.review_of("anna"))["stage"] == "self_assessment"


async def test_submitted_self_assessment_stays_as_it_is(house: House) -> None:
    review_id = await house.assessed("anna")
    path = f"/reviews/{review_id}/self-assessment"
    assert (await house.as_("anna").put(path, own_words("Later"))).status_code == 409
    assert (await house.as_("anna").post(f"{path}/submission", own_words("Later"))).status_code == 409
    assert (await house.as_("anna").read(path))["texts"] == {"achievements": "I shipped it"}


async def test_manager_drafts_before_the_person_but_submits_after(house: House) -> None:
    review_id = await house.opened()
    manager, path = house.as_("manager"), f"/reviews/{review_id}/manager-assessment"
    assert (await manager.put(path, manager_words(3, "Early"))).status_code == 200
    early = await manager.post(f"{path}/submission")
    assert (early.status_code, early.json()["self_due_on"]) == (409, "2026-04-15")
    await house.as_("anna").does(f"/reviews/{review_id}/self-assessment/submission", own_words())
    assert (await manager.does(f"{path}/submission"))["stage"] == "ready_to_share"
    assert (await manager.read(path))["texts"] == {"achievements": "Early"}


async def test_manager_goes_on_without_the_person_after_the_due_date(house: House) -> None:
    review_id = await house.opened()
    waiver = f"/reviews/{review_id}/self-assessment/waiver"
    assert (await house.as_("manager").post(waiver)).status_code == 409
    waived = await house.as_("manager").at(AFTER_SELF_DUE).does(waiver)
    assert waived["stage"] == "manager_assessment"
    assert waived["self_waived_at"].startswith("2026-04-16")
    event = (await house.published(subject=review_id))[-1]
    assert (event["said"], event["by_person_id"]) == ("self_assessment_waived", "manager")
    late = house.as_("anna").at(AFTER_SELF_DUE)
    await late.does(f"/reviews/{review_id}/self-assessment/submission", own_words("Sorry, late"))
    read = await house.as_("manager").read(f"/reviews/{review_id}")
    assert read["self_assessment"]["texts"] == {"achievements": "Sorry, late"}


async def test_rating_is_required_and_on_the_scale(house: House) -> None:
    review_id = await house.opened()
    await house.as_("anna").does(f"/reviews/{review_id}/self-assessment/submission", own_words())
    path = f"/reviews/{review_id}/manager-assessment/submission"
    for body, status in (({"texts": {"achievements": "Good"}}, 422), (manager_words(6), 422)):
        assert (await house.as_("manager").post(path, body)).status_code == status
    assert (await house.as_("manager").does(path, manager_words(5)))["stage"] == "ready_to_share"


async def test_scale_and_sections_are_the_cycles(house: House) -> None:
    sections = [{"section_id": "impact", "title": "Impact"}]
    cycle_id = await house.launch(scale_max=3, sections=sections)
    review_id = (await house.review_of("anna", cycle_id))["_id"]
    path = f"/reviews/{review_id}/self-assessment"
    wrong = await house.as_("anna").put(path, own_words())
    assert (wrong.status_code, wrong.json()["sections"]) == (422, ["achievements"])
    assert (await house.as_("anna").put(path, {"texts": {}, "rating": 4})).status_code == 422
    right = await house.as_("anna").put(path, {"texts": {"impact": "Much"}, "rating": 3})
    assert right.status_code == 200


async def test_assessment_can_be_taken_back_until_it_is_shared(house: House) -> None:
    review_id = await house.assessed("anna", rating=2)
    manager, path = house.as_("manager"), f"/reviews/{review_id}/manager-assessment"
    assert (await manager.put(path, manager_words(4))).status_code == 409
    assert (await manager.does(f"{path}/reopening"))["stage"] == "manager_assessment"
    await manager.does(f"{path}/submission", manager_words(4, "On reflection"))
    shared = await manager.does(f"/reviews/{review_id}/sharing")
    assert shared["rating"] == 4
    assert (await manager.post(f"{path}/reopening")).status_code == 409
    assert "manager_assessment_reopened" in await house.said(review_id)


async def test_hr_assesses_who_has_no_manager(house: House) -> None:
    review_id = await house.opened("chief")
    await house.as_("chief").does(f"/reviews/{review_id}/self-assessment/submission", own_words())
    path = f"/reviews/{review_id}/manager-assessment/submission"
    assert (await house.as_("manager").post(path, manager_words(5))).status_code == 404
    await house.as_("other_partner", "hr_partner").does(path, manager_words(5))
    assert (await house.admin.does(f"/reviews/{review_id}/sharing"))["rating"] == 5


async def test_hr_does_not_assess_in_a_managers_place(house: House) -> None:
    review_id = await house.opened()
    await house.as_("anna").does(f"/reviews/{review_id}/self-assessment/submission", own_words())
    path = f"/reviews/{review_id}/manager-assessment/submission"
    assert (await house.as_("partner", "hr_partner").post(path, manager_words())).status_code == 403
    assert (await house.admin.post(path, manager_words())).status_code == 403


async def test_submitting_twice_at_once_is_submitting_once(house: House) -> None:
    review_id = await house.opened()
    path = f"/reviews/{review_id}/self-assessment/submission"
    answers = await asyncio.gather(*[house.as_("anna").post(path, own_words(str(n))) for n in range(8)])
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert (await house.said(review_id)).count("self_assessment_submitted") == 1


async def test_change_based_on_an_old_version_is_refused(house: House) -> None:
    review_id = await house.assessed("anna")
    sharing = f"/reviews/{review_id}/sharing"
    assert (await house.as_("manager").post(sharing, If_Match='"v1"')).status_code == 412
    tag = (await house.as_("manager").get(f"/reviews/{review_id}")).headers["ETag"]
    assert (await house.as_("manager").post(sharing, If_Match=tag)).status_code == 200


async def test_evidence_is_counted_when_the_stage_changes(house: House) -> None:
    review_id = await house.opened()
    await house.publish(*goal_life(), feedback_given("f1"), feedback_given("f2", visibility="receiver"))
    assert (await house.state(review_id))["goals_counted"] is None
    await house.publish(feedback_given("f3"), at=IN_PERIOD)
    await house.as_("anna").does(f"/reviews/{review_id}/self-assessment/submission", own_words())
    state = await house.state(review_id)
    assert (state["goals_counted"], state["feedback_counted"]) == (1, 1)


async def test_low_rating_without_evidence_is_flagged_to_the_reviewer_alone(house: House) -> None:
    review_id = await house.opened()
    await house.as_("anna").does(f"/reviews/{review_id}/self-assessment/submission", own_words())
    submission = f"/reviews/{review_id}/manager-assessment/submission"
    flag = ["low_rating_without_evidence"]
    assert (await house.as_("manager").does(submission, manager_words(2)))["flags"] == flag
    path = f"/reviews/{review_id}"
    assert (await house.as_("manager").read(path))["flags"] == flag
    assert (await house.admin.read(path))["flags"] == flag
    assert (await house.as_("anna").read(path))["flags"] == []
    await house.as_("manager").does(f"{path}/sharing")
    assert (await house.as_("anna").read(path))["flags"] == []
    assert (await house.as_("chief").read(path))["flags"] == []
    assert (await house.as_("auditor", "auditor").read(path))["flags"] == flag


async def test_flag_goes_with_evidence_that_the_reviewer_may_see(house: House) -> None:
    review_id = await house.assessed("anna", rating=1)
    path = f"/reviews/{review_id}"
    await house.publish(feedback_given("f1", visibility="receiver"), at=IN_PERIOD)
    assert (await house.as_("manager").read(path))["flags"] == ["low_rating_without_evidence"]
    await house.publish(feedback_given("f2"), at=IN_PERIOD)
    assert (await house.as_("manager").read(path))["flags"] == []
