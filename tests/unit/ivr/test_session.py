from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ivr.actions import Deaf, Heard, Key, Mode, Silence
from ivr.flow import (
    Enqueue,
    Exits,
    Flow,
    Goodbye,
    Hours,
    Language,
    LookUp,
    Menu,
    NodeId,
    PromptId,
    Question,
    Say,
    Survey,
    Transfer,
)
from ivr.ports import CallerGone, Listening, SoundFailed
from ivr.prompts import Catalogue, Position, Spoken
from ivr.session import (
    BYE,
    QUIET_MS,
    ROUND_MS,
    ROUNDS_MAX,
    TAKEN_AWAY_MS,
    Lost,
    Next,
    NextKind,
    Plan,
    Session,
    WayOut,
)
from tests.unit.ivr.stage import Caller, Helpers

pytestmark = pytest.mark.unit

MENU = Menu(
    prompt=PromptId("options"),
    keys={"1": NodeId("sales"), "9": NodeId("bye"), "0": NodeId("sales")},
    exits=Exits(NodeId("sales"), NodeId("sales")),
    tries=2,
)
FLOW = Flow(
    id="main",
    start=NodeId("welcome"),
    nodes={
        NodeId("welcome"): Say((PromptId("hello"),), NodeId("menu")),
        NodeId("menu"): MENU,
        NodeId("bye"): Goodbye(PromptId("despedida")),
        NodeId("sales"): Enqueue("sales"),
    },
    refuge=NodeId("sales"),
)
NIGHT = Flow(
    id="night",
    start=NodeId("clock"),
    nodes={
        NodeId("clock"): Hours("office", NodeId("day"), NodeId("night")),
        NodeId("day"): Enqueue("sales"),
        NodeId("night"): Say((PromptId("hello"),), NodeId("english")),
        NodeId("english"): Language("en", NodeId("again")),
        NodeId("again"): Say((PromptId("hello"),), NodeId("guard")),
        NodeId("guard"): Enqueue("guard"),
    },
    refuge=NodeId("guard"),
)
PLAN = Plan(
    {"main": FLOW, "night": NIGHT},
    {"900": "main", "901": "night"},
    {"sales": "office"},
    {"sales": 25_000, "guard": 40_000},
)
WAIT = Next(NextKind.WAIT, 25_000)


class FakeAcd:
    """A distributor with one contact, which notes what it is told."""

    def __init__(self, phase: str = "new", node: str | None = None) -> None:
        self.told: list[str] = []
        self.places = [1] * 20
        self.ringing = False
        self.lang: str | None = None
        self.after_talk = "after"
        self.queues = {"sales", "guard"}
        self.exits: dict[str, WayOut] = {}
        """Of a queue: taken by whoever comes to it."""
        self.exit: WayOut | None = None
        self.at_the_door: WayOut | None = None
        """Taken at the next visit."""
        self.words: tuple[str, ...] = ()
        self._phase = phase
        self._node = node
        self._queue = "sales"

    def phase(self, contact: str) -> str:
        assert contact == "c1"
        return self._phase

    def node(self, contact: str) -> str | None:
        return self._node

    def language(self, contact: str) -> str | None:
        return self.lang

    def position(self, contact: str) -> Position | None:
        if self._phase not in {"waiting", "offered"}:
            return None
        return Position(self.places.pop(0), self._queue, self.ringing)

    def way_out(self, contact: str) -> WayOut | None:
        return self.exit

    def say_now(self, contact: str) -> tuple[PromptId, ...]:
        return tuple(PromptId(word) for word in self.words)

    def has_queue(self, queue: str) -> bool:
        return queue in self.queues

    def queue(self, contact: str) -> str | None:
        return self._queue

    async def moved(self, contact: str, node: str) -> None:
        self.told.append(f"moved {node}")
        self._node, self.exit = node, None

    async def speaks(self, contact: str, language: str) -> None:
        self.told.append(f"speaks {language}")
        self.lang = language

    async def enqueue(self, contact: str, queue: str, *, is_open: bool) -> None:
        self.told.append(f"enqueue {queue}" + ("" if is_open else " closed"))
        self.exit = self.exits.get(queue)
        self._phase, self._queue = "waiting" if self.exit is None else "ivr", queue

    async def visited(self, contact: str) -> None:
        self.told.append("visited")
        if self.at_the_door is not None:
            self._phase, self.exit = "ivr", self.at_the_door

    async def returned(self, contact: str) -> None:
        self.told.append("returned")
        self._phase = self.after_talk

    async def finished(self, contact: str) -> None:
        self.told.append("finished")
        self._phase = "closed"


