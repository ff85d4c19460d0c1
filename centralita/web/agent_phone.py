"""The telephone of one agent: what that agent's own page needs to be it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from centralita.web import params
from centralita.web.api import json, unknown_agent
from centralita.web.ports import AgentPhone, WebPorts
from centralita.web.problems import ProblemError
from centralita.web.web_phone import host_of

PATH = "/api/agents/{name}/phone"


class AgentPhoneApi:
    """`GET /api/agents/{name}/phone`, for that agent: the answer holds the password of the phone."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self.facts)]

    async def facts(self, request: web.Request) -> web.Response:
        params.query(request, ())
        agent = request.match_info["name"]
        phone = self._ports.agent_phone(agent)
        if phone is None:
            raise ProblemError(404, "unknown_agent", *unknown_agent(agent, self._ports))
        return json(
            {
                "kind": "browser" if phone.browser else "sip",
                "name": phone.name,
                "ws": phone.ws,
                "user": phone.user,
                "password": phone.password,
                "host": phone.host,
            }
        )


def agent_phone(facts: Mapping[str, Any], name: str, kind: str) -> AgentPhone:
    """
    What a page may know of a phone.

    Args:
        facts: `centre.json`, as it is now: a publication brings new phones.
        name: Of the phone.
        kind: `config.telephones.Phone.kind`.
    """
    line, account = facts.get("web_phone"), facts["phones"].get(name)
    # Nobody but the telephone itself needs the password of one that is no browser.
    if kind != "browser" or line is None or account is None:
        return AgentPhone(name)
    return AgentPhone(
        name,
        browser=True,
        ws=line["ws"],
        user=account["user"],
        password=account["password"],
        host=host_of(line["ws"]),
    )
