"""
The offer to be called back: yes or no, then perhaps another number, read back. Pure.

1 or "sí" accepts, 2 gives another number where the flow has a question for it, any other key
or "no" declines.
"""

from __future__ import annotations

from dataclasses import replace

from ivr import house_prompts as house
from ivr.actions import Gathered, Input, Promise, Promised, Refused
from ivr.asking import Scene, answered, gather
from ivr.flow import DIGITS, OfferCallback, PromptId
from ivr.phrases import NO, YES, Option, digit_options
from ivr.picking import Missed, Question, check, checked, denied, pick, put
from ivr.state import Choice, Doing, Go, Move, State, Stay

ACCEPT, OTHER, DECLINE = "1", "2", "3"
NUMBER_SHORTEST, NUMBER_LONGEST = 6, 15
"""Digits of a telephone number (ITU-T E.164: at most 15)."""
NUMBER_MS, NUMBER_BETWEEN_MS = 8_000, 4_000


def ask(scene: Scene, state: State, node: OfferCallback) -> Move:
    """Make the offer."""
    return put(scene, state, _question(scene, state, node))


def answer(scene: Scene, state: State, node: OfferCallback, given: Input) -> Move:
    """Take what came."""
    if state.doing is Doing.WAITING:
        return _promised(state, node, given)
    if state.choice is not None and state.choice.heard is None:
        return _number_checked(scene, state, node, state.choice, given)
    if state.doing is Doing.GATHERING:
        return _number(scene, state, node, given)
    picked = pick(scene, state, _question(scene, state, node), given)
    if isinstance(picked, Stay):
        return picked
    if not isinstance(picked, Missed):
        return _chosen(picked.state, node, picked.key)
    missed = scene.missed(picked.state, node.exits, is_silence=picked.is_silence, notice=None)
    return missed if isinstance(missed, Go) else ask(scene, missed, node)


def _question(scene: Scene, state: State, node: OfferCallback) -> Question:
    language = scene.language(state)
    words = (
        *(Option(word, ACCEPT) for word in YES.get(language, ())),
        *(Option(word, DECLINE) for word in NO.get(language, ())),
        *digit_options((ACCEPT, OTHER), language),
    )
    return Question(node.prompt, DIGITS, node.timeout_ms, node.prompt, words)


def _chosen(state: State, node: OfferCallback, key: str) -> Move:
    if key == ACCEPT:
        return Stay(replace(state, doing=Doing.WAITING), Promise(node.queue))
    if key == OTHER and node.number_prompt is not None:
        return _ask_number(state, node.number_prompt)
    return Go(state, node.declined)


def _ask_number(state: State, prompt: PromptId) -> Move:
    return gather(state, prompt, longest=NUMBER_LONGEST, timeout_ms=NUMBER_MS, between_ms=NUMBER_BETWEEN_MS)


def _number(scene: Scene, state: State, node: OfferCallback, given: Input) -> Move:
    number = given.digits if isinstance(given, Gathered) else ""
    if number.isascii() and number.isdigit() and NUMBER_SHORTEST <= len(number) <= NUMBER_LONGEST:
        return check(scene, state, Choice(number, number), number=True)
    return _number_again(scene, state, node, house.WRONG_NUMBER if number else None)


def _number_checked(scene: Scene, state: State, node: OfferCallback, choice: Choice, given: Input) -> Move:
    verdict = checked(scene, state, choice, given, number=True)
    if isinstance(verdict, Stay):
        return verdict
    if verdict:
        return Stay(replace(answered(state, None), doing=Doing.WAITING), Promise(node.queue, choice.value))
    return _number_again(scene, denied(state, choice), node, None)


def _number_again(scene: Scene, state: State, node: OfferCallback, notice: PromptId | None) -> Move:
    # Who has accepted already and only mistypes does not leave by the ways of a first miss.
    exits = replace(node.exits, no_input=None, no_match=None)
    missed = scene.missed(state, exits, is_silence=False, notice=notice)
    if isinstance(missed, Go):
        return missed
    prompt = node.number_prompt
    return Go(missed, exits.too_many) if prompt is None else _ask_number(missed, prompt)


def _promised(state: State, node: OfferCallback, given: Input) -> Move:
    if isinstance(given, Promised):
        return Go(state, node.accepted)
    if isinstance(given, Refused) and node.number_prompt is not None and state.tries_left > 1:
        # Perhaps the caller's number is withheld: another one may do.
        return _ask_number(replace(state, tries_left=state.tries_left - 1), node.number_prompt)
    return Go(state, node.exits.failure)
