"""Only a token that the issuer signed for us, now, says who the caller is."""

import base64
import hmac
import json
import time
import uuid

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, Request
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from shared.ids import derive
from shared.problems import add_problem_handlers
from shared.settings import read
from shared.signing_keys import SigningKey, SigningKeys
from shared.tokens import (
    TOKEN_MAX_BYTES,
    BearerToken,
    TokenExpired,
    TokenNotAccepted,
    TokenVerifier,
    caller_from,
    token_caller,
)

ISSUER, AUDIENCE = "https://id.example.com", "cairn"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)
EC = ec.generate_private_key(ec.SECP256R1())


def settings_with(**fields):
    engines = {"mongo_url": "mongodb://localhost", "kafka_bootstrap": "localhost:9092"}
    return read("goals", **engines, oidc_issuer=ISSUER, oidc_audience=AUDIENCE, **fields)


SETTINGS = settings_with()


async def issuer_keys():
    return [
        SigningKey("rsa", RSA.public_key(), "RS256"),
        SigningKey("ec", EC.public_key(), None),
        SigningKey("short", SHORT.public_key(), None),
    ]


def claims(**other):
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "person_1",
        "iat": now,
        "exp": now + 300,
        "roles": ["auditor"],
    }
    return {name: value for name, value in {**good, **other}.items() if value is not ...}


def token(key=RSA, algorithm="RS256", kid="rsa", headers=None, **other):
    return jwt.encode(claims(**other), key, algorithm=algorithm, headers={"kid": kid, **(headers or {})})


def raw(header, payload, signature=b""):
    parts = [json.dumps(part).encode() if isinstance(part, dict) else part for part in (header, payload)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, signature))


def tampered(good, **changes):
    head, body, signature = good.split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**payload, **changes}).encode()).rstrip(b"=").decode()
    return f"{head}.{changed}.{signature}"


@pytest.fixture
def verifier():
    return TokenVerifier(SETTINGS, SigningKeys(issuer_keys))


async def test_a_good_token_says_who_the_caller_is(verifier):
    caller = await verifier.verify(token())
    assert (caller.subject, caller.person_id, caller.roles) == ("person_1", "person_1", {"auditor"})


async def test_a_token_of_another_pinned_algorithm_is_good_too(verifier):
    assert (await verifier.verify(token(EC, "ES256", "ec"))).person_id == "person_1"


async def test_one_of_several_audiences_is_enough(verifier):
    assert await verifier.verify(token(aud=["other", AUDIENCE]))


async def test_a_token_may_name_as_many_groups_as_an_enterprises_provider_does(verifier):
    groups = [str(uuid.uuid4()) for _ in range(200)]
    long = token(roles=["auditor"], groups=groups, wids=groups[:20])
    assert len(long) > 8192
    assert (await verifier.verify(long)).roles == {"auditor"}


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt"])
async def test_access_tokens_are_taken_by_any_of_their_names(verifier, kind):
    assert await verifier.verify(token(headers={"typ": kind}))


async def test_the_clocks_of_issuer_and_service_may_differ_a_little(verifier):
    now = int(time.time())
    assert await verifier.verify(token(iat=now + 20, nbf=now + 20))
    assert await verifier.verify(token(exp=now - 20))


PUBLIC_PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signed_with_public_key_as_secret():
    signing_input = raw({"alg": "HS256", "kid": "rsa", "typ": "JWT"}, claims()).rstrip(".")
    signature = hmac.digest(PUBLIC_PEM, signing_input.encode(), "sha256")
    return f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_embedded_key():
    public = RSAKey.import_key(OTHER.public_key()).as_dict(private=False)
    return token(OTHER, headers={"jwk": public, "jku": "https://evil.example.com/keys"})


