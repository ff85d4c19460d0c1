"""`centralita users|tokens|audit`: asks the running centre with the installation's token."""

from __future__ import annotations

import datetime as dt
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]


def person_path(name: str, what: str) -> str:
    return f"/api/people/{urllib.parse.quote(name, safe='')}/{what}"


def token_path(token_id: str) -> str:
    return f"/api/tokens/{urllib.parse.quote(token_id, safe='')}/revoke"


def audit_path(asked: Mapping[str, object]) -> str:
    return "/api/audit?" + urllib.parse.urlencode({k: v for k, v in asked.items() if v is not None})


def people_lines(people: Sequence[Json]) -> list[str]:
    """A line each."""
    rows = [("nombre/name", "papel/role", "agente/agent", "estado/state", "código/code", "última/last")]
    rows += [
        (
            one["name"], one["role"], one["agent"] or "-", _state(one), "TOTP" if one["totp"] else "-",
            "-" if one["signed_in_ms"] is None else _moment(one["signed_in_ms"]),
        )
        for one in people
    ]  # fmt: skip
    return _table(rows)


def token_lines(tokens: Sequence[Json]) -> list[str]:
    """A line each, with what it may."""
    rows = [("id", "nombre/name", "agente/agent", "hasta/until", "último/last", "derechos/scopes")]
    rows += [
        (
            one["id"], one["name"], one["agent"] or "-",
            "-" if one["ends_ms"] is None else _moment(one["ends_ms"]),
            "-" if one["used_ms"] is None else _moment(one["used_ms"]),
            " ".join(one["scopes"]),
        )
        for one in tokens
    ]  # fmt: skip
    return _table(rows)


def audit_lines(entries: Sequence[Json]) -> list[str]:
    """A line each, oldest first, as a person reads a log."""
    return [
        f"{_moment(one['at_ms'])}  {one['who']}  {one['address'] or '-'}  {one['what']}  "
        f"{one['subject'] or '-'}  {one['result']}"
        for one in reversed(entries)
    ]


def _state(one: Json) -> str:
    if one["disabled"]:
        return "cerrada/disabled"
    if one["locked_ms"]:
        return f"bloqueada/locked {one['locked_ms'] // 1000 + 1} s"
    if one["must_change"]:
        return "sin estrenar/unused"
    return f"{one['sessions']} sesiones/sessions"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _moment(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
