"""What each count is called, for whoever reads a report: Spanish and English."""

from __future__ import annotations

from collections.abc import Mapping

from acd.stats.kpi_counts import Count

COUNT_NAMES: Mapping[Count, tuple[str, str]] = {
    Count.OFFERED: ("ofrecidas", "offered"),
    Count.ANSWERED: ("atendidas", "answered"),
    Count.ANSWERED_IN_TIME: ("atendidas dentro del objetivo", "answered within target"),
    Count.ABANDONED: ("abandonadas (también las cortas)", "abandoned (short ones included)"),
    Count.ABANDONED_SHORT: ("abandonos cortos", "short abandons"),
    Count.ABANDONED_IN_TIME: ("abandonos dentro del objetivo", "abandons within target"),
    Count.REJECTED: ("rechazadas por el centro", "rejected by the centre"),
    Count.FLOWED_OUT: ("enviadas a otra cola o a un menú", "sent to another queue or to a menu"),
    Count.PROMISED: ("con llamada prometida", "promised a call"),
    Count.LOST: ("perdidas por la centralita", "lost by the switch"),
    Count.STILL: ("todavía esperando", "still waiting"),
    Count.WAIT_ANSWERED_MS: ("espera de las atendidas", "wait of the answered"),
    Count.WAIT_ABANDONED_MS: ("espera de las abandonadas", "wait of the abandoned"),
    Count.FIRST_ANSWERED: ("llegadas a su primer agente", "reached their first agent"),
    Count.WAIT_FROM_START_MS: (
        "tiempo hasta el primer agente, desde el comienzo",
        "time to the first agent, from the start",
    ),
    Count.TALKS: ("tramos de conversación", "talk segments"),
    Count.TALK_MS: ("conversación", "talk"),
    Count.HOLD_MS: ("retención", "hold"),
    Count.WRAP_MS: ("trabajo posterior", "wrap-up"),
    Count.CUT_SHORT: (
        "conversaciones de menos de 15 s terminadas por el agente",
        "talks under 15 s ended by the agent",
    ),
    Count.HANDED_OVER: ("traspasos de un agente", "handed over by an agent"),
    Count.HANDED_ATTENDED: ("de ellos, con consulta previa", "of those, after a consultation"),
    Count.CONSULTS: ("consultas hechas", "consultations made"),
    Count.CONSULT_MS: ("conversación de las consultas", "talk of the consultations"),
    Count.CONSULTED: ("consultas recibidas", "consultations received"),
    Count.CALLBACKS: ("llamadas prometidas que acabaron", "promised calls that have ended"),
    Count.CALLED_BACK: ("de ellas, cumplidas", "of those, kept"),
    Count.CALLBACK_WAIT_MS: ("tiempo hasta cumplirlas", "time until they were kept"),
    Count.DIALLED: ("llamadas salientes", "outgoing contacts"),
    Count.REACHED: ("salientes que alcanzaron al cliente", "outgoing contacts that reached the customer"),
    Count.OUT_TALKS: ("tramos de conversación de las salientes", "talk segments of outgoing contacts"),
    Count.OUT_TALK_MS: ("conversación de las salientes", "talk of outgoing contacts"),
    Count.OUT_HOLD_MS: ("retención de las salientes", "hold of outgoing contacts"),
    Count.OUT_WRAP_MS: ("trabajo posterior de las salientes", "wrap-up of outgoing contacts"),
    Count.CONTACTS: ("contactos", "contacts"),
    Count.OPEN: ("contactos en curso", "contacts that have not ended"),
    Count.HANDLED: ("contactos con agente", "contacts that had an agent"),
    Count.HANDLE_MS: ("gestión de esos contactos", "handle time of these contacts"),
    Count.TRANSFERRED: ("contactos con más de un agente", "contacts with more than one agent"),
    Count.ESCALATED: (
        "contactos que pasaron de un agente a otra cola",
        "contacts that went on from an agent to another queue",
    ),
    Count.SELF_SERVED: ("contactos resueltos sin agente", "contacts completed without an agent"),
    Count.MESSAGES: ("contactos que dejaron un mensaje", "contacts that left a message"),
    Count.RETURN_DUE: (
        "contactos de los que ya se sabe si volvieron",
        "contacts known to have returned or not",
    ),
    Count.RETURNED: ("volvieron por lo mismo", "returned for the same intent"),
    Count.RESOLVED: ("asuntos resueltos", "settled matters"),
    Count.RESOLUTION_MS: ("duración de los asuntos resueltos", "duration of the settled matters"),
    Count.CUT_SHORT_DUE: (
        "cortados por el agente de los que ya se sabe si volvieron",
        "cut short by the agent, known to have returned or not",
    ),
    Count.CUT_SHORT_RETURNED: (
        "cortados por el agente que volvieron",
        "cut short by the agent, who returned",
    ),
    Count.AGENT_TALK_MS: ("agentes: conversando", "agents: talking"),
    Count.AGENT_WRAP_MS: ("agentes: trabajo posterior", "agents: wrap-up"),
    Count.AGENT_OFFERED_MS: ("agentes: sonando", "agents: ringing"),
    Count.AGENT_IDLE_MS: ("agentes: libres", "agents: idle"),
    Count.AGENT_AWAY_MS: ("agentes: en pausa", "agents: on a break"),
}


def has_list(count: Count) -> bool:
    """Whether contacts can be named that stand behind the count."""
    return not count.value.endswith("_ms")
