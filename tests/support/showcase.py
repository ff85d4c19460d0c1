"""
A page to look at, without a telephone switch: a real engine in a chosen state, behind the real web.

Every state that an agent and a call can be in is there at once, which no short
test with real calls can bring about.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from acd import events as ev
from acd.engine import Engine
from acd.model import (
    SKILL_OF_LANGUAGE,
    AgentId,
    AgentRules,
    Channel,
    ContactId,
    Desktop,
    OfferEnd,
    OfferId,
    Presence,
    QueueId,
    QueueRules,
    Routing,
    SkillId,
    SkillNeed,
    Step,
)
from centralita.clock import wall_clock_ms
from centralita.live import Beside, Picture
from centralita.opening import Opening
from centralita.web.app import make_app, make_runner
from centralita.web.live_shape import Live, LiveSpeech
from centralita.web.ports import ContactPage, ContactQuery, WebPhone
from cti.desktop.hub import EventHub
from cti.desktop.known import Story
from tests.unit.web.fakes import TOKEN, FakeHistory, FakeServer

HOUR_MS = 3_600_000
PEOPLE = {
    "ana": "Ana Pérez",
    "beto": "Beto Ruiz",
    "carla": "Carla Gómez",
    "dora": "Dora Vidal",
    "elias": "Elías Soto",
    "fina": "Fina Mas",
    "gael": "Gael Ortiz",
    "hugo": "Hugo Rey",
    "ines": "Inés Lara",
    "julia": "Julia Cano",
    "kiko": "Kiko Ferrer",
}
_RECOGNITION = {
    "slots": 12,
    "slots_taken": 3,
    "free_slots": 2,
    "free_slots_taken": 1,
    "refused_no_slot": 4,
    "deafened": 1,
}
_OUTCOMES = (
    *("answered", "abandoned_queue", "answered", "completed_ivr", "rejected_closed", "short_abandon"),
    *("answered", "rejected_full", "abandoned_ivr", "rejected_unstaffed", "rejected_waited", "switch_lost"),
)


class Showcase:
    """
    A centre that stands still unless a test moves it.

    Args:
        waiting: Callers who wait in addition to the few of the picture.
        known: Of every customer, as `cti.desktop.known.Enrich` tells it.
        story: Of every contact.
    """

    def __init__(
        self, waiting: int = 0, *, known: Mapping[str, object] | None = None, story: Story | None = None
    ) -> None:
        self.engine = Engine()
        self.now_ms = wall_clock_ms() - 10 * 60_000
        self._seq = 1
        self._picture = Picture()
        told = story or Story()
        self.hub = EventHub(lambda _contact_id: known or {}, self.live, story=lambda _contact_id: told)
        self.happens(ev.ConfigPublished(_routing()))
        for name in PEOPLE:
            self.happens(ev.PhoneReachable(AgentId(name), reachable=True))
        self._people()
        for number in range(waiting):
            self.call(f"w{number:03}", "ventas", "es", after_ms=200)

    def happens(self, *events: ev.Event, after_ms: int = 0) -> None:
        """Inputs, and the page is told what came of them."""
        self.now_ms += after_ms
        for event in events:
            self._seq += 1
            self.hub.publish(self._seq, self.engine.handle(event, self.now_ms).records)

    def live(self) -> Live:
        beside = Beside(
            seq=self._seq,
            number=_number,
            alarms=["centro.yaml:31:5: falta «on» / centro.yaml:31:5: 'on' is missing"],
            opening=self._opening,
            speech=LiveSpeech(recognition=_RECOGNITION, line={}),
            names={AgentId(name): shown for name, shown in PEOPLE.items()},
        )
        # Time goes on for who looks, so that clocks run; deadlines are for who moves the engine.
        return self._picture.read(self.engine.state, max(self.now_ms, wall_clock_ms()), beside)

    def _opening(self, queue: QueueId, now_ms: int) -> Opening | None:
        until_ms = now_ms - now_ms % HOUR_MS + 3 * HOUR_MS
        return {"ventas": Opening(True, until_ms), "facturas": Opening(False, until_ms)}.get(queue)

    def _people(self) -> None:
        """Everybody does something else."""
        dora, gael, hugo, julia, kiko = (AgentId(n) for n in ("dora", "gael", "hugo", "julia", "kiko"))
        self.happens(
            ev.PresenceSet(dora, Presence.NOT_READY, "meal"),
            ev.PhoneInUse(gael, in_use=True),
            ev.DesktopChanged(hugo, Desktop.CONNECTED),
            ev.DesktopChanged(hugo, Desktop.GONE),
            ev.PresenceSet(julia, Presence.NOT_READY, "comité de empresa"),
            ev.PhoneReachable(julia, reachable=False),
            ev.PhoneReachable(kiko, reachable=False),
        )
        self.call("c1", "ventas", "es")
        self.call("c2", "soporte", "en")
        self.call("c3", "ventas", "es")
        for contact in ("c1", "c2", "c3"):
            self.happens(ev.OfferAccepted(self._offer(contact)))
        self.call("c4", "soporte", "es")
        self.happens(ev.OfferFailed(self._offer("c4"), OfferEnd.BUSY), after_ms=2_000)
        self.call("c5", "facturas", "es")
        self.call("c6", "ventas", "es")
        self.call("c7", "ventas", "en", segment="vip", head_start_ms=180_000)
        self.call("c8", "soporte", "en", segment="oro")
        self.happens(ev.ContactStarted(ContactId("c9"), Channel("a", "u-c9"), "900"), after_ms=3_000)
        self.happens(ev.ContactGone(ContactId("c3")), after_ms=2_000)

    def call(
        self,
        name: str,
        queue: str,
        language: str,
        *,
        segment: str = "",
        head_start_ms: int = 0,
        after_ms: int = 7_000,
    ) -> None:
        """Somebody calls for this queue."""
        contact = ContactId(name)
        self.happens(ev.ContactStarted(contact, Channel("a", f"u-{name}"), "900"), after_ms=after_ms)
        self.happens(ev.ContactClassified(contact, language, segment, head_start_ms, ()))
        self.happens(ev.ContactEnqueued(contact, QueueId(queue)))

    def _offer(self, contact: str) -> OfferId:
        offer = self.engine.state.contacts[ContactId(contact)].offer_id
        assert offer is not None, f"{contact} is offered to nobody"
        return offer


class _History(FakeHistory):
    """One of each way in which a call can end."""

    async def contacts(self, query: ContactQuery) -> ContactPage:
        now_ms = wall_clock_ms()
        rows = [
            {
                "id": f"f{place}",
                "ended_ms": now_ms - place * 61_000,
                "number": f"+3460012300{place % 10}" if place % 4 else None,
                "outcome": outcome,
                "queue": "ventas" if place % 3 else None,
                "wait_ms": place * 7_000,
                "talk_ms": 63_000 if outcome == "answered" else 0,
            }
            for place, outcome in enumerate(_OUTCOMES)
        ]
        return ContactPage(rows[: query.limit], None)


@contextlib.asynccontextmanager
async def shown(
    showcase: Showcase, *, address: str = "127.0.0.1", ws: str = "ws://127.0.0.1:9/ws", **behind: Any
) -> AsyncIterator[str]:
    """
    The address of its page, token included.

    Args:
        showcase: What it shows.
        address: Where it is served, by plain http.
        ws: Where the page believes the switch; by default nobody is there.
        **behind: Further members of `WebPorts`.
    """
    ports = dataclasses.replace(
        FakeServer(history=_History()).ports(),
        live=showcase.live,
        stream=showcase.hub,
        allowed_hosts=frozenset({address}),
        web_phone=lambda: WebPhone(ws, "navegador", "x", "127.0.0.1", (("900", "principal"),)),
        **behind,
    )
    runner = make_runner(make_app(ports))
    await runner.setup()
    await web.TCPSite(runner, address, 0).start()
    yield f"http://{address}:{runner.addresses[0][1]}/?token={TOKEN}"
    await runner.cleanup()


def _number(contact_id: ContactId) -> str | None:
    """The one in the menu withholds it."""
    return None if contact_id == "c9" else f"+346001{int(contact_id[1:]):05}"


def _routing() -> Routing:
    queues = [_queue(name) for name in ("ventas", "soporte", "facturas")]
    queues.append(QueueRules(QueueId("general")))
    skills = {
        **dict.fromkeys(("ana", "beto", "dora", "gael", "julia", "kiko"), ("ventas", "es")),
        **dict.fromkeys(("elias", "hugo"), ("soporte", "es")),
        **dict.fromkeys(("fina", "ines"), ("facturas", "es")),
        "carla": ("soporte", "es", "en"),
    }
    agents = [_agent(name, known) for name, known in skills.items()]
    return Routing("3f9c2a71", {q.id: q for q in queues}, {a.id: a for a in agents})


def _queue(name: str) -> QueueRules:
    own, language = SkillNeed(SkillId(name), 5), SkillNeed(SKILL_OF_LANGUAGE, 5)
    steps = (Step("mejores", 0, (own, language)), Step("todos", 2 * HOUR_MS, (own,)))
    return QueueRules(QueueId(name), (own, language), wrap_ms=HOUR_MS, busy_rest_ms=HOUR_MS, steps=steps)


def _agent(name: str, known: Sequence[str]) -> AgentRules:
    queue, *languages = known
    skills = {SkillId(queue): 8, **{SkillId(f"lang.{tag}"): 9 for tag in languages}}
    return AgentRules(AgentId(name), skills)
