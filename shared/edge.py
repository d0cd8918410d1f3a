"""What every HTTP exchange passes on its way in and out, as one ASGI layer.

Gives it a correlation id, refuses bodies that are too large, answers what nobody foresaw with
500, sets the headers that keep browsers and caches careful, and leaves one log line and one
measurement.  Knows nothing of what is asked: no caller, no path, only route templates.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.audit.reads import ReadLog
from shared.logs import accept_correlation_id, bind_correlation, logger
from shared.metrics import METHODS, Metrics
from shared.problems import RULE_IN_SCOPE, too_large_response, unexpected_response
from shared.tracing import TRACEPARENT_IN_SCOPE, NoTracing, Span, Tracing

CORRELATION_HEADER: Final = b"x-correlation-id"
QUIET_ROUTES: Final = frozenset({"/livez", "/readyz", "/metrics"})
CAREFUL_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
STRICT_TRANSPORT: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
NO_ROUTE: Final = "(none)"
NO_TEMPLATE: Final = "(asset)"
CLIENT_LEFT: Final = 499
REFUSED: Final = 400
"""From here on an answer shows nothing of what was asked for."""
HTTP_ERRORS: Final = 500
"""From here on an answer says that the server failed."""

_log = logger("http")


class Edge:
    """ASGI middleware, to be the outermost: `app.add_middleware(Edge, metrics=..., max_body_bytes=...)`.

    `large_bodies` is how many bytes are taken, instead, at the paths that take files.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        max_body_bytes: int,
        large_bodies: Mapping[str, int] | None = None,
        tracing: Tracing | None = None,
        reads: ReadLog | None = None,
    ) -> None:
        self._app = app
        self._reads = reads
        self._tracing = tracing or NoTracing()
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes
        self._large_bodies = large_bodies or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an exchange through; anything but HTTP goes by untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        correlation = accept_correlation_id(headers.get(CORRELATION_HEADER, b"").decode("latin-1"))
        with bind_correlation(correlation):
            exchange = _Exchange(scope, send, correlation=correlation, reads=self._reads)
            span = self._begin(scope, headers)
            self._metrics.http_in_flight.inc()
            try:
                await self._answer(exchange, headers, receive)
            finally:
                self._metrics.http_in_flight.dec()
                self._leave_trace(exchange)
                _end(span, exchange)

    def _begin(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Span:
        came_with = headers.get(b"traceparent", b"").decode("latin-1")[:64]
        span = self._tracing.begin(_method(scope), role="server", parent=came_with)
        scope[TRACEPARENT_IN_SCOPE] = span.traceparent
        return span

    async def _answer(self, exchange: "_Exchange", headers: dict[bytes, bytes], receive: Receive) -> None:
        length = _content_length(headers)
        limit = self._large_bodies.get(exchange.scope["path"], self._max_body_bytes)
        if length is not None and length > limit:
            exchange.scope[RULE_IN_SCOPE] = "too-large"
            await too_large_response(limit)(exchange.scope, receive, exchange.send)
            return
        if length is None and b"transfer-encoding" in headers:
            receive = _limited(receive, limit)
        try:
            await self._app(exchange.scope, receive, exchange.send)
        except ClientDisconnect:
            exchange.status = CLIENT_LEFT
        except Exception as error:
            exchange.scope[RULE_IN_SCOPE] = "unexpected"
            _log.exception("unexpected", route=exchange.route, error=type(error).__name__)
            if exchange.status:
                raise  # the answer is half out: only breaking the connection tells the client
            await unexpected_response()(exchange.scope, receive, exchange.send)

    def _leave_trace(self, exchange: "_Exchange") -> None:
        seconds = time.perf_counter() - exchange.began
        method, route, status = exchange.scope["method"], exchange.route, exchange.status or CLIENT_LEFT
        rule: str | None = exchange.scope.get(RULE_IN_SCOPE)
        self._metrics.request(method=method, route=route, status=status, seconds=seconds)
        facts: dict[str, Any] = {
            "method": _method(exchange.scope),
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
        }
        if rule is not None:
            self._metrics.refusals.labels(rule).inc()
            facts["rule"] = rule
        (_log.debug if route in QUIET_ROUTES else _log.info)("request", **facts)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else "other"


def _end(span: Span, exchange: "_Exchange") -> None:
    status, method, route = exchange.status or CLIENT_LEFT, _method(exchange.scope), exchange.route
    facts = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    span.end(name=f"{method} {route}", facts=facts, failed=status >= HTTP_ERRORS)


class _Exchange:
    """One request and the start of its answer."""

    __slots__ = ("_correlation", "_reads", "_send", "began", "scope", "status")

    def __init__(self, scope: Scope, send: Send, *, correlation: str, reads: ReadLog | None) -> None:
        self.scope = scope
        self.status = 0
        self.began = time.perf_counter()
        self._send = send
        self._correlation = correlation.encode()
        self._reads = reads

    @property
    def route(self) -> str:
        """The template of the route that took the request, with the prefixes of its routers."""
        context = self.scope.get("fastapi", {}).get("effective_route_context")
        template = getattr(context, "path_format", "") or getattr(self.scope.get("route"), "path_format", "")
        if template:
            return template
        if "endpoint" not in self.scope:
            return NO_ROUTE
        # A plain Starlette route does not leave its template: the path is one where it holds no parameter.
        return NO_TEMPLATE if self.scope.get("path_params") else self.scope["path"]

    async def send(self, message: Message) -> None:
        """Pass on what is sent; add to its first part what every answer carries.

        What a part shows that must be known is kept before it goes out.
        """
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self._missing(message.get("headers", ()))]
        if self._reads is not None and self.status < REFUSED:
            self._reads.take(self.scope)
        await self._send(message)

    def _missing(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        present = {name.lower() for name, _ in headers}
        added = [header for header in CAREFUL_HEADERS if header[0] not in present]
        added.append((CORRELATION_HEADER, self._correlation))
        if self.scope.get("scheme") == "https":
            added.append(STRICT_TRANSPORT)
        return added


def _content_length(headers: dict[bytes, bytes]) -> int | None:
    value = headers.get(b"content-length", b"")
    return int(value) if value.isdigit() else None


def _limited(receive: Receive, limit: int) -> Receive:
    """Receive, refusing what goes over the limit of a body that did not tell its length."""
    taken = 0

    async def receive_within() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413)
        return message

    return receive_within
