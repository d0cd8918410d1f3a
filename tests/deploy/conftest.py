import pytest

from deploy.local import ports
from deploy.local.services import SERVICES

STANDIN = """
from tests.deploy.standin import service
SERVICE = service("{name}")
"""


@pytest.fixture
def standins(tmp_path_factory, monkeypatch) -> str:
    """Stand-ins for the five services, by the name of their modules, which every child can import."""
    directory = tmp_path_factory.mktemp("standins")
    for name in SERVICES:
        room = directory / "standins" / name
        room.mkdir(parents=True)
        (room / "app.py").write_text(STANDIN.format(name=name))
    monkeypatch.setenv("PYTHONPATH", str(directory))
    return "standins.{service}"


@pytest.fixture
def free_base() -> int:
    """Where the ports of a suite may start: a block of fifty of which all are free."""
    return ports.free_base()
