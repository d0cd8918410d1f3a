"""What one process of the service holds besides the engine's: words, the inboxes' feed, its departure."""

from typing import Final, Protocol
from weakref import WeakKeyDictionary

from services.notifications.departure import Departure
from services.notifications.feed import Feed
from services.notifications.words.wording import Words
from shared import mongo
from shared.settings import Settings


class Host(Protocol):
    """Whose they are: a `Runtime`."""

    @property
    def settings(self) -> Settings:
        """What the operator has set."""
        ...

    @property
    def db(self) -> mongo.Database:
        """The service's database."""
        ...


class Belongings:
    """Made when first asked for; one for each running service."""

    def __init__(self, settings: Settings, database: mongo.Database) -> None:
        self.words = Words(settings, database)
        self.feed = Feed(database)
        self.departure = Departure()

    @classmethod
    def of(cls, host: Host) -> "Belongings":
        """Those of a running service."""
        if host not in _KNOWN:
            _KNOWN[host] = cls(host.settings, host.db)
        return _KNOWN[host]


_KNOWN: Final[WeakKeyDictionary[Host, Belongings]] = WeakKeyDictionary()
