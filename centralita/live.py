"""The centre as it is at this moment, read from the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from acd.model import (
    Activity,
    AgentId,
    ContactId,
    Phase,
    QueueId,
)
from acd.routing.eligible import Veto, veto
from acd.routing.needs import Needs, next_step_ms
from acd.state import IN_LINE, Agent, Contact, State
from centralita.live_talk import consult_of, doing_in_talk, is_outside
from centralita.live_teams import Teams, union
from centralita.opening import Opening
from centralita.web.live_shape import (
    Answers,
    Live,
    LiveAgent,
    LiveContact,
    LiveQueue,
    LiveReason,
    LiveSpeech,
    LiveWait,
)


@dataclass(frozen=True, slots=True)
class Beside:
    """What the engine does not know, for it is the shell's."""

    seq: int
    """The journal's last."""
    number: Callable[[ContactId], str | None]
    """Of a contact's caller, or None."""
    customer: Callable[[ContactId], str] = lambda _contact_id: ""
    """Name in the record that the caller's number belongs to; empty for none."""
    verified: Callable[[ContactId], bool | None] = lambda _contact_id: None
    """Whether they have proven who they are; None: nobody has asked."""
    alarms: list[str] = field(default_factory=list)
    """What is wrong beside the calls."""
    opening: Callable[[QueueId, int], Opening | None] = lambda _queue, _now_ms: None
    """Of a queue at a moment; None for one without hours."""
    names: Mapping[AgentId, str] = field(default_factory=dict)
    """Of agents, for people."""
    queue_wait: Callable[[QueueId], LiveWait | None] = lambda _queue: None
    """Estimated for one who calls now."""
    answers: Callable[[AgentId], Answers] = lambda _agent: "by_hand"
    """How an agent's phone can be made to pick up."""
    waits: Mapping[ContactId, LiveWait] = field(default_factory=dict)
    """Estimated rest, of contacts that wait."""
    speech: LiveSpeech = field(default_factory=lambda: LiveSpeech(recognition={}, line={}))
    """How callers are heard."""


class Picture:
    """
    Reads everything a screen shows, again and again.

    Who could serve which queue changes with the configuration alone and is kept
    from one reading to the next, one bit for each agent.
    """

    def __init__(self) -> None:
        self._teams: Teams | None = None

    def read(self, state: State, now_ms: int, beside: Beside) -> Live:
        """
        Read it as of now.

        Args:
            state: The engine's, between two inputs.
            now_ms: Engine time.
            beside: What stands beside the engine.
        """
        if self._teams is None or self._teams.routing is not state.routing:
            self._teams = Teams(state.routing)
        teams = self._teams
        doing = _doing(state, teams, now_ms)
        return Live(
            at_ms=now_ms,
            seq=beside.seq,
            config_version=state.routing.version,
            alarms=beside.alarms,
            queues=_queues(state, now_ms, doing, teams, beside),
            teams=teams.queues,
            agents=[_agent(state, agent, teams, beside) for agent in state.agents.values()],
            contacts=_contacts(state, now_ms, doing, teams, beside),
            speech=beside.speech,
        )


def _doing(state: State, teams: Teams, now_ms: int) -> dict[Veto | None, int]:
    """Agents by what keeps them from being offered anything, None for nothing."""
    doing: dict[Veto | None, int] = {}
    for agent in state.agents.values():
        kept = veto(agent, now_ms)
        doing[kept] = doing.get(kept, 0) | teams.bit.get(agent.id, 0)
    return doing


_BUSY = (Veto.OFFERED, Veto.TALKING, Veto.WRAP_UP)
_ELSEWHERE = (None, Veto.RETIRED, Veto.LOGGED_OUT, *_BUSY)


