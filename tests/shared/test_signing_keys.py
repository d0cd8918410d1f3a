"""The issuer's keys are fetched when needed, kept, renewed, and never asked for in floods."""

import asyncio
import json

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from shared.signing_keys import IssuerUnreachable, SigningKey, SigningKeys, fetch_from


class Issuer:
    """A source of keys whose every fetch is counted; raises `error` while it is set."""

    def __init__(self, *names):
        self.names = names
        self.fetches = 0
        self.error = None

    async def __call__(self):
        self.fetches += 1
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        return [SigningKey(name, object(), None) for name in self.names]


@pytest.fixture
def now(monkeypatch):
    """Seconds that pass only when told to."""
    clock = [1000.0]
    monkeypatch.setattr("shared.signing_keys.time.monotonic", lambda: clock[0])

    def pass_by(seconds):
        clock[0] += seconds

    return pass_by


@pytest.mark.usefixtures("now")
async def test_a_known_key_is_fetched_once():
    issuer = Issuer("k1")
    keys = SigningKeys(issuer)
    for _ in range(5):
        assert (await keys.get("k1")).key_id == "k1"
    assert issuer.fetches == 1


@pytest.mark.usefixtures("now")
async def test_many_who_ask_at_once_share_a_fetch():
    issuer = Issuer("k1")
    keys = SigningKeys(issuer)
    assert all(await asyncio.gather(*(keys.get("k1") for _ in range(50))))
    assert issuer.fetches == 1


async def test_a_rotated_key_is_found_by_one_more_fetch(now):
    issuer = Issuer("k1")
    keys = SigningKeys(issuer)
    await keys.get("k1")
    issuer.names = ("k1", "k2")
    now(11)
    assert await keys.get("k2")
    assert issuer.fetches == 2


async def test_forged_key_names_do_not_reach_the_issuer(now):
    issuer = Issuer("k1")
    keys = SigningKeys(issuer, cooldown=10)
    await keys.get("k1")
    now(11)
    assert await asyncio.gather(*(keys.get(f"forged{n}") for n in range(100))) == [None] * 100
    assert issuer.fetches == 2
    assert await keys.get("k1")


async def test_a_withdrawn_key_is_let_go_after_its_lifespan(now):
    issuer = Issuer("k1", "k2")
    keys = SigningKeys(issuer, lifespan=300)
    await keys.get("k1")
    issuer.names = ("k2",)
    now(301)
    await keys.get("k1")
    await keys._renewal
    assert await keys.get("k1") is None
    assert await keys.get("k2")


async def test_old_keys_answer_at_once_while_new_ones_are_fetched_beside(now):
    issuer = Issuer("k1")
    keys = SigningKeys(issuer, lifespan=300)
    await keys.get("k1")
    now(301)
    assert await keys.get("k1")
    assert issuer.fetches == 1
    await keys._renewal
    assert issuer.fetches == 2
    await keys.close()


async def test_known_keys_outlive_an_outage_of_the_issuer_but_not_for_ever(now):
    issuer = Issuer("k1")
    keys = SigningKeys(issuer, lifespan=300, grace=3600)
    await keys.get("k1")
    issuer.error = httpx.ConnectError("down")
    now(3599)
    assert await keys.get("k1")
    await keys._renewal
    now(2)
    with pytest.raises(IssuerUnreachable):
        await keys.get("k1")


async def test_an_issuer_out_of_reach_is_503_and_asked_again_soon(now):
    issuer = Issuer("k1")
    issuer.error = httpx.ConnectTimeout("slow")
    keys = SigningKeys(issuer, cooldown=10, retry=1)
    for _ in range(20):
        with pytest.raises(IssuerUnreachable) as refused:
            await keys.get("k1")
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "5")
    assert issuer.fetches == 1
    issuer.error = None
    now(1.1)
    assert await keys.get("k1")


def jwk(kid, **fields):
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return {**json.loads(ECAlgorithm.to_jwk(public)), "kid": kid, **fields}


async def test_keys_are_found_by_asking_the_issuer_where_they_are(httpserver):
    issuer = httpserver.url_for("/realm").rstrip("/")
    httpserver.expect_request("/realm/.well-known/openid-configuration").respond_with_json(
        {"issuer": issuer, "jwks_uri": httpserver.url_for("/keys")}
    )
    httpserver.expect_request("/keys").respond_with_json({"keys": [jwk("k1", alg="ES256")]})
    [key] = await fetch_from(issuer=issuer, jwks_url=None, development=True)()
    assert (key.key_id, key.algorithm) == ("k1", "ES256")


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://other.example.com", "jwks_uri": "https://other.example.com/keys"},
        {"issuer": "ISSUER", "jwks_uri": "http://keys.example.com/keys"},
        {"issuer": "ISSUER", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "ISSUER"},
        ["ISSUER"],
    ],
)
async def test_an_issuer_that_points_elsewhere_is_not_followed(httpserver, about):
    issuer = httpserver.url_for("").rstrip("/")
    told = json.loads(json.dumps(about).replace("ISSUER", issuer))
    httpserver.expect_request("/.well-known/openid-configuration").respond_with_json(told)
    with pytest.raises(ValueError, match="issuer"):
        await fetch_from(issuer=issuer, jwks_url=None, development=False)()


async def test_only_public_signature_keys_with_a_name_are_taken(httpserver):
    keys = [
        jwk("good"),
        jwk("for-encryption", use="enc"),
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "broken"},
        {key: value for key, value in jwk("x").items() if key != "kid"},
        "junk",
    ]
    httpserver.expect_request("/keys").respond_with_json({"keys": keys})
    found = await fetch_from(issuer="i", jwks_url=httpserver.url_for("/keys"), development=True)()
    assert [key.key_id for key in found] == ["good"]


@pytest.mark.parametrize(
    "body", ['{"keys": []}', "{}", '{"keys": 5}', "[]", "not json", '{"keys": [{"kty": "oct"}]}']
)
async def test_an_answer_without_keys_does_not_wipe_the_known_ones(httpserver, body):
    httpserver.expect_request("/keys").respond_with_data(body, content_type="application/json")
    keys = SigningKeys(fetch_from(issuer="i", jwks_url=httpserver.url_for("/keys"), development=True))
    with pytest.raises(IssuerUnreachable):
        await keys.get("k1")


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_an_error_or_a_redirect_is_an_issuer_out_of_reach(httpserver, status):
    httpserver.expect_request("/keys").respond_with_data(
        "{}", status=status, headers={"Location": "/elsewhere"}
    )
    keys = SigningKeys(fetch_from(issuer="i", jwks_url=httpserver.url_for("/keys"), development=True))
    with pytest.raises(IssuerUnreachable):
        await keys.get("k1")