FORGED = {
    "no algorithm": lambda: raw({"alg": "none", "kid": "rsa", "typ": "JWT"}, claims()),
    "no algorithm, in capitals": lambda: raw({"alg": "NONE", "kid": "rsa"}, claims()),
    "algorithm missing": lambda: raw({"kid": "rsa"}, claims()),
    "algorithm of another type": lambda: raw({"alg": ["RS256"], "kid": "rsa"}, claims()),
    "public key used as a secret": signed_with_public_key_as_secret,
    "another issuer's key": lambda: token(OTHER),
    "key sent along": with_embedded_key,
    "key not named": lambda: jwt.encode(claims(), RSA, algorithm="RS256"),
    "key unknown": lambda: token(kid="nobody"),
    "key name that is a path": lambda: token(kid="../../dev/null"),
    "key name that is no text": lambda: raw({"alg": "RS256", "kid": 5}, claims()),
    "key for another algorithm": lambda: token(RSA, "RS512"),
    "algorithm not pinned": lambda: token(EC, "ES256", "rsa"),
    "key of another kind": lambda: token(RSA, "RS256", "ec"),
    "key too short": lambda: token(SHORT, "RS256", "short"),
    "signature cut off": lambda: token().rsplit(".", 1)[0] + ".",
    "signature of another token": lambda: (
        f"{token(sub='a').rsplit('.', 1)[0]}.{token(sub='b').rsplit('.', 1)[1]}"
    ),
    "roles added": lambda: tampered(token(), roles=["hr_admin"]),
    "person changed": lambda: tampered(token(), sub="person_2"),
    "wrong issuer": lambda: token(iss="https://evil.example.com"),
    "issuer with a slash more": lambda: token(iss=ISSUER + "/"),
    "wrong audience": lambda: token(aud="other"),
    "audience that only starts like ours": lambda: token(aud="cairn-admin"),
    "audience of another type": lambda: token(aud={"cairn": True}),
    "audience list with another type": lambda: token(aud=["cairn", 5]),
    "not yet valid": lambda: token(nbf=int(time.time()) + 3600),
    "issued in the future": lambda: token(iat=int(time.time()) + 3600),
    "expires at infinity": lambda: token(exp=float("inf")),
    "expires at no number": lambda: token(exp="soon"),
    "subject empty": lambda: token(sub=""),
    "subject of another type": lambda: raw_signed({**claims(), "sub": 5}),
    "subject without end": lambda: token(sub="x" * 300),
    "an id token's logout sibling": lambda: token(headers={"typ": "logout+jwt"}),
    "a critical header we do not know": lambda: token(headers={"crit": ["exp2"], "exp2": 1}),
    "payload not an object": lambda: raw_signed([1, 2]),
    "payload not JSON": lambda: raw_signed(b"\xff\xfe"),
    "payload nested without end": lambda: raw_signed(b"[" * 4000),
    "header nested without end": lambda: raw(b"[" * 4000, b"{}", b"x"),
    "header not an object": lambda: raw(b"[]", claims(), b"x"),
    "garbage": lambda: "garbage",
    "dots": lambda: "..",
    "five parts": lambda: "a.b.c.d.e",
    "not ASCII": lambda: "ü.ü.ü",
    "half a surrogate": lambda: "\udcff.a.b",
    "line breaks": lambda: token() + "\n",
    "too long": lambda: token(padding="x" * TOKEN_MAX_BYTES),
    **{
        f"no {name}": (lambda name=name: token(**{name: ...})) for name in ("exp", "iat", "sub", "iss", "aud")
    },
}


def raw_signed(payload):
    """What the issuer itself would have signed, however odd."""
    encoded = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return jwt.PyJWS().encode(encoded, RSA, algorithm="RS256", headers={"kid": "rsa"})


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("kind", FORGED)
async def test_a_forged_or_broken_token_is_refused(verifier, kind):
    with pytest.raises(TokenNotAccepted) as refused:
        await verifier.verify(FORGED[kind]())
    assert not isinstance(refused.value, TokenExpired)
    assert refused.value.status == 401
    assert refused.value.detail == "The token was not accepted. Get a new one from the issuer."


async def test_a_key_that_the_issuer_bound_to_an_algorithm_signs_with_no_other():
    both = TokenVerifier(settings_with(oidc_algorithms=("RS256", "RS512", "ES256")), SigningKeys(issuer_keys))
    assert await both.verify(token(RSA, "RS256"))
    with pytest.raises(TokenNotAccepted):
        await both.verify(token(RSA, "RS512"))


async def test_an_expired_token_is_refused_and_told_so(verifier):
    with pytest.raises(TokenExpired):
        await verifier.verify(token(exp=int(time.time()) - 60))