def _queues(
    state: State, now_ms: int, doing: Mapping[Veto | None, int], teams: Teams, beside: Beside
) -> list[LiveQueue]:
    ready, busy = doing.get(None, 0), union(doing.get(kind, 0) for kind in _BUSY)
    away = union(bits for kind, bits in doing.items() if kind not in _ELSEWHERE)
    talking = Counter(
        c.rules.id for c in state.contacts.values() if c.phase is Phase.TALKING and c.rules is not None
    )
    callbacks = Counter(c.rules.id for c in state.contacts.values() if c.absent and c.rules is not None)
    found = []
    for queue_id in state.routing.queues:
        able, opening = teams.able[queue_id], beside.opening(queue_id, now_ms)
        found.append(
            LiveQueue(
                id=queue_id,
                open=None if opening is None else opening.is_open,
                until_ms=None if opening is None else opening.until_ms,
                waiting=len(state.lines.get(queue_id, ())),
                callbacks=callbacks[queue_id],
                longest_wait_since_ms=state.waiting_since_ms(queue_id),
                ready=(able & ready).bit_count(),
                busy=(able & busy).bit_count(),
                not_ready=(able & away).bit_count(),
                talking=talking[queue_id],
                escalate_to=state.routing.queues[queue_id].escalate_to,
                wait=beside.queue_wait(queue_id),
            )
        )
    return found


def _agent(state: State, agent: Agent, teams: Teams, beside: Beside) -> LiveAgent:
    return LiveAgent(
        id=agent.id,
        name=beside.names.get(agent.id, agent.id),
        presence=agent.presence,
        activity=agent.activity,
        reason=agent.reason,
        reachable=agent.reachable,
        in_use=agent.in_use,
        desktop=agent.desktop,
        since_ms=agent.since_ms,
        contact_id=agent.contact_id if agent.activity is not Activity.IDLE else None,
        resting_until_ms=agent.resting_until_ms,
        wrap_until_ms=agent.wrap_until_ms if agent.activity is Activity.WRAP_UP else None,
        wrap_extensions=_extensions(agent),
        pending=agent.pending,
        pending_reason=agent.pending_reason,
        team=teams.of_agent.get(agent.id, 0),
        talk=doing_in_talk(state, agent),
        answers=beside.answers(agent.id),
    )


def _extensions(agent: Agent) -> int:
    can = agent.activity is Activity.WRAP_UP and agent.wrap_extend_ms > 0
    return agent.wrap_extensions_left if can else 0


def _contacts(
    state: State, now_ms: int, doing: Mapping[Veto | None, int], teams: Teams, beside: Beside
) -> list[LiveContact]:
    known: dict[tuple[Needs, bool], list[LiveReason]] = {}

    def why(contact: Contact) -> list[LiveReason]:
        if contact.phase is not Phase.WAITING or contact.rules is None or contact.joined_ms is None:
            return []
        is_last = next_step_ms(contact.rules, now_ms - contact.joined_ms) is None
        key = contact.needs, is_last
        if key not in known:
            known[key] = teams.why(contact.needs, doing, is_last=is_last)
        return known[key]

    return [_contact(state, contact, why(contact), beside) for contact in state.contacts.values()]


def _contact(state: State, contact: Contact, why: list[LiveReason], beside: Beside) -> LiveContact:
    offered = state.offers[contact.offer_id].agent_id if contact.offer_id is not None else None
    waits = contact.phase in IN_LINE and contact.queued_ms is not None
    since_ms = contact.queued_ms if waits else None
    return LiveContact(
        id=contact.id,
        phase=contact.phase,
        direction=contact.direction,
        queue=contact.rules.id if contact.rules is not None else None,
        position=state.position(contact.id),
        since_ms=contact.phase_since_ms if since_ms is None else since_ms,
        # The one outside has no name.
        agent=contact.agent_id or offered or None,
        hold_since_ms=contact.on_hold_ms,
        muted=contact.muted,
        consult=consult_of(state, contact),
        conference=contact.conference,
        with_outside=is_outside(state, contact),
        absent=contact.absent,
        promised_ms=None if contact.promise is None else contact.promise.at_ms,
        number=beside.number(contact.id),
        customer=beside.customer(contact.id),
        verified=beside.verified(contact.id),
        language=state.language_of(contact),
        segment=contact.segment,
        head_start_ms=contact.head_start_ms,
        step=contact.step if waits else "",
        wait=beside.waits.get(contact.id) if waits else None,
        why=why,
    )
