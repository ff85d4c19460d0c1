"""
A small OpenID provider: real HTTP, real signatures, and the ways in which one can lie.

It signs in whoever comes, as `person`; the browser is sent straight back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from aiohttp import BasicAuth, web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "centralita", "a secret: with % and ü"
LIFE_S = 300


@dataclass
class OidcProvider:
    """One provider, with one person signed in to it."""

    now_s: Any
    """Its clock."""
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "u-17", "preferred_username": "Marta.Gil", "centralita_role": ["staff", "supervisor"],
        }
    )  # fmt: skip
    lies: dict[str, Any] = field(default_factory=dict)
    """Claims that it puts in falsely."""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}))
    signs_with: Any = None
    """Another key than it tells of."""
    algorithm: str = "RS256"
    down: bool = False
    asked_for_keys: int = 0
    url: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self.discovery),
                web.get("/authorize", self.authorize),
                web.post("/token", self.token),
                web.get("/keys", self.keys),
            ]
        )
        return app

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})

    async def discovery(self, _request: web.Request) -> web.Response:
        if self.down:
            raise web.HTTPServiceUnavailable
        return web.json_response(
            {
                "issuer": self.lies.get("issuer", self.url),
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    async def keys(self, _request: web.Request) -> web.Response:
        self.asked_for_keys += 1
        return web.json_response(KeySet([self.key]).as_dict(private=False))

    async def authorize(self, request: web.Request) -> web.Response:
        asked = request.query
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = {name: asked[name] for name in ("redirect_uri", "nonce", "code_challenge")}
        back = urlencode({"code": code, "state": asked["state"]})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{back}")

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        auth = BasicAuth.decode(request.headers.get("Authorization", "Basic Og=="))
        known = self.codes.pop(str(form.get("code")), None)
        made = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        if (
            (unquote(auth.login), unquote(auth.password)) != (CLIENT, SECRET)
            or known is None
            or known["redirect_uri"] != form["redirect_uri"]
            or known["code_challenge"] != _url64(made)
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"token_type": "Bearer", "id_token": self.id_token(known["nonce"])})

    def id_token(self, nonce: str) -> str:
        now_s = self.now_s()
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now_s, "exp": now_s + LIFE_S, "nonce": nonce,
            **self.person, **self.lies,
        }  # fmt: skip
        if self.algorithm == "none":
            return _by_hand({"alg": "none"}, claims, b"")
        if self.algorithm == "HS256":
            # What a careless reader checks with the public key taken for a shared secret.
            return _by_hand({"alg": "HS256", "kid": self.key.kid}, claims, self.key.as_pem(private=False))
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(header, claims, self.signs_with or self.key)


def _by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """What no honest library makes; unsigned without a secret."""
    said = ".".join(_url64(json.dumps(part).encode()) for part in (header, claims))
    return f"{said}.{_url64(hmac.digest(secret, said.encode(), 'sha256') if secret else b'')}"


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@asynccontextmanager
async def oidc_provider(now_s: Any, *, host: str = "127.0.0.1") -> AsyncIterator[OidcProvider]:
    """A running provider; `host` is the name by which it is known."""
    provider = OidcProvider(now_s)
    runner = web.AppRunner(provider.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.url = f"http://{host}:{runner.addresses[0][1]}"
    yield provider
    await runner.cleanup()
