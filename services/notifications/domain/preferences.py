"""What a person wants to be told of, and how: the most specific choice wins.

A choice for a category and a channel goes before one for the channel, and that before the
category's own standing.  A critical category reaches the inbox whatever anybody chooses.
"""

from collections.abc import Mapping
from typing import ClassVar

from services.notifications.domain.categories import CATEGORIES, Category, PersonalChannel
from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.errors import Invalid
from shared.ids import PersonId


class Switches(Frozen):
    """On, off, or null for what is said elsewhere."""

    inbox: bool | None = None
    email: bool | None = None

    def of(self, channel: PersonalChannel) -> bool | None:
        """What is said of one channel."""
        return self.inbox if channel == "inbox" else self.email


class CriticalStaysOn(Invalid):
    """A critical category cannot be switched off for the inbox."""


class Choices(Frozen):
    """What can be chosen: by channel, and by category and channel."""

    channels: Switches = Switches()
    categories: Mapping[Category, Switches] = {}


class Preferences(Aggregate):
    """The choices of one person; who never chose has those of version 0."""

    id_field: ClassVar[str] = "person_id"
    person_id: PersonId
    choices: Choices = Choices()

    def choose(self, choices: Choices) -> "Preferences":
        """With other choices; raises `CriticalStaysOn`."""
        wrong = sorted(
            category
            for category, switches in choices.categories.items()
            if CATEGORIES[category].critical and switches.inbox is False
        )
        if wrong:
            raise CriticalStaysOn(
                f"Notifications of the category {', '.join(wrong)} always reach the inbox;"
                " leave inbox out or set it to true.",
                categories=wrong,
            )
        return self.model_copy(update={"choices": choices})

    def wants(self, category: Category, channel: PersonalChannel) -> bool:
        """Whether the person is told by this channel."""
        standing = CATEGORIES[category]
        if standing.critical and channel == "inbox":
            return True
        chosen = self.choices.categories.get(category, Switches()).of(channel)
        if chosen is None:
            chosen = self.choices.channels.of(channel)
        return (standing.inbox if channel == "inbox" else standing.email) if chosen is None else chosen
