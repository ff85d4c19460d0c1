"""
Calls asked for by visitors of a web page, who have no account: `llamame.js` and what it sends.

A page may ask only if its origin is one of a site of the configuration. That stops other people's
pages, not programs, which send any origin they like: what holds those back are the limits per site
and address, the numbers that lines allow, and that a number is promised one call at a time.
"""

from __future__ import annotations

from importlib import resources

from aiohttp import web

from centralita.people.limits import Pace
from centralita.web import params
from centralita.web.api import json
from centralita.web.callbacks import KEY_MAX, made_of, text, told
from centralita.web.callbacks_ports import CallbacksPort, Made, Site, Wish
from centralita.web.problems import ProblemError

SCRIPT_PATH = "/llamame.js"
PATH = "/api/callbacks/public/{site}"
FIELDS = ("number", "name", "note", "web", "key")
ADDRESS_PER_HOUR = 6
"""Calls that one address may ask for."""
_HOUR_S = 3600
_SCRIPT_AGE_S = 300


class CallbacksPublicApi:
    def __init__(self, callbacks: CallbacksPort) -> None:
        self._callbacks = callbacks
        self._sites: dict[tuple[str, int], Pace] = {}
        self._addresses = Pace(ADDRESS_PER_HOUR, ADDRESS_PER_HOUR / _HOUR_S)
        self._script = resources.files("centralita.callbacks").joinpath("llamame.js").read_bytes()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(SCRIPT_PATH, self.script),
            web.options(PATH, self.preflight),
            web.post(PATH, self.ask),
        ]

    async def script(self, _request: web.Request) -> web.Response:
        """For any page: it shows nothing that is not known, and can do nothing without its site."""
        headers = {
            "Cache-Control": f"public, max-age={_SCRIPT_AGE_S}",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return web.Response(
            body=self._script, content_type="text/javascript", charset="utf-8", headers=headers
        )

    async def preflight(self, request: web.Request) -> web.Response:
        """What a browser asks before it lets the page ask."""
        _site, origin = self._asking(request)
        headers = {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "content-type",
            "Access-Control-Max-Age": "600",
        }
        return web.Response(status=204, headers=headers | _cors(origin))

    async def ask(self, request: web.Request) -> web.Response:
        site, origin = self._asking(request)
        try:
            answer = await self._ask(request, site)
        except ProblemError as problem:
            answer = problem.response()
        answer.headers.update(_cors(origin))
        return answer

    async def _ask(self, request: web.Request, site: Site) -> web.Response:
        params.query(request, ())
        data = await params.body(request, FIELDS)
        number = params.dialled("number", data.get("number"))
        key = text("key", data)[:KEY_MAX]
        wish = Wish(
            number,
            site.queue,
            "site",
            site=site.id,
            name=text("name", data),
            note=params.note("note", data.get("note")),
            key=f"{site.id}/{key}" if key else None,
        )
        if data.get("web"):  # no person sees that field
            return _answer(Made("", site.queue, None, None, again=False))
        self._check_pace(request, site)
        return _answer(made_of(await self._callbacks.ask(wish)))

    def _asking(self, request: web.Request) -> tuple[Site, str]:
        """The site, and the origin of a page of it."""
        site = self._callbacks.site(request.match_info["site"])
        origin = request.headers.get("Origin", "")
        if site is not None and origin.lower() in {one.lower().rstrip("/") for one in site.origins}:
            return site, origin
        raise ProblemError(
            403,
            "bad_site",
            "Esta página no puede pedir llamadas: añada su origen en «callbacks.sites» de la configuración.",
            "This page may not ask for calls: add its origin in 'callbacks.sites' of the configuration.",
        )

    def _check_pace(self, request: web.Request, site: Site) -> None:
        of_site = self._sites.get((site.id, site.per_hour))
        if of_site is None:
            of_site = self._sites[site.id, site.per_hour] = Pace(site.per_hour, site.per_hour / _HOUR_S)
        now_ms = self._callbacks.now_ms()
        pause_ms = self._addresses.take(request.remote or "", now_ms) or of_site.take(site.id, now_ms)
        if pause_ms:
            raise ProblemError(
                429,
                "too_many",
                "Se han pedido demasiadas llamadas desde aquí: inténtelo más tarde o llámenos.",
                "Too many calls were asked for from here: try later, or call us.",
                retry_after_s=-(-pause_ms // 1000),
            )


def _cors(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _answer(made: Made) -> web.Response:
    """No id: a visitor can do nothing with it."""
    return json({name: value for name, value in told(made).items() if name not in ("contact", "queue")})
