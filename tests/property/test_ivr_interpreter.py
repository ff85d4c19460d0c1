from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import build
from config.loader import example, load
from ivr.actions import (
    SILENT,
    Action,
    Collect,
    Deaf,
    Done,
    Failed,
    Fetch,
    Found,
    Gather,
    Gathered,
    Gone,
    Heard,
    Input,
    Join,
    Judge,
    Judged,
    KeepAnswer,
    Key,
    Listen,
    Mode,
    NotFound,
    NotProven,
    NotReached,
    Over,
    Play,
    Played,
    Promise,
    Promised,
    Prove,
    Proven,
    Record,
    Recorded,
    Refused,
    Ring,
    Silence,
)
from ivr.flow import (
    DIGITS,
    Ask,
    Branch,
    Check,
    Digits,
    Enqueue,
    Exits,
    Flow,
    Goodbye,
    Hours,
    Identify,
    IntentId,
    Language,
    LookUp,
    Menu,
    Node,
    NodeId,
    OfferCallback,
    PromptId,
    Question,
    Say,
    SetVars,
    Survey,
    Transfer,
    VarName,
    Voicemail,
)
from ivr.interpreter import State, World, begin, is_end, memo, step, steps_max

pytestmark = pytest.mark.property

SECRET = "739164"
"""What is keyed where it is secret; it contains no other number of these tests."""

NODE_IDS = [NodeId(name) for name in "abcdef"]
ids = st.sampled_from([*NODE_IDS[:4] * 3, *NODE_IDS[4:]])
maybe = st.none() | ids
prompts = st.sampled_from([PromptId("p"), PromptId("q")])
some_prompt = st.none() | prompts
names = st.sampled_from([VarName("x"), VarName("y"), VarName("pin")])
intents = st.sampled_from([IntentId("bill"), IntentId("parcel")])
exits = st.builds(Exits, ids, ids, maybe, maybe, maybe)
tries = st.integers(-1, 3)
phrases = st.dictionaries(
    st.sampled_from(DIGITS),
    st.dictionaries(st.sampled_from(["es", "en"]), st.tuples(st.sampled_from(["ventas", "sales", "uno"]))),
    max_size=2,
)
questions = st.lists(
    st.builds(Question, st.sampled_from("qr"), prompts, st.integers(0, 3), st.integers(1, 9)), max_size=3
)
asking: st.SearchStrategy[Node] = st.one_of(
    st.builds(
        Menu,
        prompt=prompts,
        keys=st.dictionaries(st.sampled_from(DIGITS), ids, max_size=4),
        exits=exits,
        spoken=some_prompt,
        phrases=phrases,
        tries=tries,
        invalid=some_prompt,
        silence=some_prompt,
    ),
    st.builds(
        Ask,
        prompt=prompts,
        intents=st.dictionaries(intents, ids, max_size=2),
        keypad=ids,
        exits=exits,
        tries=tries,
        person=maybe,
        slots=st.dictionaries(st.sampled_from(["digits", "date"]), names, max_size=2),
    ),
    st.builds(
        Digits,
        prompt=prompts,
        into=names,
        next=ids,
        exits=exits,
        shortest=st.integers(0, 4),
        longest=st.integers(0, 9),
        check=st.sampled_from(Check),
        confirm=st.booleans(),
        secret=st.booleans(),
        spoken=some_prompt,
        tries=tries,
    ),
    st.builds(
        OfferCallback, st.just("sales"), prompts, ids, ids, exits, number_prompt=some_prompt, tries=tries
    ),
    st.builds(Survey, st.just("s"), questions.map(tuple), ids, exits, tries),
)
others: st.SearchStrategy[Node] = st.one_of(
    st.builds(Say, st.tuples(prompts), ids, maybe),
    st.builds(
        LookUp, st.just("source"), st.dictionaries(st.just("id"), names), ids, ids, exits, saying=some_prompt
    ),
    st.builds(Identify, st.just("pin"), names, ids, ids, exits, st.integers(0, 3)),
    st.builds(SetVars, st.dictionaries(names, st.sampled_from(["v", "{x}", "{pin}", "{"]), max_size=2), ids),
    st.builds(Branch, st.lists(ids, max_size=3).map(tuple), ids),
    st.builds(Hours, st.sampled_from(["office", "guard"]), ids, ids),
    st.builds(Language, st.sampled_from(["es", "en", "ko"]), ids),
    st.builds(Transfer, st.sampled_from(["ana", ""]), exits=exits),
    st.builds(Voicemail, st.just("sales"), prompts, ids, exits),
)
ends = st.builds(Enqueue, st.sampled_from(["sales", "general"])) | st.builds(Goodbye, some_prompt)
secret_digits = st.builds(
    Digits,
    prompt=prompts,
    into=names,
    next=ids,
    exits=exits,
    longest=st.just(8),
    confirm=st.booleans(),
    secret=st.just(True),
    spoken=some_prompt,
)
anything = asking | others | ends
whole = st.fixed_dictionaries(
    {
        NodeId("a"): asking,
        NodeId("b"): asking | secret_digits,
        NodeId("c"): others,
        NodeId("d"): asking | others,
    },
    optional={NodeId("e"): ends, NodeId("f"): anything},
)
flows = st.builds(
    Flow, st.just("any"), ids, whole | st.dictionaries(ids, anything), ids
)  # deliberately unchecked: loops, dead ends and refuges that are none
keys = st.sampled_from([*DIGITS, "", "x", "12"])
texts = st.sampled_from(
    ["", "uno", "ventas ventas", "sí", "no", "doce treinta y cuatro", "sales", "양", "12345678Z"]
)
sureness = st.sampled_from([0.0, 0.4, 0.6, 0.9, 1.0])
heard = st.builds(
    Heard,
    texts,
    sureness,
    st.sampled_from(["", "bill", "other"]),
    sureness,
    st.dictionaries(st.sampled_from(["digits", "date"]), st.just("2026"), max_size=1),
)
strays: st.SearchStrategy[Input] = st.one_of(
    st.builds(Played, st.none() | keys),
    st.builds(Key, keys),
    st.just(Silence()),
    heard,
    st.just(Deaf("busy")),
    st.builds(Gathered, st.sampled_from(["", "1234", "12345678", "600111222", "*9"])),
    st.builds(Found, st.dictionaries(names, st.just("found"), max_size=2)),
    st.sampled_from([NotFound(), Failed(), Proven(), NotProven(), Recorded(), Promised(), Refused()]),
    st.sampled_from([NotReached(), Done()]),
    st.builds(Judged, st.none() | st.integers(-1, 4)),
)


