"""Production as docs/compose.md says it, from nothing: no image, no volume, nobody who signs for anybody."""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509

from deploy.certificates import certificates_in
from deploy.docker.keys import DATABASES, KAFKA, MONGO, OURS
from deploy.local.entry import properties
from deploy.local.kept import put
from deploy.local.services import SERVICES
from tests.compose.production import House, furnished
from tests.compose.stack import FOR_REAL, ONE_SHOTS, Compose, standing

FILES = ("docker-compose.yml", "docker-compose.production.yml")
FRESH = "fresh-try"
IMAGES = (f"cairn-service:{FRESH}", f"cairn-trial:{FRESH}")
NOT_RUN = {"keys"}
SEEN_SECONDS = 180
"""Certificates are looked at once a minute."""
GATEWAY = "{{(index .IPAM.Config 0).Gateway}}"
"""Where containers find this machine."""

pytestmark = [
    *FOR_REAL,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root gives secrets to the users of the containers"),
]


def fresh(compose: Compose, **variables: str) -> Compose:
    """The project on ports beside the others, with images that are not there."""
    compose.environment |= {"CAIRN_VERSION": FRESH, **variables}
    compose.docker("image", "rm", "--force", *IMAGES)
    return compose


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    address = Compose().docker("network", "inspect", "bridge", "--format", GATEWAY).strip()
    with furnished(tmp_path_factory.mktemp("production"), address=address) as house:
        yield house


@pytest.fixture(scope="module")
def compose(house: House) -> Iterator[Compose]:
    compose = Compose("cairn-production-try", files=FILES, ports="89", profiles=())
    fresh(compose, CAIRN_SETTINGS=str(house.settings), CAIRN_SECRETS=str(house.secrets))
    with standing(compose) as compose:
        yield compose
    compose.docker("image", "rm", "--force", *IMAGES)


def url_of(compose: Compose, service: str) -> str:
    number = 1 + SERVICES.index(service)
    return f"http://127.0.0.1:{compose.environment['CAIRN_PORTS']}{number:02}"


def bearer(house: House, *roles: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.issuer.sign('somebody', roles)}"}


def test_it_stands_and_nothing_of_a_trial_runs(compose):
    states = compose.states()
    healthy = {name for name, state in states.items() if state["Health"] == "healthy"}
    assert healthy == {*SERVICES, "kafka", "mongo"}
    ended = {name: state["ExitCode"] for name, state in states.items() if state["State"] == "exited"}
    assert ended == dict.fromkeys(ONE_SHOTS - NOT_RUN, 0)
    assert set(states) == healthy | set(ended)


def hired(compose: Compose, house: House, email: str) -> None:
    """Somebody joins."""
    body = {"given_name": "Mai", "email": email}
    url = f"{url_of(compose, 'people')}/people"
    told = httpx.post(url, json=body, headers=bearer(house, "hr_admin"), trust_env=False, timeout=30)
    assert told.status_code == 201, told.text


def test_who_has_a_token_of_the_issuer_is_answered_and_nobody_else(compose, house):
    url = f"{url_of(compose, 'people')}/people"
    hired(compose, house, "mai@example.com")
    with httpx.Client(trust_env=False, timeout=30) as http:
        assert http.get(url).status_code == 401
        found = http.get(url, headers=bearer(house, "hr_admin")).json()["items"]
        assert "mai@example.com" in {each["email"] for each in found}
        forged = bearer(house, "hr_admin")["Authorization"][:-6] + "xxxxxx"
        assert http.get(url, headers={"Authorization": forged}).status_code == 401


def operated(compose: Compose, *command: str, code: int = 0, given: tuple[str, ...] = ()) -> str:
    """What a command of the operator prints."""
    ended = compose.ask(
        "run", "--rm", "-T", "--env", "COLUMNS=200", *given, "ops", "cairn", *command, seconds=120
    )
    assert ended.returncode == code, (ended.stdout, ended.stderr)
    return ended.stdout


def test_the_runbooks_commands_run(compose, house):
    told = operated(compose, "status")
    assert all(service in told for service in SERVICES)
    assert "Error" not in told
    assert json.loads(operated(compose, "parked", "list", "--json")) == []
    assert "0 to be tried again" in operated(compose, "parked", "redrive", "--all")
    assert "cairn.goals.events" in operated(compose, "topics")


