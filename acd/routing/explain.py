"""Why this agent, and why not the others; why this contact, and why the others come later."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from acd.model import AgentId, ContactId
from acd.records import Explanation
from acd.routing.bits import slots
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
    skills, policy = chosen.skills, index.policy
    # By position, in the order of the fields: see `acd.quick`.
    return Explanation(
        contact.config_version,
        contact.rules.id,
        now_ms - contact.queued_ms,
        tuple(
            [
                f"{need.skill} {skills[need.skill]} >= {need.at_least}"
                for need in contact.needs
                if skills.get(need.skill, 0) >= need.at_least
            ]
        ),
        _rank(index, choice, now_ms),
        index.routing.version,
        _not_chosen(index, choice, now_ms),
        contact.step,
        policy.name,
        contact.sorted_by,
        policy.terms(stand.group.kind, now_ms - stand.key[0], chosen, index.paces, index),
        None if choice.runner_up is None else index.crowd.ids[choice.runner_up],
        _passed_over(choice) if len(choice.rivals) > 1 else (),
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
    group, bits = stand.group, roll.bits
    chosen, rest = bits[choice.slot], group.able
    found = dict(group.unable)
    own = 0
    for agent_id in stand.own:
        slot = index.crowd.slot[agent_id]
        own |= bits[slot]
        if group not in index.facing(slot):  # the contact prefers it: found able by other needs
            rest |= bits[slot]
            _take_out(found, bits[slot])
    if rest & chosen:
        rest ^= chosen
    for doing, mask in roll.doing.items():
        here = rest & mask
        if here:
            found[_in_words(*doing)] = here
    free = rest & roll.free
    if free:
        _add_free(found, index, choice, free, own, now_ms)
    return {reason: found[reason] for reason in sorted(found)}


_in_words = lru_cache(1_000)(in_words)


def _take_out(found: dict[str, int], bit: int) -> None:
    for reason, mask in found.items():
        if mask & bit:
            found[reason] = mask ^ bit
            if mask == bit:
                del found[reason]
            return


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
    ranked = sorted(choice.rivals)
    best, before = ranked[0]
    later: list[tuple[ContactId, str]] = []
    for least, key in ranked:
        if key == before:  # who prefers the agent and is the first of a group is there twice
            continue
        later.append((key[1], "queued later" if least == best else _why(least)))
        if len(later) == PASSED_OVER_MAX:
            break
        before = key
    return tuple(later)


def _why(least: float) -> str:
    return f"less urgent: {-least:.4g}"