@dataclass(frozen=True)
class Moment:
    """What one step is told, and what holds at that moment."""

    pick: int
    """Which of the answers that fit; negative: one that comes out of step."""
    stray: Input
    world: World

    def answer(self, action: Action) -> Input:
        fitting = FITTING.get(type(action), ())
        return self.stray if self.pick < 0 or not fitting else fitting[self.pick % len(fitting)]


FITTING: Mapping[type[Action], tuple[Input, ...]] = {
    Play: (Played(), Played("1"), Played("2"), Played("7")),
    Collect: (Key("1"), Silence(), Key("2"), Key("0")),
    Listen: (
        Heard("sí", 0.9, "bill", 0.9),
        Heard("no", 0.9, "bill", 0.5),
        Heard("uno", 0.9),
        Heard("ventas", 0.6),
        Heard("doce treinta y cuatro", 0.9, "parcel", 0.5, {"date": "2026-01-02"}),
        Heard("sales", 1.0),
        Heard("", 0.2),
        Key("1"),
        Key("*"),
        Silence(),
        Deaf("busy"),
    ),
    Gather: (Gathered("1234"), Gathered("12345678"), Gathered("600111222"), Silence()),
    Fetch: (Found({VarName("x"): "found"}), NotFound(), Failed()),
    Prove: (NotProven(), Proven(), NotProven(), Failed()),
    Judge: (Judged(0), Judged(1), Judged(None)),
    Record: (Recorded(), Silence(), Failed()),
    Promise: (Promised(), Refused()),
    Ring: (NotReached(), Failed()),
    KeepAnswer: (Done(),),
}


