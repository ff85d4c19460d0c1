"""A walk over a caller's leg and services that follow a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence

import pytest

from ivr.actions import Deaf, Failed, Found, HangUp, Heard, Join, Key, Limits, Mode, NotFound, Ring, Silence
from ivr.flow import (
    Ask,
    Branch,
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
from ivr.interpreter import Passed
from ivr.ports import CallerGone, Understood
from ivr.prompts import Catalogue, Spoken
from ivr.walker import House, Walker
from tests.unit.ivr.stage import Caller, Helpers, Line, Places, Sounds
from tests.unit.ivr.talk import TO_PERSON, N, P, flow_of

pytestmark = pytest.mark.unit

TEXTS = {
    "hello": "Hola.",
    "pulse": "Pulse uno.",
    "diga": "Diga ventas.",
    "why": "¿Qué desea?",
    "order": "Marque su pedido.",
    "say_order": "Diga su pedido.",
    "pin": "Marque su clave.",
    "balance": "Tiene {balance}.",
    "speak": "Hable ahora.",
    "rate": "Del uno al cinco.",
    "offer": "¿Le llamamos?",
    "moment": "Un momento.",
}
PROMPTS = {PromptId(name): {"es": Spoken(text), "en": Spoken(text.upper())} for name, text in TEXTS.items()}
PRESS_STAR = "es:Para usar el teclado, pulse asterisco."
EARS = "es few", "es free"


class Stage:
    """One visit: a leg, services, places, and the way that is told."""

    def __init__(
        self,
        script: Sequence[Line] = (),
        *,
        services: Helpers | None = None,
        ears: tuple[str, ...] = (),
        gone_at: int = 1_000,
        bad: str = "",
    ) -> None:
        self.caller = Caller([*script], ears, gone_at, bad)
        self.services = services or Helpers()
        self.places = Places()
        self.way: list[Passed] = []
        self.walker: Walker

    async def walk(
        self, flow: Flow, node: str | None = None, *, keeps_place: bool = True
    ) -> Join | HangUp | Ring:
        house = House(
            self.caller,
            self.services,
            Catalogue(PROMPTS, ["es", "en"], Sounds()),
            self.places,
            "c1",
            lambda _hours: True,
            lambda _flow, nodes: self.way.extend(nodes),
            Limits(),
        )
        self.walker = Walker(house, flow, keeps_place=keeps_place)
        return await self.walker.run(None if node is None else NodeId(node))


MENU = Menu(P("pulse"), {"1": N("sales")}, TO_PERSON, spoken=P("diga"), phrases={"1": {"es": ("ventas",)}})
SPOKEN = flow_of(hello=Say((P("hello"),), N("menu")), menu=MENU, sales=Enqueue("sales"))


async def test_a_spoken_choice_goes_from_sound_to_queue() -> None:
    """What is played, what the ear is told, and what is told of the answer."""
    stage = Stage([Heard("ventas", 0.9)], services=Helpers(Mode.SPEECH), ears=EARS)

    assert await stage.walk(SPOKEN) == Join("sales")
    (wish,) = stage.caller.wishes
    assert (wish.sounds, wish.language, wish.timeout_ms) == (("es:Diga ventas.", PRESS_STAR), "es", 5_000)
    assert (wish.phrases, wish.digits) == (("ventas", "uno"), False)
    assert stage.places.told == ["moved f/hello", "moved f/menu", "moved f/sales"]
    (said,) = stage.services.utterances
    assert (said.node, said.language, said.text, said.outcome) == ("f/menu", "es", "ventas", "taken")
    assert stage.services.asked == ["learn speech"]
    assert stage.way[2] == Passed(N("menu"), "1", "sales", is_reason=True)


async def test_a_busy_recognizer_costs_the_caller_nothing() -> None:
    """Deaf: the question by keys, at once."""
    stage = Stage([Deaf("no slot"), "1"], services=Helpers(Mode.SPEECH), ears=EARS)

    assert await stage.walk(SPOKEN) == Join("sales")
    assert stage.caller.heard[-1] == "es:Pulse uno."


async def test_what_is_asked_back_is_spoken_with_the_words() -> None:
    """The sentence of the house, made for this answer."""
    stage = Stage([Heard("ventas", 0.6), Key("1")], services=Helpers(Mode.SPEECH), ears=EARS)

    assert await stage.walk(SPOKEN) == Join("sales")
    assert stage.caller.wishes[1].sounds[0] == "es:¿Ha dicho ventas?"


async def test_the_language_that_is_chosen_is_listened_to_and_spoken() -> None:
    """Told to the distributor before the question."""
    flow = flow_of(english=Language("en", N("menu")), menu=MENU, sales=Enqueue("sales"))
    stage = Stage([Silence()], services=Helpers(Mode.SPEECH), ears=("en few",))
    await stage.walk(flow)

    assert stage.places.told[0] == "speaks en"
    assert (stage.caller.wishes[0].language, stage.caller.wishes[0].sounds[0]) == ("en", "en:DIGA VENTAS.")


async def test_an_open_question_is_understood_by_the_services() -> None:
    """Text in, intent out."""
    ask = Ask(
        P("why"), {IntentId("bill"): N("sales")}, N("person"), TO_PERSON, slots={"digits": VarName("n")}
    )
    stage = Stage(
        [Heard("mi factura", 0.9)],
        services=Helpers(Mode.SPEECH, meant=Understood("bill", 0.9, {"digits": "77"})),
        ears=EARS,
    )

    assert await stage.walk(flow_of(ask=ask, sales=Enqueue("sales"))) == Join("sales")
    assert stage.services.asked[0] == "understand es mi factura"
    assert stage.services.kept[-1]["vars"] == {"intent": "bill", "n": "77"}


SELF_SERVICE = flow_of(
    order=Digits(P("order"), VarName("order"), N("look"), TO_PERSON),
    look=LookUp("balance", {"id": VarName("order")}, N("tell"), N("none"), TO_PERSON, saying=P("moment")),
    tell=Say((P("balance"),), N("bye")),
    none=Enqueue("none"),
)


async def test_a_balance_is_looked_up_and_told() -> None:
    """The number keyed, the words before the pause, the value in the sentence."""
    stage = Stage(["1234"], services=Helpers(balance=Found({VarName("balance"): "12,50"})))

    assert await stage.walk(SELF_SERVICE) == HangUp(None, {"order": "1234", "balance": "12,50"})
    assert stage.services.asked == ["fetch balance {'id': '1234'}"]
    assert stage.caller.heard == ["es:Marque su pedido.", "es:Un momento.", "[music]", "es:Tiene 12,50."]


class Slow(Helpers):
    """A source that knows the balance only when it is allowed to."""

    def __init__(self) -> None:
        super().__init__(balance=Found({VarName("balance"): "12,50"}))
        self.asked_now, self.may_answer = asyncio.Event(), asyncio.Event()
        self.was_left = False

    async def fetch(self, source: str, arguments: Mapping[str, str]) -> Found | NotFound | Failed:
        self.asked_now.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.was_left = True
            raise
        return await super().fetch(source, arguments)


async def test_a_source_is_asked_while_the_caller_hears_one_moment() -> None:
    """Who hears the words through has the answer already, and no music that would begin for nothing."""
    stage = Stage(["1234"], services=(source := Slow()))

    async def words() -> None:
        await asyncio.wait_for(source.asked_now.wait(), 2)
        source.may_answer.set()
        await asyncio.sleep(0)

    stage.caller.while_heard["Un momento."] = words

    assert isinstance(await stage.walk(SELF_SERVICE), HangUp)
    assert stage.caller.heard == ["es:Marque su pedido.", "es:Un momento.", "es:Tiene 12,50."]


async def test_a_source_that_nobody_waits_for_is_left_alone() -> None:
    """A hang-up over the words ends the question: nothing goes on behind a call that is over."""
    stage = Stage(["1234"], services=(source := Slow()), gone_at=1)

    async def words() -> None:
        await asyncio.wait_for(source.asked_now.wait(), 2)

    stage.caller.while_heard["Un momento."] = words

    with pytest.raises(CallerGone):
        await stage.walk(SELF_SERVICE)

    await asyncio.sleep(0)
    assert source.was_left


async def test_who_hangs_up_during_a_look_up_is_where_it_was_asked() -> None:
    """Nobody listens meanwhile: the distributor knows first, and the flow's way for this is still taken."""
    stage = Stage(["1234"], services=Helpers(balance=Found({VarName("balance"): "12,50"})))
    stage.places.now = "closed"

    with pytest.raises(CallerGone):
        await stage.walk(SELF_SERVICE)
    assert "es:Tiene 12,50." not in stage.caller.heard
    await stage.walker.hung_up()
    assert stage.places.at == "f/look"


