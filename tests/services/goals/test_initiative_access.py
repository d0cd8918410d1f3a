"""Who may do what to an initiative: the goal's readers, its owner and manager, and who is to do it.

Who is to do it need not be allowed to read the goal, of which they then learn no word.
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.services.goals.house import GoalsHouse, wording
from tests.services.goals.test_access import CALLERS, CANARY, PARTIES, READERS, as_, secret
from tests.services.goals.usecases.test_initiatives import PLAN

SAID = "initiative-0815"
WORDS = {"title": f"{SAID} title", "description": f"{SAID} description"}
DOER = ("peer",)
"""Not in the line of the goal's owner."""


@pytest.fixture(autouse=True)
async def _gone(house: GoalsHouse) -> None:
    await house.with_all_callers()


async def secret_initiative(house: GoalsHouse, visibility: str) -> tuple[str, str]:
    """Of an agreed goal full of canaries: its path and the goal's."""
    goal_id = await house.agreed(**secret(visibility))
    made = await house.as_("anna").does(f"/goals/{goal_id}/initiatives", PLAN | WORDS)
    path = f"/goals/{goal_id}/initiatives/{made['initiative_id']}"
    await house.as_("peer").does(f"{path}/reports", {"share_done": 0.5, "note": f"{SAID} note"})
    return path, f"/goals/{goal_id}"


@pytest.mark.parametrize("visibility", READERS)
async def test_an_initiative_is_read_by_who_reads_its_goal_and_by_who_does_it(
    house: GoalsHouse, visibility: str
) -> None:
    path, goal = await secret_initiative(house, visibility)
    for who in CALLERS:
        seen = who in READERS[visibility]
        for each in (path, f"{path}/reports", f"{goal}/initiatives", f"{goal}/budget"):
            answer = await as_(house, who).get(each)
            assert answer.status_code == (200 if seen else 404), (who, each)
            assert (SAID in answer.text) == (seen and not each.endswith("budget")), (who, each)
            assert CANARY not in answer.text
        for asked in ({}, {"owner_id": "peer"}, {"status": "under_way"}, {"overdue": False}):
            listed = await as_(house, who).get("/initiatives", **asked)
            assert (listed.status_code, SAID in listed.text) == (200, seen), (who, asked)


async def test_what_was_reported_on_a_private_draft_stays_its_readers_when_all_may_read_it(
    house: GoalsHouse,
) -> None:
    goal_id = await house.drafted(visibility="private")
    anna, goal = house.as_("anna"), f"/goals/{goal_id}"
    made = await anna.does(f"{goal}/initiatives", PLAN | {"owner_id": "anna"})
    reports = f"{goal}/initiatives/{made['initiative_id']}/reports"
    await anna.does(reports, {"share_done": 0.5, "note": SAID})
    etag = (await anna.get(goal)).headers["ETag"]
    later = anna.at(house.now + timedelta(days=1))
    shown = await later.put(goal, wording(visibility="everyone"), If_Match=etag)
    assert shown.status_code == 200, shown.text
    await later.at(house.now + timedelta(days=2)).does(reports, {"share_done": 0.6, "note": "For all."})
    for who, told in (("anna", True), ("manager", True), ("peer", False)):
        answer = await house.as_(who).get(reports)
        assert (answer.status_code, SAID in answer.text, "For all." in answer.text) == (200, told, True), who


async def test_who_does_it_reads_it_and_not_a_word_of_the_goal(house: GoalsHouse) -> None:
    path, goal = await secret_initiative(house, "private")
    doer = house.as_(*DOER)
    for each in (path, f"{path}/reports", "/initiatives"):
        answer = await doer.get(each)
        assert (answer.status_code, SAID in answer.text, CANARY in answer.text) == (200, True, False), each
    for each in (goal, f"{goal}/initiatives", f"{goal}/budget"):
        assert (await doer.get(each)).status_code == 404, each
    await house.let_go("peer")
    for each in (path, f"{path}/reports"):
        assert (await doer.get(each)).status_code == 404, each
    assert await doer.listed("/initiatives") == []


