"""Files of people through the API: from the first one on, again, changed, and dry."""

import asyncio
from datetime import UTC, datetime

import pytest

FIRST = """employee_number,given_name,family_name,email,department,manager,joined_on,status
1,Ada,Top,ada@example.com,Board,,2019-01-01,active
2,Ben,Mid,ben@example.com,Sales,1,2020-02-03,active
3,Cy,Low,cy@example.com,Sales,2,2021-03-04,active
4,Di,Low,di@example.com,Sales,2,2021-03-04,active
"""


async def told(house, number, since=0):
    person = await house.numbered(number)
    return (await house.said(subject=person["person_id"]))[since:]


async def test_the_first_file_joins_everybody_under_their_managers(house):
    begun = (await house.admin.upload(FIRST)).json()
    assert (begun["state"], begun["accepted"], begun["done"]) == ("importing", 4, 0)
    await house.settle()
    report = (await house.admin.get(f"/imports/{begun['import_id']}")).json()
    assert (report["rows"], report["accepted"], report["joined"], report["done"]) == (4, 4, 4, 4)
    assert (report["state"], report["problems"]) == ("done", [])
    ada, ben, cy, di = [await house.numbered(number) for number in "1234"]
    managers = [person["manager_id"] for person in (ada, ben, cy, di)]
    assert managers == [None, ada["person_id"], ben["person_id"], ben["person_id"]]
    assert len({ben["unit_id"], cy["unit_id"], di["unit_id"]}) == 1
    assert await house.said() == ["unit_created"] * 2 + ["person_joined"] * 4


async def test_the_same_file_again_changes_nothing(house):
    await house.imported(FIRST)
    before = await house.db["people"].find().sort("_id", 1).to_list(None)
    rows = await house.db["outbox"].count_documents({})
    report = await house.imported(FIRST)
    assert (report["unchanged"], report["done"]) == (4, 4)
    assert await house.db["people"].find().sort("_id", 1).to_list(None) == before
    assert await house.db["outbox"].count_documents({}) == rows


async def test_a_later_file_moves_reassigns_corrects_and_parts(house):
    await house.imported(FIRST)
    changed = """employee_number,given_name,family_name,email,department,manager,joined_on,status,left_on
2,Ben,Mid,ben@example.com,Sales,1,2020-02-03,left,2026-01-31
3,Cy,Low,cy@example.com,Board,1,2021-03-04,active,
4,Di,Lower,di@example.com,Sales,3,2021-03-04,active,
"""
    report = await house.imported(changed)
    assert (report["changed"], report["joined"], report["unchanged"]) == (3, 0, 0)
    assert await told(house, "1") == ["person_joined"]
    assert await told(house, "2") == ["person_joined", "person_left"]
    assert await told(house, "3", 1) == ["person_moved", "manager_changed"]
    assert await told(house, "4", 1) == ["manager_changed", "person_details_changed"]
    back = changed.replace("left,2026-01-31", "active,")
    await house.imported(back)
    assert await told(house, "2", 2) == ["person_joined"]


async def test_columns_with_other_names_are_mapped(house):
    content = "Badge,Rufname,Chef\n1,Ada,\n2,Ben,1\n"
    named = ["employee_number=Badge", "given_name=Rufname", "manager=Chef"]
    await house.imported(content, map=named)
    assert (await house.numbered("2"))["manager_id"] == (await house.numbered("1"))["person_id"]


async def test_a_dry_run_tells_what_would_happen_and_does_nothing(house):
    await house.imported(FIRST)
    rows = await house.db["outbox"].count_documents({})
    content = FIRST.replace("Low,cy", "Lower,cy").replace(",active\n", ",active\n5,Ed,New,,,9,,\n", 1)
    answer = await house.admin.upload(content, dry_run=True)
    report = answer.json()
    assert answer.status_code == 200
    assert (report["state"], report["dry_run"]) == ("planned", True)
    assert (report["joined"], report["changed"], report["unchanged"]) == (1, 1, 3)
    assert [(problem["line"], problem["column"]) for problem in report["problems"]] == [(3, "manager")]
    await house.settle()
    assert len(await house.admin.listed("/people")) == 4
    assert await house.db["outbox"].count_documents({}) == rows
    kept = (await house.admin.get(answer.headers["location"])).json()
    assert kept == report


