"""Who may do what, asked through every route by everybody there is."""

import pytest

ASKERS = (
    "admin",
    "partner",
    "other_partner",
    "anna",
    "boss",
    "auditor",
    "executive",
    "hr_system",
    "measuring_system",
    "service",
    "left",
    "nobody",
)


@pytest.fixture
async def staff(house):
    """anna works in Sales, which partner looks after; other_partner looks after Legal."""
    ids = {}
    ids["partner"], ids["other_partner"] = await house.hire("Pat Ner"), await house.hire("Oth Er")
    sales = await house.make_unit("Sales", hr_partner_ids=[ids["partner"]])
    legal = await house.make_unit("Legal", hr_partner_ids=[ids["other_partner"]])
    team = await house.make_unit("North", "team", parent_id=sales)
    ids["boss"] = await house.hire("Bo Ss", unit_id=sales)
    ids["anna"] = await house.hire("Anna Lee", unit_id=team, manager_id=ids["boss"], employee_number="A1")
    ids["gone"] = await house.hire("Gone By", unit_id=team, manager_id=ids["boss"], employee_number="G1")
    await house.admin.post(f"/people/{ids['gone']}/departure", {"left_on": "2026-01-31"})
    ids |= {"sales": sales, "legal": legal, "team": team}
    await house.settle()
    return ids


def asker(house, staff, who):
    roles = {
        "admin": ("hr_admin",),
        "partner": ("hr_partner",),
        "other_partner": ("hr_partner",),
        "auditor": ("auditor",),
        "executive": ("executive",),
        "hr_system": ("hr_system",),
        "measuring_system": ("measuring_system",),
        "service": ("service",),
        "left": ("hr_admin", "hr_partner", "auditor", "executive"),
    }
    ids = {"left": staff["gone"], "executive": staff["boss"], "auditor": "outside-auditor"}
    return house.as_(ids.get(who) or staff.get(who) or f"the-{who}", *roles.get(who, ()))


KNOWN = {*ASKERS} - {"left", "nobody", "measuring_system", "service"}
READS = {
    "/people/{anna}": KNOWN,
    "/people/{anna}/reports": KNOWN,
    "/people/{anna}/line": KNOWN,
    "/people/{gone}": {"admin", "partner", "auditor", "hr_system"},
    "/people/{gone}/line": {"admin", "partner", "auditor", "hr_system"},
    "/people/{anna}/demographics": {"admin", "anna"},
    "/units/{sales}": KNOWN,
    "/imports/{import}": {"admin", "hr_system"},
    "/imports/{import}/problems": {"admin", "hr_system"},
}


@pytest.mark.parametrize(("path", "allowed"), READS.items())
async def test_reads_are_granted_to_whom_the_table_says(house, staff, path, allowed):
    if "import" in path:
        staff["import"] = (await house.imported("employee_number,given_name\nA1,Anna\n"))["import_id"]
    answers = {who: await asker(house, staff, who).get(path.format(**staff)) for who in ASKERS}
    assert {who for who, answer in answers.items() if answer.status_code == 200} == allowed
    assert {answer.status_code for who, answer in answers.items() if who not in allowed} <= {403, 404}


WRITES = {
    ("POST", "/people"): ({"given_name": "New", "unit_id": "{team}"}, {"admin", "partner"}),
    ("PATCH", "/people/{anna}"): ({"job_title": "Lead"}, {"admin", "partner"}),
    ("POST", "/people/{anna}/departure"): ({"left_on": "2026-01-31"}, {"admin", "partner"}),
    ("POST", "/people/{gone}/return"): ({}, {"admin", "partner"}),
    ("PUT", "/people/{anna}/demographics"): ({"gender": "f"}, {"admin"}),
    ("POST", "/units"): ({"name": "New", "kind": "team"}, {"admin"}),
    ("PATCH", "/units/{sales}"): ({"name": "Selling"}, {"admin"}),
}


@pytest.mark.parametrize(("method", "path", "body", "allowed"), [(*to, *what) for to, what in WRITES.items()])
@pytest.mark.parametrize("who", ASKERS)
async def test_writes_are_granted_to_whom_the_table_says(house, staff, method, path, body, allowed, who):
    filled = {key: value.format(**staff) if isinstance(value, str) else value for key, value in body.items()}
    answer = await asker(house, staff, who).send(method, path.format(**staff), filled)
    assert answer.is_success == (who in allowed), answer.text
    assert answer.is_success or answer.status_code in {403, 404}


@pytest.mark.parametrize("who", ASKERS)
async def test_imports_are_for_hr_admin_and_the_hr_system(house, staff, who):
    answer = await asker(house, staff, who).upload("employee_number,given_name\nA1,Anna\n")
    assert (answer.status_code == 202) == (who in {"admin", "hr_system"})


@pytest.mark.parametrize("who", ASKERS)
async def test_lists_hold_what_may_be_read_one_by_one(house, staff, who):
    me = asker(house, staff, who)
    listed = {person["person_id"]: person for person in await me.listed("/people")}
    for key in ("anna", "boss", "gone", "partner"):
        one = await me.get(f"/people/{staff[key]}")
        assert (one.status_code == 200) == (staff[key] in listed)
        if one.status_code == 200:
            assert one.json() == listed[staff[key]]


async def test_numbers_of_other_systems_are_for_the_person_and_hr(house, staff):
    seen = {
        who: (await asker(house, staff, who).get(f"/people/{staff['anna']}")).json().get("employee_number")
        for who in ASKERS
    }
    assert {who for who, number in seen.items() if number == "A1"} == {
        *("admin", "partner", "anna", "auditor", "hr_system")
    }
    assert await asker(house, staff, "boss").names(employee_number="a1") == []
    assert await asker(house, staff, "partner").names(employee_number="a1") == ["Anna Lee"]


async def test_a_hidden_entry_is_answered_like_one_that_does_not_exist(house, staff):
    anna = asker(house, staff, "anna")
    for method, end, body in (
        ("GET", "", None),
        ("PATCH", "", {}),
        ("POST", "/departure", {"left_on": "2026-01-01"}),
        ("PUT", "/demographics", {}),
    ):
        hidden = await anna.send(method, f"/people/{staff['gone']}{end}", body)
        absent = await anna.send(method, f"/people/person_x{end}", body)
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json()["detail"] == absent.json()["detail"]


async def test_hr_partners_add_people_to_their_own_units_only(house, staff):
    partner = asker(house, staff, "partner")
    for unit, status in ((staff["team"], 201), (staff["legal"], 403), (None, 403)):
        answer = await partner.post("/people", {"given_name": "New", "unit_id": unit})
        assert answer.status_code == status


async def test_nobody_changes_their_own_entry(house, staff):
    await house.admin.patch(f"/people/{staff['partner']}", {"unit_id": staff["sales"]})
    await house.settle()
    partner = asker(house, staff, "partner")
    assert (await partner.patch(f"/people/{staff['partner']}", {"job_title": "Chief"})).status_code == 403


async def test_without_a_token_nothing_is_told(house, staff):
    for path in ("/people", f"/people/{staff['anna']}", "/units", "/imports"):
        assert (await house.client.get(path)).status_code == 401
    assert (await house.client.post("/imports", content="x")).status_code == 401


async def test_nobody_asks_for_somebody_else(house, staff):
    for who in ("service", "hr_system", "boss"):
        posing = asker(house, staff, who).with_(Cairn_On_Behalf_Of=staff["partner"])
        answer = await posing.patch(f"/people/{staff['anna']}", {"job_title": "Lead"})
        assert answer.status_code in {403, 404}, (who, answer.text)
