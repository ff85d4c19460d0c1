from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from acd import events as ev
from acd.commands import CallIn, Command
from acd.engine import Engine
from acd.model import (
    Channel,
    ContactId,
    Exit,
    ExitKind,
    ExitTo,
    OfferEnd,
    Outcome,
    Phase,
    Presence,
    QueueId,
    Target,
)
from acd.records import ContactClosed
from acd.state import Contact
from centralita.callers import Callers, EngineView, Ports, Published, Visit
from ivr.actions import Deaf, Heard, Key, Silence
from ivr.flow import (
    Enqueue,
    Exits,
    Flow,
    Goodbye,
    Language,
    LookUp,
    Menu,
    NodeId,
    PromptId,
    Question,
    Survey,
    Transfer,
)
from ivr.ports import CallerGone, Listening
from ivr.prompts import Catalogue, Spoken
from ivr.session import Plan
from tests.support.polling import eventually
from tests.unit.acd.desk import ANA, BETO, C1, OUTSIDE, START_MS, agent, of_agent, of_queue, queue, routing
from tests.unit.ivr.stage import Helpers

pytestmark = pytest.mark.unit

T = TypeVar("T")

FLOW = Flow(
    id="principal",
    start=NodeId("menu"),
    nodes={
        NodeId("menu"): Menu(
            prompt=PromptId("opciones"),
            keys={"1": NodeId("ventas")},
            exits=Exits(NodeId("ventas"), NodeId("ventas")),
        ),
        NodeId("ventas"): Enqueue("ventas"),
    },
    refuge=NodeId("ventas"),
)
SCRIPT = Path("/config/scripts/saludo.py")
NEW = Visit("local", "17.5", "PJSIP/x-1", "900", "", "", False, "+34911234567", "Marta", False)


class Sounds:
    """Every text has a sound, named after its first word."""

    def path(self, text: str, lang: str) -> str | None:
        return f"/s/{lang}/{text.partition(' ')[0].lower()}"

    async def speak(self, text: str, lang: str) -> str | None:
        return self.path(text, lang)


