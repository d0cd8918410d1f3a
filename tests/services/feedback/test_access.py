"""Every route, role and relation against what each of them was promised.

The expectations are written out here and not taken from the service's table.  What somebody may
not read carries a canary, which must be in nothing that they are ever answered.
"""

from typing import Any

import pytest

from services.feedback.app import SERVICE

CALLERS = {
    "giver": ("peer",),
    "receiver": ("anna",),
    "manager of receiver": ("manager",),
    "manager of giver": ("other_manager",),
    "above the manager": ("chief",),
    "colleague": ("ben",),
    "HR partner": ("partner", "hr_partner"),
    "HR admin": ("admin", "hr_admin"),
    "executive": ("chief", "executive"),
    "auditor": ("auditor", "auditor"),
    "service": ("reviews", "service"),
    "departed": ("gone",),
    "not in the directory": ("stranger",),
}
NOBODY = {"service", "departed"}
"""Callers who are no person, or not any more."""
STAFF = CALLERS.keys() - {"service", "departed", "not in the directory"}
READERS = {
    "receiver": {"giver", "receiver"},
    "receiver_and_manager": {"giver", "receiver", "manager of receiver"},
    "public": STAFF,
}
CANARY = "canary-4711"


def canary(visibility: str) -> str:
    return f"{CANARY}-of-{visibility}."


@pytest.fixture(autouse=True)
async def _gone(house: Any) -> None:
    await house.hire("gone", manager_id="manager", status="left", said={"state"})


