"""Rows whose plan is out of date when their turn comes, and imports that are cut off."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[4]
WORKER = """
import asyncio, sys
from services.people.app import SERVICE
from shared import mongo
from shared.fan_out import FanOutWorker
from shared.work import Work

async def main(url, database):
    async with mongo.connect(url) as client:
        worker = FanOutWorker(Work(client, database), SERVICE.expansions)
        while await worker.turn():
            await asyncio.sleep(0.05)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_who_was_added_after_the_plan_is_changed_and_not_added_again(house):
    content = (
        "employee_number,given_name,family_name,email,manager\n"
        "1,Ada,Top,ada@example.com,\n2,Ben,Mid,ben@example.com,1\n"
    )
    begun = (await house.admin.upload(content)).json()
    ada = await house.hire("Ada", employee_number="1")
    ben = await house.hire("Benjamin", email="ben@example.com")
    await house.settle()
    report = (await house.admin.get(f"/imports/{begun['import_id']}")).json()
    assert (report["joined"], report["changed"], report["problems"]) == (0, 2, [])
    assert (await house.person(ada))["family_name"] == "Top"
    assert (await house.person(ben))["manager_id"] == ada
    assert (await house.person(ben))["employee_number"] == "2"


async def test_what_a_row_does_not_state_stays_as_it_is_by_then(house):
    """Not as it was when the file was read."""
    ada, ben = await house.hire("Ada"), await house.hire("Ben", employee_number="2")
    unit = await house.make_unit("Sales")
    await house.admin.upload("employee_number,given_name,job_title\n2,Ben,Seller\n")
    await house.admin.patch(f"/people/{ben}", {"manager_id": ada, "unit_id": unit})
    await house.settle()
    now = await house.person(ben)
    assert (now["manager_id"], now["unit_id"], now["job_title"]) == (ada, unit, "Seller")


async def test_a_circle_that_was_closed_meanwhile_is_reported(house):
    ada, ben = (
        await house.hire("Ada", employee_number="1"),
        await house.hire("Ben", employee_number="2"),
    )
    begun = (await house.admin.upload("employee_number,given_name,manager\n1,Ada,2\n")).json()
    await house.admin.patch(f"/people/{ben}", {"manager_id": ada})
    await house.settle()
    report = (await house.admin.get(f"/imports/{begun['import_id']}")).json()
    assert [(problem["line"], problem["severity"]) for problem in report["problems"]] == [(2, "warning")]
    assert (await house.person(ada))["manager_id"] is None


async def test_a_number_taken_meanwhile_refuses_the_row_and_not_the_rest(house):
    ben = await house.hire("Ben", email="ben@example.com", employee_number="2")
    content = "employee_number,given_name,email\n1,Ada,ada@example.com\n7,Ben,ben@example.com\n"
    begun = (await house.admin.upload(content)).json()
    await house.hire("Quick", employee_number="7")
    await house.settle()
    report = (await house.admin.get(f"/imports/{begun['import_id']}")).json()
    assert (report["joined"], report["refused"], report["done"]) == (1, 1, 2)
    assert (report["problems"][-1]["line"], report["problems"][-1]["severity"]) == (3, "error")
    assert (await house.person(ben))["employee_number"] == "2"


async def test_addresses_that_are_swapped_or_passed_on_arrive(house):
    header = "employee_number,given_name,email\n"
    await house.imported(header + "1,Ada,a@x.example\n2,Ben,b@x.example\n3,Cy,c@x.example\n")
    swapped = "1,Ada,b@x.example\n2,Ben,a@x.example\n3,Cy,d@x.example\n4,Di,c@x.example\n"
    report = await house.imported(header + swapped)
    assert (report["refused"], report["changed"], report["joined"]) == (0, 3, 1)
    assert [(await house.numbered(n))["email"] for n in "1234"] == [
        *("b@x.example", "a@x.example", "d@x.example", "c@x.example")
    ]
    assert await house.admin.names(email="A@x.example") == ["Ben"]


async def test_a_tree_turned_upside_down_has_no_circle(house):
    header = "employee_number,given_name,manager\n"
    await house.imported(header + "1,Ada,\n2,Ben,1\n3,Cy,2\n4,Di,3\n")
    report = await house.imported(header + "4,Di,\n3,Cy,4\n2,Ben,3\n1,Ada,2\n")
    assert (report["changed"], report["problems"]) == (4, [])
    ada = await house.numbered("1")
    assert await house.admin.names(f"/people/{ada['person_id']}/line") == ["Ben", "Cy", "Di"]


async def test_an_error_of_the_service_costs_one_row_and_is_told(house, monkeypatch):
    from services.people.usecases import import_row

    real = import_row.reconcile

    def broken(row, person):
        if row.details["given_name"] == "Ben":
            raise ZeroDivisionError
        return real(row, person)

    monkeypatch.setattr(import_row, "reconcile", broken)
    report = await house.imported("employee_number,given_name,manager\n1,Ada,\n2,Ben,1\n3,Cy,1\n4,Di,2\n")
    assert (report["joined"], report["failed"], report["done"]) == (3, 1, 4)
    faults = {(problem["line"], problem["severity"]) for problem in report["problems"]}
    assert faults == {(3, "error"), (5, "warning")}


def lines_of(count: int) -> str:
    rows = [f"{n},P{n},{'' if n == 0 else (n - 1) // 4}" for n in range(count)]
    return "employee_number,given_name,manager\n" + "\n".join(rows) + "\n"


async def until(holds, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


async def test_an_import_goes_on_where_a_killed_process_left_it(house, engines):
    begun = (await house.admin.upload(lines_of(3000))).json()

    async def report():
        return (await house.admin.get(f"/imports/{begun['import_id']}")).json()

    command = [sys.executable, "-c", WORKER, engines.mongo, house.settings.mongo_database]
    worker = await asyncio.create_subprocess_exec(*command, cwd=PROJECT)
    try:

        async def under_way():
            assert worker.returncode is None
            return (await report())["done"] > 0

        await until(under_way)
    finally:
        worker.kill()
        await worker.wait()
    cut = await report()
    assert 0 < cut["done"] < 3000
    assert cut["state"] == "importing"
    await house.settle()
    now = await report()
    assert (now["state"], now["joined"], now["done"]) == ("done", 3000, 3000)
    assert await house.db["people"].count_documents({}) == 3000
    joined = await house.db["outbox"].distinct("key", {"type": "cairn.people.person_joined.v1"})
    assert len(joined) == 3000
    assert await house.db["outbox"].count_documents({"type": "cairn.people.person_joined.v1"}) == 3000


async def test_two_workers_at_once_import_every_row_once(house, second_house):
    """A lease keeps them apart; should it fail, the cursor does."""
    begun = (await house.admin.upload(lines_of(600))).json()
    await asyncio.gather(house.expand(), second_house.expand())
    report = (await house.admin.get(f"/imports/{begun['import_id']}")).json()
    assert (report["state"], report["joined"], report["done"]) == ("done", 600, 600)
    assert await house.db["outbox"].count_documents({"type": "cairn.people.person_joined.v1"}) == 600


@pytest.mark.parametrize("rows", [1, 999, 1000, 1001])
async def test_every_row_has_one_outcome_whatever_the_size_of_a_chunk(house, rows):
    report = await house.imported(lines_of(rows))
    assert (report["joined"], report["done"]) == (rows, rows)
    assert await house.db["import_outcomes"].count_documents({}) == rows