class FakeLine:
    """A caller's leg: notes what it is asked, answers keys, and may be left at any step."""

    def __init__(self, log: list[str], *keys: str | None, gone_at: str = "") -> None:
        self.log = log
        self.keys = list(keys)
        self.gone_at = gone_at
        self.variables: dict[str, str] = {}

    def _note(self, what: str) -> None:
        if self.gone_at and what.startswith(self.gone_at):
            raise CallerGone(what)
        self.log.append(what)

    async def play(self, sound_paths: Sequence[str], stop_keys: str) -> str | None:
        self._note(f"play {' '.join(sound_paths)}")
        return None

    async def collect(self, timeout_ms: int) -> str | None:
        self._note("collect")
        return self.keys.pop(0) if self.keys else None

    async def music(self) -> None:
        self._note("music")

    def can_listen(self, language: str, *, free_speech: bool) -> bool:
        return False

    async def listen(self, wish: Listening) -> Heard | Key | Silence | Deaf:
        self._note("listen")
        return Deaf()

    async def gather(
        self, sound_paths: Sequence[str], longest: int, *, timeout_ms: int, between_ms: int, secret: bool
    ) -> str:
        self._note("gather")
        return ""

    async def record(
        self, box: str, sound_paths: Sequence[str], *, longest_ms: int, silence_ms: int
    ) -> bool | None:
        self._note("record")
        return None

    async def remember(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            self._note(f"set {name}")
            self.variables[name] = value

    async def run_script(self, script: Path) -> None:
        self._note(f"script {script.name}")


class House:
    """A real engine behind the ports, with one agent who is not ready."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.engine = Engine()
        self.now_ms = START_MS
        self.arrived: list[tuple[ContactId, Visit]] = []
        self.gone = False
        self.while_asked: Callable[[], None] = lambda: None
        self.services = Helpers()
        self.served: list[tuple[ContactId, str]] = []
        catalogue = Catalogue({PromptId("opciones"): {"es": Spoken("Pulse uno.")}}, ["es", "en"], Sounds())
        plan = Plan({"principal": FLOW}, {"900": "principal"}, {"ventas": "oficina"}, {"ventas": 25_400})
        self.open = True
        newest = Published(plan, catalogue, {"901": SCRIPT}, lambda hours: self.open or hours != "oficina")
        self.published = {"": newest, "v1": newest}
        self.earlier: ContactId | None = None
        self.classified: list[tuple[ContactId, str, str]] = []
        self.tells(ev.ConfigPublished(routing(queue("ventas", wrap_ms=1), agent("ana"))))
        self.tells(ev.PhoneReachable(ANA, reachable=True), ev.PresenceSet(ANA, Presence.NOT_READY))
        self.log.clear()
        self.callers = Callers(
            Ports(
                lambda: self.engine.state,
                self._ask,
                self._arrived,
                self._is_gone,
                self.published.__getitem__,
                lambda: self.now_ms,
                self._classify,
                self._earlier,
                services=self._services,
                ready=self._ready,
            )
        )

    def publish(self, version: str, **changed: Any) -> None:
        """What is served to callers of this version; "" to those who come now."""
        before = self.published[version]
        self.published[version] = replace(before, plan=replace(before.plan, **changed))

    def serves(self, **rules: Any) -> None:
        """The queue of sales with these rules, and one of everybody's; both for ana."""
        queues = replace(queue("ventas"), **rules), queue("general")
        self.tells(ev.ConfigPublished(routing(*queues, agent("ana"))))

    def advance(self, ms: int) -> tuple[Command, ...]:
        self.now_ms += ms
        return self.engine.advance(self.now_ms).commands

    def records_of(self, kind: type[T], event: ev.Event) -> list[T]:
        records = self.engine.handle(event, self.now_ms).records
        return [record for record in records if isinstance(record, kind)]

    def tells(self, *events: ev.Event, after_ms: int = 0) -> None:
        self.now_ms += after_ms
        for event in events:
            self.log.append(type(event).__name__)
            self.engine.handle(event, self.now_ms)

    async def _ask(self, event: ev.Event) -> object:
        self.tells(event)
        return None

    async def _classify(self, contact_id: ContactId, visit: Visit, queue: str) -> None:
        self.log.append(f"classify {queue}".strip())
        self.classified.append((contact_id, visit.number, queue))

    async def _earlier(self, contact_id: ContactId) -> ContactId | None:
        return self.earlier

    async def _ready(self, contact_id: ContactId) -> None:
        self.served.append((contact_id, "ready"))

    def _services(self, contact_id: ContactId, visit: Visit) -> Helpers:
        self.served.append((contact_id, visit.number))
        return self.services

    def _arrived(self, contact_id: ContactId, visit: Visit) -> None:
        self.log.append("arrived")
        self.arrived.append((contact_id, visit))

    async def _is_gone(self, contact_id: ContactId) -> bool:
        self.log.append("is_gone?")
        self.while_asked()
        return self.gone

    async def visit(self, visit: Visit, *keys: str | None, gone_at: str = "") -> FakeLine:
        self.log.clear()
        line = FakeLine(self.log, *keys, gone_at=gone_at)
        await self.callers.visit(visit, line)
        return line

    async def newcomer(self, entry: str = "900") -> Visit:
        """Somebody who has been through the menu and waits; returns how they come next time."""
        line = await self.visit(again(NEW, entry=entry), "1")
        return again(NEW, contact=line.variables["CC_CONTACT"])

    def contact(self) -> Contact:
        (one,) = self.engine.state.contacts.values()
        return one

    def talks(self) -> None:
        self.tells(ev.PresenceSet(ANA, Presence.READY))
        offer_id = self.contact().offer_id
        assert offer_id is not None
        self.tells(ev.OfferAccepted(offer_id))


def again(visit: Visit, *, contact: str | None = None, back: bool = False, entry: str | None = None) -> Visit:
    return replace(
        visit,
        entry=visit.entry if entry is None else entry,
        contact=visit.contact if contact is None else contact,
        came_back=back,
    )


async def test_a_new_caller_gets_an_id_is_known_served_and_told_where_to_wait() -> None:
    """Who it is before that they came, the id on the channel before the engine knows, the answer last."""
    house = House()
    line = await house.visit(NEW, "1")

    assert house.log == [
        "arrived",
        "set CC_CONTACT",
        "ContactStarted",
        "classify",
        "IvrMoved",
        "play /s/es/pulse",
        "collect",
        "IvrMoved",
        "classify ventas",
        "ContactEnqueued",
        "set CC_SAY",
        "set CC_WAIT",
        "set CC_NEXT",
    ]
    assert line.variables["CC_CONTACT"] == house.contact().id == house.arrived[0][0]
    assert (line.variables["CC_NEXT"], line.variables["CC_WAIT"]) == ("wait", "25")
    assert line.variables["CC_SAY"] == "/s/es/es"
    assert (house.contact().channel.uniqueid, house.contact().entry) == ("17.5", "900")


async def test_ids_sort_by_arrival_and_are_safe_in_a_channel_name() -> None:
    """Letters and digits only; whoever came later has the greater id; two in one millisecond differ."""
    house, ids = House(), []
    for after_ms in (0, 0, 1, 1_000, 10_000_000):
        house.now_ms += after_ms
        ids.append((await house.visit(NEW)).variables["CC_CONTACT"])
        house.tells(ev.ContactGone(ContactId(ids[-1])))

    assert len(set(ids)) == 5
    assert sorted(ids[1:]) == ids[1:]
    assert all(re.fullmatch(r"c[0-9a-f]{20}", one) for one in ids)


async def test_the_answer_is_set_last_whatever_happens_before() -> None:
    """If a visit fails in the middle, CC_NEXT stays unset and the dialplan comes back."""
    house = House()
    for step in ("set CC_CONTACT", "play", "collect", "set CC_SAY", "set CC_WAIT", "set CC_NEXT"):
        line = await house.visit(NEW, gone_at=step)

        assert "CC_NEXT" not in line.variables, step
        assert house.log[-1] == "is_gone?", step


async def test_a_caller_who_comes_again_while_waiting_is_told_the_position_of_now() -> None:
    """No menu a second time: how they stand, and back to the music."""
    house = House()
    waiting = await house.newcomer()
    line = await house.visit(waiting)

    assert house.log == ["arrived", "ContactVisited", "set CC_SAY", "set CC_WAIT", "set CC_NEXT"]
    assert (line.variables["CC_NEXT"], line.variables["CC_SAY"]) == ("wait", "/s/es/es")


async def test_a_caller_of_a_lost_engine_is_started_anew_under_the_same_id() -> None:
    """The journal is gone, the caller is not: the id on their channel is still theirs."""
    house, before = House(), "c0123456789ab00000000"
    line = await house.visit(again(NEW, contact=before), "1")

    assert "CC_CONTACT" not in line.variables
    assert (house.contact().id, house.contact().phase) == (before, Phase.WAITING)
    assert house.log[:2] == ["arrived", "ContactStarted"]


async def test_a_caller_known_after_a_restart_goes_on_where_they_were() -> None:
    """In the menu at a node: that node, not the greeting; nothing is started twice."""
    house = House()
    line = await house.visit(NEW, gone_at="collect")
    known = again(NEW, contact=line.variables["CC_CONTACT"])
    await house.visit(known, "1")

    assert "ContactStarted" not in house.log
    assert house.log[1:3] == ["play /s/es/pulse", "collect"]
    assert house.contact().phase is Phase.WAITING


async def test_a_caller_who_is_just_being_taken_to_an_agent_waits_and_says_nothing() -> None:
    """Talking, but not come back: the bridge is on its way; the engine is not told that the talk is over."""
    house = House()
    waiting = await house.newcomer()
    house.talks()
    line = await house.visit(waiting)

    assert (line.variables["CC_NEXT"], line.variables["CC_WAIT"], line.variables["CC_SAY"]) == (
        "wait",
        "2",
        "",
    )
    assert house.contact().phase is Phase.TALKING


async def test_a_caller_who_comes_back_from_an_agent_is_said_goodbye_to() -> None:
    """The talk ends if nobody has said so yet; then the farewell, and a hang-up of our own."""
    house = House()
    waiting = await house.newcomer()
    house.talks()
    line = await house.visit(again(waiting, back=True))

    assert house.log[:3] == ["arrived", "ContactReturned", "play /s/es/gracias"]
    assert line.variables["CC_NEXT"] == "bye"
    assert house.contact().phase is Phase.AFTER
    house.tells(ev.ContactGone(house.contact().id))


async def test_a_caller_home_from_the_fallback_telephone_waits_with_the_old_clock() -> None:
    """Nobody answered there: back in the same queue, at the place they had."""
    house = House()
    waiting = await house.newcomer()
    queued_ms = house.contact().queued_ms
    house.tells(ev.ContactElsewhere(house.contact().id), after_ms=30_000)
    line = await house.visit(waiting)

    assert house.log[:3] == ["arrived", "classify ventas", "ContactEnqueued"]
    assert (house.contact().phase, house.contact().queued_ms) == (Phase.WAITING, queued_ms)
    assert line.variables["CC_NEXT"] == "wait"


async def test_a_caller_taken_from_the_menu_by_an_outage_is_back_in_the_menu() -> None:
    """Never in a queue before: the fallback telephone changes nothing about that."""
    house = House()
    line = await house.visit(NEW, gone_at="collect")
    house.tells(ev.ContactElsewhere(house.contact().id))
    await house.visit(again(NEW, contact=line.variables["CC_CONTACT"]), "1")

    assert house.contact().phase is Phase.WAITING


async def test_an_entry_with_a_script_belongs_to_the_script_and_ends_with_it() -> None:
    """No menu, no queue: run, finished by our hand, goodbye."""
    house = House()
    line = await house.visit(again(NEW, entry="901"))

    assert house.log[4:6] == ["script saludo.py", "ContactFinished"]
    assert line.variables["CC_NEXT"] == "bye"


async def test_a_number_that_nothing_serves_is_answered_by_the_first_flow() -> None:
    """A mistake in the configuration costs nobody the call."""
    house = House()
    line = await house.visit(again(NEW, entry="999"), "1")

    assert "play /s/es/pulse" in house.log
    assert line.variables["CC_NEXT"] == "wait"
    assert house.contact().phase is Phase.WAITING


async def test_without_any_flow_the_caller_hears_music_and_comes_again() -> None:
    """There is nothing to say, and still nobody is dropped."""
    house = House()
    for version in house.published:
        house.publish(version, flows={}, entries={})
    line = await house.visit(NEW)

    assert (line.variables["CC_NEXT"], line.variables["CC_WAIT"]) == ("wait", "1")


async def test_a_caller_is_sorted_before_the_first_word_and_again_before_the_queue() -> None:
    """By whoever knows numbers: with the visit, and the queue that is about to be joined."""
    house = House()
    await house.visit(NEW, "1")
    contact_id = house.contact().id

    assert house.classified == [(contact_id, NEW.number, ""), (contact_id, NEW.number, "ventas")]
    assert house.log.index("classify") < house.log.index("play /s/es/pulse")
    assert house.log.index("classify ventas") == house.log.index("ContactEnqueued") - 1


async def test_a_caller_keeps_the_configuration_that_they_came_to() -> None:
    """A menu published meanwhile is for those who come later."""
    house = House()
    line = await house.visit(NEW, gone_at="collect")
    other = replace(FLOW, nodes={**FLOW.nodes, NodeId("menu"): Goodbye()})
    house.publish("", flows={"principal": other})
    house.tells(ev.ConfigPublished(routing(queue("ventas"), agent("ana"), version="v2")))
    await house.visit(again(NEW, contact=line.variables["CC_CONTACT"]), "1")

    assert house.contact().phase is Phase.WAITING


async def test_a_menu_that_leads_to_no_queue_any_more_gives_way_to_the_newest() -> None:
    """The flow of the caller's version names a queue that never was: the newest flow serves them."""
    house = House()
    nowhere = replace(FLOW, nodes={**FLOW.nodes, NodeId("ventas"): Enqueue("nunca")})
    house.publish("v1", flows={"principal": nowhere})
    line = await house.visit(NEW, "1")

    assert line.variables["CC_NEXT"] == "wait"
    assert (house.contact().phase, house.contact().node) == (Phase.WAITING, "principal/ventas")


async def test_an_exit_to_what_is_no_more_leads_back_to_the_menu_of_the_number() -> None:
    """Neither hung up on nor left in silence: asked again what they want."""
    house = House()
    house.serves(exits={ExitKind.CLOSED: Exit(ExitTo.FLOW, "gone", ("opciones",))})
    house.open = False
    line = await house.visit(NEW, "1", None, "1")

    assert line.variables["CC_NEXT"] == "wait"
    assert house.log.count("play /s/es/pulse") > 1
    assert "play /s/es/opciones" not in house.log


async def test_who_comes_when_it_is_closed_hears_so_and_is_counted_as_sent_away() -> None:
    """The queue's own hours decide; told why, said goodbye, hung up; open again, the next one is let in."""
    house = House()
    house.serves(exits={ExitKind.CLOSED: Exit(ExitTo.HANG_UP, say=("cerrado",))})
    house.open = False
    line = await house.visit(NEW, "1")

    assert [step for step in house.log if step.startswith("play")] == [
        "play /s/es/pulse",
        "play /s/es/en",
        "play /s/es/gracias",
    ]
    assert line.variables["CC_NEXT"] == "bye"
    (closed,) = house.records_of(ContactClosed, ev.ContactGone(house.contact().id))
    assert closed.outcome is Outcome.REJECTED_CLOSED

    house.open = True
    await house.visit(NEW, "1")
    assert house.contact().phase is Phase.WAITING


async def test_who_has_waited_too_long_goes_to_the_other_queue_with_the_old_clock() -> None:
    """Called to the door, told so, and in the other line where the whole wait counts."""
    house = House()
    house.serves(waited=((60_000, Exit(ExitTo.QUEUE, "general", ("espera_larga",))),))
    waiting = await house.newcomer()
    queued_ms = house.contact().queued_ms
    assert house.advance(60_000) == (CallIn(house.contact().id),)
    line = await house.visit(waiting)

    assert house.log[1:5] == ["ContactVisited", "play /s/es/sentimos", "classify general", "ContactEnqueued"]
    contact = house.contact()
    assert contact.rules is not None
    assert (contact.rules.id, contact.queued_ms, contact.exit) == ("general", queued_ms, None)
    assert (line.variables["CC_NEXT"], line.variables["CC_SAY"]) == ("wait", "/s/es/es")


async def test_who_is_kept_waiting_hears_it_once_before_their_place() -> None:
    """Words of the exit at the visit at which it is taken, only the place at the next one."""
    house = House()
    house.serves(waited=((60_000, Exit(ExitTo.KEEP_WAITING, say=("espera_larga",))),))
    waiting = await house.newcomer()
    house.advance(60_000)
    said = [(await house.visit(waiting)).variables["CC_SAY"] for _ in range(2)]

    assert said == ["/s/es/sentimos&/s/es/es", "/s/es/es"]
    assert house.contact().phase is Phase.WAITING


async def test_the_language_that_the_caller_chooses_is_spoken_at_once_and_ever_after() -> None:
    """The engine keeps it: the place in the queue is told in English too, at every visit."""
    house = House()
    nodes = {**FLOW.nodes, FLOW.start: Language("en", NodeId("ventas"))}
    house.publish("v1", flows={"principal": replace(FLOW, nodes=nodes)})
    line = await house.visit(NEW)
    later = await house.visit(again(NEW, contact=line.variables["CC_CONTACT"]))

    assert [one.variables["CC_SAY"] for one in (line, later)] == ["/s/en/you"] * 2
    assert house.contact().language == "en"


@pytest.mark.parametrize("gone", [True, False])
async def test_a_caller_who_left_us_is_gone_only_if_the_switch_says_so(gone: bool) -> None:
    """They may just be on their way to an agent: AGI's hang-up alone ends nothing."""
    house = House()
    house.gone = gone
    await house.visit(NEW, gone_at="collect")

    assert ("ContactGone" in house.log) is gone
    assert bool(house.engine.state.contacts) is not gone


async def test_somebody_who_is_gone_already_is_not_told_gone_again() -> None:
    """The Hangup event was faster: the engine hears it once."""
    house = House()
    house.gone = True
    house.while_asked = house.engine.state.contacts.clear
    await house.visit(NEW, gone_at="collect")

    assert house.log[-1] == "is_gone?"


LEFT = Exits(NodeId("ventas"), NodeId("ventas"), hang_up=NodeId("nota"))
NOTED = replace(
    FLOW,
    nodes={
        NodeId("menu"): Menu(PromptId("opciones"), {"1": NodeId("ventas")}, LEFT),
        NodeId("ventas"): Enqueue("ventas"),
        NodeId("nota"): LookUp("crm", {}, NodeId("ventas"), NodeId("ventas"), LEFT),
    },
)


@pytest.mark.parametrize("known", [True, False])
async def test_who_hangs_up_in_a_menu_is_followed_by_what_the_flow_has_for_it(known: bool) -> None:
    """Once the switch is sure, also if the engine knew before us; never for a leg that was only taken."""
    house = House()
    house.publish("v1", flows={"principal": NOTED})
    await house.visit(NEW, gone_at="collect")
    assert house.services.asked == []

    caller = again(NEW, contact=house.contact().id)
    house.gone = True
    if not known:
        house.while_asked = lambda: house.tells(ev.ContactGone(house.contact().id))
    await house.visit(caller, gone_at="collect")
    assert house.services.asked == ["fetch crm {}"]
    assert house.log.count("ContactGone") == 1


HANDED = replace(
    NOTED,
    start=NodeId("pasar"),
    nodes={**NOTED.nodes, NodeId("pasar"): Transfer("ana", ring_ms=9_000, exits=LEFT)},
)


async def test_who_hangs_up_while_somebody_is_rung_for_them_is_followed_too() -> None:
    """Nobody of ours is with them then: the distributor's record tells it, once; not of who has come back."""
    house = House()
    house.services = Helpers(ring=True)
    house.publish("v1", flows={"principal": HANDED})
    await house.visit(NEW)
    assert house.services.asked == ["ring ana 9000"]

    closed = house.records_of(ContactClosed, ev.ContactGone(house.contact().id))
    for _ in range(2):
        house.callers.follow(closed)
    await eventually(lambda: house.services.asked == ["ring ana 9000", "fetch crm {}"], 2)

    await house.visit(NEW)
    house.services = Helpers(ring=True, not_reached=True)
    await house.visit(again(NEW, contact=house.contact().id))
    house.callers.follow(house.records_of(ContactClosed, ev.ContactGone(house.contact().id)))
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name().startswith("hung up")))
    assert "fetch crm {}" not in house.services.asked


