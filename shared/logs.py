"""One JSON line an event on standard output, from our own code and from every library.

Owns the correlation id that follows a request or an event through all it causes, and keeps
personal data and secrets out of the lines.  Knows nothing of HTTP nor of Kafka.
"""

import json
import logging
import re
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final, TextIO, cast

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
QUIET: Final = {
    "aiokafka": logging.WARNING,
    "faststream": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "pymongo": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,
}
REDACTED: Final = "[redacted]"

_SAFE_ID = re.compile(r"[A-Za-z0-9._~:-]{1,64}")
_PRIVATE_KEY = re.compile(
    r"(^|_)(authorization|cookie|password|passwd|secret|token|e?mail|address|"
    r"given_name|family_name|full_name|person_name|display_name|phone|body|text|comment|payload)s?$",
    re.IGNORECASE,
)
_PRIVATE_TEXT = re.compile(
    r"(?P<mail>[\w.+-]+@[\w-]+\.[\w.-]+)"
    r"|(?P<token>\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?)"
    r"|(?P<login>(?<=://)[^/\s@]+(?=@))"
    r"|(?P<bearer>(?<=[Bb]earer )[\w.~+/=-]+)"
    r"|(?P<hook>\bwhsec_[\w+/=]+)"
    r"|(?P<validated>(?<=input_value=).*?(?=, input_type=))"
    r"|(?P<sent>(?<='input': ).*)"
    r"|(?P<stored>(?<=dup key: ).*)"
)
_MARKS = ("@", "eyJ", "earer ", "whsec_", "input", "dup key")
_correlation: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def correlation_id() -> str | None:
    """The id of what is being done now, or None outside of any request and event."""
    return _correlation.get()


def new_correlation_id() -> str:
    """A fresh random id."""
    return uuid.uuid4().hex


def accept_correlation_id(offered: str | None) -> str:
    """The id that a client offered if it is at most 64 safe characters, else a fresh one."""
    return offered if offered and _SAFE_ID.fullmatch(offered) else new_correlation_id()


@contextmanager
def bind_correlation(value: str) -> Generator[None]:
    """Every line logged within carries this correlation id."""
    token = _correlation.set(value)
    try:
        yield
    finally:
        _correlation.reset(token)


def logger(name: str) -> FilteringBoundLogger:
    """The logger of a part of the suite; `name` stands in each of its lines."""
    return cast("FilteringBoundLogger", structlog.get_logger(part=name))


def configure(*, service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Send every line of this process to `stream` (standard output) as JSON, from `level` upwards."""
    target = stream or sys.stdout
    common: list[Processor] = [
        _add_correlation,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _with_service(service),
        redact,
    ]
    structlog.configure(
        processors=[*common, render],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(target),
    )
    _capture_libraries(target, level=LEVELS[level], common=common)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank the fields whose names say that they hold a person's data or a secret."""
    for key, value in event.items():
        if _is_private(str(key)):
            event[key] = REDACTED
        elif isinstance(value, dict):
            event[key] = redact(_logger, _method, dict(cast("EventDict", value)))
    return event


def render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """The line; what has the form of an address, a token or a login is blanked wherever it stands."""
    line = _json(event)
    if any(mark in line for mark in _MARKS):
        line = _json({key: _scrub(value) for key, value in event.items()})
    return line


@lru_cache(maxsize=1024)
def _is_private(key: str) -> bool:
    return bool(_PRIVATE_KEY.search(key))


def _scrub(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    return _PRIVATE_TEXT.sub(REDACTED, value if isinstance(value, str) else _json(value))


def _json(value: object) -> str:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # half a surrogate, a huge number: rare, and no reason to lose the line
        return json.dumps(value, default=str)


def _add_correlation(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    bound = _correlation.get()
    if bound is not None:
        event.setdefault("correlation_id", bound)
    return event


def _add_part(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["part"] = cast("logging.LogRecord", event["_record"]).name
    return event


def _with_service(service: str) -> Processor:
    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add_service


def _capture_libraries(target: TextIO, *, level: int, common: list[Processor]) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_add_part, *common],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, cast("Any", render)],
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in [*QUIET, "uvicorn", "uvicorn.error", "faststream.access", "faststream.access.kafka"]:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    for name, quietest in QUIET.items():
        logging.getLogger(name).setLevel(max(level, quietest))
    logging.captureWarnings(capture=True)
