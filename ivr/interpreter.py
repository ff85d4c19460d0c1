"""
Walk a flow: pure, explicit state, total.

`begin` gives the first action; the outcome of each action goes into `step`, which
gives the next one. Any input is legal in any state, and whatever the caller does
the walk ends in `Join`, `HangUp` or `Over` after a bounded number of steps
(`steps_max`). The clock, the recognizers and the caller's language come in as
questions, in `World`: the walk itself knows none of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from ivr import errands
from ivr.actions import (
    Action,
    Gone,
    HangUp,
    Input,
    Join,
    Mode,
    Over,
    Play,
)
from ivr.asking import key_of, told, values
from ivr.errands import MESSAGE_TRIES, VERIFIED
from ivr.flow import (
    Ask,
    Branch,
    Digits,
    Enqueue,
    Flow,
    Goodbye,
    Hours,
    Identify,
    Language,
    LookUp,
    Menu,
    Node,
    NodeId,
    OfferCallback,
    Say,
    SetVars,
    Survey,
    Transfer,
    VarName,
    Voicemail,
)
from ivr.questions import Questions, passing
from ivr.state import Choice, Doing, Go, Move, Passed, State, Stay, World, memo, recalled

__all__ = [
    "MOVES_MAX",
    "VERIFIED",
    "Choice",
    "Doing",
    "Passed",
    "State",
    "World",
    "begin",
    "is_end",
    "keys_heard",
    "memo",
    "step",
    "steps_max",
]

MOVES_MAX = 60
"""Nodes a caller may pass before going to the flow's refuge: nobody wanders for ever."""
_PLACE = re.compile(r"\{([^{}]*)\}")
_ANYWHERE = World()


def begin(
    flow: Flow,
    node: NodeId | None = None,
    *,
    world: World = _ANYWHERE,
    mode: Mode = Mode.KEYS,
    memory: Mapping[str, object] | None = None,
) -> tuple[State, Action]:
    """
    Start a flow, or resume it.

    Args:
        flow: The flow to walk.
        node:
            Where the caller was before a restart; None for a new caller. A
            node that the flow no longer has resumes at the first node that
            does not merely speak, so that nobody hears the greeting twice.
        world: What holds at this moment.
        mode: How the caller prefers to answer; a memory knows better.
        memory: What `memo` gave before: of this walk, or of another of the same call.
    """
    walk = _Walk(flow, world)
    start = flow.start
    if node is not None:
        start = node if node in flow.nodes else walk.past_greeting(mode)
    state = State(start, Doing.SAYING, mode=mode)
    if memory is not None:
        state = recalled(state, memory, same_place=node is not None)
    return walk.settle(Go(state, start))


def step(flow: Flow, state: State, answer: Input, *, world: World = _ANYWHERE) -> tuple[State, Action]:
    """
    Take one input. Never raises; an input after the end repeats the last action.

    What was asked and what is answered may cross: an answer that does not fit counts as silence
    where the caller was asked, and as a failure where something else was.
    """
    state = replace(state, passed=(), said=(), learned=None)
    walk = _Walk(flow, world)
    node = flow.nodes.get(state.node)
    if state.doing is Doing.DONE or node is None:
        return replace(state, doing=Doing.DONE), _last_action(node, state)
    if isinstance(answer, Gone) and not state.is_gone:
        return walk.settle(_left(state, node))
    return walk.settle(walk.answer(state, node, answer))


def is_end(action: Action) -> bool:
    """Whether the walk is over."""
    return isinstance(action, Join | HangUp | Over)


def steps_max(flow: Flow) -> int:
    """How many inputs, at most, bring any caller to the end of this flow."""
    asking = (Menu, Ask, Digits, OfferCallback, Survey)
    tries = max((node.tries for node in flow.nodes.values() if isinstance(node, asking)), default=1)
    questions = max(
        (len(node.questions) for node in flow.nodes.values() if isinstance(node, Survey)), default=1
    )
    # A question that is deaf, played, collected, asked back twice in as many steps, and once more by keys.
    once = 12 * (max(tries, MESSAGE_TRIES) + 2)
    return (MOVES_MAX + 2) * once * max(questions, 1)


def keys_heard(flow: Flow, node: NodeId, *, world: World = _ANYWHERE, mode: Mode = Mode.KEYS) -> str:
    """The keys of the question that speaking at `node` leads into, or "" if it leads to none."""
    return _Walk(flow, world).keys_ahead(State(node, Doing.SAYING, mode=mode), node)


def _left(state: State, node: Node) -> Move:
    """The caller has hung up here: the way that the node has for this, if any."""
    if state.choice is not None:
        state = told(state, state.choice.heard, "missed")
    state = replace(state, is_gone=True, choice=None, typed="", secrets={}, notices=(), question=0)
    match node:
        case Say(hang_up=way):
            pass
        case (
            Menu()
            | Ask()
            | Digits()
            | LookUp()
            | Identify()
            | OfferCallback()
            | Transfer()
            | Voicemail()
            | Survey()
        ):
            way = node.exits.hang_up
        case _:
            way = None
    return Stay(replace(state, doing=Doing.DONE), Over()) if way is None else Go(state, way)