def test_the_audit_is_verified_against_the_anchors(compose, house, tmp_path: Path):
    hired(compose, house, "lan@example.com")
    anchors = tmp_path / "anchors.jsonl"
    anchors.write_text("")
    anchors.chmod(0o644)
    mounted = ("--volume", f"{anchors}:/anchors.jsonl:ro")
    told = operated(compose, "audit", "verify", "--anchors", "/anchors.jsonl", given=mounted)
    assert all(service in told for service in SERVICES)
    shown = operated(compose, "audit", "show", "--service", "people")
    assert "join_person" in shown


def test_people_are_erased_again_with_a_token_of_the_issuer(compose, house, tmp_path: Path):
    log = tmp_path / "erasures.log"
    log.write_text(json.dumps({"person_id": "person_gone", "ground": "objection", "case": "C-1"}) + "\n")
    token = house.issuer.sign("officer", ["privacy_officer"])
    mounted = ("--volume", f"{log}:/erasures.log:ro", "--env", f"CAIRN_TOKEN={token}")
    ended = compose.ask(
        "run", "--rm", "-T", *mounted, "ops", "cairn", "privacy", "erase", "--again", "/erasures.log"
    )
    assert "person_gone" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def changed(path: Path, text: str) -> None:
    """Put a secret in place as its owner has it."""
    owner = path.stat()
    put(path, text)
    os.chown(path, owner.st_uid, owner.st_gid)


def one_shot(compose: Compose, name: str) -> str:
    """What a one-shot says that must end well."""
    ended = compose.beside(name, seconds=180)
    assert ended.returncode == 0, (ended.stdout, ended.stderr)
    return ended.stdout + ended.stderr


def test_passwords_are_changed_as_the_runbook_says(compose, house):
    admin, databases = house.secrets / "admin", house.secrets / "mongo-keys"
    before = (databases / "admin-password").read_text()
    changed(databases / "admin-password", "another")
    refused = compose.beside("replica-set", seconds=180)
    assert refused.returncode != 0
    assert "admin-password-before" in refused.stdout + refused.stderr
    put(databases / "admin-password-before", before)
    os.chown(databases / "admin-password-before", DATABASES, DATABASES)
    assert "has a new password" in one_shot(compose, "replica-set")
    changed(admin / "mongo_url", (admin / "mongo_url").read_text().replace(before, "another"))
    (databases / "admin-password-before").unlink()
    assert "has a new password" not in one_shot(compose, "replica-set")
    assert json.loads(operated(compose, "parked", "list", "--json")) == []
    changed(admin / "kafka_sasl_password", "of-the-administrator")
    changed(house.secrets / "integrators/analyst/kafka_sasl_password", "of-the-analyst")
    goals = house.secrets / "goals"
    password = urlsplit((goals / "mongo_url").read_text()).password or ""
    changed(goals / "mongo_url", (goals / "mongo_url").read_text().replace(password, "of-goals"))
    changed(goals / "kafka_sasl_password", "of-goals-too")
    one_shot(compose, "users")
    compose.run("restart", "goals")
    compose.up()
    for text in ("of-the-analyst", "wrong"):
        told = properties("analyst", text, ca=Path("/run/cairn/keys/ca.pem"))
        changed(house.secrets / "kafka-keys/analyst.properties", told)
        asked = ("--bootstrap-server", "kafka:9092", "--command-config", "/run/cairn/keys/analyst.properties")
        script = ("exec", "-T", "kafka", "/opt/kafka/bin/kafka-topics.sh", *asked, "--list")
        assert (compose.ask(*script).returncode == 0) is (text != "wrong"), text


