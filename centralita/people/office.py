"""All that the web asks of people, in one piece."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from centralita.people.admin import Admin
from centralita.people.oidc import Oidc
from centralita.people.service import People, nobody
from centralita.people.sign_in import SignIn


@dataclass(frozen=True, slots=True)
class Office:
    people: People
    sign_in: SignIn
    admin: Admin
    oidc: Oidc | None = None
    """None: people sign in here only."""


def make_office(
    people: People,
    agents: Callable[[], Collection[str]],
    *,
    oidc: Oidc | None = None,
    changed: Callable[[str], None] = lambda _name: None,
) -> Office:
    """
    Args:
        people: Whom there is.
        agents: Names of the configuration's agents.
        oidc: Where people may sign in besides.
        changed: Told the name of who has set a password of their own.
    """
    sign_in = SignIn(people, changed)
    return Office(people, sign_in, Admin(people, sign_in, agents), oidc)


def empty_office(now_ms: Callable[[], int]) -> Office:
    """Of a server without people: only the installation's token is known."""
    return make_office(nobody(now_ms), lambda: ())
