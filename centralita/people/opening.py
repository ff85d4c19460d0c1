"""People of a running server: read from the database, written behind; the first administrator."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from typing import Any, Protocol

import structlog

from centralita.home import Home, load_secrets, write_private
from centralita.people.admin import FIRST
from centralita.people.book import Store
from centralita.people.hashing import Hasher
from centralita.people.office import make_office
from centralita.people.oidc import Oidc, Settings
from centralita.people.seal import Seal
from centralita.people.service import Parts, People

_log = structlog.get_logger("people")


class Spawn(Protocol):
    def __call__(self, coro: Coroutine[Any, Any, Any], /, *, name: str) -> object: ...


class Opening:
    """
    Args:
        home: The installation.
        store: Who keeps people.
        agents: Names of the configuration's agents.
        now_ms: UTC.
        oidc: Where people may sign in besides.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        agents: Callable[[], Collection[str]],
        now_ms: Callable[[], int],
        *,
        oidc: Settings | None = None,
    ) -> None:
        self._home = home
        self.people = People(Parts(store, now_ms, Hasher(), Seal(load_secrets(home, ()).people)))
        self.office = make_office(
            self.people, agents, oidc=None if oidc is None else Oidc(oidc, now_ms), changed=self._changed
        )

    def start(self, spawn: Spawn) -> None:
        spawn(self._load(), name="people")
        spawn(self.people.keeper.run(), name="people keeper")

    async def close(self, *, within_ms: int = 1_000) -> None:
        """Write what has changed, at most this long."""
        await self.people.keeper.written(within_ms)
        self.people.hasher.close()

    async def _load(self) -> None:
        await self.people.load()
        password = await self.office.admin.first()
        if password is not None:
            write_private(self._home.first_sign_in, f"{FIRST}\n{password}\n")
            _log.info("people.first_administrator", name=FIRST)

    def _changed(self, name: str) -> None:
        if name == FIRST:
            self._home.first_sign_in.unlink(missing_ok=True)
