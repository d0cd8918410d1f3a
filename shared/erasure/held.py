"""What a service holds of people: by kind, how it is found, what becomes of it, who is handed it.

One list a service says all of it: what a person is handed who asks, the table in docs/privacy.md, and
what must be gone after an erasure are made from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from shared import mongo
from shared.directory import PEOPLE
from shared.ids import PersonId

Fate = Literal["deleted", "kept"]
ENGINES = ("version", "sequence")
"""Fields of every document that say nothing of anybody."""


@dataclass(frozen=True, slots=True)
class Held:
    """Documents of one kind that name a person in one way.

    `what` is what they are called, `by` the field with the person's id, or with what `derived` makes of it.
    `part_of`: that field names documents of another collection, which in turn name the person in the field
    given and are as `whole` says.  `fate` is what erasure makes of them and `why`.  `handed_out`: whether
    who asks for their data gets them, without the fields `hidden`; `only` says of which documents.
    """

    what: str
    collection: str
    by: str
    fate: Fate
    why: str
    part_of: tuple[str, str] | None = None
    whole: Mapping[str, Any] = field(default_factory=dict[str, Any])
    derived: Callable[[PersonId], str] = str
    handed_out: bool = True
    hidden: tuple[str, ...] = ()
    only: Mapping[str, Any] = field(default_factory=dict[str, Any])

    async def found(self, database: mongo.Database, person_id: PersonId) -> Sequence[Mapping[str, Any]]:
        """Those of a person, by id."""
        wanted: dict[str, Any] = {self.by: self.derived(person_id), **self.only}
        if self.part_of is not None:
            collection, owner = self.part_of
            wholes = await database[collection].distinct("_id", {owner: person_id, **self.whole})
            wanted = {self.by: {"$in": wholes}, **self.only}
        shown = dict.fromkeys((*ENGINES, *self.hidden), 0)
        return await database[self.collection].find(wanted, shown).sort("_id", 1).to_list(None)


async def personal_data(
    database: mongo.Database, held: Sequence[Held], person_id: PersonId
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """All that is handed out of a person, by kind; kinds of which there is nothing are left out."""
    found = {each.what: await each.found(database, person_id) for each in held if each.handed_out}
    return {what: docs for what, docs in found.items() if docs}


COPY: Final = Held(
    "directory_copy",
    PEOPLE,
    "_id",
    "deleted",
    "As the people service told them; an id stays while somebody names the person.",
    handed_out=False,
)
"""What every service keeps of who works here."""
