"""
Customers from a table: each row goes to the running server, which checks and writes it.

The server is the only one that writes its database, and it knows the rules;
so nothing is checked here but the shape of the table.
"""

from __future__ import annotations

import csv
import http.client
import json
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from centralita.asking import trusting

Say = Callable[[str], None]

TIMEOUT_S = 15.0
OWN = ("ref", "name", "numbers", "segment", "language", "pin")
"""Columns with a meaning of their own; every other is a field of the record."""


_NO_REF = (422, {"detail": "falta «ref», la clave del cliente / 'ref', the customer's key, is missing"})


class ImportFailed(Exception):
    """Nothing more can be imported; the reason is for a person, in both languages."""


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    """In the file, from 1."""
    ref: str
    body: Mapping[str, object]


@dataclass(slots=True)
class Counts:
    created: int = 0
    replaced: int = 0
    refused: int = 0


class Server:
    """The API of the centre that runs here."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        """`facts` is the content of `run/centre.json`."""
        web = facts["http"]
        address = urllib.parse.urlsplit(web["url"])
        host, port = address.hostname or "", address.port
        self._headers = {"Authorization": f"Bearer {web['token']}", "Content-Type": "application/json"}
        self._connection = (
            http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=trusting(web["certificate"]))
            if address.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        )

    def put(self, row: Row, query: str) -> tuple[int, Mapping[str, Any]]:
        """
        Status and answer for one customer.

        Raises:
            ImportFailed: Nobody answers.
        """
        path = f"/api/customers/by-ref/{urllib.parse.quote(row.ref, safe='')}{query}"
        try:
            self._connection.request("PUT", path, json.dumps(row.body).encode(), self._headers)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ImportFailed(
                f"el servidor no responde ({error}): ¿está en marcha? / "
                "the server does not answer: is it running?"
            ) from error


def import_file(
    path: Path, facts: Mapping[str, Any], say: Say, *, dry_run: bool = False, move: bool = False
) -> Counts:
    """
    Send every row; one that is refused is told with its line, and the next one follows.

    Args:
        path: UTF-8, comma or semicolon; header ref, name, numbers, segment, language, pin and fields.
            Several numbers in one cell are separated by `|`.
        facts: The content of `run/centre.json`.
        say: Told what was refused.
        dry_run: Let the server check everything and change nothing.
        move: Take numbers away from other customers.

    Raises:
        ImportFailed: The table or the server cannot be read.
    """
    server, counts = Server(facts), Counts()
    wanted = {"dry_run": dry_run, "move": move}
    query = urllib.parse.urlencode({name: "true" for name, given in wanted.items() if given})
    for row in rows(path):
        status, answer = server.put(row, f"?{query}" if query else "") if row.ref else _NO_REF
        if status not in (200, 201):
            _stop_if_hopeless(status, answer)
            counts.refused += 1
            say(f"línea / line {row.line}, ref {row.ref or '—'}: {_why(answer)}")
        elif status == 201 or answer.get("created") is True:
            counts.created += 1
        else:
            counts.replaced += 1
    return counts


def rows(path: Path) -> Iterator[Row]:
    """
    The rows of a table.

    Raises:
        ImportFailed: The file cannot be read, or it is not such a table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            table = csv.DictReader(file, delimiter=";" if header.count(";") > header.count(",") else ",")
            _check_header(table.fieldnames or ())
            for cells in table:
                yield _row(table.line_num, cells)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ImportFailed(
            f"no se puede leer {path}: {error}; guárdelo como CSV en UTF-8 / "
            f"cannot be read; save it as CSV in UTF-8"
        ) from error


def _check_header(names: Any) -> None:
    missing = [name for name in ("ref", "numbers") if name not in names]
    if missing:
        raise ImportFailed(
            f"faltan columnas en la primera línea: {', '.join(missing)}; se esperan {', '.join(OWN)} y sus "
            f"campos / columns are missing in the first line: {', '.join(missing)}"
        )


def _row(line: int, cells: Mapping[str | None, Any]) -> Row:
    told = {str(name).strip(): (cell or "").strip() for name, cell in cells.items() if name is not None}
    body: dict[str, object] = {
        name: told[name] for name in ("name", "segment", "language", "pin") if told.get(name)
    }
    body["numbers"] = [number.strip() for number in told.get("numbers", "").split("|") if number.strip()]
    body["fields"] = {name: cell for name, cell in told.items() if name not in OWN and cell}
    if None in cells:
        # More cells than the header has names: the server cannot know which is which.
        body["fields"] = {"?": " ".join(cells[None])}
    return Row(line, told.get("ref", ""), body)


def _stop_if_hopeless(status: int, answer: Mapping[str, Any]) -> None:
    """What is wrong with the server is not wrong with the row."""
    if status in (401, 403) or status >= 500:
        raise ImportFailed(_why(answer))


def _why(answer: Mapping[str, Any]) -> str:
    return str(answer.get("detail") or answer)
