"""What a private goal says is nowhere to be found: in no answer of any route, no event, no state.

The routes are those of the service itself, so that a new one is searched from the day it is there.
"""

from typing import Any, get_args

import pytest

from services.goals.app import SERVICE
from services.goals.history_store import CHECK_INS, EDITIONS, MEASUREMENTS
from services.goals.initiative_store import INITIATIVES, REPORTS
from services.goals.store import GOALS
from services.goals.views.groups import By
from tests.services.asker import Asker
from tests.services.goals.house import GoalsHouse
from tests.services.goals.test_access import CALLERS, CANARY, READERS, secret
from tests.services.goals.test_statistics import fold

LATER = "2027-01-01T00:00:00Z"
ASKED: dict[str, list[dict[str, Any]]] = {
    "/goals": [{}, {"owner_id": "anna"}, {"status": "closed"}, {"sort": "-progress"}, {"category": CANARY}],
    "/goals/export": [{}, {"owner_id": "anna"}, {"status": "agreed"}],
    "/goals/export/measurements": [{}, {"owner_id": "anna"}],
    "/goals/{goal_id}/as-of": [{"at": LATER}],
    "/goals/{goal_id}/tree": [{"depth": 1}, {"depth": 3}],
    "/goals-as-of": [{"at": LATER, "owner_id": "anna"}, {"at": LATER, "reporting_to_id": "manager"}],
    "/goals/{goal_id}/tree/as-of": [{"at": LATER, "depth": 1}, {"at": LATER, "depth": 3}],
    "/goal-statistics": [{"by": by} for by in get_args(By)],
    "/goal-statistics/as-of": [{"at": LATER, "by": by} for by in get_args(By)],
    "/initiatives": [{}, {"owner_id": "anna"}, {"owner_id": "peer"}],
    "/goal-templates": [{}, {"words": CANARY}],
}
HIDDEN_FROM = CALLERS.keys() - READERS["private"]


async def private_goals(house: GoalsHouse, parent_id: str) -> dict[str, list[str]]:
    """One that is followed and waits for a change, one that was closed and graded: ids by name."""
    anna, manager = house.as_("anna"), house.as_("manager")
    said = secret("private") | {"parent_id": parent_id}
    ids: dict[str, list[str]] = {"goal_id": [], "measurement_id": [], "check_in_id": [], "initiative_id": []}
    for ends in (False, True):
        goal_id = await house.agreed(**said)
        path = f"/goals/{goal_id}"
        reach = f"{path}/key-results/reach/measurements"
        wrong = await anna.does(reach, {"value": 1, "note": CANARY})
        right = {"value": 2, "reason": CANARY}
        measured = await anna.does(f"{path}/measurements/{wrong['measurement_id']}/correction", right)
        done = {"reached": True, "note": CANARY}
        await anna.does(f"{path}/key-results/steps/milestones/first", done, method="PUT")
        blockers = [{"kind": "person", "description": CANARY}]
        words = {"comment": CANARY, "blockers": blockers, "next_steps": CANARY}
        checked_in = await anna.does(f"{path}/check-ins", {"confidence": 0.2, **words})
        plan = {"title": CANARY, "description": CANARY, "starts_on": "2026-01-10", "due_on": "2026-02-10"}
        deed = await anna.does(f"{path}/initiatives", plan)
        await anna.does(f"{path}/initiatives/{deed['initiative_id']}/reports", {"note": CANARY})
        await anna.does(f"{path}/amendment", {"title": f"{CANARY} anew", "reason": CANARY})
        await anna.does(f"{path}/self-grade", {"grade": 0.5, "comment": CANARY})
        await anna.does(f"{path}/amendment", {"weight": 5, "reason": CANARY})
        if ends:
            await manager.does(f"{path}/amendment/refusal", {"reason": CANARY})
            lessons = dict.fromkeys(("went_well", "went_wrong", "lessons"), CANARY)
            await anna.does(f"{path}/closure", {"comment": CANARY, "retrospective": lessons})
            await manager.does(f"{path}/final-grade", {"grade": 0.5, "comment": CANARY})
        ids["goal_id"].append(goal_id)
        ids["measurement_id"].append(measured["measurement_id"])
        ids["check_in_id"].append(checked_in["check_in_id"])
        ids["initiative_id"].append(deed["initiative_id"])
    declined = await house.proposed(**said)
    await manager.does(f"/goals/{declined}/refusal", {"reason": CANARY})
    ids["goal_id"].append(declined)
    return ids


def reads() -> list[str]:
    paths = SERVICE.api().openapi()["paths"]
    return sorted(path for path, methods in paths.items() if "get" in methods)


def spelled(path: str, ids: dict[str, list[str]], *, n: int, parent_id: str) -> list[str]:
    """The route for the n-th goal, and for the open goal that it serves."""
    known = {name: listed[n % len(listed)] for name, listed in ids.items()}
    other = {"period_id": "none", "template_id": "none", "assignment_id": "none", "owner_id": "anna"}
    other |= {"person_id": "anna"}
    ours = path.format(**known, **other)
    return [ours, path.format(**{**known, "goal_id": parent_id}, **other)] if "{goal_id}" in path else [ours]


