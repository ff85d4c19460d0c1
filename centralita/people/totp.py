"""One-time codes of an authenticator (RFC 6238): six digits, 30 seconds, SHA-1."""

from __future__ import annotations

import pyotp

from centralita.people.keys import same

STEP_MS = 30_000
DRIFT = 1
"""Steps that a telephone's clock may be off, to either side."""
DIGITS = 6
ISSUER = "Centralita"


def new_secret() -> str:
    """160 bits, base32."""
    return pyotp.random_base32()


def address(secret: str, name: str) -> str:
    """`otpauth://…`, for the QR code of an authenticator."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(secret: str, code: str, now_ms: int, after_step: int) -> int | None:
    """
    The step that a code belongs to.

    Args:
        secret: Base32.
        code: As typed; blanks are ignored.
        now_ms: UTC.
        after_step: Codes up to this step have been used: none is good twice (RFC 6238, 5.2).

    Returns:
        None if it is not good now.
    """
    typed = "".join(code.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    totp, now_step = pyotp.HOTP(secret), now_ms // STEP_MS
    found = None
    for step in range(now_step - DRIFT, now_step + DRIFT + 1):
        if same(typed, totp.at(step)) and step > after_step:
            found = step
    return found
