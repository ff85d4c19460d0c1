"""What the switch adapter is given: where the manager is, and what it needs of the runtime."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from acd import events as ev
from acd.model import ContactId
from cti.asterisk.originate import Outside
from cti.asterisk.snapshot import CallerFound


@dataclass(frozen=True, slots=True)
class Manager:
    """Where the manager listens, and as whom we log in."""

    host: str
    port: int
    username: str
    secret: str


async def _at_once() -> bool:
    """Nothing has to be read back."""
    return True


@dataclass(frozen=True, slots=True)
class Engine:
    """What the switch needs of the runtime."""

    tell: Callable[[ev.Event], None]
    ask: Callable[[ev.Event], Awaitable[object]]
    before_ring: Callable[[], Awaitable[None]]
    """Returns once the pop has left; bounded."""
    shown_caller: Callable[[ContactId], tuple[str, str]]
    """Name and number to show on the agent's phone; empty when unknown."""
    wall_ms: Callable[[], int]
    now_ms: Callable[[], int]
    """Engine time."""
    caller_found: CallerFound
    outside: Callable[[str], Outside | None] = lambda token: None
    """The way to the number behind a token; None: it is not known any more."""
    numbers_known: Callable[[], Awaitable[bool]] = _at_once
    """
    Returns once the numbers of customers who are to be called are known again after a restart; bounded:
    False if they are not.
    """
