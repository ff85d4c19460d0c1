"""One folder holds everything of an installation: secrets, journal, database, sounds, the switch's files."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENVIRONMENT = "CENTRALITA_HOME"


class HomeBusy(RuntimeError):
    """Two centres cannot share a home."""


@dataclass(frozen=True, slots=True)
class Home:
    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config"

    @property
    def journal(self) -> Path:
        return self.path / "journal"

    @property
    def events(self) -> Path:
        return self.path / "events"

    @property
    def database_url(self) -> str:
        return f"sqlite+aiosqlite:///{self.path / 'centralita.db'}"

    @property
    def sounds(self) -> Path:
        return self.path / "sounds"

    @property
    def asterisk(self) -> Path:
        return self.path / "asterisk"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def tls(self) -> Path:
        return self.path / "tls"

    @property
    def first_sign_in(self) -> Path:
        """The administrator's one-time password, from the first run until it is changed."""
        return self.path / "first-sign-in.txt"

    @property
    def secrets_file(self) -> Path:
        return self.path / "secrets.json"

    @property
    def centre_file(self) -> Path:
        """What is running here now: ports, process ids, token. For tools of the same user."""
        return self.path / "run" / "centre.json"

    @property
    def versions(self) -> Path:
        """Configurations that took effect, as they were written."""
        return self.path / "versions"

    def lock(self) -> int:
        """
        Hold this home for one supervisor; released when the process ends.

        Raises:
            HomeBusy: Another one holds it.
        """
        fd = os.open(self.path / "run" / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            raise HomeBusy(
                f"{self.path}: ya hay un centro en marcha con esta carpeta; párelo, o use otra con --home. / "
                "a centre runs from this folder already; stop it, or give another one with --home."
            ) from error
        return fd

    def make(self) -> None:
        for folder in (self.path, self.config, self.sounds, self.log, self.centre_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)

    def write_centre(self, facts: dict[str, Any]) -> None:
        write_private(self.centre_file, json.dumps(facts, indent=1))

    def read_centre(self) -> dict[str, Any]:
        """Raises FileNotFoundError when nothing runs here."""
        facts: dict[str, Any] = json.loads(self.centre_file.read_text(encoding="utf-8"))
        return facts


@dataclass(frozen=True, slots=True)
class Secrets:
    """Random, made once per installation, kept over restarts, never in the repository."""

    http_token: str
    ami: str
    agi_nonce: str
    caller: str
    web_caller: str
    """Of the account with which our page calls in from a browser."""
    phones: dict[str, str]
    trunks: dict[str, str]
    """Given by the carriers and written here by the administrator; never made by us."""
    people: str
    """Seals what an authenticator shares with us."""
    webhooks: dict[str, Any]
    """See `webhooks.keys`, which alone writes it."""
    lookups: dict[str, str]
    """For headers of look-ups; given by their owners and written here by the administrator."""


def load_secrets(home: Home, phones: Iterable[str]) -> Secrets:
    """Read the installation's secrets; what is missing is made now."""
    path = home.secrets_file
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    passwords: dict[str, str] = known.get("phones", {})
    found = Secrets(
        http_token=known.get("http_token") or secrets.token_urlsafe(24),
        ami=known.get("ami") or secrets.token_hex(24),
        agi_nonce=known.get("agi_nonce") or secrets.token_hex(16),
        caller=known.get("caller") or secrets.token_hex(12),
        web_caller=known.get("web_caller") or secrets.token_hex(12),
        phones={name: passwords.get(name) or secrets.token_hex(8) for name in {*phones, *passwords}},
        trunks=known.get("trunks", {}),
        people=known.get("people") or secrets.token_urlsafe(32),
        webhooks=known.get("webhooks", {}),
        lookups=known.get("lookups", {}),
    )
    body = {name: getattr(found, name) for name in Secrets.__slots__}
    if body != known:
        write_private(path, json.dumps(body, indent=1, sort_keys=True))
    return found


def knows_people(home: Home) -> bool:
    """Whether a server that tells people apart has been started here before."""
    path = home.secrets_file
    return path.exists() and "people" in json.loads(path.read_text(encoding="utf-8"))


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    fresh.replace(path)


def nobody_here(home: Path) -> str:
    """What a person is told who asks a centre that does not run."""
    return (
        f"{home}: aquí no hay ningún centro en marcha; arránquelo o use --home / "
        "no centre runs here; start it, or use --home"
    )