DEEDS: dict[str, tuple[str, str, Any]] = {
    "change": ("PUT", "", PLAN | WORDS | {"due_on": "2026-03-01"}),
    "report": ("POST", "/reports", {"share_done": 0.6}),
    "done": ("POST", "/closure", {"outcome": "done"}),
    "drop": ("POST", "/closure", {"outcome": "dropped", "reason": "Too dear."}),
}


@pytest.mark.parametrize("visibility", READERS)
@pytest.mark.parametrize("deed", DEEDS)
async def test_each_deed_is_done_by_those_who_may_and_nobody_else(
    house: GoalsHouse, visibility: str, deed: str
) -> None:
    method, part, body = DEEDS[deed]
    path, _ = await secret_initiative(house, visibility)
    said = await house.said()
    for who in CALLERS.keys() - PARTIES:
        answer = await as_(house, who).send(method, f"{path}{part}", body, If_Match="*")
        refusal = 403 if who in READERS[visibility] else 404
        assert (answer.status_code, CANARY in answer.text) == (refusal, False), (who, answer.text)
    if deed in {"change", "drop"}:
        answer = await house.as_(*DOER).send(method, f"{path}{part}", body, If_Match="*")
        assert answer.status_code == 403
    assert await house.said() == said
    doers = [CALLERS[who] for who in PARTIES] + ([DOER] if deed in {"report", "done"} else [])
    for doer in doers:
        path, _ = await secret_initiative(house, visibility)
        answer = await house.as_(*doer).send(method, f"{path}{part}", body, If_Match="*")
        assert answer.status_code in {200, 201}, (doer, answer.text)
        assert CANARY not in answer.text


@pytest.mark.parametrize("visibility", READERS)
async def test_initiatives_are_planned_by_the_goals_owner_and_manager(
    house: GoalsHouse, visibility: str
) -> None:
    _, goal = await secret_initiative(house, visibility)
    for who in CALLERS:
        answer = await as_(house, who).post(f"{goal}/initiatives", PLAN)
        refusal = 403 if who in READERS[visibility] else 404
        assert answer.status_code == (201 if who in PARTIES else refusal), (who, answer.text)


async def test_a_hidden_initiative_is_answered_like_one_that_does_not_exist(house: GoalsHouse) -> None:
    path, goal = await secret_initiative(house, "private")
    for method, part, body in [("GET", "", None), ("GET", "/reports", None), *DEEDS.values()]:
        bodies = []
        for asked in (path, f"{goal}/initiatives/unknown", "/goals/unknown/initiatives/unknown"):
            answer = await house.as_("ben").send(method, f"{asked}{part}", body, If_Match='"v7"')
            assert answer.status_code == 404
            bodies.append({**answer.json(), "correlation_id": None, "instance": None})
        assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize("visibility", READERS)
async def test_no_word_of_it_is_published_or_kept_elsewhere(house: GoalsHouse, visibility: str) -> None:
    path, goal = await secret_initiative(house, visibility)
    await house.as_("anna").does(f"{path}/closure", {"outcome": "dropped", "reason": f"{SAID} reason"})
    await house.as_("anna").does(f"{goal}/closure", {"outcome": "missed"})
    mine = {"initiatives", "initiative_reports", "outbox"}
    for collection in set(await house.db.list_collection_names()) - mine:
        assert SAID not in await house.text_of(collection), collection
    told = [await house.published(), await house.published(topic="state")]
    assert SAID not in str(told[0])
    shown = {state["title"] for state in told[1] if state["said"] == "initiative_state"}
    assert shown == {WORDS["title"] if visibility == "everyone" else None}
    for state in told[1]:
        assert SAID not in str(state | {"title": None})
        assert state["title"] is None or visibility == "everyone"


async def test_its_title_is_told_for_those_who_may_read_it(house: GoalsHouse) -> None:
    path, goal = await secret_initiative(house, "private")
    ids = [each.rpartition("/")[2] for each in (path, goal)]
    wanted = [{"id": id_, "reader_id": who} for id_ in ids for who in ("anna", "peer", "ben")]
    answer = await house.as_("notifications", "service").post("/titles", {"wanted": wanted})
    title = secret("private")["title"]
    assert answer.json()["titles"] == [WORDS["title"], WORDS["title"], None, title, None, None]
