"""Send what is due by e-mail.

When    deliveries by e-mail are due (a leased worker, every second or when something was raised)
Rule    Delivery.claim, PATIENCE
Emits   notifications.NotificationDelivered, notifications.NotificationFailed

Each mail is claimed before it is sent and has its receipt before the next one of its connection: what crashes
between the two is sent again when the claim has run out, with the same Message-ID.  That window cannot be
closed; connections are so many that about one mail is in it (`UnderWay`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from services.notifications.channels.letter import Unsendable, letter, sender_address
from services.notifications.channels.smtp import MailServer, OutOfReach
from services.notifications.channels.under_way import UnderWay
from services.notifications.domain.delivery import Delivery, Outcome
from services.notifications.domain.notification import Notification
from services.notifications.domain.retry import Patience
from services.notifications.store import NOTIFICATIONS
from services.notifications.usecases.settle_delivery import Claim, claim_all, due_ids, settling
from services.notifications.words.told import Told
from services.notifications.words.wording import Words
from shared.directory import DirectoryPerson, DirectoryReader
from shared.ids import PersonId
from shared.settings import Settings
from shared.store import from_document
from shared.work import Work

PATIENCE: Final = Patience(first=timedelta(seconds=15), most=timedelta(hours=1), attempts=16)
"""About eight hours in all."""
PAGE: Final = 64
CONNECTIONS: Final = 8
"""To the mail server at a time, at most."""


class MailSender:
    """The turn of a worker that sends mail, until its process ends.

    Raises `ValueError` if the sender is no address.
    """

    def __init__(
        self,
        work: Work,
        settings: Settings,
        words: Words,
        *,
        patience: Patience = PATIENCE,
        leaving: asyncio.Event | None = None,
    ) -> None:
        self._work = work
        self._settings = settings
        self._words = words
        self._patience = patience
        self._leaving = leaving or asyncio.Event()
        self._directory = DirectoryReader(work.db)
        self._under_way = UnderWay(CONNECTIONS)
        sender_address(settings.smtp_sender)

    async def turn(self) -> bool:
        """Send one page of what is due; whether there may be more.

        Raises `OutOfReach` before anything is claimed if the server cannot be reached.
        """
        ids = await due_ids(self._work.db, channel="email", limit=PAGE)
        if not ids:
            return False
        async with MailServer(self._settings) as first:
            claim = await claim_all(
                self._work, ids, longest=first.longest, patience=self._patience, leaving=self._leaving
            )
            await self._send_all(claim, first)
            await claim.give_back(self._work.db)
        return len(ids) == PAGE

    async def _send_all(self, claim: Claim, first: MailServer) -> None:
        said = await self._tell(claim.deliveries)
        todo = ((each, said.get(each.delivery_id)) for each in claim.begin())
        unused = [first]

        async with settling(self._work, self._patience) as outcomes:

            async def by(server: MailServer) -> None:
                send = partial(self._send, server=server)
                await outcomes.work_through(todo, send, of=self._under_way)

            async def lane() -> None:
                if unused:
                    await by(unused.pop())
                    return
                try:
                    async with MailServer(self._settings) as another:
                        await by(another)
                except OutOfReach:
                    self._under_way.no_more()

            await self._under_way.work_off(lane)

    async def _send(self, said: "_Said | None", *, server: MailServer) -> Outcome:
        if said is None:
            return Outcome(what="given_up", reason="person_left")
        notification, told, to = said
        try:
            message = letter(
                notification, told, to=to, sender=self._settings.smtp_sender, at=datetime.now(UTC)
            )
            return await server.send(message)
        except Unsendable as error:
            return Outcome(what="given_up", reason=str(error))
        except OutOfReach:
            return Outcome(what="missed", reason="smtp_connection_lost")

    async def _tell(self, deliveries: Sequence[Delivery]) -> Mapping[str, "_Said"]:
        """What each says and to whom; missing is what was withdrawn and who has left meanwhile."""
        ids = [delivery.notification_id for delivery in deliveries]
        docs = (
            await self._work.db[NOTIFICATIONS].find({"_id": {"$in": ids}, "withdrawn_at": None}).to_list(None)
        )
        notifications = [from_document(Notification, doc) for doc in docs]
        people = await self._directory.people({each.person_id for each in notifications})
        told = await self._words.tell(notifications)
        ready = {
            each.notification_id: (each, words, to)
            for each, words in zip(notifications, told, strict=True)
            if (to := _active(people, each.person_id)) is not None
        }
        return {
            delivery.delivery_id: ready[delivery.notification_id]
            for delivery in deliveries
            if delivery.notification_id in ready
        }


_Said = tuple[Notification, Told, DirectoryPerson]
"""What a mail is made of."""


def _active(people: Mapping[PersonId, DirectoryPerson], person_id: PersonId) -> DirectoryPerson | None:
    person = people.get(person_id)
    return person if person is not None and person.is_active else None
