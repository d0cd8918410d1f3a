"""Who is erased leaves what they gave to others, without a name, and nothing of their own."""

import pytest

from shared.contracts.people import PersonState
from tests.services.feedback.house import FeedbackHouse

CANARY = "canary-4711"
GIVEN = {"kind": "praise", "text": CANARY, "visibility": "public"}


async def give(house: FeedbackHouse, by: str, to: str, text: str = CANARY) -> str:
    answer = await house.as_(by).post("/feedback", {**GIVEN, "receiver_id": to, "text": text})
    assert answer.status_code == 201, answer.text
    return answer.json()["feedback_id"]


async def ask(house: FeedbackHouse, by: str, of: str, about: str | None = None) -> str:
    asked = {"asked_person_ids": [of], "about_person_id": about or by, "question": CANARY}
    answer = await house.as_(by).post("/feedback-requests", asked)
    assert answer.status_code == 201, answer.text
    wanted = {"requester_id": by, "asked_person_id": of, "about_person_id": about or by}
    [request] = await house.db["feedback_requests"].find(wanted).to_list(None)
    return request["_id"]


async def recognise(house: FeedbackHouse, *receivers: str, text: str = CANARY) -> str:
    sent = {"receiver_ids": [*receivers], "value": "stay-curious", "text": text}
    answer = await house.as_("peer").post("/recognitions", sent)
    assert answer.status_code == 201, answer.text
    return answer.json()["recognition_id"]


async def test_what_was_said_to_them_is_gone_and_what_they_said_stays(house: FeedbackHouse) -> None:
    received, given = await give(house, "peer", "anna"), await give(house, "anna", "ben", "kept")
    alone, among = await recognise(house, "anna"), await recognise(house, "anna", "ben", text="kept")
    own, about = await ask(house, "anna", "peer"), await ask(house, "manager", "ben", "anna")
    declined = await ask(house, "ben", "anna")
    await house.as_("anna").does(f"/feedback-requests/{declined}/declination", {"reason": CANARY})
    await house.let_go("anna")
    await house.erase(PersonState, "anna")
    for id_ in (received, alone, own, about):
        assert "gone" in await house.state(id_)
    assert {doc["_id"] for doc in await house.db["feedback"].find({}).to_list(None)} == {given}
    assert {doc["_id"] for doc in await house.db["recognitions"].find({}).to_list(None)} == {among}
    [request] = await house.db["feedback_requests"].find({}).to_list(None)
    assert (request["_id"], request["reason"]) == (declined, "")
    request_words = await house.text_of("feedback_requests")
    assert request_words.count(CANARY) == 1, "the question of who asked"
    assert CANARY not in "".join(
        [await house.text_of(name) for name in ("feedback", "recognitions", "directory_people")]
    )
    said = (await house.published(topic="erasures"))[-1]
    assert (said["removed"], said["checked"]) == (5, False)
    await house.forget(later=True)
    assert (await house.published(topic="erasures"))[-1]["checked"] is True


@pytest.mark.parametrize("count", [3, 450])
async def test_however_much_was_said_to_them_it_goes(house: FeedbackHouse, count: int) -> None:
    first = await give(house, "peer", "anna")
    doc = await house.db["feedback"].find_one({"_id": first})
    assert doc is not None
    await house.db["feedback"].insert_many([{**doc, "_id": f"f{number}"} for number in range(count)])
    await house.erase(PersonState, "anna")
    assert await house.db["feedback"].count_documents({}) == 0
    assert (await house.published(topic="erasures"))[-1]["removed"] == count + 1


async def test_an_answer_kept_for_a_key_says_nothing_more(house: FeedbackHouse) -> None:
    declined = await ask(house, "ben", "anna")
    sent = house.as_("anna")
    path = f"/feedback-requests/{declined}/declination"
    first = await sent.send("POST", path, {"reason": CANARY}, Idempotency_Key="k" * 20)
    assert first.is_success, first.text
    assert CANARY in await house.text_of("idempotency") or CANARY not in first.text
    await house.erase(PersonState, "anna")
    assert CANARY not in await house.text_of("idempotency")


async def test_a_person_is_handed_out_what_they_may_read(house: FeedbackHouse) -> None:
    await give(house, "peer", "anna", "for anna")
    await give(house, "anna", "ben", "from anna")
    await ask(house, "manager", "ben", "anna")
    kinds = (await house.as_("anna").read("/personal-data/anna"))["kinds"]
    assert [doc["text"] for doc in kinds["feedback_received"]] == ["for anna"]
    assert [doc["text"] for doc in kinds["feedback_given"]] == ["from anna"]
    assert "question" not in kinds["request_about"][0]
    officer = house.as_("officer", "privacy_officer")
    assert (await officer.read("/personal-data/anna"))["kinds"] == kinds
    for asker in (house.as_("manager"), house.as_("admin", "hr_admin"), house.as_("audit", "auditor")):
        assert (await asker.get("/personal-data/anna")).status_code == 403
