"""A notification as an e-mail: plain text and HTML, with headers that nobody can add to.

The Message-ID is made from the notification's id: a mail that had to be sent again is known as the
same one by it.
"""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.notifications.domain.categories import Category
from services.notifications.domain.notification import Notification
from services.notifications.words.language import TEMPLATES, language
from services.notifications.words.told import Told, clean
from shared.directory import DirectoryPerson
from shared.ids import NotificationId

ACCENTS: Final[dict[Category, str]] = {
    "goals": "#2f6f9f",
    "feedback": "#7a5ea8",
    "recognition": "#b7791f",
    "reviews": "#2f855a",
    "team": "#4a5568",
}


ENCODED: Final = "=?"
"""How an encoded word of RFC 2047 begins."""


class Unsendable(Exception):  # noqa: N818  an outcome, not a fault
    """It cannot be made into a mail, for want of an address for instance; the message is a code."""


def letter(
    notification: Notification, told: Told, *, to: DirectoryPerson, sender: str, at: datetime
) -> EmailMessage:
    """The mail, ready to send; raises `Unsendable`."""
    words = language(to.language)
    text: dict[str, Any] = {
        **told._asdict(),
        "greeting": words.mail["greeting"].format(reader=clean(to.name) or words.phrases["someone"]),
        "footer": words.mail["footer"].format(category=words.categories[notification.category]),
        "sender": words.mail["sender"],
        "category": words.categories[notification.category],
        "accent": ACCENTS[notification.category],
        "language": words.code,
    }
    message = EmailMessage(policy=SMTP)
    message["Subject"] = _unencoded(told.headline)
    message["From"] = sender_address(sender)
    message["To"] = _receiver(to)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(notification.notification_id, sender)
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"<{notification.category}.notifications.{_domain(sender)}>"
    _require_single_lines(message)
    message.set_content(_templates().get_template("mail.txt").render(text))
    message.add_alternative(_templates().get_template("mail.html").render(text), subtype="html")
    return message


def message_id(notification_id: NotificationId, sender: str) -> str:
    """The same for the same notification, however often it is sent."""
    return f"<{notification_id}@{_domain(sender)}>"


def sender_address(sender: str) -> Address:
    """From `mail@example.com` or `Name <mail@example.com>`; raises `ValueError` with how to mend it."""
    name, address = parseaddr(sender)
    try:
        return Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError, MessageError):
        raise ValueError(
            f"CAIRN_SMTP_SENDER is {sender!r}; write it as mail@example.com or Name <mail@example.com>"
        ) from None


def _receiver(to: DirectoryPerson) -> Address:
    if not to.email:
        raise Unsendable("no_address")
    try:
        address = Address(display_name=_unencoded(to.name), addr_spec=to.email)
    except (ValueError, IndexError, MessageError) as error:
        raise Unsendable("address_invalid") from error
    if not address.username or not address.domain or address.addr_spec != to.email or ENCODED in to.email:
        raise Unsendable("address_invalid")
    return address


def _unencoded(text: str) -> str:
    """One line in which nothing reads as an encoded word: `email` would decode it, line breaks and all."""
    return clean(text).replace(ENCODED, "= ?")


def _require_single_lines(message: EmailMessage) -> None:
    """The last gate: no header that we made goes on in a second one."""
    if any("\r" in str(value) or "\n" in str(value) for value in message.values()):
        raise Unsendable("header_invalid")


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
