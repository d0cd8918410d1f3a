"""A mail server: one connection, many mails, and what it says of each.

    2xx                            taken
    4xx, connection lost, silence  missed: later it may do
    5xx of the mail or receiver    given up: it would say the same again
    5xx of the sender              missed: the operator's to mend, not the receiver's fault

A server that cannot be reached, greets with an error or refuses the login is out of reach: that
says nothing of any mail, so no attempt is counted.  What a server says is not kept, only its
code: it may repeat the address.
"""

import asyncio
import contextlib
from datetime import timedelta
from email.message import EmailMessage
from typing import Final, Self

import aiosmtplib
from aiosmtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPTimeoutError,
)

from services.notifications.domain.delivery import TAKEN, Outcome
from shared.settings import Settings

PERMANENT: Final = 500
ROUNDS: Final = 3
"""A mail may take so many times the time limit that a single answer has."""


class OutOfReach(Exception):  # noqa: N818  says nothing of any mail
    """The mail server takes no mail now, whatever it is."""


class MailServer:
    """An open connection; an asynchronous context manager.  Raises `OutOfReach` on the way in.

    `longest` is what one mail can take.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: aiosmtplib.SMTP | None = None
        self.longest = timedelta(seconds=ROUNDS * settings.smtp_timeout_seconds)

    async def __aenter__(self) -> Self:
        """Connect and log in."""
        await self._connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Say goodbye."""
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            with contextlib.suppress(SMTPException, OSError):
                await client.quit()
            client.close()

    async def send(self, message: EmailMessage) -> Outcome:
        """Hand one mail over; a connection that was lost since is opened again first."""
        try:
            async with asyncio.timeout(self.longest.total_seconds()):
                client = self._client
                if client is None or not client.is_connected:
                    client = await self._connect()
                await client.send_message(message)
        except SMTPRecipientsRefused as error:
            return _refused(error.recipients[0])
        except SMTPResponseException as error:
            return _refused(error)
        except SMTPNotSupported:
            return Outcome(what="given_up", reason="smtp_unsupported_address")
        except (SMTPTimeoutError, TimeoutError):
            self._let_go()
            return Outcome(what="missed", reason="smtp_timeout")
        except (SMTPException, OSError):
            self._let_go()
            return Outcome(what="missed", reason="smtp_connection_lost")
        return TAKEN

    def _let_go(self) -> None:
        if self._client is not None:
            self._client.close()

    async def _connect(self) -> aiosmtplib.SMTP:
        settings = self._settings
        password = settings.smtp_password
        client = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=password.get_secret_value() if password else None,
            timeout=settings.smtp_timeout_seconds,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
        )
        try:
            await client.connect()
        except (SMTPException, OSError) as error:
            client.close()
            raise OutOfReach(f"the mail server is out of reach: {type(error).__name__}") from None
        self._client = client
        return client


def _refused(error: SMTPResponseException) -> Outcome:
    about_this_mail = isinstance(error, (SMTPRecipientRefused, SMTPDataError))
    final = error.code >= PERMANENT and about_this_mail and not isinstance(error, SMTPSenderRefused)
    return Outcome(what="given_up" if final else "missed", reason=f"smtp_{error.code}")
