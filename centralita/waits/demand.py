"""Who calls a centre, how long they talk and how patient they are: what its waits are simulated from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from acd.model import AgentId, QueueId, Routing
from acd.stats.wait_history import History

HOURS = 24
TALK_MS = 240_000.0
"""Where no talk has been seen."""
PATIENCE_MS = 240_000.0
"""Where nobody has been seen to give up."""
BUSY_SHARE = 0.9
"""Of the agents' time, where neither history nor the command line tells how many call."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Callers who are alike."""

    queue: QueueId
    language: str
    per_hour: tuple[float, ...]
    """Calls by hour of the day (UTC), 24 of them; one for a rate that is always the same."""
    segment: str = ""
    head_start_ms: int = 0
    talk_ms: float = TALK_MS
    talk_cv: float = 1.0
    """Standard deviation over mean."""
    patience_ms: float | None = PATIENCE_MS
    """None: nobody ever gives up."""
    factors: Mapping[AgentId, float] | None = None
    """On talk times, by agent; 1 for those who are missing."""


@dataclass(frozen=True, slots=True)
class Demand:
    streams: tuple[Stream, ...]
    wrap_ms: Mapping[QueueId, float]
    """Mean after-call work by queue; the configured one for those that are missing."""
    staff: tuple[float, ...] = (1.0,)
    """Share of the agents who work, by hour of the day (UTC); one for always the same."""
    source: str = "defaults"
    """"history" or "defaults": where the figures come from."""

    @property
    def per_hour(self) -> float:
        """Calls in the busiest hour."""
        hours = (sum(_at(stream.per_hour, hour) for stream in self.streams) for hour in range(HOURS))
        return max(hours, default=0.0)


def by_default(routing: Routing, calls_per_hour: float | None = None) -> Demand:
    """
    What to assume of a centre of which nothing is known.

    Calls are shared out by the agents who could take them, in each language that somebody
    speaks; in all so many that agents are busy `BUSY_SHARE` of their time.

    Args:
        routing: The centre's configuration.
        calls_per_hour: All queues together; None for as many as that.
    """
    weights = _weights(routing)
    total = sum(weights.values())
    wrap_ms = {queue: float(rules.wrap_ms) for queue, rules in routing.queues.items()}
    if calls_per_hour is None:
        handle_ms = TALK_MS + _mean(list(wrap_ms.values()))
        calls_per_hour = BUSY_SHARE * _people(routing, weights) * 3_600_000 / handle_ms
    streams = tuple(
        Stream(queue, language, (calls_per_hour * weight / total,))
        for (queue, language), weight in weights.items()
    )
    return Demand(streams, wrap_ms)


def _weights(routing: Routing) -> dict[tuple[QueueId, str], float]:
    """Each agent's time shared out equally over the queues and languages they could serve."""
    history = History(routing)
    able = {
        (queue, language): history.able(queue, language)[1]
        for queue in routing.queues
        for language in _languages(routing)
    }
    serves = {bit: sum(1 for mask in able.values() if mask & bit) for bit in history.bit.values()}
    shared = {
        key: sum(1 / serves[bit] for bit in history.bit.values() if mask & bit) for key, mask in able.items()
    }
    return {key: weight for key, weight in shared.items() if weight}


def _languages(routing: Routing) -> Sequence[str]:
    spoken = {
        skill.removeprefix("lang.")
        for agent in routing.agents.values()
        for skill in agent.skills
        if skill.startswith("lang.")
    }
    return sorted({routing.language, *spoken})


def _people(routing: Routing, weights: Mapping[tuple[QueueId, str], float]) -> float:
    """Agents who could serve anybody: each one's shares add up to 1."""
    return sum(weights.values())


def _at(rates: Sequence[float], hour: int) -> float:
    return rates[hour % len(rates)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
