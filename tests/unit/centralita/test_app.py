"""The server as a process of its own: no switch answers, which is no reason not to run."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from centralita import app
from centralita.home import ENVIRONMENT, Home
from config.loader import example
from tests.support.polling import eventually
from tests.support.process import die_with_parent, free_ports

pytestmark = pytest.mark.unit

TOKEN = "una-clave-de-prueba"
POISONED = """
from acd.engine import Engine
handle = Engine.handle
def poisoned(self, event, now_ms):
    assert type(event).__name__ != "PresenceSet", "poison"
    return handle(self, event, now_ms)
Engine.handle = poisoned
from centralita.app import main
main()
"""
PLAIN = "from centralita.app import main; main()"


class Process:
    """A server with its home, its heartbeat pipe and its standard input."""

    def __init__(self, folder: Path, program: str) -> None:
        self.home = Home(folder)
        self.home.make()
        first = free_ports(8)
        self.url = f"http://127.0.0.1:{first}"
        self.home.write_centre(
            {
                "http": {
                    "url": self.url,
                    "token": TOKEN,
                    "bind": "127.0.0.1",
                    "hosts": [f"127.0.0.1:{first}"],
                    "origins": [],
                },
                "ports": {"http": first, "ami": first + 1, "agi": first + 2},
                "ami": {"secret": "s"},
                "agi_nonce": "n",
                "switch": "local",
                "config": str(example()),
            }
        )
        self.beats, theirs = os.pipe()
        os.set_blocking(self.beats, False)
        with (folder / "out").open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", program],
                env={
                    **os.environ,
                    ENVIRONMENT: str(folder),
                    "CENTRALITA_HEARTBEAT_FD": str(theirs),
                },
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                pass_fds=(theirs,),
                preexec_fn=die_with_parent,  # noqa: PLW1509  # touches nothing shared
            )
        os.close(theirs)

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def beaten(self) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return os.read(self.beats, 4096)
        return b""

    async def ask(self, path: str, body: object = None) -> int:
        """HTTP status; 0 when nobody answers."""
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended: {(self.home.path / 'out').read_text()[-2000:]}")
        return await asyncio.to_thread(self._ask, path, body)

    def _ask(self, path: str, body: object) -> int:
        request = urllib.request.Request(  # noqa: S310
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    async def ended(self, within_s: float) -> int:
        await eventually(
            lambda: self.process.poll() is not None, within_s, "the server has ended", every_s=0.01
        )
        return int(self.process.returncode)

    def journal(self) -> str:
        return "".join(path.read_text() for path in sorted(self.home.journal.glob("*.jsonl")))

    def log(self) -> str:
        return (self.home.log / "server.log").read_text(encoding="utf-8")


@contextlib.asynccontextmanager
async def started(folder: Path, program: str = PLAIN) -> AsyncIterator[Process]:
    process = Process(folder, program)
    try:
        process.go()
        await eventually(lambda: process.ask("/health"), 20, "the server answers", every_s=0.05)
        yield process
    finally:
        process.process.kill()
        process.process.wait()
        with contextlib.suppress(OSError):
            os.close(process.beats)


async def test_a_bug_in_the_engine_ends_the_process_within_a_second(tmp_path: Path) -> None:
    """No zombie that beats its heart and decides nothing: another process goes on, without the poison."""
    async with started(tmp_path, POISONED) as server:
        began_s = time.monotonic()
        asking = asyncio.ensure_future(server.ask("/api/agents/ana/presence", {"presence": "ready"}))
        code = await server.ended(within_s=2)
        took_s = time.monotonic() - began_s
        await asking

        assert code == os.EX_SOFTWARE
        assert took_s < 1
        assert "PresenceSet" not in server.journal()
        assert "EngineStarted" in server.journal()
        assert '"ended":["runtime"]' in server.log()


async def test_a_server_without_its_supervisor_ends(tmp_path: Path) -> None:
    """Nobody reads its heartbeat any more: nobody would replace it, and the next centre needs its journal."""
    async with started(tmp_path) as server:
        await eventually(server.beaten, 2)
        os.close(server.beats)

        assert await server.ended(within_s=2) == os.EX_SOFTWARE
        assert '"ended":["heartbeat"]' in server.log()


async def test_a_server_that_is_asked_to_stop_does_so_and_says_it_well(tmp_path: Path) -> None:
    """It beats while it runs, and ends with 0: the journal closed, the records written."""
    async with started(tmp_path) as server:
        assert await server.ask("/health") == 503
        await eventually(server.beaten, 2)
        server.process.send_signal(signal.SIGTERM)

        assert await server.ended(within_s=4) == 0
        assert "server.broken" not in server.log()


@pytest.mark.parametrize("line", ["", "\n", "stop\n"])
def test_a_standby_that_is_not_needed_ends_without_having_touched_anything(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for one word; if its input ends instead, it goes: no journal, no port, no beat."""
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    monkeypatch.setattr(app, "configure_logs", lambda _: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO(line))
    app.main()

    assert list(tmp_path.iterdir()) == []
