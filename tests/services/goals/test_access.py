"""Every route, role and relation against what each of them was promised.

The expectations are written out here and not taken from the service's table.  What somebody may
not read carries a canary, which must be in nothing that they are ever answered.
"""

from typing import Any

import pytest

from services.goals.app import SERVICE
from tests.services.asker import Asker, rule_of
from tests.services.goals.house import NOW, REACH, STEPS, GoalsHouse, wording
from tests.services.goals.test_statistics import fold

CALLERS = {
    "owner": ("anna",),
    "manager": ("manager",),
    "above the manager": ("chief",),
    "executive": ("chief", "executive"),
    "colleague": ("ben",),
    "report": ("junior",),
    "other manager": ("other_manager",),
    "executive elsewhere": ("other_manager", "executive"),
    "HR partner": ("partner", "hr_partner"),
    "HR partner by name alone": ("partner",),
    "HR partner of another unit": ("other_partner", "hr_partner"),
    "HR admin": ("admin", "hr_admin"),
    "auditor": ("auditor", "auditor"),
    "measuring system": ("warehouse", "measuring_system"),
    "HR system": ("hcm", "hr_system"),
    "service": ("notifications", "service"),
    "departed": ("gone", "hr_admin", "auditor"),
    "not in the directory": ("stranger",),
}
MACHINES = {"measuring system", "HR system", "service"}
STAFF = CALLERS.keys() - MACHINES - {"departed", "not in the directory"}
PARTIES = {"owner", "manager"}
LINE = PARTIES | {"above the manager", "executive", "HR partner", "HR admin", "auditor"}
READERS = {
    "private": PARTIES | {"auditor"},
    "line": LINE,
    "team": LINE | {"colleague", "report"},
    "everyone": STAFF,
}
HR_SEES = {name: set[str]() if name == "private" else {"HR admin"} for name in READERS}
CANARY = "canary-4711"
LATER = "2027-01-01T00:00:00Z"
WORDS = {
    name: f"{CANARY} {name}"
    for name in ("title", "description", "relevance", "category", "unit", "note", "comment", "tag", "link")
}
TESTED = [
    ("POST", "/goals"),
    ("GET", "/goals"),
    ("GET", "/goals/{goal_id}"),
    ("PUT", "/goals/{goal_id}"),
    ("POST", "/goals/{goal_id}/proposal"),
    ("POST", "/goals/{goal_id}/withdrawal"),
    ("POST", "/goals/{goal_id}/agreement"),
    ("POST", "/goals/{goal_id}/change-request"),
    ("POST", "/goals/{goal_id}/refusal"),
    ("POST", "/goals/{goal_id}/amendment"),
    ("POST", "/goals/{goal_id}/amendment/agreement"),
    ("POST", "/goals/{goal_id}/amendment/refusal"),
    ("POST", "/goals/{goal_id}/amendment/withdrawal"),
    ("GET", "/goals/{goal_id}/editions"),
    ("PUT", "/goals/{goal_id}/parent"),
    ("POST", "/goals/{goal_id}/key-results/{key_result_id}/measurements"),
    ("GET", "/goals/{goal_id}/line"),
    ("GET", "/goals/{goal_id}/tree"),
    ("GET", "/goals/{goal_id}/tree.svg"),
    ("GET", "/goals/{goal_id}/chart.svg"),
    ("GET", "/goals/export"),
    ("GET", "/goals/export/measurements"),
    ("GET", "/goals/{goal_id}/contributors"),
    ("GET", "/goals/{goal_id}/outlook"),
    ("PUT", "/goals/{goal_id}/key-results/{key_result_id}/milestones/{milestone_id}"),
    ("POST", "/goals/{goal_id}/measurements/{measurement_id}/correction"),
    ("POST", "/goals/{goal_id}/self-grade"),
    ("POST", "/goals/{goal_id}/final-grade"),
    ("GET", "/goals/{goal_id}/grades"),
    ("PUT", "/goals/{goal_id}/retrospective"),
    ("GET", "/lessons"),
    ("GET", "/goals/{goal_id}/as-of"),
    ("GET", "/goals-as-of"),
    ("GET", "/goals/{goal_id}/tree/as-of"),
    ("GET", "/goal-statistics"),
    ("GET", "/goal-statistics/as-of"),
    ("GET", "/goal-coverage"),
    ("GET", "/goal-coverage/uncovered"),
    ("GET", "/goals/{goal_id}/measurements"),
    ("GET", "/goals/{goal_id}/measurements/{measurement_id}"),
    ("POST", "/goals/{goal_id}/check-ins"),
    ("GET", "/goals/{goal_id}/check-ins"),
    ("GET", "/goals/{goal_id}/check-ins/{check_in_id}"),
    ("POST", "/goals/{goal_id}/closure"),
    ("POST", "/goal-imports"),
    ("GET", "/goal-imports/sample.csv"),
    ("POST", "/goal-assignments"),
    ("GET", "/goal-assignments"),
    ("GET", "/goal-assignments/{assignment_id}"),
    ("GET", "/goal-assignments/{assignment_id}/goals"),
    ("POST", "/goals/{goal_id}/carry-over"),
    ("POST", "/periods"),
    ("GET", "/periods"),
    ("GET", "/planning/{owner_id}"),
    ("GET", "/audit"),
    ("GET", "/personal-data/{person_id}"),
    ("GET", "/periods/{period_id}"),
    ("POST", "/periods/{period_id}/closure"),
    ("PATCH", "/periods/{period_id}"),
    ("POST", "/periods/{period_id}/reopening"),
    ("POST", "/measurements"),
    ("GET", "/initiatives"),
    ("POST", "/goals/{goal_id}/initiatives"),
    ("GET", "/goals/{goal_id}/initiatives"),
    ("GET", "/goals/{goal_id}/initiatives/{initiative_id}"),
    ("PUT", "/goals/{goal_id}/initiatives/{initiative_id}"),
    ("POST", "/goals/{goal_id}/initiatives/{initiative_id}/reports"),
    ("GET", "/goals/{goal_id}/initiatives/{initiative_id}/reports"),
    ("POST", "/goals/{goal_id}/initiatives/{initiative_id}/closure"),
    ("GET", "/goals/{goal_id}/budget"),
    ("POST", "/goals/from-template"),
    ("POST", "/goal-templates"),
    ("GET", "/goal-templates"),
    ("GET", "/goal-templates/{template_id}"),
    ("PUT", "/goal-templates/{template_id}"),
    ("GET", "/goal-templates/{template_id}/editions"),
    ("POST", "/goal-templates/{template_id}/archival"),
    ("POST", "/titles"),
]
"""A new route is added here with its test; those of initiatives and templates are in
test_initiative_access and test_template_access."""


