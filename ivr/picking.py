"""
Questions with a few answers, by key or by voice, and asking back what was half understood. Pure.

An answer between the two limits of confidence is asked back ("¿Ha dicho ventas?") before it
counts; the bare name of a digit always is, as far as `Limits.digit_accept` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr import house_prompts as house
from ivr.actions import Deaf, Heard, Input, Listen, Mode
from ivr.asking import Scene, answered, by_keys, key_of, to_keypad, told, wait_for_key
from ivr.flow import PromptId
from ivr.phrases import Option, folded, matched, plain, yes_no_words, yes_or_no
from ivr.state import Choice, Doing, State, Stay

CHECK_MS = 5_000
"""To say yes or no."""
CHECKS_MAX = 2
"""How often an answer is asked back before it counts as denied."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is put to a caller at a node."""

    keypad: PromptId
    keys: str
    """Those that answer it."""
    timeout_ms: int
    voice: PromptId | None = None
    """None: for keys only."""
    options: tuple[Option, ...] = ()
    """What may be said, and the key that it stands for."""
    keypad_key: str = ""
    """Leads from the question for the voice to that for keys; empty: none is free, or none needed."""


@dataclass(frozen=True, slots=True)
class Picked:
    """An answer that counts."""

    state: State
    key: str


@dataclass(frozen=True, slots=True)
class Missed:
    """No answer, or none that counts."""

    state: State
    is_silence: bool


def put(scene: Scene, state: State, question: Question) -> Stay:
    """Ask, by voice or by keys."""
    if question.voice is None or not question.options or not scene.listens(state):
        return by_keys(state, question.keypad)
    texts = tuple(option.text for option in question.options)
    listen = Listen((question.voice,), question.timeout_ms, texts)
    return scene.by_voice(state, listen, keypad_key=question.keypad_key)


def pick(scene: Scene, state: State, question: Question, answer: Input) -> Picked | Missed | Stay:
    """What an input means to a question."""
    if state.choice is not None:
        return _confirmed(scene, state, state.choice, answer)
    key, hearing = key_of(answer), state.doing is Doing.HEARING
    if key is not None and key in question.keys:
        return Picked(answered(state, Mode.KEYS if hearing else None), key)
    if hearing and isinstance(answer, Heard):
        return _heard(scene, state, question, answer)
    if hearing and isinstance(answer, Deaf):
        return put(scene, replace(state, is_deaf=True), question)
    if hearing and key is not None and key == question.keypad_key:
        return put(scene, to_keypad(state), question)
    if key is None and state.doing is Doing.ASKING:
        return wait_for_key(state, question.timeout_ms)
    return Missed(state, is_silence=key is None)


def _heard(scene: Scene, state: State, question: Question, heard: Heard) -> Picked | Missed | Stay:
    option, limits = matched(heard.text, question.options), scene.world.limits
    if option is None or heard.confidence < limits.confirm:
        return Missed(told(state, scene.utterance(state, heard), "missed"), is_silence=False)
    said = scene.utterance(state, heard, option.key)
    if heard.confidence >= (limits.digit_accept if option.is_digit else limits.accept):
        return Picked(answered(told(state, said, "taken"), Mode.SPEECH), option.key)
    return check(scene, state, Choice(option.key, option.text, said))


def _confirmed(scene: Scene, state: State, choice: Choice, answer: Input) -> Picked | Missed | Stay:
    verdict = checked(scene, state, choice, answer)
    if isinstance(verdict, Stay):
        return verdict
    if verdict:
        return Picked(answered(told(state, choice.heard, "confirmed"), Mode.SPEECH), choice.value)
    return Missed(denied(state, choice), is_silence=False)


def denied(state: State, choice: Choice) -> State:
    """The caller has not said, or keyed, what we took it for."""
    doing = Doing.ASKING if choice.heard is None else Doing.HEARING
    return replace(told(state, choice.heard, "denied"), doing=doing, choice=None)


def check(scene: Scene, state: State, choice: Choice, *, number: bool = False) -> Stay:
    """Ask "¿Ha dicho ...?", or read a number back; answered by yes or no, 1 or 2."""
    state = replace(state, choice=choice)
    prompts = (house.READ_BACK if number else house.HEARD, house.CONFIRM_KEYS)
    more = {"digits" if number else "said": choice.said}
    words = yes_no_words(scene.language(state))
    if not words or not scene.listens(state):
        return by_keys(state, *prompts, **more)
    # Who is asked back often says the same again: that is a yes.
    phrases = words if number else (*words, plain(choice.said))
    return scene.by_voice(state, Listen(prompts, CHECK_MS, tuple(dict.fromkeys(phrases))), **more)


def checked(
    scene: Scene, state: State, choice: Choice, answer: Input, *, number: bool = False
) -> bool | Stay:
    """Whether the caller agrees to what was asked back, or what is still to be done to know it."""
    key = key_of(answer)
    verdict = {"1": True, "2": False}.get(key or "")
    if isinstance(answer, Deaf) and not state.is_deaf:
        return check(scene, replace(state, is_deaf=True), choice, number=number)
    if isinstance(answer, Heard) and state.doing is Doing.HEARING:
        verdict = _agrees(scene, state, answer, choice)
    if verdict is not None:
        return verdict
    if key is None and state.doing is Doing.ASKING:
        return wait_for_key(state, CHECK_MS)
    if choice.asked >= CHECKS_MAX:
        return False
    return check(scene, state, replace(choice, asked=choice.asked + 1), number=number)


def _agrees(scene: Scene, state: State, heard: Heard, choice: Choice) -> bool | None:
    if heard.confidence < scene.world.limits.confirm:
        return None
    if folded(heard.text) == folded(choice.said):
        return True
    return yes_or_no(heard.text, scene.language(state))
