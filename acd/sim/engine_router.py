"""
The engine as a router of the simulated world: the very same code that runs the centre.

Each thing that happens becomes the event that the switch would report; the
engine's commands become offers. Its own deadlines (wrap-up, rests, steps, holds)
fire as they do live.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from acd import events as ev
from acd.commands import OfferContact, WithdrawOffer
from acd.engine import Decision, Engine
from acd.model import Activity, AgentId, Channel, ContactId, OfferEnd, OfferId, Presence, QueueId, Routing
from acd.records import Record
from acd.sim.router import Call, Offer
from acd.stats.pace import PaceBook, afresh

CHANNEL = Channel("sim", "")
NOTHING: tuple[Offer, ...] = ()

Sink = Callable[[Record], None]


class EngineRouter:
    """A fresh engine with a published configuration."""

    def __init__(
        self,
        routing: Routing,
        *,
        queues: Sequence[QueueId],
        agents: Sequence[AgentId],
        sink: Sink | None = None,
        explains: bool = False,
        paces: PaceBook | None = None,
    ) -> None:
        """
        Publish the configuration at time 0.

        Args:
            routing: What the engine routes by. Exits of queues are not walked: leave them out.
            queues: By type of call, where it waits.
            agents: By index in `System.agents`, who it is.
            sink: Gets every record of the engine, in order.
            explains: Whether offers are explained; it takes time.
            paces: What was learned on earlier days; is not changed. None: nothing.
        """
        self.engine = Engine(explains=explains)
        if paces is not None:
            self.engine.state.paces = afresh(paces)
        self._queues, self._agents = queues, agents
        self._index = {agent: at for at, agent in enumerate(agents)}
        self._sink = sink
        self._calls: dict[ContactId, Call] = {}
        self._handle(ev.ConfigPublished(routing), 0)

    def sign_in(self, agent: int, now_ms: int) -> Sequence[Offer]:
        agent_id = self._agents[agent]
        offers: list[Offer] = []
        if not self.engine.state.agents[agent_id].reachable:
            offers += self._handle(ev.PhoneReachable(agent_id, True), now_ms)
        if self.engine.state.agents[agent_id].presence is not Presence.READY:
            offers += self._handle(ev.PresenceSet(agent_id, Presence.READY), now_ms)
        return offers

    def sign_out(self, agent: int, now_ms: int) -> Sequence[Offer]:
        return self._handle(ev.PresenceSet(self._agents[agent], Presence.LOGGED_OUT), now_ms)

    def arrive(self, call: Call, now_ms: int) -> Sequence[Offer]:
        contact_id = ContactId(f"c{call.number:09d}")
        self._calls[contact_id] = call
        queue = self._queues[call.kind]
        self._handle(ev.ContactStarted(contact_id, CHANNEL, queue), now_ms)
        return self._handle(ev.ContactEnqueued(contact_id, queue), now_ms)

    def answer(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return self._handle(ev.OfferAccepted(call.mark), now_ms)

    def miss(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return self._handle(ev.OfferFailed(call.mark, OfferEnd.NO_ANSWER), now_ms)

    def give_up(self, call: Call, now_ms: int) -> Sequence[Offer]:
        return self._gone(call, now_ms)

    def finish(self, call: Call, agent: int, now_ms: int) -> Sequence[Offer]:
        return self._gone(call, now_ms)

    def free(self, agent: int, now_ms: int) -> Sequence[Offer]:
        """Wrap-up ends by the engine's own deadline, or by the agent's word where it comes sooner."""
        offers = self._obey(self.engine.advance(now_ms), now_ms)
        agent_id = self._agents[agent]
        if self.engine.state.agents[agent_id].activity is Activity.WRAP_UP:
            return [*offers, *self._handle(ev.WrapUpDone(agent_id), now_ms)]
        return offers

    def next_ms(self) -> int | None:
        return self.engine.next_deadline_ms()

    def wake(self, now_ms: int) -> Sequence[Offer]:
        return self._obey(self.engine.advance(now_ms), now_ms)

    def _gone(self, call: Call, now_ms: int) -> Sequence[Offer]:
        contact_id = ContactId(f"c{call.number:09d}")
        del self._calls[contact_id]
        return self._handle(ev.ContactGone(contact_id), now_ms)

    def _handle(self, event: ev.Event, now_ms: int) -> Sequence[Offer]:
        return self._obey(self.engine.handle(event, now_ms), now_ms)

    def _obey(self, decision: Decision, now_ms: int) -> Sequence[Offer]:
        if self._sink is not None:
            for record in decision.records:
                self._sink(record)
        if not decision.commands:
            return NOTHING
        offers: list[Offer] = []
        for command in decision.commands:
            if type(command) is OfferContact:
                call = self._calls[command.contact_id]
                call.mark = command.offer_id
                offers.append((call, self._index[command.agent_id]))
            elif type(command) is WithdrawOffer:
                offers += self._withdraw(command.offer_id, now_ms)
        return offers

    def _withdraw(self, offer_id: OfferId, now_ms: int) -> Sequence[Offer]:
        """The caller hung up while it rang: the switch reports how the bell ended."""
        return self._handle(ev.OfferFailed(offer_id, OfferEnd.CALLER_GONE), now_ms)
