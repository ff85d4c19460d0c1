"""What is done elsewhere: look-ups, proofs, conditions, messages, hand-overs; and hanging up in each."""

from __future__ import annotations

import pytest

from ivr.actions import (
    Failed,
    Fetch,
    Found,
    Gathered,
    Gone,
    HangUp,
    Join,
    Judge,
    Judged,
    Key,
    NotFound,
    NotProven,
    NotReached,
    Over,
    Play,
    Played,
    Prove,
    Proven,
    Record,
    Recorded,
    Ring,
    Silence,
)
from ivr.flow import (
    Ask,
    Branch,
    Digits,
    Enqueue,
    Exits,
    Goodbye,
    Identify,
    LookUp,
    Menu,
    Node,
    OfferCallback,
    Question,
    Say,
    SetVars,
    Survey,
    Transfer,
    VarName,
    Voicemail,
)
from ivr.interpreter import begin, memo
from tests.unit.ivr.talk import TO_PERSON, N, P, Talk, flow_of

pytestmark = pytest.mark.unit

BALANCE, DOC, PIN = VarName("balance"), VarName("doc"), VarName("pin")
LOOK = LookUp("balance", {"id": DOC}, N("tell"), N("none"), TO_PERSON, saying=P("moment"))
LOOKED = flow_of(
    doc=SetVars({DOC: "123"}, N("look")), look=LOOK, tell=Say((P("tell"),), N("bye")), none=Enqueue("none")
)


def test_a_look_up_gets_what_it_needs_and_gives_what_is_said() -> None:
    """Arguments by variable, the results as values of every later prompt."""
    talk = Talk(LOOKED)
    assert talk.action == Fetch("balance", {"id": "123"}, (P("moment"),), {"doc": "123"})

    assert talk.on(Found({BALANCE: "12.50"})) == Play((P("tell"),), "", {"doc": "123", "balance": "12.50"})


@pytest.mark.parametrize(
    ("outcome", "queue"), [(NotFound(), "none"), (Failed("slow"), "failures"), (Played("1"), "failures")]
)
def test_a_look_up_ends_in_one_of_three_ways(outcome: NotFound | Failed | Played, queue: str) -> None:
    """An answer that belongs to something else is a failure."""
    assert Talk(LOOKED).on(outcome) == Join(queue)


ASK_PIN = Digits(P("pin"), PIN, N("prove"), TO_PERSON, secret=True)
PROVE = Identify("pin", PIN, N("proven"), N("pin"), TO_PERSON)
SAFE = flow_of(pin=ASK_PIN, prove=PROVE, proven=Enqueue("proven"))


def test_who_proves_it_goes_on_and_the_secret_is_gone_when_it_is_used() -> None:
    """Before the answer is there, even."""
    talk = Talk(SAFE)
    assert talk.on(Gathered("4711")) == Prove("pin", "4711")
    assert talk.state.secrets == {}
    assert "4711" not in repr(talk.action)

    assert talk.on(Proven()) == Join("proven")
    assert talk.state.vars[VarName("verified")] == "true"


def test_three_failures_lead_to_a_person_marked_as_not_verified() -> None:
    """Told after each, never a fourth."""
    talk = Talk(SAFE)
    for _ in range(2):
        talk.on(Gathered("0000"), NotProven())
        assert talk.heard() == ("no_coincide", "pin")
        assert not talk.state.is_unverified

    assert talk.on(Gathered("0000"), NotProven()) == Join("general")
    assert talk.state.is_unverified
    assert talk.state.vars[VarName("verified")] == "false"


def test_failures_count_in_the_whole_call_wherever_they_happened() -> None:
    """Another node, a restart: the third is the third, and after it nothing is even compared."""
    other = Identify("document", DOC, N("proven"), N("pin"), TO_PERSON)
    flow = flow_of(pin=ASK_PIN, prove=PROVE, proven=SetVars({DOC: "1"}, N("other")), other=other)
    talk = Talk(flow)
    talk.on(Gathered("0000"), NotProven(), Gathered("4711"), Proven())
    assert talk.action == Prove("document", "1")
    talk.on(NotProven())
    memory = memo(talk.state)

    resumed = Talk(flow, memory=memory, node="pin")
    assert resumed.on(Gathered("0000"), NotProven()) == Join("general")
    assert Talk(flow, memory=memo(resumed.state), node="prove").action == Join("general")