async def test_services_are_made_for_the_contact_at_every_visit() -> None:
    """By our id and the number that calls; nothing is said before they know again what they knew."""
    house = House()
    await house.newcomer()

    assert house.served == [(house.contact().id, "+34911234567"), (house.contact().id, "ready")]


async def test_back_from_an_agent_the_queues_survey_comes_before_goodbye() -> None:
    """By the queue that the engine knows; the engine hears of no menu."""
    house = House()
    rating = replace(
        FLOW,
        id="nota",
        nodes={
            NodeId("menu"): Survey(
                "trato",
                (Question("amable", PromptId("opciones")),),
                NodeId("fin"),
                Exits(NodeId("fin"), NodeId("fin")),
            ),
            NodeId("fin"): Goodbye(),
        },
    )
    house.publish("v1", flows={"principal": FLOW, "nota": rating}, survey_of={"ventas": "nota"})
    house.services = Helpers(survey="ventas")
    caller = await house.newcomer()
    house.talks()
    line = await house.visit(again(caller, back=True), "4")

    assert line.variables["CC_NEXT"] == "bye"
    assert house.services.asked == ["survey? ventas", "answer trato/amable=4"]
    assert "IvrMoved" not in house.log


async def test_the_view_of_a_visit_is_always_of_now() -> None:
    """Phase, node and place are asked of the engine each time: never what was true when the visit began."""
    house = House()
    await house.newcomer()
    contact = house.contact()
    view = EngineView(house.callers._ports, contact.id, NEW)
    place = view.position("")
    assert place is not None
    assert (view.phase(""), place.number, place.agent_is_ringing) == ("waiting", 1, False)

    house.tells(ev.PresenceSet(ANA, Presence.READY))
    ringing = view.position("")
    assert ringing is not None
    assert (view.phase(""), ringing.agent_is_ringing) == ("offered", True)

    assert contact.offer_id is not None
    house.tells(ev.OfferFailed(contact.offer_id, OfferEnd.BUSY), ev.ContactElsewhere(contact.id))
    assert (view.phase(""), view.position("")) == ("ivr", None)
    house.tells(ev.ContactGone(contact.id))
    assert (view.phase(""), view.node(""), view.known()) == ("closed", None, None)


