"""What docker-compose.yml, its image and its settings promise, read without a container engine."""

import re
import subprocess
from itertools import chain
from pathlib import Path

import pytest
import yaml

from deploy.asking import AskingFailedError, target_of
from deploy.certificates import ADMIN, SUPER_USERS
from deploy.docker.keys import DATABASES, OWNERS, make_keys
from deploy.docker.keys import OURS as OURS_USER
from deploy.local import entry
from deploy.local.addresses import Addresses
from deploy.local.errors import DataDirectoryError
from deploy.local.jars import KAFKA_VERSION
from deploy.local.mongod import OPLOG_MB, REPLICA_SET, SLOW_MILLISECONDS, TRANSACTION_SECONDS
from deploy.local.ports import Ports
from deploy.local.services import SERVICES
from deploy.local.topics import settings_of
from services.people.usecases.import_people import LARGEST_FILE
from shared.edge import QUIET_ROUTES
from shared.health import STARVED_SECONDS
from shared.runtime import STOP_SECONDS
from shared.serve import GRACE_SECONDS
from shared.setting_forms import SECRETS_DIR, variable
from shared.settings import Settings, read

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
CONTAINERS = COMPOSE["services"]
ONE_SHOTS = {"keys", "users", "topics", "indexes", "replica-set"}
ENGINES = {"kafka", "mongo"}
WATCHERS = {"prometheus", "grafana"}
ASKED = {"ops"}
"""Runs when somebody has a command for it."""
LASTING = sorted(set(CONTAINERS) - ONE_SHOTS - ASKED)
OURS = sorted({*SERVICES, *ASKED, "trial", "users", "topics", "indexes"})
DEFAULT = re.compile(r"\$\{(\w+):-([^}]*)\}")
SET = re.compile(r"\$\{\w+:\+[^}]*\}")
"""What stands there only where a variable is set."""
DOCKERFILE = (ROOT / "deploy/docker/Dockerfile").read_text()


def by_default(text: str, **variables: str) -> str:
    """The text as it is where nothing is set, but for these variables."""
    for name, value in variables.items():
        text = re.sub(rf"\$\{{{name}:-[^}}]*\}}", value, text)
    return SET.sub("", DEFAULT.sub(lambda match: match[2], text))


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """All secrets of a trial, a directory for each container."""
    make_keys(tmp_path)
    return tmp_path


def env_file(path: str) -> dict[str, str]:
    lines = (ROOT / by_default(path)).read_text().splitlines()
    rows = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: by_default(value) for name, _, value in rows}


def told(service: str) -> dict[str, str]:
    """The variables of a container in a trial."""
    files = [env_file(path) for path in CONTAINERS[service].get("env_file", [])]
    return {**dict(chain.from_iterable(map(dict.items, files))), **CONTAINERS[service].get("environment", {})}


def settings_from(monkeypatch, variables: dict[str, str], secrets: Path, service: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("/run/cairn/secrets", str(secrets)))
    monkeypatch.setenv(SECRETS_DIR, str(secrets))
    return read(service)


def host_ports() -> dict[str, list[int]]:
    return {
        name: [int(by_default(port).split(":")[1]) for port in container.get("ports", [])]
        for name, container in CONTAINERS.items()
    }


def test_every_service_of_the_suite_has_its_container():
    for service in SERVICES:
        assert CONTAINERS[service]["command"] == ["python", "-m", "shared.serve", f"services.{service}"]
        assert CONTAINERS[service]["image"] == CONTAINERS["topics"]["image"]
    assert CONTAINERS["indexes"]["command"][3:] == [f"services.{service}" for service in SERVICES]
    assert set(CONTAINERS) == {*SERVICES, *ONE_SHOTS, *ENGINES, *WATCHERS, *ASKED, "trial"}
    profiles = {name: each["profiles"] for name, each in CONTAINERS.items() if "profiles" in each}
    assert profiles == {"trial": ["dev"], "ops": ["ops"]} | {name: ["observability"] for name in WATCHERS}


def test_every_image_of_ours_is_built_once_and_where_no_profile_is_chosen():
    """Compose pulls what no enabled container builds, and stops where nobody has it."""
    built = [each["image"] for each in CONTAINERS.values() if "build" in each and "profiles" not in each]
    assert len(built) == len(set(built)) == sum("build" in each for each in CONTAINERS.values())
    assert set(built) == {each["image"] for each in CONTAINERS.values() if each["image"].startswith("cairn-")}