worlds = st.builds(
    lambda opened, ears, language: World(
        opened.__contains__,
        lambda _language, free_speech: ("free" if free_speech else "few") in ears,
        language,
    ),
    st.frozensets(st.sampled_from(["office", "guard"])),
    st.sampled_from([(), ("few",), ("free", "few"), ("free", "few")]),
    st.sampled_from(["es", "en"]),
)
moments = st.lists(st.builds(Moment, st.integers(-2, 10), strays, worlds), min_size=6, max_size=40)
unhurried = settings(deadline=None)
"""The machine may be busy; what counts is steps."""
modes = st.sampled_from([Mode.SPEECH, Mode.SPEECH, Mode.KEYS])


@unhurried
@given(flows, st.none() | ids, modes, moments)
def test_every_walk_of_any_flow_ends_within_the_bound(
    flow: Flow, node: NodeId | None, mode: Mode, told: list[Moment]
) -> None:
    """Whatever the flow, whatever comes, in step or not: no exception, and an end in `steps_max`."""
    state, action = begin(flow, node, world=told[0].world, mode=mode)
    for index in range(steps_max(flow)):
        now = told[index % len(told)]
        state, action = step(flow, state, now.answer(action), world=now.world)
        if is_end(action):
            break

    assert is_end(action)


@unhurried
@given(flows, modes, moments, st.just(Gone()) | strays)
def test_an_end_is_an_end(flow: Flow, mode: Mode, told: list[Moment], late: Input) -> None:
    """After Join, HangUp or Over every further input, also a hang-up, gives the same action."""
    state, action = begin(flow, mode=mode)
    for now in told:
        last = action
        state, action = step(flow, state, now.answer(action), world=now.world)
        if is_end(last):
            assert action == last
    if is_end(action):
        assert step(flow, state, late)[1] == action


@unhurried
@given(flows, modes, moments)
def test_the_same_input_gives_the_same_walk(flow: Flow, mode: Mode, told: list[Moment]) -> None:
    """The state is all there is: a walk can be replayed."""

    def walk() -> list[Action]:
        state, action = begin(flow, mode=mode)
        seen = [action]
        for now in told:
            state, action = step(flow, state, now.answer(action), world=now.world)
            seen.append(action)
        return seen

    assert walk() == walk()


@unhurried
@given(flows, modes, moments, st.integers(0, 40), moments)
def test_after_a_hang_up_nothing_is_asked_of_the_caller(
    flow: Flow, mode: Mode, told: list[Moment], when: int, after: list[Moment]
) -> None:
    """In any node, at any moment: only what needs no caller, and soon nothing."""
    state, action = begin(flow, mode=mode)
    for now in told[:when]:
        state, action = step(flow, state, now.answer(action), world=now.world)
    if is_end(action):
        return
    state, action = step(flow, state, Gone())
    for index in range(steps_max(flow)):
        assert isinstance(action, (*SILENT, Over))
        assert not isinstance(action, Fetch) or not action.prompts
        if is_end(action):
            break
        now = after[index % len(after)]
        state, action = step(flow, state, now.answer(action), world=now.world)
    assert action == Over()


@unhurried
@given(flows, modes, moments)
def test_secrets_are_known_to_nobody_but_who_asked_for_them(
    flow: Flow, mode: Mode, told: list[Moment]
) -> None:
    """Keyed secretly: in no text of the state or an action, no memory, way, prompt; gone at the end."""
    state, action = begin(flow, mode=mode)
    keyed = False
    for now in told:
        answer = now.answer(action)
        if isinstance(action, Gather):
            # Nothing of these flows is secret but what is asked for secretly.
            keyed = keyed or action.secret
            answer = Gathered(SECRET if action.secret else "4444")
        state, action = step(flow, state, answer, world=now.world)
        assert_kept(state, action)
    if is_end(action):
        assert not state.secrets
    assert not state.secrets or keyed


