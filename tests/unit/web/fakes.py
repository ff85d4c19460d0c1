"""A server to hang the web on: fakes of its ports, the real hub for the stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from centralita.web.live_shape import Live
from centralita.web.ports import (
    Answer,
    CommandResult,
    ContactPage,
    ContactQuery,
    HistoryUnavailableError,
    Json,
    WebPorts,
)
from cti.desktop.hub import EventHub

TOKEN = "a-long-secret-of-the-tests"
LIVE: Live = {
    "at_ms": 1_000,
    "seq": 7,
    "config_version": "v1",
    "alarms": [],
    "queues": [{"id": "ventas", "waiting": 1, "longest_wait_since_ms": 900, "ready": 0, "talking": 0}],
    "agents": [
        {
            "id": "ana",
            "presence": "ready",
            "activity": "idle",
            "reason": "",
            "reachable": True,
            "since_ms": 500,
            "contact_id": None,
            "resting_until_ms": None,
        }
    ],
    "contacts": [],
}


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

    async def erase(self, customer_id: str) -> bool:
        self._answer(("erase", customer_id))
        return customer_id == "k1"

    def _answer(self, asked: object) -> None:
        if self.down:
            raise HistoryUnavailableError
        self.asked.append(asked)


@dataclass
class FakeServer:
    history: FakeHistory = field(default_factory=FakeHistory)
    ready: tuple[bool, str] = (True, "")
    commands: list[tuple[str, ...]] = field(default_factory=list)
    hub: EventHub = field(default_factory=lambda: EventHub(lambda _contact_id: {}, lambda: LIVE, queue_max=8))

    def ports(self) -> WebPorts:
        return WebPorts(
            live=lambda: LIVE,
            ready=lambda: self.ready,
            set_presence=self._set_presence,
            wrap_up_done=self._wrap_up_done,
            history=self.history,
            stream=self.hub,
            token=TOKEN,
            allowed_hosts=frozenset({"127.0.0.1"}),
            allowed_origins=frozenset({"https://centro.example"}),
        )

    async def _set_presence(self, agent: str, presence: str, reason: str) -> CommandResult:
        return self._command(agent, presence, reason)

    async def _wrap_up_done(self, agent: str) -> CommandResult:
        return self._command(agent, "wrap-up done")

    def _command(self, agent: str, *rest: str) -> CommandResult:
        if agent == "beto":
            return CommandResult(Answer.REFUSED, "Beto está hablando.", "Beto is talking.")
        if agent == "carla":
            return CommandResult(Answer.UNAVAILABLE, "El servidor se detiene.", "The server is stopping.")
        if agent != "ana":
            return CommandResult(Answer.UNKNOWN_AGENT)
        self.commands.append((agent, *rest))
        return CommandResult(Answer.DONE)
