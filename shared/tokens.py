"""Bearer tokens: a caller is who a signed token of the configured issuer says.

Any OIDC issuer will do.  Algorithms, issuer and audience are pinned; `exp`, `iat` and `sub`
are required.  What is wrong with a token is logged by kind and not told to the sender.
What a caller may do is no matter of this module.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

import jwt
from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.errors import Unauthenticated
from shared.identity import MACHINE_ROLES, ROLES, Caller, Role
from shared.ids import PersonId, derive
from shared.logs import logger
from shared.settings import Settings
from shared.signing_keys import SigningKey, SigningKeys, fetch_from

TOKEN_MAX_BYTES: Final = 16_384
"""Microsoft Entra names up to 200 groups in a token, which takes 11 KiB."""
REQUIRED_CLAIMS: Final = ("exp", "iat", "sub", "iss", "aud")
TOKEN_TYPES: Final = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
CACHE_SECONDS: Final = 60.0
CACHE_SIZE: Final = 10_000

_log = logger("tokens")
_bearer = HTTPBearer(
    bearerFormat="JWT",
    scheme_name="bearer",
    auto_error=False,
    description="An access token of the configured OpenID Connect issuer.",
)


class TokenNotAccepted(Unauthenticated):
    """The token does not prove who the caller is."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge of RFC 6750."""
        return {"WWW-Authenticate": 'Bearer realm="cairn", error="invalid_token"'}


class TokenExpired(TokenNotAccepted):
    """The token was good once."""


class TokenVerifier:
    """Turns a token into a caller.  Verified tokens are remembered, by hash, for at most a minute."""

    def __init__(self, settings: Settings, keys: SigningKeys | None = None) -> None:
        self._settings = settings
        self._keys = keys or SigningKeys(
            fetch_from(
                issuer=settings.oidc_issuer,
                jwks_url=settings.oidc_jwks_url,
                development=settings.development,
            )
        )
        self._verified: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()

    async def verify(self, token: str) -> Caller:
        """The caller; raises TokenNotAccepted, TokenExpired or IssuerUnreachable."""
        if len(token) > TOKEN_MAX_BYTES:
            raise _refused("too long")
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        known = self._verified.get(digest)
        if known is not None and time.time() < known[1]:
            return known[0]
        claims = await self._claims(token)
        caller = caller_from(claims, self._settings)
        self._remember(digest, caller, expires_at=float(claims["exp"]))
        return caller

    async def close(self) -> None:
        """Let go of the keys."""
        await self._keys.close()

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            algorithm, key_id = header.get("alg"), header.get("kid")
            if algorithm not in self._settings.oidc_algorithms or not isinstance(key_id, str):
                raise _refused("algorithm or key not named")
            if str(header.get("typ", "JWT")).lower() not in TOKEN_TYPES:
                raise _refused("not an access token")
            key = await self._keys.get(key_id)
            if key is None:
                raise _refused("unknown key")
            return self._decode(token, key, algorithm=algorithm)
        except jwt.ExpiredSignatureError:
            raise TokenExpired("The token has expired. Get a new one from the issuer.") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise _refused(type(error).__name__) from None

    def _decode(self, token: str, key: SigningKey, *, algorithm: str) -> Mapping[str, Any]:
        if key.algorithm not in {None, algorithm}:
            raise _refused("key is for another algorithm")
        return jwt.decode(
            token,
            key.public,
            algorithms=list(self._settings.oidc_algorithms),
            audience=self._settings.oidc_audience,
            issuer=self._settings.oidc_issuer,
            leeway=self._settings.oidc_leeway_seconds,
            options={"require": list(REQUIRED_CLAIMS), "enforce_minimum_key_length": True},
        )

    def _remember(self, digest: bytes, caller: Caller, *, expires_at: float) -> None:
        until = min(expires_at + self._settings.oidc_leeway_seconds, time.time() + CACHE_SECONDS)
        self._verified[digest] = (caller, until)
        self._verified.move_to_end(digest)
        if len(self._verified) > CACHE_SIZE:
            self._verified.popitem(last=False)


def caller_from(claims: Mapping[str, Any], settings: Settings) -> Caller:
    """The caller of verified claims: a person, or a machine that has no role of people.

    The subject of a person, where it is not the person's id, becomes an id made of it: it is kept where no
    erasure reaches, and often an address.

    Roles that the suite does not know are passed over, and all of who names no person: whoever may leave a
    claim out of a token would else be nobody who can have left.
    """
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 256:
        raise _refused("subject out of form")
    roles = _roles(_claim(claims, settings.oidc_roles_claim), settings.oidc_role_map)
    if machine := roles & MACHINE_ROLES:
        return Caller(subject=subject, roles=machine)
    person = _claim(claims, settings.oidc_person_claim)
    made = derive("subject", subject)
    if not isinstance(person, str) or not 0 < len(person) <= 256:
        return Caller(subject=made)
    if settings.oidc_person_by == "person_id":
        own = subject if subject == person else made
        return Caller(subject=own, person_id=PersonId(person), roles=roles)
    if claims.get("email_verified", True) not in (True, "true"):
        raise _refused("address not verified")
    return Caller(subject=made, roles=roles, email=_address(person))


def _address(text: str) -> str:
    """In lower case, as the directory has it; beyond ASCII, where a letter could become another, as it is."""
    return text.lower() if text.isascii() else text


def end_of(token: str) -> float:
    """When a token of our own says that it ends, in seconds since 1970; 0 for one that does not say."""
    try:
        return float(jwt.decode(token, options={"verify_signature": False}).get("exp", 0))
    except (jwt.PyJWTError, ValueError, TypeError):
        return 0.0


BearerToken = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
"""Declares, on a route, that it takes a token."""


async def token_caller(request: Request) -> Caller:
    """Who asks, by the bearer token of the request.  Reads `app.state.tokens`."""
    credentials = await _bearer(request)
    if credentials is None:
        raise Unauthenticated("Send an access token in the header Authorization: Bearer <token>.")
    verifier: TokenVerifier = request.app.state.tokens
    return await verifier.verify(credentials.credentials)


def _claim(claims: Mapping[str, Any], name: str) -> object:
    """The claim of that name, or what a dotted path such as `realm_access.roles` leads to."""
    if name in claims:
        return claims[name]
    found: object = claims
    for step in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = cast("Mapping[str, object]", found).get(step)
    return found


def _roles(claim: object, known_as: Mapping[str, Role]) -> frozenset[Role]:
    """The roles of a claim; with a map, those that it says and no others."""
    named: set[str] = set()
    if isinstance(claim, str):
        named = {claim, *claim.split()}
    elif isinstance(claim, list):
        named = {each for each in cast("list[object]", claim) if isinstance(each, str)}
    if known_as:
        return frozenset(known_as[name] for name in named if name in known_as)
    return frozenset(role for role in ROLES if role in named)


def _refused(why: str) -> TokenNotAccepted:
    _log.info("token refused", why=why)
    return TokenNotAccepted("The token was not accepted. Get a new one from the issuer.")