async def test_a_caller_who_hung_up_before_is_told_of_before_they_join() -> None:
    """Once, at the first visit; the engine decides what the old place is worth."""
    house = House()
    house.earlier = ContactId("c0")
    await house.visit(NEW, "1")

    assert house.log.count("CallerReturned") == 1
    assert house.log.index("CallerReturned") < house.log.index("ContactEnqueued")


async def test_a_contact_that_is_handed_over_is_led_to_the_next_tier() -> None:
    """Back from the agent there is no goodbye: the caller joins the queue that the agent's is followed by."""
    house = House()
    house.serves(escalate_to=QueueId("general"))
    waiting = await house.newcomer()
    house.talks()
    house.tells(ev.ContactEscalated(house.contact().id, ANA))
    line = await house.visit(again(waiting, back=True))

    contact = house.contact()
    assert contact.rules is not None
    assert (contact.rules.id, contact.phase) == ("general", Phase.WAITING)
    assert line.variables["CC_NEXT"] == "wait"
    assert "ContactFinished" not in house.log


QUIET = ("wait", "60", "")


def told(line: FakeLine) -> tuple[str, str, str]:
    """What the dialplan does next, for how long, and what it says."""
    return line.variables["CC_NEXT"], line.variables["CC_WAIT"], line.variables["CC_SAY"]


