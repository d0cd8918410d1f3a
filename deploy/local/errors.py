"""What stops the suite on one machine, each said in one line with the way to mend it."""


class LocalError(Exception):
    """Something outside the code is in the way: what, what to do about it, and lines that show it."""

    def __init__(self, trouble: str, *, mend: str, evidence: str = "") -> None:
        ending = f"\n{evidence}" if evidence else "."
        super().__init__(f"{trouble}. {mend}{ending}")


class PortTakenError(LocalError):
    """A port that is needed is not free."""


class DataDirectoryError(LocalError):
    """The data directory cannot be used: not writable, not a directory, or held by another suite."""


class JarsError(LocalError):
    """Kafka's jars could not be fetched, or are not the files they should be."""


class MachineError(LocalError):
    """No engine for this machine: the bundled ones are for Linux on x86-64."""


class ChildDiedError(LocalError):
    """A process of the suite ended by itself, or never became ready; the end of its log is told."""
