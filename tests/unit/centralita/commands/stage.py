"""A real engine with agents who talk, and fakes of what stands beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from acd import events as ev
from acd.commands import Command
from acd.engine import Decision
from acd.model import AgentId, ContactId, Exit, ExitKind, ExitTo, Presence, QueueId
from acd.records import Ignored
from centralita.agent_commands import AgentCommands
from centralita.commands.ports import Ports
from centralita.desktops import Desktops
from centralita.dialled import Dialled
from centralita.runtime import InboxFull
from centralita.tasks import spawn
from centralita.web.live_shape import Answers
from centralita.web.orders import Order
from centralita.web.ports import CommandResult
from config.telephones import Trunk
from tests.unit.acd.desk import BETO, C1, SALES, Desk, agent, queue

CLOSED = Exit(ExitTo.HANG_UP, say=("cerrado",))
VENTAS = replace(queue("ventas"), escalate_to=QueueId("nivel2"), wrap_extend_ms=30_000, wrap_extensions_max=1)
NIGHT = replace(queue("noche"), exits={ExitKind.CLOSED: CLOSED}, full_at=1)
EMPTY = replace(
    queue("vacia", (SALES, 9)),
    exits={ExitKind.NOBODY_COULD_EVER: CLOSED},
    estimate_limit_ms=60_000,
)
PARTS = (VENTAS, queue("nivel2"), NIGHT, EMPTY, agent("ana"), agent("beto"))
TRUNK = Trunk(host="carrier.example", caller_id="911000000", allow=["+34*", "112"])


@dataclass(eq=False)
class FakeScreen:
    told: list[bytes] = field(default_factory=list)
    reads: bool = True

    def tell(self, message: bytes, /) -> bool:
        self.told.append(message)
        return self.reads


class FakeNotes:
    """Takes two notes of each contact."""

    def __init__(self) -> None:
        self.kept: list[tuple[ContactId, str, str]] = []

    async def add(self, contact_id: ContactId, agent: str, text: str) -> bool:
        if len(self.of(contact_id)) == 2:
            return False
        self.kept.append((contact_id, agent, text))
        return True

    def of(self, contact_id: ContactId) -> Sequence[Mapping[str, object]]:
        return [{"agent": who, "text": text} for of, who, text in self.kept if of == contact_id]


class FakeDispositions:
    def __init__(self) -> None:
        self.said: list[tuple[ContactId, str, str, tuple[str, ...], str]] = []

    async def set(
        self, contact_id: ContactId, agent: str, disposition: str, tags: Sequence[str], note: str
    ) -> None:
        self.said.append((contact_id, agent, disposition, tuple(tags), note))


@dataclass
class FakeSettings:
    how: Answers = "by_hand"
    open: bool = True
    known: Collection[str] = ()

    def answers(self, agent: AgentId) -> Answers:
        return self.how

    def is_open(self, queue: QueueId) -> bool:
        return self.open

    def dispositions(self, queue: QueueId) -> Collection[str]:
        return self.known if queue == "ventas" else ()


@dataclass
class FakeCustomers:
    known: dict[ContactId, str] = field(default_factory=dict)

    def called(self, contact_id: ContactId, number: str) -> None:
        self.known[contact_id] = number

    def not_called(self, contact_id: ContactId) -> None:
        del self.known[contact_id]


class Stage:
    """Ana and beto are ready; nobody has called yet."""

    def __init__(self, **trunks: Trunk) -> None:
        self.desk = Desk(*PARTS)
        self.records: list[object] = []
        self.done: list[Command] = []
        self.asked: list[ev.Event] = []
        self.full = False
        self.refuses = ""
        """Instead of the engine's answer: ignored for this reason."""
        self.estimate_ms: int | None = None
        self.notes, self.dispositions = FakeNotes(), FakeDispositions()
        self.settings, self.customers = FakeSettings(), FakeCustomers()
        self.desktops = Desktops(lambda: self.desk.state, self.ask, spawn)
        self.dialled = Dialled(lambda: trunks or {"fija": TRUNK})
        self.commands = AgentCommands(
            Ports(
                lambda: self.desk.state,
                self.ask,
                self.desktops,
                self.notes,
                self.dispositions,
                self.settings,
                self.dialled,
                self.customers,
                "pbx",
                lambda: self.desk.now_ms,
                lambda _contact_id, _queue: self.estimate_ms,
            )
        )

    async def ask(self, event: ev.Event) -> Decision:
        if self.full:
            raise InboxFull
        self.asked.append(event)
        if self.refuses:
            return Decision((Ignored(type(event).__name__, "x", self.refuses, self.desk.now_ms),), ())
        return self.happens(event)

    def happens(self, *events: ev.Event) -> Decision:
        decision = self.desk.happens(*events)
        self.records += decision.records
        self.done += decision.commands
        self.commands.last.follow(decision.records)
        return decision

    def talks(self) -> None:
        """Ana talks to c1."""
        self.happens(ev.PresenceSet(BETO, Presence.NOT_READY, "pausa"))
        self.rings()
        self.happens(ev.OfferAccepted(self.desk.offer_of(C1)))
        self.happens(ev.PresenceSet(BETO, Presence.READY))

    def rings(self) -> None:
        """C1 rings at ana's."""
        self.desk.comes(C1)

    def hangs_up(self) -> None:
        """Ana puts the receiver down."""
        self.happens(ev.LegGone(self.desk.offer_of(C1)))

    async def order(
        self, order: Order, agent: str = "ana", screen: FakeScreen | None = None
    ) -> CommandResult:
        self.asked, self.done = [], []
        return await self.commands.do(agent, order, screen)