@pytest.fixture(autouse=True)
async def _gone(house: GoalsHouse) -> None:
    await house.with_all_callers()


def as_(house: GoalsHouse, who: str) -> Asker:
    return house.as_(*CALLERS[who])


def secret(visibility: str) -> dict[str, Any]:
    """All words of a goal, each of them a canary."""
    said: dict[str, Any] = {name: WORDS[name] for name in ("title", "description", "relevance", "category")}
    key_results = [
        {**REACH, "title": WORDS["title"], "unit": WORDS["unit"]},
        {**STEPS, "title": WORDS["title"], "milestones": [{"milestone_id": "first", "title": CANARY}]},
    ]
    links = [{"title": WORDS["link"], "url": f"https://example.com/{CANARY}"}]
    return {
        "visibility": visibility,
        "key_results": key_results,
        "tags": [WORDS["tag"]],
        "links": links,
        **said,
    }


async def secret_goal(house: GoalsHouse, visibility: str) -> list[str]:
    """An agreed goal after changes, a measurement and a check-in; the paths at which it is read."""
    goal_id = await house.proposed(**secret(visibility))
    path = f"/goals/{goal_id}"
    await house.as_("manager").does(f"{path}/change-request", {"reason": CANARY})
    await house.as_("anna").does(f"{path}/proposal")
    await house.as_("manager").does(f"{path}/agreement")
    measured = await house.as_("anna").does(
        f"{path}/key-results/reach/measurements", {"value": 1, "note": WORDS["note"]}
    )
    blockers = [{"kind": "process", "description": CANARY}]
    said = {"confidence": 0.4, "comment": WORDS["comment"], "blockers": blockers, "next_steps": CANARY}
    checked_in = await house.as_("anna").does(f"{path}/check-ins", said)
    return [
        path,
        f"{path}/measurements",
        f"{path}/measurements/{measured['measurement_id']}",
        f"{path}/check-ins",
        f"{path}/check-ins/{checked_in['check_in_id']}",
        f"{path}/chart.svg",
        f"{path}/tree.svg",
    ]


