"""A letter has the headers that we gave it and no others, whatever people are called."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels.letter import Unsendable, letter, message_id, sender_address
from services.notifications.domain.categories import CATEGORIES
from services.notifications.domain.notification import Notification
from services.notifications.words.told import Told
from shared.directory import DirectoryPerson

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
SENDER = "Cairn <cairn@example.com>"
HEADERS = {
    "Subject",
    "From",
    "To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "List-Id",
    "MIME-Version",
    "Content-Type",
}


def notification(**more: Any) -> Notification:
    named: dict[str, Any] = {
        "notification_id": "notification_1",
        "person_id": "mona",
        "category": "goals",
        "kind": "goal_proposed",
        "about_id": "g1",
        "actor_id": "anna",
        "event_id": "e1",
        "correlation_id": "",
        "facts": {},
        "channels": ("inbox", "email"),
        "raised_at": AT,
        "unread": True,
    }
    return Notification.model_validate(named | more)


def reader(given_name: str = "Mona", email: str | None = "mona@example.com") -> DirectoryPerson:
    fields = dict.fromkeys(DirectoryPerson.model_fields)
    named = {"person_id": "mona", "given_name": given_name, "family_name": "Doe", "email": email}
    rest = {"time_zone": "UTC", "language": "en", "status": "active", "ancestors": ()}
    return DirectoryPerson.model_validate(fields | named | rest)


def sent(told: Told, *, to: DirectoryPerson | None = None, **more: Any) -> EmailMessage:
    message = letter(notification(**more), told, to=to or reader(), sender=SENDER, at=AT)
    parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return body.get_content()


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


PLAIN_TAGS = Tags(part(sent(Told("A headline", "A detail")), "html")).tags
HOSTILE = [
    "Eve\r\nBcc: everyone@example.org",
    "Eve\nContent-Type: text/html\n\n<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><a href="https://evil.example.org">click</a>',
    "</style><style>*{display:none}",
    "{{ config }}{% for x in y %}",
    "Eve <eve@example.org>, <mallory@example.org>",
    "=?utf-8?q?=0D=0ABcc:_eve=40example.org?=",
    "\u202eevE",
    "Ünïcødé 王小明 🎉",
    "é" * 400,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_or_title_adds_no_header_and_no_markup(text: str) -> None:
    told = Told(f"{text} asks you to agree to the goal “{text}”", text)
    message = sent(told, to=reader(text))
    assert set(message.keys()) == HEADERS
    assert [address.addr_spec for address in message["To"].addresses] == ["mona@example.com"]
    assert Tags(part(message, "html")).tags == PLAIN_TAGS
    assert len(list(message.iter_parts())) == 2


ENCODED_WORDS = st.builds(
    "=?{}?{}?{}?=".format, st.sampled_from(["utf-8", "x"]), st.sampled_from("qbQB"), st.text()
)


@given(text=st.text(max_size=300) | ENCODED_WORDS, name=st.text(max_size=100) | ENCODED_WORDS)
def test_no_text_at_all_adds_a_header_or_markup(text: str, name: str) -> None:
    message = sent(Told(f"x {text}", "y"), to=reader(name))
    assert set(message.keys()) == HEADERS
    assert Tags(part(message, "html")).tags == PLAIN_TAGS


def test_what_is_shown_is_what_was_said() -> None:
    told = Told("Anna & Ben ask for “<b>more</b>”", "1 < 2")
    message = sent(told)
    text = " ".join(Tags(part(message, "html")).text)
    assert told.headline in text
    assert told.detail in text
    assert told.headline in part(message, "plain")
    assert message["Subject"] == told.headline


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_its_own_look_and_list(category: str) -> None:
    message = sent(Told("A headline", ""), category=category)
    assert message["List-Id"] == f"<{category}.notifications.example.com>"


def test_the_message_id_follows_from_the_notification_alone() -> None:
    assert message_id("notification_1", SENDER) == "<notification_1@example.com>"


@pytest.mark.parametrize(
    "address",
    [None, "", "mona", "@example.com", "mona@", "a@b@c", "a@b, c@d", "a@b\n", "=?utf-8?q?=0Aa?=@b.c"],
)
def test_what_is_no_address_is_not_written_to(address: str | None) -> None:
    with pytest.raises(Unsendable):
        sent(Told("A headline", ""), to=reader(email=address))


@pytest.mark.parametrize("sender", ["", "nobody", "Cairn", "Cairn <>"])
def test_a_sender_that_is_no_address_is_named_with_how_to_mend_it(sender: str) -> None:
    with pytest.raises(ValueError, match="CAIRN_SMTP_SENDER"):
        sender_address(sender)
