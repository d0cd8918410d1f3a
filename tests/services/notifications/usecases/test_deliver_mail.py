"""Every mail is taken once, or known not to be; whatever the server says and whenever we crash."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.notifications.belongings import Belongings
from services.notifications.channels.smtp import MailServer, OutOfReach
from services.notifications.domain.retry import Patience
from services.notifications.receipts import Receipts
from services.notifications.usecases import settle_delivery
from services.notifications.usecases.deliver_mail import MailSender
from shared.work import Unsettled, Work
from tests.services.notifications.house import House, checked_in, dies, never, person, praise, proposal
from tests.services.notifications.post_office import ANY, PostOffice, post_office

QUICK = Patience(first=timedelta(seconds=1), most=timedelta(seconds=1), attempts=3)


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with post_office() as office:
        yield office


async def sender_of(
    house: House,
    port: int,
    *,
    work: Work | None = None,
    seconds: float = 20.0,
    leaving: asyncio.Event | None = None,
) -> MailSender:
    settings = await house.open_outlets(
        smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", smtp_timeout_seconds=seconds
    )
    words = Belongings.of(house.runtime).words
    return MailSender(work or house.work, settings, words, patience=QUICK, leaving=leaving)


async def outcomes(house: House) -> list[tuple[str, int, str]]:
    return [
        (event["said"].removeprefix("notification_"), event["attempts"], event.get("reason", ""))
        for event in await house.published()
        if "attempts" in event
    ]


async def only_delivery(house: House) -> dict[str, Any]:
    (row,) = await house.db["deliveries"].find().to_list(None)
    return row


async def test_a_mail_says_what_happened_to_the_one_it_concerns(house: House, office: PostOffice) -> None:
    sender = await sender_of(house, office.port)
    await house.publish(proposal("g1"))
    await sender.turn()
    (mail,), (receivers,) = office.taken, office.receivers
    (item,) = (await house.as_("mona").read("/notifications"))["items"]
    assert receivers == ["mona@example.com"]
    assert mail["Subject"] == "Anna Doe asks you to agree to a goal"
    assert (mail["From"], mail["To"]) == ("Cairn <cairn@example.com>", "Mona Doe <mona@example.com>")
    assert mail["Message-ID"] == f"<{item['notification_id']}@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<goals.notifications.example.com>"
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    for part in (plain.get_content(), html.get_content()):
        assert "Anna Doe asks you to agree to a goal" in part
        assert "Hello Mona Doe," in part
    assert await outcomes(house) == [("delivered", 1, "")]
    assert (await house.published(topic="state"))[-1]["delivered"] == ["inbox", "email"]
    await sender.turn()
    assert len(office.taken) == 1


async def test_a_mail_that_is_refused_for_now_is_sent_later(house: House, office: PostOffice) -> None:
    sender = await sender_of(house, office.port)
    office.refusals["RCPT", "mona@example.com"] = ["450 greylisted", "451 still"]
    await house.publish(proposal("g1"))
    await sender.turn()
    row = await only_delivery(house)
    assert (row["state"], row["attempts"], row["reason"]) == ("due", 1, "smtp_450")
    await sender.turn()
    assert not office.taken
    for _ in range(2):
        await house.make_due()
        await sender.turn()
    assert len(office.taken) == 1
    assert await outcomes(house) == [("delivered", 3, "")]


@pytest.mark.parametrize(("command", "code"), [("RCPT", 550), ("DATA", 554)])
async def test_a_mail_that_is_refused_for_good_is_given_up(
    house: House, office: PostOffice, command: str, code: int
) -> None:
    sender = await sender_of(house, office.port)
    office.refusals[command, ANY] = [f"{code} no <mona@example.com> here"]
    await house.publish(proposal("g1"))
    await sender.turn()
    await house.make_due()
    await sender.turn()
    assert await outcomes(house) == [("failed", 1, f"smtp_{code}")]
    assert (await house.published(topic="state"))[-1]["failed"] == ["email"]
    assert "example.com" not in str(await only_delivery(house))
    assert not office.taken


async def test_a_refused_sender_is_the_operators_to_mend_and_costs_no_mail_at_once(
    house: House, office: PostOffice
) -> None:
    sender = await sender_of(house, office.port)
    office.refusals["MAIL", ANY] = ["550 you may not send"]
    await house.publish(proposal("g1"))
    await sender.turn()
    assert (await only_delivery(house))["reason"] == "smtp_550"
    await house.make_due()
    await sender.turn()
    assert len(office.taken) == 1


async def test_after_the_last_attempt_a_mail_is_given_up(house: House, office: PostOffice) -> None:
    sender = await sender_of(house, office.port)
    office.refusals["DATA", ANY] = ["452 full"] * 5
    await house.publish(proposal("g1"))
    for _ in range(5):
        await sender.turn()
        await house.make_due()
    assert await outcomes(house) == [("failed", 3, "smtp_452")]


async def test_a_server_that_is_down_costs_no_attempt(house: House, unused_tcp_port: int) -> None:
    sender = await sender_of(house, unused_tcp_port)
    await house.publish(proposal("g1"))
    for _ in range(5):
        with pytest.raises(OutOfReach):
            await sender.turn()
    row = await only_delivery(house)
    assert (row["state"], row["attempts"]) == ("due", 0)


async def test_a_connection_that_breaks_costs_one_mail_one_attempt(house: House, office: PostOffice) -> None:
    sender = await sender_of(house, office.port)
    office.refusals["DATA", "mona@example.com"] = ["cut"]
    await house.publish(proposal("g1"), proposal("g2", to="olga"), praise("f1"))
    await sender.turn()
    assert len(office.taken) == 2
    await house.make_due()
    await sender.turn()
    assert sorted(receiver for (receiver,) in office.receivers) == [
        "anna@example.com",
        "mona@example.com",
        "olga@example.com",
    ]


async def test_a_server_that_never_answers_costs_an_attempt(house: House, office: PostOffice) -> None:
    sender = await sender_of(house, office.port, seconds=2.0)
    office.seconds = 10
    await house.publish(proposal("g1"))
    await sender.turn()
    row = await only_delivery(house)
    assert (row["state"], row["reason"]) == ("due", "smtp_timeout")


async def test_a_crash_after_the_server_took_it_sends_the_same_mail_again(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = await sender_of(house, office.port)
    await house.publish(proposal("g1"))

    with monkeypatch.context() as dying:
        dying.setattr(Receipts, "write", never)
        dying.setattr(settle_delivery, "settle", never)
        await dies(sender, lambda: len(office.taken) == 1)
    await sender.turn()
    assert len(office.taken) == 1, "its claim has not run out"
    await house.make_due()
    await sender.turn()
    first, second = office.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert await outcomes(house) == [("delivered", 2, "")]


async def test_a_crash_before_what_was_taken_is_settled_sends_nothing_again(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = await sender_of(house, office.port)
    await house.publish(*[checked_in(f"g{n}") for n in range(5)])

    async def all_have_receipts() -> bool:
        return await house.db["receipts"].count_documents({}) == 5

    with monkeypatch.context() as dying:
        dying.setattr(settle_delivery, "settle", never)
        await dies(sender, all_have_receipts)
    assert await house.db["deliveries"].count_documents({"state": "due"}) == 5
    await house.make_due()
    await sender.turn()
    assert len({mail["Message-ID"] for mail in office.taken}) == len(office.taken) == 5
    assert await outcomes(house) == [("delivered", 1, "")] * 5


async def test_receipts_are_gone_when_all_is_settled(house: House, office: PostOffice) -> None:
    sender = await sender_of(house, office.port)
    await house.publish(*[checked_in(f"g{n}") for n in range(5)])
    await sender.turn()
    assert len(office.taken) == 5
    assert await house.db["receipts"].count_documents({}) == 0


async def test_a_crash_amid_many_mails_repeats_about_one_of_them(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = await sender_of(house, office.port)
    await house.publish(*[checked_in(f"g{n}") for n in range(20)])
    write, written = Receipts.write, 0

    async def slow(receipts: Receipts, delivery_id: str) -> bool:
        nonlocal written
        await asyncio.sleep(0.2)
        if written == 5:
            await never()
        written += 1
        return await write(receipts, delivery_id)

    with monkeypatch.context() as dying:
        dying.setattr(Receipts, "write", slow)
        dying.setattr(settle_delivery, "settle", never)
        await dies(sender, lambda: written == 5 and len(office.taken) > 5)
    await house.make_due()
    await sender.turn()
    taken = [mail["Message-ID"] for mail in office.taken]
    assert len(set(taken)) == 20
    assert 1 <= len(taken) - 20 <= 2


async def test_a_slow_server_is_given_many_mails_at_a_time(house: House, office: PostOffice) -> None:
    sender, office.seconds = await sender_of(house, office.port), 0.5
    await house.publish(*[checked_in(f"g{n}") for n in range(30)])
    await sender.turn()
    assert len(office.taken) == 30
    assert office.most_at_once > 2


async def test_a_server_that_takes_one_connection_is_given_all_mails_by_it(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, office.seconds = await sender_of(house, office.port), 0.05
    await house.publish(*[checked_in(f"g{n}") for n in range(30)])
    enter, opened = MailServer.__aenter__, 0
    write, written = Receipts.write, 0

    async def one_only(server: MailServer) -> MailServer:
        nonlocal opened
        opened += 1
        if opened > 1:
            await asyncio.sleep(0.5)
            raise OutOfReach("421 too many connections")
        return await enter(server)

    async def slow_once(receipts: Receipts, delivery_id: str) -> bool:
        nonlocal written
        written += 1
        if written == 2:
            await asyncio.sleep(0.4)
        return await write(receipts, delivery_id)

    monkeypatch.setattr(MailServer, "__aenter__", one_only)
    monkeypatch.setattr(Receipts, "write", slow_once)
    await sender.turn()
    assert len(office.taken) == 30


async def test_what_came_of_a_mail_is_kept_while_the_database_is_away(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(Work):
        refused = 0

        async def run(self, *args: Any, **options: Any) -> Any:
            if self.refused < 3:
                self.refused += 1
                raise Unsettled("no primary")
            return await super().run(*args, **options)

    async def no_receipt(*args: Any, **options: Any) -> bool:
        return False

    monkeypatch.setattr(Receipts, "write", no_receipt)
    monkeypatch.setattr(settle_delivery, "AGAIN_SECONDS", 0.01)
    away = Away(house.runtime.client, house.settings.mongo_database)
    sender = await sender_of(house, office.port, work=away)
    await house.publish(proposal("g1"))
    await sender.turn()
    assert away.refused == 3
    await house.make_due()
    await sender.turn()
    assert len(office.taken) == 1
    assert await outcomes(house) == [("delivered", 1, "")]


async def test_two_senders_at_once_send_nothing_twice(house: House, office: PostOffice) -> None:
    senders = [await sender_of(house, office.port) for _ in range(3)]
    await house.publish(*[checked_in(f"g{n}") for n in range(60)])
    while (await house.db["deliveries"].count_documents({"state": "due"})) > 0:
        await asyncio.gather(*(sender.turn() for sender in senders))
    ids = [mail["Message-ID"] for mail in office.taken]
    assert len(ids) == len(set(ids)) == 60
    assert await outcomes(house) == [("delivered", 1, "")] * 60


async def test_a_service_that_stops_still_writes_down_what_is_out(house: House, office: PostOffice) -> None:
    stopping = Work(house.runtime.client, house.settings.mongo_database)
    sender = await sender_of(house, office.port, work=stopping)
    await house.publish(proposal("g1"))
    await stopping.close()
    await sender.turn()
    assert len(office.taken) == 1
    assert await outcomes(house) == [("delivered", 1, "")]


async def test_nobody_who_has_left_meanwhile_gets_a_mail(house: House, office: PostOffice) -> None:
    sender = await sender_of(house, office.port)
    await house.publish(proposal("g1"))
    await house.hire(person("mona", manager_id="cleo", status="left", left_on="2026-03-11"))
    await sender.turn()
    assert not office.taken
    assert await outcomes(house) == [("failed", 1, "person_left")]


@pytest.mark.parametrize(
    "address",
    [
        "mona",
        "mona@example.com, eve@example.org",
        "<mona@example.com>",
        "mona@example.com\r\nBcc: eve@example.org",
    ],
)
async def test_an_address_that_is_none_is_given_up_and_reaches_nobody_else(
    house: House, office: PostOffice, address: str
) -> None:
    sender = await sender_of(house, office.port)
    await house.hire(person("mona", manager_id="cleo", email=address))
    await house.publish(proposal("g1"))
    await sender.turn()
    assert office.receivers == []
    assert await outcomes(house) == [("failed", 1, "address_invalid")]


async def test_one_bad_address_does_not_hold_up_the_mail_of_others(house: House, office: PostOffice) -> None:
    sender = await sender_of(house, office.port)
    await house.hire(person("mona", manager_id="cleo", email="mona@@example.com"))
    await house.publish(proposal("g1"), praise("f1"), proposal("g2", to="olga"))
    await sender.turn()
    assert sorted(receiver for (receiver,) in office.receivers) == ["anna@example.com", "olga@example.com"]


async def test_no_address_and_no_name_reaches_the_log(
    house: House, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sender = await sender_of(house, office.port)
    office.refusals["RCPT", ANY] = ["550 <anna@example.com> is unknown"]
    await house.publish(proposal("g1"), praise("f1"))
    await sender.turn()
    said = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith(("services", "shared"))
    )
    assert "example.com" not in said
    assert "Doe" not in said
