"""Companies, departments and teams, and who in HR looks after them."""

import asyncio


async def test_a_unit_is_created_renamed_and_put_elsewhere(house):
    company = await house.make_unit("Tarnbeck", "company")
    sales = await house.make_unit("Sales", parent_id=company)
    team = await house.make_unit("North", "team", parent_id=company)
    answer = await house.admin.patch(
        f"/units/{team}", {"name": "Far North", "parent_id": sales}, If_Match='"v1"'
    )
    assert (answer.json()["name"], answer.json()["parent_id"]) == ("Far North", sales)
    assert await house.said(subject=team) == ["unit_created", "unit_changed"]
    assert (await house.published(subject=team, topic="state"))[-1]["name"] == "Far North"
    same = await house.admin.patch(f"/units/{team}", {"name": "Far North"})
    assert same.headers["etag"] == answer.headers["etag"]
    assert await house.said(subject=team) == ["unit_created", "unit_changed"]


async def test_units_are_found_by_name_kind_and_place(house):
    company = await house.make_unit("Tarnbeck", "company")
    for name in ("Sales", "Sales Support", "Legal"):
        await house.make_unit(name, parent_id=company)
    assert await house.admin.names("/units", name="sal") == ["Sales", "Sales Support"]
    assert await house.admin.names("/units", kind="company") == ["Tarnbeck"]
    assert await house.admin.names("/units", parent_id=company) == ["Legal", "Sales", "Sales Support"]


async def test_of_many_units_of_one_name_created_at_once_there_is_one(house, second_house):
    body = {"name": "Sales", "kind": "department"}
    calls = [each.admin.post("/units", body) for each in (house, second_house) for _ in range(8)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*calls)) == [201] + [409] * 15
    assert await house.admin.names("/units") == ["Sales"]


async def test_two_units_put_under_each_other_at_once_do_not_pass_each_other(house, second_house):
    for n in range(6):
        one, other = await house.make_unit(f"A{n}"), await house.make_unit(f"B{n}")
        answers = await asyncio.gather(
            house.admin.patch(f"/units/{one}", {"parent_id": other}),
            second_house.admin.patch(f"/units/{other}", {"parent_id": one}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_what_cannot_be_is_refused_with_its_rule(house):
    company, sales = await house.make_unit("Tarnbeck", "company"), await house.make_unit("Sales")
    gone = await house.hire("Gone")
    await house.admin.post(f"/people/{gone}/departure", {"left_on": "2026-01-02"})
    for body, status, rule in (
        ({"name": " "}, 422, "nameless-unit"),
        ({"parent_id": "unit_x"}, 422, "unknown-unit"),
        ({"hr_partner_ids": ["person_x"]}, 422, "unknown-person"),
        ({"hr_partner_ids": [gone]}, 409, "person-has-left"),
        ({"parent_id": sales}, 409, "unit-out-of-order"),
        ({"kind": "team"}, 422, "invalid-request"),
    ):
        answer = await house.admin.patch(f"/units/{company}", body)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, rule), body
    twin = await house.admin.post("/units", {"name": "SALES", "kind": "department"})
    assert twin.json()["type"].endswith("unit-name-taken")
    other = await house.make_unit("Marketing")
    assert (await house.admin.patch(f"/units/{other}", {"name": "sales"})).status_code == 409
