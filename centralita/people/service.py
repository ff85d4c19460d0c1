"""
Everybody who may ask, in memory: who a session or a token belongs to never waits for the database.

The database is read once at the start and written behind (`keeper`); what is
revoked is revoked at once, whatever the database does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import structlog

from centralita.people import keys
from centralita.people.accounts import Account
from centralita.people.audit import Audit
from centralita.people.book import (
    ApiToken,
    AuditEntry,
    AuditQuery,
    Kept,
    Memory,
    PeopleUnavailableError,
    Session,
    Store,
)
from centralita.people.hashing import Hasher
from centralita.people.keeper import RETRY_S, Keeper
from centralita.people.rights import Kind, Right, Role, Who, of_token
from centralita.people.seal import Seal

_log = structlog.get_logger("people")

WRITE_USED_MS = 60_000
"""How often it is written down that a session or a token is still used."""
SESSIONS_MAX = 20
"""Of one person; the longest unused ends."""
BROWSER_MAX = 200


@dataclass(frozen=True, slots=True)
class Parts:
    """What people stand on."""

    store: Store
    now_ms: Callable[[], int]
    """UTC."""
    hasher: Hasher
    seal: Seal


class People:
    """Accounts, sessions and tokens."""

    def __init__(self, parts: Parts) -> None:
        self._store, self.now_ms = parts.store, parts.now_ms
        self.hasher, self.seal = parts.hasher, parts.seal
        self.keeper = Keeper(parts.store)
        self.audit = Audit(self.keeper.audit, parts.now_ms)
        self.loaded = False
        self._accounts: dict[str, Account] = {}
        self._sessions: dict[str, Session] = {}
        self._tokens: dict[str, ApiToken] = {}
        self._used: dict[str, int] = {}
        """Digest of a session or token -> last use, UTC ms: newer than what is written."""

    async def load(self) -> None:
        """Read the database, trying until it answers."""
        while True:
            try:
                self._take(await self._store.load())
            except PeopleUnavailableError:
                await asyncio.sleep(RETRY_S)
            else:
                return

    def _take(self, kept: Kept) -> None:
        self._accounts = {account.name: account for account in kept.accounts}
        self._sessions = {session.digest: session for session in kept.sessions}
        self._tokens = {token.digest: token for token in kept.tokens}
        self.loaded = True
        self.sweep()

    # --- who asks ---------------------------------------------------------------------------

    def by_session(self, key: str) -> Who | None:
        """
        Whose browser this is; None when the session has ended.

        Raises:
            PeopleUnavailableError: Not read yet.
        """
        self._need_loaded()
        digest = keys.digest(key)
        session = self._sessions.get(digest)
        account = None if session is None else self._accounts.get(session.person)
        if session is None or account is None or account.disabled or self._over(session):
            return None
        self._touch(digest)
        return account.who(digest, keys.csrf_of(key))

    def by_token(self, token: str) -> Who | None:
        """Which program this is; None when the token is not valid (any more). Raises as `by_session`."""
        self._need_loaded()
        digest = keys.digest(token)
        known = self._tokens.get(digest)
        if known is None or not self._valid(known):
            return None
        self._touch(digest)
        return token_who(known)

    def still(self, who: Who) -> bool:
        """Whether this identity holds, unchanged; an open connection asks often, and that counts as use."""
        if who.kind is Kind.INSTALLATION:
            return True
        if who.kind is Kind.TOKEN:
            known = self._tokens.get(who.key)
            return known is not None and self._valid(known)
        session = self._sessions.get(who.key)
        account = None if session is None else self._accounts.get(session.person)
        if session is None or account is None or account.disabled or self._over(session):
            return False
        if account.who(who.key, who.csrf) != who:
            return False
        self._touch(who.key)
        return True

    def _valid(self, token: ApiToken) -> bool:
        return token.ends_ms is None or self.now_ms() < token.ends_ms

    def _over(self, session: Session) -> bool:
        return self.now_ms() >= session.ends_ms(self.used_ms(session))

    def _touch(self, digest: str) -> None:
        now_ms = self.now_ms()
        self._used[digest] = now_ms
        if (session := self._sessions.get(digest)) is not None:
            if now_ms - session.used_ms >= WRITE_USED_MS:
                self._put_session(replace(session, used_ms=now_ms))
        elif (token := self._tokens.get(digest)) is not None and (
            token.used_ms is None or now_ms - token.used_ms >= WRITE_USED_MS
        ):
            self.put_token(replace(token, used_ms=now_ms))

    def used_ms(self, session: Session) -> int:
        return max(session.used_ms, self._used.get(session.digest, 0))

    # --- accounts -----------------------------------------------------------------------------

    def accounts(self) -> list[Account]:
        self._need_loaded()
        return sorted(self._accounts.values(), key=lambda account: account.name)

    def account(self, name: str) -> Account | None:
        self._need_loaded()
        return self._accounts.get(name)

    def put_account(self, account: Account) -> None:
        self._accounts[account.name] = account
        self.keeper.account(account)

    # --- sessions -----------------------------------------------------------------------------

    def open_session(self, person: str, address: str, browser: str) -> str:
        """A new session; returns its key, which is kept nowhere."""
        self.sweep()
        key, now_ms = keys.new_session_key(), self.now_ms()
        digest = keys.digest(key)
        mine = sorted(self.sessions(person), key=lambda each: (self.used_ms(each), each.id))
        for session in mine[: max(0, len(mine) - SESSIONS_MAX + 1)]:
            self.end_session(session)
        session = Session(digest, keys.new_id(), person, now_ms, now_ms, address, browser[:BROWSER_MAX])
        self._put_session(session)
        return key

    def sessions(self, person: str | None = None) -> list[Session]:
        """Of one person, or of all; newest first."""
        self._need_loaded()
        found = [
            session
            for session in self._sessions.values()
            if person in (None, session.person) and not self._over(session)
        ]
        return sorted(found, key=lambda session: (-session.created_ms, session.id))

    def end_session(self, session: Session) -> None:
        self._sessions.pop(session.digest, None)
        self._used.pop(session.digest, None)
        self.keeper.session(session.digest, None)

    def end_sessions(self, person: str) -> int:
        """All of one person; how many."""
        mine = [session for session in self._sessions.values() if session.person == person]
        for session in mine:
            self.end_session(session)
        return len(mine)

    def _put_session(self, session: Session) -> None:
        self._sessions[session.digest] = session
        self.keeper.session(session.digest, session)

    # --- tokens -------------------------------------------------------------------------------

    def tokens(self) -> list[ApiToken]:
        self._need_loaded()
        return sorted(self._tokens.values(), key=lambda token: (-token.created_ms, token.id))

    def put_token(self, token: ApiToken) -> None:
        self._tokens[token.digest] = token
        self.keeper.token(token.digest, token)

    def end_token(self, token: ApiToken) -> None:
        self._tokens.pop(token.digest, None)
        self._used.pop(token.digest, None)
        self.keeper.token(token.digest, None)

    # --- the rest -------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Forget sessions that are over."""
        for session in [each for each in self._sessions.values() if self._over(each)]:
            self.end_session(session)

    async def audited(self, query: AuditQuery) -> Iterable[AuditEntry]:
        """The log, newest first. Raises PeopleUnavailableError."""
        return await self._store.audit(query)

    def _need_loaded(self) -> None:
        if not self.loaded:
            raise PeopleUnavailableError


def token_who(token: ApiToken) -> Who:
    """What a token may."""
    rights = of_token(token.scopes, token.agent)
    role = Role.ADMINISTRATOR if Right.PEOPLE_WRITE in rights else Role.CRM
    return Who(token.name, Kind.TOKEN, role, rights, token.agent, token.digest)


def nobody(now_ms: Callable[[], int]) -> People:
    """People of a server that has none: only the installation's token is known."""
    people = People(Parts(Memory(), now_ms, Hasher(), Seal("")))
    people.loaded = True
    return people
