import random
import socket

import pytest

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
    blocks = range(20000, 30000, 50)
    for base in random.SystemRandom().sample(blocks, len(blocks)):
        if block_is_free(base):
            return base
    pytest.fail("no free block of ports")


def block_is_free(base: int) -> bool:
    for port in range(base, base + 50):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
