"""The demonstration's view of the centre: its HTTP API, as any CRM or agent's desktop uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog

from centralita.demo.people import PEOPLE

_log = structlog.get_logger("demo.desk")
TIMEOUT = aiohttp.ClientTimeout(total=5)


class Desk:
    """
    Args:
        facts: `run/centre.json`.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        http = facts["http"]
        self._url = http["url"]
        # The certificate is of this very installation, and self-signed as a rule.
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {http['token']}"},
            timeout=TIMEOUT,
            connector=aiohttp.TCPConnector(ssl=not http.get("certificate")),
        )

    async def close(self) -> None:
        await self._session.close()

    async def presence(self, agent: str, presence: str, reason: str = "") -> None:
        await self._send("POST", f"/api/agents/{agent}/presence", {"presence": presence, "reason": reason})

    async def wrap_up_done(self, agent: str) -> None:
        await self._send("POST", f"/api/agents/{agent}/wrap-up/done", {})

    async def customers(self) -> None:
        """Enter the people whom the company knows."""
        for ref, person in enumerate(PEOPLE, 1001):
            if person.segment:
                record = {
                    "name": person.name,
                    "numbers": [person.number],
                    "segment": person.segment,
                    "language": person.lang,
                }
                await self._send("PUT", f"/api/customers/by-ref/demo-{ref}", record)

    async def _send(self, method: str, path: str, body: Mapping[str, object]) -> None:
        """A server that is just being replaced loses a demonstration's click, no more."""
        try:
            async with self._session.request(method, self._url + path, json=body) as answer:
                if not answer.ok:
                    _log.info("demo.refused", path=path, status=answer.status, why=await answer.text())
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.info("demo.unanswered", path=path, why=str(error))