NEXT_YEAR = {"name": "2027", "kind": "year", "starts_on": "2027-01-01", "ends_on": "2027-12-31"}


@pytest.fixture
async def parent_id(house: GoalsHouse, monkeypatch: pytest.MonkeyPatch) -> str:
    await house.with_all_callers()
    period = await house.as_("admin", "hr_admin").does("/periods", NEXT_YEAR)
    monkeypatch.setitem(ASKED, "/planning/{owner_id}", [{"period_id": period["period_id"]}])
    return await house.agreed("chief", by="manager", level="organisation", visibility="everyone")


async def test_who_may_not_read_a_private_goal_finds_it_by_no_route(
    house: GoalsHouse, parent_id: str
) -> None:
    ids = await private_goals(house, parent_id)
    await fold(house)
    await house.look()
    secrets = [CANARY, *(each for listed in ids.values() for each in listed)]
    for who in sorted(HIDDEN_FROM):
        asker = house.as_(*CALLERS[who])
        for path in reads():
            for asked in ASKED.get(path, [{}]):
                for n in range(3):
                    await look(asker, spelled(path, ids, n=n, parent_id=parent_id), asked, secrets)
                    if "{" not in path:
                        break


async def look(asker: Asker, paths: list[str], asked: dict[str, Any], secrets: list[str]) -> None:
    """No secret in the answer; the ids that the caller has named may be in its path alone."""
    for path in paths:
        answer = await asker.get(path, **asked)
        assert answer.status_code in {200, 403, 404}, (path, asked, answer.text)
        text = answer.text.replace(path, "")
        found = [secret for secret in secrets if secret in text and secret not in asked.values()]
        assert not found, (path, asked, answer.text)


async def test_the_owner_does_find_it_so_the_search_is_no_blind_one(
    house: GoalsHouse, parent_id: str
) -> None:
    ids = await private_goals(house, parent_id)
    await house.look()
    blind: list[str] = []
    for path in reads():
        texts = [
            (await house.as_("anna").get(each, **asked)).text
            for asked in ASKED.get(path, [{}])
            for n in range(3)
            for each in spelled(path, ids, n=n, parent_id=parent_id)
        ]
        if not any(CANARY in text or ids["goal_id"][0] in text.replace(path, "") for text in texts):
            blind.append(path)
    assert set(blind) <= NOTHING_OF_GOALS, blind


NOTHING_OF_GOALS = {
    "/audit",
    "/goal-assignments",
    "/goal-assignments/{assignment_id}",
    "/goal-assignments/{assignment_id}/goals",
    "/goal-coverage",
    "/goal-coverage/uncovered",
    "/goal-imports/sample.csv",
    "/goal-templates",
    "/goal-templates/{template_id}",
    "/goal-templates/{template_id}/editions",
    "/goals/{goal_id}/contributors",
    "/goals/{goal_id}/line",
    "/periods",
    "/periods/{period_id}",
}
"""What has no words of goals, speaks of others or is not theirs: sums, audit, templates, what is served."""


async def test_no_event_and_no_state_says_a_word_of_it_whatever_becomes_of_it(
    house: GoalsHouse, parent_id: str
) -> None:
    ids = await private_goals(house, parent_id)
    await fold(house)
    await house.look()
    await house.move("anna", to="other_manager")
    await house.let_go("anna")
    for topic in ("events", "state"):
        assert CANARY not in str(await house.published(topic=topic))
    assert CANARY not in await house.text_of("outbox")
    keep = {GOALS, MEASUREMENTS, CHECK_INS, EDITIONS, INITIATIVES, REPORTS}
    for collection in set(await house.db.list_collection_names()) - keep:
        assert CANARY not in await house.text_of(collection), collection
    assert {doc["_id"] async for doc in house.db[GOALS].find()} >= set(ids["goal_id"])


@pytest.mark.parametrize("visibility", READERS)
async def test_with_its_owner_a_goal_moves_to_other_readers(house: GoalsHouse, visibility: str) -> None:
    """The former manager and colleagues are strangers to it, the new ones are not."""
    goal_id = await house.agreed(**secret(visibility))
    await house.hire("mate", manager_id="other_manager")
    await house.move("anna", to="other_manager")
    for who, reads_of in (
        ("anna", {"private", "line", "team", "everyone"}),
        ("other_manager", {"private", "line", "team", "everyone"}),
        ("chief", {"line", "team", "everyone"}),
        ("mate", {"team", "everyone"}),
        ("peer", {"team", "everyone"}),
        ("ben", {"everyone"}),
        ("manager", {"everyone"}),
    ):
        answer = await house.as_(who).get(f"/goals/{goal_id}")
        seen = visibility in reads_of
        assert (answer.status_code, CANARY in answer.text) == (200 if seen else 404, seen), who
        listed = await house.as_(who).get("/goals", owner_id="anna")
        assert (CANARY in listed.text) == seen, who
        measuring = {"value": 2}
        told = await house.as_(who).post(f"/goals/{goal_id}/key-results/reach/measurements", measuring)
        may = who in {"anna", "other_manager"}
        assert told.status_code == (201 if may else 403 if seen else 404), (who, told.text)
