"""The library of goal templates: kept by HR, read by all, and where goals of one or of many begin."""

from typing import Any

import pytest

from tests.services.asker import rule_of
from tests.services.goals.house import REACH, GoalsHouse
from tests.services.goals.usecases.test_assign_goal import assigned, done, owners
from tests.services.goals.usecases.test_run_period import Q1, opened

HR = ("admin", "hr_admin")
TEMPLATE: dict[str, Any] = {
    "title": "Reach customers in {unit}",
    "description": "{unit} reaches ten customers more.",
    "relevance": "Nothing grows without customers.",
    "category": "sales",
    "days": 30,
    "key_results": [REACH],
    "published": True,
}


async def written(house: GoalsHouse, **said: Any) -> str:
    return (await house.as_(*HR).does("/goal-templates", TEMPLATE | said))["template_id"]


async def begun(house: GoalsHouse, template_id: str, who: str = "anna", **said: Any) -> Any:
    return await house.as_(who).post("/goals/from-template", {"template_id": template_id} | said)


async def test_a_template_is_written_rewritten_and_archived_and_what_it_said_is_kept(
    house: GoalsHouse,
) -> None:
    hr = house.as_(*HR)
    made = await hr.post("/goal-templates", TEMPLATE | {"published": False})
    path, template = made.headers["Location"], made.json()
    assert (made.status_code, template["status"], template["edition"]) == (201, "draft", 1)
    assert (await hr.put(path, TEMPLATE)).status_code == 428
    changed = await hr.put(path, TEMPLATE | {"title": "Reach more"}, If_Match='"v1"')
    assert (changed.json()["status"], changed.json()["edition"]) == ("published", 2)
    assert (await hr.put(path, TEMPLATE, If_Match='"v1"')).status_code == 412
    assert await house.as_("anna").listed(f"{path}/editions") == []
    [before] = await hr.listed(f"{path}/editions")
    assert (before["number"], before["wording"]["title"], before["written_by"]) == (
        1,
        TEMPLATE["title"],
        "admin",
    )
    assert (await hr.does(f"{path}/archival"))["status"] == "archived"
    for answer in (await hr.post(f"{path}/archival"), await hr.put(path, TEMPLATE, If_Match="*")):
        assert (answer.status_code, rule_of(answer)) == (409, "template-archived")
    said = await house.published(subject=template["template_id"])
    assert [each["said"] for each in said] == [
        "goal_template_written",
        "goal_template_written",
        "goal_template_archived",
    ]
    assert [(each["edition"], each.get("published")) for each in said] == [(1, False), (2, True), (2, None)]
    assert "Reach" not in str(said)
    states = await house.published(subject=template["template_id"], topic="state")
    assert [each["status"] for each in states] == ["draft", "published", "archived"]
    assert [each["title"] for each in states] == [None, "Reach more", None]
    assert [each["edition"] for each in states] == [1, 2, 2]


async def test_of_what_it_said_before_others_read_what_was_published(house: GoalsHouse) -> None:
    template_id = await written(house, title="First sketch", published=False)
    path, hr = f"/goal-templates/{template_id}", house.as_(*HR)
    for title, published in (("Second", True), ("Third sketch", False), ("Fourth", True)):
        rewritten = TEMPLATE | {"title": title, "published": published}
        assert (await hr.put(path, rewritten, If_Match="*")).status_code == 200
    for caller, numbers in ((house.as_("anna"), [2]), (hr, [3, 2, 1])):
        listed = await caller.listed(f"{path}/editions")
        assert [each["number"] for each in listed] == numbers
        assert [each["published"] for each in listed] == [number == 2 for number in numbers]
    assert "sketch" not in (await house.as_("anna").get(f"{path}/editions")).text


