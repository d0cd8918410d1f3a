"""Adding people one by one."""

import asyncio


async def test_somebody_new_joins_with_what_was_said_of_them(house):
    unit = await house.make_unit("Sales")
    boss = await house.hire("Ada Top")
    answer = await house.admin.post(
        "/people",
        {
            "given_name": "  Ben ",
            "family_name": "Mid",
            "email": "Ben@Example.com",
            "employee_number": "E-7",
            "job_title": "Seller",
            "job_level": " L3 ",
            "unit_id": unit,
            "manager_id": boss,
            "time_zone": "Europe/Berlin",
            "joined_on": "2026-01-02",
        },
    )
    ben = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/people/{ben['person_id']}"
    assert answer.headers["etag"] == '"v1"'
    assert (ben["name"], ben["email"], ben["employee_number"]) == ("Ben Mid", "ben@example.com", "E-7")
    [joined] = await house.published(subject=ben["person_id"])
    assert (joined["said"], joined["manager_id"], joined["unit_id"]) == ("person_joined", boss, unit)
    [state] = await house.published(subject=ben["person_id"], topic="state")
    assert "E-7" not in str(state)
    assert (state["given_name"], state["status"]) == ("Ben", "active")
    assert ben["job_level"] == state["job_level"] == "L3"


async def test_a_number_or_address_belongs_to_one_person_whatever_its_case(house):
    await house.hire("Ada", employee_number="E1", email="ada@example.com")
    for taken, rule in (
        ({"employee_number": "e1"}, "employee-number-taken"),
        ({"email": "ADA@example.com"}, "email-taken"),
    ):
        answer = await house.admin.post("/people", {"given_name": "Bea", **taken})
        assert answer.status_code == 409
        assert answer.json()["type"].endswith(rule)
    assert await house.admin.names() == ["Ada"]


async def test_of_many_at_once_with_one_number_one_joins(house):
    calls = [house.admin.post("/people", {"given_name": f"P{n}", "employee_number": "7"}) for n in range(20)]
    statuses = [answer.status_code for answer in await asyncio.gather(*calls)]
    assert sorted(statuses) == [201] + [409] * 19
    assert len(await house.admin.listed("/people")) == 1


async def test_the_same_key_again_adds_nobody_again(house):
    answers = [
        await house.admin.post("/people", {"given_name": "Ada"}, Idempotency_Key="once") for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert len(await house.admin.listed("/people")) == 1


async def test_what_cannot_be_is_refused_with_its_rule(house):
    gone = await house.hire("Gone")
    await house.admin.post(f"/people/{gone}/departure", {"left_on": "2026-01-02"})
    for body, status, rule in (
        ({"given_name": " "}, 422, "nameless-person"),
        ({"given_name": "A", "unit_id": "unit_x"}, 422, "unknown-unit"),
        ({"given_name": "A", "manager_id": "person_x"}, 422, "unknown-person"),
        ({"given_name": "A", "manager_id": gone}, 409, "person-has-left"),
        ({"given_name": "A", "time_zone": "Mars/Base"}, 422, "unknown-time-zone"),
        ({"given_name": "A", "email": "at example"}, 422, "invalid-request"),
        ({"given_name": "A", "given": "slip"}, 422, "invalid-request"),
        ({"given_name": "A", "person_id": "person_mine"}, 422, "invalid-request"),
    ):
        answer = await house.admin.post("/people", body)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, rule), body