async def test_what_is_not_found_has_its_own_way() -> None:
    """And so has what fails."""
    assert await Stage(["1"], services=Helpers(balance=NotFound())).walk(SELF_SERVICE) == Join("none")
    assert await Stage(["1"]).walk(SELF_SERVICE) == Join("failures")


SAFE = flow_of(
    pin=Digits(P("pin"), VarName("pin"), N("prove"), TO_PERSON, secret=True),
    prove=Identify("pin", VarName("pin"), N("proven"), N("pin"), TO_PERSON),
    proven=Enqueue("proven"),
)


async def test_a_secret_reaches_the_proof_and_nothing_else() -> None:
    """Neither memory nor way has it."""
    stage = Stage(["4711"], services=Helpers(pin="4711"))

    assert await stage.walk(SAFE) == Join("proven")
    assert "4711" not in json.dumps(stage.services.kept) + str(stage.way) + str(stage.caller.heard)


async def test_three_wrong_secrets_mark_the_contact_once() -> None:
    """And lead to a person."""
    stage = Stage(["1", "2", "3", "4711"], services=Helpers(pin="4711"))

    assert await stage.walk(SAFE) == Join("general")
    assert stage.services.asked.count("unverified") == 1
    assert stage.services.asked.count("prove pin") == 3


async def test_failed_proofs_outlive_a_restart() -> None:
    """The next visit goes on counting where the last one was cut off."""
    services = Helpers(pin="4711")
    first = Stage(["1", "2"], services=services, gone_at=2)
    with pytest.raises(CallerGone):
        await first.walk(SAFE)
    second = Stage(["3"], services=services)

    assert await second.walk(SAFE, "pin") == Join("general")


