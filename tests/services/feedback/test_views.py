"""Lists: newest first, in pages that neither repeat nor miss, of what the reader asked for."""

from typing import Any

from tests.profiler import profiled


async def give(house: Any, by: str, to: str, *, hour: int = 9, **other: Any) -> str:
    body = {"receiver_id": to, "kind": "praise", "text": "Good.", "visibility": "public", **other}
    answer = await house.as_(by).post("/feedback", body, Cairn_Time=f"2026-02-03T{hour:02}:00:00Z")
    assert answer.status_code == 201, answer.text
    return answer.json()["feedback_id"]


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["feedback_id"] for item in items]


async def test_feedback_is_listed_by_who_received_it_who_gave_it_and_what_it_is_about(house: Any) -> None:
    await house.know_goal("goal_1", owner_id="anna")
    received = await give(house, "peer", "anna", hour=10, goal_id="goal_1")
    given = await give(house, "anna", "ben", hour=11, kind="suggestion", visibility="receiver")
    other = await give(house, "ben", "peer", hour=12, competency="craft")
    anna = house.as_("anna")
    assert ids(await anna.listed("/feedback")) == [other, given, received]
    assert ids(await anna.listed("/feedback", receiver_id="anna")) == [received]
    assert ids(await anna.listed("/feedback", giver_id="anna")) == [given]
    assert ids(await anna.listed("/feedback", goal_id="goal_1")) == [received]
    assert ids(await anna.listed("/feedback", competency="craft")) == [other]
    assert ids(await anna.listed("/feedback", kind="suggestion")) == [given]
    assert ids(await house.as_("chief").listed("/feedback", giver_id="anna")) == []


async def test_what_the_manager_may_read_follows_who_is_the_manager_now(house: Any) -> None:
    shared = await give(house, "peer", "anna", visibility="receiver_and_manager")
    assert ids(await house.as_("manager").listed("/feedback")) == [shared]
    await house.move("anna", to="chief")
    assert ids(await house.as_("manager").listed("/feedback")) == []
    assert (await house.as_("manager").get(f"/feedback/{shared}")).status_code == 404
    assert ids(await house.as_("chief").listed("/feedback")) == [shared]


async def test_feedback_of_a_managers_few_is_found_by_them_however_much_others_share(house: Any) -> None:
    shared = await give(house, "peer", "anna", visibility="receiver_and_manager")
    for _ in range(3):  # MongoDB keeps how it read while there was little
        assert ids(await house.as_("manager").listed("/feedback", limit=1)) == [shared]
    like = await house.db["feedback"].find_one({"_id": shared})
    others = [{**like, "_id": f"other-{n}", "giver_id": f"g{n}", "receiver_id": f"r{n}"} for n in range(300)]
    await house.db["feedback"].insert_many(others)
    async with profiled(house.db, ns=f"{house.db.name}.feedback", op="query") as ran:
        assert ids(await house.as_("manager").listed("/feedback")) == [shared]
    assert sum(each["keysExamined"] for each in ran) < 100


async def test_the_feed_of_recognitions_is_paged_newest_first_also_within_one_instant(house: Any) -> None:
    made = []
    for n in range(7):
        body = {"receiver_ids": ["anna", "peer"], "value": "stay-curious", "text": f"Number {n}."}
        answer = await house.as_("ben").post(
            "/recognitions", body, Cairn_Time=f"2026-02-03T{9 + n // 3:02}:00:00Z"
        )
        made.append(answer.json())
    reader, cursor, pages = house.as_("chief"), {}, []
    while True:
        page = (await reader.get("/recognitions", limit="2", **cursor)).json()
        pages.append(page["items"])
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    listed = [item for page in pages for item in page]
    assert listed == sorted(made, key=lambda each: (each["given_at"], each["recognition_id"]), reverse=True)


async def test_recognitions_are_listed_by_receiver_giver_and_value(house: Any) -> None:
    body = {"receiver_ids": ["anna", "peer"], "value": "stay-curious", "text": "Thanks."}
    first = (await house.as_("ben").post("/recognitions", body)).json()
    other = {**body, "receiver_ids": ["ben"], "value": "leave-it-better"}
    second = (await house.as_("peer").post("/recognitions", other)).json()
    chief = house.as_("chief")
    assert await chief.listed("/recognitions", receiver_id="peer") == [first]
    assert await chief.listed("/recognitions", giver_id="peer") == [second]
    assert await chief.listed("/recognitions", value="leave-it-better") == [second]


async def test_requests_are_listed_by_part_and_stage(house: Any) -> None:
    for by, of in (("anna", "ben"), ("ben", "anna"), ("peer", "anna")):
        answer = await house.as_(by).post("/feedback-requests", {"asked_person_ids": [of]})
        assert answer.status_code == 201
    declined = answer.json()["items"][0]["request_id"]
    anna = house.as_("anna")
    await anna.post(f"/feedback-requests/{declined}/declination", {})
    assert len(await anna.listed("/feedback-requests")) == 3
    assert len(await anna.listed("/feedback-requests", role="asked")) == 2
    assert len(await anna.listed("/feedback-requests", role="requester")) == 1
    (settled,) = await anna.listed("/feedback-requests", role="asked", status="declined")
    assert settled["request_id"] == declined
