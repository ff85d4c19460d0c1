"""
What the world counts by itself, in whole numbers, beside whatever the router records.

Counts of replications add up; every share and mean is computed only when it is read.
"""

from __future__ import annotations

from array import array

from acd.sim.system import System


class Tally:
    """One type of call. Only calls that came after the warm-up are counted; times in milliseconds."""

    __slots__ = (
        "abandoned",
        "abandoned_in_target",
        "answered",
        "at_once",
        "blocked",
        "in_target",
        "misses",
        "offered",
        "primary",
        "retries",
        "rings",
        "talk_ms",
        "wait_abandoned_ms",
        "wait_answered_ms",
        "waits_abandoned",
        "waits_answered",
    )

    def __init__(self) -> None:
        self.offered = 0
        """All that came: answered, abandoned, blocked, and those still there at the end."""
        self.blocked = 0
        """Refused because the waiting places were full."""
        self.answered = 0
        self.at_once = 0
        """Of the answered, those connected in the millisecond in which they came."""
        self.in_target = 0
        """Answered within the type's target."""
        self.abandoned = 0
        self.abandoned_in_target = 0
        """Abandoned within the type's target."""
        self.primary = 0
        """Answered by an agent who holds the type at level 0."""
        self.wait_answered_ms = 0
        self.wait_abandoned_ms = 0
        self.talk_ms = 0
        self.rings = 0
        self.misses = 0
        self.retries = 0
        """Of the offered, those that a caller made again after giving up."""
        self.waits_answered = array("q")
        self.waits_abandoned = array("q")

    def add(self, other: Tally) -> None:
        for name in Tally.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, mine + theirs)


class Counters:
    """All types and agents of one or more replications."""

    __slots__ = ("busy_ms", "replications", "signed_ms", "tallies")

    def __init__(self, types: int, agents: int) -> None:
        self.tallies = [Tally() for _ in range(types)]
        self.busy_ms = [0] * agents
        """By agent: from the bell (or the answer) to the end of wrap-up, within the window of counting."""
        self.signed_ms = [0] * agents
        """By agent: signed in, and finishing what was in hand after signing out."""
        self.replications = 1

    def add(self, other: Counters) -> None:
        """Count another replication in."""
        for mine, theirs in zip(self.tallies, other.tallies, strict=True):
            mine.add(theirs)
        self.busy_ms = [a + b for a, b in zip(self.busy_ms, other.busy_ms, strict=True)]
        self.signed_ms = [a + b for a, b in zip(self.signed_ms, other.signed_ms, strict=True)]
        self.replications += other.replications

    def total(self, kinds: list[int] | None = None) -> Tally:
        """The sum over some types; None: over all."""
        whole = Tally()
        for kind in range(len(self.tallies)) if kinds is None else kinds:
            whole.add(self.tallies[kind])
        return whole

    def score(self, system: System) -> float:
        """J: 100 x sum of w x (answered in target - abandoned) / sum of w x offered, by weights w."""
        weighted = [(kind.weight, tally) for kind, tally in zip(system.types, self.tallies, strict=True)]
        offered = sum(weight * tally.offered for weight, tally in weighted)
        won = sum(weight * (tally.in_target - tally.abandoned) for weight, tally in weighted)
        return 100 * won / offered if offered else 0.0
