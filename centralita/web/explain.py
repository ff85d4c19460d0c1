"""`GET /api/contacts/{id}/explain`: why this agent, and why not another."""

from __future__ import annotations

from aiohttp import web

from centralita.web import params
from centralita.web.api import json, unavailable
from centralita.web.ports import HistoryUnavailableError, UnknownContactError, UnknownThenError, WebPorts
from centralita.web.privacy import check_contact
from centralita.web.problems import ProblemError, did_you_mean
from centralita.web.rights import who_of

_LANGUAGES = ("es", "en")


class ExplainApi:
    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/contacts/{id}/explain", self.explain)]

    async def explain(self, request: web.Request) -> web.Response:
        given = params.query(request, ("agent", "lang"))
        agent = params.optional(given, "agent", params.text)
        await check_contact(self._ports, who_of(request), request.match_info["id"])
        language = params.optional(given, "lang", params.one_of(_LANGUAGES)) or spoken(request)
        try:
            found = await self._ports.explain.explain(request.match_info["id"], agent, language)
        except UnknownContactError as error:
            raise no_contact(error) from error
        except UnknownThenError as error:
            raise no_agent(agent or "", error) from error
        except HistoryUnavailableError as error:
            raise unavailable() from error
        return json(found)


def spoken(request: web.Request) -> str:
    """The first language of the request's Accept-Language that we speak, else Spanish."""
    for part in request.headers.get("Accept-Language", "").split(","):
        language = part.partition(";")[0].strip().lower()[:2]
        if language in _LANGUAGES:
            return language
    return "es"


def no_contact(error: UnknownContactError) -> ProblemError:
    """Nothing is stored of this id: no offer yet, or a slip of the pen."""
    es, en = "búsquelo en /api/contacts.", "find it in /api/contacts."
    if error.near:
        es, en = f"¿quiso decir {', '.join(error.near)}?", f"did you mean {', '.join(error.near)}?"
    return ProblemError(
        404,
        "no_contact",
        f"No hay nada guardado de un contacto con ese id: {es}",
        f"Nothing is stored of a contact with that id: {en}",
    )


def no_agent(agent: str, error: UnknownThenError) -> ProblemError:
    """Neither a candidate then nor named in any explanation."""
    es, en = did_you_mean(agent, error.known)
    versions = ", ".join(error.versions) or "—"
    return ProblemError(
        404,
        "unknown_agent",
        f"«{agent}» no estaba en la configuración con la que se ofreció este contacto ({versions}): {es}",
        f"'{agent}' was not in the configuration by which this contact was offered ({versions}): {en}",
    )
