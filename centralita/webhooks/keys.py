"""The endpoints' secrets, in the installation's `secrets.json`: random, never in the configuration."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from centralita.home import Home, write_private

SECTION = "webhooks"
_SITE = "site"
"""Of the installation, in every `Webhook-Id`. No endpoint can take it: it is not among the `keys`."""
_KEYS = "keys"
_BYTES = 32


class Keys:
    """
    Args:
        home: Whose file is read; again whenever somebody has written it (a rotation, by the command).
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._seen: tuple[int, int] | None = None
        self._known: dict[str, Any] = {}

    def of(self, name: str) -> Sequence[str]:
        """The secrets to sign with, newest first; made now if there is none. Raises OSError."""
        self._look()
        if not self._known.get(_KEYS, {}).get(name):
            self.ensure([name])
        return list(self._known[_KEYS][name])

    @property
    def site(self) -> str:
        """Raises OSError."""
        self._look()
        if not self._known.get(_SITE):
            self.ensure([])
        return str(self._known[_SITE])

    def names(self) -> list[str]:
        """Endpoints that have a secret. Raises OSError."""
        self._look()
        return sorted(self._known.get(_KEYS, {}))

    def ensure(self, names: Iterable[str]) -> None:
        """Every one of these has a secret. Raises OSError."""
        found = _read(self._home)
        keys: dict[str, list[str]] = dict(found.get(_KEYS, {}))
        keys |= {name: [_made()] for name in names if not keys.get(name)}
        self._write(found | {_SITE: found.get(_SITE) or secrets.token_hex(4), _KEYS: keys})

    def rotate(self, name: str) -> str:
        """A new secret; the one before goes on being valid until `finish`. Raises OSError."""
        found = _read(self._home)
        keys: dict[str, list[str]] = dict(found.get(_KEYS, {}))
        fresh = _made()
        keys[name] = [fresh, *keys.get(name, [])[:1]]
        self._write(found | {_SITE: found.get(_SITE) or secrets.token_hex(4), _KEYS: keys})
        return fresh

    def finish(self, name: str) -> None:
        """Only the newest secret is valid from now on. Raises OSError."""
        found = _read(self._home)
        keys: dict[str, list[str]] = dict(found.get(_KEYS, {}))
        if name in keys:
            keys[name] = keys[name][:1]
            self._write(found | {_KEYS: keys})

    def _look(self) -> None:
        try:
            status = self._home.secrets_file.stat()
        except FileNotFoundError:
            return
        seen = status.st_mtime_ns, status.st_ino
        if seen != self._seen:
            self._known, self._seen = _read(self._home), seen

    def _write(self, section: Mapping[str, Any]) -> None:
        path = self._home.secrets_file
        whole = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if whole.get(SECTION) != section:
            write_private(path, json.dumps({**whole, SECTION: section}, indent=1, sort_keys=True))
        self._look()


def _read(home: Home) -> dict[str, Any]:
    path = home.secrets_file
    whole = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    section: dict[str, Any] = whole.get(SECTION, {})
    return section


def _made() -> str:
    return f"whsec_{secrets.token_urlsafe(_BYTES)}"
