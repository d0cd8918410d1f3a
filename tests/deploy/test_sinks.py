import json
import uuid
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from deploy.local.asgi import serving
from deploy.local.mail import MailSink, mail_server
from deploy.local.ports import free_ports
from deploy.local.webhooks import PATH, receiver, webhook_secret_of


def mail(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "cairn@localhost", "zoë@example.org", subject
    message.set_content("A goal was agreed.")
    return message


async def test_mail_is_kept_in_the_order_it_came_and_only_the_newest(tmp_path):
    (port,) = free_ports(1)
    async with mail_server(MailSink(tmp_path, keep=3), port):
        for number in range(5):
            await aiosmtplib.send(mail(f"mail {number}"), hostname="127.0.0.1", port=port, start_tls=False)
    kept = [message_from_bytes(path.read_bytes()) for path in sorted(tmp_path.iterdir())]
    assert [message["Subject"] for message in kept] == ["mail 2", "mail 3", "mail 4"]


def signed(secret: str, body: str) -> dict[str, str]:
    sent_at, message_id = datetime.now(UTC), f"msg_{uuid.uuid4().hex}"
    signature = Webhook(secret).sign(message_id, sent_at, body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": signature,
    }


async def test_signed_webhook_is_kept_and_acknowledged(tmp_path):
    (port,) = free_ports(1)
    secret, body = webhook_secret_of(tmp_path), json.dumps({"type": "goal.agreed"})
    async with (
        serving(receiver(secret, tmp_path / "taken"), port),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        headers = signed(secret, body)
        answer = await client.post(f"http://127.0.0.1:{port}{PATH}", content=body, headers=headers)
    assert answer.status_code == 204
    (row,) = map(json.loads, (tmp_path / "taken").read_text().splitlines())
    assert (row["id"], row["body"]) == (headers["webhook-id"], {"type": "goal.agreed"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-signature": "v1,bm9uc2Vuc2U="},
        {"webhook-signature": "nonsense"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "now"},
        {"webhook-id": "msg_other"},
    ],
)
async def test_webhook_with_a_wrong_signature_is_refused_and_not_kept(tmp_path, wrong):
    (port,) = free_ports(1)
    secret, body = webhook_secret_of(tmp_path), "{}"
    async with (
        serving(receiver(secret, tmp_path / "taken"), port),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        answer = await client.post(
            f"http://127.0.0.1:{port}{PATH}", content=body, headers=signed(secret, body) | wrong
        )
    assert answer.status_code == 401
    assert not (tmp_path / "taken").exists()


def test_webhook_secret_is_the_same_at_the_next_start(tmp_path):
    assert webhook_secret_of(tmp_path) == webhook_secret_of(tmp_path)
    assert webhook_secret_of(tmp_path).startswith("whsec_")
