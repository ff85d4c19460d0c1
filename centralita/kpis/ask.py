"""Asking the running centre for figures, from the command line."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Mapping
from typing import Any

from centralita.asking import trusting

TIMEOUT_S = 250.0
"""More than a report may wait and take: see `clerk`."""


class NoFiguresError(Exception):
    """The centre gives none; the reason is for a person, in both languages."""


class NobodyAnswersError(NoFiguresError):
    """No centre listens there."""


def ask(facts: Mapping[str, Any], query: Mapping[str, str], path: str = "/api/kpis") -> Mapping[str, Any]:
    """
    One report.

    Args:
        facts: The content of `run/centre.json`.
        query: Parameters of the API.
        path: Of the API.

    Raises:
        NobodyAnswersError: Nobody listens.
        NoFiguresError: No answer comes, or the question is refused.
    """
    web = facts["http"]
    address = urllib.parse.urlsplit(web["url"])
    host, port = address.hostname or "", address.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=trusting(web["certificate"]))
        if address.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    )
    try:
        target = f"{path}?{urllib.parse.urlencode(query)}"
        connection.request("GET", target, headers={"Authorization": f"Bearer {web['token']}"})
        answer = connection.getresponse()
        said: Mapping[str, Any] = json.loads(answer.read())
    except ConnectionRefusedError as error:
        raise NobodyAnswersError(
            f"el servidor no responde ({error}): ¿está en marcha? / "
            "the server does not answer: is it running?"
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoFiguresError(
            f"el servidor no responde ({error}): ¿está en marcha? / "
            "the server does not answer: is it running?"
        ) from error
    finally:
        connection.close()
    if answer.status != 200:
        raise NoFiguresError(str(said.get("detail") or said))
    return said