@pytest.mark.parametrize("name", [*OURS, *sorted(WATCHERS), "mongo", "replica-set"])
def test_container_is_fenced_in(name):
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "cap_add" not in container
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["init"] is True
    assert container["tmpfs"][0].startswith("/tmp:")


def test_who_gives_keys_away_is_root_without_a_network():
    container = CONTAINERS["keys"]
    assert container["network_mode"] == "none"
    assert container["cap_drop"] == ["ALL"]
    assert set(container["cap_add"]) == {"CHOWN", "DAC_OVERRIDE", "FOWNER"}
    assert container["read_only"] is True


def volumes(name: str, **variables: str) -> dict[str, str]:
    """What a container mounts, by where it does, given what is set in the environment."""
    text = "\n".join(CONTAINERS[name].get("volumes", []))
    for variable_name, value in variables.items():
        text = re.sub(rf"\$\{{{variable_name}:\+\$\{{{variable_name}:-\}}/\}}", f"{value}/", text)
    rows = (line.removesuffix(":ro").rpartition(":") for line in by_default(text).splitlines())
    return {target: source for source, _, target in rows}


OF_ADMIN = ("topics", "indexes", "ops")


@pytest.mark.parametrize("name", [*SERVICES, "kafka", "mongo", *OF_ADMIN])
def test_container_sees_its_own_secrets_alone(name):
    of_others = {"kafka": "kafka-keys", "mongo": "mongo-keys"} | dict.fromkeys(OF_ADMIN, "admin")
    own = of_others.get(name, name)
    everybody = {*OWNERS, "authority"}
    assert everybody & set(volumes(name).values()) == {own}
    (mounted,) = (source for source in volumes(name, CAIRN_SECRETS="/own").values() if "/own" in source)
    assert mounted == f"/own/{own}"


def test_a_trial_sees_the_secrets_of_those_whom_it_gives_some():
    seen = {*OWNERS, "authority"} & set(volumes("trial").values())
    assert seen == {"people", "notifications", "admin"}


@pytest.mark.parametrize("name", SERVICES)
def test_service_keeps_in_a_journal_of_its_own_what_no_restore_may_turn_back(name):
    journal = "/var/lib/cairn/journal"
    assert volumes(name)[journal] == f"{name}-journal"
    assert volumes(name, CAIRN_JOURNALS="/own")[journal] == f"/own/{name}-journal"
    assert f"{name}-journal" in COMPOSE["volumes"]
    others = (set(volumes(other).values()) for other in CONTAINERS if other != name)
    assert f"{name}-journal" not in set(chain.from_iterable(others)), "nobody else writes there"
    assert told(name)["CAIRN_AUDIT_ANCHOR_FILE"].startswith(f"{journal}/")
    assert told(name).get("CAIRN_ERASURE_LOG_FILE", "").startswith(journal if name == "people" else "")
    assert journal in DOCKERFILE, "a new volume takes its owner from the image"


def test_whoever_needs_keys_waits_until_all_are_made():
    """An optional dependency that fails is only warned of; one with no containers is not waited for."""
    for name in ("kafka", "mongo", "trial"):
        assert CONTAINERS[name]["depends_on"]["keys"] == {"condition": "service_completed_successfully"}
    for name in {*CONTAINERS} - {"keys", "kafka", "mongo", *WATCHERS, *ASKED}:
        assert "keys" in needed(name), name
    optional = {
        other
        for container in CONTAINERS.values()
        for other, rule in container.get("depends_on", {}).items()
        if rule.get("required") is False
    }
    assert optional == {"trial"}


def needed(name: str) -> set[str]:
    """All that must be there before a container starts."""
    waits = {
        other for other, rule in CONTAINERS[name].get("depends_on", {}).items() if rule.get("required", True)
    }
    return waits | set(chain.from_iterable(map(needed, waits)))


def test_keys_are_given_to_the_users_of_the_containers():
    assert {target.rpartition("/")[2] for target in volumes("keys")} == {*OWNERS, "authority"}
    assert CONTAINERS["mongo"]["user"] == f"{DATABASES}:{DATABASES}"
    assert f"USER {OURS_USER}:{OURS_USER}" in DOCKERFILE


