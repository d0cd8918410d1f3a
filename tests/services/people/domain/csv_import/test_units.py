"""Company, department and team columns become org units."""


def paths(made):
    units = {unit.unit_id: unit for unit, _ in made.units}

    def path(unit):
        return f"{path(units[unit.parent_id])}/{unit.name}" if unit.parent_id else unit.name

    return [path(unit) for unit in units.values()]


def test_a_department_stands_under_its_company_and_a_team_under_its_department(plan):
    made = plan(
        "id,name,team,department,company\n1,Ann Lee,Nordics,Sales,Tarn Ltd\n2,Ben Ray,,Sales,Tarn Inc\n"
    )
    assert paths(made) == [
        "Tarn Ltd",
        "Tarn Ltd/Sales",
        "Tarn Ltd/Sales/Nordics",
        "Tarn Inc",
        "Tarn Inc/Sales",
    ]
    events = [event.unit_id for _, event in made.units]
    assert [unit.unit_id for unit, _ in made.units] == events


def test_units_are_one_whatever_their_case_and_blanks(plan):
    made = plan("id,name,department\n1,Ann Lee,Sales\n2,Ben Ray, SALES \n3,Cy Fox,\n")
    assert paths(made) == ["Sales"]
    assert [row.unit_id is None for row in made.rows] == [False, False, True]


def test_a_unit_that_is_known_is_used_again(imported):
    content = "id,name,company,department\n1,Ann Lee,Tarn Ltd,Sales\n"
    roster, _, _ = imported(content)
    _, _, made = imported("id,name,company,department\n2,Ben Ray,tarn ltd,sales\n", roster=roster)
    assert made.units == ()
    assert made.rows[0].unit_id == roster.people[roster.by_number["1"]].unit_id