def test_a_record_that_cannot_be_asked_is_no_failed_proof() -> None:
    """A failure of ours does not count against the caller."""
    talk = Talk(SAFE)

    assert talk.on(Gathered("4711"), Failed("no record")) == Join("failures")
    assert talk.state.failed_proofs == 0


def test_a_secret_that_a_restart_has_forgotten_is_asked_for_again() -> None:
    """The memory has no secrets, so the node before is where it goes on."""
    talk = Talk(SAFE)
    talk.on(Gathered("4711"))

    assert Talk(SAFE, memory=memo(talk.state), node="prove").state.node == "pin"


def test_a_secret_may_be_what_a_look_up_needs_and_is_gone_then() -> None:
    """In the request, in no text."""
    look = LookUp("account", {"pin": PIN}, N("person"), N("person"), TO_PERSON)
    talk = Talk(flow_of(pin=Digits(P("pin"), PIN, N("look"), TO_PERSON, secret=True), look=look))
    action = talk.on(Gathered("4711"))

    assert isinstance(action, Fetch)
    assert action.arguments == {"pin": "4711"}
    assert "4711" not in repr(action) + repr(talk.state) + str(action.values)
    assert talk.state.secrets == {}


def test_variables_are_set_from_others_but_never_from_secrets() -> None:
    """What is not known is left out."""
    copy = SetVars({VarName("text"): "doc {doc}, pin {pin}, {nothing}"}, N("say"))
    talk = Talk(
        flow_of(
            pin=Digits(P("pin"), PIN, N("doc"), TO_PERSON, secret=True),
            doc=SetVars({DOC: "9"}, N("copy")),
            copy=copy,
            say=Say((P("x"),), N("bye")),
        )
    )
    talk.on(Gathered("4711"))

    assert talk.values()["text"] == "doc 9, pin , "


BRANCH = flow_of(branch=Branch((N("one"), N("two")), N("person")), one=Enqueue("one"), two=Enqueue("two"))


@pytest.mark.parametrize(
    ("judged", "queue"), [(0, "one"), (1, "two"), (None, "general"), (2, "general"), (-1, "general")]
)
def test_a_branch_is_judged_outside(judged: int | None, queue: str) -> None:
    """The first case that holds; anything else is `otherwise`."""
    talk = Talk(BRANCH)
    assert talk.action == Judge("branch")

    assert talk.on(Judged(judged)) == Join(queue)


def test_a_message_is_taken_or_asked_for_once_more() -> None:
    """Nothing said twice is too many; an exit for it comes first."""
    box = Voicemail("sales", P("speak"), N("bye"), TO_PERSON, longest_ms=60_000)
    flow = flow_of(box=box)
    talk = Talk(flow)
    assert talk.action == Record("sales", (P("speak"),), 60_000, 4_000)
    assert isinstance(talk.on(Silence()), Record)
    assert talk.on(Silence()) == Join("general")

    assert Talk(flow).on(Recorded()) == HangUp()
    assert Talk(flow).on(Failed("disk")) == Join("failures")
    quiet = Voicemail("sales", P("speak"), N("bye"), Exits(N("person"), N("failed"), no_input=N("bye")))
    assert Talk(flow_of(box=quiet)).on(Silence()) == HangUp()


def test_a_transfer_rings_and_comes_back_only_if_nobody_was_reached() -> None:
    """Whatever else comes is a failure, too."""
    flow = flow_of(transfer=Transfer(agent="ana", ring_ms=15_000, exits=TO_PERSON))

    assert Talk(flow).action == Ring("ana", "", 15_000)
    assert Talk(flow).on(NotReached()) == Join("failures")
    assert Talk(flow).on(Failed("unknown")) == Join("failures")


