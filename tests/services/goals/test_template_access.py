"""Who keeps the library, and who reads and uses what is in it."""

import pytest

from tests.services.goals.house import GoalsHouse
from tests.services.goals.test_access import CALLERS, MACHINES, STAFF, as_
from tests.services.goals.usecases.test_templates import TEMPLATE, written

WORD = "canary-2718"


@pytest.fixture(autouse=True)
async def _gone(house: GoalsHouse) -> None:
    await house.with_all_callers()


@pytest.mark.parametrize("status", ["draft", "published", "archived"])
async def test_what_is_published_is_read_by_all_who_work_here_and_the_rest_by_hr_and_auditors(
    house: GoalsHouse, status: str
) -> None:
    template_id = await written(house, description=f"{WORD} for {{unit}}", published=status != "draft")
    path = f"/goal-templates/{template_id}"
    if status == "archived":
        await house.as_("admin", "hr_admin").does(f"{path}/archival")
    readers = STAFF if status == "published" else {"HR admin", "auditor"}
    for who in CALLERS:
        seen = who in readers
        for asked in (path, f"{path}/editions"):
            assert (await as_(house, who).get(asked)).status_code == (200 if seen else 404), (who, asked)
        listed = await as_(house, who).get("/goal-templates", words=WORD[:6])
        assert (listed.status_code, WORD in listed.text) == (200, seen), who
        drafted = await as_(house, who).post("/goals/from-template", {"template_id": template_id})
        if who not in {*MACHINES, "departed"}:
            usable = 201 if status == "published" else 409
            assert drafted.status_code == (usable if seen else 404), (who, drafted.text)
        assert (WORD in drafted.text) == (drafted.status_code == 201)


async def test_the_library_is_kept_by_hr_alone(house: GoalsHouse) -> None:
    for who in CALLERS:
        template_id = await written(house)
        path, allowed = f"/goal-templates/{template_id}", who == "HR admin"
        for published in (True, False):
            made = await as_(house, who).post("/goal-templates", TEMPLATE | {"published": published})
            assert made.status_code == (201 if allowed else 403), who
        refusal = 403 if who in STAFF else 404
        changed = await as_(house, who).put(path, TEMPLATE, If_Match="*")
        assert changed.status_code == (200 if allowed else refusal), who
        archived = await as_(house, who).post(f"{path}/archival")
        assert archived.status_code == (200 if allowed else refusal), who
    assert WORD not in str(await house.published())