async def test_expiry_is_told_only_of_what_the_issuer_signed(verifier):
    with pytest.raises(TokenNotAccepted) as refused:
        await verifier.verify(token(OTHER, exp=int(time.time()) - 60))
    assert not isinstance(refused.value, TokenExpired)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_text_at_all_is_more_than_refused(verifier, text):
    with pytest.raises(TokenNotAccepted):
        await verifier.verify(text)


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_changed_character_goes_unseen(verifier, position, shift):
    good = token()
    at = position % len(good)
    changed = good[:at] + chr((ord(good[at]) + shift) % 256) + good[at + 1 :]
    with pytest.raises(TokenNotAccepted):
        await verifier.verify(changed)


async def test_a_remembered_token_expires_on_time(verifier):
    good = token(exp=int(time.time()) + 5)
    assert await verifier.verify(good)
    with time_machine.travel(time.time() + 34, tick=False):
        assert await verifier.verify(good)
    with time_machine.travel(time.time() + 36, tick=False), pytest.raises(TokenExpired):
        await verifier.verify(good)


async def test_a_refused_token_is_not_remembered_as_good(verifier):
    bad = tampered(token(), roles=["hr_admin"])
    for _ in range(3):
        with pytest.raises(TokenNotAccepted):
            await verifier.verify(bad)


async def test_a_remembered_token_costs_no_second_check(verifier, monkeypatch):
    good = token()
    first = await verifier.verify(good)
    monkeypatch.setattr(jwt, "decode", None)
    assert await verifier.verify(good) is first


async def test_remembered_tokens_do_not_pile_up(verifier, monkeypatch):
    monkeypatch.setattr("shared.tokens.CACHE_SIZE", 3)
    for number in range(6):
        await verifier.verify(token(jti=str(number)))
    assert len(verifier._verified) == 3


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        (["hr_admin", "root", "superuser"], {"hr_admin"}),
        ("hr_admin auditor", {"hr_admin", "auditor"}),
        (["HR_ADMIN", " hr_admin", ["hr_admin"], 5, None], set()),
        ({"hr_admin": True}, set()),
        (None, set()),
        (..., set()),
    ],
)
def test_only_roles_that_the_suite_knows_count(sent, known):
    assert caller_from(claims(roles=sent), SETTINGS).roles == known


OF_S = derive("subject", "s")


def test_a_subject_that_is_not_the_persons_id_is_kept_as_an_id_made_of_it():
    address = "anna@example.com"
    for configured in (settings_with(oidc_person_claim="cairn_person"), settings_with(**BY_EMAIL)):
        for said in ({"cairn_person": "person_9"}, {"email": "a@b.example"}, {}):
            subjects = {caller_from(claims(sub=sub, **said), configured).subject for sub in (address, "x")}
            assert subjects == {derive("subject", address), derive("subject", "x")}
    assert "anna" not in derive("subject", address)
    assert caller_from(claims(sub="person_9"), SETTINGS).subject == "person_9"
    assert caller_from(claims(sub=address, roles=["service"]), SETTINGS).subject == address


def test_roles_and_person_may_stand_deeper_in_the_token():
    configured = settings_with(oidc_roles_claim="realm.roles", oidc_person_claim="cairn_person")
    caller = caller_from(
        {"sub": "s", "realm": {"roles": ["auditor"]}, "cairn_person": "person_9"}, configured
    )
    assert (caller.subject, caller.person_id, caller.roles) == (OF_S, "person_9", {"auditor"})


def test_a_claim_whose_name_holds_dots_is_found_by_its_name():
    configured = settings_with(oidc_roles_claim="https://cairn.dev/roles")
    assert caller_from({"sub": "s", "https://cairn.dev/roles": ["auditor"]}, configured).roles == {"auditor"}


@pytest.mark.parametrize("role", ["service", "hr_system", "measuring_system"])
def test_a_machine_is_not_a_person_and_has_no_role_of_people(role):
    caller = caller_from(claims(sub="client-7", roles=[role, "hr_admin"]), SETTINGS)
    assert (caller.subject, caller.person_id, caller.is_machine) == ("client-7", None, True)
    assert caller.roles == {role}


@pytest.mark.parametrize("person", [None, 5, "", "x" * 300, ["person_1"]])
def test_who_has_no_person_claim_is_nobody_in_the_directory(person):
    configured = settings_with(oidc_person_claim="cairn_person")
    caller = caller_from({"sub": "s", "cairn_person": person, "roles": ["hr_admin"]}, configured)
    assert (caller.person_id, caller.roles) == (None, frozenset()), "nobody could tell that they have left"


