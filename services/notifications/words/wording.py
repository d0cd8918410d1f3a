"""Notifications into words: gathers the names and titles that the sentences need, then says them.

One query for the names and one round of requests for the titles, however many notifications there
are; each in the language and with the rights of the one who is told.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.notifications.domain.notification import Notification
from services.notifications.words.language import Language, language
from services.notifications.words.own_token import OwnToken
from services.notifications.words.titles import OWNERS, Titles, Wanted
from services.notifications.words.told import Told, clean
from shared import mongo
from shared.directory import DirectoryPerson, DirectoryReader
from shared.ids import PersonId
from shared.settings import Settings

PEOPLE_FACTS: Final = frozenset(
    {
        "about_person_id",
        "asked_person_id",
        "by_person_id",
        "from_manager_id",
        "from_owner_id",
        "from_reviewer_id",
        "giver_id",
        "goal_owner_id",
        "manager_id",
        "owner_id",
        "person_id",
        "receiver_id",
        "requester_id",
        "reviewer_id",
        "to_manager_id",
        "to_person_id",
    }
)
"""Facts that name a person."""
RECEIVERS: Final = "receiver_ids"
TITLED: Final[Mapping[str, str]] = {"goal": "goal_id", "initiative": "initiative_id", "cycle": "cycle_id"}
"""The variables of sentences that hold a title, and the facts that name what has it."""


class Words:
    """The words of one service process."""

    def __init__(self, settings: Settings, database: mongo.Database) -> None:
        self.token = OwnToken(settings)
        self._titles = Titles(settings, self.token)
        self._directory = DirectoryReader(database)

    async def tell(self, notifications: Sequence[Notification]) -> Sequence[Told]:
        """Each of them in words, in order."""
        people = await self._directory.people({id_ for each in notifications for id_ in _mentioned(each)})
        languages = [_language_of(people.get(each.person_id)) for each in notifications]
        wanted = [
            want
            for each, words in zip(notifications, languages, strict=True)
            for want in _titled(each, words)
        ]
        titles = await self._titles.find(wanted)
        return [
            words.tell(each.kind, _context(each, words, people, titles))
            for each, words in zip(notifications, languages, strict=True)
        ]


def _language_of(reader: DirectoryPerson | None) -> Language:
    return language(reader.language if reader else "en")


def _mentioned(notification: Notification) -> set[PersonId]:
    """The people whom a notification names, the reader among them."""
    facts = notification.facts
    ids: list[Any] = [facts[name] for name in PEOPLE_FACTS & facts.keys()]
    ids += [*facts.get(RECEIVERS, ()), notification.actor_id, notification.person_id]
    return {id_ for id_ in ids if id_ is not None}


def _titled(notification: Notification, words: Language) -> Sequence[Wanted]:
    """The titles that its sentences use."""
    needed = [TITLED[name] for name in sorted(words.needs(notification.kind) & TITLED.keys())]
    return [
        Wanted(fact, notification.facts[fact], notification.person_id)
        for fact in needed
        if fact in OWNERS and notification.facts.get(fact)
    ]


def _context(
    notification: Notification,
    words: Language,
    people: Mapping[PersonId, DirectoryPerson],
    titles: Mapping[Wanted, str],
) -> Mapping[str, Any]:
    def name(person_id: PersonId | None) -> str:
        known = people.get(person_id) if person_id else None
        return (clean(known.name) if known else "") or str(words.phrases["someone"])

    def titled(variable: str) -> str:
        fact = TITLED[variable]
        wanted = Wanted(fact, notification.facts.get(fact) or "", notification.person_id)
        title = clean(titles.get(wanted, ""))
        return words.phrases[variable].format(title=title) if title else words.phrases[f"some_{variable}"]

    facts, reader_id = notification.facts, notification.person_id
    receivers: Sequence[PersonId] = facts.get(RECEIVERS, ())
    return {
        **{fact.removesuffix("_id"): name(facts[fact]) for fact in PEOPLE_FACTS & facts.keys()},
        **{variable: titled(variable) for variable in TITLED},
        "receivers": [name(each) for each in receivers],
        "others": [name(each) for each in receivers if each != reader_id],
        "actor": name(notification.actor_id),
        "actor_id": notification.actor_id,
        "reader": name(reader_id),
        "reader_id": reader_id,
        "facts": facts,
    }
