"""A database, a caller on the line, and everything that flows can ask for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from acd import events as ev
from acd.model import Channel, ContactId
from acd.records import ContactClosed, ContactOpened
from acd.state import State
from centralita.callers import Visit
from centralita.customers import Customers
from centralita.customers import Ports as CustomerPorts
from centralita.facts import Facts
from centralita.following import Following
from centralita.following import Ports as FollowingPorts
from centralita.home import Home
from centralita.people.hashing import Hasher
from centralita.services.house import OneContact, Ports, ServicesOf
from centralita.services.settings import Settings
from centralita.store.history import History
from centralita.store.parties import Parties, caller_identity
from centralita.store.projection import Projection
from centralita.tasks import spawn
from config.rules.facts import facts_of
from config.schema import Centre
from ivr.actions import Failed, Promised
from ivr.ports import Understood, Utterance
from tests.support.polling import eventually
from tests.unit.store.samples import call

NOW = 1_795_000_000_000
MOBILE, HOME_PHONE, STRANGER = "+34600111222", "+34911234567", "+34600999888"


def centre(**more: Any) -> Centre:
    """A centre whose customers have a document and a balance."""
    return Centre.model_validate(
        {
            "schema": "acd/1",
            "name": "Prueba",
            "languages": ["es", "en"],
            "segments": ["base", "oro"],
            "facts": {"customer": {"within": "500ms", "fields": {"documento": "text", "pedidos": "int"}}},
            "agents": {"ana": {"name": "Ana", "phone": "ana"}},
            "phones": {"ana": {}},
            "entry": {},
            "queues": {},
            **more,
        }
    )


@dataclass
class Clock:
    ms: int = NOW

    def __call__(self) -> int:
        return self.ms


@dataclass
class FakeCallbacks:
    """Who promises calls and hands callers over, as the callbacks do."""

    asked: list[tuple[object, ...]] = field(default_factory=list)

    async def promise(self, contact_id: ContactId, queue: str, number: str) -> Promised:
        self.asked.append(("promise", contact_id, queue, number))
        return Promised()

    async def ring(self, contact_id: ContactId, agent: str, number: str, ring_ms: int) -> Failed | None:
        self.asked.append(("ring", contact_id, agent, number, ring_ms))
        return None

    def not_reached(self, contact_id: ContactId) -> bool:
        return contact_id == "c9"


@dataclass
class FakeUnderstanding:
    said_: list[tuple[ContactId, Utterance]] = field(default_factory=list)

    async def understand(self, text: str, language: str, config_version: str) -> Understood:
        return Understood(f"{language}:{config_version}", 0.9, {"words": text})

    def said(self, contact_id: ContactId, utterance: Utterance) -> None:
        self.said_.append((contact_id, utterance))


@dataclass
class Scene:
    """One server; `again` is the server after a kill -9."""

    home: Home
    projection: Projection
    clock: Clock
    centre: Centre
    contacts: dict[ContactId, Any]
    events: list[ev.Event]
    history: History
    parties: Parties
    following: Following
    services: ServicesOf
    callbacks: FakeCallbacks
    understanding: FakeUnderstanding
    customers: Customers

    def comes(self, contact_id: str, number: str | None = MOBILE, **contact: Any) -> ContactId:
        """Somebody is on the line."""
        id_ = ContactId(contact_id)
        self.contacts[id_] = SimpleNamespace(
            **{
                "node": "",
                "language": "es",
                "language_chosen": False,
                "config_version": "v1",
                "rules": None,
                "segments": (),
                "segment": "",
                **contact,
            },
        )
        self.parties.arrived(id_, caller_identity(number, number is not None, "Marta"))
        opened = ContactOpened(id_, Channel("pbx", f"u{contact_id}"), "900", self.clock.ms)
        parties = self.parties.follow([opened])
        self.projection.put(self.projection.last_seq() + len(self.contacts), self.clock.ms, (), parties)
        self.following.follow([opened])
        return id_

    def goes(self, contact_id: ContactId) -> None:
        del self.contacts[contact_id]
        closed = next(record for _, _, records, _ in call(1) for record in records if _is_closed(record))
        object.__setattr__(closed, "contact_id", contact_id)
        self.parties.follow([closed])
        self.following.follow([closed])

    def one(self, contact_id: ContactId, *, withheld: bool = False) -> OneContact:
        return self.services(contact_id, visit(withheld=withheld))

    async def customer(self, ref: str = "C-7", **given: Any) -> str:
        """Id of a customer with this record."""
        told = {
            "name": "Marta Ruiz",
            "numbers": [MOBILE, HOME_PHONE],
            "segment": "oro",
            "fields": {"documento": "12345678-Z", "pedidos": 3},
            **given,
        }
        put = await self.customers.put(ref, told)
        assert not put.wrong and not put.taken, put
        found = await self.customers.by_ref(ref)
        assert found is not None
        return str(found["id"])

    async def written(self) -> None:
        """Everything said so far is in the database."""
        await eventually(lambda: not self.following.written.pending, 5)
        assert await self.projection.flush()

    async def close(self) -> None:
        await self.services.close()
        await self.projection.close()


def _is_closed(record: object) -> bool:
    return isinstance(record, ContactClosed)


def visit(*, withheld: bool = False) -> Visit:
    return Visit("pbx", "u1", "PJSIP/x-1", "900", "", "", False, "", "", withheld)


async def _server(tmp_path: Path, clock: Clock, of: Centre) -> Scene:
    home = Home(tmp_path)
    home.make()
    projection = Projection(home.database_url, spawn, retry_first_ms=5)
    assert await projection.start()
    history = History(projection.engine)
    contacts: dict[ContactId, Any] = {}
    state = cast("State", SimpleNamespace(contacts=contacts))
    events: list[ev.Event] = []

    async def ask(event: ev.Event) -> None:
        events.append(event)

    parties = Parties(history, projection.committed, spawn, shown=lambda: False)
    following = Following.of(
        FollowingPorts(
            projection, history, parties, lambda _aside: None, ask, lambda: state, clock, clock, spawn
        )
    )
    callbacks, understanding, restored = FakeCallbacks(), FakeUnderstanding(), asyncio.Event()
    restored.set()
    settings, hasher = Settings.of(of), Hasher(memory_kib=64, time_cost=1)
    services = ServicesOf(
        Ports(
            home=home,
            state=lambda: state,
            ask=ask,
            parties=parties,
            facts=Facts(parties, clock, following),
            walks=following.walks,
            preferences=following.preferences,
            written=following.written,
            writer=projection,
            engine=projection.engine,
            settings=lambda _version: settings,
            callbacks=callbacks,
            understanding=understanding,
            intent=following.trails.intent,
            restored=restored,
            now_ms=clock,
            spawn=spawn,
        ),
        hasher=hasher,
    )
    customers = Customers(
        CustomerPorts(
            projection,
            history,
            parties,
            following.forget,
            lambda: facts_of(of),
            clock,
            hashed=hasher.hash,
            erased=services.voicemail.remove_erased,
        )
    )
    return Scene(
        home, projection, clock, of, contacts, events, history, parties, following, services, callbacks,
        understanding, customers,
    )  # fmt: skip


Servers = Callable[[], Any]


@asynccontextmanager
async def servers(tmp_path: Path, of: Centre | None = None) -> AsyncIterator[Servers]:
    """One server after the other over the same folder; each forgets what only memory knew."""
    clock, known, made = Clock(), of or centre(), list[Scene]()

    async def server() -> Scene:
        if made:
            await made[-1].close()
        made.append(await _server(tmp_path, clock, known))
        return made[-1]

    yield server
    if made:
        await made[-1].close()
