"""Every endpoint gets every notification, signed, under one id, until it is taken or gone."""

import asyncio
import json
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from werkzeug import Request

from services.notifications.receipts import Receipts
from services.notifications.usecases import deliver_webhooks, settle_delivery
from services.notifications.usecases.deliver_webhooks import WebhookSender
from tests.services.notifications.house import House, checked_in, dies, never, proposal

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def sender_of(house: House, *urls: str, **fields: Any) -> WebhookSender:
    """The sender to the first of the addresses; all of them are open."""
    fields = {"webhook_timeout_seconds": 20.0, "webhook_attempts": 3, **fields}
    settings = await house.open_outlets(webhook_urls=urls, webhook_secret=SecretStr(SECRET), **fields)
    return WebhookSender(urls[0], house.work, settings)


async def outcomes(house: House) -> list[tuple[str, int, str]]:
    return [
        (event["said"].removeprefix("notification_"), event["attempts"], event.get("reason", ""))
        for event in await house.published()
        if "attempts" in event
    ]


async def states(house: House) -> list[tuple[str, str | None]]:
    return [(row["state"], row["reason"]) for row in await house.db["deliveries"].find().to_list(None)]


def requests_of(server: HTTPServer) -> list[Request]:
    return [request for request, _ in server.log]


async def test_a_webhook_can_be_verified_and_says_ids_and_facts_but_no_names(
    house: House, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data("", status=204)
    sender = await sender_of(house, httpserver.url_for("/hook"))
    await house.publish(proposal("g1"))
    await sender.turn()
    (request,) = requests_of(httpserver)
    body = Webhook(SECRET).verify(request.data, dict(request.headers))
    (raised,) = [event for event in await house.published() if event["said"] == "notification_raised"]
    assert request.headers["webhook-id"] == raised["notification_id"]
    assert request.headers["content-type"] == "application/json"
    assert body["type"] == "notification.raised"
    assert (body["data"]["person_id"], body["data"]["kind"]) == ("mona", "goal_proposed")
    assert body["data"]["facts"] == {
        "goal_id": "g1",
        "owner_id": "anna",
        "by_person_id": "anna",
        "to_person_id": "mona",
    }
    assert "Doe" not in request.data.decode()
    assert await outcomes(house) == [("delivered", 1, "")]


async def test_a_signature_of_another_body_or_secret_does_not_verify(
    house: House, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    sender = await sender_of(house, httpserver.url_for("/hook"))
    await house.publish(proposal("g1"))
    await sender.turn()
    (request,) = requests_of(httpserver)
    tampered = request.data.replace(b"mona", b"olga")
    for secret, data in ((SECRET, tampered), ("whsec_" + "A" * 32, request.data)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(data, dict(request.headers))


async def test_what_an_endpoint_does_not_take_is_posted_again_under_the_same_id(
    house: House, httpserver: HTTPServer
) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=429)
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=200)
    sender = await sender_of(house, httpserver.url_for("/hook"))
    await house.publish(proposal("g1"))
    for _ in range(3):
        await sender.turn()
        await sender.turn()
        await house.make_due()
    first, second, third = requests_of(httpserver)
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == third.headers["webhook-id"]
    assert first.data == second.data == third.data
    assert await outcomes(house) == [("delivered", 3, "")]


async def test_after_the_last_attempt_a_webhook_is_given_up(house: House, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=503)
    sender = await sender_of(house, httpserver.url_for("/hook"))
    await house.publish(proposal("g1"))
    for _ in range(5):
        await sender.turn()
        await house.make_due()
    assert len(httpserver.log) == 3
    assert await outcomes(house) == [("failed", 3, "http_503")]


async def test_an_endpoint_that_is_gone_is_closed_and_gets_nothing_more(
    house: House, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=410)
    httpserver.expect_request("/other").respond_with_data("", status=204)
    gone, other = httpserver.url_for("/hook"), httpserver.url_for("/other")
    sender = await sender_of(house, gone, other)
    await house.publish(proposal("g1"))
    await sender.turn()
    assert len(httpserver.log) == 1
    await house.publish(proposal("g2"))
    rows = await house.db["deliveries"].find({"state": "due"}).to_list(None)
    assert len(rows) == 2
    assert len({row["endpoint_id"] for row in rows}) == 1, "only the other endpoint is posted to"
    await sender.turn()
    assert len(httpserver.log) == 1
    again = await sender_of(house, gone, other)
    await house.publish(proposal("g3"))
    await again.turn()
    assert len(httpserver.log) == 1, "closed even after a new start"


async def test_what_was_waiting_for_an_endpoint_that_went_fails_without_being_posted(
    house: House, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver_webhooks, "PAGE", 1)
    httpserver.expect_request("/hook").respond_with_data("", status=410)
    sender = await sender_of(house, httpserver.url_for("/hook"))
    await house.publish(proposal("g1"), proposal("g2"), proposal("g3"))
    while await sender.turn():
        pass
    assert len(httpserver.log) == 1
    assert sorted(reason for _, _, reason in await outcomes(house)) == [
        "endpoint_disabled",
        "endpoint_disabled",
        "http_410",
    ]


async def test_a_redirect_is_not_followed(house: House, httpserver: HTTPServer) -> None:
    elsewhere = httpserver.url_for("/elsewhere")
    httpserver.expect_request("/hook").respond_with_data("", status=307, headers={"Location": elsewhere})
    httpserver.expect_request("/elsewhere").respond_with_data("")
    sender = await sender_of(house, httpserver.url_for("/hook"))
    await house.publish(proposal("g1"))
    await sender.turn()
    assert [request.path for request in requests_of(httpserver)] == ["/hook"]
    assert await states(house) == [("due", "http_307")]


async def test_an_endpoint_that_does_not_answer_in_time_is_tried_again(house: House) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        sender = await sender_of(house, f"http://127.0.0.1:{port}/hook", webhook_timeout_seconds=0.2)
        await house.publish(proposal("g1"))
        await sender.turn()
        assert await states(house) == [("due", "http_timeout")]


async def test_an_endless_answer_is_not_read(house: House) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"5\r\nhello\r\n")
                await writer.drain()
                await asyncio.sleep(0.01)
        except OSError:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        sender = await sender_of(house, f"http://127.0.0.1:{port}/hook")
        await house.publish(proposal("g1"))
        await sender.turn()
        assert await states(house) == [("delivered", None)]


