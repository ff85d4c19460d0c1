from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from acd.stats.kpi_counts import Count, Tally
from acd.stats.kpi_figures import figures
from centralita.cli import app
from centralita.home import Home
from centralita.kpis.table import table
from centralita.store.projection import Projection
from centralita.tasks import spawn
from tests.unit.store.samples import DAY, NOW, call

pytestmark = pytest.mark.unit

HALF = Tally({Count.OFFERED: 4, Count.ANSWERED: 2, Count.ANSWERED_IN_TIME: 2, Count.WAIT_ANSWERED_MS: 25_000})


def numbers(tally: Tally) -> dict[str, Any]:
    """As the API writes them."""
    return {
        "counts": {count.value: tally[count] for count in Count},
        "figures": {id_: {"value": found.value} for id_, found in figures(tally).items()},
    }


REPORT = {
    "by": "queue",
    "rows": [{"key": "ventas", **numbers(HALF)}, {"key": "", **numbers(Tally())}],
    "total": numbers(HALF),
}


class Fake(ThreadingHTTPServer):
    """An API that writes down what it is asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str | None]] = []
        self.answer: tuple[int, object] = (200, REPORT)


class _Handler(BaseHTTPRequestHandler):
    server: Fake

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"]))
        status, body = self.server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(msgspec.json.encode(body))

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Fake]:
    fake = Fake()
    thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{fake.server_address[1]}"
    home = Home(tmp_path.resolve())
    home.make()
    home.write_centre({"http": {"url": url, "token": "secreto", "certificate": ""}})
    yield fake
    fake.shutdown()
    thread.join()
    fake.server_close()


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ("kpis", "--home", str(home), *words))


def test_the_table_shows_the_figures_of_the_api(server: Fake, tmp_path: Path) -> None:
    """One line a row, the total last; what was not measured is a dash, never 0 % or 100 %."""
    result = run(tmp_path, "--from", "2026-11-24", "--by", "queue")
    head, ventas, nobody, total = (re.split(r"\s{2,}", line) for line in result.stdout.splitlines())

    assert result.exit_code == 0
    assert server.asked == [("/api/kpis?from=2026-11-24&by=queue", "Bearer secreto")]
    assert "sl-v1" in " ".join(head)
    assert ventas[0] == "ventas" and "50.0 %" in " ".join(ventas) and "12.5 s" in " ".join(ventas)
    assert nobody[0] == "—" and "%" not in " ".join(nobody)
    assert total[0] == "total" and total[1:] == ventas[1:]


def test_programs_read_json(server: Fake, tmp_path: Path) -> None:
    """The whole answer of the API."""
    result = run(
        tmp_path, "--json", "--by", "interval", "--interval", "15m", "--queue", "ventas", "--to", "9"
    )

    assert msgspec.json.decode(result.stdout) == msgspec.json.decode(msgspec.json.encode(REPORT))
    assert server.asked[0][0] == "/api/kpis?to=9&by=interval&interval=15m&queue=ventas"


def test_a_wrong_question_is_answered_in_the_apis_words(server: Fake, tmp_path: Path) -> None:
    """Exit 1, on standard error."""
    server.answer = (400, {"detail": "¿quiso decir «queue»? / did you mean 'queue'?"})
    result = run(tmp_path, "--by", "quene")

    assert (result.exit_code, result.stderr) == (1, "¿quiso decir «queue»? / did you mean 'queue'?\n")


def test_without_a_running_centre_it_says_so(tmp_path: Path) -> None:
    """Where it looked, and what to do; the same when nobody listens any more."""
    nothing = run(tmp_path)
    home = Home(tmp_path.resolve())
    home.make()
    home.write_centre({"http": {"url": "http://127.0.0.1:9", "token": "x", "certificate": ""}})
    dead = run(tmp_path)

    assert nothing.exit_code == dead.exit_code == 1
    assert "ningún centro en marcha" in nothing.stderr
    assert "no responde" in dead.stderr


async def test_without_a_running_centre_what_is_stored_is_counted(tmp_path: Path) -> None:
    """By the process's own code, by the defaults if no configuration is left; nobody is on the line."""
    home = Home(tmp_path)
    home.make()
    projection = Projection(home.database_url, spawn)
    assert await projection.start()
    for n in range(3):
        for seq, at_ms, records, beside in call(n):
            projection.put(seq, at_ms, records, beside)
    assert await projection.close()
    home.write_centre({"http": {"url": "http://127.0.0.1:9", "token": "x", "certificate": ""}})
    since, until = str(NOW), str(NOW + DAY)
    result = await asyncio.to_thread(run, tmp_path, "--from", since, "--to", until)
    wrong = await asyncio.to_thread(run, tmp_path, "--from", "ayer")
    _, ventas, total = (re.split(r"\s{2,}", line) for line in result.stdout.splitlines())

    assert (result.exit_code, ventas[:3], total[1:3]) == (0, ["ventas", "3", "3"], ["3", "3"])
    assert wrong.exit_code == 1 and "2026-11-22" in wrong.stderr


def test_intervals_are_told_by_their_local_time() -> None:
    """Not by milliseconds."""
    row = {"key": 5, "begins": "2026-11-24T09:30:00+01:00", **numbers(HALF)}
    lines = table({"by": "interval", "rows": [row], "total": numbers(HALF)})

    assert lines[1].startswith("2026-11-24 09:30 ")