@pytest.mark.parametrize("visibility", READERS)
async def test_a_goal_and_all_about_it_is_read_by_whom_it_was_promised_to(
    house: GoalsHouse, visibility: str
) -> None:
    paths = await secret_goal(house, visibility)
    for who in CALLERS:
        seen = who in READERS[visibility]
        for path in paths:
            answer = await as_(house, who).get(path)
            assert answer.status_code == (200 if seen else 404), (who, path)
            assert (CANARY in answer.text) == seen, (who, path)
        then = {"at": LATER}
        for path in (f"{paths[0]}/as-of", f"{paths[0]}/tree/as-of"):
            answer = await as_(house, who).get(path, **then)
            assert (answer.status_code, CANARY in answer.text) == (200 if seen else 404, seen), (who, path)
        counted = await as_(house, who).get("/goal-statistics/as-of", owner_id="anna", by="category", **then)
        assert (counted.status_code, CANARY in counted.text) == (200, seen), who
        listed = await as_(house, who).get("/goals-as-of", owner_id="anna", **then)
        assert (listed.status_code, CANARY in listed.text) == (200, seen), who
        for asked in ({}, {"owner_id": "anna"}, {"status": "agreed"}, {"level": "person"}):
            listed = await as_(house, who).get("/goals", **asked)
            assert (listed.status_code, CANARY in listed.text) == (200, seen), (who, asked)


@pytest.mark.parametrize("visibility", ["team", "everyone"])
async def test_reasons_are_for_those_who_judge(house: GoalsHouse, visibility: str) -> None:
    goal_id = await house.agreed(visibility=visibility)
    path, anna = f"/goals/{goal_id}", house.as_("anna")
    await anna.does(f"{path}/amendment", {"description": "Other.", "reason": CANARY})
    await anna.does(f"{path}/amendment", {"due_on": "2026-06-30", "reason": CANARY})
    waiting = [path, "/goals", f"{path}/editions"]
    for who in READERS[visibility]:
        for asked in waiting:
            assert (CANARY in (await as_(house, who).get(asked)).text) == (who in LINE), (who, asked)
    await house.as_("manager").does(f"{path}/amendment/refusal", {"reason": CANARY})
    await anna.does(f"{path}/closure", {"outcome": "cancelled", "comment": CANARY})
    for who in READERS[visibility]:
        assert (CANARY in (await as_(house, who).get(path)).text) == (who in LINE), who


async def test_what_a_goal_serves_outlasts_who_may_not_read_it_and_no_answer_names_it(
    house: GoalsHouse,
) -> None:
    above = await house.agreed("manager", by="chief")
    goal_id = (await house.as_("manager").does("/goals", {**wording(parent_id=above), "owner_id": "anna"}))[
        "goal_id"
    ]
    anna, path = house.as_("anna"), f"/goals/{goal_id}"
    read = await anna.get(path)
    assert read.json()["parent_id"] is None
    said = wording(description="Clearer.", parent_id=read.json()["parent_id"])
    answers = [await anna.put(path, said, If_Match=read.headers["ETag"])]
    assert (await house.goal(goal_id))["parent_id"] == above
    answers += [await anna.post(f"{path}/proposal", {}), await anna.post(f"{path}/withdrawal", {})]
    answers += [await anna.post(f"{path}/proposal", {})]
    await house.as_("manager").does(f"{path}/agreement")
    said = {"description": "Clearer still.", "reason": "So."}
    answers += [await anna.post(f"{path}/amendment", said)]
    answers += [await anna.post(f"{path}/closure", {"outcome": "achieved"})]
    answers += [await anna.put(f"{path}/retrospective", {"went_well": "All."})]
    assert [(each.status_code, above in each.text) for each in answers] == [(200, False)] * len(answers)
    assert (await house.as_("manager").read(path))["parent_id"] == above


async def test_who_may_read_what_a_draft_serves_says_that_it_serves_nothing(house: GoalsHouse) -> None:
    above = await house.agreed("manager", by="chief")
    new = {**wording(parent_id=above), "owner_id": "anna"}
    path = f"/goals/{(await house.as_('manager').does('/goals', new))['goal_id']}"
    etag = (await house.as_("manager").get(path)).headers["ETag"]
    reworded = await house.as_("manager").put(path, wording(), If_Match=etag)
    assert (reworded.status_code, reworded.json()["parent_id"]) == (200, None)


