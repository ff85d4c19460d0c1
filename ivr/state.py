"""
Where a walk stands, and what it asks of the moment. Pure.

`memo` is what survives a restart of the server: never anything secret.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ivr.actions import Action, Limits, Mode
from ivr.flow import NodeId, PromptId, VarName
from ivr.ports import Utterance

VARS_MAX = 60
"""Variables of one call; what comes beyond is not kept."""
VALUE_MAX = 500
"""Characters of one variable."""


@dataclass(frozen=True, slots=True)
class World:
    """What a walk asks of the moment. Each question may be answered differently at every step."""

    is_open: Callable[[str], bool] = lambda _hours: True
    """Whether the opening hours of this name hold now."""
    can_listen: Callable[[str, bool], bool] = lambda _language, _free_speech: False
    """Whether somebody can listen now in this language, to a few phrases or to free speech."""
    language: str = "es"
    """The caller's, as long as the walk has not chosen another."""
    limits: Limits = field(default_factory=Limits)


class Doing(enum.StrEnum):
    """What the walk waits for."""

    SAYING = "saying"
    ASKING = "asking"
    """A question for the keypad plays."""
    LISTENING = "listening"
    """That question is over, the key has not come."""
    HEARING = "hearing"
    """A question that may be answered by voice or key."""
    GATHERING = "gathering"
    """Several keys."""
    WAITING = "waiting"
    """Something that the caller has no part in, or a message that is being recorded."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Passed:
    """A node that the caller came by, and what was answered there if it is a question."""

    node: NodeId
    key: str = ""
    """Pressed, or what was said in its place."""
    label: str = ""
    """What the key or the words stand for."""
    is_reason: bool = False
    """The choice tells why the caller calls: it does not merely choose a language."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that is being asked back."""

    value: str = field(repr=False)
    """A key, an intent, a number."""
    said: str = field(repr=False)
    heard: Utterance | None = field(default=None, repr=False)
    """None: it was keyed."""
    slots: Mapping[str, str] = field(default_factory=dict, repr=False)
    asked: int = 1


@dataclass(frozen=True, slots=True)
class State:
    """Where one caller is. Compared without what only this very step has brought."""

    node: NodeId
    doing: Doing
    tries_left: int = 0
    moves: int = 0
    language: str = ""
    """Chosen on this walk; empty as long as it leaves the caller's language alone."""
    mode: Mode = Mode.KEYS
    misses: int = 0
    """Answers in a row that came to nothing, of questions for the voice."""
    is_deaf: bool = False
    """At this node nobody listens any more."""
    question: int = 0
    """Of a survey, counted from 0."""
    choice: Choice | None = None
    typed: str = field(default="", repr=False)
    """A number as far as it is keyed."""
    vars: Mapping[VarName, str] = field(default_factory=dict, repr=False)
    secrets: Mapping[VarName, str] = field(default_factory=dict, repr=False)
    """Gone as soon as they are used, or the walk ends; no log, record, prompt or memo has them."""
    failed_proofs: int = 0
    """In the whole call."""
    is_unverified: bool = False
    """Too many of them."""
    notices: tuple[PromptId, ...] = ()
    """Said before the next words."""
    is_gone: bool = False
    """The caller has hung up: only what needs no caller is still done."""
    passed: tuple[Passed, ...] = field(default=(), compare=False)
    """What this very step has come by; the last one is `node`."""
    said: tuple[Utterance, ...] = field(default=(), compare=False, repr=False)
    """Spoken answers that this very step has settled."""
    learned: Mode | None = field(default=None, compare=False)
    """How this very step has shown that the caller prefers to answer."""

    def with_vars(self, values: Mapping[VarName, str]) -> State:
        """These put beside the others, within limits; a secret of the same name is gone."""
        known = dict(self.vars)
        for name, value in values.items():
            if name in known or len(known) < VARS_MAX:
                known[name] = value[:VALUE_MAX]
        secrets = {name: value for name, value in self.secrets.items() if name not in values}
        return replace(self, vars=known, secrets=secrets)

    def with_secret(self, name: VarName, value: str) -> State:
        """Known until it is used, and only as a secret."""
        others = {other: known for other, known in self.vars.items() if other != name}
        return replace(self, vars=others, secrets={**self.secrets, name: value})

    def value(self, name: VarName) -> str | None:
        """Of a variable, also a secret one."""
        return self.secrets.get(name, self.vars.get(name))


@dataclass(frozen=True, slots=True)
class Stay:
    """Wait here for the outcome of an action."""

    state: State
    action: Action


@dataclass(frozen=True, slots=True)
class Go:
    """On to another node, with a key that was pressed on the way."""

    state: State
    to: NodeId
    key: str | None = None


Move = Stay | Go


def memo(state: State) -> dict[str, object]:
    """What to remember of a walk: nothing secret, only values that JSON knows."""
    return {
        "node": state.node,
        "is_over": state.doing is Doing.DONE,
        "moves": state.moves,
        "mode": state.mode.value,
        "misses": state.misses,
        "question": state.question,
        "vars": dict(state.vars),
        "failed_proofs": state.failed_proofs,
        "is_unverified": state.is_unverified,
    }


def recalled(state: State, memory: Mapping[str, object], *, same_place: bool) -> State:
    """
    A state with what `memo` kept. Whatever is not as `memo` writes it is left out.

    Args:
        state: Where the walk begins.
        memory: What `memo` gave, perhaps to a server before this one.
        same_place: The walk goes on at the node that the memory is of.
    """
    modes = {mode.value: mode for mode in Mode}
    known = memory.get("vars")
    values = known if isinstance(known, Mapping) else {}
    state = replace(
        state,
        mode=modes.get(str(memory.get("mode")), state.mode),
        misses=_count(memory, "misses"),
        failed_proofs=_count(memory, "failed_proofs"),
        is_unverified=memory.get("is_unverified") is True,
    ).with_vars({VarName(str(name)): value for name, value in values.items() if isinstance(value, str)})
    if not same_place or memory.get("node") != state.node:
        return state
    return replace(state, moves=_count(memory, "moves"), question=_count(memory, "question"))


def _count(memory: Mapping[str, object], name: str) -> int:
    value = memory.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
