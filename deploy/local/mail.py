"""A mail server that delivers nothing: it keeps what the suite sends, as .eml files to look at."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.ports import LOOPBACK

KEPT_MAILS = 500


class MailSink:
    """Keeps the newest mails of a directory, one file each, in the order they came."""

    def __init__(self, directory: Path, *, keep: int = KEPT_MAILS) -> None:
        self.directory = directory
        self.keep = keep
        self._number = count()
        self._kept: deque[Path] | None = None
        self._one_at_a_time = threading.Lock()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        """Keep one mail; the sender is told it was taken only when the file is there."""
        await asyncio.to_thread(self._keep, envelope.original_content or b"")
        return "250 OK"

    def _keep(self, mail: bytes) -> None:
        with self._one_at_a_time:
            self._write(mail)

    def _write(self, mail: bytes) -> None:
        if self._kept is None:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._kept = deque(sorted(self.directory.glob("*.eml")))
        whole = self.directory / f"{time.time_ns():020d}-{next(self._number):06d}.eml"
        part = whole.with_suffix(".part")
        part.write_bytes(mail)
        part.rename(whole)
        self._kept.append(whole)
        while len(self._kept) > self.keep:
            self._kept.popleft().unlink(missing_ok=True)


def newest(directory: Path, count: int) -> list[Path]:
    """The mails that came last, the last one first; there may be fewer."""
    return sorted(directory.glob("*.eml"), reverse=True)[:count]


def readable(path: Path) -> str:
    """A mail as a person reads it: who, what about, and its words."""
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    head = "".join(f"{name}: {mail[name]}\n" for name in ("To", "Date", "Subject"))
    body = mail.get_body(("plain",))
    return f"{head}\n{body.get_content() if body else ''}"


@asynccontextmanager
async def mail_server(sink: MailSink, port: int) -> AsyncGenerator[None]:
    """Take mail on a port of loopback while inside."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="localhost", enable_SMTPUTF8=True, loop=loop), LOOPBACK, port
    )
    try:
        yield
    finally:
        server.close()