class FakeCall:
    """A caller who presses these keys, one for each thing awaited, and may leave or have bad sounds."""

    def __init__(self, *keys: str | None, gone_at: int = 1_000, bad: str = "") -> None:
        self.heard: list[str] = []
        self._keys = list(keys)
        self._gone_at = gone_at
        self._bad = bad
        self.awaited = 0

    async def play(self, sound_paths: Sequence[str], stop_keys: str) -> str | None:
        self._wait()
        for sound in sound_paths:
            if self._bad and self._bad in sound:
                raise SoundFailed(sound)
            self.heard.append(sound)
        key = self._keys.pop(0) if self._keys else None
        return key if key is not None and key in stop_keys else None

    async def collect(self, timeout_ms: int) -> str | None:
        self._wait()
        self.heard.append(f"[listen {timeout_ms}]")
        return self._keys.pop(0) if self._keys else None

    async def music(self) -> None:
        self.heard.append("[music]")

    def can_listen(self, language: str, *, free_speech: bool) -> bool:
        return False

    async def listen(self, wish: Listening) -> Heard | Key | Silence | Deaf:
        self._wait()
        return Deaf()

    async def gather(
        self, sound_paths: Sequence[str], longest: int, *, timeout_ms: int, between_ms: int, secret: bool
    ) -> str:
        self._wait()
        return ""

    async def record(
        self, box: str, sound_paths: Sequence[str], *, longest_ms: int, silence_ms: int
    ) -> bool | None:
        self._wait()
        return None

    def _wait(self) -> None:
        if self.awaited >= self._gone_at:
            raise CallerGone
        self.awaited += 1


class AllSounds:
    def path(self, text: str, lang: str) -> str | None:
        return f"{lang}:{text}"

    async def speak(self, text: str, lang: str) -> str | None:
        return f"{lang}:{text}"


class NoSounds:
    def path(self, text: str, lang: str) -> str | None:
        return None

    async def speak(self, text: str, lang: str) -> str | None:
        return None


def session(
    call: FakeCall, acd: FakeAcd, sounds: AllSounds | NoSounds | None = None, *, is_open: bool = True
) -> Session:
    prompts = {
        PromptId("hello"): {"es": Spoken("Hola."), "en": Spoken("Hello.")},
        PromptId("options"): {"es": Spoken("Pulse uno."), "en": Spoken("Press one.")},
        PromptId("sorry"): {"es": Spoken("Lo sentimos."), "en": Spoken("Sorry.")},
    }
    catalogue = Catalogue(prompts, ["es", "en"], sounds or AllSounds())
    return Session(call, acd, PLAN, catalogue, "c1", lambda hours: is_open or hours != "office")


async def visit(
    call: FakeCall,
    acd: FakeAcd,
    sounds: AllSounds | NoSounds | None = None,
    *,
    entry: str = "900",
    is_open: bool = True,
) -> Next:
    """One visit to the end; what the dialplan then says by itself counts as heard, too."""
    following = await session(call, acd, sounds, is_open=is_open).run(entry)
    call.heard += following.say
    return replace(following, say=())


async def test_a_new_caller_goes_through_the_menu_into_the_queue() -> None:
    """Every node is reported, then the queue, and the position is said before the music."""
    call, acd = FakeCall(None, None, "1"), FakeAcd()

    assert await visit(call, acd) == WAIT
    assert acd.told == ["moved main/welcome", "moved main/menu", "moved main/sales", "enqueue sales"]
    assert call.heard == ["es:Hola.", "es:Pulse uno.", "[listen 5000]", "es:Es usted el siguiente."]


