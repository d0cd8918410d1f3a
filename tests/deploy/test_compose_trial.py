"""What stands around the suite in a trial: its secrets, its addresses, its small servers."""

import stat
from email import message_from_bytes
from email.message import EmailMessage
from urllib.parse import urlsplit

import aiosmtplib
import httpx
import jwt
import pytest
from asgi_lifespan import LifespanManager
from cryptography import x509

from deploy.credentials import Credentials
from deploy.docker.keys import make_keys
from deploy.docker.trial import give_secrets, tell_addresses, trial_app
from deploy.local.addresses import Addresses
from deploy.local.issuer import Issuer, issuer_of
from deploy.local.ports import Ports, free_ports
from deploy.local.scim import scim_token_of
from deploy.local.webhooks import webhook_secret_of

PORTS = Ports.from_base(8500)


@pytest.fixture
def issuer(tmp_path) -> Issuer:
    return issuer_of(tmp_path, PORTS.issuer)


def modes(directory) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in directory.rglob("*") if path.is_file()}


def test_notifications_alone_is_given_a_token_and_people_alone_the_identity_providers(tmp_path, issuer):
    secrets = tmp_path / "secrets"
    give_secrets(secrets, issuer=issuer, scim_token="of-the-provider")
    (written,) = secrets.rglob("service_token")
    claims = jwt.decode(
        written.read_text(),
        jwt.PyJWK(issuer.key.as_dict(private=False)),
        algorithms=["ES256"],
        audience="cairn",
        issuer="http://127.0.0.1:8509",
    )
    assert (written.parent.name, claims["sub"]) == ("notifications", "service:notifications")
    assert claims["roles"] == ["service"]
    assert [path.parent.name for path in secrets.rglob("scim_token")] == ["people"]
    assert modes(secrets) == {0o600}


def test_keys_are_made_once_and_only_the_sender_has_the_webhook_secret(tmp_path):
    make_keys(tmp_path)
    (secret,) = tmp_path.rglob("webhook_secret")
    assert secret.parent.name == "notifications"
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    make_keys(tmp_path)
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_password_that_was_changed_as_the_runbook_says_is_not_turned_back(tmp_path):
    make_keys(tmp_path)
    for holder in ("goals", "admin"):
        url = tmp_path / holder / "mongo_url"
        old = urlsplit(url.read_text()).password
        url.write_text(url.read_text().replace(f":{old}@", f":new-{holder}%40@") + "\n")
    (tmp_path / "mongo-keys" / "admin-password").write_text("new-admin@")
    (tmp_path / "mongo-keys" / "key").write_text("- old\n- new\n")
    make_keys(tmp_path, mongo=["mongo", "mongo-2"])
    for holder in ("goals", "admin"):
        url = (tmp_path / holder / "mongo_url").read_text()
        assert url.startswith(f"mongodb://cairn-{holder}:new-{holder}%40@mongo:27017,mongo-2:27017/")
        assert (tmp_path / holder / "mongo_password").read_text() == f"new-{holder}@"
    assert (tmp_path / "mongo-keys" / "admin-password").read_text() == "new-admin@"
    assert (tmp_path / "mongo-keys" / "key").read_text() == "- old\n- new\n"


def test_keys_of_many_are_good_for_each_of_them(tmp_path):
    make_keys(tmp_path, kafka=["kafka", "kafka-2"], mongo=["mongo", "mongo-2"])
    for file, names in (
        ("kafka-keys/kafka.pem", {"kafka", "kafka-2"}),
        ("mongo-keys/mongo.pem", {"mongo", "mongo-2"}),
    ):
        certificate = x509.load_pem_x509_certificate((tmp_path / file).read_bytes())
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names <= set(named.get_values_for_type(x509.DNSName))
    url = (tmp_path / "goals" / "mongo_url").read_text()
    assert url.rpartition("@")[2].startswith("mongo:27017,mongo-2:27017/?replicaSet=")


def test_host_is_told_its_own_addresses_and_can_sign_what_the_services_take(tmp_path, issuer):
    administrator = Credentials(tmp_path / "keys").of("admin")
    make_keys(tmp_path / "keys")
    tell_addresses(tmp_path, ports=PORTS, issuer=issuer, administrator=administrator)
    inside, outside = Addresses.load(tmp_path), Addresses.load(tmp_path / "host")
    assert inside.services["goals"] == "http://goals:8000"
    assert outside.services["goals"] == "http://127.0.0.1:8502"
    assert (inside.kafka, outside.kafka) == ("kafka:9092", "127.0.0.1:8520")
    assert inside.issuer == outside.issuer == issuer_of(tmp_path / "host", outside.issuer_port).url
    assert issuer_of(tmp_path / "host", outside.issuer_port).key.kid == issuer.key.kid
    assert (tmp_path / "host" / "scim-token").read_text() == scim_token_of(tmp_path)
    assert modes(tmp_path / "host") <= {0o600, 0o644}


async def test_trial_publishes_its_key_checks_webhooks_and_keeps_mail(tmp_path, issuer):
    (smtp_port,) = free_ports(1)
    secret = webhook_secret_of(tmp_path)
    app = trial_app(tmp_path, issuer=issuer, webhook_secret=secret, smtp_port=smtp_port)
    async with (
        LifespanManager(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://trial") as client,
    ):
        (key,) = (await client.get("/jwks.json")).json()["keys"]
        assert "d" not in key
        assert key["kid"] == issuer.key.kid
        assert (await client.post("/webhooks", json={})).status_code == 401
        assert (await client.get("/readyz")).is_success
        assert (await client.get("/mails")).text == "no mail yet\n"
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "cairn@localhost", "a@example.org", "A goal"
        message.set_content("It was agreed.")
        await aiosmtplib.send(message, hostname="127.0.0.1", port=smtp_port, start_tls=False)
        shown = (await client.get("/mails")).text
        assert all(words in shown for words in ("To: a@example.org", "Subject: A goal", "It was agreed."))
    (kept,) = (tmp_path / "mail").glob("*.eml")
    assert message_from_bytes(kept.read_bytes())["Subject"] == "A goal"
