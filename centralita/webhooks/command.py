"""`centralita webhooks`: asks the running centre; secrets are read from and written to the installation."""

from __future__ import annotations

import datetime as dt
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from centralita.home import Home
from centralita.web.problems import did_you_mean
from centralita.webhooks.keys import Keys

TIMEOUT_S = 30.0


class WebhooksError(Exception):
    """Told to a person in both languages; the text says how to mend it."""


def ask(home: Home, path: str, body: Mapping[str, object] | None = None) -> Any:
    """
    GET, or POST with a body, of the API of the centre that runs here.

    Raises:
        WebhooksError: None runs, it does not answer, or it refuses.
    """
    try:
        web = home.read_centre()["http"]
    except FileNotFoundError as error:
        raise WebhooksError(
            f"{home.path}: aquí no hay ningún centro en marcha; arránquelo o use --home / "
            "no centre runs here; start it, or use --home"
        ) from error
    headers = {"Authorization": f"Bearer {web['token']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{web['url']}{path}", data, headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=_trusting(web)) as answer:  # noqa: S310
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise WebhooksError(_why(error.read())) from error
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise WebhooksError(
            f"el centro no contesta ({error}); mire {home.log} / the centre does not answer; see its log"
        ) from error


def path_of(name: str, what: str) -> str:
    return f"/api/webhooks/{urllib.parse.quote(name, safe='')}/{what}"


def table(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """How the endpoints stand, a line each."""
    rows = [("webhook", "estado/state", "esperan/wait", "sin entregar/dead", "último/last", "error")]
    rows += [
        (
            one["name"],
            one["state"],
            str(one["pending"]),
            str(one["dead"]),
            "-" if one["last_success_ms"] is None else _moment(one["last_success_ms"]),
            one["last_error"] if one["failures"] or one["state"] == "disabled" else "",
        )
        for one in found
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def letters(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The dead, a line each."""
    return [
        f"{one['id']}  {_moment(one['since_ms'])}  {one['type']}  {one['contact_id'] or '-'}  "
        f"{one['attempts']}×  {one['error']}"
        for one in found
    ]


def secret(home: Home, name: str, *, rotate: bool, finish: bool) -> str:
    """
    The newest secret of an endpoint.

    Args:
        home: The installation.
        name: Of the endpoint.
        rotate: Make a new one; both are valid.
        finish: The one before is no longer valid.

    Raises:
        WebhooksError: There is none, or secrets.json cannot be read or written.
    """
    keys = Keys(home)
    try:
        known = keys.names()
        if name not in known:
            es, en = did_you_mean(name, known)
            raise WebhooksError(
                f"no hay clave de ningún webhook «{name}»; se hace al ponerlo en la configuración: {es} / "
                f"there is no secret of a webhook '{name}'; it is made when it is configured: {en}"
            )
        if rotate:
            keys.rotate(name)
        if finish:
            keys.finish(name)
        return keys.of(name)[0]
    except (OSError, ValueError) as error:
        raise WebhooksError(
            f"no se puede leer ni escribir {home.secrets_file}: {error} / it cannot be read or written"
        ) from error


def _trusting(web: Mapping[str, Any]) -> ssl.SSLContext | None:
    """Ours if it shows just this certificate, whatever name it is for."""
    if not web.get("certificate"):
        return None
    context = ssl.create_default_context(cafile=web["certificate"])
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _why(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")[:200]
    return str(said.get("detail") or said)


def _moment(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
