"""
Walk a flow: pure, explicit state, total.

`begin` gives the first action; each answer from the telephone goes into `step`,
which gives the next one. Any input is legal in any state, and whatever the
caller does the walk ends in `Join` or `HangUp` after a bounded number of steps
(`steps_max`). What time it is comes in as a question, `is_open`: the walk
itself knows no clock.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from ivr.flow import DIGITS, Enqueue, Flow, Goodbye, Hours, Language, Menu, Node, NodeId, PromptId, Say

IsOpen = Callable[[str], bool]
"""Whether the opening hours of this name hold now."""

MOVES_MAX = 60
"""Nodes a caller may pass before going to the flow's refuge: nobody wanders for ever."""


class Doing(enum.StrEnum):
    """What the caller is being asked to wait for."""

    SAYING = "saying"
    ASKING = "asking"
    """The menu's prompt plays."""
    LISTENING = "listening"
    """The prompt is over, the key has not come."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Passed:
    """A node that the caller came by, and what was pressed there if it is a menu that was answered."""

    node: NodeId
    key: str = ""
    label: str = ""
    """What the key stands for."""
    is_reason: bool = False
    """The choice tells why the caller calls: it does not merely choose a language."""


@dataclass(frozen=True, slots=True)
class State:
    """Where one caller is. `node` is all that must survive a restart."""

    node: NodeId
    doing: Doing
    tries_left: int = 0
    moves: int = 0
    language: str = ""
    """Chosen on this walk; empty as long as it leaves the caller's language alone."""
    passed: tuple[Passed, ...] = field(default=(), compare=False)
    """What this very step has come by; the last one is `node`."""


@dataclass(frozen=True, slots=True)
class Play:
    """Speak these prompts in order; a key in `stop_keys` cuts them short."""

    prompts: tuple[PromptId, ...]
    stop_keys: str


@dataclass(frozen=True, slots=True)
class Collect:
    """Wait for one key, any key: a wrong one deserves an answer too."""

    timeout_ms: int


@dataclass(frozen=True, slots=True)
class Join:
    """The menu is over: wait for a person in this queue."""

    queue: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """The menu is over: say the prompt, if any, and end the call."""

    prompt: PromptId | None = None


Action = Play | Collect | Join | HangUp


@dataclass(frozen=True, slots=True)
class Played:
    """The prompts are over, or this key cut them short."""

    key: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    digit: str


@dataclass(frozen=True, slots=True)
class Silence:
    """No key came in time."""


Input = Played | Key | Silence


def begin(
    flow: Flow, node: NodeId | None = None, *, is_open: IsOpen = lambda hours: True
) -> tuple[State, Action]:
    """
    Start a flow, or resume it.

    Args:
        flow: The flow to walk.
        node:
            Where the caller was before a restart; None for a new caller. A
            node that the flow no longer has resumes at the first node that
            does not merely speak, so that nobody hears the greeting twice.
        is_open: Asked whenever the walk comes by a node that looks at the clock.
    """
    walk = _Walk(flow, is_open)
    if node is None:
        return walk.enter(State(flow.start, Doing.SAYING), flow.start, None)
    start = node if node in flow.nodes else walk.past_greeting()
    return walk.enter(State(start, Doing.SAYING), start, None)


def step(
    flow: Flow, state: State, answer: Input, *, is_open: IsOpen = lambda hours: True
) -> tuple[State, Action]:
    """
    Take one input. Never raises; an input after the end repeats the last action.

    What the telephone was asked and what it answers may cross, so only one
    thing of the input counts: which key, or none.
    """
    key = _key(answer)
    node = flow.nodes.get(state.node)
    walk = _Walk(flow, is_open)
    match node:
        case Say() if state.doing is not Doing.DONE:
            return walk.enter(state, node.next, key)
        case Menu() if state.doing is not Doing.DONE:
            return walk.answer(state, node, key)
        case _:
            return replace(state, doing=Doing.DONE, passed=()), _last_action(node)


def steps_max(flow: Flow) -> int:
    """How many inputs, at most, bring any caller to the end of this flow."""
    tries = max((node.tries for node in flow.nodes.values() if isinstance(node, Menu)), default=1)
    return (MOVES_MAX + 2) * 2 * max(tries, 1)


