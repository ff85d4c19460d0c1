"""Why an order is not carried out: a word for programs, and how to mend it in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from centralita.web.ports import Answer, CommandResult

DONE = CommandResult(Answer.DONE)


@dataclass(frozen=True, slots=True)
class Why:
    code: str
    es: str
    en: str


NO_TALK = Why(
    "no_talk",
    "El agente no tiene ninguna llamada ahora.",
    "The agent has no call now.",
)
OTHER_CONTACT = Why(
    "other_contact",
    "El agente ya no tiene ese contacto: mire a quién atiende en /api/live.",
    "The agent no longer has that contact: see in /api/live whom they attend to.",
)
NO_TIER = Why(
    "no_tier",
    "La cola de este contacto no tiene un nivel superior: vea «escalate» en la configuración.",
    "The queue of this contact has no next tier: see 'escalate' in the configuration.",
)
NOTES_FULL = Why(
    "notes_full",
    "Este contacto ya tiene todas las notas que caben: siga sin nota.",
    "This contact has all the notes it can have: go on without one.",
)
BUSY = Why(
    "busy",
    "El servidor no da abasto: inténtelo dentro de unos segundos.",
    "The server cannot keep up: try again in a few seconds.",
)
NOTHING_RINGS = Why("nothing_rings", "No suena nada en su teléfono.", "Nothing rings on the agent's phone.")
PHONE_BY_HAND = Why(
    "phone_cannot",
    "Este teléfono no descuelga solo: descuelgue el teléfono.",
    "This phone cannot pick up by itself: pick up the phone.",
)
PHONE_NO_SCREEN = Why(
    "phone_cannot",
    "La página del teléfono del agente no está abierta: ábrala, o descuelgue en el navegador.",
    "The page of the agent's phone is not open: open it, or pick up in the browser.",
)
NO_LAST_CONTACT = Why(
    "no_contact",
    "El agente no ha atendido a nadie todavía: diga de qué contacto es, en «contact».",
    "The agent has attended to nobody yet: say in 'contact' whose it is.",
)

REFUSALS: Mapping[str, Why] = {
    "not in wrap-up": Why(
        "not_in_wrap_up", "El agente no está en trabajo posterior.", "The agent is not in wrap-up."
    ),
    "the queue does not extend wrap-up": Why(
        "wrap_not_extended",
        "La cola de este contacto no permite alargar el trabajo posterior: vea «wrap» en la configuración.",
        "The queue of this contact does not let wrap-up be extended: see 'wrap' in the configuration.",
    ),
    "no extension left": Why(
        "no_extension_left",
        "Ya se ha alargado tantas veces como permite la cola.",
        "It has been extended as often as the queue allows.",
    ),
    "not the agent's contact": OTHER_CONTACT,
    "asks somebody already": Why(
        "consult_already",
        "El agente ya consulta con alguien: complete, pase a tres o anule esa consulta primero.",
        "The agent asks somebody already: complete, confer or cancel that consultation first.",
    ),
    "asks nobody": Why(
        "no_consult",
        "El agente no consulta con nadie: empiece por «consult».",
        "The agent asks nobody: begin with 'consult'.",
    ),
    "not picked up yet": Why(
        "not_picked_up",
        "A quien se consulta no ha descolgado todavía: espere, o use «transfer» para pasar sin consultar.",
        "Who is asked has not picked up yet: wait, or use 'transfer' to hand over without asking.",
    ),
    "in a conference": Why(
        "in_conference",
        "Están hablando a tres: cuelgue para dejar solos a los otros dos.",
        "The three are talking together: hang up to leave the other two alone.",
    ),
    "cannot be oneself": Why(
        "cannot_be_oneself",
        "Un agente no puede consultarse ni pasarse la llamada a sí mismo: elija a otra persona.",
        "Agents cannot ask themselves or hand a call over to themselves: choose somebody else.",
    ),
    "queue closed": Why(
        "queue_closed",
        "Esa cola está cerrada a esta hora: elija otra, o envíe «anyway: true» y seguirá su salida.",
        "That queue is closed at this hour: choose another, or send 'anyway: true' to take its way out.",
    ),
    "queue full": Why(
        "queue_full",
        "Esa cola está llena: espere, elija otra, o envíe «anyway: true» y seguirá su salida.",
        "That queue is full: wait, choose another, or send 'anyway: true' to take its way out.",
    ),
    "queue unstaffed": Why(
        "queue_unstaffed",
        "Nadie de esa cola puede atenderlo ahora: elija otra, o envíe «anyway: true» y seguirá su salida.",
        "Nobody of that queue can take it now: choose another, or send 'anyway: true' to take its way out.",
    ),
    "queue long wait": Why(
        "queue_long_wait",
        "En esa cola la espera sería demasiado larga: elija otra, o envíe «anyway: true».",
        "The wait in that queue would be too long: choose another, or send 'anyway: true'.",
    ),
    "no queue to come back to": Why(
        "no_queue",
        "Este contacto no es de ninguna cola: diga «queue» al marcar, o pase la llamada a una cola.",
        "This contact is of no queue: give 'queue' when dialling, or hand it over to a queue.",
    ),
    "agent is busy": Why(
        "agent_busy",
        "El agente tiene una llamada o trabajo posterior: termínelos antes de marcar.",
        "The agent has a call or wrap-up: end them before dialling.",
    ),
    "phone not reachable": Why(
        "phone_not_reachable",
        "El teléfono del agente no está registrado: enciéndalo o abra su página.",
        "The agent's phone is not registered: switch it on or open its page.",
    ),
    "phone in use": Why(
        "phone_in_use",
        "El teléfono del agente está en otra llamada: cuelgue esa primero.",
        "The agent's phone is in another call: hang that up first.",
    ),
    "nothing rings": NOTHING_RINGS,
}
"""Why the engine ignored an order -> what is told."""

_ABOUT: tuple[tuple[str, Why], ...] = (
    (
        "agent not available: ",
        Why(
            "agent_unavailable",
            "Esa persona no puede atender ahora ({0}): elija a otra, o una cola.",
            "That person cannot take it now ({0}): choose somebody else, or a queue.",
        ),
    ),
    (
        "nobody free in ",
        Why(
            "nobody_free",
            "No hay nadie libre en «{0}» a quien consultar: pruebe otra cola, o pase la llamada a esa.",
            "Nobody is free in '{0}' to be asked: try another queue, or hand the call over to that one.",
        ),
    ),
    ("not while ", NO_TALK),
    ("not with ", OTHER_CONTACT),
    ("unknown contact", OTHER_CONTACT),
    ("unknown agent ", Why("unknown_target", "No hay agente «{0}».", "There is no agent '{0}'.")),
    ("unknown queue ", Why("unknown_target", "No hay cola «{0}».", "There is no queue '{0}'.")),
)
"""Reasons that name somebody or something."""

_VETOES: Mapping[str, tuple[str, str]] = {
    "logged out": ("fuera", "logged out"),
    "not ready": ("no disponible", "not ready"),
    "no phone registered": ("su teléfono no está registrado", "no phone registered"),
    "on a call of their own": ("su teléfono está en otra llamada", "on a call of their own"),
    "desktop gone": ("su pantalla se ha perdido", "desktop gone"),
    "resting": ("descansa tras una llamada que no cogió", "resting after an offer that came to nothing"),
    "offered": ("le está sonando otra llamada", "another call is ringing"),
    "talking": ("está hablando", "talking"),
    "wrap_up": ("en trabajo posterior", "in wrap-up"),
    "left the configuration": ("ya no está en la configuración", "left the configuration"),
}
"""What keeps an agent from taking anything, as `acd.routing.eligible.in_words` says it, for people."""


def refused(why: Why) -> CommandResult:
    return CommandResult(Answer.REFUSED, why.es, why.en, code=why.code)


def busy() -> CommandResult:
    return CommandResult(Answer.UNAVAILABLE, BUSY.es, BUSY.en, code=BUSY.code)


def explained(reason: str) -> CommandResult:
    """What to tell of an order that the engine ignored for this reason; one without words, as it is."""
    why = REFUSALS.get(reason)
    if why is not None:
        return refused(why)
    for start, about in _ABOUT:
        if reason.startswith(start):
            es, en = _named(reason.removeprefix(start))
            return refused(Why(about.code, about.es.format(es), about.en.format(en)))
    return refused(Why("refused", f"No se puede ahora: {reason}.", f"Not possible now: {reason}."))


def _named(what: str) -> tuple[str, str]:
    """A name as it is; what keeps an agent with the agent's own reason, if there is one."""
    words, bracket, own = what.partition(" (")
    es, en = _VETOES.get(words, (words, words))
    return es + bracket + own, en + bracket + own
