"""A mail server that answers as it is told, and keeps what it took."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

ANY = "*"


@dataclass
class PostOffice:
    """`refusals` are answers given in order, by receiver or `ANY`, and by the command they answer."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    receivers: list[list[str]] = field(default_factory=list)
    refusals: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    seconds: float = 0.0
    at_once: int = 0
    most_at_once: int = 0

    async def handle_MAIL(  # noqa: N802  aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._answer("MAIL", ANY)

    async def handle_RCPT(  # noqa: N802  aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._answer("RCPT", address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        answer = self._answer("DATA", envelope.rcpt_tos[0])
        if answer == "cut":
            cast("Any", server).transport.abort()
            return "250 OK"
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        if answer.startswith("250"):
            parsed = message_from_bytes(envelope.original_content or b"", policy=policy.default)
            self.taken.append(cast("EmailMessage", parsed))
            self.receivers.append(list(envelope.rcpt_tos))
        return answer

    def _answer(self, command: str, address: str) -> str:
        for key in ((command, address), (command, ANY)):
            if self.refusals.get(key):
                return self.refusals[key].pop(0)
        return "250 OK"


@asynccontextmanager
async def post_office() -> AsyncGenerator[PostOffice]:
    """Open on a free port of loopback."""
    office, loop = PostOffice(), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(office, hostname="localhost", enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
    )
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
