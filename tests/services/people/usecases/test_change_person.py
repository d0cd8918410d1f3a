"""Corrections, moves and new managers."""

import asyncio

import pytest


async def test_only_what_is_sent_changes_and_each_kind_of_change_is_told(house):
    sales, support = await house.make_unit("Sales"), await house.make_unit("Support")
    ada, ben = await house.hire("Ada"), await house.hire("Ben", job_title="Seller")
    cy = await house.hire("Cy", unit_id=sales, manager_id=ada, location="Oslo")
    change = {"unit_id": support, "manager_id": ben, "job_title": "Lead"}
    answer = await house.admin.patch(f"/people/{cy}", change, If_Match='"v1"')
    assert answer.status_code == 200
    now = answer.json()
    assert (now["unit_id"], now["manager_id"], now["job_title"]) == (support, ben, "Lead")
    assert (now["location"], now["name"]) == ("Oslo", "Cy")
    told = await house.published(subject=cy)
    assert [event["said"] for event in told] == [
        *("person_joined", "person_moved", "manager_changed", "person_details_changed")
    ]
    assert (told[1]["from_unit_id"], told[1]["to_unit_id"]) == (sales, support)
    assert (told[2]["from_manager_id"], told[2]["to_manager_id"]) == (ada, ben)
    states = await house.published(subject=cy, topic="state")
    assert states[-1]["manager_id"] == ben


async def test_a_new_level_is_told_in_the_state_and_can_be_taken_away(house):
    ada = await house.hire("Ada", job_level="L4")
    for level in ("L5", None):
        answer = await house.admin.patch(f"/people/{ada}", {"job_level": level})
        assert answer.json()["job_level"] == level
    assert await house.said(subject=ada) == ["person_joined", *["person_details_changed"] * 2]
    states = await house.published(subject=ada, topic="state")
    assert [state["job_level"] for state in states] == ["L4", "L5", None]


async def test_who_was_stored_before_there_were_levels_is_read_as_without_one(house):
    ada = await house.hire("Ada")
    await house.db["people"].update_one({"_id": ada}, {"$unset": {"job_level": ""}})
    assert (await house.person(ada))["job_level"] is None
    assert (await house.admin.patch(f"/people/{ada}", {"job_level": "L2"})).status_code == 200
    assert await house.admin.names(job_level="L2") == ["Ada"]


async def test_what_is_known_already_changes_nothing_and_tells_nobody(house):
    ada = await house.hire("Ada", job_title="Chief")
    answer = await house.admin.patch(f"/people/{ada}", {"job_title": "Chief", "manager_id": None})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"v1"')
    assert await house.said(subject=ada) == ["person_joined"]


async def test_a_change_of_what_was_not_read_is_refused(house):
    ada = await house.hire("Ada")
    await house.admin.patch(f"/people/{ada}", {"job_title": "Chief"})
    answer = await house.admin.patch(f"/people/{ada}", {"job_title": "Boss"}, If_Match='"v1"')
    assert answer.status_code == 412
    assert (await house.person(ada))["job_title"] == "Chief"


async def test_an_address_given_up_is_free_and_a_taken_one_is_not(house):
    ada = await house.hire("Ada", email="ada@example.com")
    ben = await house.hire("Ben", email="ben@example.com")
    taken = await house.admin.patch(f"/people/{ben}", {"email": "ADA@example.com"})
    assert taken.status_code == 409
    await house.admin.patch(f"/people/{ada}", {"email": None})
    assert (await house.admin.patch(f"/people/{ben}", {"email": "ada@example.com"})).status_code == 200
    assert (await house.admin.patch(f"/people/{ada}", {"email": "ben@example.com"})).status_code == 200


async def test_nobody_reports_to_themselves_or_to_somebody_below(house):
    ada = await house.hire("Ada")
    ben = await house.hire("Ben", manager_id=ada)
    cy = await house.hire("Cy", manager_id=ben)
    own = await house.admin.patch(f"/people/{ada}", {"manager_id": ada})
    below = await house.admin.patch(f"/people/{ada}", {"manager_id": cy})
    assert own.json()["type"].endswith("manages-themselves")
    assert below.json()["type"].endswith("circular-line")
    assert (await house.person(ada))["manager_id"] is None


@pytest.mark.parametrize("length", [2, 3])
async def test_changes_that_close_a_circle_together_do_not_pass_each_other(house, second_house, length):
    """From two processes at once, each of the changes allowed by itself; one of every circle must fail."""
    askers = [house.admin, second_house.admin]
    circles = [[await house.hire(f"P{c} {n}") for n in range(length)] for c in range(8)]
    answers = await asyncio.gather(
        *[
            askers[place % 2].patch(f"/people/{person}", {"manager_id": circle[place - 1]})
            for circle in circles
            for place, person in enumerate(circle)
        ]
    )
    statuses = [answer.status_code for answer in answers]
    for place, circle in enumerate(circles):
        assert sorted(statuses[place * length : (place + 1) * length]) == [200] * (length - 1) + [409]
        tops = [person for person in circle if (await house.person(person))["manager_id"] is None]
        assert len(tops) == 1
