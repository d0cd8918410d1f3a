"""Hold a pair of engines up without a suite: for tests, and for work on one service.

    python -m deploy.local.hold --data DIR [--kafka-port N --controller-port N --mongo-port N]
                                [--test-commands] [--while-process PID]

It writes the addresses to DIR/engines.json once both serve, and ends when told to, when the
process named ends, or when an engine dies.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.local.data import held
from deploy.local.engines import EnginePorts, engines_of, running
from deploy.local.errors import LocalError
from deploy.local.ports import free_ports
from deploy.local.watch import while_alive

ADDRESSES = "engines.json"


async def hold(data: Path, ports: EnginePorts, *, test_commands: bool, while_process: int | None) -> None:
    """Run the engines until a signal, the end of a process, or the death of an engine.

    Raises:
        LocalError: they cannot start, or one died.
    """
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, over.set)
    if while_process is not None:
        loop.add_reader(os.pidfd_open(while_process), over.set)
    with held(data) as directory:
        addresses = directory.path / ADDRESSES
        addresses.unlink(missing_ok=True)
        async with running(engines_of(directory, ports, test_commands=test_commands)) as engines:
            told = addresses.with_suffix(".part")
            told.write_text(json.dumps({"kafka": engines.kafka, "mongo": engines.mongo}))
            told.rename(addresses)
            await while_alive(over.wait(), lambda: engines.children)
        addresses.unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local.hold", description="Hold a pair of engines up."
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--kafka-port", type=int)
    parser.add_argument("--controller-port", type=int)
    parser.add_argument("--mongo-port", type=int)
    parser.add_argument("--test-commands", action="store_true")
    parser.add_argument("--while-process", type=int)
    wish = parser.parse_args(arguments)
    kafka, controller, mongo = free_ports(3)
    ports = EnginePorts(
        kafka=wish.kafka_port or kafka,
        kafka_controller=wish.controller_port or controller,
        mongo=wish.mongo_port or mongo,
    )
    try:
        asyncio.run(
            hold(wish.data, ports, test_commands=wish.test_commands, while_process=wish.while_process)
        )
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
