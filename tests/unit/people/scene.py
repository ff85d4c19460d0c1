"""People to test with: a clock that is moved by hand, cheap hashes, a database in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from centralita.people import keys
from centralita.people.accounts import Account
from centralita.people.admin import NewToken
from centralita.people.book import Memory
from centralita.people.hashing import Hasher
from centralita.people.office import Office, make_office
from centralita.people.rights import INSTALLATION, Right, Role
from centralita.people.seal import Seal
from centralita.people.service import Parts, People

NOON_MS = 1_795_518_000_000
PASSWORD = "four plain words here"
AGENTS = ("ana", "beto", "carla")
CHEAP = {"memory_kib": 8, "time_cost": 1}


@dataclass
class Clock:
    ms: int = NOON_MS

    def now_ms(self) -> int:
        return self.ms


@dataclass
class Scene:
    """An office with nobody in it yet."""

    clock: Clock = field(default_factory=Clock)
    memory: Memory = field(default_factory=Memory)
    changed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        parts = Parts(self.memory, self.clock.now_ms, Hasher(**CHEAP), Seal("a key of the tests"))
        self.people = People(parts)
        self.people.loaded = True
        self.office: Office = make_office(self.people, lambda: AGENTS, changed=self.changed.append)

    def account(self, name: str, role: Role, agent: str | None = None, **more: object) -> Account:
        """Somebody who has no password yet."""
        values = {
            "name": name, "role": role, "agent": agent, "password": "", "must_change": False,
            "disabled": False, "created_ms": self.clock.ms, "password_ms": self.clock.ms,
        }  # fmt: skip
        account = Account(**{**values, **more})  # type: ignore[arg-type]
        self.people.put_account(account)
        return account

    async def with_password(self, name: str, role: Role, agent: str | None = None, **more: object) -> Account:
        """Somebody who can sign in by `PASSWORD`."""
        hashed = await self.people.hasher.hash(PASSWORD)
        return self.account(name, role, agent, **{"password": hashed, **more})

    def session(self, name: str) -> str:
        """The key of a session."""
        return self.people.open_session(name, "10.0.0.1", "a browser")

    def token(self, *scopes: Right, agent: str | None = None, ends_ms: int | None = None) -> str:
        return self.office.admin.create_token(
            INSTALLATION, "", NewToken("a program", scopes, agent, ends_ms)
        )[1]

    def csrf(self, session: str) -> str:
        return keys.csrf_of(session)