async def test_the_memory_is_kept_whenever_it_has_changed_and_only_then() -> None:
    """JSON, with the flow that it is of."""
    stage = Stage(["1"])
    await stage.walk(flow_of(menu=MENU, sales=Enqueue("sales")))

    assert [(memory["flow"], memory["node"]) for memory in stage.services.kept] == [
        ("f", "menu"),
        ("f", "sales"),
    ]
    assert [memory["is_over"] for memory in stage.services.kept] == [False, True]
    assert json.loads(json.dumps(stage.services.kept[0])) == stage.services.kept[0]


async def test_a_branch_is_judged_with_the_variables() -> None:
    """By its flow and name."""
    flow = flow_of(
        put=SetVars({VarName("x"): "1"}, N("branch")),
        branch=Branch((N("one"),), N("person")),
        one=Enqueue("one"),
    )
    stage = Stage(services=Helpers(judge=0))

    assert await stage.walk(flow) == Join("one")
    assert stage.services.asked == ["judge f/branch {'x': '1'}"]


async def test_messages_callbacks_and_answers_of_surveys_reach_their_services() -> None:
    """One after the other."""
    flow = flow_of(
        box=Voicemail("sales", P("speak"), N("rate"), TO_PERSON),
        rate=Survey("care", (Question("polite", P("rate")),), N("offer"), TO_PERSON),
        offer=OfferCallback("sales", P("offer"), N("bye"), N("person"), TO_PERSON),
    )
    stage = Stage([True, "4", "1"])

    assert isinstance(await stage.walk(flow), HangUp)
    assert stage.services.asked == ["answer care/polite=4", "promise sales"]


async def test_a_message_that_cannot_be_taken_is_a_failure() -> None:
    """Silence is not: it is asked for again."""
    flow = flow_of(box=Voicemail("sales", P("speak"), N("bye"), TO_PERSON))

    assert await Stage([None]).walk(flow) == Join("failures")
    assert await Stage([False, False]).walk(flow) == Join("general")


TRANSFER = flow_of(transfer=Transfer(agent="ana", ring_ms=9_000, exits=TO_PERSON))


async def test_a_transfer_hands_the_caller_over_or_fails() -> None:
    """Under way: the visit ends here."""
    reached = Stage(services=Helpers(ring=True))
    assert await reached.walk(TRANSFER) == Ring("ana", "", 9_000)
    assert reached.services.asked == ["ring ana 9000"]

    assert await Stage().walk(TRANSFER) == Join("failures")


async def test_who_was_not_reached_is_not_rung_again() -> None:
    """The visit comes back to the same node, which goes on with its failure."""
    stage = Stage(services=Helpers(ring=True, not_reached=True))

    assert await stage.walk(TRANSFER, "transfer") == Join("failures")
    assert stage.services.asked == []


async def test_a_sound_that_fails_costs_a_sentence_never_a_question() -> None:
    """Played, gathered or before a message."""
    flow = flow_of(
        hello=Say((P("hello"), P("moment")), N("order")),
        order=Digits(P("order"), VarName("order"), N("box"), TO_PERSON),
        box=Voicemail("sales", P("speak"), N("bye"), TO_PERSON),
    )
    for bad in ("Hola", "Marque", "Hable"):
        stage = Stage(["12", True], bad=bad)

        assert isinstance(await stage.walk(flow), HangUp), bad


