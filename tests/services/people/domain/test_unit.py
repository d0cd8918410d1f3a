"""Org units: one under the other, never in a circle."""

import pytest

from services.people.domain.unit import CircularUnits, NamelessUnit, OrgUnit, UnitOutOfOrder
from shared.contracts.people import UnitChanged, UnitCreated, UnitState
from shared.ids import PersonId, UnitId

COMPANY, _ = OrgUnit.create(UnitId("unit_c"), name="Tarn Ltd", kind="company")
SALES, _ = OrgUnit.create(UnitId("unit_s"), name="Sales", kind="department", parent=COMPANY)


def test_a_unit_is_created_under_its_parent():
    unit, created = OrgUnit.create(UnitId("unit_t"), name="Nordics", kind="team", parent=SALES)
    assert unit.parent_id == "unit_s"
    assert created == UnitCreated(unit_id=UnitId("unit_t"), parent_id=UnitId("unit_s"))


def test_a_unit_needs_a_name():
    with pytest.raises(NamelessUnit):
        OrgUnit.create(UnitId("unit_t"), name=" ", kind="team")
    with pytest.raises(NamelessUnit):
        SALES.rename("")


def test_a_company_is_not_part_of_a_department():
    with pytest.raises(UnitOutOfOrder):
        COMPANY.put_under(SALES)


def test_units_never_hold_one_another_in_a_circle():
    inner, _ = OrgUnit.create(UnitId("unit_i"), name="Inside sales", kind="department", parent=SALES)
    with pytest.raises(CircularUnits):
        SALES.put_under(SALES)
    with pytest.raises(CircularUnits):
        SALES.put_under(inner, line=[SALES.unit_id, COMPANY.unit_id])


def test_a_change_is_told_once_and_no_change_not_at_all():
    unit, changed = SALES.rename("Sales and partners")
    assert changed == UnitChanged(unit_id=UnitId("unit_s"), parent_id=UnitId("unit_c"))
    assert unit.rename("Sales and partners") == (unit,)
    assert SALES.put_under(COMPANY) == (SALES,)


def test_hr_partners_keep_their_order_and_stand_once():
    ben, ann = PersonId("person_ben"), PersonId("person_ann")
    unit, _ = SALES.assign_hr_partners([ben, ann, ben])
    assert unit.hr_partner_ids == (ben, ann)
    assert unit.assign_hr_partners([ben, ann]) == (unit,)


def test_the_state_shows_the_whole_unit():
    assert set(UnitState.model_fields) == set(OrgUnit.model_fields) - {"version"}
    assert SALES.state().name == "Sales"
