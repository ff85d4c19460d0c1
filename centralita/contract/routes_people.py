"""The routes of people, tokens and the log: what they take and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from centralita.contract import answers_people as p
from centralita.contract.answers import Done, NoBody
from centralita.contract.route import LIMIT_, MS, TEXT, Param, Route

_BODY = (413, 415)
_TRIED = (*_BODY, 429, 503)
_FILTERS = {
    "who": Param(TEXT, "De quién.", "Of whom."),
    "what": Param(TEXT, "Qué; una familia acaba en punto: person.", "What; a family ends in a dot: person."),
    "subject": Param(TEXT, "Sobre qué o quién.", "About what or whom."),
    "since_ms": Param(MS, "Desde entonces.", "Since then."),
    "until_ms": Param(MS, "Hasta entonces, sin incluirlo.", "Until then, not included."),
    "before": Param(
        {"type": "integer", "minimum": 0, "maximum": 2**53 - 1},
        "El «next» de la página anterior.",
        "The 'next' of the page before.",
    ),
    "limit": Param(LIMIT_, "Cuántas como mucho.", "How many at most."),
}


def _mine(path: str, es: str, en: str, answer: Any, body: Any, *problems: int) -> Route:
    """Of a person with a session, about themselves."""
    return Route(
        "POST",
        f"/api/me/{path}",
        es,
        en,
        {200: answer},
        body=body,
        body_needed=body is not NoBody,
        problems=(*_TRIED, *problems),
    )


def _of_person(path: str, es: str, en: str, answer: Any, body: Any = NoBody) -> Route:
    return Route(
        "POST",
        f"/api/people/{{name}}/{path}",
        es,
        en,
        {200: answer},
        body=body,
        problems=(404, 409, *_TRIED),
    )


PEOPLE_ROUTES: Sequence[Route] = (
    Route(
        "GET", "/api/sign-in", "De qué formas se entra.", "By which ways people sign in.", {200: p.Ways},
        secured=False,
    ),
    Route(
        "POST",
        "/api/sign-in",
        "Entra una persona: la respuesta trae la cookie de su sesión.",
        "A person signs in: the answer brings the cookie of the session.",
        {200: p.Me},
        body=p.SignInBody,
        body_needed=True,
        problems=(401, 403, *_TRIED),
        secured=False,
    ),
    Route(
        "POST", "/api/sign-out", "Sale quien tiene la sesión.", "Whose session it is signs out.", {200: Done},
        body=NoBody, problems=_BODY,
    ),
    Route("GET", "/api/me", "Quién pregunta y qué puede.", "Who asks, and what they may.", {200: p.Me}),
    _mine("password", "Cambia la contraseña.", "Changes one's own password.", p.Me, p.PasswordBody, 422),
    _mine("totp", "Empieza a poner un código.", "Begins to set up codes.", p.Enrolment, p.ConfirmBody),
    _mine("totp/confirm", "Lo confirma.", "Confirms them.", Done, p.CodeBody, 409),
    _mine("totp/remove", "Lo quita.", "Removes them.", Done, p.ConfirmBody),
    Route("GET", "/api/me/sessions", "Las sesiones propias.", "One's own sessions.", {200: p.Sessions}),
    _mine("sessions/{id}/end", "Cierra una.", "Ends one.", Done, NoBody, 404),
    Route("GET", "/api/people", "Las cuentas.", "The accounts.", {200: p.People}),
    Route(
        "POST",
        "/api/people",
        "Crea una cuenta; dice su contraseña de un solo uso.",
        "Makes an account; tells its one-time password.",
        {201: p.PersonMade},
        body=p.PersonBody,
        body_needed=True,
        problems=(409, *_TRIED),
    ),
    _of_person(
        "change", "Cambia papel, agente o cierre.", "Changes role, agent or closure.", p.PersonChanged,
        p.ChangeBody,
    ),
    _of_person("reset-password", "Otra de un solo uso.", "A new one-time password.", p.NewPassword),
    _of_person("reset-totp", "Quita su código.", "Removes their codes.", Done),
    Route(
        "GET", "/api/people/{name}/sessions", "Sus sesiones.", "Their sessions.", {200: p.Sessions},
        problems=(404,),
    ),
    _of_person("end-sessions", "Cierra todas.", "Ends all.", p.Ended),
    Route("GET", "/api/tokens", "Las claves de programas.", "The tokens of programs.", {200: p.Tokens}),
    Route(
        "POST",
        "/api/tokens",
        "Hace una clave y la dice, esta única vez.",
        "Makes a token and tells it, this once.",
        {201: p.TokenMade},
        body=p.TokenBody,
        body_needed=True,
        problems=(409, *_BODY),
    ),
    Route(
        "POST",
        "/api/tokens/{id}/revoke",
        "La clave deja de valer ahora.",
        "The token ends now.",
        {200: Done},
        body=NoBody,
        problems=(404, *_BODY),
    ),
    Route("GET", "/api/audit", "Quién hizo qué.", "Who did what.", {200: p.Audit}, query=_FILTERS),
)  # fmt: skip