async def test_a_caller_resumes_at_the_menu_after_a_restart() -> None:
    """The greeting is not repeated, and nothing is reported that is known already."""
    call, acd = FakeCall("1"), FakeAcd("ivr", "main/menu")

    assert await visit(call, acd) == WAIT
    assert acd.told == ["moved main/sales", "enqueue sales"]
    assert call.heard[0] == "es:Pulse uno."


async def test_a_caller_lost_between_menu_and_queue_is_enqueued_on_return() -> None:
    """The node is reported before the queue, so a crash between the two is mended."""
    call, acd = FakeCall(), FakeAcd("ivr", "main/sales")

    assert await visit(call, acd) == WAIT
    assert acd.told == ["enqueue sales"]


async def test_the_menu_can_say_goodbye() -> None:
    """A caller served by the menu ends by our hand."""
    call, acd = FakeCall("9"), FakeAcd("ivr", "main/menu")

    assert await visit(call, acd) == BYE
    assert acd.told == ["moved main/bye", "finished"]
    assert call.heard[-1] == "es:Gracias por su llamada. Hasta pronto."


@pytest.mark.parametrize("phase", ["waiting", "offered"])
async def test_a_waiting_caller_hears_the_position_as_of_now(phase: str) -> None:
    """Two visits, two answers of the engine."""
    call, acd = FakeCall(), FakeAcd(phase)
    acd.places = [4, 2]

    assert [await visit(call, acd), await visit(call, acd)] == [WAIT, WAIT]
    assert call.heard == ["es:Tiene tres personas delante.", "es:Tiene una persona delante."]
    assert acd.told == (["visited"] * 2 if phase == "waiting" else [])


async def test_a_caller_for_whom_a_telephone_rings_is_asked_to_hold_on() -> None:
    """No number that is about to be wrong."""
    call, acd = FakeCall(), FakeAcd("offered")
    acd.ringing = True

    assert await visit(call, acd) == WAIT
    assert call.heard == ["es:Un momento, por favor. Enseguida le atienden."]


async def test_after_the_agent_the_caller_is_thanked() -> None:
    """Back from an agent: reported, thanked, ended."""
    call, acd = FakeCall(), FakeAcd("talking")

    assert await visit(call, acd) == BYE
    assert acd.told == ["returned", "finished"]
    assert call.heard == ["es:Gracias por su llamada. Hasta pronto."]


async def test_a_caller_whom_the_engine_requeues_waits_again() -> None:
    """If the engine says "waiting" when the caller is back, that is what happens."""
    call, acd = FakeCall(), FakeAcd("talking")
    acd.after_talk = "waiting"

    assert await visit(call, acd) == WAIT
    assert acd.told == ["returned", "visited"]


async def test_who_is_fetched_by_somebody_hears_no_word() -> None:
    """On hold, or on the way to somebody by name: music, and a long wait in which the switch comes."""
    call, acd = FakeCall(), FakeAcd("quiet")

    assert await visit(call, acd) == Next(NextKind.WAIT, QUIET_MS)
    assert (acd.told, call.heard) == ([], [])


async def test_a_talk_that_goes_on_although_the_caller_is_home_is_no_goodbye() -> None:
    """The engine knows better: about to be fetched back."""
    call, acd = FakeCall(), FakeAcd("talking")
    acd.after_talk = "talking"

    assert await visit(call, acd) == Next(NextKind.WAIT, TAKEN_AWAY_MS)
    assert (acd.told, call.heard) == (["returned"], [])


async def test_after_and_closed_end() -> None:
    """A restart during the goodbye says it again; a closed contact only hangs up."""
    acd = FakeAcd("after")
    assert await visit(FakeCall(), acd) == BYE
    assert acd.told == ["finished"]

    call, acd = FakeCall(), FakeAcd("closed")
    assert await visit(call, acd) == BYE
    assert (call.heard, acd.told) == ([], [])


async def test_the_callers_language_is_spoken() -> None:
    """Once known, it holds for every sentence."""
    call, acd = FakeCall("1"), FakeAcd()
    acd.lang = "en"
    await visit(call, acd)

    assert call.heard == ["en:Hello.", "en:You are next in line."]