async def test_a_token_of_nobody_in_the_directory_is_not_named(house: GoalsHouse) -> None:
    address = "hr@example.org"
    hr = house.as_(address, "hr_admin")
    made = await hr.does("/goal-templates", TEMPLATE)
    path = f"/goal-templates/{made['template_id']}"
    assert (await hr.put(path, TEMPLATE | {"title": "More"}, If_Match="*")).status_code == 200
    await hr.does(f"{path}/archival")
    period = await hr.does("/periods", Q1)
    await hr.does(f"/periods/{period['period_id']}/closure", {"reason": "We merge."})
    goal_id = await house.agreed(visibility="everyone")
    unsaid = await hr.post(f"/goals/{goal_id}/closure", {"outcome": "cancelled"})
    assert (unsaid.status_code, rule_of(unsaid)) == (422, "reason-missing")
    closed = await hr.does(f"/goals/{goal_id}/closure", {"outcome": "cancelled", "comment": "No market."})
    assert closed["outcome"] == "cancelled"
    events = await house.published()
    assert len([each for each in events if each["said"].startswith(("goal_template", "period"))]) == 5
    assert address not in str(events)


async def test_its_etag_is_what_a_change_wants(house: GoalsHouse) -> None:
    path, hr = f"/goal-templates/{await written(house)}", house.as_(*HR)
    etag = (await hr.get(path)).headers["ETag"]
    known = await hr.with_(If_None_Match=etag).get(path)
    assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", etag)
    changed = await hr.put(path, TEMPLATE | {"title": "More"}, If_Match=etag)
    assert changed.status_code == 200
    assert (await hr.with_(If_None_Match=etag).get(path)).json()["wording"]["title"] == "More"


@pytest.mark.parametrize(
    "said",
    [
        {"title": "For {team}"},
        {"title": "{name} in {unit}"},
        {"description": "{given_name} does it"},
        {"description": "{Name} does it"},
        {"key_results": [REACH, REACH]},
        {"days": 0},
        {"title": ""},
    ],
)
async def test_what_makes_no_sense_is_not_written(house: GoalsHouse, said: Any) -> None:
    answer = await house.as_(*HR).post("/goal-templates", TEMPLATE | said)
    assert answer.status_code == 422, answer.text


async def test_names_of_people_stay_in_the_directory(house: GoalsHouse) -> None:
    refused = await house.as_(*HR).post("/goal-templates", TEMPLATE | {"title": "{name} and {team}"})
    assert (refused.status_code, refused.json()["unknown"]) == (422, ["name", "team"])
    assert "directory" in refused.json()["detail"]
    template_id = await written(house, title="Of old")
    said = {"$set": {"wording.title": "{name} grows"}}
    await house.db["goal_templates"].update_one({"_id": template_id}, said)
    assert (await begun(house, template_id)).json()["title"] == "{name} grows"


async def test_templates_are_found_by_words_category_and_kind(house: GoalsHouse) -> None:
    sales = await written(house)
    learn = await written(
        house,
        title="Learn (a) language",
        description="",
        category="growth",
        kind="development",
        key_results=[],
    )
    anna = house.as_("anna")
    for asked, expected in (
        ({}, {sales, learn}),
        ({"words": "CUSTOM"}, {sales}),
        ({"words": "customers reach"}, {sales}),
        ({"words": "customers language"}, set[str]()),
        ({"words": "(a"}, {learn}),
        ({"words": "stomers"}, set[str]()),
        ({"words": ".*"}, {sales, learn}),
        ({"category": "growth"}, {learn}),
        ({"kind": "development"}, {learn}),
        ({"status": "archived"}, set[str]()),
    ):
        found = await anna.listed("/goal-templates", **asked)
        assert {each["template_id"] for each in found} == expected, asked


async def test_a_goal_begins_with_a_template_and_what_the_directory_knows(house: GoalsHouse) -> None:
    template_id = await written(house)
    answer = await begun(house, template_id)
    goal = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/goals/{goal['goal_id']}")
    assert (goal["title"], goal["owner_id"], goal["template_id"]) == (
        "Reach customers in unit_sales",
        "anna",
        template_id,
    )
    assert goal["description"].startswith("unit_sales reaches")
    assert (goal["starts_on"], goal["due_on"], goal["mend"]) == ("2026-01-12", "2026-02-11", {})
    assert (await house.last(goal["goal_id"]))["template_id"] == template_id
    overrides = {"title": "Mine {unit}", "weight": 20, "visibility": "private"}
    mine = (await begun(house, template_id, overrides=overrides, starts_on="2026-02-01")).json()
    assert (mine["title"], mine["weight"], mine["visibility"]) == ("Mine unit_sales", 20, "private")
    assert (mine["starts_on"], mine["due_on"]) == ("2026-02-01", "2026-03-03")


