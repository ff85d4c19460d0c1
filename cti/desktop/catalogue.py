"""Every type of event there is: what it carries, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cti.desktop.shapes import (
    AgentState,
    ConfigApplied,
    ContactClosed,
    ContactDialled,
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
    ServerStarted,
    StateCorrected,
    WrapEnded,
    WrapUntil,
)
from cti.desktop.shapes_added import ContactDataChanged, ContactDisposed, ContactNoted
from cti.desktop.shapes_callback import (
    CallbackEnded,
    CallbackPromised,
    CallbackWaiting,
    ContactSent,
    ContactSentBack,
)
from cti.desktop.shapes_talk import (
    ConferenceEnded,
    ConferenceStarted,
    ConsultConnected,
    ConsultEnded,
    ConsultStarted,
    ContactTransferred,
    OutsideConnected,
    OutsideEnded,
    SegmentConnected,
    SegmentEnded,
    SegmentHeld,
    SegmentMuted,
    SegmentRetrieved,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of event."""

    data: type
    es: str
    en: str


EVENTS: Mapping[str, Kind] = {
    "contact.started": Kind(
        ContactStarted,
        "Llega un contacto, o un agente empieza a llamar a alguien.",
        "A contact arrives, or an agent begins to call somebody.",
    ),
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
    "contact.dialled": Kind(
        ContactDialled,
        "El agente ha descolgado y se llama al cliente.",
        "The agent is off the hook and the customer is being called.",
    ),
    "contact.diverted": Kind(
        ContactDiverted, "Sale de la cola sin agente.", "It leaves the queue without an agent."
    ),
    "callback.promised": Kind(
        CallbackPromised,
        "Se le promete llamarle, con su sitio en la cola; puede seguir al teléfono.",
        "It is promised a call, with its place in the queue; it may still be on the line.",
    ),
    "callback.waiting": Kind(
        CallbackWaiting,
        "Espera a que le llamemos, sin nadie al teléfono.",
        "It waits to be called, with nobody on the line.",
    ),
    "callback.ended": Kind(
        CallbackEnded,
        "La promesa acaba: se le alcanzó o no, se anuló o ha vuelto a llamar.",
        "The promise is over: reached or not, cancelled, or the customer has called again.",
    ),
    "contact.sent": Kind(
        ContactSent,
        "El menú lo pasa a un agente por su nombre o a alguien de fuera.",
        "The menu hands it over to an agent by name or to somebody outside.",
    ),
    "contact.sent_back": Kind(
        ContactSentBack,
        "No se alcanzó a quien el menú llamaba: sigue en el menú.",
        "Whom the menu rang was not reached: it goes on in the menu.",
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
    "segment.held": Kind(
        SegmentHeld, "El agente lo retiene: oye música.", "The agent puts it on hold: it hears music."
    ),
    "segment.retrieved": Kind(SegmentRetrieved, "Vuelven a hablar.", "They talk again."),
    "segment.muted": Kind(
        SegmentMuted, "Al agente no se le oye, o se le vuelve a oír.", "The agent is not heard, or again."
    ),
    "consult.started": Kind(
        ConsultStarted,
        "El agente consulta a otro, o a alguien de fuera; el contacto queda retenido.",
        "The agent asks another one, or somebody outside; the contact is on hold.",
    ),
    "consult.connected": Kind(ConsultConnected, "Hablan entre ellos.", "They talk to each other."),
    "consult.ended": Kind(
        ConsultEnded,
        "Acaba la consulta: por cualquiera de ellos, por una transferencia o una conferencia.",
        "The consultation is over: by either of them, by a transfer or a conference.",
    ),
    "conference.started": Kind(
        ConferenceStarted,
        "Hablan los tres: el contacto, el agente y a quien consultaba.",
        "Three talk: the contact, the agent and whom the agent was asking.",
    ),
    "conference.ended": Kind(ConferenceEnded, "Ya no son tres.", "They are three no more."),
    "segment.ended": Kind(SegmentEnded, "Dejan de hablar.", "They talk no more."),
    "contact.transferred": Kind(
        ContactTransferred,
        "Un agente lo pasa a otro agente, a una cola o a alguien de fuera.",
        "An agent hands it over to another agent, to a queue or to somebody outside.",
    ),
    "outside.connected": Kind(
        OutsideConnected, "Habla con alguien de fuera.", "It talks to somebody outside."
    ),
    "outside.ended": Kind(
        OutsideEnded,
        "Ya no habla con nadie de fuera, ni espera a que conteste.",
        "It talks to nobody outside any more, nor waits for them to answer.",
    ),
    "contact.escalated": Kind(
        ContactEscalated,
        "Un agente lo pasa al siguiente nivel.",
        "An agent hands it over to the next tier.",
    ),
    "contact.data": Kind(
        ContactDataChanged,
        "Un programa le añade, cambia o quita datos (un carrito, un pedido…).",
        "A program attaches, changes or removes data (a cart, an order...).",
    ),
    "contact.noted": Kind(
        ContactNoted,
        "Un agente escribe una nota para quien siga.",
        "An agent writes a note for whoever is next.",
    ),
    "contact.disposed": Kind(
        ContactDisposed,
        "Un agente dice cómo ha ido; si se repite, vale lo último.",
        "An agent says how it went; if told again, the last one counts.",
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

PERSONAL = frozenset(
    {
        "contact.started",
        "contact.identified",
        "contact.queued",
        "contact.dialled",
        "callback.promised",
        "callback.waiting",
        "contact.sent",
        "contact.data",
        "contact.noted",
        "contact.disposed",
        "offer.announced",
        "consult.started",
        "contact.transferred",
    }
)
"""
Those that tell who somebody is: a customer, or a number outside. They are kept without it,
and told again with what is known then.
"""
