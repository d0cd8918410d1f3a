"""The SCIM protocol as an ASGI app, served below /scim: the token, the dialects, what each request leaves."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo.errors import PyMongoError
from scim2_models import (
    Error,
    NotFoundException,
    PreconditionFailedException,
    SCIMException,
    UnauthorizedException,
)
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.handler import AsyncScimHandler
from scim2_server.service import ScimService

from services.people.access import IDENTITY_PROVIDER
from services.people.scim import UseCases
from services.people.scim.commands import Commands
from services.people.scim.dialects import CORE, deactivates, standard
from services.people.scim.groups import RolesByName
from services.people.scim.offer import provider
from services.people.scim.storage import Storage
from services.people.usecases.close_access import CloseAccess
from shared import mongo
from shared.audit import Origin, read_row
from shared.audit.reads import noted
from shared.audit.rows import MOST_IDS
from shared.errors import Refusal
from shared.ids import PersonId
from shared.logs import correlation_id
from shared.metrics import Metrics
from shared.problems import RETRY_AFTER_SECONDS, RULE_IN_SCOPE
from shared.rates import Rates, TooManyRequests
from shared.tracing import TRACEPARENT_IN_SCOPE
from shared.work import Cause, Unsettled, Work

TRIES: Final = 4
"""How often a change that names no version is tried when another comes between."""
CLOSED: Final = "The person's access was closed all the same."
_SERVED: Final = frozenset({"Users", "Groups"})


class Service(ScimService):
    """The protocol; a PATCH is answered with what came of it (RFC 7644 3.5.2 leaves the choice)."""

    def patch_response(self, base_url: str, resource: Any, response_parameters: Any) -> Any:
        """200 with the resource, as a PUT."""
        return self.replacement_response(base_url, resource, response_parameters)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the app works with."""

    database: mongo.Database
    work: Work
    metrics: Metrics
    cases: UseCases
    roles: RolesByName
    token: str


class Application(ASGIApplication):
    """Takes one token, and what Entra and Okta make of the standard."""

    def __init__(self, parts: Parts) -> None:
        described = provider()
        self._parts = parts
        self._token = parts.token.encode()
        super().__init__(self._storage(Cause()), described, Service(described))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request; measured by the kind of its path, which holds a person's id."""
        scope["route"] = _Route(_template(self.split_path(self.get_path(scope))))
        try:
            request = await self.read_request(scope, receive)
        except UnicodeDecodeError:
            scope[RULE_IN_SCOPE] = "malformed"
            response = self.service.error_response(_error(400, "Send headers and query in UTF-8."))
        else:
            response = await self.serve(request)
        await self.send_response(response, send)

    def check_auth(self, request: Any) -> None:
        """Refuse whoever does not send the token; compared in constant time."""
        scheme, _, sent = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(sent.strip().encode(), self._token):
            raise UnauthorizedException

    async def read_request(self, scope: Any, receive: Any) -> Any:
        """The request, as the standard has it; its subject is the exchange that it is part of."""
        request = await super().read_request(scope, receive)
        request.body, request.subject = standard(request.body), scope
        return request

    async def dispatch_request(self, request: Any) -> Any:
        """Serve a request of who has the token, not more often than anybody may ask."""
        if self.needs_auth(request):
            self.check_auth(request)
            rates: Rates = request.subject["app"].state.rates
            rates.take(IDENTITY_PROVIDER.subject)
        handler = AsyncScimHandler(self.service, self._storage(_cause(request.subject)))
        try:
            response = await self._settled(request, handler)
        except SCIMException as refused:
            if not isinstance(refused, PreconditionFailedException) and await self._closed(request):
                raise _with(refused, CLOSED) from refused.__cause__
            raise
        await self._closed(request)  # a User who is inactive already, since HR let them go, was not written
        _note_reads(request, response.body or {})
        return response

    def handle_exception(self, request: Any, exception: Exception) -> Any:
        """The error as SCIM has it, and its rule for the log and the metrics; its words may name people."""
        scope, cause = request.subject, exception.__cause__
        scope[RULE_IN_SCOPE] = cause.rule if isinstance(cause, Refusal) else _rule(exception)
        if isinstance(exception, TooManyRequests):
            response = self.service.error_response(_error(exception.status, exception.detail))
            response.headers |= exception.headers
        elif isinstance(exception, Unsettled | PyMongoError):
            response = self.service.error_response(_error(503, "Out of reach for now; ask again."))
            response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        elif isinstance(exception, SCIMException):
            response = self.service.error_response(exception)
        else:
            response = super().handle_exception(request, exception)
        return response

    async def _settled(self, request: Any, handler: AsyncScimHandler) -> Any:
        """Again, if somebody else was faster and the request names no version that it wants."""
        named = request.header("If-Match") or request.header("If-None-Match")
        for _ in range(0 if named else TRIES - 1):
            try:
                return await handler.handle(request)
            except PreconditionFailedException:
                continue
        return await handler.handle(request)

    async def _closed(self, request: Any) -> bool:
        """Whether a change was to deactivate somebody, who is out now by the provider's word."""
        kind, _, user_id = request.path.strip("/").partition("/")
        if kind.lower() != "users" or not user_id or request.method not in {"PUT", "PATCH"}:
            return False
        if not deactivates(request.body):
            return False
        try:
            await self._commands(_cause(request.subject)).close(CloseAccess(person_id=PersonId(user_id)))
        except NotFoundException:
            return False
        return True

    def _commands(self, cause: Cause) -> Commands:
        parts = self._parts
        return Commands(parts.work, parts.metrics, parts.cases, cause)

    def _storage(self, cause: Cause) -> Storage:
        return Storage(self._parts.database, self._commands(cause), self._parts.roles)