async def test_how_much_somebody_has_to_do_is_not_told_to_who_wants_to_give_them_more(
    house: GoalsHouse,
) -> None:
    await house.agreed("peer", by="other_manager", visibility="private", weight=70)
    goal_id = await house.agreed(weight=60)
    body = {"owner_id": "peer", "reason": "He knows more of it."}
    asked = await house.as_("anna").post(f"/goals/{goal_id}/amendment", body)
    assert asked.status_code == 200, asked.text
    await house.as_("manager").does(f"/goals/{goal_id}/amendment/agreement")
    refused = await house.as_("peer").post(f"/goals/{goal_id}/amendment/agreement")
    assert refused.json()["free"] == 30


async def test_who_takes_a_goal_over_hears_of_their_own_room_and_who_gives_it_up_of_none(
    house: GoalsHouse,
) -> None:
    await house.agreed("manager", by="chief", visibility="private", weight=30)
    goal_id = await house.agreed(weight=60)
    path, over = f"/goals/{goal_id}/amendment", {"owner_id": "manager", "reason": "I do it."}
    await house.as_("manager").does(path, over)
    await house.agreed("manager", by="chief", visibility="private", weight=30)
    refused = await house.as_("anna").post(f"{path}/agreement")
    assert (refused.status_code, rule_of(refused)) == (422, "weights-exceed-whole")
    assert {"free", "weight"}.isdisjoint(refused.json())
    await house.as_("manager").does(f"{path}/withdrawal")
    assert (await house.as_("manager").post(path, over)).json()["free"] == 40


async def test_a_sum_does_not_tell_of_one_hidden_goal_to_who_pads_it(house: GoalsHouse) -> None:
    top = await house.agreed("chief", by="manager", level="organisation", visibility="everyone")
    await house.agreed("peer", by="other_manager", parent_id=top, visibility="line")
    for _ in range(5):
        await house.agreed(parent_id=top)
    await fold(house)
    for depth in (1, 3):
        tree = await house.as_("anna").read(f"/goals/{top}/tree", depth=depth)
        assert tree["roll_up"] is None
        assert (await house.as_("chief").read(f"/goals/{top}/tree", depth=depth))["roll_up"]["direct"] == 6


@pytest.mark.parametrize("visibility", READERS)
async def test_only_what_somebody_may_read_is_counted_for_them(house: GoalsHouse, visibility: str) -> None:
    team = {"level": "team", "owner_id": "manager"}
    goal_id = (await house.as_("chief").does("/goals", {**wording(visibility=visibility), **team}))["goal_id"]
    await house.as_("chief").does(f"/goals/{goal_id}/proposal")
    await house.as_("manager").does(f"/goals/{goal_id}/agreement")
    await house.agreed(**secret(visibility))
    for who in CALLERS:
        listed = [each["goal_id"] for each in await as_(house, who).listed("/goals")]
        groups = await as_(house, who).read("/goal-statistics", by="category")
        assert sum(each["goals"] for each in groups) == len(listed), who
        coverage = await as_(house, who).read("/goal-coverage")
        assert sum(each["goals"] for each in coverage["levels"]) == len(listed), who
        uncovered = await as_(house, who).listed("/goal-coverage/uncovered")
        assert [each["goal_id"] for each in uncovered] == [each for each in listed if each == goal_id], who
        if who not in READERS[visibility]:
            assert CANARY not in str(groups), who


DEEDS: dict[str, tuple[str, str, str, Any]] = {
    "reword": ("drafted", "PUT", "", wording()),
    "propose": ("drafted", "POST", "/proposal", {}),
    "align": ("drafted", "PUT", "/parent", {"parent_id": None}),
    "withdraw": ("proposed", "POST", "/withdrawal", None),
    "agree": ("proposed", "POST", "/agreement", None),
    "request changes": ("proposed", "POST", "/change-request", {"reason": "Less."}),
    "decline": ("proposed", "POST", "/refusal", {"reason": "Not now."}),
    "amend": ("agreed", "POST", "/amendment", {"due_on": "2026-06-30", "reason": "Later."}),
    "agree to change": ("amended", "POST", "/amendment/agreement", None),
    "decline change": ("amended", "POST", "/amendment/refusal", {"reason": "No."}),
    "withdraw change": ("amended", "POST", "/amendment/withdrawal", None),
    "measure": ("agreed", "POST", "/key-results/reach/measurements", {"value": 2}),
    "check in": ("agreed", "POST", "/check-ins", {"confidence": 0.5}),
    "close": ("agreed", "POST", "/closure", {"outcome": "achieved"}),
    "reach a milestone": ("agreed", "PUT", "/key-results/steps/milestones/first", {}),
    "grade oneself": ("agreed", "POST", "/self-grade", {"grade": 0.5}),
    "grade": ("closed", "POST", "/final-grade", {"grade": 0.5, "comment": "So it is."}),
    "look back": ("closed", "PUT", "/retrospective", {"lessons": "Begin earlier."}),
}
"""The stage that it takes, and the request."""


