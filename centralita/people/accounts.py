"""An account: a person who can sign in, and what names and passwords may be."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass

from centralita.people.rights import ROLES, Kind, Role, Who

NAME = re.compile(r"[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?")
PASSWORD_MIN = 10
PASSWORD_MAX = 200
ONE_TIME_MS = 7 * 86_400_000
"""How long a one-time password can be used."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is easily taken for something else."""


class PasswordRefused(ValueError):
    """Not good enough. `es` and `en` tell a person why."""

    def __init__(self, es: str, en: str) -> None:
        super().__init__(en)
        self.es, self.en = es, en


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    """As `folded` writes it; never changes."""
    role: Role
    agent: str | None
    """The agent of the configuration that this person is."""
    password: str
    """argon2id, in its own notation; empty: cannot sign in by password."""
    must_change: bool
    disabled: bool
    created_ms: int
    password_ms: int
    """When the password was set."""
    signed_in_ms: int | None = None
    totp: str | None = None
    """Sealed; see `seal`."""
    totp_step: int = 0
    """The last one used: a code is good for one sign-in."""
    oidc: str | None = None
    """Issuer and subject, for who signs in elsewhere."""

    def who(self, key: str, csrf: str) -> Who:
        rights = frozenset() if self.must_change else ROLES[self.role]
        return Who(self.name, Kind.PERSON, self.role, rights, self.agent, key, self.must_change, csrf)


def folded(name: str) -> str:
    """A name as it is kept: "Ana " and "ana" are one person."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def is_name(name: str) -> bool:
    """1 to 64 of a-z 0-9 . _ @ -, a letter or digit at both ends."""
    return NAME.fullmatch(name) is not None


def one_time_password() -> str:
    """Four groups of four: about 79 bits, easily read out over a telephone."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def check_password(name: str, password: str) -> None:
    """
    Length counts, not kinds of characters (NIST SP 800-63B, 5.1.1.2).

    Raises:
        PasswordRefused: Too short, too long, the name itself, or always the same character.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise PasswordRefused(
            f"La contraseña debe tener de {PASSWORD_MIN} a {PASSWORD_MAX} caracteres: "
            "varias palabras seguidas valen muy bien.",
            f"The password must have {PASSWORD_MIN} to {PASSWORD_MAX} characters: "
            "several words in a row do very well.",
        )
    if name in folded(password) and len(password) < len(name) + PASSWORD_MIN:
        raise PasswordRefused(
            "La contraseña no puede ser el nombre: elija otra.",
            "The password cannot be the name: choose another.",
        )
    if len(set(password)) < 4:
        raise PasswordRefused(
            "La contraseña repite siempre lo mismo: elija otra.",
            "The password repeats the same character: choose another.",
        )