@dataclass(frozen=True, slots=True)
class _Route:
    path_format: str


def _template(path: str) -> str:
    kind, _, id_ = path.strip("/").partition("/")
    if kind not in _SERVED:
        return "/scim/v2"
    if not id_:
        return f"/scim/v2/{kind}"
    return f"/scim/v2/{kind}/.search" if id_ == ".search" else f"/scim/v2/{kind}/{{id}}"


def _cause(scope: Any) -> Cause:
    traceparent = scope.get(TRACEPARENT_IN_SCOPE, "")
    return Cause(correlation_id() or "", traceparent=traceparent, origin=Origin("", _address(scope)))


def _address(scope: Any) -> str:
    return scope["client"][0] if scope.get("client") else ""


def _note_reads(request: Any, body: dict[str, Any]) -> None:
    """For the audit: whose employee number was shown."""
    if request.method not in {"GET", "HEAD"} and not request.path.endswith(".search"):
        return
    shown: Sequence[Any] = body.get("Resources", [body])
    ids = [f"people/{each['id']}" for each in shown if CORE in each.get("schemas", ())]
    scope = request.subject
    origin = Origin(f"{request.method} {scope['route'].path_format}", _address(scope))
    for first in range(0, len(ids), MOST_IDS):
        row = read_row(
            IDENTITY_PROVIDER,
            origin,
            action="read_numbers",
            about=ids[first : first + MOST_IDS],
            asked={},
            correlation_id=correlation_id() or "",
        )
        noted(scope).append(row)


def _rule(exception: Exception) -> str:
    if isinstance(exception, Refusal):
        return exception.rule
    if isinstance(exception, SCIMException):
        return f"scim-{exception.status}"
    return "unavailable" if isinstance(exception, Unsettled | PyMongoError) else "unexpected"


def _error(status: int, detail: str) -> SCIMException:
    return SCIMException.from_error(Error(status=status, detail=detail))


def _with(refused: SCIMException, more: str) -> SCIMException:
    error = refused.to_error()
    return SCIMException.from_error(error.model_copy(update={"detail": f"{error.detail} {more}"}))
