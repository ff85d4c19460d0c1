"""What a queue asks of an agent, from one wait on to the next, and what of one who is preferred."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.queues import Need, Queue, Step


@dataclass(frozen=True, slots=True)
class Asked:
    """From this wait on an agent needs these levels."""

    step: str
    """Its id; empty for what holds before the first step."""
    from_ms: int
    needs: Mapping[str, int]
    sites: tuple[str, ...] = ()
    """Whose agents will do; empty: all."""


def asked(queue: Queue) -> tuple[Asked, ...]:
    """
    What holds from which wait on, the first at 0.

    Each step stands for itself, it inherits nothing from the one before: it asks
    for the needs of the queue and its own (of two of one skill the higher), lowered
    by its `relax`. Until the first step the needs of the queue hold. The step of
    preferred agents is none of these: it says whom they may be, not the others.
    """
    steps = sorted((step for step in queue.steps if step.prefer is None), key=lambda step: step.from_ms)
    found = [Asked(step.id, step.from_ms, _needs_of(queue, step), _sites_of(queue, step)) for step in steps]
    if not steps or steps[0].from_ms > 0:
        found.insert(0, Asked("", 0, _highest(queue.need), named(queue.sites)))
    return tuple(found)


def preferred(queue: Queue) -> tuple[int, Asked] | None:
    """How long (ms) callers are kept for whom they prefer, and what these must know, wherever they sit."""
    for step in queue.steps:
        if step.hold_for is not None:
            return step.hold_for, Asked(step.id, 0, _needs_of(queue, step))
    return None


def named(sites: str | list[str]) -> tuple[str, ...]:
    """The sites by name, each once; none for `any`."""
    return () if isinstance(sites, str) else tuple(sorted(set(sites)))


def _needs_of(queue: Queue, step: Step) -> dict[str, int]:
    lowered = {
        skill: min(level, step.relax.get(skill, level))
        for skill, level in _highest([*queue.need, *step.need]).items()
    }
    return {skill: level for skill, level in lowered.items() if level > 0}


def _sites_of(queue: Queue, step: Step) -> tuple[str, ...]:
    return named(queue.sites if step.sites is None else step.sites)


def _highest(needs: Iterable[Need]) -> dict[str, int]:
    found: dict[str, int] = {}
    for need in needs:
        found[need.skill] = max(need.at_least, found.get(need.skill, 0))
    return found
