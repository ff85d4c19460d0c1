"""
Numbers of several digits, keyed or spoken, read back, proven by length and check digit. Pure.

A number is the caller's own business: what was said is told to nobody where it holds one.
"""

from __future__ import annotations

from dataclasses import replace

from ivr import house_prompts as house
from ivr.actions import Deaf, Gathered, Heard, Input, Key, Listen, Mode
from ivr.asking import Scene, answered, gather, to_keypad, told
from ivr.check_digits import completed
from ivr.flow import DIGITS, Check, Digits, PromptId
from ivr.picking import check, checked, denied
from ivr.spoken_numbers import readings
from ivr.state import Choice, Doing, Go, Move, State, Stay

KEYPAD_KEY = "*"
"""Leads from the question for the voice to that for keys; any digit does as well, and counts."""


def ask(scene: Scene, state: State, node: Digits) -> Move:
    """Put the question."""
    if node.secret or node.spoken is None or not scene.listens(state):
        return _gather(state, node, node.prompt)
    listen = Listen((node.spoken,), node.timeout_ms, digits=True)
    return scene.by_voice(state, listen, keypad_key=KEYPAD_KEY)


def answer(scene: Scene, state: State, node: Digits, given: Input) -> Move:
    """Take what came."""
    if state.choice is not None:
        return _checked(scene, state, node, state.choice, given)
    if state.doing is Doing.GATHERING:
        keyed = state.typed + (given.digits if isinstance(given, Gathered) else "")
        if keyed:
            return _weigh(scene, state, node, (keyed,), None)
    elif state.doing is Doing.HEARING:
        match given:
            case Heard():
                return _heard(scene, state, node, given)
            case Deaf():
                return ask(scene, replace(state, is_deaf=True), node)
            case Key(key) if key and key in DIGITS:
                return _first_key(scene, state, node, key)
    return _again(scene, state, node, is_silence=True, notice=node.silence)


def fitting(node: Digits, number: str) -> str | None:
    """A number as it is kept, if it has the length and the check digit that are asked for."""
    if not node.shortest <= sum(letter.isdigit() for letter in number) <= node.longest:
        return None
    return completed(node.check, number)


def _gather(state: State, node: Digits, *prompts: PromptId) -> Move:
    keyed = len(state.typed)
    return gather(
        state,
        *prompts,
        longest=max(1, node.longest - keyed),
        timeout_ms=node.between_ms if keyed else node.timeout_ms,
        between_ms=node.between_ms,
        secret=node.secret,
    )


def _first_key(scene: Scene, state: State, node: Digits, key: str) -> Move:
    """Keys instead of words: the first digit is there already."""
    if not key.isdigit():
        return ask(scene, to_keypad(state), node)
    if node.longest <= 1:
        return _weigh(scene, state, node, (key,), None)
    return _gather(replace(state, typed=key), node)


def _heard(scene: Scene, state: State, node: Digits, heard: Heard) -> Move:
    numbers = readings(heard.text, scene.language(state), letters=node.check is Check.DNI)
    kept = replace(heard, text="") if numbers else heard
    if not numbers or heard.confidence < scene.world.limits.confirm:
        state = told(state, scene.utterance(state, kept), "missed")
        return _again(scene, state, node, is_silence=False, notice=node.invalid)
    return _weigh(scene, state, node, numbers, kept)


def _weigh(scene: Scene, state: State, node: Digits, numbers: tuple[str, ...], heard: Heard | None) -> Move:
    """The first of these that can be what was asked for, read back if need be."""
    state = replace(state, typed="")
    said = None if heard is None else scene.utterance(state, heard, node.into)
    number = next((fit for each in numbers if (fit := fitting(node, each)) is not None), None)
    if number is None:
        state = told(state, None if said is None else replace(said, understood=""), "missed")
        return _again(scene, state, node, is_silence=False, notice=node.invalid or house.WRONG_NUMBER)
    choice = Choice(number, number, said)
    if not node.secret and (node.confirm or heard is not None):
        return check(scene, state, choice, number=True)
    return _keep(state, node, choice)


def _checked(scene: Scene, state: State, node: Digits, choice: Choice, given: Input) -> Move:
    verdict = checked(scene, state, choice, given, number=True)
    if isinstance(verdict, Stay):
        return verdict
    if verdict:
        return _keep(told(state, choice.heard, "confirmed"), node, choice)
    return _again(scene, denied(state, choice), node, is_silence=False, notice=None)


def _keep(state: State, node: Digits, choice: Choice) -> Move:
    if node.secret:
        return Go(answered(state.with_secret(node.into, choice.value), None), node.next)
    # Long numbers are keyed by many who like to speak: only words tell something.
    learned = None if choice.heard is None else Mode.SPEECH
    return Go(answered(state.with_vars({node.into: choice.value}), learned), node.next)


def _again(scene: Scene, state: State, node: Digits, *, is_silence: bool, notice: PromptId | None) -> Move:
    missed = scene.missed(state, node.exits, is_silence=is_silence, notice=notice)
    return missed if isinstance(missed, Go) else ask(scene, missed, node)
