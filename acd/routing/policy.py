"""
What a routing policy is: pure functions over what contacts and agents are.

When a contact comes, the free agents who are able are ranked by `price`, lowest
first, and the one idle longest among equals gets it. When an agent is freed,
the first of each group of waiting contacts is ranked by `urgency`, highest first,
the older first among equals. Everything else (who is able, holds, the guard
against starving) is the engine's and the same for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from acd.model import AgentId, AgentRules, Medium, QueueId, QueueRules, SiteId
from acd.routing.needs import Needs


@dataclass(frozen=True, slots=True)
class Kind:
    """What the contacts of one group have in common: they differ in their wait only."""

    queue: QueueId
    segment: str
    needs: Needs
    sites: tuple[SiteId, ...]
    """Empty: all."""
    medium: Medium
    value: float
    target_ms: int


Factor = Any
"""What a policy reckons once of a kind, or a kind and an agent, for the urgency: its own affair."""


class Paces(Protocol):
    """What the engine has learned so far, from its own records."""

    def handle_ms(self, agent: AgentId, queue: QueueId) -> float:
        """Mean time this agent needs for a contact of the queue, wrap-up included; > 0."""

    def queue_handle_ms(self, queue: QueueId) -> float:
        """The same over all agents; > 0."""

    def patience_ms(self, queue: QueueId) -> float:
        """Mean time after which callers of the queue give up; > 0."""


class View(Protocol):
    """What a policy may count at the moment of a decision."""

    def waiting(self, queue: QueueId) -> int:
        """Contacts that wait in the queue, those being offered left out."""

    def waiting_in_all(self) -> int: ...

    def free(self, kind: Kind) -> int:
        """Agents who are free and able for this kind."""


class Policy(Protocol):
    """Pure; frozen settings. Made by `acd.routing.policies.build`."""

    @property
    def name(self) -> str: ...

    @property
    def flat(self) -> bool:
        """Whether `price` is the same for all agents: then it is never asked."""

    @property
    def learns(self) -> bool:
        """Whether prices or factors depend on the paces."""

    @property
    def by_age(self) -> bool:
        """Whether the urgency is the wait in seconds and nothing else: then it is never asked."""

    def price(self, kind: Kind, agent: AgentRules, paces: Paces) -> float:
        """
        What it costs to give this agent a contact of this kind; the lowest is asked first.

        Must not depend on the moment: prices are kept until the configuration or the paces
        change. Agents of exactly equal price are ranked by how long they have been idle, so
        round it: a few dozen different values at most.
        """

    def urgency(self, kind: Kind, waited_ms: int, agent: AgentRules, paces: Paces, view: View) -> float:
        """
        How much this contact needs this agent now; the highest goes first.

        Args:
            kind: Of the contact.
            waited_ms: Since it was queued, head start included; may be negative for none.
            agent: Who has become free.
            paces: What was learned.
            view: What may be counted.

        Must grow (or stay) with `waited_ms` but for falls right after `falls_after_ms`: only the
        oldest of a group, and the oldest short of each fall, are ever compared with others.
        """

    def weight(self, kind: Kind, paces: Paces) -> Factor:
        """What the urgency has from the kind alone, and from the patience of its callers."""

    def factor(self, kind: Kind, agent: AgentRules, paces: Paces) -> Factor:
        """
        What the urgency has from the agent, too, but not from the moment; patience must not enter.

        Weights and factors are kept until the configuration or the paces change.
        """

    def rate(self, weight: Factor, factor: Factor, waited_ms: int, view: View) -> float:
        """The urgency, from weight and factor of the same kind and agent."""

    def falls_after_ms(self, kind: Kind) -> tuple[int, ...]:
        """Waits after which the urgency of this kind drops, ascending; mostly none."""

    def keep_free(self, kind: Kind, rules: QueueRules) -> int:
        """
        How many agents able to serve the queue of `rules` contacts of this kind leave free; 0: none.

        They may take such an agent only while more than that many, it included, are free.
        """

    def terms(
        self, kind: Kind, waited_ms: int, agent: AgentRules, paces: Paces, view: View
    ) -> tuple[tuple[str, float], ...]:
        """What `urgency` and `price` are made of, for the explanation."""
