from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from centralita.cli import app
from centralita.customers_csv import Counts, ImportFailed, import_file, rows
from centralita.home import Home

pytestmark = pytest.mark.unit


class Fake(ThreadingHTTPServer):
    """An API that writes down what it is asked; `refuse` are refs it says no to, with this status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, Any]] = []
        self.tokens: set[str] = set()
        self.refuse: dict[str, int] = {}

    @property
    def facts(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.server_address[1]}"
        return {"http": {"url": url, "token": "secreto", "certificate": ""}}


class _Handler(BaseHTTPRequestHandler):
    server: Fake
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.tokens.add(self.headers["Authorization"])
        self.server.asked.append((self.path, body))
        ref = self.path.rpartition("/")[2].partition("?")[0]
        status = self.server.refuse.get(ref, 201 if len(self.server.asked) == 1 else 200)
        answer = msgspec.json.encode({"detail": f"no / no: {ref}"} if status > 201 else {"ref": ref})
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def server() -> Iterator[Fake]:
    fake = Fake()
    thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    fake.shutdown()
    thread.join()
    fake.server_close()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "clientes.csv"
    path.write_text(
        "ref,name,numbers,segment,language,pedidos,nota\n"
        'C-1,"Ruiz, Marta",911 23 45 67|600111222,oro,es,3,\n'
        "C/2 ñ,,+44 20 7946 0958,,,,llama tarde\n"
        "C-3,Gil,,,,,\n",
        encoding="utf-8",
    )
    return path


def run(table: Path, server: Fake, **how: bool) -> tuple[Counts, list[str]]:
    said: list[str] = []
    return import_file(table, server.facts, said.append, **how), said


def test_every_row_is_one_customer(table: Path, server: Fake) -> None:
    """Its key in the address whatever it looks like; empty cells are not said; other columns are fields."""
    counts, said = run(table, server)

    assert server.asked == [
        (
            "/api/customers/by-ref/C-1",
            {
                "name": "Ruiz, Marta",
                "segment": "oro",
                "language": "es",
                "numbers": ["911 23 45 67", "600111222"],
                "fields": {"pedidos": "3"},
            },
        ),
        (
            "/api/customers/by-ref/C%2F2%20%C3%B1",
            {"numbers": ["+44 20 7946 0958"], "fields": {"nota": "llama tarde"}},
        ),
        ("/api/customers/by-ref/C-3", {"name": "Gil", "numbers": [], "fields": {}}),
    ]
    assert (counts, said) == (Counts(created=1, replaced=2), [])
    assert server.tokens == {"Bearer secreto"}


def test_a_pin_is_a_column_of_its_own(tmp_path: Path, server: Fake) -> None:
    """It is no field of the record; an empty cell leaves the PIN that there is."""
    path = tmp_path / "pins.csv"
    path.write_text("ref,numbers,pin\nC-1,911234567,0471\nC-2,911234568,\n", encoding="utf-8")

    run(path, server)

    assert [body for _, body in server.asked] == [
        {"numbers": ["911234567"], "pin": "0471", "fields": {}},
        {"numbers": ["911234568"], "fields": {}},
    ]


def test_a_refused_row_is_told_with_its_line_and_the_next_one_follows(table: Path, server: Fake) -> None:
    """Nobody has to start again because of one bad number."""
    server.refuse = {"C-1": 422, "C-3": 409}
    counts, said = run(table, server)

    assert counts == Counts(replaced=1, refused=2)
    assert said == ["línea / line 2, ref C-1: no / no: C-1", "línea / line 4, ref C-3: no / no: C-3"]


@pytest.mark.parametrize("status", [401, 403, 503])
def test_what_is_wrong_with_the_server_ends_it(table: Path, server: Fake, status: int) -> None:
    """A database that does not answer is not the fault of ten thousand rows."""
    server.refuse = {"C-1": status}
    with pytest.raises(ImportFailed, match="no / no"):
        run(table, server)

    assert len(server.asked) == 1


def test_wishes_reach_the_server(table: Path, server: Fake) -> None:
    """A dry run is checked where the rules are."""
    run(table, server, dry_run=True, move=True)

    assert server.asked[0][0] == "/api/customers/by-ref/C-1?dry_run=true&move=true"


@pytest.mark.parametrize("text", ["\ufeffref;numbers\r\nC-1;911234567\r\n", "numbers,ref\n911234567,C-1\n"])
def test_tables_of_every_office_are_read(tmp_path: Path, text: str) -> None:
    """With semicolons, with a mark at the beginning, with columns in any order."""
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    (row,) = rows(tmp_path / "t.csv")

    assert (row.line, row.ref, row.body["numbers"]) == (2, "C-1", ["911234567"])


@pytest.mark.parametrize(
    ("content", "hint"),
    [(b"name,segment\n", "ref, numbers"), (b"", "ref, numbers"), (b"ref,numbers\n\xff\xfe\n", "UTF-8")],
)
def test_what_is_no_such_table_is_told(tmp_path: Path, content: bytes, hint: str) -> None:
    """Before anything is sent."""
    (tmp_path / "t.csv").write_bytes(content)

    with pytest.raises(ImportFailed, match=hint):
        list(rows(tmp_path / "t.csv"))


def test_rows_that_do_not_fit_their_header_are_refused(tmp_path: Path, server: Fake) -> None:
    """No key, or more cells than names: no guess is made about which is which."""
    (tmp_path / "t.csv").write_text("ref,numbers\n,911234567\nC-2,911234567,600111222\n")
    counts, said = run(tmp_path / "t.csv", server)

    assert counts.refused == 1
    assert "line 2" in said[0] and "ref" in said[0]
    assert server.asked == [("/api/customers/by-ref/C-2", _TOO_MANY)]


_TOO_MANY: Mapping[str, object] = {"numbers": ["911234567"], "fields": {"?": "600111222"}}


def test_nobody_there_is_said(table: Path) -> None:
    """Instead of a traceback."""
    with pytest.raises(ImportFailed, match="is it running"):
        import_file(table, {"http": {"url": "http://127.0.0.1:9", "token": "x", "certificate": ""}}, print)


def test_the_command_says_what_became_of_it(table: Path, server: Fake, tmp_path: Path) -> None:
    """Exit 0 when all went well, 1 when a row was refused or nothing runs here."""
    home = Home(tmp_path / "home")
    nowhere = CliRunner().invoke(app, ["customers", "import", str(table), "--home", str(home.path)])
    home.make()
    home.write_centre(server.facts)
    good = CliRunner().invoke(app, ["customers", "import", str(table), "--home", str(home.path)])
    server.refuse = {"C-3": 422}
    bad = CliRunner().invoke(app, ["customers", "import", str(table), "--home", str(home.path), "--dry-run"])

    assert (nowhere.exit_code, good.exit_code, bad.exit_code) == (1, 0, 1)
    assert "no centre runs here" in nowhere.output
    assert "new: 1" in good.output and "refused: 0" in good.output
    assert "line 4" in bad.output and "refused: 1" in bad.output