async def test_without_any_sound_the_caller_still_reaches_a_person() -> None:
    """Missing prompts cost words, not callers."""
    call, acd = FakeCall(), FakeAcd()

    assert await visit(call, acd, NoSounds()) == WAIT
    assert acd.told[-1] == "enqueue sales"


async def test_a_sound_that_fails_is_skipped() -> None:
    """The switch cannot play one file: the rest goes on."""
    call, acd = FakeCall("1", bad="Hola"), FakeAcd()

    assert await visit(call, acd) == WAIT
    assert call.heard == ["es:Pulse uno.", "es:Es usted el siguiente."]


SORRY = (PromptId("sorry"),)
GUARD = WayOut("closed", "queue", "guard", SORRY)
AT_NIGHT = WayOut("full", "flow", "night", SORRY)
NO_MORE = WayOut("waited", "hang_up", "", SORRY)


async def test_a_diverted_caller_hears_why_and_waits_in_the_other_queue() -> None:
    """The exit's words come first, then the other queue, then the place in it."""
    call, acd = FakeCall("1"), FakeAcd("ivr", "main/menu")
    acd.exits["sales"] = GUARD

    assert await visit(call, acd, is_open=False) == Next(NextKind.WAIT, 40_000)
    assert acd.told == ["moved main/sales", "enqueue sales closed", "enqueue guard"]
    assert call.heard == ["es:Pulse uno.", "es:Lo sentimos.", "es:Es usted el siguiente."]


async def test_a_queue_is_open_or_closed_by_its_own_hours() -> None:
    """Sales keeps office hours, the guard has none and is always there."""
    acd = FakeAcd("ivr", "main/sales")
    acd.exits["sales"] = GUARD
    for is_open in (True, False):
        acd._phase, acd._node = "ivr", "main/sales"
        acd.told.clear()
        await visit(FakeCall(), acd, is_open=is_open)

        assert acd.told == ["enqueue sales" if is_open else "enqueue sales closed", "enqueue guard"]


async def test_an_exit_into_a_flow_begins_it_and_is_remembered_there() -> None:
    """Told why, then the other menu from its start: a restart resumes in that one."""
    call, acd = FakeCall("1"), FakeAcd("ivr", "main/menu")
    acd.exits["sales"] = AT_NIGHT

    assert await visit(call, acd, is_open=False) == Next(NextKind.WAIT, 40_000)
    assert acd.told[2:] == [
        "moved night/night",
        "speaks en",
        "moved night/again",
        "moved night/guard",
        "enqueue guard",
    ]
    assert call.heard[1:] == ["es:Lo sentimos.", "es:Hola.", "en:Hello.", "en:You are next in line."]


async def test_whoever_is_sent_away_hears_why_and_goodbye() -> None:
    """The exit's words, the farewell of the house, and our own end of the call."""
    call, acd = FakeCall("1"), FakeAcd("ivr", "main/menu")
    acd.exits["sales"] = NO_MORE

    assert await visit(call, acd) == BYE
    assert acd.told[-1] == "finished"
    assert call.heard[1:] == ["es:Lo sentimos.", "es:Gracias por su llamada. Hasta pronto."]


@pytest.mark.parametrize(
    ("kind", "truth"),
    [
        ("closed", "es:En este momento estamos fuera de nuestro horario de atención."),
        ("full", "es:En este momento hay demasiadas personas esperando."),
        ("nobody_signed_in", "es:En este momento no hay nadie que pueda atenderle."),
        ("nobody_could_ever", "es:En este momento no hay nadie que pueda atenderle."),
        ("waited", "es:Sentimos que lleve tanto tiempo esperando."),
    ],
)
async def test_nobody_is_hung_up_on_without_a_word(kind: str, truth: str) -> None:
    """A configuration that has no message for an exit still tells the truth, once with the farewell."""
    call, acd = FakeCall(), FakeAcd("ivr", "main/sales")
    acd.exit = WayOut(kind, "hang_up", "", ())

    assert await visit(call, acd) == BYE
    assert call.heard == [truth, "es:Gracias por su llamada. Hasta pronto."]

    said, acd = FakeCall(), FakeAcd("ivr", "main/sales")
    acd.exit = WayOut(kind, "hang_up", "", (PromptId("despedida"),))
    await visit(said, acd)
    assert said.heard == ["es:Gracias por su llamada. Hasta pronto."]