def doers(deed: str, visibility: str) -> set[str]:
    return {
        "reword": PARTIES,
        "propose": PARTIES,
        "align": PARTIES | HR_SEES[visibility],
        "withdraw": {"owner"},
        "agree": {"manager"},
        "request changes": {"manager"},
        "decline": {"manager"},
        "amend": PARTIES,
        "agree to change": {"manager"},
        "decline change": {"manager"},
        "withdraw change": {"owner"},
        "measure": PARTIES | {"measuring system"},
        "check in": PARTIES,
        "close": PARTIES | HR_SEES[visibility],
        "reach a milestone": PARTIES | {"measuring system"},
        "grade oneself": {"owner"},
        "grade": {"manager"} | ({"HR partner", "HR admin"} if visibility != "private" else set[str]()),
        "look back": PARTIES | HR_SEES[visibility],
    }[deed]


def refusal(deed: str, visibility: str, who: str) -> int:
    if (deed, who) == ("withdraw", "manager"):
        return 409
    return 403 if who in READERS[visibility] else 404


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("visibility", READERS)
async def test_each_deed_is_done_by_those_who_may_and_nobody_else(
    house: GoalsHouse, visibility: str, deed: str
) -> None:
    stage, method, path, body = DEEDS[deed]
    goal_id = await getattr(house, stage)(**secret(visibility))
    said = await house.said()
    for who in CALLERS.keys() - doers(deed, visibility):
        answer = await as_(house, who).send(method, f"/goals/{goal_id}{path}", body, If_Match="*")
        assert answer.status_code == refusal(deed, visibility, who), (who, answer.text)
        assert CANARY not in answer.text, who
    assert await house.said() == said
    for who in doers(deed, visibility):
        fresh = await getattr(house, stage)(**secret(visibility))
        answer = await as_(house, who).send(method, f"/goals/{fresh}{path}", body, If_Match="*")
        assert answer.status_code in {200, 201}, (who, answer.text)
        assert (CANARY in answer.text) <= (who in READERS[visibility]), who


@pytest.mark.parametrize("stage", ["agreed", "amended"])
async def test_hr_ends_the_private_goal_of_who_has_left_without_reading_it(
    house: GoalsHouse, stage: str
) -> None:
    goal_id = await getattr(house, stage)(**secret("private"))
    path, body = f"/goals/{goal_id}/closure", {"outcome": "cancelled", "comment": "Nobody goes on with it."}
    assert (await as_(house, "HR admin").post(path, body)).status_code == 404
    await house.let_go("anna")
    said = await house.said()
    for who in CALLERS.keys() - {"owner", "manager", "HR admin"}:
        answer = await as_(house, who).post(path, body)
        assert (answer.status_code, CANARY in answer.text) == (403 if who == "auditor" else 404, False), who
    for deed in ("amend", "measure", "check in"):
        _, method, end, asked = DEEDS[deed]
        answer = await as_(house, "HR admin").send(method, f"/goals/{goal_id}{end}", asked, If_Match="*")
        assert answer.status_code == 404, deed
    assert await house.said() == said
    refused = await as_(house, "HR admin").post(path, {"outcome": "cancelled"})
    assert (refused.status_code, CANARY in refused.text) == (422, False)
    for _ in range(2):
        answer = await as_(house, "HR admin").with_(Idempotency_Key="once").post(path, body)
        assert (answer.status_code, answer.text) == (204, "")
    goal = await house.goal(goal_id)
    assert (goal["status"], goal["closed_by"], goal["amendment"]) == ("closed", "admin", None)
    lesson = {"lessons": "None."}
    hidden = [
        await as_(house, "HR admin").get(f"/goals/{goal_id}"),
        await as_(house, "HR admin").put(f"/goals/{goal_id}/retrospective", lesson),
    ]
    assert [(each.status_code, CANARY in each.text) for each in hidden] == [(404, False)] * 2


