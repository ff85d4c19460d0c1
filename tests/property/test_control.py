"""Call control against a switch at its own pace: whatever crosses whatever, nobody is left alone."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from acd import events as ev
from acd.engine import Engine
from acd.invariants import broken
from acd.model import (
    Activity,
    AgentId,
    Channel,
    ContactId,
    ExitTo,
    OfferEnd,
    OfferState,
    Phase,
    QueueId,
    Target,
    TargetKind,
)
from acd.state import Contact
from tests.property.books import Books
from tests.property.fake_switch import FakeSwitch
from tests.unit.acd.desk import agent, queue, routing

pytestmark = pytest.mark.property

NAMES = [AgentId(name) for name in ("ana", "beto", "carla")]
CONTACTS = [ContactId("c1"), ContactId("c2")]
VENTAS = QueueId("ventas")
SEEDS = 100
TARGETS = [
    *(Target(TargetKind.AGENT, name) for name in NAMES),
    Target(TargetKind.QUEUE, VENTAS),
    Target(TargetKind.OUTSIDE, "tok"),
]
CENTRE = routing(queue("ventas", wrap_ms=1_000), *(agent(name) for name in NAMES))


class Centre:
    """An engine, a switch, and people who do what they like, as chance has it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.engine, self.switch, self.books = Engine(), FakeSwitch(), Books()
        self.now_ms = 1_000_000
        self.books.publish(CENTRE)
        self.hears(ev.ConfigPublished(CENTRE))
        for name in NAMES:
            self.hears(ev.PhoneReachable(name, reachable=True))

    def hears(self, event: ev.Event) -> None:
        if isinstance(event, ev.ContactStarted | ev.ContactDialled | ev.CallbackAsked):
            self.switch.rung[event.contact_id] = 0
        decision = self.engine.handle(event, self.now_ms)
        self.books.take(decision.records)
        self.switch.orders += decision.commands
        assert broken(self.engine.state) == []

    def passes(self, ms: int) -> None:
        self.now_ms += ms
        decision = self.engine.advance(self.now_ms)
        self.books.take(decision.records)
        self.switch.orders += decision.commands

    def step(self) -> None:
        """One thing happens; mostly what was ordered is done, and what was done is told."""
        what = self.chance.randrange(20)
        if what < 5 and self.switch.orders:
            self.switch.obey(self.switch.orders.popleft())
        elif what < 10 and self.switch.told:
            self.hears(self.switch.told.popleft())
        elif what < 14:
            self.somebody_commands()
        elif what < 18:
            self.somebody_acts()
        elif what == 18:
            self.passes(self.chance.choice((50, 300, 2_500, 12_000)))
        elif self.chance.random() < 0.25:
            self.connection_is_lost()

    def somebody_commands(self) -> None:
        state = self.engine.state
        talking = [c for c in state.contacts.values() if c.agent_id is not None]
        idle = [a.id for a in state.agents.values() if a.activity is Activity.IDLE]
        if not talking:
            free = [c for c in CONTACTS if c not in state.contacts and c not in self.switch.callers]
            if free and idle and self.chance.random() < 0.5:
                channel = Channel("a", f"u-{free[0]}")
                named = None if self.chance.random() < 0.5 else VENTAS
                self.hears(ev.ContactDialled(free[0], idle[0], channel, "tok", named))
            elif free:
                self.hears(ev.CallbackAsked(free[0], VENTAS, "tok", Channel("a", f"u-{free[0]}")))
            return
        contact = self.chance.choice(talking)
        who = contact.agent_id
        assert who is not None
        to = self.chance.choice(TARGETS)
        events: list[ev.Event] = [
            ev.HoldAsked(contact.id, who),
            ev.RetrieveAsked(contact.id, who),
            ev.ConsultAsked(contact.id, who, to),
            ev.ConsultAsked(contact.id, who, to),
            ev.TransferCompleted(contact.id, who),
            ev.ConferenceAsked(contact.id, who),
            ev.ConferenceAsked(contact.id, who),
            ev.HangUpAsked(contact.id, who),
            ev.TransferAsked(contact.id, who, to),
        ]
        self.hears(self.chance.choice(events))

    def somebody_acts(self) -> None:
        switch, draw = self.switch, self.chance
        kind = draw.randrange(10)
        ringing = [leg_id for leg_id, leg in switch.legs.items() if not leg.up]
        up = [leg_id for leg_id, leg in switch.legs.items() if leg.up]
        if kind < 5 and ringing:
            switch.picks_up(draw.choice(ringing))
        elif kind == 5 and ringing:
            switch.hangs_up(draw.choice(ringing))
        elif kind == 6 and up:
            switch.hangs_up(draw.choice(up))
        elif kind == 7 and switch.callers:
            switch.caller_hangs_up(draw.choice(list(switch.callers)))
        elif kind == 8 and (dialled := [c for c, picked in switch.callers.items() if not picked]):
            contact = self.engine.state.contacts.get(dialled[0])
            if contact is not None and contact.offer_id is not None and draw.random() < 0.75:
                switch.customer_picks_up(dialled[0], contact.offer_id)
            else:
                switch.caller_hangs_up(dialled[0], OfferEnd.BUSY)
        elif free := [c for c in CONTACTS if c not in switch.callers and c not in self.engine.state.contacts]:
            switch.callers[free[0]] = True
            self.hears(ev.ContactStarted(free[0], Channel("a", f"u-{free[0]}"), "900"))
            if draw.random() < 0.2:
                self.promises()
            elif draw.random() < 0.2:
                self.hears(ev.ContactSent(free[0], draw.choice(TARGETS)))
            else:
                self.hears(ev.ContactEnqueued(free[0], VENTAS))
        self.callers_come_home()

    def callers_come_home(self) -> None:
        """As the shell does with one who is at home: ask the engine, walk the exit, or say goodbye."""
        for contact_id, picked_up in list(self.switch.callers.items()):
            contact = self.engine.state.contacts.get(contact_id)
            if not picked_up or self.switch.room_of(contact_id):
                continue
            if contact is None:
                self.switch.caller_hangs_up(contact_id)
            elif contact.phase is Phase.TALKING:
                self.hears(ev.ContactReturned(contact_id))
            elif contact.phase is Phase.AFTER and contact.exit is not None:
                assert contact.exit.to is ExitTo.QUEUE
                self.hears(ev.ContactEnqueued(contact_id, QueueId(contact.exit.name)))
            elif contact.phase in (Phase.AFTER, Phase.IVR):
                self.hears(ev.ContactFinished(contact_id))
                self.switch.caller_hangs_up(contact_id)

    def promises(self) -> None:
        """A caller at home need not stay there: promised a call, and gone or not."""
        waiting = [c.id for c in self.engine.state.contacts.values() if c.phase is Phase.IVR]
        for contact in waiting:
            self.hears(ev.CallbackPromised(contact, VENTAS, "tok", Channel("a", f"u-{contact}")))
            if contact in self.switch.callers and self.chance.random() < 0.8:
                self.switch.caller_hangs_up(contact)

    def connection_is_lost(self) -> None:
        self.switch.cut()
        self.passes(10)
        self.hears(self.switch.snapshot(self.now_ms))

    def everybody_leaves(self) -> None:
        for contact in list(self.switch.callers):
            self.switch.caller_hangs_up(contact)
        for contact in list(self.engine.state.contacts):
            self.hears(ev.CallbackCancelled(contact))

    def settles(self) -> None:
        """Everything on its way arrives, whoever is at home is seen, and nobody does anything new."""
        for _ in range(200):
            while self.switch.orders or self.switch.told:
                if self.switch.orders:
                    self.switch.obey(self.switch.orders.popleft())
                else:
                    self.hears(self.switch.told.popleft())
            self.passes(1)
            self.callers_come_home()
            if not self.switch.orders and not self.switch.told:
                return
        raise AssertionError("never settles")

    def wrong(self) -> Iterator[str]:
        """What the engine believes and the switch does not do."""
        state, switch = self.engine.state, self.switch
        yield from (f"{contact} was rung {n} times" for contact, n in switch.rung.items() if n > 1)
        if {*switch.legs} != {*state.offers}:
            yield f"legs {sorted(switch.legs)} but offers {sorted(state.offers)}"
        if not {*switch.callers} <= {*state.contacts}:
            yield f"callers {sorted(switch.callers)} but contacts {sorted(state.contacts)}"
        for contact in state.contacts.values():
            yield from self._of_contact(contact)

    def _of_contact(self, contact: Contact) -> Iterator[str]:
        state, switch = self.engine.state, self.switch
        asked = None if contact.consult_id is None else state.offers[contact.consult_id]
        talk = contact.offer_id, contact.id
        if contact.phase is Phase.OUTSIDE and contact.offer_id is not None:
            up = state.offers[contact.offer_id].state is OfferState.ACCEPTED
            if up and not switch.talks(*talk):
                yield f"{contact.id} does not talk to {contact.offer_id}, outside"
        if contact.phase is not Phase.TALKING:
            return
        if contact.conference:
            if not switch.talks(*talk, contact.consult_id):
                yield f"{contact.id} is not in conference: {switch.rooms}"
        elif contact.on_hold_ms is None:
            if not switch.talks(*talk):
                yield f"{contact.id} does not talk to {contact.offer_id}: {switch.rooms}"
        elif switch.room_of(contact.id):
            yield f"{contact.id} is on hold and talks: {switch.rooms}"
        elif (
            asked is not None
            and asked.state is OfferState.ACCEPTED
            and not switch.talks(contact.offer_id, asked.id)
        ):
            yield f"{contact.agent_id} does not talk to whom they ask: {switch.rooms}"


def run(seed: int) -> None:
    """A while of everything, then the promises."""
    centre = Centre(seed)
    for _ in range(centre.chance.randrange(5, 80)):
        centre.step()
    centre.settles()
    centre.passes(20_000)
    centre.settles()
    assert list(centre.wrong()) == []
    assert centre.books.problems(centre.engine.state) == []
    centre.everybody_leaves()
    centre.settles()
    centre.everybody_leaves()
    centre.passes(60_000)
    centre.settles()
    assert (centre.engine.state.contacts, centre.engine.state.offers, centre.switch.legs) == ({}, {}, {})
    assert {a.activity for a in centre.engine.state.agents.values()} == {Activity.IDLE}


@pytest.mark.parametrize("block", range(10))
def test_whatever_crosses_whatever_nobody_is_left_alone(block: int) -> None:
    """Once all that is on its way has arrived, everybody talks to whom the engine says, and nobody else."""
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        try:
            run(seed)
        except AssertionError as wrong:
            raise AssertionError(f"seed {seed}: {wrong}") from wrong
