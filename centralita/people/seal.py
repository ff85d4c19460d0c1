"""Secrets of one-time codes, sealed with a key of the installation: a copied database is not enough."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


class Seal:
    """
    Args:
        key: Any secret text of the installation.
    """

    def __init__(self, key: str) -> None:
        made = hashlib.sha256(b"centralita totp\x00" + key.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(made))

    def close(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """None if it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None