class Desks(House):
    """Ana in a talk with the caller, beto free."""

    def __init__(self) -> None:
        super().__init__()
        self.tells(
            ev.ConfigPublished(routing(queue("ventas"), queue("general"), agent("ana"), agent("beto")))
        )

    async def in_talk(self) -> Visit:
        waiting = await self.newcomer()
        self.talks()
        self.tells(ev.PhoneReachable(BETO, reachable=True))
        return again(waiting, back=True)

    def asks(self, to: Target) -> None:
        self.tells(ev.ConsultAsked(self.contact().id, ANA, to))
        asked = self.contact().consult_id
        assert asked is not None
        self.tells(ev.OfferAccepted(asked))


HELD: dict[str, Callable[[Desks, ContactId], None]] = {
    "on hold": lambda desks, contact: desks.tells(ev.HoldAsked(contact, ANA)),
    "asked about": lambda desks, contact: desks.asks(of_agent("beto")),
    "on the way outside": lambda desks, contact: desks.tells(ev.TransferAsked(contact, ANA, OUTSIDE)),
    "offered by name": lambda desks, contact: desks.tells(ev.TransferAsked(contact, ANA, of_agent("beto"))),
}


@pytest.mark.parametrize("how", HELD)
async def test_a_caller_for_whom_somebody_is_fetched_hears_music_and_no_word(how: str) -> None:
    """No goodbye, no position: the switch takes them from here; coming again changes nothing."""
    house = Desks()
    home = await house.in_talk()
    HELD[how](house, house.contact().id)
    phase = house.contact().phase
    for visit in (home, replace(home, came_back=False, key="1")):
        line = await house.visit(visit)
        assert told(line) == QUIET
        assert house.log == ["arrived", "set CC_SAY", "set CC_WAIT", "set CC_NEXT"]

    assert house.contact().phase is phase


