"""Tell whom a launch would reach, and change nothing.

When    an HR admin asks (POST /cycles with `dry_run`)
May     launch: HR admin                          (access.py)
Rule    who has no manager here is assessed by HR
"""

from collections import Counter

from pydantic import BaseModel

from shared.directory import DirectoryReader, population
from shared.ids import PersonId
from shared.mongo import Database
from shared.population import Population

PAGE = 1000


class LaunchPreview(BaseModel):
    """Counts of people: whose reviews would open, who would assess, and how many HR would assess."""

    people: int
    reviewers: int
    without_reviewer: int


async def preview_launch(db: Database, wanted: Population) -> LaunchPreview:
    """The counts as the directory copy is now."""
    reader, criteria = DirectoryReader(db), wanted.model_dump(mode="json")
    reports: Counter[PersonId | None] = Counter()
    person_ids = await population(db, criteria, None, PAGE)
    while person_ids:
        people = await reader.people(person_ids)
        reports.update(person.manager_id for person in people.values())
        person_ids = await population(db, criteria, person_ids[-1], PAGE)
    managers = await reader.people(each for each in reports if each is not None)
    gone: set[PersonId | None] = {each.person_id for each in managers.values() if not each.is_active}
    without = sum(count for manager_id, count in reports.items() if manager_id is None or manager_id in gone)
    reviewers = len(reports.keys() - gone - {None})
    return LaunchPreview(people=reports.total(), reviewers=reviewers, without_reviewer=without)
