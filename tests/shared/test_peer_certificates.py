"""Until when a certificate is good that an engine shows is told, whatever it is worth."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shared.metrics import Metrics
from shared.peer_certificates import KAFKA, MONGO, PeerWatch, brokers, mongo_by_tls
from tests.shared.test_certificates import EXPIRES, NOW, pem, settings


@asynccontextmanager
async def showing(path: Path, *, name: str, days: int) -> AsyncGenerator[int]:
    """The port of a server that shows a certificate which is good until so many days after `NOW`."""
    path.write_bytes(pem(name, days=days))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def told(metrics: Metrics) -> dict[tuple[str, str, str], float]:
    """By use, address and subject, how many days after `NOW` it ends."""
    (family,) = (each for each in metrics.registry.collect() if each.name == EXPIRES)
    return {
        (each.labels["use"], each.labels["file"], each.labels["subject"]): (each.value - NOW.timestamp())
        / 86400
        for each in family.samples
    }


async def test_what_each_engine_shows_is_told_also_when_it_has_ended(tmp_path: Path):
    metrics = Metrics("goals")
    async with (
        showing(tmp_path / "a.pem", name="cairn-kafka", days=9) as kafka,
        showing(tmp_path / "b.pem", name="cairn-mongo", days=-900) as mongo,
    ):
        peers = {KAFKA: [("127.0.0.1", kafka)], MONGO: {("127.0.0.1", mongo)}}
        await PeerWatch(lambda: peers, metrics).turn()
    assert told(metrics) == {
        (KAFKA, f"127.0.0.1:{kafka}", "CN=cairn-kafka"): 9,
        (MONGO, f"127.0.0.1:{mongo}", "CN=cairn-mongo"): -900,
    }


async def test_a_renewed_one_takes_the_place_of_the_old_and_who_is_gone_is_told_of_no_more(tmp_path: Path):
    metrics, known = Metrics("goals"), list[tuple[str, int]]()
    watch = PeerWatch(lambda: {KAFKA: known}, metrics)
    async with showing(tmp_path / "a.pem", name="old", days=1) as port:
        known[:] = [("127.0.0.1", port)]
        await watch.turn()
    async with showing(tmp_path / "a.pem", name="new", days=90) as port:
        known[:] = [("127.0.0.1", port)]
        await watch.turn()
        assert set(told(metrics)) == {(KAFKA, f"127.0.0.1:{port}", "CN=new")}
    await watch.turn()
    assert told(metrics) == {}


async def test_who_speaks_no_tls_is_passed_over():
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    metrics = Metrics("goals")
    async with server:
        peers = {KAFKA: [("127.0.0.1", server.sockets[0].getsockname()[1])]}
        await PeerWatch(lambda: peers, metrics).turn()
    assert told(metrics) == {}


def test_only_who_is_reached_by_tls_is_asked():
    assert list(brokers(settings())) == []
    by_tls = settings(kafka_security_protocol="SSL", kafka_bootstrap="kafka-1:9092, [::1]:9093")
    assert list(brokers(by_tls)) == [("kafka-1", 9092), ("::1", 9093)]


@pytest.mark.parametrize(
    ("url", "by_tls"),
    [
        ("mongodb://u:p@a:1,b:2/?replicaSet=rs0&tls=true", True),
        ("mongodb://a:1/?ssl=True", True),
        ("mongodb+srv://u:p@cluster.example.com/", True),
        ("mongodb+srv://u:p@cluster.example.com/?tls=false", False),
        ("mongodb://a:1/?replicaSet=rs0", False),
    ],
)
def test_mongodb_is_asked_where_its_connection_string_says_tls(url: str, by_tls: bool):
    assert mongo_by_tls(settings(mongo_url=url)) is by_tls
