"""
Walk a flow: pure, explicit state, total.

`begin` gives the first action; each answer from the telephone goes into `step`,
which gives the next one. Any input is legal in any state, and whatever the
caller does the walk ends in `Join` or `HangUp` after a bounded number of steps
(`steps_max`).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from ivr.flow import DIGITS, Enqueue, Flow, Goodbye, Menu, Node, NodeId, PromptId, Say

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
class State:
    """Where one caller is. `node` is all that must survive a restart."""

    node: NodeId
    doing: Doing
    tries_left: int = 0
    moves: int = 0


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


def begin(flow: Flow, node: NodeId | None = None) -> tuple[State, Action]:
    """
    Start a flow, or resume it.

    Args:
        flow: The flow to walk.
        node:
            Where the caller was before a restart; None for a new caller. A
            node that the flow no longer has resumes at the first node that
            does not merely speak, so that nobody hears the greeting twice.
    """
    if node is None:
        return _enter(flow, flow.start, None, moves=0)
    return _enter(flow, node if node in flow.nodes else _past_greeting(flow), None, moves=0)


def step(flow: Flow, state: State, answer: Input) -> tuple[State, Action]:
    """
    Take one input. Never raises; an input after the end repeats the last action.

    What the telephone was asked and what it answers may cross, so only one
    thing of the input counts: which key, or none.
    """
    key = _key(answer)
    node = flow.nodes.get(state.node)
    if state.doing is Doing.DONE or node is None or isinstance(node, Enqueue | Goodbye):
        return replace(state, doing=Doing.DONE), _last_action(node)
    match node:
        case Say():
            return _enter(flow, node.next, key, moves=state.moves)
        case Menu():
            return _answer_menu(flow, node, state, key)
        case _:
            assert_never(node)


def steps_max(flow: Flow) -> int:
    """How many inputs, at most, bring any caller to the end of this flow."""
    tries = max((node.tries for node in flow.nodes.values() if isinstance(node, Menu)), default=1)
    return (MOVES_MAX + 2) * 2 * max(tries, 1)


def keys_heard(flow: Flow, node: NodeId) -> str:
    """The keys of the menu that speaking at `node` leads into, or "" if it leads to none."""
    return "".join(sorted(_keys_ahead(flow, node)))


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


def _enter(flow: Flow, node_id: NodeId, key: str | None, *, moves: int) -> tuple[State, Action]:
    """Go to a node, taking along a key that was pressed on the way."""
    while True:
        if moves >= MOVES_MAX or node_id not in flow.nodes:
            return _take_refuge(flow, moves)
        moves += 1
        node = flow.nodes[node_id]
        match node:
            case Say():
                if key is None or key not in _keys_ahead(flow, node_id):
                    state = State(node_id, Doing.SAYING, moves=moves)
                    return state, Play(node.prompts, keys_heard(flow, node_id))
                node_id = node.next
            case Menu():
                if key is None or key not in node.keys:
                    state = State(node_id, Doing.ASKING, tries_left=max(node.tries, 1), moves=moves)
                    return state, Play((node.prompt,), DIGITS)
                # Taken: the same key must not answer the next menu as well.
                node_id, key = node.keys[key], None
            case Enqueue() | Goodbye():
                return State(node_id, Doing.DONE, moves=moves), _last_action(node)
            case _:
                assert_never(node)


def _answer_menu(flow: Flow, menu: Menu, state: State, key: str | None) -> tuple[State, Action]:
    if key is not None and key in menu.keys:
        return _enter(flow, menu.keys[key], None, moves=state.moves)
    if key is None and state.doing is not Doing.LISTENING:
        return replace(state, doing=Doing.LISTENING), Collect(menu.timeout_ms)
    if state.tries_left <= 1:
        return _enter(flow, menu.otherwise, None, moves=state.moves)
    notice = menu.silence if key is None else menu.invalid
    prompts = (menu.prompt,) if notice is None else (notice, menu.prompt)
    again = replace(state, doing=Doing.ASKING, tries_left=state.tries_left - 1)
    return again, Play(prompts, DIGITS)


def _take_refuge(flow: Flow, moves: int) -> tuple[State, Action]:
    state = State(flow.refuge, Doing.DONE, moves=moves)
    return state, _last_action(flow.nodes.get(flow.refuge))


def _last_action(node: Node | None) -> Action:
    """End here; a node that is no end (only in a flow that was never checked) hangs up."""
    match node:
        case Enqueue(queue):
            return Join(queue)
        case Goodbye(prompt):
            return HangUp(prompt)
        case _:
            return HangUp()


def _past_greeting(flow: Flow) -> NodeId:
    """The first node from the start that does not merely speak."""
    node_id = flow.start
    for _ in range(len(flow.nodes)):
        node = flow.nodes.get(node_id)
        if not isinstance(node, Say):
            break
        node_id = node.next
    return node_id


def _keys_ahead(flow: Flow, node_id: NodeId) -> Mapping[str, NodeId]:
    """The keys of the menu that speaking from here on leads into; empty if it leads to none."""
    for _ in range(len(flow.nodes) + 1):
        match flow.nodes.get(node_id):
            case Say(next=following):
                node_id = following
            case Menu(keys=keys):
                return keys
            case _:
                break
    return {}