async def test_a_caller_home_from_a_talk_outside_before_its_end_is_known_waits_a_moment_only() -> None:
    """The switch was quicker than its news: two seconds later they are said goodbye to, not a minute."""
    house = Desks()
    home = await house.in_talk()
    house.tells(ev.TransferAsked(house.contact().id, ANA, OUTSIDE))
    leg = house.contact().offer_id
    assert leg is not None
    house.tells(ev.OfferAccepted(leg))

    assert told(await house.visit(home)) == ("wait", "2", "")
    assert told(await house.visit(replace(home, came_back=False))) == QUIET


async def test_a_caller_who_is_just_being_taken_back_waits_a_moment() -> None:
    """Home from hold after the agent has come back: on the way to the talk, not after it."""
    house = Desks()
    home = await house.in_talk()
    house.tells(ev.HoldAsked(house.contact().id, ANA), ev.RetrieveAsked(house.contact().id, ANA))

    assert told(await house.visit(home)) == ("wait", "2", "")
    assert house.contact().phase is Phase.TALKING


async def test_a_caller_home_from_a_conference_that_did_not_come_about_waits_for_the_agent() -> None:
    """The visit tells the engine, which brings the two together."""
    house = Desks()
    home = await house.in_talk()
    house.asks(of_agent("beto"))
    house.tells(ev.ConferenceAsked(house.contact().id, ANA))
    house.now_ms += 3_000

    assert told(await house.visit(home)) == ("wait", "2", "")
    assert (house.contact().phase, house.contact().conference) == (Phase.TALKING, False)


