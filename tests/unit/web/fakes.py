"""A server to hang the web on: fakes of its ports, the real hub for the stream."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import msgspec

from acd.model import ContactId, QueueId
from acd.stats.kpi_book import Book, Shape
from acd.stats.kpi_counts import Count, Goal, QueueGoals, Tally
from centralita.drawings import drawings
from centralita.kpis import render
from centralita.web.kpis_ports import Question
from centralita.web.live_shape import Live
from centralita.web.orders import DesktopBye, DesktopHere, Dial, Order
from centralita.web.ports import (
    Answer,
    CommandResult,
    ContactPage,
    ContactQuery,
    CustomerPut,
    HistoryUnavailableError,
    Json,
    Screen,
    UnknownContactError,
    UnknownThenError,
    WebPhone,
    WebPorts,
)
from centralita.web.webhooks_ports import UnknownWebhookError
from config.loader import example, load
from cti.desktop.hub import EventHub

TOKEN = "a-long-secret-of-the-tests"
LIVE: Live = {
    "at_ms": 1_000,
    "seq": 7,
    "config_version": "v1",
    "alarms": [],
    "speech": {"recognition": {"slots": 12, "slots_taken": 0}, "line": {"listens": 0}},
    "queues": [
        {
            "id": "ventas",
            "open": None,
            "until_ms": None,
            "waiting": 1,
            "callbacks": 0,
            "longest_wait_since_ms": 900,
            "ready": 0,
            "busy": 0,
            "not_ready": 0,
            "talking": 0,
            "escalate_to": None,
            "wait": None,
        }
    ],
    "teams": [[], ["ventas"]],
    "agents": [
        {
            "id": "ana",
            "name": "Ana Pérez",
            "presence": "ready",
            "activity": "idle",
            "reason": "",
            "reachable": True,
            "in_use": False,
            "desktop": "connected",
            "since_ms": 500,
            "contact_id": None,
            "resting_until_ms": None,
            "wrap_until_ms": None,
            "wrap_extensions": 0,
            "pending": None,
            "pending_reason": "",
            "team": 1,
            "talk": None,
            "answers": "by_hand",
        }
    ],
    "contacts": [
        {
            "id": "c9",
            "phase": "waiting",
            "queue": "ventas",
            "position": 1,
            "since_ms": 900,
            "agent": None,
            "number": "+34911234567",
            "customer": "",
            "verified": None,
            "language": "es",
            "segment": "oro",
            "head_start_ms": 180_000,
            "step": "",
            "wait": None,
            "why": [],
            "direction": "inbound",
            "hold_since_ms": None,
            "muted": False,
            "consult": None,
            "conference": False,
            "with_outside": False,
            "absent": False,
            "promised_ms": None,
        }
    ],
}
SORTED: Json = {"at_ms": 800, "rules": ["vip"], "trace": {"segment": "oro"}}
WEB_PHONE = WebPhone("ws://127.0.0.1:8089/ws", "web", "a-password", "127.0.0.1", [("900", "principal")])


@dataclass
class FakeHistory:
    down: bool = False
    asked: list[object] = field(default_factory=list)

    async def contacts(self, query: ContactQuery) -> ContactPage:
        self._answer(query)
        if query.before == "made-up":
            raise ValueError("not a cursor")
        return ContactPage([{"id": "c1"}], "5.c1")

    async def contact(self, contact_id: str) -> Json | None:
        self._answer(contact_id)
        return {"id": "c1", "segments": [], "offers": []} if contact_id == "c1" else None

    async def customers(self, number: str) -> Sequence[Json]:
        self._answer(number)
        return [{"id": "k1", "number": number}]

    async def customer_contacts(self, customer_id: str, limit: int) -> Sequence[Json] | None:
        self._answer((customer_id, limit))
        return [{"id": "c1"}] if customer_id == "k1" else None

    def _answer(self, asked: object) -> None:
        if self.down:
            raise HistoryUnavailableError
        self.asked.append(asked)


@dataclass
class FakeCustomers:
    down: bool = False
    result: CustomerPut = field(default_factory=CustomerPut)
    put_: list[tuple[str, Json, bool, bool]] = field(default_factory=list)

    async def by_ref(self, ref: str) -> Json | None:
        self._check()
        return {"id": "k1", "ref": ref} if ref in ("C-7", "C 7/ñ") else None

    async def put(self, ref: str, given: Json, *, move: bool, dry_run: bool) -> CustomerPut:
        self._check()
        self.put_.append((ref, dict(given), move, dry_run))
        return self.result

    async def erase(self, customer_id: str) -> bool:
        self._check()
        return customer_id == "k1"

    def _check(self) -> None:
        if self.down:
            raise HistoryUnavailableError


@dataclass
class FakeKpis:
    """A midday in Madrid, with two stays in one row."""

    trouble: Exception | None = None
    read_: list[tuple[Shape, Goal]] = field(default_factory=list)

    def now_ms(self) -> int:
        return 1_795_518_000_000  # 2026-11-24 11:00 in Madrid

    def zone(self) -> ZoneInfo:
        return ZoneInfo("Europe/Madrid")

    def goals(self) -> QueueGoals:
        return QueueGoals({QueueId("ventas"): Goal(20_000, 5_000)})

    async def ask(self, question: Question) -> Sequence[bytes]:
        if self.trouble is not None:
            raise self.trouble
        self.read_.append((question.shape, question.goals(QueueId("ventas"))))
        if question.listed is not None:
            found = Counter({ContactId("c2"): 1, ContactId("c1"): 2})
            return [msgspec.json.encode(render.listed(question.listed, found))]
        counts = {
            Count.OFFERED: 2,
            Count.ANSWERED: 2,
            Count.ANSWERED_IN_TIME: 1,
            Count.WAIT_ANSWERED_MS: 40_000,
        }
        book = Book(question.shape, {"ventas": Tally(counts, {10_000: 1, 30_000: 1})})
        said = msgspec.json.encode(render.report(question, book))
        return [said[:100], said[100:]]


class FakeWebhooks:
    """One endpoint, "crm", with three dead letters."""

    def __init__(self) -> None:
        self.down = False
        self.asked: list[object] = []

    async def status(self) -> Sequence[Json]:
        self._know("crm")
        return [{"name": "crm", "state": "idle"}]

    async def dead(self, name: str, *, before: int | None, limit: int) -> Sequence[Json]:
        self._know(name)
        found = [{"id": f"crm.{seq}", "seq": seq} for seq in (9, 8, 7) if before is None or seq < before]
        return found[:limit]

    async def resend(self, name: str, letter: str | None) -> int:
        self._know(name)
        self.asked.append(letter)
        return 3 if letter is None else int(letter == "crm.9")

    async def test(self, name: str) -> Json:
        self._know(name)
        return {"delivered": False, "status": 500, "error": "HTTP 500", "took_ms": 3}

    async def enable(self, name: str) -> None:
        self._know(name)
        self.asked.append("enable")

    def _know(self, name: str) -> None:
        if self.down:
            raise HistoryUnavailableError
        if name != "crm":
            raise UnknownWebhookError(name, ["crm"])


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class FakeServer:
    history: FakeHistory = field(default_factory=FakeHistory)
    customers: FakeCustomers = field(default_factory=FakeCustomers)
    kpis: FakeKpis = field(default_factory=FakeKpis)
    webhooks: FakeWebhooks = field(default_factory=FakeWebhooks)
    ready: tuple[bool, str] = (True, "")
    commands: list[tuple[object, ...]] = field(default_factory=list)
    """(agent, order) of all that was done."""
    screens: list[tuple[str, Screen]] = field(default_factory=list)
    """(agent, connection) of every screen that is connected."""
    is_back: bool = False
    """The server that was stopping takes carla's orders again."""
    may_go_on: asyncio.Event = field(default_factory=_set)
    """Until it is set, nothing is done of what is ordered."""
    hub: EventHub = field(default_factory=lambda: EventHub(lambda _contact_id: {}, lambda: LIVE, queue_max=8))

    def ports(self) -> WebPorts:
        return WebPorts(
            live=lambda: LIVE,
            ready=lambda: self.ready,
            agents=self,
            history=self.history,
            explain=self,
            customers=self.customers,
            config=self,
            kpis=self.kpis,
            classifications=lambda contact_id: [SORTED] if contact_id == "c9" else [],
            stream=self.hub,
            token=TOKEN,
            allowed_hosts=frozenset({"127.0.0.1"}),
            allowed_origins=frozenset({"https://centro.example"}),
            web_phone=lambda: WEB_PHONE,
            webhooks=self.webhooks,
        )

    def status(self) -> Json:
        return {"version": "v1", "refused": None}

    def flows(self) -> Json:
        return drawings(load(example()))

    async def move_waiting(self) -> int:
        self.commands.append(("move waiting",))
        return 3

    def names(self) -> Sequence[str]:
        return ["ana", "beto", "carla"]

    async def do(self, agent: str, order: Order, screen: Screen | None = None) -> CommandResult:
        """Beto is always refused, and carla's orders always come while the server stops."""
        await self.may_go_on.wait()
        if agent == "beto":
            return CommandResult(Answer.REFUSED, "Beto está hablando.", "Beto is talking.", code="talking")
        if agent == "carla" and not self.is_back:
            return CommandResult(
                Answer.UNAVAILABLE, "El servidor se detiene.", "The server is stopping.", code="busy"
            )
        self.commands.append((agent, order))
        if isinstance(order, DesktopHere):
            assert screen is not None
            self.screens.append((agent, screen))
        if isinstance(order, DesktopBye):
            assert screen is not None
            self.screens.remove((agent, screen))
        return CommandResult(Answer.DONE, contact="c7" if isinstance(order, Dial) else None)

    def lost(self, screen: Screen) -> None:
        self.screens = [(agent, known) for agent, known in self.screens if known is not screen]

    async def explain(self, contact_id: str, agent: str | None, language: str) -> Json:
        if self.history.down:
            raise HistoryUnavailableError
        if contact_id != "c1":
            raise UnknownContactError(("c1",))
        if agent not in (None, "ana", "beto"):
            raise UnknownThenError(("v1",), ("ana", "beto"))
        return {"contact_id": contact_id, "agent": agent, "text": language}
