"""
Signing in at somebody else's: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636).

The provider says who it is and, in one claim, which role. Nothing is kept of
its tokens: after the identity is checked they are thrown away.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from centralita.people.oidc_keys import ProviderKeys, TokenRefused, checked
from centralita.people.oidc_provider import Provider, ProviderError
from centralita.people.refusals import Refused
from centralita.people.rights import Role

KEEP_MS = 10 * 60_000
"""How long a person may take at the provider."""
PENDING_MAX = 1_000
ROLE_CLAIM = "centralita_role"
_STRONGEST = (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AGENT, Role.CRM)


class OidcSettingsError(ValueError):
    """The environment says something that cannot be; the text says how to mend it, Spanish first."""


@dataclass(frozen=True, slots=True)
class Settings:
    issuer: str
    client_id: str
    client_secret: str
    """Empty for a public client."""
    role_claim: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for."""

    subject: str
    """Issuer and subject: never changes, and is nobody else's."""
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser is to go, and what it must bring back."""

    url: str
    browser_key: str


@dataclass(frozen=True, slots=True)
class _Pending:
    nonce: str
    verifier: str
    browser_digest: str
    redirect_uri: str
    until_ms: int


def settings_of(environ: Mapping[str, str]) -> Settings | None:
    """
    OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET_FILE and OIDC_ROLE_CLAIM; None without an issuer.

    Raises:
        OidcSettingsError: Something is missing, or the issuer is not reached over TLS.
    """
    issuer = environ.get("OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return None
    client_id = environ.get("OIDC_CLIENT_ID", "")
    if not client_id:
        raise OidcSettingsError("Con OIDC_ISSUER hace falta OIDC_CLIENT_ID. / OIDC_CLIENT_ID is missing.")
    if urlsplit(issuer).scheme != "https" and not _is_local(issuer):
        raise OidcSettingsError(
            f"OIDC_ISSUER={issuer}: solo con https:// (salvo en la misma máquina). / https:// only."
        )
    return Settings(issuer, client_id, _secret(environ), environ.get("OIDC_ROLE_CLAIM") or ROLE_CLAIM)


class Oidc:
    """
    Args:
        settings: Of the environment.
        now_ms: UTC.
    """

    def __init__(self, settings: Settings, now_ms: Callable[[], int]) -> None:
        self._settings, self._now_ms = settings, now_ms
        self._provider = Provider(settings.issuer)
        self._keys = ProviderKeys(self._provider, now_ms)
        self._pending: OrderedDict[str, _Pending] = OrderedDict()

    async def begin(self, redirect_uri: str) -> Begun:
        """Raises Refused: the provider does not answer."""
        try:
            found = await self._provider.discover()
        except ProviderError as error:
            raise _unavailable() from error
        state, nonce, verifier, key = (secrets.token_urlsafe(32) for _ in range(4))
        until_ms = self._now_ms() + KEEP_MS
        self._pending[state] = _Pending(nonce, verifier, _digest(key), redirect_uri, until_ms)
        if len(self._pending) > PENDING_MAX:
            self._pending.popitem(last=False)
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(found.authorization_endpoint).query else "?"
        return Begun(f"{found.authorization_endpoint}{joint}{urlencode(asked)}", key)

    async def finish(self, state: str, code: str, browser_key: str) -> Identity:
        """
        Who has come back.

        Args:
            state: As it came back; good once.
            code: Of the provider.
            browser_key: What `begin` gave to the browser.

        Raises:
            Refused: It is not the answer to what this browser asked, or the provider's word does not hold.
        """
        pending = self._pending.pop(state, None)
        if pending is None or self._now_ms() >= pending.until_ms:
            raise _failed("state")
        if not secrets.compare_digest(pending.browser_digest, _digest(browser_key)):
            raise _failed("browser")
        try:
            token = await self._provider.redeem(
                code,
                pending.verifier,
                pending.redirect_uri,
                (self._settings.client_id, self._settings.client_secret),
            )
            claims = checked(
                token,
                await self._keys.of(token),
                issuer=self._settings.issuer,
                client_id=self._settings.client_id,
                nonce=pending.nonce,
                now_s=self._now_ms() // 1000,
            )
        except ProviderError as error:
            raise _unavailable() from error
        except TokenRefused as error:
            raise _failed(str(error)) from error
        return self._identity(claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        given = claims.get(self._settings.role_claim)
        words = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        role = next((role for role in _STRONGEST if role.value in words), None)
        if role is None:
            raise Refused(
                403,
                "oidc_no_role",
                f"Su cuenta de la empresa no tiene papel aquí: falta «{self._settings.role_claim}».",
                f"Your company's account has no role here: '{self._settings.role_claim}' is missing.",
            )
        name = claims.get("preferred_username") or claims.get("email") or claims["sub"]
        return Identity(f"{self._settings.issuer} {claims['sub']}", str(name), role)


def _failed(why: str) -> Refused:
    return Refused(
        401,
        "oidc_failed",
        f"No se ha podido comprobar su cuenta de la empresa ({why}): vuelva a intentarlo.",
        f"Your company's account could not be verified ({why}): try again.",
    )


def _unavailable() -> Refused:
    return Refused(
        503,
        "oidc_unavailable",
        "El servicio de cuentas de la empresa no responde: inténtelo más tarde, o entre con contraseña.",
        "The company's account service does not answer: try later, or sign in with a password.",
        retry_after_s=10,
    )


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _secret(environ: Mapping[str, str]) -> str:
    path = environ.get("OIDC_CLIENT_SECRET_FILE", "")
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise OidcSettingsError(f"OIDC_CLIENT_SECRET_FILE={path}: {error}") from error


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
