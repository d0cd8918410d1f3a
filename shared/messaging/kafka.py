"""How this process talks to Kafka: one place for brokers, security and what makes delivery safe."""

import ssl
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.helpers import create_ssl_context
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.messaging.cut_connections import hear_of_cut_connections
from shared.messaging.producing import Producer
from shared.settings import Settings

MAX_REQUEST_BYTES = 1_048_576
hear_of_cut_connections()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not settings.kafka_security_protocol.endswith("SSL"):
        return None
    cafile = str(settings.kafka_ca_file) if settings.kafka_ca_file else None
    certificate = str(settings.kafka_certificate_file) if settings.kafka_certificate_file else None
    return create_ssl_context(cafile=cafile, certfile=certificate)


def client_options(settings: Settings) -> dict[str, Any]:
    """Options that every aiokafka client takes."""
    options: dict[str, Any] = {
        "bootstrap_servers": ",".join(settings.kafka_bootstrap),
        "client_id": f"cairn-{settings.service}",
        "security_protocol": settings.kafka_security_protocol,
        "ssl_context": _tls(settings),
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        password = settings.kafka_sasl_password
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": password.get_secret_value() if password else None,
        }
    return options


def producer(settings: Settings) -> Producer:
    """A producer that keeps the order of each partition and waits for all replicas."""
    return Producer(**client_options(settings), linger_ms=1, max_request_size=MAX_REQUEST_BYTES)


def admin(settings: Settings) -> AIOKafkaAdminClient:
    """A client for topics and groups."""
    return AIOKafkaAdminClient(**client_options(settings))


def reader(settings: Settings, *topics: str, **options: Any) -> AIOKafkaConsumer:
    """A consumer without a group, for looking at topics."""
    return AIOKafkaConsumer(
        *topics, **client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest", **options
    )


def broker(settings: Settings) -> KafkaBroker:
    """FastStream's broker for the consumers; it makes no topics."""
    return KafkaBroker(
        list(settings.kafka_bootstrap),
        client_id=f"cairn-{settings.service}",
        allow_auto_create_topics=False,
        consumer_only=True,
        security=_security(settings),
        logger=None,
    )


def _security(settings: Settings) -> BaseSecurity | None:
    tls = _tls(settings)
    if not settings.kafka_security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=tls, use_ssl=True) if tls else None
    kinds = {
        "SCRAM-SHA-512": SASLScram512,
        "SCRAM-SHA-256": SASLScram256,
        "PLAIN": SASLPlaintext,
    }
    password = settings.kafka_sasl_password
    return kinds[settings.kafka_sasl_mechanism](
        username=settings.kafka_sasl_username or "",
        password=password.get_secret_value() if password else "",
        ssl_context=tls,
        use_ssl=tls is not None,
    )
