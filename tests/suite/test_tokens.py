"""No route of any service answers to a token that the issuer did not sign for us, just now.

What is open is listed here; a route that is neither in the list nor refuses fails the test.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.routing import APIRoute
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.routing import Route

from shared.settings import read
from tests.suite.house import SERVICES, House, operations, service

OPEN = {
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/events",
    "/docs/events.json",
    "/docs/assets/{name}",
}
RULES = {"unauthenticated", "token-not-accepted", "token-expired"}
HOUR = 3600


def claims(house: House, **other: Any) -> dict[str, Any]:
    """Of a token that is good, but for what is said otherwise; None leaves a claim out."""
    now = int(time.time())
    good = {"iss": house.issuer.url, "aud": "cairn", "sub": house.staff["boss"], "roles": ["hr_admin"]}
    said = {**good, "iat": now, "exp": now + HOUR, **other}
    return {name: value for name, value in said.items() if value is not None}


def signed(house: House, key: Any = None, header: Mapping[str, Any] | None = None, **other: Any) -> str:
    head = {"alg": "ES256", "kid": house.issuer.key.kid, **(header or {})}
    key = key or house.issuer.key
    return jwt.encode(head, claims(house, **other), key, algorithms=["ES256", "RS256"])


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(house: House, algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': house.issuer.key.kid})}.{part(claims(house))}."


def with_public_key_as_secret(house: House, secret: bytes) -> str:
    head = part({"alg": "HS256", "typ": "JWT", "kid": house.issuer.key.kid})
    signing = f"{head}.{part(claims(house))}"
    return f"{signing}.{part(hmac.digest(secret, signing.encode(), hashlib.sha256))}"


def public_pem(house: House) -> bytes:
    return house.issuer.key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def public_jwk(house: House) -> bytes:
    return json.dumps(house.issuer.key.as_dict(private=False)).encode()


def with_own_key_inside(house: House) -> str:
    """Signed by a key of ours, which the token itself offers for checking it."""
    own = ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)
    return signed(house, own, {"kid": own.kid, "jwk": own.as_dict(private=False)})


def with_other_claims(house: House) -> str:
    """A good token whose claims were changed after it was signed."""
    head, _, signature = signed(house).split(".")
    return f"{head}.{part(claims(house, roles=['hr_admin', 'service']))}.{signature}"


def other_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig"})


now = time.time
FORGED: Mapping[str, Callable[[House], str]] = {
    "expired": lambda house: house.issuer.sign(house.staff["boss"], lifetime=timedelta(minutes=-5)),
    "not valid yet": lambda house: signed(house, nbf=int(now()) + HOUR),
    "signed in the future": lambda house: signed(house, iat=int(now()) + HOUR, exp=int(now()) + 2 * HOUR),
    "for another audience": lambda house: signed(house, aud="another"),
    "for no audience": lambda house: signed(house, aud=None),
    "of another issuer": lambda house: signed(house, iss="https://id.example.com"),
    "of no issuer": lambda house: signed(house, iss=None),
    "that never expires": lambda house: signed(house, exp=None),
    "without issue time": lambda house: signed(house, iat=None),
    "of nobody": lambda house: signed(house, sub=None),
    "of a number": lambda house: signed(house, sub=7),
    "by another key": lambda house: signed(house, other_key()),
    "by an unknown key": lambda house: signed(house, other_key(), {"kid": "unknown"}),
    "by a key from a path": lambda house: signed(house, other_key(), {"kid": "../../dev/null"}),
    "by a key of its own": with_own_key_inside,
    "by another algorithm": lambda house: signed(house, RSAKey.generate_key(2048), {"alg": "RS256"}),
    "alg none": lambda house: unsigned(house, "none"),
    "alg None": lambda house: unsigned(house, "None"),
    "without signature": lambda house: signed(house).rpartition(".")[0] + ".",
    "without signature part": lambda house: signed(house).rpartition(".")[0],
    "claims changed": with_other_claims,
    "HS256 with the public key": lambda house: with_public_key_as_secret(house, public_pem(house)),
    "HS256 with the public JWK": lambda house: with_public_key_as_secret(house, public_jwk(house)),
    "of another type": lambda house: signed(house, header={"typ": "logout+jwt"}),
    "garbage": lambda _: "garbage",
    "dots": lambda _: "..",
    "garbage in parts": lambda _: f"{part(b'x')}.{part(b'y')}.{part(b'z')}",
    "deep": lambda _: f"{part(b'[' * 3000)}.{part(b'[' * 3000)}.x",
    "no text": lambda _: "\xff\xfe",
    "long": lambda _: "a" * 20_000,
}
HEADERS: Mapping[str, Mapping[str, str]] = {
    "no header": {},
    "no scheme": {"Authorization": "token"},
    "Basic": {"Authorization": "Basic YTpi"},
    "empty header": {"Authorization": ""},
    "as a cookie": {"Cookie": "access_token=x; Authorization=Bearer x"},
}


def refused(house: House, name: str, headers: Mapping[str, str]) -> Iterator[str]:
    """What was not refused as it should be, of all routes of a service."""
    for method, template, operation in operations(name):
        path = template.replace("{", "").replace("}", "")
        body = next(iter(operation.get("requestBody", {}).get("content", {})), None)
        sent = {**headers, **({"Content-Type": body} if body else {})}
        raw = [(key.encode(), value.encode("latin-1")) for key, value in sent.items()]
        answer = house.ask(name, method, path, headers=raw, content=b"{}" if body else None)
        problem = answer.headers.get("content-type") == "application/problem+json"
        challenge = answer.headers.get("www-authenticate", "").startswith("Bearer")
        rule = answer.json()["type"].removeprefix("urn:cairn:problem:") if problem else "none"
        if answer.status_code != 401 or not challenge or rule not in RULES:
            yield f"{method} {template}: {answer.status_code} {answer.text[:300]}"


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_token_is_refused_on_every_route(house: House, name: str, kind: str) -> None:
    token = FORGED[kind](house)
    assert list(refused(house, name, {"Authorization": f"Bearer {token}"})) == []


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("kind", HEADERS)
def test_without_a_token_every_route_refuses(house: House, name: str, kind: str) -> None:
    assert list(refused(house, name, HEADERS[kind])) == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_good_token_is_taken_so_that_the_refusals_mean_something(house: House, name: str) -> None:
    answer = house.ask(name, "GET", LISTS[name], headers={"Authorization": f"Bearer {signed(house)}"})
    assert answer.status_code == 200, answer.text


LISTS = {
    "people": "/people",
    "goals": "/goals",
    "feedback": "/feedback",
    "reviews": "/reviews",
    "notifications": "/notifications",
}


@pytest.mark.parametrize("name", SERVICES)
async def test_only_what_is_listed_as_open_answers_to_nobody(house: House, name: str) -> None:
    described = {(method, path) for method, path, _ in operations(name)}
    for method, path in await routes_of(name, house):
        answer = house.ask(name, method, path.replace("{", "").replace("}", ""))
        if path in OPEN:
            assert method in {"GET", "HEAD"}
            assert answer.status_code != 401
        else:
            assert answer.status_code == 401, f"{method} {path} is open: {answer.status_code}"
            assert (method, path) in described, f"{method} {path} is not described"
    assert described <= await routes_of(name, house)


async def routes_of(name: str, house: House) -> set[tuple[str, str]]:
    """Every method and path of a service's app, described or not."""
    settings = read(
        name,
        mongo_url=house.addresses.mongo,
        kafka_bootstrap=house.addresses.kafka,
        oidc_issuer=house.addresses.issuer,
        development=True,
    )
    app = service(name).app(settings)
    app.state.runtime.client.close()
    return set(_walk(app.routes))


def _walk(routes: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """A route that is of no known kind ends the test: nobody knows whether it is open."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _walk(included.routes)
        else:
            assert isinstance(route, Route | APIRoute), route
            yield from ((method, route.path) for method in route.methods or ())
