"""`centralita webhooks`: asks the running centre; secrets are read from and written to the installation."""

from __future__ import annotations

import datetime as dt
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from centralita.home import Home
from centralita.web.problems import did_you_mean
from centralita.webhooks.keys import Keys


class WebhooksError(Exception):
    """Told to a person in both languages; the text says how to mend it."""


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


def _moment(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
