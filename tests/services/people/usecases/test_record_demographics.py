"""Demographic attributes: kept apart, on no topic, seen by the person and HR admin."""

import orjson


async def test_they_are_replaced_whole_and_told_to_nobody(house):
    ada = await house.hire("Ada")
    before = await house.db["outbox"].count_documents({})
    sent = {"gender": " Woman ", "date_of_birth": "1980-05-06"}
    answer = await house.admin.put(f"/people/{ada}/demographics", sent)
    assert answer.json() == {
        "person_id": ada,
        "gender": "female",
        "date_of_birth": "1980-05-06",
        "version": 1,
    }
    await house.admin.put(f"/people/{ada}/demographics", {"gender": "agender"}, If_Match='"v1"')
    stale = await house.admin.put(f"/people/{ada}/demographics", {}, If_Match='"v1"')
    assert stale.status_code == 412
    now = (await house.admin.get(f"/people/{ada}/demographics")).json()
    assert (now["gender"], now["date_of_birth"], now["version"]) == ("agender", None, 2)
    assert await house.db["outbox"].count_documents({}) == before


async def test_nobody_else_reads_them(house):
    ada, ben = await house.hire("Ada"), await house.hire("Ben")
    await house.admin.put(f"/people/{ada}/demographics", {"gender": "f"})
    await house.settle()
    path = f"/people/{ada}/demographics"
    assert (await house.as_(ada).get(path)).json()["gender"] == "female"
    for asker in (
        *(house.as_(ben), house.as_(ben, "hr_partner", "executive", "auditor")),
        *(house.as_("goals", "service"), house.as_("stranger")),
    ):
        assert (await asker.get(path)).status_code in {403, 404}
        assert (await asker.put(path, {})).status_code in {403, 404}
    assert (await house.as_(ada).put(path, {})).status_code == 403


async def test_a_date_of_birth_ahead_is_refused(house):
    ada = await house.hire("Ada")
    answer = await house.admin.put(f"/people/{ada}/demographics", {"date_of_birth": "2999-01-01"})
    assert answer.json()["type"].endswith("born-ahead")


async def test_those_of_an_import_reach_no_topic_and_no_directory_entry(house):
    content = "employee_number,given_name,gender,date_of_birth\n1,Ada,nonconforming,1980-05-06\n"
    await house.imported(content)
    ada = await house.numbered("1")
    known = (await house.admin.get(f"/people/{ada['person_id']}/demographics")).json()
    assert (known["gender"], known["date_of_birth"]) == ("nonconforming", "1980-05-06")
    sent = b"".join([orjson.dumps(str(row)) async for row in house.db["outbox"].find({})])
    assert b"person_joined" in sent
    for secret in ("nonconforming", "1980-05-06", "gender"):
        assert secret.encode() not in sent
        assert secret not in str(ada)
        for collection in ("people", "directory_people", "import_outcomes", "import_chunks", "imports"):
            docs = await house.db[collection].find({}).to_list(None)
            assert secret not in str(docs), collection
