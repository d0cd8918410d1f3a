"""The notifications service, by what it consists of."""

from collections.abc import Sequence

from services.notifications import stream, views
from services.notifications.access import ACCESS
from services.notifications.backlog import BacklogWatch
from services.notifications.belongings import Belongings
from services.notifications.domain.notification import Notification
from services.notifications.domain.outlets import endpoint_id
from services.notifications.domain.rules import announced
from services.notifications.held import HELD
from services.notifications.store import COLLECTIONS, NOTIFICATIONS
from services.notifications.usecases import choose_preferences, read_inbox, read_notification
from services.notifications.usecases.announce import announce
from services.notifications.usecases.deliver_mail import MailSender
from services.notifications.usecases.deliver_webhooks import WebhookSender
from services.notifications.usecases.forget_person import close_inbox, forget_person
from services.notifications.usecases.open_outlets import open_from
from services.notifications.usecases.read_inbox import READING
from services.notifications.usecases.retain_notifications import AGES
from services.notifications.usecases.take_back_feedback import take_back_feedback
from services.notifications.words.own_token import TokenWatch
from shared.contracts.feedback import FeedbackWithdrawn
from shared.contracts.notifications import NotificationState
from shared.contracts.people import PersonState
from shared.runtime import Runtime
from shared.service import Service
from shared.worker import Worker

POLL_SECONDS = 1.0
BACKLOG_SECONDS = 30.0
TOKEN_SECONDS = 30.0
"""How often the end of the service's own token is looked at."""


def workers(runtime: Runtime) -> Sequence[Worker]:
    """What wakes the streams of this process, and what sends, one process at a time."""
    belongings, work, settings = Belongings.of(runtime), runtime.work, runtime.settings
    leaving = belongings.departure.near
    watching = Worker("inbox-feed", belongings.feed.watch, poll=POLL_SECONDS)
    belongings.feed.on_listening = watching.nudge
    if settings.smtp_host is not None:
        sending = MailSender(work, settings, belongings.words, leaving=leaving).turn
        runtime.leased("mail", sending, poll=POLL_SECONDS, can_wait=True)
    for url in settings.webhook_urls:
        posting = WebhookSender(url, work, settings, leaving=leaving).turn
        runtime.leased(f"webhook-{endpoint_id(url)}", posting, poll=POLL_SECONDS, can_wait=True)
    ending = TokenWatch(belongings.words.token, runtime.metrics)
    return [
        watching,
        Worker("inbox-poll", belongings.feed.poll, poll=POLL_SECONDS),
        Worker("service-token", ending.turn, poll=TOKEN_SECONDS),
        Worker("backlog", BacklogWatch(runtime.db, runtime.metrics).turn, poll=BACKLOG_SECONDS),
    ]


async def prepare(runtime: Runtime) -> None:
    """Open the ways out before the first event is taken, and listen for the end."""
    await open_from(runtime.settings, runtime.work)
    Belongings.of(runtime).departure.listen()


SERVICE = Service(
    name="notifications",
    title="Cairn notifications",
    access=ACCESS,
    collections=COLLECTIONS,
    routers=[
        read_inbox.router,
        read_notification.router,
        choose_preferences.router,
        stream.router,
        views.router,
    ],
    reactions={**dict.fromkeys(announced(), announce), FeedbackWithdrawn: take_back_feedback},
    erasures={PersonState: close_inbox},
    fan_outs=[READING],
    states={NotificationState: (NOTIFICATIONS, Notification)},
    held=HELD,
    forget=forget_person,
    ages=AGES,
    workers=workers,
    prepare=prepare,
)
"""What senders ask of it has no route: see usecases/settle_delivery.py."""
