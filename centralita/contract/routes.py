"""Every route of the REST API: what it takes and what it answers. A test holds it against the real routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from acd.model import Direction, Outcome
from acd.stats.kpi_book import By
from centralita.contract import answers as a
from centralita.contract import answers_apart as b
from centralita.contract import answers_flows as f
from centralita.contract import answers_known as k
from centralita.contract.route import (
    ANY,
    DURATION,
    LIMIT_,
    MS,
    NUMBER,
    TEXT,
    YES_NO,
    Param,
    Route,
    words,
)
from centralita.contract.routes_callbacks import CALLBACK_ROUTES
from centralita.contract.routes_people import PEOPLE_ROUTES
from centralita.contract.routes_said import SAID_ROUTES
from centralita.contract.routes_services import SERVICES_ROUTES
from centralita.waits.estimator import WaitsJson
from centralita.web.kpis_asked import INTERVALS_MS, LISTED
from centralita.web.live_shape import Live
from centralita.web.orders import AnyOrder
from centralita.web.stream import SEQ_MAX

_BEFORE = Param(TEXT, "El «next» de la página anterior.", "The 'next' of the page before.")
_LIMIT = Param(LIMIT_, "Cuántos como mucho.", "How many at most.")
_KPIS: Mapping[str, Param] = {
    "from": Param(ANY, "Fecha, hora o milisegundos UTC; hoy.", "Date, time or UTC milliseconds; today."),
    "to": Param(ANY, "Hasta cuándo, sin incluirlo; ahora.", "Until when, not included; now."),
    "by": Param(words([by.value for by in By]), "Una fila por cada…", "A row for each..."),
    "interval": Param(words(list(INTERVALS_MS)), "Con by=interval.", "With by=interval."),
    "queue": Param(TEXT, "Solo esta cola.", "This queue only."),
    "zone": Param(ANY, "Zona horaria, p. ej. Europe/Madrid.", "Time zone, e.g. Europe/Madrid."),
    "target": Param(DURATION, "Otro objetivo que el de la cola.", "Another target than the queue's."),
    "short": Param(DURATION, "Otro umbral de abandono breve.", "Another threshold of short abandons."),
}


def _orders(
    path: str, es: str, en: str, body: Any = a.NoBody, *, needed: bool = False, answer: Any = a.Done
) -> Route:
    return Route(
        "POST",
        f"/api/agents/{{name}}/{path}",
        es,
        en,
        {200: answer},
        body=body,
        body_needed=needed,
        problems=(404, 409, 413, 415, 503),
    )


def _data(path: str, es: str, en: str, query: Mapping[str, Param] | None = None) -> tuple[Route, ...]:
    """Reading, attaching and removing data: carts, orders, campaigns for the next pop."""
    path, asked = f"{path}/data/{{key}}", query or {}
    item = {200: k.AttachedItem}
    return (
        Route("GET", path, f"{es}.", f"{en}.", item, asked, problems=(404, 503)),
        Route(
            "PUT",
            path,
            f"{es}: lo pone o lo cambia, hasta que caduque.",
            f"{en}: puts or replaces it, until it expires.",
            {**item, 201: k.AttachedItem},
            asked,
            k.AttachBody,
            body_needed=True,
            problems=(404, 409, 413, 415, 503),
        ),
        Route(
            "DELETE",
            path,
            f"{es}: lo quita.",
            f"{en}: removes it.",
            {200: k.Deleted},
            asked,
            problems=(404, 503),
        ),
    )


ROUTES: Sequence[Route] = (
    Route(
        "GET",
        "/health",
        "Si se reciben llamadas; sin token.",
        "Whether calls are taken; without a token.",
        {200: a.Health, 503: a.Health},
        secured=False,
    ),
    Route("GET", "/api/live", "Todo lo que ocurre ahora.", "All that happens now.", {200: Live}),
    Route(
        "GET",
        "/api/events",
        "El hilo de sucesos (WebSocket): asyncapi.json lo describe.",
        "The stream of events (WebSocket): asyncapi.json describes it.",
        {101: None},
        query={
            "resume_from": Param(
                {"type": "integer", "minimum": 0, "maximum": SEQ_MAX},
                "El «seq» del último mensaje oído: se repite lo que vino después.",
                "The 'seq' of the last message heard: what came later is told again.",
            )
        },
        problems=(503,),
    ),
    Route(
        "GET",
        "/api/waits",
        "Esperas estimadas, y cuánto se equivocaron.",
        "Estimated waits, and how wrong they were.",
        {200: WaitsJson},
    ),
    Route(
        "GET",
        "/api/contacts",
        "Contactos terminados, el último primero.",
        "Finished contacts, the newest first.",
        {200: a.Contacts},
        query={
            "since_ms": Param(MS, "Acabados desde entonces.", "Ended since then."),
            "until_ms": Param(MS, "Acabados antes.", "Ended before."),
            "outcome": Param(words([outcome.value for outcome in Outcome]), "En qué acabaron.", "How."),
            "direction": Param(words([one.value for one in Direction]), "Quién llamó.", "Who called."),
            "queue": Param(TEXT, "De esta cola.", "Of this queue."),
            "agent": Param(TEXT, "Que habló con este agente.", "Who talked to this agent."),
            "number": Param(NUMBER, "Desde este número (E.164).", "From this number (E.164)."),
            "before": _BEFORE,
            "limit": _LIMIT,
        },
        problems=(503,),
    ),
    Route(
        "GET",
        "/api/contacts/{id}",
        "Un contacto, terminado o en curso, con todo.",
        "One contact, finished or on the line, with everything.",
        {200: a.WholeContact | a.ContactOnTheLine},
        problems=(404, 503),
    ),
    Route(
        "GET",
        "/api/contacts/{id}/explain",
        "Por qué ese agente, y por qué no otro.",
        "Why this agent, and why not another.",
        {200: a.Explained},
        query={
            "agent": Param(TEXT, "Por qué no este.", "Why not this one."),
            "lang": Param(words(["es", "en"]), "Idioma de «text».", "Language of 'text'."),
        },
        problems=(404, 503),
    ),
    _orders(
        "commands",
        "Cualquier orden de un agente: retener, pasar, marcar…",
        "Any command of an agent: hold, transfer, dial...",
        AnyOrder,
        needed=True,
        answer=a.Obeyed,
    ),
    _orders(
        "presence", "Disponible, no disponible, fuera.", "Ready, not ready, out.", a.PresenceBody, needed=True
    ),
    _orders("wrap-up/done", "Fin del trabajo posterior.", "End of wrap-up."),
    _orders("wrap-up/extend", "Más tiempo, si la cola lo permite.", "More time, as the queue allows."),
    _orders(
        "escalate",
        "Pasa a quien atiende al siguiente nivel.",
        "Hands whom the agent talks to over to the next tier.",
        a.EscalateBody,
    ),
    Route(
        "GET",
        "/api/customers",
        "El cliente que tiene un número.",
        "The customer who has a number.",
        {200: b.Customers},
        query={"number": Param(NUMBER, "E.164.", "E.164.", required=True)},
        problems=(503,),
    ),
    Route(
        "GET",
        "/api/customers/by-ref/{ref}",
        "Una ficha, por su clave en el CRM.",
        "A record, by its key in the CRM.",
        {200: b.CustomerRecord},
        problems=(404, 503),
    ),
    Route(
        "PUT",
        "/api/customers/by-ref/{ref}",
        "Escribe la ficha entera.",
        "Writes the whole record.",
        {200: b.CustomerRecord | b.CustomerTried, 201: b.CustomerRecord},
        query={
            "move": Param(YES_NO, "Quita los números a otros.", "Takes the numbers from others."),
            "dry_run": Param(YES_NO, "Comprueba todo y no escribe.", "Checks everything, writes nothing."),
        },
        body=b.CustomerBody,
        problems=(404, 409, 413, 415, 422, 503),
    ),
    Route(
        "GET",
        "/api/customers/{id}/contacts",
        "Sus contactos terminados.",
        "Their finished contacts.",
        {200: b.CustomerContacts},
        query={"limit": _LIMIT},
        problems=(404, 503),
    ),
    Route(
        "DELETE",
        "/api/customers/{id}/identity",
        "Olvida quién es.",
        "Forgets who it is.",
        {200: b.Erased},
        problems=(404, 503),
    ),
    *_data("/api/contacts/{id}", "Lo adjunto a un contacto", "What is attached to a contact"),
    *_data("/api/customers/by-ref/{ref}", "Lo adjunto a un cliente", "What is attached to a customer"),
    *_data(
        "/api/customers",
        "Lo adjunto a un número",
        "What is attached to a number",
        {"number": Param(NUMBER, "E.164.", "E.164.", required=True)},
    ),
    Route(
        "GET",
        "/api/config",
        "La configuración en vigor.",
        "The live configuration.",
        {200: b.ConfigStatus},
    ),
    Route(
        "GET",
        "/api/flows",
        "Los flujos en vigor, para dibujarlos.",
        "The live flows, to be drawn.",
        {200: f.Flows},
    ),
    Route(
        "POST",
        "/api/config/apply-to-waiting",
        "Quienes esperan toman las reglas en vigor.",
        "Those who wait take the live rules.",
        {200: b.Moved},
        body=a.NoBody,
        problems=(413, 415),
    ),
    Route("GET", "/api/kpis", "Un informe.", "A report.", {200: b.Kpis}, query=_KPIS, problems=(503,)),
    Route(
        "GET",
        "/api/kpis/definitions",
        "Qué significa cada cifra.",
        "What each figure means.",
        {200: b.KpiDefinitions},
    ),
    Route(
        "GET",
        "/api/kpis/contacts",
        "Los contactos tras un número.",
        "The contacts behind a number.",
        {200: b.KpiContacts},
        query={
            **_KPIS,
            "figure": Param(words(list(LISTED)), "De qué cifra.", "Of which figure.", required=True),
            "key": Param(ANY, "De qué fila; todas.", "Of which row; all."),
        },
        problems=(503,),
    ),
    Route(
        "GET",
        "/api/web-phone",
        "Lo que necesita un navegador para llamar.",
        "What a browser needs to call in.",
        {200: b.WebPhoneFacts},
        problems=(404,),
    ),
    Route(
        "GET",
        "/api/dispositions",
        "Los resultados que una cola admite.",
        "The outcomes that a queue takes.",
        {200: b.DispositionLists},
    ),
    Route(
        "GET",
        "/api/agents/{name}/phone",
        "El teléfono de un agente, para su propia página.",
        "An agent's telephone, for the agent's own page.",
        {200: b.AgentPhoneFacts},
        problems=(404,),
    ),
    Route(
        "GET",
        "/api/contract/{document}",
        "Este contrato: asyncapi.json, openapi.json, events.json.",
        "This contract: asyncapi.json, openapi.json, events.json.",
        {200: dict[str, Any]},
        problems=(404,),
    ),
    Route(
        "GET", "/api/webhooks", "Cómo están los destinos.", "How the endpoints stand.", {200: b.Webhooks},
        problems=(503,),
    ),
    Route(
        "GET",
        "/api/webhooks/{name}/dead",
        "Lo que no se pudo entregar.",
        "What could not be delivered.",
        {200: b.DeadLetters},
        query={
            "before": Param(
                {"type": "integer", "minimum": 0, "maximum": 2**53},
                "El «next» de la página anterior.",
                "The 'next' of the page before.",
            ),
            "limit": _LIMIT,
        },
        problems=(404, 503),
    ),
    Route(
        "POST",
        "/api/webhooks/{name}/resend",
        "Vuelve a intentar uno o todos.",
        "Tries one or all again.",
        {200: b.Resent},
        body=b.ResendBody,
        body_needed=True,
        problems=(404, 413, 415, 503),
    ),
    Route(
        "POST",
        "/api/webhooks/{name}/test",
        "Envía un aviso de prueba.",
        "Sends a test event.",
        {200: b.WebhookTested},
        body=a.NoBody,
        problems=(404, 413, 415, 503),
    ),
    Route(
        "POST",
        "/api/webhooks/{name}/enable",
        "Vuelve a ponerlo en marcha tras un 410.",
        "Starts it again after a 410.",
        {200: a.Done},
        body=a.NoBody,
        problems=(404, 413, 415, 503),
    ),
    *SAID_ROUTES,
    *CALLBACK_ROUTES,
    *SERVICES_ROUTES,
    *PEOPLE_ROUTES,
)  # fmt: skip