def test_the_identity_providers_token_is_changed_as_the_runbook_says(compose, house):
    def told(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{url_of(compose, 'people')}/scim/v2/Users"
        return httpx.get(url, headers=headers, trust_env=False, timeout=30).status_code

    file = house.secrets / "people/scim_token"
    old, new = "o" * 40, "n" * 40
    put(file, old)
    os.chown(file, OURS, OURS)
    compose.run("restart", "people")
    compose.up()
    assert (told(old), told(new)) == (200, 401)
    changed(file, new)
    compose.run("restart", "people")
    compose.up()
    assert (told(old), told(new)) == (401, 200)


def ends(path: Path) -> float:
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc.timestamp()


def shown(compose: Compose) -> dict[str, float]:
    """When what the engines show ends, as goals sees it."""
    text = httpx.get(f"{url_of(compose, 'goals')}/metrics", trust_env=False, timeout=30).text
    line = re.compile(r'^cairn_certificate_expires\S*\{file="(\S+?)",.*use="\w+_peer"\} (\S+)$', re.MULTILINE)
    found = line.findall(text)
    return {file: float(value) for file, value in found}


def test_certificates_are_changed_as_the_runbook_says_and_what_is_shown_is_seen(compose, house):
    files = {"kafka:9092": "kafka-keys/kafka.pem", "mongo:27017": "mongo-keys/mongo.pem"}
    names = ("kafka.pem", "mongo.pem", "admin.pem")
    for name in names:
        (house.secrets / "authority" / name).unlink()
    made = certificates_in(house.secrets / "authority", kafka=KAFKA, mongo=MONGO)
    for place, path in ((files["kafka:9092"], made.kafka), (files["mongo:27017"], made.mongo)):
        changed(house.secrets / place, path.read_text())
    changed(house.secrets / "admin/kafka.pem", made.admin.read_text())
    for engine in ("kafka", "mongo"):
        compose.run("restart", engine, seconds=180)
        compose.up()
    one_shot(compose, "topics")
    wanted = {address: ends(house.secrets / file) for address, file in files.items()}
    deadline = time.monotonic() + SEEN_SECONDS
    while shown(compose) != pytest.approx(wanted):
        assert time.monotonic() < deadline, (shown(compose), wanted)
        time.sleep(1)


def replaced(compose: Compose, *services: str) -> None:
    """Start services again together, and wait until all are healthy."""
    compose.run("restart", *services, seconds=300)
    compose.up()


@pytest.mark.timeout(1200)
def test_the_authority_is_changed_as_the_runbook_says(compose, house, tmp_path: Path):
    authority, kafka, mongo = (house.secrets / name for name in ("authority", "kafka-keys", "mongo-keys"))
    made = certificates_in(tmp_path / "another", kafka=KAFKA, mongo=MONGO)
    trusting = [path for path in house.secrets.rglob("ca.pem") if path.parent != authority]
    assert len(trusting) >= len(SERVICES) + 3
    before, after = (authority / "ca.pem").read_text(), made.ca.read_text()
    for trusted in (before + after, after):
        for path in trusting:
            changed(path, trusted)
        for together in (("kafka",), ("mongo",), SERVICES):
            replaced(compose, *together)
        one_shot(compose, "topics")
        for place, path in (
            (kafka / "kafka.pem", made.kafka),
            (mongo / "mongo.pem", made.mongo),
            (house.secrets / "admin/kafka.pem", made.admin),
        ):
            changed(place, path.read_text())
        for engine in ("kafka", "mongo"):
            replaced(compose, engine)
        one_shot(compose, "topics")
        one_shot(compose, "users")
        assert json.loads(operated(compose, "parked", "list", "--json")) == []
    for path in authority.iterdir():
        path.unlink()
    for path in made.directory.iterdir():
        put(authority / path.name, path.read_text())


@pytest.mark.timeout(600)
def test_the_key_of_the_replica_set_is_changed_as_the_runbook_says(compose, house):
    file = house.secrets / "mongo-keys/key"
    old, new = file.read_text().strip(), "bmV3" * 64
    for keys in ([old, new], [new, old], [new]):
        changed(file, "".join(f"- {key}\n" for key in keys))
        replaced(compose, "mongo")
    assert json.loads(operated(compose, "parked", "list", "--json")) == []


def test_without_a_profile_all_that_is_needed_is_built():
    alone = fresh(Compose("cairn-alone-try", ports="88", profiles=()))
    try:
        alone.run("create", "--build", seconds=600)
        assert set(alone.states()) == {*SERVICES, *ONE_SHOTS, "kafka", "mongo"}
    finally:
        alone.down("--volumes")
