"""
The nodes for which something is done elsewhere: look-ups, proofs, conditions, messages, hand-overs. Pure.

`run` asks for it, `answer` takes the outcome; one that does not fit is a failure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from ivr import house_prompts as house
from ivr.actions import (
    Action,
    Fetch,
    Found,
    Input,
    Judge,
    Judged,
    NotFound,
    NotProven,
    Prove,
    Proven,
    Record,
    Recorded,
    Ring,
    Silence,
)
from ivr.asking import values
from ivr.flow import Branch, Identify, LookUp, NodeId, Transfer, VarName, Voicemail
from ivr.state import Doing, Go, Move, State, Stay

Errand = LookUp | Identify | Branch | Transfer | Voicemail

MESSAGE_TRIES = 2
"""How often a caller who says nothing is asked for a message."""
VERIFIED = VarName("verified")
"""The variable that tells whether the caller has proven who they are: "true" or "false"."""


def run(state: State, node: Errand) -> Move:
    """Come to a node."""
    match node:
        case LookUp():
            return _look_up(state, node)
        case Identify():
            return _prove(state, node)
        case Branch():
            return _waiting(state, Judge(state.node))
        case Transfer(agent, number, ring_ms):
            return _waiting(replace(state, secrets={}, notices=()), Ring(agent, number, ring_ms))
        case Voicemail():
            return _record(replace(state, tries_left=MESSAGE_TRIES), node)
        case _:
            assert_never(node)


def answer(state: State, node: Errand, outcome: Input) -> Move:
    """What came of it."""
    match node:
        case LookUp():
            return _looked_up(state, node, outcome)
        case Identify():
            return _proved(state, node, outcome)
        case Branch():
            return Go(state, _case(node, outcome))
        case Transfer():
            return Go(state, node.exits.failure)
        case Voicemail():
            return _recorded(state, node, outcome)
        case _:
            assert_never(node)


def _look_up(state: State, node: LookUp) -> Move:
    arguments = {name: state.value(variable) or "" for name, variable in node.arguments.items()}
    saying = () if node.saying is None or state.is_gone else (node.saying,)
    action = Fetch(node.source, arguments, (*state.notices, *saying), values(state))
    return _waiting(_used(replace(state, notices=()), *node.arguments.values()), action)


def _looked_up(state: State, node: LookUp, outcome: Input) -> Move:
    match outcome:
        case Found(found):
            return Go(state.with_vars(found), node.found)
        case NotFound():
            return Go(state, node.not_found)
        case _:
            return Go(state, node.exits.failure)


def _prove(state: State, node: Identify) -> Move:
    if state.failed_proofs >= max(node.tries, 1):
        return _unproven(state, node)
    value = state.value(node.value)
    if not value:  # never asked for, or forgotten by a restart
        return Go(state, node.again)
    return _waiting(_used(state, node.value), Prove(node.by, value))


def _proved(state: State, node: Identify, outcome: Input) -> Move:
    match outcome:
        case Proven():
            return Go(state.with_vars({VERIFIED: "true"}), node.next)
        case NotProven():
            state = replace(state, failed_proofs=state.failed_proofs + 1)
            if state.failed_proofs >= max(node.tries, 1):
                return _unproven(state, node)
            return Go(replace(state, notices=(*state.notices, house.NOT_PROVEN)), node.again)
        case _:
            return Go(state, node.exits.failure)


def _unproven(state: State, node: Identify) -> Move:
    """Never a loop: a person, who sees that nothing is proven."""
    return Go(replace(state.with_vars({VERIFIED: "false"}), is_unverified=True), node.exits.too_many)


def _record(state: State, node: Voicemail) -> Move:
    prompts = (*state.notices, node.prompt)
    action = Record(node.box, prompts, node.longest_ms, node.silence_ms, values(state))
    return _waiting(replace(state, notices=()), action)


def _recorded(state: State, node: Voicemail, outcome: Input) -> Move:
    match outcome:
        case Recorded():
            return Go(state, node.next)
        case Silence() if node.exits.no_input is not None:
            return Go(state, node.exits.no_input)
        case Silence() if state.tries_left > 1:
            return _record(replace(state, tries_left=state.tries_left - 1), node)
        case Silence():
            return Go(state, node.exits.too_many)
        case _:
            return Go(state, node.exits.failure)


def _case(node: Branch, outcome: Input) -> NodeId:
    number = outcome.case if isinstance(outcome, Judged) else None
    if number is None or not 0 <= number < len(node.cases):
        return node.otherwise
    return node.cases[number]


def _waiting(state: State, action: Action) -> Stay:
    return Stay(replace(state, doing=Doing.WAITING), action)


def _used(state: State, *names: VarName) -> State:
    """Without the secrets of these names."""
    return replace(state, secrets={name: value for name, value in state.secrets.items() if name not in names})
