"""Every type of event there is: what it carries, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cti.desktop.shapes import (
    AgentState,
    ConfigApplied,
    ContactClosed,
    ContactDiverted,
    ContactEscalated,
    ContactHeldBack,
    ContactIdentified,
    ContactPlacedBack,
    ContactQueued,
    ContactStarted,
    OfferAnnounced,
    OfferOver,
    OfferRinging,
    SegmentConnected,
    SegmentEnded,
    ServerStarted,
    StateCorrected,
    WrapEnded,
    WrapUntil,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of event."""

    data: type
    es: str
    en: str


EVENTS: Mapping[str, Kind] = {
    "contact.started": Kind(ContactStarted, "Llega un contacto.", "A contact arrives."),
    "contact.identified": Kind(
        ContactIdentified,
        "Se sabe quién es y lo que dicen las reglas; si se repite, vale el último.",
        "It is known who it is and what the rules say; if told again, the last one counts.",
    ),
    "contact.queued": Kind(ContactQueued, "Entra en una cola.", "It enters a queue."),
    "contact.held_back": Kind(
        ContactHeldBack,
        "Espera aunque alguien capaz está libre.",
        "It waits although somebody able is free.",
    ),
    "contact.placed_back": Kind(
        ContactPlacedBack,
        "Colgó esperando, ha vuelto y recupera su sitio.",
        "It had hung up waiting, is back and has its place again.",
    ),
    "contact.diverted": Kind(
        ContactDiverted, "Sale de la cola sin agente.", "It leaves the queue without an agent."
    ),
    "offer.announced": Kind(
        OfferAnnounced,
        "Antes de que suene: a quién se ofrece, quién llama y qué ficha abrir.",
        "Before the bell: to whom it is offered, who calls and which record to open.",
    ),
    "offer.ringing": Kind(OfferRinging, "Suena el teléfono del agente.", "The agent's phone rings."),
    "offer.accepted": Kind(OfferOver, "El agente descuelga.", "The agent picks up."),
    "offer.rejected": Kind(OfferOver, "El agente lo rechaza.", "The agent refuses it."),
    "offer.no_answer": Kind(OfferOver, "El agente deja sonar.", "The agent lets it ring."),
    "offer.busy": Kind(OfferOver, "El teléfono comunica.", "The phone is busy."),
    "offer.unreachable": Kind(
        OfferOver, "El teléfono no está o no responde.", "The phone is not there or does not reply."
    ),
    "offer.failed": Kind(OfferOver, "El teléfono o la centralita fallan.", "The phone or the switch fails."),
    "offer.withdrawn": Kind(
        OfferOver,
        "Se retira; `result` dice si fue porque colgó quien llamaba.",
        "It is withdrawn; `result` tells whether the caller has gone.",
    ),
    "segment.connected": Kind(SegmentConnected, "Contacto y agente hablan.", "Contact and agent talk."),
    "segment.ended": Kind(SegmentEnded, "Dejan de hablar.", "They talk no more."),
    "contact.escalated": Kind(
        ContactEscalated,
        "Un agente lo pasa al siguiente nivel.",
        "An agent hands it over to the next tier.",
    ),
    "wrap.started": Kind(WrapUntil, "Empieza el trabajo posterior.", "Wrap-up begins."),
    "wrap.extended": Kind(WrapUntil, "Se prorroga.", "It is extended."),
    "wrap.ended": Kind(WrapEnded, "Termina.", "It ends."),
    "contact.closed": Kind(
        ContactClosed,
        "Ha terminado: el registro definitivo, que no cambia.",
        "It is over: the final record, which does not change.",
    ),
    "agent.state": Kind(AgentState, "Cambia el estado de un agente.", "An agent's state changes."),
    "config.applied": Kind(
        ConfigApplied, "Entra en vigor una configuración.", "A configuration takes effect."
    ),
    "state.corrected": Kind(
        StateCorrected,
        "Lo que sabíamos no era lo que dice la centralita, y se ha corregido.",
        "What we knew is not what the switch says, and has been mended.",
    ),
    "server.started": Kind(ServerStarted, "El servidor ha arrancado.", "The server has started."),
}
"""Every type of event there is, in the order of a contact's life."""

PERSONAL = frozenset({"contact.started", "contact.identified", "contact.queued", "offer.announced"})
"""Those that tell who somebody is. They are kept without it, and told again with what is known then."""