@dataclass(frozen=True, slots=True)
class _Walk:
    """A flow at one moment."""

    flow: Flow
    world: World

    @property
    def questions(self) -> Questions:
        return Questions(self.flow, self.world)

    def settle(self, move: Move) -> tuple[State, Action]:
        """Go on until something has to be waited for."""
        while isinstance(move, Go):
            node = self.flow.nodes.get(move.to)
            if node is None or move.state.moves >= MOVES_MAX:
                return self._refuge(move.state)
            move = self.enter(replace(move, state=replace(move.state, moves=move.state.moves + 1)), node)
        return move.state, move.action

    def _refuge(self, state: State) -> tuple[State, Action]:
        away = _ended(replace(state, node=self.flow.refuge), Passed(self.flow.refuge))
        return away, _last_action(self.flow.nodes.get(self.flow.refuge), away)

    def enter(self, go: Go, node: Node) -> Move:
        """Come to a node; a key taken along answers the question that it was meant for."""
        state, key = replace(go.state, node=go.to, choice=None, typed="", is_deaf=False), go.key
        if state.is_gone and not isinstance(node, LookUp | Identify | SetVars | Branch | Hours | Language):
            return Stay(_ended(state, Passed(go.to)), Over())
        if isinstance(node, Menu) and key is not None and key in node.keys:
            chosen = self.questions.chosen(go.to, node, key)
            return Go(passing(state, chosen), node.keys[key])
        state = passing(state, Passed(go.to))
        match node:
            case Say():
                return self._say(state, node, key)
            case Menu() | Ask() | Digits() | OfferCallback() | Survey():
                return self.questions.put(replace(state, tries_left=max(node.tries, 1)), node, key)
            case LookUp() | Identify() | Branch() | Transfer() | Voicemail():
                return errands.run(state, node)
            case Enqueue() | Goodbye():
                return Stay(_ended(state), _last_action(node, state))
            case SetVars() | Hours() | Language():
                return self._pass(state, node, key)
            case _:
                assert_never(node)

    def answer(self, state: State, node: Node, answer: Input) -> Move:
        """What an input means to the node that waits for one."""
        match node:
            case Say():
                return Go(state, node.next, key_of(answer))
            case Menu() | Ask() | Digits() | OfferCallback() | Survey():
                return self.questions.answer(state, node, answer)
            case LookUp() | Identify() | Branch() | Transfer() | Voicemail():
                return errands.answer(state, node, answer)
            case SetVars() | Hours() | Language() | Enqueue() | Goodbye():
                return Stay(replace(state, doing=Doing.DONE), _last_action(node, state))
            case _:
                assert_never(node)

    def _say(self, state: State, node: Say, key: str | None) -> Move:
        ahead = self.keys_ahead(state, state.node)
        if key is not None and key in ahead:
            return Go(state, node.next, key)
        prompts = (*state.notices, *node.prompts)
        return Stay(replace(state, doing=Doing.SAYING, notices=()), Play(prompts, ahead, values(state)))

    def _pass(self, state: State, node: SetVars | Hours | Language, key: str | None) -> Move:
        match node:
            case SetVars(written, following):
                filled = {name: _filled(text, state) for name, text in written.items()}
                return Go(state.with_vars(filled), following, key)
            case Hours():
                return Go(state, self._way(node), key)
            case Language(language, following):
                return Go(replace(state, language=language), following, key)

    def keys_ahead(self, state: State, node_id: NodeId) -> str:
        """The keys of the question that speaking from here on leads into; "" if it leads to none."""
        match self.flow.nodes.get(self._ahead(state, node_id)):
            case Menu(keys=keys):
                return "".join(sorted(keys))
            case Ask() as node:
                return "".join(sorted({node.keypad_key, node.key}))
            case _:
                return ""

    def past_greeting(self, mode: Mode) -> NodeId:
        """
        The first node from the start that asks or ends.

        The language nodes on the way are passed over: who is called back here has one already.
        """
        return self._ahead(State(self.flow.start, Doing.SAYING, mode=mode), self.flow.start)

    def _ahead(self, state: State, node_id: NodeId) -> NodeId:
        for _ in range(len(self.flow.nodes) + 1):
            match self.flow.nodes.get(node_id):
                case Say(next=following):
                    node_id = following
                case Language(language, following):
                    state, node_id = replace(state, language=language), following
                case Hours() as node:
                    node_id = self._way(node)
                case Ask(keypad=keypad) if not self._listens_freely(state):
                    node_id = keypad
                case _:
                    break
        return node_id

    def _listens_freely(self, state: State) -> bool:
        return self.questions.scene.listens(replace(state, is_deaf=False), free_speech=True)

    def _way(self, node: Hours) -> NodeId:
        return node.open if self.world.is_open(node.hours) else node.closed


def _ended(state: State, *passed: Passed) -> State:
    """Nothing is asked any more, and nothing secret is kept."""
    done = replace(
        state, doing=Doing.DONE, tries_left=0, misses=0, choice=None, typed="", secrets={}, notices=()
    )
    return replace(done, passed=(*state.passed, *passed))


def _filled(text: str, state: State) -> str:
    """A text with variables in their places; one that is not known, or secret, is left out."""
    return _PLACE.sub(lambda place: state.vars.get(VarName(place[1].strip()), ""), text)


def _last_action(node: Node | None, state: State) -> Action:
    """End here; a node that is no end (only in a flow that was never checked) hangs up."""
    if state.is_gone:
        return Over()
    match node:
        case Enqueue(queue):
            return Join(queue)
        case Goodbye(prompt):
            return HangUp(prompt, values(state))
        case _:
            return HangUp()