@pytest.mark.parametrize("visibility", READERS)
async def test_grades_are_for_the_owner_the_line_and_hr_and_lessons_for_who_reads_the_goal(
    house: GoalsHouse, visibility: str
) -> None:
    goal_id = await house.agreed(**secret(visibility))
    path, retrospective = f"/goals/{goal_id}", {"lessons": CANARY}
    await house.as_("anna").does(f"{path}/self-grade", {"grade": 0.6, "comment": CANARY})
    await house.as_("anna").does(f"{path}/closure", {"outcome": "missed", "retrospective": retrospective})
    await house.as_("manager").does(f"{path}/final-grade", {"grade": 0.4, "comment": CANARY})
    for who in CALLERS:
        seen, graded = who in READERS[visibility], who in READERS[visibility] & LINE
        answer = await as_(house, who).get(f"{path}/grades")
        assert answer.status_code == (200 if graded else 403 if seen else 404), who
        assert (CANARY in answer.text) == graded, who
        lessons = await as_(house, who).get("/lessons")
        assert (lessons.status_code, CANARY in lessons.text) == (200, seen), who
        assert "0.4" not in (await as_(house, who).get(path)).text, who
    assert CANARY not in str(await house.published(topic="events"))


@pytest.mark.parametrize("visibility", READERS)
async def test_a_measurement_is_corrected_by_who_may_measure(house: GoalsHouse, visibility: str) -> None:
    goal_id = await house.agreed(**secret(visibility))
    at = NOW.isoformat()
    for who in CALLERS:
        measuring = as_(house, who) if who == "measuring system" else house.as_("anna")
        path = f"/goals/{goal_id}/key-results/reach/measurements"
        made = await measuring.does(path, {"value": 1, "measured_at": at, "note": CANARY})
        correction = f"/goals/{goal_id}/measurements/{made['measurement_id']}/correction"
        answer = await as_(house, who).post(correction, {"value": 2, "reason": "Counted twice."})
        may = who in PARTIES | {"measuring system"}
        hidden = 403 if who in READERS[visibility] else 404
        assert answer.status_code == (200 if may else hidden), (who, answer.text)
        assert CANARY not in answer.text, who


@pytest.mark.parametrize("visibility", READERS)
async def test_goals_are_written_for_oneself_and_ones_reports_and_by_hr(
    house: GoalsHouse, visibility: str
) -> None:
    for who in CALLERS:
        answer = await as_(house, who).post("/goals", wording(owner_id="anna", visibility=visibility))
        assert answer.status_code == (201 if who in PARTIES | {"HR admin"} else 403), (who, answer.text)
        own = await as_(house, who).post("/goals", wording(visibility=visibility))
        unknown = 404 if who == "not in the directory" else 403
        assert own.status_code == (201 if who in STAFF else unknown), (who, own.text)


async def test_a_file_drafts_for_whom_its_sender_could_draft_and_for_nobody_else(house: GoalsHouse) -> None:
    head = "import_id,title,owner_id,starts_on,due_on\n"
    row = "{who} {name},Grow,{name},2026-01-01,2026-03-31\n"
    names = ("anna", "manager", "peer")
    for who in CALLERS:
        asker = as_(house, who)
        drafted = {
            name for name in names if (await asker.post("/goals", wording(owner_id=name))).status_code == 201
        }
        headers = {"Content-Type": "text/csv", **asker.headers}
        content = head + "".join(row.format(who=who, name=name) for name in names)
        answer = await house.client.post("/goal-imports", content=content, headers=headers)
        assert answer.status_code == 200, (who, answer.text)
        taken = {each["import_id"] for each in answer.json()["goals"] if each["status"] == "drafted"}
        assert taken == {f"{who} {name}" for name in drafted}
        assert (await asker.get("/goal-imports/sample.csv")).status_code == 200


async def test_a_file_plans_initiatives_for_whom_its_sender_could_and_for_nobody_else(
    house: GoalsHouse,
) -> None:
    head = "import_id,title,owner_id,starts_on,due_on,initiative,initiative_starts_on,initiative_due_on\n"
    row = "{who},Grow,anna,2026-01-01,2026-03-31,Call,2026-01-05,2026-02-05\n"
    for who in CALLERS:
        headers = {"Content-Type": "text/csv", **as_(house, who).headers}
        answer = await house.client.post("/goal-imports", content=head + row.format(who=who), headers=headers)
        assert answer.json()["drafted"] == (who in {*PARTIES, "HR admin"}), (who, answer.text)