MAPPED = {"Cairn HR": "hr_admin", "6f1c-00": "auditor", "Warehouse": "measuring_system", "HR": "hr_partner"}


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        (["Cairn HR", "6f1c-00"], {"hr_admin", "auditor"}),
        ("6f1c-00 HR", {"auditor", "hr_partner"}),
        ("Cairn HR", {"hr_admin", "hr_partner"}),
        (["cairn hr", "Cairn", "CAIRN HR "], set()),
        (["hr_admin", "privacy_officer", "service"], set()),
        (["Cairn HR", "Warehouse"], {"measuring_system"}),
    ],
)
def test_with_a_map_roles_are_those_that_it_says_and_no_others(sent, known):
    assert caller_from(claims(roles=sent), settings_with(oidc_role_map=MAPPED)).roles == known


BY_EMAIL = {"oidc_person_by": "email", "oidc_person_claim": "email"}


@pytest.mark.parametrize(
    ("said", "email"),
    [
        ("Anna@Example.com", "anna@example.com"),
        ("\u212aate@example.com", "\u212aate@example.com"),  # the Kelvin sign, whose lower case is a k
        ("\u0130@example.com", "\u0130@example.com"),
    ],
)
def test_an_address_is_looked_up_in_lower_case_and_becomes_no_other(said, email):
    caller = caller_from(claims(email=said, roles=["auditor"]), settings_with(**BY_EMAIL))
    assert (caller.person_id, caller.email) == (None, email)
    assert caller.roles == {"auditor"}


@pytest.mark.parametrize("verified", [True, "true"])
def test_an_address_that_the_provider_has_verified_counts(verified):
    said = claims(email="anna@example.com", email_verified=verified)
    assert caller_from(said, settings_with(**BY_EMAIL)).email == "anna@example.com"


@pytest.mark.parametrize("verified", [False, "false", None, 0, "", [], {}, ["true"]])
def test_an_address_that_the_provider_has_not_verified_is_refused(verified):
    said = claims(email="anna@example.com", email_verified=verified)
    with pytest.raises(TokenNotAccepted):
        caller_from(said, settings_with(**BY_EMAIL))
    assert caller_from(said, SETTINGS).person_id == "person_1", "where nobody goes by it, it says nothing"


@pytest.mark.parametrize("person", [None, 5, "", "x" * 300, ["anna@example.com"], {"value": "a@example.com"}])
def test_without_an_address_a_token_is_nobodys_and_has_no_roles(person):
    caller = caller_from(claims(email=person, roles=["hr_admin"]), settings_with(**BY_EMAIL))
    assert (caller.person_id, caller.email, caller.roles) == (None, None, frozenset())


def test_machines_need_no_address():
    caller = caller_from(claims(roles=["hr_system"], email_verified=False), settings_with(**BY_EMAIL))
    assert (caller.email, caller.roles) == (None, {"hr_system"})


@pytest.fixture
async def client(verifier):
    app = FastAPI()
    add_problem_handlers(app)
    app.state.tokens = verifier

    @app.get("/me")
    async def me(request: Request, declared: BearerToken) -> str:
        del declared
        return (await token_caller(request)).subject

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        client.app = app
        yield client


async def test_a_route_knows_its_caller(client):
    answer = await client.get("/me", headers={"Authorization": f"Bearer {token()}"})
    assert (answer.status_code, answer.json()) == (200, "person_1")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dTpw", "Token x", "Digest a=b"])
async def test_without_a_bearer_token_the_answer_is_a_challenge(client, header):
    answer = await client.get("/me", headers={"Authorization": header} if header is not None else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="cairn"'
    assert answer.json()["type"] == "urn:cairn:problem:unauthenticated"


async def test_a_bad_token_is_a_challenge_that_does_not_say_what_is_wrong(client):
    answer = await client.get("/me", headers={"Authorization": f"Bearer {token(OTHER)}"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="cairn", error="invalid_token"'
    assert "signature" not in answer.text.lower()


async def test_while_the_issuer_is_out_of_reach_the_answer_is_503(client):
    async def fails():
        raise ValueError("down")

    client.app.state.tokens = TokenVerifier(SETTINGS, SigningKeys(fails))
    answer = await client.get("/me", headers={"Authorization": f"Bearer {token()}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_the_scheme_is_in_the_api_description(client):
    schema = client.app.openapi()
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert schema["paths"]["/me"]["get"]["security"] == [{"bearer": []}]
