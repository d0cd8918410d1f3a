"""The development issuer: signs tokens for anybody, on this machine only.

Its key lies in the data directory.  It stands in for the OIDC issuer of an organisation and
knows no person: whoever can read the key may be anyone, which is why it is for development.
"""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from deploy.local.errors import DataDirectoryError
from deploy.local.kept import kept
from deploy.local.ports import LOOPBACK

ALGORITHM = "ES256"
AUDIENCE = "cairn"
DEFAULT_LIFETIME = timedelta(hours=8)
KEY_FILE = "issuer-key.json"


@dataclass(frozen=True)
class Issuer:
    """Signs access tokens with its own key, and publishes the public half."""

    key: ECKey
    url: str

    @property
    def jwks_url(self) -> str:
        """Where its public key is."""
        return f"{self.url}/jwks.json"

    def sign(
        self, person_id: str, roles: Sequence[str] = (), *, lifetime: timedelta = DEFAULT_LIFETIME
    ) -> str:
        """An access token for a person, good from now for `lifetime`; a negative one has expired already."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": person_id,
            "roles": list(roles),
            "iat": now,
            "exp": now + int(lifetime.total_seconds()),
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode({"alg": ALGORITHM, "kid": self.key.kid}, claims, self.key)

    def app(self) -> Starlette:
        """What services ask it over HTTP: its description and its public key."""

        async def describe(_: Request) -> JSONResponse:
            return JSONResponse(
                {
                    "issuer": self.url,
                    "jwks_uri": self.jwks_url,
                    "id_token_signing_alg_values_supported": [ALGORITHM],
                    "response_types_supported": ["token"],
                    "subject_types_supported": ["public"],
                }
            )

        async def keys(_: Request) -> JSONResponse:
            return JSONResponse({"keys": [self.key.as_dict(private=False)]})

        return Starlette(
            routes=[Route("/.well-known/openid-configuration", describe), Route("/jwks.json", keys)]
        )


def issuer_of(directory: Path, port: int) -> Issuer:
    """The issuer whose key lies in a suite's data directory; the key is made the first time.

    Raises:
        DataDirectoryError: the key cannot be read, written or understood.
    """
    path = directory / KEY_FILE
    try:
        key = ECKey.import_key(json.loads(kept(path, _new_key)))
    except (ValueError, JoseError) as error:
        raise DataDirectoryError(
            f"the issuer's key in {path} is damaged", mend="Delete it: a new one is made, and old tokens end"
        ) from error
    return Issuer(key, f"http://{LOOPBACK}:{port}")


def _new_key() -> str:
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    return json.dumps(key.as_dict(private=True))
