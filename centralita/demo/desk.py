"""The customers of the demonstration, entered by the HTTP API as any CRM would."""

from __future__ import annotations

import aiohttp
import structlog

from centralita.demo.people import PEOPLE
from centralita.headless.desk import Centre

_log = structlog.get_logger("demo.desk")
TIMEOUT = aiohttp.ClientTimeout(total=5)


async def enter_customers(centre: Centre) -> None:
    """The people whom the company knows. A server that is just being replaced loses one, no more."""
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {centre.token}"},
        timeout=TIMEOUT,
        connector=aiohttp.TCPConnector(ssl=True if centre.tls is None else centre.tls),
    ) as http:
        for ref, person in enumerate(PEOPLE, 1001):
            if person.segment:
                record = {
                    "name": person.name,
                    "numbers": [person.number],
                    "segment": person.segment,
                    "language": person.lang,
                }
                await _put(http, f"{centre.url}/api/customers/by-ref/demo-{ref}", record)


async def _put(http: aiohttp.ClientSession, url: str, record: object) -> None:
    try:
        async with http.put(url, json=record) as answer:
            if not answer.ok:
                _log.info("demo.refused", status=answer.status, why=await answer.text())
    except (aiohttp.ClientError, TimeoutError) as error:
        _log.info("demo.unanswered", why=str(error))