async def test_the_organisations_goals_take_the_head_hr_or_an_executive(house: GoalsHouse) -> None:
    allowed = {"above the manager", "executive", "executive elsewhere", "HR admin"}
    for who in STAFF:
        answer = await as_(house, who).post("/goals", wording(level="organisation"))
        assert answer.status_code == (201 if who in allowed else 403), (who, answer.text)


async def test_who_is_asked_reads_a_private_goal_until_it_is_answered(house: GoalsHouse) -> None:
    goal_id = await house.proposed(to="chief", **secret("private"))
    chief, path = house.as_("chief"), f"/goals/{goal_id}"
    assert (await chief.get(path)).status_code == 200
    assert [goal["goal_id"] for goal in await chief.listed("/goals", asked_id="chief")] == [goal_id]
    await house.as_("anna").does(f"{path}/withdrawal")
    assert (await chief.get(path)).status_code == 404
    assert CANARY not in (await chief.get("/goals")).text


async def test_a_private_goal_goes_with_the_owner_to_the_new_manager(house: GoalsHouse) -> None:
    path = (await secret_goal(house, "private"))[0]
    await house.move("anna", to="other_manager")
    assert (await house.as_("other_manager").get(path)).status_code == 200
    assert (await house.as_("manager").get(path)).status_code == 404


@pytest.mark.parametrize(("visibility", "rows"), [("private", 0), ("line", 0), ("team", 0), ("everyone", 4)])
async def test_words_are_published_only_of_goals_for_everyone_and_only_as_those_of_a_state(
    house: GoalsHouse, visibility: str, rows: int, capsys: Any
) -> None:
    path = (await secret_goal(house, visibility))[0]
    await house.as_("anna").does(f"{path}/closure", {"outcome": "missed", "comment": CANARY})
    cancelled = await house.proposed(**secret(visibility))
    await house.let_go("anna")
    assert (await house.goal(cancelled))["outcome"] == "cancelled"
    assert CANARY not in str(await house.published())
    for state in await house.published(topic="state"):
        assert str(state).count(CANARY) == rows
        assert state["title"] == (WORDS["title"] if rows else None)
    others = set(await house.db.list_collection_names()) - {"goals", "measurements", "check_ins", "outbox"}
    for collection in others:
        assert CANARY not in await house.text_of(collection), collection
    assert (CANARY in await house.text_of("outbox")) == bool(rows)
    assert CANARY not in "".join(capsys.readouterr())


SAID: dict[str, dict[str, Any]] = {
    "{goal_id}": wording(),
    "proposal": {},
    "change-request": {"reason": "Less."},
    "refusal": {"reason": "Less."},
    "amendment": {"title": "Less", "reason": "Less."},
    "parent": {"parent_id": None},
    "measurements": {"value": 1},
    "{milestone_id}": {"reached": True},
    "correction": {"value": 1, "reason": "Less."},
    "check-ins": {"confidence": 0.5},
    "closure": {"outcome": "missed"},
    "self-grade": {"grade": 0.5},
    "final-grade": {"grade": 0.5},
    "retrospective": {"lessons": "Begin earlier."},
    "carry-over": {"period_id": "p"},
    "initiatives": {"title": "Do it", "starts_on": "2026-01-01", "due_on": "2026-01-31"},
}
"""By the end of a path, a body that it takes."""


@pytest.mark.parametrize(
    ("method", "path"),
    [each for each in TESTED if "{goal_id}" in each[1] and "{initiative_id}" not in each[1]],
)
async def test_what_is_hidden_is_answered_like_what_does_not_exist(
    house: GoalsHouse, method: str, path: str
) -> None:
    hidden = (await secret_goal(house, "private"))[0].rpartition("/")[2]
    body = SAID.get(path.rpartition("/")[2])
    bodies = []
    for goal_id in (hidden, "unknown"):
        asked = path.format(
            goal_id=goal_id, key_result_id="reach", measurement_id="m", check_in_id="c", milestone_id="first"
        )
        asked += f"?at={LATER}" if path.endswith("/as-of") else ""
        answer = await house.as_("ben").send(method, asked, body, If_Match='"v7"')
        assert answer.status_code == 404
        bodies.append({**answer.json(), "correlation_id": None, "instance": None})
    assert bodies[0] == bodies[1]


