import random
import socket

import pytest


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