def assert_kept(state: State, action: Action) -> None:
    open_to_all = (
        repr(state),
        repr(action),
        json.dumps(memo(state)),
        str(state.vars),
        str(state.passed),
        str(state.said),
        str(getattr(action, "values", "")),
    )
    assert not any(SECRET in text for text in open_to_all)
    if not isinstance(action, Prove | Fetch):
        assert SECRET not in str([getattr(action, name) for name in action.__slots__])


@unhurried
@given(flows, modes, moments, worlds)
def test_a_restart_forgets_nothing_but_secrets_and_the_question(
    flow: Flow, mode: Mode, told: list[Moment], world: World
) -> None:
    """What was known before is known after: variables, failed proofs, how the caller answers."""
    state, action = begin(flow, mode=mode)
    for now in told:
        state, action = step(flow, state, now.answer(action), world=now.world)
    if is_end(action):
        return
    memory = json.loads(json.dumps(memo(state)))
    resumed, _ = begin(flow, state.node, world=world, mode=Mode.KEYS, memory=memory)

    assert resumed.failed_proofs == state.failed_proofs
    assert resumed.moves > state.moves or resumed.moves >= 60
    assert set(state.vars) <= set(resumed.vars)
    if resumed.node == state.node:
        assert resumed.question == state.question


@unhurried
@given(
    flows,
    st.dictionaries(
        st.sampled_from(["node", "vars", "mode", "moves", "misses", "failed_proofs", "question", "is_over"]),
        st.none() | st.booleans() | st.integers() | st.text() | st.dictionaries(st.text(), st.integers()),
    ),
)
def test_a_memory_that_is_none_does_no_harm(flow: Flow, memory: dict[str, object]) -> None:
    """Written by another version, or damaged: what cannot be read is as if it were not there."""
    state, _ = begin(flow, flow.start, memory=memory)

    assert state.moves >= 0
    assert state.failed_proofs >= 0
    assert all(isinstance(value, str) for value in state.vars.values())


@unhurried
@given(flows, modes, moments)
def test_the_language_is_always_the_last_one_that_was_passed(
    flow: Flow, mode: Mode, told: list[Moment]
) -> None:
    """Never lost on the way, never one that no node of the flow speaks."""
    spoken = {"", *(node.language for node in flow.nodes.values() if isinstance(node, Language))}
    state, action = begin(flow, mode=mode)
    for now in told:
        before = state.language
        state, action = step(flow, state, now.answer(action), world=now.world)
        assert state.language in spoken
        assert state.language or not before


@pytest.fixture(scope="module")
def flow() -> Flow:
    """The main menu of the example, loaded once: its holidays take longer than a try may."""
    return build.flows(load(example()).config)["principal"]


key_inputs = st.builds(Played, st.none() | keys) | st.builds(Key, keys) | st.just(Silence())


NOTHING: Mapping[type[Action], Input] = {
    Play: Played("0"),
    Collect: Key("0"),
    Listen: Key("0"),
    Gather: Silence(),
    Judge: Judged(None),
    Ring: NotReached(),
}
"""Of a caller who presses 0 at every question and gives no number, in a house where all else fails."""
ZEROS_MAX = 12


@unhurried
@given(answers=st.lists(key_inputs, max_size=20), mode=modes)
def test_in_the_example_key_0_reaches_a_person_from_anywhere(
    flow: Flow, answers: list[Input], mode: Mode
) -> None:
    """Wherever a caller is, in whatever mode: nothing but 0 leads to a queue in a dozen answers."""
    world = World(can_listen=lambda _language, _free: True)
    state, action = begin(flow, world=world, mode=mode)
    for answer in answers:
        state, action = step(flow, state, answer, world=world)
    if is_end(action):
        return
    for _ in range(ZEROS_MAX):
        state, action = step(flow, state, NOTHING.get(type(action), Failed()), world=world)

    assert isinstance(action, Join), state.node
