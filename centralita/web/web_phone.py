"""The browser's telephone: what a page needs to call in, and the one foreign address it may then speak to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from centralita.web import params
from centralita.web.ports import WebPhone, WebPorts
from centralita.web.problems import ProblemError

PATH = "/api/web-phone"


class WebPhoneApi:
    """`GET /api/web-phone`, for who holds the token."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self.facts)]

    async def facts(self, request: web.Request) -> web.Response:
        params.query(request, ())
        phone = self._ports.web_phone()
        if phone is None or not phone.numbers:
            raise ProblemError(
                404,
                "no_web_phone",
                "A este centro no se puede llamar desde el navegador: falta un número en «entry», o arrancó "
                "sin el WebSocket de la centralita.",
                "This centre cannot be called from a browser: there is no number in 'entry', or it was "
                "started without the switch's WebSocket.",
            )
        return web.Response(
            body=msgspec.json.encode(
                {
                    "ws": phone.ws,
                    "user": phone.user,
                    "password": phone.password,
                    "host": phone.host,
                    "numbers": [{"number": number, "name": name} for number, name in phone.numbers],
                }
            ),
            content_type="application/json",
        )


def web_phone(facts: Mapping[str, Any], entries: Mapping[str, str]) -> WebPhone | None:
    """
    What `centre.json` says of the account for browsers; None if the switch has none.

    Args:
        facts: The whole file.
        entries: Number -> what answers there, the one to offer first.
    """
    account = facts.get("web_phone")
    if account is None:
        return None
    numbers = tuple(entries.items())
    return WebPhone(account["ws"], account["user"], account["password"], host_of(account["ws"]), numbers)


def host_of(ws: str) -> str:
    """Host part of SIP addresses at the switch whose WebSocket this is."""
    return urlsplit(ws).hostname or ""


def origin(ports: WebPorts) -> str:
    """The origin of the switch's WebSocket, as a Content-Security-Policy names it; empty for none."""
    phone = ports.web_phone()
    if phone is None:
        return ""
    address = urlsplit(phone.ws)
    return f"{address.scheme}://{address.netloc}"
