"""The web application: routes, guards and headers put together."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from centralita.web import assets, web_phone
from centralita.web.agent_phone import AgentPhoneApi
from centralita.web.agents_api import AgentsApi
from centralita.web.api import Api, json
from centralita.web.attached import AttachedApi
from centralita.web.callbacks import CallbacksApi
from centralita.web.callbacks_public import CallbacksPublicApi
from centralita.web.commands import Commands
from centralita.web.config import ConfigApi
from centralita.web.contract import ContractApi
from centralita.web.customers import CustomersApi
from centralita.web.disposition_lists import DispositionListsApi
from centralita.web.door import Door
from centralita.web.explain import ExplainApi
from centralita.web.flows import FlowsApi
from centralita.web.guard import Guard
from centralita.web.kpis import KpisApi
from centralita.web.people import PeopleApi
from centralita.web.people_me import MeApi
from centralita.web.ports import WebPorts
from centralita.web.preferences import PreferencesApi
from centralita.web.problems import ProblemError, from_http
from centralita.web.remembered import Remembered
from centralita.web.sign_in import SignInApi
from centralita.web.sign_in_oidc import OidcApi
from centralita.web.stream import EventStream
from centralita.web.surveys import SurveysApi
from centralita.web.utterances import UtterancesApi
from centralita.web.voicemail import VoicemailApi
from centralita.web.web_phone import WebPhoneApi
from centralita.web.webhooks import WebhooksApi

BODY_MAX = 64 * 1024
SHUTDOWN_S = 2.0

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src {connect}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def make_app(ports: WebPorts, *, static: Path = assets.STATIC) -> web.Application:
    """
    The whole web side: page, API and event stream.

    Args:
        ports: What it stands on.
        static: Where the built interface lies.

    Raises:
        ValueError: The token is too short to be a secret.
    """
    sign_in = SignInApi(ports.office)
    app = web.Application(
        middlewares=[_problems(sign_in), Guard(ports).middleware],
        client_max_size=BODY_MAX,
    )
    built = assets.load(static)
    people = ports.office.people
    door = Door(ports.agents, Remembered())
    stream = EventStream(ports.stream, Commands(door, people.audit.note), people)

    async def page(request: web.Request) -> web.Response:
        return sign_in.unless_ready(request) or assets.page_response(built)

    async def agent_page(request: web.Request) -> web.Response:
        return sign_in.unless_ready(request) or assets.agent_page_response(built)

    async def flows_page(request: web.Request) -> web.Response:
        return sign_in.unless_ready(request) or assets.flows_page_response(built)

    async def file(request: web.Request) -> web.Response:
        return assets.file_response(request, built)

    async def health(_request: web.Request) -> web.Response:
        ready, why = ports.ready()
        return json({"status": "ok"}) if ready else json({"status": "starting", "why": why}, status=503)

    app.add_routes(
        [
            web.get("/health", health),
            web.get("/", page),
            web.get(assets.AGENT_PATH, agent_page),
            web.get("/agent", _leads_to(assets.AGENT_PATH)),
            web.get(assets.FLOWS_PATH, flows_page),
            web.get("/flows", _leads_to(assets.FLOWS_PATH)),
            web.get("/static/{name}", file),
            web.get("/api/events", stream.handle),
            *Api(ports).routes(),
            *AgentsApi(door).routes(),
            *ExplainApi(ports).routes(),
            # Before the customers: "data" is no customer's id.
            *AttachedApi(ports).routes(),
            *PreferencesApi(ports).routes(),
            *SurveysApi(ports).routes(),
            *VoicemailApi(ports).routes(),
            *CustomersApi(ports).routes(),
            *ConfigApi(ports).routes(),
            *FlowsApi(ports).routes(),
            *KpisApi(ports).routes(),
            *ContractApi().routes(),
            *WebPhoneApi(ports).routes(),
            *AgentPhoneApi(ports).routes(),
            *DispositionListsApi(ports).routes(),
            *WebhooksApi(ports.webhooks).routes(),
            *UtterancesApi(ports.said).routes(),
            *CallbacksApi(ports.callbacks).routes(),
            *CallbacksPublicApi(ports.callbacks).routes(),
            *sign_in.routes(),
            *MeApi(ports.office, sign_in).routes(),
            *OidcApi(ports.office).routes(),
            *PeopleApi(ports.office).routes(),
        ]
    )

    async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
        connect = " ".join(filter(None, ("'self'", web_phone.origin(ports))))
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Content-Security-Policy"] = _POLICY.format(connect=connect)
        response.headers.setdefault("Cache-Control", "no-store")

    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(stream.close)
    return app


def make_runner(app: web.Application) -> web.AppRunner:
    """A runner without access log: it would hold the token of `/?token=` and people's numbers."""
    return web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)


def _leads_to(path: str) -> Handler:
    """A page under its name in another language."""

    async def redirect(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.rel_url.with_path(path).with_query(request.query))

    return redirect


def _problems(sign_in: SignInApi) -> Middleware:
    """What is refused, in our words; who opens a page and is not known yet can sign in there."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ProblemError as problem:
            if problem.status == 401 and request.path in assets.PAGES:
                return sign_in.page_response(401)
            return problem.response()
        except web.HTTPException as error:
            if error.status < 400:
                raise
            answer = from_http(error).response()
            if "Allow" in error.headers:
                answer.headers["Allow"] = error.headers["Allow"]
            return answer

    return middleware