LEFT = Exits(N("person"), N("failed"), hang_up=N("note"))
NODES: dict[str, tuple[Node, int]] = {
    "say": (Say((P("hello"),), N("bye"), hang_up=N("note")), 0),
    "menu": (Menu(P("pulse"), {"1": N("bye")}, LEFT), 1),
    "spoken menu": (Menu(P("pulse"), {"1": N("bye")}, LEFT, spoken=P("diga")), 0),
    "ask": (Ask(P("why"), {}, N("bye"), LEFT), 0),
    "digits": (Digits(P("order"), VarName("x"), N("bye"), LEFT), 0),
    "spoken digits": (Digits(P("order"), VarName("x"), N("bye"), LEFT, spoken=P("say_order")), 0),
    "look-up": (LookUp("x", {}, N("bye"), N("bye"), LEFT, saying=P("moment")), 0),
    "callback": (OfferCallback("sales", P("offer"), N("bye"), N("bye"), LEFT), 0),
    "voicemail": (Voicemail("sales", P("speak"), N("bye"), LEFT), 0),
    "survey": (Survey("s", (Question("q", P("rate")),), N("bye"), LEFT), 0),
}


@pytest.mark.parametrize("name", NODES)
async def test_a_hang_up_in_any_node_is_followed_by_its_own_way(name: str) -> None:
    """Once the switch is sure: a look-up without a word, then nothing more; the place stays where it was."""
    node, gone_at = NODES[name]
    flow = flow_of(
        node=node,
        note=LookUp("crm", {}, N("tell"), N("tell"), TO_PERSON, saying=P("moment")),
        tell=Say((P("hello"),), N("bye")),
    )
    stage = Stage(services=Helpers(Mode.SPEECH, crm=NotFound()), ears=EARS, gone_at=gone_at)
    with pytest.raises(CallerGone):
        await stage.walk(flow)
    heard, kept = [*stage.caller.heard], len(stage.services.kept)
    assert stage.services.asked == []
    await stage.walker.hung_up()

    assert stage.services.asked == ["fetch crm {}"]
    assert stage.caller.heard == heard
    assert stage.places.told == ["moved f/node"]
    assert [passed.node for passed in stage.way] == ["node"], "the caller came by no other"
    assert len(stage.services.kept) == kept


async def test_a_leg_that_was_only_taken_away_is_no_hang_up() -> None:
    """Nothing is done until somebody is sure."""
    flow = flow_of(node=NODES["menu"][0], note=LookUp("crm", {}, N("bye"), N("bye"), TO_PERSON))
    stage = Stage(gone_at=0)
    with pytest.raises(CallerGone):
        await stage.walk(flow)

    assert stage.services.asked == []
    resumed = Stage(["1"], services=stage.services)
    assert isinstance(await resumed.walk(flow, "node"), HangUp)


async def test_a_hang_up_after_the_end_or_before_the_beginning_is_nothing() -> None:
    """There is no node to leave."""
    stage = Stage(["1"])
    await stage.walk(SPOKEN)
    await stage.walker.hung_up()

    assert stage.services.asked == []


async def test_a_caller_who_leaves_at_any_moment_leaves_a_walk_that_can_be_ended() -> None:
    """Through look-ups, messages and questions: wherever it is cut, the hang-up is walked without a word."""
    flow = flow_of(
        hello=Say((P("hello"),), N("clock")),
        clock=Hours("office", N("order"), N("bye")),
        order=Digits(P("order"), VarName("x"), N("look"), TO_PERSON),
        look=LookUp("x", {}, N("box"), N("box"), Exits(N("person"), N("box")), saying=P("moment")),
        box=Voicemail("sales", P("speak"), N("rate"), TO_PERSON),
        rate=Survey("care", (Question("q", P("rate")),), N("end"), TO_PERSON),
        end=Goodbye(),
    )
    script: list[Line] = ["12", True, "4"]
    whole = Stage(script)
    await whole.walk(flow)
    assert whole.caller.awaited == 6

    for moment in range(whole.caller.awaited):
        stage = Stage(script, gone_at=moment)
        with pytest.raises(CallerGone):
            await stage.walk(flow)
        heard = len(stage.caller.heard)
        await stage.walker.hung_up()
        assert len(stage.caller.heard) == heard


async def test_a_walk_without_a_place_tells_the_distributor_nothing() -> None:
    """After the agent: the contact is in no menu any more."""
    stage = Stage(["1"])
    await stage.walk(SPOKEN, keeps_place=False)

    assert stage.places.told == []
    assert stage.services.kept[-1]["node"] == "sales"