async def test_a_caller_whom_the_agent_left_on_hold_hears_where_they_stand_in_the_queue() -> None:
    """Never goodbye because of a hold: they wait again, and are told so like anybody."""
    house = Desks()
    home = await house.in_talk()
    house.tells(ev.PresenceSet(BETO, Presence.NOT_READY), ev.HoldAsked(house.contact().id, ANA))
    leg = house.contact().offer_id
    assert leg is not None
    house.tells(ev.LegGone(leg))
    line = await house.visit(home)

    assert (line.variables["CC_NEXT"], house.contact().phase) == ("wait", Phase.WAITING)
    assert line.variables["CC_SAY"] != ""


async def test_a_caller_transferred_to_a_queue_hears_its_words() -> None:
    """Called to the door from hold: taken to the queue, and told the place there."""
    house = Desks()
    home = await house.in_talk()
    house.tells(ev.PresenceSet(BETO, Presence.NOT_READY), ev.HoldAsked(house.contact().id, ANA))
    house.tells(ev.TransferAsked(house.contact().id, ANA, of_queue("general")))
    line = await house.visit(home)

    rules = house.contact().rules
    assert rules is not None
    assert (rules.id, house.contact().phase) == ("general", Phase.WAITING)
    assert line.variables["CC_SAY"] != ""


async def test_a_customer_whom_an_agent_called_is_said_goodbye_to_when_it_is_over() -> None:
    """No menu for somebody who was called; before the talk they are on the way to it."""
    house = Desks()
    channel = Channel("local", "out-1")
    house.tells(ev.PresenceSet(ANA, Presence.READY), ev.ContactDialled(C1, ANA, channel, "tok"))
    leg = house.contact().offer_id
    assert leg is not None
    house.tells(ev.OfferAccepted(leg))
    customer = replace(NEW, uniqueid="out-1", entry="", contact=C1, came_back=True)
    assert told(await house.visit(customer)) == ("wait", "2", "")
    house.tells(ev.ContactReached(C1), ev.LegGone(leg))
    line = await house.visit(customer)

    assert line.variables["CC_NEXT"] == "bye"
    assert "play /s/es/gracias" in house.log
    assert "ContactStarted" not in house.log
