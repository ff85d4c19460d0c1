"""Which needs hold for whom: by the steps of a queue, the wait so far and the caller's language."""

from __future__ import annotations

from acd.model import SKILL_OF_LANGUAGE, QueueRules, SiteId, SkillId, SkillNeed, Step

Needs = tuple[SkillNeed, ...]


def step_at(rules: QueueRules, waited_ms: int) -> Step | None:
    """The last step that has begun after this wait in the queue; None for a queue without steps."""
    return next((step for step in reversed(rules.steps) if step.from_ms <= waited_ms), None)


def next_step_ms(rules: QueueRules, waited_ms: int) -> int | None:
    """The wait at which the next step begins; None if none will."""
    return next((step.from_ms for step in rules.steps if step.from_ms > waited_ms), None)


def needs_at(rules: QueueRules, waited_ms: int, language: str, added: Needs = ()) -> Needs:
    """What an agent must be able to do for a caller of this language after this wait."""
    step = step_at(rules, waited_ms)
    return spoken(rules.needs if step is None else step.needs, language, added)


def pools(rules: QueueRules, language: str, added: Needs = ()) -> tuple[Needs, ...]:
    """The needs of every step: who meets one of them can serve sooner or later."""
    steps = tuple(spoken(step.needs, language, added) for step in rules.steps)
    return steps or (spoken(rules.needs, language, added),)


def spoken(needs: Needs, language: str, added: Needs = ()) -> Needs:
    """
    The needs with the skill `lang.xx` for "the caller's own language", and those that rules added.

    Of two needs of one skill the higher holds.
    """
    own = SkillId(f"lang.{language}")
    said = tuple(SkillNeed(own, need.at_least) if need.skill == SKILL_OF_LANGUAGE else need for need in needs)
    if not added:
        return said
    highest: dict[SkillId, int] = {}
    for need in (*said, *spoken(added, language)):
        highest[need.skill] = max(need.at_least, highest.get(need.skill, 0))
    return tuple(SkillNeed(skill, at_least) for skill, at_least in highest.items())


def sites_at(rules: QueueRules, step: str) -> tuple[SiteId, ...]:
    """Whose agents may be asked while this step holds ("" for a queue without steps); empty: all."""
    if not step:
        return rules.sites
    return next((known.sites for known in rules.steps if known.id == step), rules.sites)


def main_skill(rules: QueueRules) -> SkillId | None:
    """The first skill that a queue asks for, languages of the caller apart; None if it asks for none."""
    needs = rules.steps[0].needs if rules.steps else rules.needs
    return next((need.skill for need in needs if need.skill != SKILL_OF_LANGUAGE), None)
