"""Whose numbers, receipts and problems of imports were shown, and to whom, stands in the audit."""

from typing import Any

from shared.audit.rows import AUDIT
from tests.services.people.house import House

ASKED = {"ground": "consent_withdrawn", "case": "DP-2026/17"}


async def reads(house: House) -> list[tuple[Any, ...]]:
    """Who read what about whom since the last time that was asked."""
    await house.runtime.reads.flush()
    found = await house.db[AUDIT].find({"kind": "read"}).sort("_id", 1).to_list(None)
    await house.db[AUDIT].delete_many({})
    return [(row["by"], row["action"], *sorted(row["about"])) for row in found]


async def test_whose_number_was_shown_to_others_is_noted(house: House) -> None:
    anna = await house.hire("Anna Lee", employee_number="A1")
    ben = await house.hire("Ben Low", external_id="b-1", manager_id=anna)
    await house.hire("Cid Top", manager_id=anna)
    await house.settle()
    both = sorted((f"people/{anna}", f"people/{ben}"))
    hr = house.admin
    for path, asked, noted in (
        (f"/people/{anna}", {}, [f"people/{anna}"]),
        ("/people", {}, both),
        ("/people", {"employee_number": "A1"}, [f"people/{anna}"]),
        ("/people", {"name": "cid"}, []),
        (f"/people/{anna}/reports", {}, [f"people/{ben}"]),
        (f"/people/{ben}/line", {}, [f"people/{anna}"]),
    ):
        await hr.read(path, **asked)
        assert await reads(house) == ([("hr-system", "read_numbers", *noted)] if noted else []), path


async def test_who_is_shown_no_number_or_their_own_leaves_no_row(house: House) -> None:
    anna = await house.hire("Anna Lee", employee_number="A1")
    ben = await house.hire("Ben Low", employee_number="B1")
    await house.settle()
    for who in (anna, ben):
        for path in ("/people", f"/people/{anna}", f"/people/{ben}"):
            await house.as_(who).read(path)
    await house.as_(ben).read("/people", employee_number="A1")
    assert await reads(house) == []


async def test_who_reads_receipts_and_legal_holds_is_noted(house: House) -> None:
    officer = house.as_("officer", "privacy_officer")
    gone, held = await house.hire("Gone By"), await house.hire("Hel Ed")
    await house.admin.does(f"/people/{gone}/departure", {"left_on": "2026-01-31"})
    await house.settle()
    assert await reads(house) == []
    assert (await officer.read("/erasures"))["items"] == []
    assert (await officer.get(f"/people/{held}/legal-hold")).status_code == 404
    assert await reads(house) == [], "there was nothing to show"
    await officer.does(f"/people/{gone}/erasure", ASKED)
    await officer.put(f"/people/{held}/legal-hold", {"case": "C-1"})
    await officer.read(f"/people/{gone}/erasure")
    await officer.read("/erasures")
    await officer.read(f"/people/{held}/legal-hold")
    [receipt, listed, hold] = await reads(house)
    assert receipt == listed == ("officer", "read_erasure", f"erasures/{gone}")
    assert hold[:2] == ("officer", "read_erasure")
    assert held in hold[2]


async def test_who_reads_the_problems_of_an_import_is_noted(house: House) -> None:
    good = await house.imported("employee_number,given_name,manager_id\nA1,Anna,\n")
    assert good["problems"] == []
    bad = await house.imported("employee_number,given_name,email\nB1,Ben,nowhere\n")
    await reads(house)
    for each in (good, bad):
        await house.admin.read(f"/imports/{each['import_id']}")
    await house.admin.read("/imports")
    await house.admin.read(f"/imports/{bad['import_id']}/problems")
    noted = ("hr-system", "read_import_problems", f"imports/{bad['import_id']}")
    assert await reads(house) == [noted] * 2
