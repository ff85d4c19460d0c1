"""Why this agent, and why not the others; why this contact, and why the others come later."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from acd.model import AgentId, ContactId
from acd.records import Explanation
from acd.routing.bits import slots, union
from acd.routing.choose import Choice
from acd.routing.eligible import in_words
from acd.routing.index import Index
from acd.state import Contact

PASSED_OVER_MAX = 5
_SHORTER = "idle for a shorter time"
_LATER = "would be asked later"
_HELD = "held for a preferred agent"


def names(mask: int, roster: Sequence[AgentId]) -> tuple[AgentId, ...]:
    """
    The agents of a mask in `Explanation.not_chosen`.

    Args:
        mask: One bit for each agent.
        roster: The ids of all agents of the configuration `Explanation.roster`, sorted.
    """
    return tuple(roster[slot] for slot in slots(mask))


def explain(index: Index, contact: Contact, choice: Choice, now_ms: int) -> Explanation:
    """
    Build the explanation that is stored with the offer, before both sides are reserved.

    Args:
        index: As of the moment of the decision.
        contact: Waiting, with its queue's rules and what its step asks for.
        choice: Who gets the offer.
        now_ms: The moment.
    """
    assert contact.rules is not None and contact.queued_ms is not None
    stand, chosen = choice.stand, index.crowd.rules[choice.slot]
    kind, policy = stand.group.kind, index.policy
    runner_up = None if choice.runner_up is None else index.crowd.ids[choice.runner_up]
    return Explanation(
        config_version=contact.config_version,
        queue=contact.rules.id,
        waited_ms=now_ms - contact.queued_ms,
        matched=tuple(
            f"{n.skill} {chosen.skills.get(n.skill, 0)} >= {n.at_least}"
            for n in contact.needs
            if chosen.skills.get(n.skill, 0) >= n.at_least
        ),
        rank=_rank(index, choice, now_ms),
        roster=index.routing.version,
        not_chosen=_not_chosen(index, choice, now_ms),
        step=contact.step,
        policy=policy.name,
        rules=contact.sorted_by,
        terms=policy.terms(kind, now_ms - stand.key[0], chosen, index.paces, index),
        runner_up=runner_up,
        passed_over=_passed_over(choice),
    )


NOTHING_TOLD: dict[str, int] = {}


def unexplained(index: Index, contact: Contact, now_ms: int) -> Explanation:
    """In place of an explanation, for simulation at speed."""
    assert contact.rules is not None and contact.queued_ms is not None
    waited_ms = now_ms - contact.queued_ms
    return Explanation(
        contact.config_version, contact.rules.id, waited_ms, (), "", index.routing.version, NOTHING_TOLD
    )


def _rank(index: Index, choice: Choice, now_ms: int) -> str:
    if choice.rivals:
        if len(choice.rivals) == 1:
            return "became free"
        starving = choice.stand.key[0] < index.starved_before_ms(now_ms)
        return f"became free; {'waited longest' if starving else 'most urgent'} of {len(choice.rivals)}"
    if choice.is_preferred:
        return "preferred by the contact"
    first = "" if index.policy.flat else "lowest price, "
    return f"{first}idle longest: {now_ms - index.roll.idle_since_ms(choice.slot)} ms"


def _not_chosen(index: Index, choice: Choice, now_ms: int) -> dict[str, int]:
    """Everybody else under the first reason that holds: ability, then circumstance, then rank."""
    stand, roll = choice.stand, index.roll
    rest = stand.group.able & ~(1 << choice.slot)
    found = dict(stand.group.unable)
    # Whoever the contact prefers has been found able by other needs.
    own = union(1 << index.crowd.slot[agent_id] for agent_id in stand.own) if stand.own else 0
    if own & ~stand.group.able:
        found = {reason: mask & ~own for reason, mask in found.items() if mask & ~own}
        rest = (rest | own) & ~(1 << choice.slot)
    for doing, mask in roll.doing.items():
        here = rest & mask
        if here:
            found[in_words(*doing)] = here
    free = rest & roll.free
    if free:
        _add_free(found, index, choice, free, own, now_ms)
    return dict(sorted(found.items()))


def _add_free(found: dict[str, int], index: Index, choice: Choice, free: int, own: int, now_ms: int) -> None:
    """Why those who are free and able were not asked."""
    stand = choice.stand
    if stand.group.guards:
        kept = index.kept(stand.group, stand.key, now_ms)
        for guard in stand.group.guards:
            here = free & kept & guard.mask
            if here:
                found[f"kept free for {guard.queue}"] = here
                free ^= here
    if stand.held:
        _add(found, _HELD, free & ~own)
        _add(found, _LATER, free & own)
        return
    same = free if choice.rivals else free & choice.tier
    _add(found, _SHORTER, same)
    _add(found, _LATER, free ^ same)


def _add(found: dict[str, int], reason: str, mask: int) -> None:
    if mask:
        found[reason] = mask


def _passed_over(choice: Choice) -> tuple[tuple[ContactId, str], ...]:
    if len(choice.rivals) < 2:
        return ()
    ranked = sorted(choice.rivals)
    best = ranked[0][0]
    # Who prefers the agent and is the first of a group is there twice.
    later = [rival for before, rival in pairwise(ranked) if rival[1] != before[1]][:PASSED_OVER_MAX]
    return tuple((key[1], "queued later" if least == best else _why(least)) for least, key in later)


def _why(least: float) -> str:
    return f"less urgent: {-least:.4g}"
