"""Writes behind: what has changed in memory goes to the database as soon as it takes it, in order."""

from __future__ import annotations

import asyncio
from collections import deque

import structlog

from centralita.people.accounts import Account
from centralita.people.book import ApiToken, AuditEntry, Batch, PeopleUnavailableError, Session, Store

_log = structlog.get_logger("people")

RETRY_S = 1.0
AUDIT_MAX = 50_000
"""Entries of the log that wait in memory while the database takes none; the oldest are lost beyond that."""
AUDIT_BATCH = 500


class Keeper:
    """Who has changed what since the last write."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._accounts: dict[str, Account | None] = {}
        self._sessions: dict[str, Session | None] = {}
        self._tokens: dict[str, ApiToken | None] = {}
        self._audit: deque[AuditEntry] = deque()
        self._work = asyncio.Event()
        self._put = self._done = 0
        self._running = False
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self.lost = 0
        """Entries of the log that never came into the database."""

    def account(self, account: Account) -> None:
        self._accounts[account.name] = account
        self._changed()

    def session(self, digest: str, session: Session | None) -> None:
        self._sessions[digest] = session
        self._changed()

    def token(self, digest: str, token: ApiToken | None) -> None:
        self._tokens[digest] = token
        self._changed()

    def audit(self, entry: AuditEntry) -> None:
        if len(self._audit) >= AUDIT_MAX:
            self._audit.popleft()
            self.lost += 1
        self._audit.append(entry)
        self._changed()

    async def run(self) -> None:
        """For ever."""
        self._running = True
        while True:
            await self._work.wait()
            self._work.clear()
            if not await self._write():
                self._work.set()
                await asyncio.sleep(RETRY_S)

    async def written(self, within_ms: int) -> bool:
        """Wait until all that was changed is in the database; False if it takes longer, or nobody writes."""
        if not self._running:
            return False
        if self._done >= self._put:
            return True
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._put, reached))
        try:
            async with asyncio.timeout(within_ms / 1000):
                await reached
        except TimeoutError:
            return False
        return True

    def _changed(self) -> None:
        self._put += 1
        self._work.set()

    async def _write(self) -> bool:
        """One batch; False if the database did not take it: it is kept, newer changes win."""
        up_to = self._put
        audit = [self._audit.popleft() for _ in range(min(AUDIT_BATCH, len(self._audit)))]
        batch = Batch(self._accounts, self._sessions, self._tokens, audit)
        self._accounts, self._sessions, self._tokens = {}, {}, {}
        if batch:
            try:
                await self._store.write(batch)
            except PeopleUnavailableError:
                self._take_back(batch)
                return False
        if self._audit:
            self._work.set()
            return True
        self._reached(up_to)
        return True

    def _take_back(self, batch: Batch) -> None:
        self._accounts = {**batch.accounts, **self._accounts}
        self._sessions = {**batch.sessions, **self._sessions}
        self._tokens = {**batch.tokens, **self._tokens}
        self._audit.extendleft(reversed(batch.audit))
        if len(self._audit) > AUDIT_MAX:
            _log.warning("audit.lost", count=len(self._audit) - AUDIT_MAX)
        while len(self._audit) > AUDIT_MAX:
            self._audit.popleft()
            self.lost += 1

    def _reached(self, up_to: int) -> None:
        self._done = up_to
        still = []
        for target, reached in self._waiting:
            if target > up_to:
                still.append((target, reached))
            elif not reached.done():
                reached.set_result(None)
        self._waiting = still