def test_engines_take_nobody_without_a_user_nor_in_the_clear():
    broker = {name: by_default(value) for name, value in told("kafka").items()}
    protocols = dict(each.split(":") for each in broker["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    listeners = {each.partition(":")[0] for each in broker["KAFKA_LISTENERS"].split(",")}
    assert listeners == set(protocols)
    assert set(protocols.values()) == {"SSL", "SASL_SSL"}
    for listener, protocol in protocols.items():
        if protocol == "SSL":
            assert broker[f"KAFKA_LISTENER_NAME_{listener}_SSL_CLIENT_AUTH"] == "required"
    assert broker["KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"] == "false"
    assert broker["KAFKA_SUPER_USERS"] == ";".join(SUPER_USERS)
    command = CONTAINERS["mongo"]["command"]
    assert command[command.index("--tlsMode") + 1] == "requireTLS"
    assert "--keyFile" in command
    assert f'USER = "{ADMIN}"' in (ROOT / "deploy/mongo/initiate.js").read_text()


def test_broker_has_no_capabilities():
    assert CONTAINERS["kafka"]["cap_drop"] == ["ALL"]
    assert CONTAINERS["kafka"]["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_container_has_limits_a_restart_rule_and_bounded_logs(name):
    container = CONTAINERS[name]
    limits = container["deploy"]["resources"]["limits"]
    assert {"memory", "pids"} <= set(limits)
    assert container["restart"] == ("no" if name in ONE_SHOTS | ASKED else "unless-stopped")
    assert {"max-size", "max-file"} <= set(container["logging"]["options"])


@pytest.mark.parametrize("name", LASTING)
def test_lasting_container_is_watched(name):
    assert "healthcheck" in CONTAINERS[name] or "HEALTHCHECK" in DOCKERFILE
    assert not CONTAINERS[name].get("healthcheck", {}).get("disable")


@pytest.mark.parametrize("name", SERVICES)
def test_service_waits_for_what_it_needs_and_has_time_to_finish(name):
    waits = {other: rule["condition"] for other, rule in CONTAINERS[name]["depends_on"].items()}
    assert waits == {
        "kafka": "service_healthy",
        "mongo": "service_healthy",
        "trial": "service_healthy",
        "users": "service_completed_successfully",
        "topics": "service_completed_successfully",
        "indexes": "service_completed_successfully",
    }
    grace = int(CONTAINERS[name]["stop_grace_period"].removesuffix("s"))
    assert grace > GRACE_SECONDS + STOP_SECONDS


@pytest.mark.parametrize("name", SERVICES)
def test_service_that_no_longer_lives_ends_to_be_started_again(name):
    """Nothing else in compose acts on a container that is unhealthy."""
    assert float(told(name)["CAIRN_WATCHDOG_SECONDS"]) > STARVED_SECONDS
    assert CONTAINERS[name]["restart"] == "unless-stopped"


def test_one_shots_are_waited_for_so_that_up_wait_knows_they_may_end():
    awaited = {
        other
        for container in CONTAINERS.values()
        for other, rule in container.get("depends_on", {}).items()
        if rule["condition"] == "service_completed_successfully"
    }
    assert awaited == ONE_SHOTS


def test_nothing_is_published_beyond_this_machine_by_default():
    for name, container in CONTAINERS.items():
        for port in container.get("ports", []):
            assert by_default(port).startswith("127.0.0.1:"), name
            if name not in {*SERVICES, "kafka"}:
                assert port.startswith("127.0.0.1:"), f"{name} stays on this machine"


def test_ports_follow_the_plan_of_the_suite():
    plan = Ports.from_base(8500)
    expected = {service: [getattr(plan, service)] for service in SERVICES}
    expected |= {"kafka": [plan.kafka], "mongo": [plan.mongo], "trial": [plan.issuer, plan.smtp]}
    expected |= {"prometheus": [8550], "grafana": [8560]}
    assert {name: ports for name, ports in host_ports().items() if ports} == expected
    assert by_default(TEXT).count("--port-base, ") == 1
    assert '--port-base, "8500"' in by_default(TEXT)


def test_broker_sends_each_client_back_to_where_it_came_from():
    told_broker = {name: by_default(value) for name, value in told("kafka").items()}
    assert told_broker["KAFKA_ADVERTISED_LISTENERS"] == (
        "INSIDE://kafka:9092,NODES://kafka:9094,HOST://127.0.0.1:8520"
    )
    (port,) = CONTAINERS["kafka"]["ports"]
    assert f"HOST://:{port.rpartition(':')[2]}" in told_broker["KAFKA_LISTENERS"].split(",")
    assert told_broker["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_brokers_are_reached_from_elsewhere_by_a_name_that_their_certificate_has():
    name, bind = "kafka.example.com", "192.0.2.7"
    texts = (TEXT, (ROOT / "docker-compose.scale.yml").read_text())
    for text in (by_default(each, CAIRN_KAFKA_HOST=name, CAIRN_KAFKA_BIND=bind) for each in texts):
        assert "HOST://127.0.0.1" not in text
        assert text.count(f"HOST://{name}:") == text.count(f'"{bind}:852')
        (command,) = re.findall(r"deploy\.docker\.keys.*?--host\W+(\S+\w)", text, re.DOTALL)
        assert command == name


def test_engines_are_those_of_a_machine_without_containers():
    assert CONTAINERS["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"
    command = CONTAINERS["mongo"]["command"]
    assert f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}" in command
    assert command[command.index("--replSet") + 1] == REPLICA_SET
    assert command[command.index("--oplogSize") + 1] == str(OPLOG_MB)
    assert command[command.index("--slowms") + 1] == str(SLOW_MILLISECONDS)
    assert f'_id: "{REPLICA_SET}"' in (ROOT / "deploy/mongo/initiate.js").read_text()


def test_images_of_others_are_of_one_patch_version():
    pinned = {c["image"] for c in CONTAINERS.values() if not c["image"].startswith("cairn-")}
    bases = re.findall(r"^FROM (\S+:\S+)", DOCKERFILE, re.MULTILINE)
    assert bases
    (python,) = re.findall(r"^ARG PYTHON=(\S+)", DOCKERFILE, re.MULTILINE)
    for image in [*pinned, *(base.replace("${PYTHON}", python) for base in bases)]:
        assert re.search(r":v?\d+\.\d+\.\d+(-slim)?$", image), image


@pytest.mark.parametrize("service", SERVICES)
def test_service_takes_what_it_is_told_in_a_trial(service, monkeypatch, secrets):
    variables = told(service)
    known = {variable(name) for name in Settings.model_fields} | {SECRETS_DIR}
    assert set(variables) <= known
    assert volumes(service)[variables[SECRETS_DIR]] == service
    settings = settings_from(monkeypatch, variables, secrets / service, service)
    assert settings.kafka_sasl_username == f"cairn-{service}"
    assert f"//cairn-{service}:" in settings.mongo_url.get_secret_value()
    assert settings.oidc_issuer == "http://127.0.0.1:8509"
    assert settings.service_urls == {name: f"http://{name}:8000" for name in SERVICES}


def test_people_takes_the_identity_providers_token_from_a_secret_file_and_its_groups_roles(
    monkeypatch, secrets
):
    (secrets / "people" / "scim_token").write_text("x" * 32 + "\n")
    variables = told("people")
    assert "CAIRN_SCIM_TOKEN" not in variables, "a secret is a file"
    settings = settings_from(monkeypatch, variables, secrets / "people", "people")
    assert settings.scim_token is not None
    assert settings.scim_token.get_secret_value() == "x" * 32
    assert set(settings.scim_roles.values()) == {"hr_admin", "hr_partner", "executive", "auditor"}
    example = (ROOT / "deploy/docker/settings/example/services.env").read_text()
    assert "#CAIRN_SCIM_ROLES=" in example
    for text in (example, (ROOT / ".env.example").read_text(), (ROOT / "docs/compose.md").read_text()):
        assert "scim_token" in text


@pytest.mark.parametrize("service", SERVICES)
def test_service_takes_the_example_of_an_own_issuer(service, monkeypatch, secrets):
    directory = "deploy/docker/settings/example"
    variables = env_file(f"{directory}/services.env") | CONTAINERS[service]["environment"]
    if service == "notifications":
        variables |= env_file(f"{directory}/notifications.env")
    settings = settings_from(monkeypatch, variables, secrets / service, service)
    assert not settings.development


def test_administrator_comes_to_kafka_by_certificate(monkeypatch, secrets):
    settings = settings_from(monkeypatch, told("users"), secrets / "admin", "provision")
    assert (settings.kafka_security_protocol, settings.kafka_bootstrap) == ("SSL", ("kafka:9094",))
    assert settings.kafka_certificate_file == secrets / "admin" / "kafka.pem"
    for name in OF_ADMIN:
        assert told(name) == told("users")


def test_the_cairn_command_finds_from_the_variables_of_a_container_what_it_asks(
    monkeypatch, secrets, tmp_path
):
    settings_from(monkeypatch, told("ops"), secrets / "admin", "cairn")
    found = Addresses.load(tmp_path)
    assert found.services == {name: f"http://{name}:8000" for name in SERVICES}
    assert found.mongo.startswith(f"mongodb://{ADMIN}:")
    assert entry.mongo_options(found) == {}, "its address says all"
    assert settings_of(entry.settings(found)).kafka_security_protocol == "SSL"
    with pytest.raises(AskingFailedError, match="a token is missing"):
        target_of("people", person="officer", url=None, token=None, data=tmp_path)
    target = target_of("people", person="officer", url=None, token="t", data=tmp_path)
    assert (target.url, target.token) == ("http://people:8000", "t")
    monkeypatch.delenv("CAIRN_SERVICE_URLS")
    with pytest.raises(DataDirectoryError, match="no suite is running"):
        Addresses.load(tmp_path)


def test_example_of_settings_names_all_that_compose_asks_for():
    files = [ROOT / "docker-compose.yml", *(ROOT / "deploy/docker/settings").rglob("*.env")]
    asked = {name for path in files for name, _ in DEFAULT.findall(path.read_text())}
    assert "CAIRN_SECRETS" in asked
    offered = set(re.findall(r"^#(CAIRN_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert asked == offered


def test_the_example_as_it_stands_is_a_trial():
    said = env_file(".env.example")
    assert said == {"COMPOSE_PROFILES": "dev"}
    assert CONTAINERS["trial"]["profiles"] == [said["COMPOSE_PROFILES"]]


def test_production_names_what_is_missing_and_makes_nothing_up():
    text = (ROOT / "docker-compose.production.yml").read_text()
    required = dict(re.findall(r"\$\{(\w+):\?([^}]*)\}", text))
    assert set(required) == {"CAIRN_SETTINGS", "CAIRN_SECRETS"}
    assert all(message.startswith("must name a directory") for message in required.values())
    assert yaml.safe_load(text)["services"] == {"keys": {"scale": 0}, "trial": {"scale": 0}}


def test_image_takes_packages_by_hash_alone_and_runs_as_nobody_special():
    installs = [line for line in DOCKERFILE.splitlines() if "pip --python" in line]
    assert len(installs) == 2
    for line in installs:
        assert "--require-hashes" in line
        assert "--only-binary :all:" in line
    for target in ("service", "trial"):
        stage = re.split(r"^FROM .* AS ", DOCKERFILE, flags=re.MULTILINE)
        (body,) = (part for part in stage if part.startswith(f"{target}\n"))
        assert re.findall(r"^USER (.*)$", body, re.MULTILINE)[-1] == "10001:10001"


def test_trial_runs_the_versions_that_are_locked_elsewhere():
    def pins(lock: str) -> dict[str, str]:
        text = (ROOT / "requirements" / f"{lock}.lock").read_text()
        return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))

    elsewhere = pins("local") | pins("runtime")
    assert pins("trial").items() <= elsewhere.items()


def test_builder_is_sent_only_what_images_are_made_of():
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in {"", "#"}]
    assert rules[0] == "*"
    assert {rule for rule in rules if rule.startswith("!")} == {
        "!requirements/*.lock",
        "!shared",
        "!services",
        "!deploy",
    }


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_health_check_says_what_readyz_says(httpserver, monkeypatch, status, code):
    httpserver.expect_request("/readyz").respond_with_data("mongo: no answer", status=status)
    monkeypatch.setenv("CAIRN_HTTP_PORT", str(httpserver.port))
    ended = health_check()
    assert ended.returncode == code
    assert ended.stdout == ("" if code == 0 else "mongo: no answer")


def test_health_check_fails_where_nobody_answers(monkeypatch):
    monkeypatch.setenv("CAIRN_HTTP_PORT", "1")
    assert health_check().returncode == 1


def health_check() -> subprocess.CompletedProcess[str]:
    script = ROOT / "deploy/docker/ready"
    return subprocess.run([script], capture_output=True, text=True, timeout=20, check=False)


def test_sample_of_a_proxy_takes_the_largest_file_and_publishes_no_probe():
    page = (ROOT / "docs/compose.md").read_text()
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", page)
    assert int(megabytes) << 20 > LARGEST_FILE, "the service itself says that a file is too large"
    (refused,) = re.findall(r"location ~ (\S+) \{ return 404; \}", page)
    assert all(re.search(refused, path) for path in QUIET_ROUTES)
