"""Users are made from the files by which they prove themselves; what is missing is named."""

from pathlib import Path
from typing import Any

import pytest

from services.goals.app import SERVICE
from shared import provision_users as users
from shared.settings import read

URL = "mongodb://cairn-goals:s%40fe@mongo:27017,other:27017/?tls=true&tlsCAFile=/not/there.pem"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    (tmp_path / "goals").mkdir()
    (tmp_path / "goals" / "kafka_sasl_password").write_text("hunter2\n")
    (tmp_path / "goals" / "mongo_url").write_text(f"{URL}\n")
    return tmp_path


@pytest.fixture
def made(monkeypatch) -> list[Any]:
    """What the engines would have been asked."""
    asked: list[Any] = []

    async def database(_client: Any, **who: str) -> None:
        asked.append(who)

    async def kafka(_settings: Any, doors: Any, passwords: Any) -> users.Rights:
        asked.append(({door.user for door in doors}, passwords))
        return users.Rights(0, 0, ())

    monkeypatch.setattr(users.database_users, "let_in", database)
    monkeypatch.setattr(users.users, "let_in", kafka)
    return asked


async def provision(secrets: Path, **more: Any) -> None:
    settings = read(
        "provision",
        mongo_url="mongodb://localhost",
        kafka_bootstrap="localhost:9092",
        oidc_issuer="http://localhost",
    )
    await users.provision_users(settings, [SERVICE], secrets=secrets, **more)


async def test_names_and_passwords_are_those_of_the_files(secrets, made):
    await provision(secrets)
    assert made == [
        {"user": "cairn-goals", "password": "s@fe", "database": "cairn_goals"},
        ({"cairn-goals"}, {"cairn-goals": "hunter2"}),
    ]


async def test_an_operator_may_name_users_and_databases_otherwise(secrets, made):
    (secrets / "goals" / "kafka_sasl_username").write_text("goals-of-acme")
    (secrets / "goals" / "mongo_database").write_text("acme_goals")
    await provision(secrets)
    assert made[0]["database"] == "acme_goals"
    assert made[1] == ({"goals-of-acme"}, {"goals-of-acme": "hunter2"})


async def test_integrators_have_passwords_of_their_own(secrets, made):
    integrators = secrets / "others"
    integrators.mkdir()
    (integrators / "integrators.toml").write_text('[analyst]\nreads = ["cairn.goals.events"]\n')
    with pytest.raises(users.MissingSecret, match=r"analyst/kafka_sasl_password cannot be read"):
        await provision(secrets, integrators=integrators)
    (integrators / "analyst").mkdir()
    (integrators / "analyst" / "kafka_sasl_password").write_text("hunter3")
    await provision(secrets, integrators=integrators)
    assert made[-1] == ({"cairn-goals", "analyst"}, {"cairn-goals": "hunter2", "analyst": "hunter3"})


async def test_who_has_rights_and_no_table_any_more_is_named_once_the_others_are_prepared(
    secrets, made, monkeypatch
):
    async def kafka(*asked: Any) -> users.Rights:
        made.append(asked)
        left = ("User:analyst", "User:CN=connect", "User:cairn-people")
        return users.Rights(0, 0, [(principal, "cairn.goals.state") for principal in left])

    monkeypatch.setattr(users.users, "let_in", kafka)
    await provision(secrets)
    (secrets / "integrators.toml").write_text('kept_elsewhere = ["User:CN=connect"]\n')
    made.clear()
    with pytest.raises(users.WrongDoors, match=r"toml: User:analyst on cairn\.goals\.state\. All .*\[user\]"):
        await provision(secrets, integrators=secrets)
    assert len(made) == 2
    (secrets / "integrators.toml").write_text('kept_elsewhere = ["User:CN=connect", "User:analyst"]\n')
    await provision(secrets, integrators=secrets)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("kafka_sasl_password", None, "kafka_sasl_password cannot be read: No such file"),
        ("kafka_sasl_password", " ", "kafka_sasl_password is empty"),
        ("mongo_url", None, "mongo_url cannot be read"),
        ("mongo_url", "mongodb://mongo:27017/", "must have a user and a password"),
    ],
)
async def test_what_is_missing_is_named_and_no_secret_told(secrets, made, file, text, told):
    path = secrets / "goals" / file
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(users.MissingSecret, match=told) as refused:
        await provision(secrets)
    assert "hunter" not in str(refused.value)
