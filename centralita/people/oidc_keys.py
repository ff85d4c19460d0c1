"""Whether an id token is the provider's word about a person who has just come from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from centralita.people.oidc_provider import Provider, ProviderError

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with a key pair: neither none at all, nor with a secret that we share."""
LEEWAY_S = 60
"""How far the provider's clock may be off."""
AGAIN_MS = 10_000
"""How soon unknown keys may be asked for again."""


class TokenRefused(ValueError):
    """What does not hold, in a word."""


class ProviderKeys:
    """The provider's keys, asked for again when it signs with a new one."""

    def __init__(self, provider: Provider, now_ms: Callable[[], int]) -> None:
        self._provider, self._now_ms = provider, now_ms
        self._keys: KeySet | None = None
        self._asked_ms = 0

    async def of(self, token: str) -> KeySet:
        """
        Keys by which this token may be checked.

        Raises:
            ProviderError: It does not tell its keys.
            TokenRefused: It is no token.
        """
        try:
            kid = jws.extract_compact(token.encode()).headers().get("kid")
        except (JoseError, ValueError) as error:
            raise TokenRefused("malformed") from error
        if self._keys is None or (self._unknown(kid) and self._now_ms() - self._asked_ms >= AGAIN_MS):
            self._asked_ms = self._now_ms()
            try:
                self._keys = KeySet.import_key_set(await self._provider.keys())  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise ProviderError("its keys cannot be read") from error
        return self._keys

    def _unknown(self, kid: object) -> bool:
        assert self._keys is not None
        return kid is not None and all(key.kid != kid for key in self._keys.keys)


def checked(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, now_s: int
) -> Mapping[str, Any]:
    """
    The claims of an id token that holds (OpenID Connect Core 1.0, 3.1.3.7).

    Args:
        token: JWS in compact form.
        keys: Of the provider.
        issuer: Who must have made it.
        client_id: For whom.
        nonce: To which question.
        now_s: UTC.

    Raises:
        TokenRefused: Signature, issuer, audience, time or nonce are wrong.
    """
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError) as error:
        raise TokenRefused("signature") from error
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    ends_s, made_s = claims.get("exp"), claims.get("iat")
    for name, good in (
        ("issuer", str(claims.get("iss", "")).rstrip("/") == issuer),
        ("audience", client_id in audiences),
        ("azp", claims.get("azp", client_id) == client_id and (len(audiences) == 1 or "azp" in claims)),
        ("expired", isinstance(ends_s, int | float) and now_s < ends_s + LEEWAY_S),
        ("issued", isinstance(made_s, int | float) and made_s <= now_s + LEEWAY_S),
        ("nonce", claims.get("nonce") == nonce),
        ("subject", isinstance(claims.get("sub"), str) and claims["sub"] != ""),
    ):
        if not good:
            raise TokenRefused(name)
    return claims