async def test_measurements_and_check_ins_are_read_by_way_of_their_own_goal(house: GoalsHouse) -> None:
    _, _, measurement, _, check_in, *_ = await secret_goal(house, "private")
    own = await house.drafted("ben")
    for path in (measurement, check_in):
        _, _, _, kind, id_ = path.split("/")
        answer = await house.as_("ben").get(f"/goals/{own}/{kind}/{id_}")
        assert (answer.status_code, CANARY in answer.text) == (404, False)


def routes() -> list[tuple[str, str]]:
    paths = SERVICE.api().openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


async def test_every_route_is_tested_and_refuses_who_proves_nothing(house: GoalsHouse) -> None:
    assert sorted(routes()) == sorted(TESTED)
    good = house.as_("anna").headers["Authorization"]
    head, claims, signature = good.removeprefix("Bearer ").split(".")
    bad = {
        "none": {},
        "another scheme": {"Authorization": f"Basic {claims}"},
        "unsigned": {"Authorization": f"Bearer {head}.{claims}."},
        "forged": {"Authorization": f"Bearer {head}.{claims}.{signature[:-8]}AAAAAAAA"},
        "expired": house.as_("anna", exp=1_700_000_000).headers,
        "for somebody else": house.as_("anna", aud="payroll").headers,
        "of another issuer": house.as_("anna", iss="https://elsewhere.example").headers,
    }
    for method, path in routes():
        for kind, headers in bad.items():
            answer = await house.client.request(method, path, json={}, headers=dict(headers))
            assert answer.status_code == 401, (kind, method, path)


async def test_the_token_of_who_has_left_is_worth_nothing_even_for_what_was_theirs(house: GoalsHouse) -> None:
    paths = await secret_goal(house, "everyone")
    anna = house.as_("anna", "hr_admin", "auditor")
    await house.let_go("anna")
    for path in paths:
        assert (await anna.get(path)).status_code == 404
    assert (await anna.read("/goals"))["items"] == []
    for _, method, path, body in DEEDS.values():
        answer = await anna.send(method, f"{paths[0]}{path}", body, If_Match="*")
        assert (answer.status_code, CANARY in answer.text) == (404, False)
    for owner_id in ("anna", "ben", None):
        assert (await anna.post("/goals", wording(owner_id=owner_id))).status_code == 403


@pytest.mark.parametrize("who", CALLERS)
async def test_nobody_asks_for_somebody_else(house: GoalsHouse, who: str) -> None:
    path = (await secret_goal(house, "private"))[0]
    posing = as_(house, who).with_(Cairn_On_Behalf_Of="anna")
    for method, end, body in (("GET", "", None), ("POST", "/check-ins", {"confidence": 0.5})):
        plain = await as_(house, who).send(method, f"{path}{end}", body, If_Match="*")
        posed = await posing.send(method, f"{path}{end}", body, If_Match="*")
        assert posed.status_code == plain.status_code, (method, plain.text)
        assert posed.is_success == (who in PARTIES or (who, method) == ("auditor", "GET"))


async def test_titles_are_told_to_services_alone_and_as_each_reader_may_see_them(house: GoalsHouse) -> None:
    ids = [
        (await secret_goal(house, visibility))[0].rpartition("/")[2]
        for visibility in ("private", "line", "everyone")
    ]
    await house.let_go("peer")
    people = {caller[0] for caller in CALLERS.values()}
    wanted = [{"id": id_, "reader_id": person} for id_ in [*ids, "unknown"] for person in sorted(people)]
    service = house.as_("notifications", "service")
    answer = await service.post("/titles", {"wanted": wanted})
    assert answer.status_code == 200, answer.text
    expected = []
    for each in wanted:
        goal = await house.as_(each["reader_id"]).get(f"/goals/{each['id']}")
        expected.append(goal.json()["title"] if goal.status_code == 200 else None)
    assert answer.json() == {"titles": expected}
    assert {title is None for title in expected} == {True, False}
    for name, caller in CALLERS.items():
        if name != "service":
            refused = await house.as_(*caller).post("/titles", {"wanted": wanted})
            assert (refused.status_code, CANARY in refused.text) == (403, False), name
    too_many = await service.post("/titles", {"wanted": wanted[:1] * 501})
    assert too_many.status_code == 422
