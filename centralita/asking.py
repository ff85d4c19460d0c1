"""Asking the centre that runs here, from the command line."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from centralita.home import Home, nobody_here

TIMEOUT_S = 30.0


class AskError(Exception):
    """No answer, or a refusal: for a person, in both languages, with the mend."""


def ask(home: Home, path: str, body: Mapping[str, object] | None = None) -> Any:
    """
    GET, or POST with a body, of the API of the centre that runs here.

    Raises:
        AskError: None runs, it does not answer, or it refuses.
    """
    try:
        web = home.read_centre()["http"]
    except FileNotFoundError as error:
        raise AskError(nobody_here(home.path)) from error
    headers = {"Authorization": f"Bearer {web['token']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{web['url']}{path}", data, headers)  # noqa: S310
    context = trusting(web.get("certificate"))
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context) as answer:  # noqa: S310
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise AskError(_why(error.read())) from error
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise AskError(
            f"el centro no contesta ({error}); mire {home.log} / the centre does not answer; see its log"
        ) from error


def trusting(certificate: str | None) -> ssl.SSLContext | None:
    """
    What takes a centre for ours if it shows just this certificate, whatever name it is for.

    An authority's is for a name, and its root may not be here. None without a certificate: plain HTTP.
    """
    if not certificate:
        return None
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _why(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")[:200]
    return str(said.get("detail") or said)
