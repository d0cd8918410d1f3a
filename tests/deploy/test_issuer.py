import stat
from datetime import timedelta

import httpx
import jwt
import pytest

from deploy.local.asgi import serving
from deploy.local.errors import DataDirectoryError
from deploy.local.issuer import KEY_FILE, issuer_of
from deploy.local.ports import free_ports


async def decoded(token: str, url: str) -> dict:
    async with httpx.AsyncClient(trust_env=False) as client:
        described = (await client.get(f"{url}/.well-known/openid-configuration")).json()
        keys = jwt.PyJWKSet.from_dict((await client.get(described["jwks_uri"])).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["ES256"], audience="cairn", issuer=described["issuer"])


async def test_token_is_verified_with_what_the_issuer_publishes(tmp_path):
    (port,) = free_ports(1)
    issuer = issuer_of(tmp_path, port)
    async with serving(issuer.app(), port):
        claims = await decoded(issuer.sign("person_1", ["hr_admin"]), issuer.url)
        with pytest.raises(jwt.ExpiredSignatureError):
            await decoded(issuer.sign("person_1", lifetime=timedelta(seconds=-5)), issuer.url)
    assert claims["sub"] == "person_1"
    assert claims["roles"] == ["hr_admin"]
    assert claims["exp"] - claims["iat"] == 8 * 3600


async def test_private_key_is_never_published(tmp_path):
    (port,) = free_ports(1)
    issuer = issuer_of(tmp_path, port)
    async with serving(issuer.app(), port), httpx.AsyncClient(trust_env=False) as client:
        (key,) = (await client.get(issuer.jwks_url)).json()["keys"]
    assert "d" not in key


def test_key_is_its_owners_alone_and_the_same_at_the_next_start(tmp_path):
    first, second = issuer_of(tmp_path, 1), issuer_of(tmp_path, 1)
    assert first.key.as_dict(private=True) == second.key.as_dict(private=True)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"kty": "EC"}'])
def test_damaged_key_is_told_with_the_way_out(tmp_path, damage):
    (tmp_path / KEY_FILE).write_text(damage)
    with pytest.raises(DataDirectoryError, match=r"is damaged.*Delete it"):
        issuer_of(tmp_path, 1)