async def test_it_lasts_as_the_template_or_the_period_says(house: GoalsHouse) -> None:
    period_id = await opened(house, Q1)
    short, long, whole = [await written(house, days=days) for days in (30, 400, None)]
    for template_id, said, dates in (
        (short, {"period_id": period_id}, ("2026-01-01", "2026-01-31")),
        (long, {"period_id": period_id}, ("2026-01-01", "2026-03-31")),
        (whole, {"period_id": period_id}, ("2026-01-01", "2026-03-31")),
        (whole, {"starts_on": "2026-02-01", "due_on": "2026-02-28"}, ("2026-02-01", "2026-02-28")),
    ):
        goal = (await begun(house, template_id, **said)).json()
        assert (goal["starts_on"], goal["due_on"]) == dates
    neither = await begun(house, whole)
    assert (neither.status_code, rule_of(neither)) == (422, "invalid")
    assert rule_of(await begun(house, short, period_id="none")) == "no-such-period"


async def test_it_is_held_to_the_rules_of_every_draft(house: GoalsHouse) -> None:
    template_id, sketch = await written(house), await written(house, published=False)
    assert (await begun(house, template_id, "ben", owner_id="anna")).status_code == 403
    assert (await begun(house, template_id, "manager", owner_id="anna")).status_code == 201
    assert (await begun(house, template_id, owner_id="nobody")).status_code == 404
    assert rule_of(await begun(house, template_id, parent_id="none")) == "no-such-parent"
    assert (await begun(house, sketch)).status_code == 404
    assert (await begun(house, "unknown")).status_code == 404
    used = await house.as_(*HR).post("/goals/from-template", {"template_id": sketch})
    assert rule_of(used) == "template-not-published"
    team = await written(house, level="team")
    assert rule_of(await begun(house, team)) == "leads-no-team"
    backwards = await begun(house, template_id, starts_on="2026-02-01", due_on="2026-01-01")
    assert (backwards.status_code, rule_of(backwards)) == (422, "invalid")


async def test_what_the_directory_does_not_know_has_to_be_said(house: GoalsHouse) -> None:
    template_id = await written(house, title="As {job_title}")
    refused = await begun(house, template_id)
    assert (refused.status_code, rule_of(refused), refused.json()["placeholder"]) == (
        422,
        "nothing-to-fill-in",
        "job_title",
    )
    assert (await begun(house, template_id, overrides={"title": "As I am"})).status_code == 201
    await house.publish(house.people["anna"].model_copy(update={"job_title": "\u2800"}))
    unseen = await begun(house, await written(house, title="{job_title}"))
    assert rule_of(unseen) == "nothing-to-fill-in"
    await house.publish(house.people["anna"].model_copy(update={"job_title": "T" * 300}))
    assert len((await begun(house, template_id)).json()["title"]) == 200


def using(template_id: str, *person_ids: str, **said: Any) -> dict[str, Any]:
    population = {"person_ids": list(person_ids)} if person_ids else said.pop("population")
    return {"from_template": {"template_id": template_id, **said}, "population": population}


async def test_a_title_of_ones_own_has_something_to_be_seen(house: GoalsHouse) -> None:
    template_id = await written(house)
    unseen = {"overrides": {"title": "\u2800"}}
    assert (await begun(house, template_id, **unseen)).status_code == 422
    many = await house.as_(*HR).post("/goal-assignments", using(template_id, "anna", **unseen))
    assert many.status_code == 422


