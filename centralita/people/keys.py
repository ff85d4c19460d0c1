"""Opaque keys of sessions and programs: random, kept only as their SHA-256."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

TOKEN_PREFIX = "cc_"  # noqa: S105  # what a leaked one is found by
_BYTES = 32


def new_session_key() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(_BYTES)


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(_BYTES)


def new_id() -> str:
    """Of a session or a token, to speak of it: no secret."""
    return secrets.token_hex(6)


def digest(key: str) -> str:
    """What is kept of a key. It has 256 bits of chance in it, so a fast hash is enough."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def csrf_of(session_key: str) -> str:
    """What a page of this session sends with every change: only who holds the session can compute it."""
    made = hmac.new(session_key.encode("utf-8", "surrogateescape"), b"centralita csrf", hashlib.sha256)
    return base64.urlsafe_b64encode(made.digest()).decode().rstrip("=")


def same(given: str, wanted: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())
