"""Leaving and coming back, and what becomes of those who report to a leaver."""


async def leave(house, person_id, **more):
    answer = await house.admin.post(f"/people/{person_id}/departure", {"left_on": "2026-03-31", **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_reports_keep_naming_a_leaver_and_are_listed_for_hr(house):
    ada = await house.hire("Ada")
    ben = await house.hire("Ben", manager_id=ada)
    cy = await house.hire("Cy", manager_id=ben)
    left = await leave(house, ben)
    assert (left["status"], left["left_on"]) == ("left", "2026-03-31")
    assert await house.said(subject=ben) == ["person_joined", "person_left"]
    assert (await house.person(cy))["manager_id"] == ben
    assert await house.admin.names(manager_status="left") == ["Cy"]
    assert await house.admin.names(manager_status="none") == ["Ada"]
    assert await house.admin.names(f"/people/{cy}/line") == ["Ben", "Ada"]


async def test_reports_move_up_to_the_nearest_who_works_here(house):
    ada = await house.hire("Ada")
    ben = await house.hire("Ben", manager_id=ada)
    cy = await house.hire("Cy", manager_id=ben)
    low = [await house.hire(f"Low {n}", manager_id=cy) for n in range(3)]
    gone = await house.hire("Gone", manager_id=cy)
    await leave(house, gone)
    await leave(house, ben)
    await leave(house, cy, reports="move_up")
    assert {(await house.person(person))["manager_id"] for person in low} == {ada}
    assert (await house.person(gone))["manager_id"] == cy
    assert await house.said(subject=low[0]) == ["person_joined", "manager_changed"]
    assert await house.admin.names(manager_status="left") == []


async def test_under_nobody_reports_move_to_the_top(house):
    ada = await house.hire("Ada")
    ben = await house.hire("Ben", manager_id=ada)
    await leave(house, ada, reports="move_up")
    assert (await house.person(ben))["manager_id"] is None


async def test_sent_again_it_sets_the_day_right_and_the_same_day_tells_nobody(house):
    ada = await house.hire("Ada")
    for day in ("2026-03-01", "2026-03-01", "2026-03-02"):
        await leave(house, ada, left_on=day)
    assert (await house.person(ada))["left_on"] == "2026-03-02"
    assert await house.said(subject=ada) == ["person_joined", "person_left", "person_left"]


async def test_a_departure_is_recorded_when_it_has_come(house):
    ada = await house.hire("Ada", joined_on="2026-02-01")
    for day, rule in (("2999-01-01", "leaves-later"), ("2026-01-31", "leaves-before-joining")):
        answer = await house.admin.post(f"/people/{ada}/departure", {"left_on": day})
        assert answer.status_code == 422
        assert answer.json()["type"].endswith(rule)
    early = await house.admin.post(
        f"/people/{ada}/departure", {"left_on": "2026-03-31"}, Cairn_Time="2026-03-01T09:00:00Z"
    )
    assert early.json()["type"].endswith("leaves-later")


async def test_who_comes_back_keeps_id_unit_and_line(house):
    unit, ada = await house.make_unit("Sales"), await house.hire("Ada")
    ben = await house.hire("Ben", manager_id=ada, unit_id=unit, employee_number="2")
    await leave(house, ben)
    answer = await house.admin.post(f"/people/{ben}/return", {"joined_on": "2026-06-01"})
    back = answer.json()
    assert (back["status"], back["left_on"], back["joined_on"]) == ("active", None, "2026-06-01")
    assert (back["manager_id"], back["unit_id"], back["employee_number"]) == (ada, unit, "2")
    again = await house.admin.post(f"/people/{ben}/return", {})
    assert again.headers["etag"] == answer.headers["etag"]
    assert await house.said(subject=ben) == ["person_joined", "person_left", "person_joined"]