def keys_heard(flow: Flow, node: NodeId, *, is_open: IsOpen = lambda hours: True) -> str:
    """The keys of the menu that speaking at `node` leads into, or "" if it leads to none."""
    return "".join(sorted(_Walk(flow, is_open).keys_ahead(node)))


@dataclass(frozen=True, slots=True)
class _Walk:
    """A flow at one moment: which way the clock points is known."""

    flow: Flow
    is_open: IsOpen

    def enter(
        self, state: State, node_id: NodeId, key: str | None, passed: tuple[Passed, ...] = ()
    ) -> tuple[State, Action]:
        """Go to a node, taking along a key that was pressed on the way, and what was passed before."""
        moves, language = state.moves, state.language
        while moves < MOVES_MAX and (node := self.flow.nodes.get(node_id)) is not None:
            moves += 1
            here = State(node_id, Doing.DONE, 0, moves, language, (*passed, Passed(node_id)))
            match node:
                case Say():
                    if key is None or key not in self.keys_ahead(node_id):
                        heard = keys_heard(self.flow, node_id, is_open=self.is_open)
                        return replace(here, doing=Doing.SAYING), Play(node.prompts, heard)
                    node_id, passed = node.next, here.passed
                case Menu():
                    if key is None or key not in node.keys:
                        asking = replace(here, doing=Doing.ASKING, tries_left=max(node.tries, 1))
                        return asking, Play((node.prompt,), DIGITS)
                    # Taken: the same key must not answer the next menu as well.
                    passed = (*passed, self.chosen(node_id, node, key))
                    node_id, key = node.keys[key], None
                case Hours():
                    node_id, passed = self._way(node), here.passed
                case Language():
                    language, node_id, passed = node.language, node.next, here.passed
                case Enqueue() | Goodbye():
                    return here, _last_action(node)
                case _:
                    assert_never(node)
        refuge = self.flow.refuge
        away = State(refuge, Doing.DONE, 0, moves, language, (*passed, Passed(refuge)))
        return away, _last_action(self.flow.nodes.get(refuge))

    def answer(self, state: State, menu: Menu, key: str | None) -> tuple[State, Action]:
        """What a key, or none, means to this menu."""
        if key is not None and key in menu.keys:
            return self.enter(state, menu.keys[key], None, (self.chosen(state.node, menu, key),))
        if key is None and state.doing is not Doing.LISTENING:
            return replace(state, doing=Doing.LISTENING, passed=()), Collect(menu.timeout_ms)
        if state.tries_left <= 1:
            return self.enter(state, menu.otherwise, None)
        notice = menu.silence if key is None else menu.invalid
        prompts = (menu.prompt,) if notice is None else (notice, menu.prompt)
        again = replace(state, doing=Doing.ASKING, tries_left=state.tries_left - 1, passed=())
        return again, Play(prompts, DIGITS)

    def chosen(self, node_id: NodeId, menu: Menu, key: str) -> Passed:
        to_language = isinstance(self.flow.nodes.get(menu.keys[key]), Language)
        return Passed(node_id, key, menu.label(key), is_reason=not to_language)

    def keys_ahead(self, node_id: NodeId) -> Mapping[str, NodeId]:
        """The keys of the menu that speaking from here on leads into; empty if it leads to none."""
        node = self.flow.nodes.get(self._ahead(node_id))
        return node.keys if isinstance(node, Menu) else {}

    def past_greeting(self) -> NodeId:
        """
        The first node from the start that asks or ends.

        The language nodes on the way are passed over: who is called back here has one already.
        """
        return self._ahead(self.flow.start)

    def _ahead(self, node_id: NodeId) -> NodeId:
        for _ in range(len(self.flow.nodes) + 1):
            match self.flow.nodes.get(node_id):
                case Say(next=following) | Language(next=following):
                    node_id = following
                case Hours() as node:
                    node_id = self._way(node)
                case _:
                    break
        return node_id

    def _way(self, node: Hours) -> NodeId:
        return node.open if self.is_open(node.hours) else node.closed


def _key(answer: Input) -> str | None:
    match answer:
        case Played(key):
            return key
        case Key(digit):
            return digit
        case Silence():
            return None
        case _:
            assert_never(answer)


def _last_action(node: Node | None) -> Action:
    """End here; a node that is no end (only in a flow that was never checked) hangs up."""
    match node:
        case Enqueue(queue):
            return Join(queue)
        case Goodbye(prompt):
            return HangUp(prompt)
        case _:
            return HangUp()