AFTER = N("note")
EXITS = Exits(N("person"), N("failed"), hang_up=AFTER)
ASKS: dict[str, Node] = {
    "say": Say((P("x"),), N("person"), hang_up=AFTER),
    "menu": Menu(P("x"), {"1": N("person")}, EXITS),
    "spoken menu": Menu(P("x"), {"1": N("person")}, EXITS, spoken=P("y")),
    "ask": Ask(P("x"), {}, N("person"), EXITS),
    "digits": Digits(P("x"), DOC, N("person"), EXITS),
    "spoken digits": Digits(P("x"), DOC, N("person"), EXITS, spoken=P("y")),
    "lookup": LookUp("balance", {}, N("person"), N("person"), EXITS),
    "callback": OfferCallback("sales", P("x"), N("person"), N("person"), EXITS),
    "transfer": Transfer(agent="ana", exits=EXITS),
    "voicemail": Voicemail("sales", P("x"), N("person"), EXITS),
    "survey": Survey("s", (Question("q", P("x")),), N("person"), EXITS),
}


@pytest.mark.parametrize("name", ASKS)
def test_in_every_node_a_hang_up_has_its_way(name: str) -> None:
    """Silent nodes are walked, a look-up is made, and the first that needs the caller ends it."""
    flow = flow_of(
        node=ASKS[name],
        note=SetVars({VarName("left"): "yes"}, N("tell")),
        tell=LookUp("crm", {"left": VarName("left")}, N("menu"), N("person"), TO_PERSON, saying=P("moment")),
        menu=Menu(P("x"), {"1": N("person")}, TO_PERSON),
    )
    talk = Talk(flow)

    assert talk.on(Gone()) == Fetch("crm", {"left": "yes"}, (), {"left": "yes"})
    assert talk.on(Found({})) == Over()
    assert talk.on(Key("1")) == Over()


def test_identify_has_its_way_too() -> None:
    """While the record is asked."""
    prove = Identify("pin", DOC, N("person"), N("person"), EXITS)
    talk = Talk(flow_of(doc=SetVars({DOC: "1"}, N("prove")), prove=prove, note=Enqueue("x")))

    assert isinstance(talk.action, Prove)
    assert talk.on(Gone()) == Over()
    assert talk.passed[-1].node == "note"


def test_without_an_exit_for_it_a_hang_up_is_the_end() -> None:
    """And an answer that was being asked back is told as missed."""
    menu = Menu(P("x"), {"1": N("person")}, TO_PERSON, spoken=P("y"), phrases={"1": {"es": ("ventas",)}})
    talk = Talk(flow_of(menu=menu))
    talk.says("ventas", 0.6)

    assert talk.on(Gone()) == Over()
    assert talk.outcomes() == [("ventas", "1", "missed")]


def test_a_hang_up_wipes_secrets() -> None:
    """What is done afterwards knows nothing of them."""
    exits = Exits(N("person"), N("failed"), hang_up=N("look"))
    flow = flow_of(
        pin=Digits(P("pin"), PIN, N("say"), exits, secret=True),
        say=Say((P("x"),), N("bye"), hang_up=N("look")),
        look=LookUp("x", {"pin": PIN}, N("bye"), N("bye"), exits),
    )
    talk = Talk(flow)

    assert talk.on(Gathered("4711"), Gone()) == Fetch("x", {"pin": ""})


def test_a_hang_up_after_the_end_changes_nothing() -> None:
    """The queue is told by the switch."""
    assert Talk(flow_of(bye2=Goodbye(P("x")))).on(Gone()) == HangUp(P("x"))


def test_a_memory_brings_back_what_was_known() -> None:
    """Variables, the way to answer, misses and the place in a survey."""
    survey = Survey("s", (Question("a", P("a")), Question("b", P("b"))), N("bye"), TO_PERSON)
    flow = flow_of(survey=survey)
    state, _ = begin(
        flow,
        N("survey"),
        memory={"node": "survey", "question": 1, "vars": {"x": "1", "y": 2}, "mode": "speech", "misses": 1},
    )

    assert (state.question, state.vars, state.mode, state.misses) == (1, {"x": "1"}, "speech", 1)
    elsewhere, _ = begin(flow, memory={"node": "survey", "question": 1, "vars": {"x": "1"}})
    assert (elsewhere.question, elsewhere.vars) == (0, {"x": "1"})
