"""Which port each process of a suite listens on, and whether it is free."""

import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from deploy.local.errors import PortTakenError

LOOPBACK = "127.0.0.1"
DEFAULT_BASE = 8400
UNCLAIMED = range(30000, 32700)
BASES = range(20000, 30000, 50)

_dice = random.SystemRandom()


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports of one suite, all on loopback."""

    people: int
    goals: int
    feedback: int
    reviews: int
    notifications: int
    issuer: int
    kafka: int
    kafka_controller: int
    kafka_nodes: int
    mongo: int
    smtp: int
    webhooks: int

    @classmethod
    def from_base(cls, base: int = DEFAULT_BASE) -> "Ports":
        """The plan of a suite whose ports start at `base`; bases 50 apart never meet."""
        return cls(
            people=base + 1,
            goals=base + 2,
            feedback=base + 3,
            reviews=base + 4,
            notifications=base + 5,
            issuer=base + 9,
            kafka=base + 20,
            kafka_controller=base + 21,
            kafka_nodes=base + 22,
            mongo=base + 30,
            smtp=base + 40,
            webhooks=base + 41,
        )


def require_free(ports: Mapping[str, int]) -> None:
    """Refuse to start on a port that something else holds.

    Args:
        ports: who will listen -> on which port of loopback.

    Raises:
        PortTakenError: naming the first port that is not free and who wanted it.
    """
    for wanted_by, port in ports.items():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except (OSError, OverflowError) as error:
                raise PortTakenError(
                    f"port {port}, wanted for {wanted_by}, cannot be used: {error}",
                    mend="Stop what listens there, or choose other ports with --port-base",
                ) from error


def free_base() -> int:
    """Where the ports of a suite may start: a block of fifty that are all free now."""
    for base in _dice.sample(BASES, len(BASES)):
        if all(map(_is_free, range(base, base + BASES.step))):
            return base
    raise PortTakenError("no block of 50 ports is free", mend="Stop what listens between 20000 and 30000")


def free_ports(count: int) -> list[int]:
    """As many ports as asked for that are free now, all different.

    They lie below those that the system lends to outgoing connections, so that none is lent
    away before it is listened on.
    """
    candidates = _dice.sample(UNCLAIMED, len(UNCLAIMED))
    return list(islice(filter(_is_free, candidates), count))


def _is_free(port: int) -> bool:
    try:
        require_free({"anyone": port})
    except PortTakenError:
        return False
    return True
