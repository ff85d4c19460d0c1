"""The routes of what stands behind flows: what they take and what they answer."""

from __future__ import annotations

from collections.abc import Sequence

from centralita.contract import answers_services as s
from centralita.contract.answers import Done, NoBody
from centralita.contract.answers_known import Deleted
from centralita.contract.route import LIMIT_, MS, TEXT, YES_NO, Param, Route

_LIMIT = Param(LIMIT_, "Cuántos como mucho.", "How many at most.")
_WHICH = {
    "since_ms": Param(MS, "Dadas desde entonces.", "Given since then."),
    "until_ms": Param(MS, "Dadas antes.", "Given before."),
    "agent": Param(TEXT, "De quienes hablaron con este agente.", "Of those who talked to this agent."),
    "queue": Param(TEXT, "De esta cola.", "Of this queue."),
}

SERVICES_ROUTES: Sequence[Route] = (
    Route(
        "PUT",
        "/api/customers/by-ref/{ref}/pin",
        "El PIN con que un cliente demuestra quién es.",
        "The PIN by which a customer proves who they are.",
        {200: Done},
        body=s.PinBody,
        body_needed=True,
        problems=(404, 413, 415, 422, 429, 503),
    ),
    Route(
        "GET",
        "/api/customers/by-ref/{ref}/preferences",
        "Cómo prefiere un cliente que le atiendan.",
        "How a customer likes to be served.",
        {200: s.CustomerPreferences},
        problems=(404, 503),
    ),
    Route(
        "PUT",
        "/api/customers/by-ref/{ref}/preferences",
        "Cambia lo que prefiere, por número o en general.",
        "Changes what they prefer, by number or in general.",
        {200: s.CustomerPreferences},
        body=s.CustomerPreferenceBody,
        problems=(404, 413, 415, 422, 503),
    ),
    Route(
        "GET",
        "/api/contacts/{id}/preferences",
        "Cómo prefiere que le atiendan quien llama.",
        "How the caller of a contact likes to be served.",
        {200: s.ContactPreferences},
        problems=(404, 503),
    ),
    Route(
        "PUT",
        "/api/contacts/{id}/preferences",
        "Lo que dice quien llama que prefiere.",
        "What the caller of a contact says they prefer.",
        {200: s.ContactPreferences},
        body=s.ContactPreferenceBody,
        problems=(404, 413, 415, 503),
    ),
    Route(
        "GET",
        "/api/customers/{id}/surveys",
        "Lo que un cliente contestó en encuestas.",
        "What a customer answered in surveys.",
        {200: s.CustomerAnswers},
        query={"limit": _LIMIT},
        problems=(503,),
    ),
    Route(
        "GET",
        "/api/surveys",
        "Respuestas a encuestas, la última primero.",
        "Answers to surveys, the newest first.",
        {200: s.SurveyAnswers},
        query={
            **_WHICH,
            "survey": Param(TEXT, "De esta encuesta.", "Of this survey."),
            "before": Param(TEXT, "El «next» de la página anterior.", "The 'next' of the page before."),
            "limit": _LIMIT,
        },
        problems=(503,),
    ),
    Route(
        "GET",
        "/api/surveys/{survey}",
        "Qué resulta de una encuesta.",
        "What comes of a survey.",
        {200: s.SurveySummary},
        query=_WHICH,
        problems=(404, 503),
    ),
    Route(
        "GET",
        "/api/lookups",
        "Cómo contestan las fuentes que consultan los flujos.",
        "How the sources answer that flows look things up in.",
        {200: s.LookupReports},
    ),
    Route(
        "GET",
        "/api/voicemail",
        "Mensajes de voz, el último primero; un agente, los de sus colas.",
        "Voice messages, the newest first; an agent, those of their queues.",
        {200: s.VoiceMessages},
        query={
            "box": Param(TEXT, "De esta cola.", "Of this queue."),
            "unheard": Param(YES_NO, "Solo los que nadie ha oído.", "Only those that nobody has heard."),
            "before_ms": Param(MS, "Dejados antes.", "Left before."),
            "limit": _LIMIT,
        },
        problems=(503,),
    ),
    Route(
        "GET",
        "/api/voicemail/{id}/audio",
        "El mensaje: WAV, 8000 Hz, mono, 16 bits.",
        "The message: WAV, 8000 Hz, mono, 16 bits.",
        {200: None},
        problems=(404, 503),
    ),
    Route(
        "POST",
        "/api/voicemail/{id}/heard",
        "Ya se ha oído.",
        "It has been heard.",
        {200: Done},
        body=NoBody,
        problems=(404, 413, 415, 503),
    ),
    Route(
        "DELETE",
        "/api/voicemail/{id}",
        "Lo borra.",
        "Deletes it.",
        {200: Deleted},
        problems=(404, 503),
    ),
)
