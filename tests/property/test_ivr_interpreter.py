from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import build
from config.loader import example, load
from ivr.flow import DIGITS, Enqueue, Flow, Goodbye, Hours, Language, Menu, Node, NodeId, PromptId, Say
from ivr.interpreter import Action, HangUp, Input, Join, Key, Played, Silence, begin, step, steps_max

pytestmark = pytest.mark.property

NODE_IDS = [NodeId(name) for name in "abcdef"]
ids = st.sampled_from(NODE_IDS)
prompts = st.sampled_from([PromptId("p"), PromptId("q")])
nodes: st.SearchStrategy[Node] = st.one_of(
    st.builds(Say, st.tuples(prompts), ids),
    st.builds(
        Menu,
        prompt=prompts,
        keys=st.dictionaries(st.sampled_from(DIGITS), ids, max_size=4),
        otherwise=ids,
        tries=st.integers(-1, 4),
        timeout_ms=st.just(5_000),
        invalid=st.none() | prompts,
        silence=st.none() | prompts,
    ),
    st.builds(Enqueue, st.sampled_from(["sales", "general"])),
    st.builds(Goodbye, st.none() | prompts),
    st.builds(Hours, st.sampled_from(["office", "guard"]), ids, ids),
    st.builds(Language, st.sampled_from(["es", "en"]), ids),
)
flows = st.builds(
    Flow, st.just("any"), ids, st.dictionaries(ids, nodes), ids
)  # deliberately unchecked: loops, dead ends and refuges that are none
keys = st.sampled_from([*DIGITS, "", "x", "12"])
clocks = st.frozensets(st.sampled_from(["office", "guard"]))
"""Which hours hold at a moment."""
inputs: st.SearchStrategy[Input] = st.one_of(
    st.builds(Played, st.none() | keys), st.builds(Key, keys), st.just(Silence())
)


def ends(action: Action) -> bool:
    return isinstance(action, Join | HangUp)


@given(flows, st.none() | ids, st.lists(st.tuples(inputs, clocks), min_size=1, max_size=40))
def test_every_walk_of_any_flow_ends_within_the_bound(
    flow: Flow, node: NodeId | None, answers: list[tuple[Input, frozenset[str]]]
) -> None:
    """Whatever the flow, whatever is keyed, whatever the clock: no exception, and an end in `steps_max`."""
    state, action = begin(flow, node, is_open=answers[0][1].__contains__)
    for index in range(steps_max(flow)):
        answer, opened = answers[index % len(answers)]
        state, action = step(flow, state, answer, is_open=opened.__contains__)

    assert ends(action)


@given(flows, st.lists(inputs, max_size=30))
def test_an_end_is_an_end(flow: Flow, answers: list[Input]) -> None:
    """After Join or HangUp every further input gives the same action."""
    state, action = begin(flow)
    last: Action | None = action if ends(action) else None
    for answer in answers:
        state, action = step(flow, state, answer)
        assert last is None or action == last
        last = action if ends(action) else last


@given(flows, st.lists(inputs, max_size=30))
def test_the_same_input_gives_the_same_walk(flow: Flow, answers: list[Input]) -> None:
    """The state is all there is: a walk can be replayed."""

    def walk() -> list[Action]:
        state, action = begin(flow)
        seen = [action]
        for answer in answers:
            state, action = step(flow, state, answer)
            seen.append(action)
        return seen

    assert walk() == walk()


@given(flows, st.lists(inputs, max_size=30))
def test_the_language_is_always_the_last_one_that_was_passed(flow: Flow, answers: list[Input]) -> None:
    """Never lost on the way, never one that no node of the flow speaks."""
    spoken = {"", *(node.language for node in flow.nodes.values() if isinstance(node, Language))}
    state, _ = begin(flow)
    for answer in answers:
        before = state.language
        state, _ = step(flow, state, answer)
        assert state.language in spoken
        assert state.language or not before


@pytest.fixture(scope="module")
def flow() -> Flow:
    """The main menu of the example, loaded once: its holidays take longer than a try may."""
    return build.flows(load(example()).config)["principal"]


@given(answers=st.lists(inputs, max_size=20))
def test_in_the_example_key_0_reaches_a_person_from_anywhere(flow: Flow, answers: list[Input]) -> None:
    """Wherever a caller is in the menu, 0 (and words on the way) leads to a queue."""
    state, action = begin(flow)
    for answer in answers:
        state, action = step(flow, state, answer)
    for answer in (Played("0"), Played(), Played()):
        state, action = step(flow, state, answer)

    assert isinstance(action, Join)
