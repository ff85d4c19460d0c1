"""Asking somebody, and handing a contact over: to an agent, to a queue, to a number outside."""

from __future__ import annotations

from msgspec import UNSET

from acd import events as ev
from acd.model import AgentId, ContactId, Phase, QueueId, Target, TargetKind
from acd.state import Contact, State
from centralita.commands.in_hand import in_hand
from centralita.commands.ports import Ports
from centralita.commands.refusals import NO_TALK, NO_TIER, NOTES_FULL, Why, refused
from centralita.web import orders
from centralita.web.ports import Answer, CommandResult


async def consult(ports: Ports, agent: AgentId, order: orders.Consult) -> CommandResult:
    contact_id = in_hand(ports.state(), agent, order)
    if isinstance(contact_id, Why):
        return refused(contact_id)
    target = _target(ports, contact_id, order.to)
    if isinstance(target, Why):
        return refused(target)
    done = await ports.tell(ev.ConsultAsked(contact_id, agent, target))
    return _kept_if_done(ports, done, target)


async def transfer(ports: Ports, agent: AgentId, order: orders.Transfer) -> CommandResult:
    """Blind."""
    contact_id = in_hand(ports.state(), agent, order)
    if isinstance(contact_id, Why):
        return refused(contact_id)
    target = _target(ports, contact_id, order.to)
    if isinstance(target, Why):
        return refused(target)
    if not await _noted(ports, contact_id, agent, order.note):
        return refused(NOTES_FULL)
    done = await ports.tell(_asked(ports, contact_id, agent, target, anyway=bool(order.anyway)))
    return _kept_if_done(ports, done, target)


async def complete(ports: Ports, agent: AgentId, order: orders.CompleteTransfer) -> CommandResult:
    """Attended."""
    contact_id = in_hand(ports.state(), agent, order)
    if isinstance(contact_id, Why):
        return refused(contact_id)
    if not await _noted(ports, contact_id, agent, order.note):
        return refused(NOTES_FULL)
    return await ports.tell(ev.TransferCompleted(contact_id, agent))


async def escalate(ports: Ports, agent: AgentId, order: orders.Escalate) -> CommandResult:
    """To the next tier of the contact's queue."""
    contact_id = in_hand(ports.state(), agent, order)
    if isinstance(contact_id, Why):
        return refused(contact_id)
    contact = _in_talk(ports.state(), contact_id, agent)
    if contact is None:
        return refused(NO_TALK)
    if contact.rules is None or contact.rules.escalate_to is None:
        return refused(NO_TIER)
    if not await _noted(ports, contact_id, agent, order.note):
        return refused(NOTES_FULL)
    return await ports.tell(ev.ContactEscalated(contact_id, agent))


def _in_talk(state: State, contact_id: ContactId, agent: AgentId) -> Contact | None:
    contact = state.contacts.get(contact_id)
    talks = contact is not None and contact.phase is Phase.TALKING and contact.agent_id == agent
    return contact if talks else None


async def _noted(ports: Ports, contact_id: ContactId, agent: AgentId, note: str | None) -> bool:
    """Before the order: whoever is offered the contact by it is shown the note already. A repeat is none."""
    if note is None:
        return True
    said = [(known["agent"], known["text"]) for known in ports.notes.of(contact_id)[-1:]]
    return said == [(agent, note)] or await ports.notes.add(contact_id, agent, note)


def _target(ports: Ports, contact_id: ContactId, to: orders.To) -> Target | Why:
    if to.agent is not UNSET:
        return Target(TargetKind.AGENT, to.agent)
    if to.queue is not UNSET:
        return Target(TargetKind.QUEUE, to.queue)
    assert to.number is not UNSET
    found = ports.dialled.find(to.number)
    if isinstance(found, Why):
        return found
    return Target(TargetKind.OUTSIDE, ports.dialled.keep(contact_id, found.way))


def _kept_if_done(ports: Ports, done: CommandResult, target: Target) -> CommandResult:
    """A number that nobody is going to dial is forgotten at once."""
    if target.kind is TargetKind.OUTSIDE and done.answer is not Answer.DONE:
        ports.dialled.forget(target.name)
    return done


def _asked(
    ports: Ports, contact_id: ContactId, agent: AgentId, target: Target, *, anyway: bool
) -> ev.TransferAsked:
    if target.kind is not TargetKind.QUEUE:
        return ev.TransferAsked(contact_id, agent, target, anyway=anyway)
    queue = QueueId(target.name)
    return ev.TransferAsked(
        contact_id,
        agent,
        target,
        is_open=ports.settings.is_open(queue),
        estimate_ms=ports.estimate(contact_id, queue) if queue in ports.state().routing.queues else None,
        anyway=anyway,
    )
