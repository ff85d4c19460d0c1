"""
Who there was, by version of the configuration: the key to the bit masks of stored explanations.

An explanation tells of every agent why not, in one bit each. Names, skills and
sites are kept once a version, so that ten thousand agents cost an offer some
kilobytes, and so that an answer of last month tells the skills of last month.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from acd.model import Routing
from acd.records import ConfigApplied, Record

Agents = Mapping[str, Mapping[str, Any]]
"""Agent -> {"skills": {skill: level}, "site": site}."""


@dataclass(frozen=True, slots=True)
class Roster:
    """All agents of one version of the configuration."""

    version: str
    agents: Agents
    ids: tuple[str, ...] = field(init=False, compare=False, repr=False)
    """Sorted: bit 0 of a mask is the first."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", tuple(sorted(self.agents)))

    def names(self, mask: int) -> list[str]:
        """The agents whose bits are set, in order. Bits beyond the roster are nobody's."""
        found = []
        while mask:
            low = mask & -mask
            at = low.bit_length() - 1
            if at >= len(self.ids):
                break
            found.append(self.ids[at])
            mask ^= low
        return found

    def bit(self, agent: str) -> int | None:
        """The agent's bit; None for one who is not in this version."""
        return 1 << self.ids.index(agent) if agent in self.agents else None


def roster_of(routing: Routing) -> Roster:
    """As it is stored."""
    return Roster(
        routing.version,
        {
            agent_id: {"skills": dict(sorted(rules.skills.items())), "site": rules.site}
            for agent_id, rules in sorted(routing.agents.items())
        },
    )


def applied(records: Iterable[Record], routings: Mapping[str, Routing]) -> tuple[Roster, ...]:
    """
    The rosters to write together with these records, before any offer made by them.

    Args:
        records: Of one journal entry.
        routings: By version; of the configurations that may have been applied in it.
    """
    versions = [record.version for record in records if isinstance(record, ConfigApplied)]
    return tuple(roster_of(routings[version]) for version in versions if version in routings)
