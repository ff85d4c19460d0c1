"""
How a caller is asked and what has been heard: what all nodes that ask have in common. Pure.

By voice and keys at once where the caller likes to speak and somebody can listen, else by keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ivr import house_prompts as house
from ivr.actions import Collect, Gather, Heard, Input, Key, Listen, Mode, Play, Played
from ivr.flow import DIGITS, Exits, PromptId
from ivr.phrases import key_name
from ivr.ports import Utterance
from ivr.state import Doing, Go, State, Stay, World


@dataclass(frozen=True, slots=True)
class Scene:
    """A flow, by its id, at one moment."""

    flow: str
    world: World

    def language(self, state: State) -> str:
        """The caller's now."""
        return state.language or self.world.language

    def listens(self, state: State, *, free_speech: bool = False) -> bool:
        """Whether the caller is asked by voice now."""
        if state.mode is not Mode.SPEECH or state.is_deaf:
            return False
        return self.world.can_listen(self.language(state), free_speech)

    def utterance(self, state: State, heard: Heard, understood: str = "") -> Utterance:
        """A spoken answer, for who looks after the phrases."""
        node = f"{self.flow}/{state.node}"
        return Utterance(
            node, self.language(state), heard.text, heard.confidence, understood, heard.sure, outcome=""
        )

    def by_voice(self, state: State, listen: Listen, *, keypad_key: str = "", **more: str) -> Stay:
        """Speak and listen; the way to the keypad is told if there is one."""
        prompts = (*state.notices, *listen.prompts)
        if keypad_key:
            prompts = (*prompts, house.USE_KEYPAD)
            more = {**more, "key": key_name(keypad_key, self.language(state))}
        hearing = replace(state, doing=Doing.HEARING, notices=())
        return Stay(hearing, replace(listen, prompts=prompts, values=values(state, **more)))

    def missed(self, state: State, exits: Exits, *, is_silence: bool, notice: PromptId | None) -> Go | State:
        """
        No answer, or none that counts: the way out, or the state in which to ask again.

        Too many in a row by voice, and the caller is asked by keys, at least once.
        """
        spoken = state.doing is Doing.HEARING
        state = replace(state, choice=None, typed="", misses=state.misses + 1 if spoken else state.misses)
        if spoken and state.mode is Mode.SPEECH and state.misses >= max(1, self.world.limits.misses):
            state = replace(state, mode=Mode.KEYS, tries_left=max(state.tries_left, 2))
        way = exits.no_input if is_silence else exits.no_match
        if way is not None:
            return Go(state, way)
        if state.tries_left <= 1:
            return Go(state, exits.too_many)
        if notice is None and spoken and not is_silence:
            notice = house.NOT_UNDERSTOOD
        notices = state.notices if notice is None else (*state.notices, notice)
        return replace(state, tries_left=state.tries_left - 1, notices=notices)


def key_of(answer: Input) -> str | None:
    """The key of an answer, whichever way it came."""
    match answer:
        case Played(key):
            return key if key and len(key) == 1 else None
        case Key(digit):
            return digit if len(digit) == 1 else None
        case _:
            return None


def values(state: State, **more: str) -> Mapping[str, str]:
    """What prompts may say: the walk's variables and what belongs to this question."""
    return {**dict[str, str](state.vars.items()), **more}


def by_keys(state: State, *prompts: PromptId, **more: str) -> Stay:
    """Speak, then wait for one key."""
    asking = replace(state, doing=Doing.ASKING, notices=())
    return Stay(asking, Play((*state.notices, *prompts), DIGITS, values(state, **more)))


def wait_for_key(state: State, timeout_ms: int) -> Stay:
    """The question has been put; now it is quiet."""
    return Stay(replace(state, doing=Doing.LISTENING), Collect(timeout_ms))


def gather(
    state: State, *prompts: PromptId, longest: int, timeout_ms: int, between_ms: int, secret: bool = False
) -> Stay:
    """Speak, then wait for several keys."""
    action = Gather((*state.notices, *prompts), longest, timeout_ms, between_ms, secret, values(state))
    return Stay(replace(state, doing=Doing.GATHERING, notices=()), action)


def told(state: State, said: Utterance | None, outcome: str) -> State:
    """With a spoken answer settled: taken, confirmed, denied or missed."""
    return state if said is None else replace(state, said=(*state.said, replace(said, outcome=outcome)))


def answered(state: State, mode: Mode | None) -> State:
    """A question has got its answer; `mode` tells how, if the caller had the choice."""
    learned = state.learned if mode is None else mode
    return replace(state, misses=0, choice=None, typed="", learned=learned)


def to_keypad(state: State) -> State:
    """The caller wants keys, now and for the rest of the call."""
    return replace(state, mode=Mode.KEYS, learned=Mode.KEYS)
