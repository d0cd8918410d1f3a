"""One message on its way through its handler, and what can become of it."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.audit.rows import Origin
from shared.identity import Caller

if TYPE_CHECKING:
    from shared.work.transaction import Transaction

Handler = Callable[[Any, "Transaction"], Awaitable[Any]]


class Conflict(Exception):  # noqa: N818  an outcome that is tried again, not a fault
    """Another writer was faster: the stored version is not the one that was read."""


class NotYet(Exception):  # noqa: N818  an outcome that is tried again, not a fault
    """A reaction needs what the local copy has not seen yet; hold its source until it has."""


class Cause(NamedTuple):
    """Why something is done: carried from the first request through every event after it.

    `origin` is what was asked for and from where; empty where nobody asked, and it follows by itself.
    """

    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    origin: Origin = Origin()


@dataclass(slots=True, eq=False)
class Job:
    """A message, its handler and, once run, either a result or an error.

    `settled` is set once its effects, or its lack of any, are committed.  `doom` is the error
    of a message whose writes the database rejected: it is not run again.  `solo` keeps a plan
    from running anything else for its sake.
    """

    key: Hashable
    handler: Handler
    message: Any
    now: datetime
    caller: Caller | None = None
    cause: Cause = field(default_factory=Cause)
    result: Any = None
    error: Exception | None = None
    settled: bool = False
    doom: Exception | None = None
    solo: bool = False