async def give(house: Any, visibility: str) -> str:
    body = {"receiver_id": "anna", "kind": "praise", "text": canary(visibility), "visibility": visibility}
    answer = await house.as_("peer").post("/feedback", body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def ask(house: Any) -> str:
    """The manager asks the peer about anna; the question is a canary."""
    body = {"asked_person_ids": ["peer"], "about_person_id": "anna", "question": CANARY}
    answer = await house.as_("manager").post("/feedback-requests", body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def recognise(house: Any) -> str:
    body = {"receiver_ids": ["anna"], "value": "stay-curious", "text": CANARY}
    answer = await house.as_("peer").post("/recognitions", body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def as_(house: Any, who: str) -> Any:
    return house.as_(*CALLERS[who])


async def test_every_route_refuses_who_shows_no_token(house: Any) -> None:
    paths = SERVICE.api().openapi()["paths"]
    routes = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    assert len(routes) == len(TESTED)
    assert set(routes) == set(TESTED)
    for method, path in routes:
        assert (await house.client.request(method, path, json={})).status_code == 401


TESTED = [
    ("POST", "/feedback"),
    ("GET", "/feedback"),
    ("GET", "/feedback/{feedback_id}"),
    ("DELETE", "/feedback/{feedback_id}"),
    ("POST", "/feedback/{feedback_id}/acknowledgement"),
    ("POST", "/feedback-requests"),
    ("GET", "/feedback-requests"),
    ("GET", "/feedback-requests/{request_id}"),
    ("POST", "/feedback-requests/{request_id}/answer"),
    ("POST", "/feedback-requests/{request_id}/declination"),
    ("POST", "/feedback-requests/{request_id}/withdrawal"),
    ("POST", "/recognitions"),
    ("GET", "/recognitions"),
    ("GET", "/recognitions/{recognition_id}"),
    ("POST", "/recognitions/{recognition_id}/acknowledgement"),
    ("GET", "/values"),
    ("PUT", "/values"),
    ("GET", "/competencies"),
    ("PUT", "/competencies"),
    ("GET", "/audit"),
    ("GET", "/personal-data/{person_id}"),
]
"""A new route is added here with its test."""


@pytest.mark.parametrize("who", CALLERS)
async def test_feedback_is_read_alone_and_in_lists_by_those_the_giver_chose(house: Any, who: str) -> None:
    paths = {visibility: await give(house, visibility) for visibility in READERS}
    listed = await as_(house, who).get("/feedback", receiver_id="anna")
    for visibility, path in paths.items():
        answer = await as_(house, who).get(path)
        seen = who in READERS[visibility]
        assert answer.status_code == (200 if seen else 404), (visibility, answer.text)
        assert (canary(visibility) in answer.text) == (canary(visibility) in listed.text) == seen
    assert listed.status_code == 200


@pytest.mark.parametrize("visibility", READERS)
@pytest.mark.parametrize("who", CALLERS)
async def test_only_the_receiver_acknowledges_and_only_the_giver_takes_back(
    house: Any, who: str, visibility: str
) -> None:
    refused = 403 if who in READERS[visibility] else 404
    path = await give(house, visibility)
    acknowledged = await as_(house, who).post(f"{path}/acknowledgement")
    assert acknowledged.status_code == (200 if who == "receiver" else refused)
    withdrawn = await as_(house, who).send("DELETE", await give(house, visibility))
    assert withdrawn.status_code == (204 if who == "giver" else refused)
    if who not in READERS[visibility]:
        assert CANARY not in acknowledged.text + withdrawn.text


@pytest.mark.parametrize("who", CALLERS)
async def test_a_request_is_known_to_who_asks_and_who_is_asked(house: Any, who: str) -> None:
    knowing = {"giver": "asked", "manager of receiver": "requester"}
    path = await ask(house)
    answer = await as_(house, who).get(path)
    assert answer.status_code == (200 if who in knowing else 404)
    listed = await as_(house, who).get("/feedback-requests")
    assert listed.status_code == (403 if who in NOBODY else 200)
    assert (CANARY in answer.text) == (CANARY in listed.text) == (who in knowing)


@pytest.mark.parametrize(
    ("part", "doer", "body"),
    [
        ("answer", "giver", {"kind": "praise", "text": "Well done.", "visibility": "public"}),
        ("declination", "giver", {}),
        ("withdrawal", "manager of receiver", {}),
    ],
)
@pytest.mark.parametrize("who", CALLERS)
async def test_a_request_is_settled_by_those_it_is_between(
    house: Any, who: str, part: str, doer: str, body: Any
) -> None:
    answer = await as_(house, who).post(f"{await ask(house)}/{part}", body)
    if who == doer:
        assert answer.status_code in {200, 201}, answer.text
    elif who in {"giver", "manager of receiver"}:
        assert answer.status_code == 403
    else:
        assert answer.status_code == (403 if who in NOBODY and part != "answer" else 404)
        assert CANARY not in answer.text


@pytest.mark.parametrize("who", CALLERS)
async def test_why_somebody_declines_is_read_by_the_requester_alone(house: Any, who: str) -> None:
    path = await ask(house)
    reason = "reason-4711"
    declined = await house.as_("peer").post(f"{path}/declination", {"reason": reason})
    answers = [await as_(house, who).get(path), await as_(house, who).get("/feedback-requests")]
    assert (reason in "".join(answer.text for answer in answers)) == (who == "manager of receiver")
    assert reason not in declined.text


@pytest.mark.parametrize("who", CALLERS)
async def test_recognition_is_read_by_all_who_work_here_and_acknowledged_by_its_receivers(
    house: Any, who: str
) -> None:
    path = await recognise(house)
    answer, listed = await as_(house, who).get(path), await as_(house, who).get("/recognitions")
    assert answer.status_code == (200 if who in STAFF else 404)
    assert (CANARY in answer.text) == (CANARY in listed.text) == (who in STAFF)
    acknowledged = await as_(house, who).post(f"{path}/acknowledgement")
    assert acknowledged.status_code == (200 if who == "receiver" else 403 if who in STAFF else 404)


@pytest.mark.parametrize("who", CALLERS)
async def test_all_who_work_here_give_and_recognise_and_ask_about_themselves(house: Any, who: str) -> None:
    caller = as_(house, who)
    to = "ben" if who != "colleague" else "anna"
    given = await caller.post("/feedback", {"receiver_id": to, "kind": "praise", "text": "Good."})
    thanked = await caller.post(
        "/recognitions", {"receiver_ids": [to], "value": "stay-curious", "text": "Thanks."}
    )
    asked = await caller.post("/feedback-requests", {"asked_person_ids": [to]})
    statuses = [given.status_code, thanked.status_code, asked.status_code]
    unknown = 404 if who == "not in the directory" else 403
    assert statuses == ([201, 201, 201] if who in STAFF else [403, 403, unknown])


@pytest.mark.parametrize("who", CALLERS)
async def test_only_the_direct_manager_asks_about_somebody_else(house: Any, who: str) -> None:
    body = {"asked_person_ids": ["ben"], "about_person_id": "anna"}
    if who == "colleague":
        body["asked_person_ids"] = ["peer"]
    answer = await as_(house, who).post("/feedback-requests", body)
    assert answer.status_code == (201 if who in {"receiver", "manager of receiver"} else 403)


@pytest.mark.parametrize("path", ["/values", "/competencies"])
@pytest.mark.parametrize("who", CALLERS)
async def test_the_lists_are_read_by_all_who_work_here_and_written_by_hr_admins(
    house: Any, who: str, path: str
) -> None:
    assert (await as_(house, who).get(path)).status_code == (200 if who in STAFF else 403)
    written = await as_(house, who).send("PUT", path, {"terms": []}, If_Match='"v0"')
    assert written.status_code == (200 if who == "HR admin" else 403)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/feedback/{}"),
        ("DELETE", "/feedback/{}"),
        ("POST", "/feedback/{}/acknowledgement"),
        ("GET", "/feedback-requests/{}"),
        ("POST", "/feedback-requests/{}/answer"),
        ("POST", "/feedback-requests/{}/declination"),
        ("POST", "/feedback-requests/{}/withdrawal"),
    ],
)
async def test_what_is_hidden_is_answered_like_what_does_not_exist(
    house: Any, method: str, path: str
) -> None:
    hidden = await give(house, "receiver") if path.startswith("/feedback/") else await ask(house)
    said: Any = {"kind": "praise", "text": "Well done."}
    body = {"reason": "Too long ago."} if path.endswith("declination") else said
    bodies = []
    for id_ in (hidden.rpartition("/")[2], "unknown"):
        answer = await house.as_("admin", "hr_admin").send(method, path.format(id_), body, If_Match='"v7"')
        assert answer.status_code == 404
        bodies.append({**answer.json(), "correlation_id": None, "instance": None})
    assert bodies[0] == bodies[1]


async def test_nobody_reads_for_somebody_else(house: Any) -> None:
    path = await give(house, "receiver")
    for who in ("service", "HR admin"):
        answer = await as_(house, who).send("GET", path, Cairn_On_Behalf_Of="anna")
        assert (answer.status_code, CANARY in answer.text) == (404, False), who


async def test_the_words_are_kept_where_they_belong_and_nowhere_else(house: Any, capsys: Any) -> None:
    await give(house, "receiver")
    await recognise(house)
    path = await ask(house)
    await house.as_("peer").post(f"{path}/declination", {"reason": CANARY})
    taken_back = await give(house, "public")
    await house.as_("peer").send("DELETE", taken_back)
    await house.let_go("anna", said={"event"})
    assert len(await house.published()) == 6
    for collection in await house.db.list_collection_names():
        holds = CANARY in await house.text_of(collection)
        assert holds == (collection in {"feedback", "feedback_requests", "recognitions"}), collection
    assert CANARY not in "".join(capsys.readouterr())