async def test_the_day_of_the_import_is_the_requests(house):
    """A leaving date that lies ahead then does not count yet."""
    content = "employee_number,given_name,left_on\n1,Ada,2026-03-31\n"
    headers = {**house.admin.headers, "Content-Type": "text/csv", "Cairn-Time": "2026-03-01T08:00:00+00:00"}
    answer = await house.client.post("/imports", content=content, headers=headers)
    assert answer.json()["on"] == "2026-03-01"
    await house.settle()
    assert (await house.numbered("1"))["status"] == "active"


async def test_a_large_file_is_taken_and_a_huge_one_refused(house):
    padding = "x" * 150
    rows = "".join(f"{n},P{n},{padding}\n" for n in range(9000))
    answer = await house.admin.upload("employee_number,given_name,job_title\n" + rows, dry_run=True)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 9000)
    assert (await house.admin.upload(b"x" * (32 * 1024 * 1024 + 1))).status_code == 413
    assert (await house.admin.post("/people", {"given_name": "x" * 1_100_000})).status_code == 413


async def test_problems_beyond_the_first_hundred_are_paged(house):
    rows = "".join(f"{n},P{n},zone\n" for n in range(250))
    report = await house.imported("employee_number,given_name,time_zone\n" + rows)
    assert report["problem_counts"]["warning"] == 250
    assert len(report["problems"]) == 100
    listed = await house.admin.listed(f"/imports/{report['import_id']}/problems", limit=60)
    told = [problem["line"] for problem in listed if problem["severity"] == "warning"]
    assert told == list(range(2, 252))


async def test_imports_are_listed_newest_first_and_the_rows_are_forgotten(house):
    first = await house.imported(FIRST)
    second = await house.imported(FIRST)
    listed = await house.admin.listed("/imports")
    assert [each["import_id"] for each in listed] == [second["import_id"], first["import_id"]]
    chunks = await house.db["import_chunks"].find().to_list(None)
    assert all(chunk["rows"] == [] and chunk["expires_at"] < datetime.now(UTC) for chunk in chunks)


@pytest.mark.parametrize(
    ("params", "kind", "status", "rule"),
    [
        ({"map": "employee_number"}, "text/csv", 400, "mapping-malformed"),
        ({"map": "shoe_size=Badge"}, "text/csv", 422, "unusable-file"),
        ({"map": "email=Nowhere"}, "text/csv", 422, "unusable-file"),
        ({}, "multipart/form-data; boundary=x", 415, "file-not-csv"),
        ({}, "application/json", 415, "file-not-csv"),
    ],
)
async def test_what_is_no_file_or_no_mapping_is_refused(house, params, kind, status, rule):
    headers = {**house.admin.headers, "Content-Type": kind}
    answer = await house.client.post("/imports", content=FIRST, params=params, headers=headers)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, rule)
    assert await house.db["imports"].count_documents({}) == 0


async def test_the_same_key_again_imports_once(house):
    headers = {**house.admin.headers, "Content-Type": "text/csv", "Idempotency-Key": "monday"}
    answers = [await house.client.post("/imports", content=FIRST, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert await house.db["imports"].count_documents({}) == 1
    other = await house.client.post("/imports", content=FIRST + "9,Z,Z,,,,,\n", headers=headers)
    assert other.json()["type"].endswith("idempotency-key-reused")


async def test_files_sent_at_once_make_one_directory(house, second_house):
    """The same people and units, new to all of them, planned before any of them is there."""
    calls = [each.admin.upload(FIRST) for each in (house, second_house, house, second_house)]
    answers = await asyncio.gather(*calls)
    assert [answer.status_code for answer in answers] == [202] * 4
    await house.settle()
    reports = [(await house.admin.get(answer.headers["location"])).json() for answer in answers]
    assert sum(report["joined"] for report in reports) == 4
    assert sum(report["unchanged"] for report in reports) == 12
    assert [report["problems"] for report in reports] == [[]] * 4
    ada, ben, cy, di = [await house.numbered(number) for number in "1234"]
    managers = [person["manager_id"] for person in (ada, ben, cy, di)]
    assert managers == [None, ada["person_id"], ben["person_id"], ben["person_id"]]
    assert await house.admin.names("/units") == ["Board", "Sales"]
    assert sorted(await house.said()) == ["person_joined"] * 4 + ["unit_created"] * 2
