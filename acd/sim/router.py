"""
What the simulated world asks of a router, be it the engine or another product's rules.

The world tells what happens and gets back whom to ring for whom. It draws
arrivals, patience, bells and talk times; it never chooses. All times are
milliseconds since the start of the replication.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from acd.sim.system import System


class Call:
    """One call in the world. A router reads `number`, `kind`, `arrived_ms`, `agent`; `mark` is its own."""

    __slots__ = (
        "agent",
        "arrived_ms",
        "attempt",
        "counted",
        "kind",
        "mark",
        "number",
        "origin",
        "over",
        "patience_ms",
        "retries",
        "rings",
        "service_ms",
        "talking",
    )

    def __init__(self, number: int, kind: int, arrived_ms: int, service_ms: int, patience_ms: int) -> None:
        self.number = number
        """In order of arrival, from 0."""
        self.kind = kind
        """Index of the type in `System.types`."""
        self.arrived_ms = arrived_ms
        self.service_ms = service_ms
        self.patience_ms = patience_ms
        """-1: never gives up."""
        self.agent = -1
        """Whose bell rings for it, or who talks to it; -1: nobody."""
        self.talking = False
        self.over = False
        self.counted = True
        self.rings = 0
        self.attempt = 0
        self.origin = -1
        """Number of the caller's first call within its type: later ones are drawn by it."""
        self.mark: Any = None
        """For the router, as it likes."""


Offer = tuple[Call, int]
"""Ring this agent (index in `System.agents`) for this call."""


class Router(Protocol):
    """
    Each method returns the offers to be made now, in order; an empty sequence for none.

    An agent who has been offered something belongs to that call until `free`, `miss`
    or `give_up` of a ringing call. The world plays offers one by one: without ringing
    `answer` follows at once.
    """

    def sign_in(self, agent: int, now_ms: int) -> Sequence[Offer]:
        """The agent is there, and free; one who comes back while still talking is free at `free`."""

    def sign_out(self, agent: int, now_ms: int) -> Sequence[Offer]:
        """The agent takes nothing new; what is in hand is finished, and `free` still follows."""

    def arrive(self, call: Call, now_ms: int) -> Sequence[Offer]:
        """A call that found a place."""

    def answer(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        """The agent has picked up."""

    def miss(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        """The bell has rung in vain: the call waits on, the agent is free again."""

    def give_up(self, call: Call, now_ms: int) -> Sequence[Offer]:
        """The caller has hung up waiting. Rang somebody for it (`call.agent`), that agent is free again."""

    def finish(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        """The talk is over; the agent wraps up."""

    def free(self, agent: int, now_ms: int) -> Sequence[Offer]:
        """Wrap-up is over; right after `finish` where there is none."""

    def next_ms(self) -> int | None:
        """When the router wants to be woken, for its own clocks; None: not before the next event."""

    def wake(self, now_ms: int) -> Sequence[Offer]:
        """The moment of `next_ms` has come."""


RouterMaker = Callable[[System, str], Router]
"""Makes the router of one replication: of this system, with this seed for its own chances."""