async def test_many_are_asked_for_goals_of_a_template_each_in_their_own_words(house: GoalsHouse) -> None:
    template_id = await written(house, title="Grow {unit}")
    made = await assigned(house, using(template_id, "anna", "ben", overrides={"weight": 10}))
    assert (made["progress"], made["template_id"]) == (done(2), template_id)
    goals = await house.as_("auditor", "auditor").listed("/goals")
    assert {goal["title"] for goal in goals} == {"Grow unit_sales", "Grow unit_north"}
    assert {(goal["template_id"], goal["weight"], goal["status"]) for goal in goals} == {
        (template_id, 10, "proposed")
    }
    before = await house.said()
    again = {"$set": {"state": "open", "cursor": None}}
    await house.db["fan_outs"].update_one({"kind": "goal_assignment"}, again)
    await house.expand()
    assert await house.said() == before


async def test_a_fan_out_of_a_template_goes_on_where_it_stopped(house: GoalsHouse) -> None:
    crowd = [f"c{n:04d}" for n in range(520)]
    anna = house.people["anna"]
    await house.publish(*[anna.model_copy(update={"person_id": each, "job_title": each}) for each in crowd])
    template_id = await written(house, title="{job_title} reaches more")
    await house.as_(*HR).does("/goal-assignments", using(template_id, *crowd))
    async with house.twin() as twin:
        await twin.expand()
    await house.expand()
    goals = await house.db["goals"].find({"template_id": template_id}).to_list(None)
    assert sorted(goal["owner_id"] for goal in goals) == crowd
    assert {goal["title"] == f"{goal['owner_id']} reaches more" for goal in goals} == {True}


async def test_whom_nothing_can_be_filled_in_for_is_told_and_the_others_are_asked(house: GoalsHouse) -> None:
    await house.publish(house.people["ben"].model_copy(update={"job_title": "Clerk"}))
    template_id = await written(house, title="As {job_title}")
    made = await assigned(house, using(template_id, "anna", "ben"))
    assert made["progress"] == done(1, anna="nothing-to-fill-in")


async def test_those_who_report_to_somebody_however_far_below_are_reached(house: GoalsHouse) -> None:
    await house.let_go("ben")
    template_id = await written(house)
    below = {"reporting_to_ids": ["chief"]}
    made = await assigned(house, using(template_id, population=below))
    asked = await owners(house)
    assert made["progress"]["people"] == len(asked)
    assert {"manager", "anna", "peer", "other_manager"} <= asked.keys()
    assert {"chief", "ben"} & asked.keys() == set()
    unknown = using(template_id, population={"reporting_to_ids": ["nobody"]})
    assert rule_of(await house.as_(*HR).post("/goal-assignments", unknown)) == "invalid"
    own = using(template_id, population={"reporting_to_ids": ["manager"]})
    assert (await house.as_("manager").post("/goal-assignments", own)).status_code == 403


@pytest.mark.parametrize("said", [{}, {"wording": {}, "from_template": {}}])
async def test_an_assignment_begins_with_a_wording_or_a_template(house: GoalsHouse, said: Any) -> None:
    template_id = await written(house)
    both = {"wording": TEMPLATE | {"starts_on": "2026-01-01", "due_on": "2026-03-31"}}
    both |= {"from_template": {"template_id": template_id}}
    body = {name: both[name] for name in said} | {"population": {"person_ids": ["anna"]}}
    assert (await house.as_(*HR).post("/goal-assignments", body)).status_code == 422


async def test_a_draft_keeps_its_template_when_it_is_reworded_and_carried_over(house: GoalsHouse) -> None:
    template_id, period_id = await written(house), await opened(house, Q1)
    goal = (await begun(house, template_id)).json()
    path = f"/goals/{goal['goal_id']}"
    anna = house.as_("anna")
    reworded = {name: goal[name] for name in ("title", "description", "relevance", "starts_on", "due_on")}
    await anna.put(path, reworded | {"key_results": [REACH], "title": "Another"}, If_Match="*")
    await anna.does(f"{path}/proposal")
    await house.as_("manager").does(f"{path}/agreement")
    assert (await house.goal(goal["goal_id"]))["template_id"] == template_id
    carried = await anna.does(f"{path}/carry-over", {"period_id": period_id})
    assert carried["template_id"] == template_id
