"""What an administrator does with accounts and tokens. Nobody gives more rights than they have."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from centralita.people import keys, refusals
from centralita.people.accounts import Account, folded, is_name, one_time_password
from centralita.people.book import ApiToken
from centralita.people.hashing import TooBusyError
from centralita.people.rights import ROLES, Right, Role, Who, of_token
from centralita.people.service import People
from centralita.people.sign_in import SignIn

PEOPLE_MAX = 2_000
TOKENS_MAX = 500
FIRST = "admin"
"""The administrator that a first run makes."""


@dataclass(frozen=True, slots=True)
class NewToken:
    name: str
    scopes: tuple[Right, ...]
    agent: str | None = None
    ends_ms: int | None = None


class Admin:
    """
    Args:
        people: Whom there is.
        sign_in: Knows who is locked out.
        agents: Names of the configuration's agents.
    """

    def __init__(self, people: People, sign_in: SignIn, agents: Callable[[], Collection[str]]) -> None:
        self._people, self._sign_in, self._agents = people, sign_in, agents

    async def create(
        self, by: Who, address: str, name: str, role: Role, agent: str | None, oidc: str | None = None
    ) -> str:
        """
        A new account; returns its one-time password.

        Raises:
            Refused: The name is taken or none, there is no such agent, or `by` may not give this role.
        """
        name = folded(name)
        if not is_name(name):
            raise refusals.bad(
                "name",
                "use de 1 a 64 letras sin acento, cifras y . _ @ -, p. ej. ana.perez.",
                "use 1 to 64 of a-z, 0-9 and . _ @ -, e.g. ana.perez.",
            )
        if self._people.account(name) is not None:
            raise refusals.Refused(
                409, "name_taken", f"Ya hay una cuenta «{name}».", f"There is an account '{name}' already."
            )
        if len(self._people.accounts()) >= PEOPLE_MAX:
            raise refusals.Refused(
                409, "too_many", f"No caben más de {PEOPLE_MAX} cuentas.", "There are too many accounts."
            )
        self._check_role(by, role)
        self._check_agent(agent)
        password = one_time_password()
        hashed = await self._hash(password)
        now_ms = self._people.now_ms()
        account = Account(name, role, agent, hashed, True, False, now_ms, now_ms, oidc=oidc)
        self._people.put_account(account)
        self._people.audit.note(by.name, address, "person.created", name)
        return password

    def change(
        self,
        by: Who,
        address: str,
        name: str,
        *,
        role: Role | None = None,
        agent: str | None = "",
        disabled: bool | None = None,
    ) -> Account:
        """
        Another role or agent, or the door shut or opened; what is not given stays.

        Args:
            by: Who does it.
            address: From where.
            name: Whom.
            role: None: as it is.
            agent: "": as it is; None: no agent.
            disabled: None: as it is. Ends all sessions when true.

        Raises:
            Refused: No such person, `by` may not, or nobody would be left who can administer.
        """
        account = self._mine(by, name)
        new = account
        if role is not None and role != account.role:
            self._check_role(by, role)
            new = replace(new, role=role)
        if agent not in ("", account.agent):
            self._check_agent(agent)
            new = replace(new, agent=agent)
        if disabled is not None:
            new = replace(new, disabled=disabled)
        if new == account:
            return account
        self._keep_an_administrator(account, new)
        self._people.put_account(new)
        if new.disabled:
            self._people.end_sessions(new.name)
        for what, differs in (
            ("person.role", new.role != account.role),
            ("person.agent", new.agent != account.agent),
            ("person.disabled" if new.disabled else "person.enabled", new.disabled != account.disabled),
        ):
            if differs:
                self._people.audit.note(by.name, address, what, new.name)
        return new

    async def reset_password(self, by: Who, address: str, name: str) -> str:
        """A new one-time password; the old one and all sessions end, a lock-out as well. Raises Refused."""
        self._mine(by, name)
        password = one_time_password()
        hashed = await self._hash(password)
        account = self._mine(by, name)
        self._people.put_account(
            replace(account, password=hashed, must_change=True, password_ms=self._people.now_ms())
        )
        self._people.end_sessions(account.name)
        self._sign_in.forgive(account.name)
        self._people.audit.note(by.name, address, "person.password_reset", account.name)
        return password

    def reset_totp(self, by: Who, address: str, name: str) -> None:
        """No code is asked any more, until the person sets one up again. Raises Refused."""
        account = self._mine(by, name)
        self._people.put_account(replace(account, totp=None))
        self._people.audit.note(by.name, address, "person.totp_reset", account.name)

    def create_token(self, by: Who, address: str, new: NewToken) -> tuple[ApiToken, str]:
        """The key of a program, and its text, which is shown only now. Raises Refused."""
        if not of_token(new.scopes, new.agent) <= by.rights:
            raise refusals.more_than_own()
        self._check_agent(new.agent)
        if len(self._people.tokens()) >= TOKENS_MAX:
            raise refusals.Refused(
                409, "too_many", f"No caben más de {TOKENS_MAX} claves.", "There are too many tokens."
            )
        now_ms, text = self._people.now_ms(), keys.new_token()
        if new.ends_ms is not None and new.ends_ms <= now_ms:
            raise refusals.bad("ends_ms", "ya ha pasado.", "is in the past.")
        token = ApiToken(
            keys.digest(text), keys.new_id(), new.name, new.scopes, new.agent, by.name, now_ms, new.ends_ms
        )
        self._people.put_token(token)
        self._people.audit.note(by.name, address, "token.created", f"{token.id} {token.name}")
        return token, text

    def revoke_token(self, by: Who, address: str, token_id: str) -> None:
        """It is no longer valid, open connections included. Raises Refused."""
        found = next((token for token in self._people.tokens() if token.id == token_id), None)
        if found is None:
            raise refusals.Refused(
                404,
                "unknown_token",
                f"No hay ninguna clave con id «{token_id}»: vea /api/tokens.",
                f"There is no token with id '{token_id}': see /api/tokens.",
            )
        self._people.end_token(found)
        self._people.audit.note(by.name, address, "token.revoked", f"{found.id} {found.name}")

    async def first(self) -> str | None:
        """The administrator of a first run; returns the one-time password, or None if there is anybody."""
        if self._people.accounts():
            return None
        password, now_ms = one_time_password(), self._people.now_ms()
        hashed = await self._people.hasher.hash(password)
        self._people.put_account(
            Account(FIRST, Role.ADMINISTRATOR, None, hashed, True, False, now_ms, now_ms)
        )
        self._people.audit.note("installation", "", "person.created", FIRST)
        return password

    def _mine(self, by: Who, name: str) -> Account:
        """Whom `by` may change: nobody who may more than oneself."""
        account = self._people.account(folded(name))
        if account is None:
            raise refusals.unknown_person(name)
        if not ROLES[account.role] <= by.rights:
            raise refusals.more_than_own()
        return account

    def _check_role(self, by: Who, role: Role) -> None:
        if not ROLES[role] <= by.rights:
            raise refusals.more_than_own()

    def _check_agent(self, agent: str | None) -> None:
        if agent is None or agent in self._agents():
            return
        raise refusals.bad(
            "agent",
            f"no hay agente «{agent}» en la configuración.",
            f"there is no agent '{agent}' in the configuration.",
        )

    def _keep_an_administrator(self, old: Account, new: Account) -> None:
        def can(account: Account) -> bool:
            return account.role is Role.ADMINISTRATOR and not account.disabled

        others = any(can(each) for each in self._people.accounts() if each.name != old.name)
        if can(old) and not can(new) and not others:
            raise refusals.Refused(
                409,
                "last_administrator",
                "No quedaría ningún administrador: nombre antes a otro.",
                "No administrator would be left: name another one first.",
            )

    async def _hash(self, password: str) -> str:
        try:
            return await self._people.hasher.hash(password)
        except TooBusyError as error:
            raise refusals.busy() from error
