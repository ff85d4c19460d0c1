"""Coming in by name, password and, if it is set up, a one-time code; and changing one's own of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from centralita.people import refusals, totp
from centralita.people.accounts import (
    ONE_TIME_MS,
    Account,
    PasswordRefused,
    check_password,
    folded,
    is_name,
)
from centralita.people.hashing import TooBusyError
from centralita.people.limits import Lockout, Pace
from centralita.people.oidc import Identity
from centralita.people.rights import Who
from centralita.people.service import People

FREE_BY_NAME, FREE_BY_ADDRESS = 5, 20
"""Failures before pauses begin."""
LONGEST_BY_NAME_MS, LONGEST_BY_ADDRESS_MS = 15 * 60_000, 60 * 60_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from."""

    address: str
    browser: str = ""


class SignIn:
    """
    Args:
        people: Whom there is.
        changed: Told the name of who has set a password of their own.
    """

    def __init__(self, people: People, changed: Callable[[str], None] = lambda _name: None) -> None:
        self._people, self._changed = people, changed
        self._by_name = Lockout(FREE_BY_NAME, longest_ms=LONGEST_BY_NAME_MS)
        self._by_address = Lockout(FREE_BY_ADDRESS, longest_ms=LONGEST_BY_ADDRESS_MS)
        self._pace = Pace(burst=20, per_s=0.5)

    async def sign_in(self, name: str, password: str, code: str | None, caller: Caller) -> str:
        """
        A new session; returns its key.

        Args:
            name: In any spelling of upper and lower case.
            password: As typed.
            code: Of the authenticator; None or empty if none was given.
            caller: From where.

        Raises:
            Refused: 401, 429 or 503; always after the same work, whether there is such a name or not.
        """
        known_as = folded(name)
        account = self._account(known_as)
        self._check_pauses(known_as, caller)
        good = await self._fits(account, password)
        now_ms = self._people.now_ms()
        # Checked again: others may have guessed while we counted.
        self._check_pauses(known_as, caller)
        account = self._account(known_as)
        if not good or account is None or not _usable(account, now_ms):
            raise self._failed(known_as, caller, "password")
        account = self._check_code(account, code, caller)
        self._by_name.forgive(known_as)
        if self._people.hasher.outdated(account.password):
            account = replace(account, password=await self._hash(password))
        self._people.put_account(replace(account, signed_in_ms=now_ms))
        key = self._people.open_session(account.name, caller.address, caller.browser)
        self._people.audit.note(account.name, caller.address, "sign_in", account.name)
        return key

    async def change_password(self, who: Who, old: str, new: str, caller: Caller) -> str:
        """
        Set one's own password. All sessions end; returns the key of a new one.

        Raises:
            Refused: The old one is wrong (as in `sign_in`), or the new one is not good enough (422).
        """
        self._check_pauses(who.name, caller)
        account = self._account(who.name)
        if not await self._fits(account, old) or account is None:
            raise self._failed(who.name, caller, "password")
        if new == old:
            raise _password(PasswordRefused("Es la misma que antes.", "It is the same as before."))
        try:
            check_password(account.name, new)
        except PasswordRefused as error:
            raise _password(error) from error
        hashed = await self._hash(new)
        account = self._account(who.name) or account
        self._people.put_account(
            replace(account, password=hashed, must_change=False, password_ms=self._people.now_ms())
        )
        self._people.end_sessions(account.name)
        self._people.audit.note(account.name, caller.address, "password.changed", account.name)
        self._changed(account.name)
        return self._people.open_session(account.name, caller.address, caller.browser)

    async def confirm(self, who: Who, password: str, caller: Caller) -> Account:
        """That it is still the same person who sits there. Raises Refused."""
        self._check_pauses(who.name, caller)
        account = self._account(who.name)
        if not await self._fits(account, password) or account is None:
            raise self._failed(who.name, caller, "password")
        return account

    def set_totp(self, account: Account, secret: str, code: str, caller: Caller) -> None:
        """Start to ask for codes, once one is right. Raises Refused."""
        step = totp.step_of(secret, code, self._people.now_ms(), 0)
        if step is None:
            raise self._failed(account.name, caller, "code")
        sealed = self._people.seal.close(secret)
        self._people.put_account(replace(account, totp=sealed, totp_step=step))
        self._people.audit.note(account.name, caller.address, "totp.set", account.name)

    def by_provider(self, identity: Identity, caller: Caller) -> str:
        """
        A new session of somebody whom the provider vouches for; returns its key.

        The account is made the first time. The provider says the role each time anew; which agent it
        is, an administrator says.

        Raises:
            Refused: The account is disabled, or its name is somebody else's here.
        """
        now_ms, name = self._people.now_ms(), folded(identity.name)
        known = next((each for each in self._people.accounts() if each.oidc == identity.subject), None)
        if known is None:
            if self._account(name) is not None or not is_name(name):
                raise refusals.name_is_taken()
            known = Account(
                name, identity.role, None, "", False, False, now_ms, now_ms, oidc=identity.subject
            )
            self._people.audit.note(name, caller.address, "person.created", name)
        if known.disabled:
            self._people.audit.note(known.name, caller.address, "sign_in", known.name, "disabled")
            raise refusals.failed()
        if known.role != identity.role:
            self._people.audit.note("oidc", caller.address, "person.role", known.name)
        self._people.put_account(replace(known, role=identity.role, signed_in_ms=now_ms))
        self._people.audit.note(known.name, caller.address, "sign_in", known.name)
        return self._people.open_session(known.name, caller.address, caller.browser)

    def forgive(self, name: str) -> None:
        """Somebody who may has opened the account again."""
        self._by_name.forgive(name)

    def locked_ms(self, name: str) -> int:
        """For how long nobody can sign in by this name; 0: anybody can try."""
        return self._by_name.wait_ms(name, self._people.now_ms())

    def _account(self, name: str) -> Account | None:
        return self._people.account(name)

    def _check_pauses(self, name: str, caller: Caller) -> None:
        now_ms = self._people.now_ms()
        pause_ms = max(
            self._by_name.wait_ms(name, now_ms),
            self._by_address.wait_ms(caller.address, now_ms),
        )
        if pause_ms:
            raise refusals.wait(pause_ms)

    def check_pace(self, caller: Caller) -> None:
        """Before anything else: so that an address cannot keep the processors busy. Raises Refused."""
        pause_ms = self._pace.take(caller.address, self._people.now_ms())
        if pause_ms:
            raise refusals.too_fast(pause_ms)

    def _check_code(self, account: Account, code: str | None, caller: Caller) -> Account:
        if account.totp is None:
            return account
        if not code:
            raise refusals.code_needed()
        secret = self._people.seal.open(account.totp)
        now_ms = self._people.now_ms()
        step = None if secret is None else totp.step_of(secret, code, now_ms, account.totp_step)
        if step is None:
            raise self._failed(account.name, caller, "code")
        return replace(account, totp_step=step)

    def _failed(self, name: str, caller: Caller, what: str) -> refusals.Refused:
        now_ms = self._people.now_ms()
        self._by_name.failed(name, now_ms)
        self._by_address.failed(caller.address, now_ms)
        # A name that nobody has may be a password typed into the wrong field: it is not written down.
        shown = name if self._account(name) is not None else "?"
        self._people.audit.note(shown, caller.address, "sign_in", shown, f"wrong_{what}")
        return refusals.failed()

    async def _fits(self, account: Account | None, password: str) -> bool:
        try:
            return await self._people.hasher.fits(None if account is None else account.password, password)
        except TooBusyError as error:
            raise refusals.busy() from error

    async def _hash(self, password: str) -> str:
        try:
            return await self._people.hasher.hash(password)
        except TooBusyError as error:
            raise refusals.busy() from error


def _usable(account: Account, now_ms: int) -> bool:
    if account.disabled:
        return False
    return not account.must_change or now_ms < account.password_ms + ONE_TIME_MS


def _password(error: PasswordRefused) -> refusals.Refused:
    return refusals.Refused(422, "bad_password", error.es, error.en)
