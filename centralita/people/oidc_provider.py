"""Speaking to an OpenID provider: discovery, keys and the exchange of a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

TIMEOUT_S = 10.0
BODY_MAX = 1 << 20


class ProviderError(RuntimeError):
    """It does not answer, or what it says makes no sense."""


@dataclass(frozen=True, slots=True)
class Discovered:
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    only_post: bool
    """It takes the client's secret in the body only."""


class Provider:
    """
    Args:
        issuer: Without a slash at the end.
    """

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._found: Discovered | None = None

    async def discover(self) -> Discovered:
        """
        Where everything is; asked once. OpenID Connect Discovery 1.0, 4.3: the issuer must be the one asked.

        Raises:
            ProviderError: See there.
        """
        if self._found is None:
            said = await self._json("GET", f"{self._issuer}/.well-known/openid-configuration")
            if str(said.get("issuer", "")).rstrip("/") != self._issuer:
                raise ProviderError("another issuer")
            ways = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
            try:
                self._found = Discovered(
                    said["authorization_endpoint"],
                    said["token_endpoint"],
                    said["jwks_uri"],
                    "client_secret_basic" not in ways and "client_secret_post" in ways,
                )
            except KeyError as error:
                raise ProviderError(f"{error} is missing") from error
        return self._found

    async def keys(self) -> dict[str, Any]:
        """Its signing keys now, as JWKS. Raises ProviderError."""
        return await self._json("GET", (await self.discover()).jwks_uri)

    async def redeem(self, code: str, verifier: str, redirect_uri: str, client: tuple[str, str]) -> str:
        """
        The id token that a code stands for (OpenID Connect Core 1.0, 3.1.3).

        Args:
            code: Good once.
            verifier: Of PKCE.
            redirect_uri: The same as when the code was asked for.
            client: Id and secret.

        Raises:
            ProviderError: See there; also when it does not take the code.
        """
        found, (client_id, secret) = await self.discover(), client
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        auth = None
        if secret and not found.only_post:
            # RFC 6749, 2.3.1: both are form-encoded before they are joined.
            auth = aiohttp.encode_basic_auth(quote(client_id, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": client_id, **({"client_secret": secret} if secret else {})}
        said = await self._json("POST", found.token_endpoint, form, auth)
        token = said.get("id_token")
        if not isinstance(token, str):
            raise ProviderError("no id_token")
        return token

    async def _json(
        self, method: str, url: str, form: dict[str, str] | None = None, auth: str | None = None
    ) -> dict[str, Any]:
        headers = {} if auth is None else {"Authorization": auth}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http,
                http.request(method, url, data=form, headers=headers, allow_redirects=False) as answer,
            ):
                body = await answer.content.read(BODY_MAX)
                if answer.status != 200:
                    raise ProviderError(f"HTTP {answer.status}")
                return msgspec.json.decode(body, type=dict[str, Any])
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.DecodeError, ValueError) as error:
            raise ProviderError(type(error).__name__) from error