async def test_an_exit_that_is_due_while_waiting_is_taken_at_the_visit() -> None:
    """The engine is told first that the caller is at the door, and asked afterwards."""
    call, acd = FakeCall(), FakeAcd("waiting", "main/sales")
    acd.at_the_door = GUARD

    assert await visit(call, acd) == Next(NextKind.WAIT, 40_000)
    assert acd.told == ["visited", "enqueue guard"]
    assert call.heard == ["es:Lo sentimos.", "es:Es usted el siguiente."]


async def test_who_is_asked_to_keep_waiting_hears_so_before_their_place() -> None:
    """Said by the dialplan, as the caller waits on: with the music behind it."""
    acd = FakeAcd("waiting")
    acd.words, acd.places = ("sorry", "unknown"), [3]
    following = await session(FakeCall(), acd).run("900")

    assert following == Next(NextKind.WAIT, 25_000, ("es:Lo sentimos.", "es:Tiene dos personas delante."))


async def test_a_crash_between_exit_and_queue_is_mended_by_the_next_visit() -> None:
    """The exit stands in the engine until it is carried out: the caller hears it again, nothing is lost."""
    acd = FakeAcd("ivr", "main/sales")
    acd.exit = GUARD
    with pytest.raises(CallerGone):
        await visit(FakeCall(gone_at=0), acd)
    assert acd.told == []

    assert await visit(FakeCall(), acd) == Next(NextKind.WAIT, 40_000)
    assert acd.told == ["enqueue guard"]


async def test_queues_that_send_to_each_other_hold_nobody_in_a_whirl() -> None:
    """After a handful of rounds the caller hears music, and a later visit tries again."""
    acd = FakeAcd("ivr", "main/sales")
    acd.exits = {"sales": GUARD, "guard": WayOut("full", "queue", "sales", ())}

    assert await visit(FakeCall(), acd) == Next(NextKind.WAIT, ROUND_MS)
    assert len(acd.told) == ROUNDS_MAX


@pytest.mark.parametrize("way_out", [GUARD, AT_NIGHT, None], ids=["queue", "flow", "menu"])
async def test_what_is_no_more_in_the_configuration_is_said_before_anything_is_done(
    way_out: WayOut | None,
) -> None:
    """A queue or flow that vanished: the visit ends as lost, unheard, with the caller where they were."""
    call, acd = FakeCall(), FakeAcd("ivr", "main/sales")
    acd.exit, acd.queues = way_out, set()
    plan = replace(PLAN, flows={"main": FLOW})
    lost = Session(call, acd, plan, Catalogue({}, ["es"], AllSounds()), "c1")

    with pytest.raises(Lost):
        await lost.run("900")
    assert (call.heard, acd.told, acd.phase("c1")) == ([], [], "ivr")


async def test_a_lost_caller_begins_afresh_behind_the_greeting() -> None:
    """Whatever exit or place was known: the menu of the number that they dialled."""
    call, acd = FakeCall("1"), FakeAcd("ivr", "gone/sales")
    acd.exit = AT_NIGHT
    following = await session(call, acd).run("900", afresh=True)

    assert following.kind is NextKind.WAIT
    assert acd.told == ["moved main/menu", "moved main/sales", "enqueue sales"]


async def test_a_number_that_is_no_more_is_answered_by_the_first_flow() -> None:
    """Only afresh: before that the caller's own configuration may still know it."""
    acd = FakeAcd()
    with pytest.raises(Lost):
        await session(FakeCall(), acd).run("999")
    assert acd.told == []

    call = FakeCall("1")
    await session(call, acd).run("999", afresh=True)
    assert call.heard[0] == "es:Hola."


async def test_a_caller_in_another_flow_resumes_there() -> None:
    """The flow is part of the place: the number that was dialled does not decide any more."""
    call, acd = FakeCall(), FakeAcd("ivr", "night/again")

    assert await visit(call, acd) == Next(NextKind.WAIT, 40_000)
    assert acd.told == ["moved night/guard", "enqueue guard"]


