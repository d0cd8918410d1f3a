"""Lists and searches as people use them."""

import pytest


@pytest.fixture
async def org(house):
    """A company of two departments, one with a team, and some people to look for."""
    company = await house.make_unit("Tarnbeck", "company")
    sales = await house.make_unit("Sales", parent_id=company)
    north = await house.make_unit("North", "team", parent_id=sales)
    legal = await house.make_unit("Legal", parent_id=company)
    ada = await house.hire("Ada Öst", unit_id=company, email="ada@example.com", job_level="L9")
    ben = await house.hire("Ben Smith-Jones", unit_id=sales, manager_id=ada)
    await house.hire("Anne-Marie O'Brien", unit_id=north, manager_id=ben)
    await house.hire("José Smith", unit_id=north, manager_id=ben, job_level="L3")
    await house.hire("Zoe Ost", unit_id=legal, manager_id=ada, job_level="L3")
    await house.settle()
    return {"company": company, "sales": sales, "north": north, "legal": legal, "ada": ada, "ben": ben}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("smith", ["José Smith", "Ben Smith-Jones"]),
        ("SMI jo", ["José Smith", "Ben Smith-Jones"]),
        ("jose sm", ["José Smith"]),
        ("o'bri", ["Anne-Marie O'Brien"]),
        ("obrien anne", ["Anne-Marie O'Brien"]),
        ("öst", ["Ada Öst", "Zoe Ost"]),
        ("ith", []),
        (".*", []),
        ("smith ada", []),
    ],
)
async def test_people_are_found_by_the_beginnings_of_their_names(house, org, name, found):
    assert await house.admin.names(name=name) == found


async def test_people_are_listed_by_family_name_in_pages_that_neither_repeat_nor_miss(house, org):
    names = await house.admin.names()
    assert names == ["Anne-Marie O'Brien", "Ada Öst", "Zoe Ost", "José Smith", "Ben Smith-Jones"]
    assert await house.admin.names(limit=2) == names


async def test_people_are_found_by_unit_by_department_and_by_manager(house, org):
    assert await house.admin.names(unit_id=org["sales"]) == ["Ben Smith-Jones"]
    assert await house.admin.names(within=org["sales"]) == [
        *("Anne-Marie O'Brien", "José Smith", "Ben Smith-Jones")
    ]
    assert len(await house.admin.names(within=org["company"])) == 5
    assert await house.admin.names(manager_id=org["ada"]) == ["Zoe Ost", "Ben Smith-Jones"]
    assert await house.admin.names(f"/people/{org['ada']}/reports") == ["Zoe Ost", "Ben Smith-Jones"]
    assert await house.admin.names(email=" ADA@Example.COM ") == ["Ada Öst"]
    assert await house.admin.names(email="nobody@example.com") == []


async def test_people_are_found_by_job_level_alone_or_in_a_unit(house, org):
    assert await house.admin.names(job_level="L3") == ["Zoe Ost", "José Smith"]
    assert await house.admin.names(job_level="L3", within=org["sales"]) == ["José Smith"]
    assert await house.admin.names(job_level="l3") == []


async def test_a_new_name_is_found_and_the_old_one_is_not(house, org):
    await house.admin.patch(f"/people/{org['ben']}", {"family_name": "Taylor"})
    assert await house.admin.names(name="taylor") == ["Ben Taylor"]
    assert await house.admin.names(name="jones") == []


async def test_who_left_is_listed_for_hr_when_asked_for(house, org):
    await house.admin.post(f"/people/{org['ben']}/departure", {"left_on": "2026-01-31"})
    await house.settle()
    assert await house.admin.names(status="left") == ["Ben Smith-Jones"]
    assert "Ben Smith-Jones" not in await house.admin.names(status="active")
    ada = house.as_(org["ada"])
    assert await ada.names(status="left") == []
    reports = await house.admin.listed("/people", manager_status="left")
    assert {person["name"] for person in reports} == {"Anne-Marie O'Brien", "José Smith"}
    line = f"/people/{reports[0]['person_id']}/line"
    assert await house.admin.names(line) == ["Ben Smith-Jones", "Ada Öst"]
    assert await ada.names(line) == ["Ada Öst"]


async def test_a_read_gives_the_tag_that_a_change_wants(house, org):
    for path in (f"/people/{org['ada']}", f"/units/{org['sales']}", f"/people/{org['ada']}/demographics"):
        answer = await house.admin.get(path)
        assert answer.headers["etag"] == f'"v{answer.json()["version"]}"'


@pytest.mark.parametrize(
    "query", [{"name": "smith"}, {}, {"manager_id": "person_x"}, {"unit_id": "unit_x"}, {"within": "unit_x"}]
)
async def test_every_search_is_served_by_an_index(house, org, query, monkeypatch):
    """For HR and for an employee, whose filters differ."""
    seen = []
    from services.people.views import people

    async def watched(collection, filter_, **rest):
        plan = await collection.find(filter_).sort(rest["sort"].keys).limit(50).explain()
        seen.append(str(plan["queryPlanner"]["winningPlan"]))
        return await real(collection, filter_, **rest)

    real = people.read_page
    monkeypatch.setattr(people, "read_page", watched)
    for asker in (house.admin, house.as_(org["ada"])):
        assert (await asker.get("/people", **query)).status_code == 200
    assert len(seen) == 2
    assert not any("COLLSCAN" in plan for plan in seen)
