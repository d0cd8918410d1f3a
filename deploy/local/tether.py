"""Become a command that is killed when the process that started it is gone.

Run as a script with the starter's process id and the command.  It sets the parent-death
signal and executes the command in its own place, so that nothing of a suite is orphaned by
a `kill -9` of its supervisor.  It imports nothing of the project, to start in milliseconds.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tether this process to its starter and execute the command."""
    starter, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != starter:
        sys.exit("the process that started this one is gone")
    try:
        os.execvp(command[0], command)  # noqa: S606  the command is the caller's own, no shell is wanted
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error}")


if __name__ == "__main__":
    main()