async def test_a_place_in_a_flow_that_is_no_more_resumes_behind_the_greeting_of_the_number() -> None:
    """Even if a node of the same name stands in the flow of the number: it means something else there."""
    call, acd = FakeCall("1"), FakeAcd("ivr", "gone/sales")

    assert await visit(call, acd) == WAIT
    assert acd.told == ["moved main/menu", "moved main/sales", "enqueue sales"]


@pytest.mark.parametrize(("is_open", "queue"), [(True, "sales"), (False, "guard")])
async def test_the_clock_shows_the_way(is_open: bool, queue: str) -> None:
    """Office hours lead to sales, all others through the night menu to the guard."""
    acd = FakeAcd()
    await visit(FakeCall(), acd, entry="901", is_open=is_open)

    assert acd.told[-1] == f"enqueue {queue}"


async def test_a_new_language_is_spoken_from_the_next_word_on() -> None:
    """The engine is told before anything is said in it, and before the place behind it is."""
    call, acd = FakeCall(), FakeAcd()
    await visit(call, acd, entry="901", is_open=False)

    assert acd.told == [
        "moved night/night",
        "speaks en",
        "moved night/again",
        "moved night/guard",
        "enqueue guard",
    ]
    assert call.heard == ["es:Hola.", "en:Hello.", "en:You are next in line."]


@pytest.mark.parametrize("phase", ["new", "waiting", "talking", "after"])
async def test_a_caller_may_leave_at_any_moment(phase: str) -> None:
    """Wherever the leg goes away, CallerGone comes out and the engine is told nothing further."""
    keys = [None, None, None, "7", None, "0"]
    whole = FakeCall(*keys)
    await visit(whole, FakeAcd(phase))

    for moment in range(whole.awaited):
        call, acd = FakeCall(*keys, gone_at=moment), FakeAcd(phase)
        with pytest.raises(CallerGone):
            await visit(call, acd)
        assert "finished" not in acd.told


RATE = Survey(
    "care",
    (Question("polite", PromptId("options")),),
    NodeId("end"),
    Exits(NodeId("end"), NodeId("end")),
)
SURVEY = Flow(
    id="rating",
    start=NodeId("rate"),
    nodes={
        NodeId("rate"): RATE,
        NodeId("end"): Goodbye(PromptId("despedida")),
        NodeId("again"): Enqueue("guard"),
    },
    refuge=NodeId("end"),
)
SURVEYED = replace(PLAN, flows={**PLAN.flows, "rating": SURVEY}, survey_of={"sales": "rating"})


def with_services(call: FakeCall, acd: FakeAcd, services: Helpers, plan: Plan = SURVEYED) -> Session:
    catalogue = Catalogue({PromptId("options"): {"es": Spoken("Pulse uno.")}}, ["es"], AllSounds())
    return Session(call, acd, plan, catalogue, "c1", services=services)


async def test_back_from_an_agent_who_is_in_the_sample_answers_the_survey() -> None:
    """Before goodbye; the distributor is told of no menu, as the contact is in none."""
    call, acd, services = FakeCall(None, "4"), FakeAcd("talking"), Helpers(survey="sales")

    assert await with_services(call, acd, services).run("900") == BYE
    assert services.asked == ["survey? sales", "answer care/polite=4"]
    assert acd.told == ["returned", "finished"]
    assert call.heard[-1] == "es:Gracias por su llamada. Hasta pronto."


@pytest.mark.parametrize("plan", [SURVEYED, PLAN])
async def test_who_is_not_in_the_sample_is_only_thanked(plan: Plan) -> None:
    """Or whose queue has no survey at all."""
    call, acd = FakeCall(), FakeAcd("talking")

    assert await with_services(call, acd, Helpers(survey="guard"), plan).run("900") == BYE
    assert call.heard == ["es:Gracias por su llamada. Hasta pronto."]