async def test_an_endpoint_that_is_down_is_tried_again(house: House, unused_tcp_port: int) -> None:
    sender = await sender_of(house, f"http://127.0.0.1:{unused_tcp_port}/hook")
    await house.publish(proposal("g1"))
    await sender.turn()
    assert await states(house) == [("due", "http_connection")]


async def test_one_endpoint_that_fails_does_not_hold_up_the_other(
    house: House, httpserver: HTTPServer, unused_tcp_port: int
) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    good, bad = httpserver.url_for("/hook"), f"http://127.0.0.1:{unused_tcp_port}/hook"
    to_bad = await sender_of(house, bad, good)
    to_good = await sender_of(house, good, bad)
    await house.publish(*[checked_in(f"g{n}") for n in range(20)])
    await asyncio.gather(to_bad.turn(), to_good.turn())
    assert len({request.headers["webhook-id"] for request in requests_of(httpserver)}) == 20
    assert await house.db["deliveries"].count_documents({"state": "delivered"}) == 20
    assert await house.db["deliveries"].count_documents({"state": "due"}) == 20
    for body in (json.loads(request.data) for request in requests_of(httpserver)):
        assert body["data"]["person_id"] == "mona"


async def test_a_crash_after_the_endpoint_took_it_posts_it_again_under_the_same_id(
    house: House, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    sender = await sender_of(house, httpserver.url_for("/hook"))
    await house.publish(proposal("g1"))

    with monkeypatch.context() as dying:
        dying.setattr(Receipts, "write", never)
        dying.setattr(settle_delivery, "settle", never)
        await dies(sender, lambda: len(requests_of(httpserver)) == 1)
    await house.make_due()
    await sender.turn()
    first, second = requests_of(httpserver)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert await outcomes(house) == [("delivered", 2, "")]
