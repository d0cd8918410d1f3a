"""Files of people through the API, from the first one on."""

FIRST = """employee_number,given_name,family_name,email,department,manager,joined_on,gender
1,Ada,Top,ada@example.com,Board,,2019-01-01,f
2,Ben,Mid,ben@example.com,Sales,1,2020-02-03,m
3,Cy,Low,cy@example.com,Sales,2,2021-03-04,
"""


async def test_the_first_file_joins_everybody_under_their_managers(house):
    report = await house.imported(FIRST)
    assert (report["rows"], report["accepted"], report["joined"], report["done"]) == (3, 3, 3, 3)
    ada, ben, cy = [await house.numbered(number) for number in "123"]
    assert (ada["manager_id"], ben["manager_id"], cy["manager_id"]) == (None, ada["person_id"], ben["person_id"])
    assert await house.said() == ["unit_created"] * 2 + ["person_joined"] * 3