async def test_a_survey_cut_off_by_a_restart_goes_on_where_it_was() -> None:
    """The sample is not drawn twice."""
    services = Helpers(survey="sales")
    with pytest.raises(CallerGone):
        await with_services(FakeCall(gone_at=1), FakeAcd("after"), services).run("900")
    services.answers = {}

    assert await with_services(FakeCall(None, "5"), FakeAcd("after"), services).run("900") == BYE
    assert services.asked == ["survey? sales", "answer care/polite=5"]


async def test_a_survey_is_asked_once_in_a_call() -> None:
    """Who comes back from a second agent has said what there is to say."""
    services = Helpers(survey="sales")
    await with_services(FakeCall(None, "5"), FakeAcd("after"), services).run("900")
    call = FakeCall()
    await with_services(call, FakeAcd("after"), services).run("900")

    assert services.asked.count("answer care/polite=5") == 1
    assert call.heard == ["es:Gracias por su llamada. Hasta pronto."]


async def test_a_survey_may_lead_to_another_person() -> None:
    """A bad mark, a queue: the caller waits again and is not asked a second time."""
    nodes = {**SURVEY.nodes, NodeId("rate"): replace(RATE, next=NodeId("again"))}
    plan = replace(SURVEYED, flows={**PLAN.flows, "rating": replace(SURVEY, nodes=nodes)})
    call, acd = FakeCall(None, "1"), FakeAcd("after")

    assert await with_services(call, acd, Helpers(survey="sales"), plan).run("900") == Next(
        NextKind.WAIT, 40_000, ("es:Es usted el siguiente.",)
    )
    assert acd.told == ["enqueue guard"]


async def test_who_is_being_rung_for_waits_with_music() -> None:
    """The switch fetches them; the visit is over and nothing is repeated."""
    transfer = Transfer(agent="ana", exits=Exits(NodeId("sales"), NodeId("sales")))
    flow = replace(FLOW, start=NodeId("ana"), nodes={**FLOW.nodes, NodeId("ana"): transfer})
    plan = replace(PLAN, flows={"main": flow})
    acd, services = FakeAcd(), Helpers(ring=True)

    assert await with_services(FakeCall(), acd, services, plan).run("900") == Next(NextKind.WAIT, QUIET_MS)
    services.answers["not_reached"] = True
    acd._phase = "ivr"
    assert (await with_services(FakeCall(), acd, services, plan).run("900")).wait_ms == 25_000
    assert acd.told == ["moved main/ana", "moved main/sales", "enqueue sales"]


async def test_a_hang_up_in_a_menu_is_carried_out_when_it_is_sure() -> None:
    """By the session that the caller left; one without a walk has nothing to do."""
    exits = Exits(NodeId("sales"), NodeId("sales"), hang_up=NodeId("note"))
    look = LookUp("crm", {}, NodeId("bye"), NodeId("bye"), exits)
    menu = replace(MENU, exits=exits)
    flow = replace(FLOW, nodes={**FLOW.nodes, NodeId("menu"): menu, NodeId("note"): look})
    plan, services = replace(PLAN, flows={"main": flow}), Helpers()
    left = with_services(FakeCall(None, gone_at=1), FakeAcd(), services, plan)
    with pytest.raises(CallerGone):
        await left.run("900")
    await left.hung_up()
    assert services.asked == ["fetch crm {}"]

    waiting = with_services(FakeCall(), FakeAcd("waiting"), services, plan)
    await waiting.run("900")
    await waiting.hung_up()
    assert services.asked == ["fetch crm {}"]


async def test_the_house_decides_how_a_new_caller_is_asked_without_services() -> None:
    """`first` of the configuration; without an ear it is by keys all the same."""
    menu = replace(MENU, spoken=PromptId("hello"))
    plan = replace(
        PLAN, flows={"main": replace(FLOW, nodes={**FLOW.nodes, NodeId("menu"): menu})}, first=Mode.SPEECH
    )
    call = Caller([Heard("uno", 0.9), Key("1")], ears=("es few",))
    prompts = {PromptId("hello"): {"es": Spoken("Hola.")}}
    acd = FakeAcd()
    await Session(call, acd, plan, Catalogue(prompts, ["es"], AllSounds()), "c1").run("900")

    assert call.wishes[0].phrases == ("uno", "nueve", "cero")
    assert acd.told[-1] == "enqueue sales"
