"""Settings come from variables and secret files, and say by name what is wrong with them."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.setting_forms import is_safe_url
from shared.settings import Settings, load, read

GOOD = {
    "CAIRN_MONGO_URL": "mongodb://user:hunter2@localhost:27017/?replicaSet=rs0",
    "CAIRN_KAFKA_BOOTSTRAP": "one:9092, two:9092",
    "CAIRN_OIDC_ISSUER": "https://id.example.com",
}


@pytest.fixture
def variables(monkeypatch):
    """Nothing but the good variables is set; returns the setter of further ones."""
    for name in list(os.environ):
        if name.startswith("CAIRN_"):
            monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch.setenv


def refused(capsys, service="goals"):
    """What a service says as it refuses to start."""
    with pytest.raises(SystemExit) as end:
        load(service)
    assert end.value.code == 78
    return capsys.readouterr().err


def test_three_variables_are_enough(variables):
    settings = load("goals")
    assert settings.kafka_bootstrap == ("one:9092", "two:9092")
    assert settings.mongo_database == "cairn_goals"
    assert settings.oidc_algorithms == ("RS256", "ES256")
    assert not settings.development


def test_each_missing_variable_is_named_with_how_to_mend_it(variables, monkeypatch, capsys):
    for name in GOOD:
        monkeypatch.delenv(name)
    told = refused(capsys)
    assert "3 of its settings" in told
    for name in GOOD:
        assert f"{name} is missing" in told
    assert "mongodb://localhost:27017/?replicaSet=rs0" in told


def test_a_misspelt_variable_is_pointed_at(variables, monkeypatch, capsys):
    monkeypatch.delenv("CAIRN_MONGO_URL")
    variables("CAIRN_MONGO_ULR", GOOD["CAIRN_MONGO_URL"])
    assert "CAIRN_MONGO_ULR is set: is it meant?" in refused(capsys)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CAIRN_KAFKA_PARTITIONS", "hunter3", "CAIRN_KAFKA_PARTITIONS is wrong"),
        ("CAIRN_PARK_STOP_SHARE", "1.5", "CAIRN_PARK_STOP_SHARE is wrong"),
        ("CAIRN_OIDC_ALGORITHMS", "HS256", "CAIRN_OIDC_ALGORITHMS is wrong"),
        ("CAIRN_OIDC_ALGORITHMS", "none", "CAIRN_OIDC_ALGORITHMS is wrong"),
        ("CAIRN_OIDC_ALGORITHMS", "", "CAIRN_OIDC_ALGORITHMS is wrong"),
        ("CAIRN_OIDC_ISSUER", "http://id.example.com", "CAIRN_OIDC_ISSUER must be https"),
        ("CAIRN_OIDC_JWKS_URL", "http://keys.example.com", "CAIRN_OIDC_JWKS_URL must be https"),
        ("CAIRN_MONGO_URL", "hunter2:27017", "CAIRN_MONGO_URL must start with mongodb://"),
        ("CAIRN_KAFKA_BOOTSTRAP", "localhost", "CAIRN_KAFKA_BOOTSTRAP must be host:port"),
        ("CAIRN_KAFKA_SECURITY_PROTOCOL", "SASL_SSL", "CAIRN_KAFKA_SASL_PASSWORD is missing"),
        ("CAIRN_KAFKA_CA_FILE", "/nowhere/ca.pem", "CAIRN_KAFKA_CA_FILE names a file that is not there"),
        ("CAIRN_SMTP_USERNAME", "cairn", "CAIRN_SMTP_PASSWORD is missing"),
        ("CAIRN_AUDIT_KEEP_DAYS", "365", "CAIRN_AUDIT_ANCHOR_FILE is missing"),
        ("CAIRN_WEBHOOK_URLS", "https://hooks.example.com", "CAIRN_WEBHOOK_SECRET is missing"),
        ("CAIRN_SERVICE_URLS", "people", "CAIRN_SERVICE_URLS is wrong: must be written as name=value"),
        ("CAIRN_SCIM_ROLES", "Robots=service", "CAIRN_SCIM_ROLES is wrong"),
        ("CAIRN_SCIM_ROLES", "Robots=hr_system", "CAIRN_SCIM_ROLES is wrong"),
        (
            "CAIRN_OIDC_ROLE_MAP",
            "HR=hr_admn",
            "the roles are auditor, executive, hr_admin, hr_partner",
        ),
        ("CAIRN_OIDC_ROLE_MAP", '{"HR": ["hr_admin"]}', "CAIRN_OIDC_ROLE_MAP is wrong"),
        ("CAIRN_OIDC_ROLE_MAP", '{"HR": "hr_admin"', "CAIRN_OIDC_ROLE_MAP is wrong: must be a JSON object"),
        ("CAIRN_OIDC_ROLE_MAP", "HR", "CAIRN_OIDC_ROLE_MAP is wrong: must be written as name=value"),
        ("CAIRN_OIDC_PERSON_BY", "user_name", "CAIRN_OIDC_PERSON_BY is wrong"),
        ("CAIRN_OIDC_PERSON_BY", "email", "CAIRN_OIDC_PERSON_CLAIM is missing"),
        (
            "CAIRN_RETAIN_DAYS",
            "hunter=30",
            "the kinds are goal, feedback, request, recognition, review, notif",
        ),
        (
            "CAIRN_RETAIN_DAYS",
            "goal=0",
            "CAIRN_RETAIN_DAYS is wrong: Input should be greater than or equal to 1",
        ),
        ("CAIRN_RETAIN_DAYS", "goal=hunter", "CAIRN_RETAIN_DAYS is wrong: Input should be a valid integer"),
        (
            "CAIRN_RETAIN_DAYS",
            "goal=1,review=2, goal=1",
            "CAIRN_RETAIN_DAYS is wrong: must give each name once",
        ),
        (
            "CAIRN_RETAIN_DAYS",
            '{"goal": 1, "goal": 2}',
            "CAIRN_RETAIN_DAYS is wrong: must give each name once",
        ),
        ("CAIRN_RETAIN_DAYS", "goal", "CAIRN_RETAIN_DAYS is wrong: must be written as name=value"),
        ("CAIRN_SCIM_TOKEN", "hunter2", "CAIRN_SCIM_TOKEN is wrong"),
        ("CAIRN_SERVICE_URLS", "people=file:///etc/passwd", "CAIRN_SERVICE_URLS must hold http or https"),
        ("CAIRN_SECRETS_DIR", "/nowhere", "CAIRN_SECRETS_DIR names a directory that is not there"),
    ],
)
def test_a_wrong_variable_is_named_and_its_value_is_not(variables, capsys, name, value, told):
    variables(name, value)
    said = refused(capsys)
    assert told in said
    assert "hunter" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "written", ["CN=HR,OU=Groups=hr_admin", '{"CN=HR,OU=Groups": "hr_admin", "Audit": "auditor"}']
)
def test_roles_of_the_provider_are_written_as_pairs_or_where_these_do_not_do_as_json(
    variables, capsys, written
):
    variables("CAIRN_OIDC_ROLE_MAP", written)
    if written.startswith("{"):
        assert load("goals").oidc_role_map == {"CN=HR,OU=Groups": "hr_admin", "Audit": "auditor"}
    else:
        assert "CAIRN_OIDC_ROLE_MAP is wrong" in refused(capsys)


def test_days_are_kept_by_kind(variables):
    assert load("goals").retain_days == {}
    variables("CAIRN_RETAIN_DAYS", "goal=2555, feedback=1095")
    assert load("goals").retain_days == {"goal": 2555, "feedback": 1095}


def test_a_bad_service_name_is_refused(variables, capsys):
    assert "CAIRN_SERVICE is wrong" in refused(capsys, service="Goals/..")


def test_secrets_come_from_files_named_as_the_field(variables, monkeypatch, tmp_path):
    monkeypatch.delenv("CAIRN_MONGO_URL")
    variables("CAIRN_SECRETS_DIR", str(tmp_path))
    (tmp_path / "mongo_url").write_text("mongodb://from-a-file\n")
    assert load("goals").mongo_url == SecretStr("mongodb://from-a-file")


def test_a_mounted_secret_of_kubernetes_is_followed_through_its_links(variables, monkeypatch, tmp_path):
    monkeypatch.delenv("CAIRN_MONGO_URL")
    variables("CAIRN_SECRETS_DIR", str(tmp_path))
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "mongo_url").write_text("mongodb://linked")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "mongo_url").symlink_to("..data/mongo_url")
    assert load("goals").mongo_url.get_secret_value() == "mongodb://linked"


def test_a_variable_wins_over_a_file(variables, tmp_path):
    variables("CAIRN_SECRETS_DIR", str(tmp_path))
    (tmp_path / "mongo_url").write_text("mongodb://from-a-file")
    assert load("goals").mongo_url.get_secret_value() == GOOD["CAIRN_MONGO_URL"]


@pytest.mark.parametrize("name", ["mongo_url", "webhook_secret"])
def test_a_secret_that_cannot_be_read_is_named_with_the_reason(variables, capsys, tmp_path, name):
    variables("CAIRN_SECRETS_DIR", str(tmp_path))
    (tmp_path / name).write_bytes(b"hunter2\xff")
    assert f"CAIRN_{name.upper()} has a file that holds no text" in refused(capsys)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    assert f"CAIRN_{name.upper()} has a file that user {os.geteuid()} cannot read: Is a dir" in refused(
        capsys
    )


def test_files_of_somebody_else_are_told_as_that(variables, capsys, monkeypatch, tmp_path):
    secret, ca = tmp_path / "mongo_url", tmp_path / "ca.pem"
    for path in (secret, ca):
        path.write_text("mongodb://of-another")
    read_text = Path.read_text

    def denied(path, *arguments, **named):
        if path in {secret, ca}:
            raise PermissionError(13, "Permission denied")
        return read_text(path, *arguments, **named)

    monkeypatch.setattr(Path, "read_text", denied)
    variables("CAIRN_KAFKA_CA_FILE", str(ca))
    why = f"user {os.geteuid()} cannot read: Permission denied"
    assert f"CAIRN_KAFKA_CA_FILE names a file that {why}" in refused(capsys)
    variables("CAIRN_SECRETS_DIR", str(tmp_path))
    assert f"CAIRN_MONGO_URL has a file that {why}" in refused(capsys)


def test_secrets_are_not_shown_when_settings_are_printed(variables):
    variables("CAIRN_KAFKA_SASL_PASSWORD", "hunter2")
    shown = f"{load('goals')} {load('goals')!r} {load('goals').model_dump_json()}"
    assert "hunter2" not in shown


def test_settings_given_as_arguments_win(variables):
    assert read("goals", mongo_database="other").mongo_database == "other"


def test_the_other_services_are_written_as_pairs(variables):
    variables("CAIRN_SERVICE_URLS", "people=http://people:8000, goals=https://goals")
    assert load("goals").service_urls == {"people": "http://people:8000", "goals": "https://goals"}


def test_settings_do_not_change(variables):
    with pytest.raises(ValueError, match="frozen"):
        load("goals").development = True


def test_a_dotenv_file_in_the_working_directory_is_not_read(variables, tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("CAIRN_DEVELOPMENT=true")
    monkeypatch.chdir(tmp_path)
    assert load("goals").development is False


def test_every_setting_says_how_to_mend_it():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("url", "development", "safe"),
    [
        ("https://id.example.com", False, True),
        ("http://id.example.com", False, False),
        ("http://id.example.com", True, True),
        ("http://localhost:9000", False, True),
        ("http://127.0.0.1:9000/keys", False, True),
        ("http://[::1]:9000", False, True),
        ("http://localhost.evil.com", False, False),
        ("http://localhost@evil.com", False, False),
        ("file:///etc/passwd", True, False),
        ("ftp://localhost", True, False),
        ("", True, False),
    ],
)
def test_plain_http_is_only_for_this_machine_and_for_development(url, development, safe):
    assert is_safe_url(url, development=development) is safe


@pytest.mark.parametrize("url", ["collector:4318", "/v1/traces", "ftp://collector"])
def test_where_traces_go_must_be_an_address(variables, capsys, url):
    variables("CAIRN_TRACES_URL", url)
    assert "CAIRN_TRACES_URL must hold http or https addresses" in refused(capsys)
