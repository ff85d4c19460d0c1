"""
Parent of Asterisk and of our server, so that neither is the other's child.

The server is watched by a heartbeat over a pipe: dead, it is replaced at once;
silent for 3 s, it is killed and replaced. A standby has all its imports behind
it and waits for one line, so that the replacement works within a fraction of a
second. Asterisk is started once and never ends with the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from centralita.home import ENVIRONMENT, Home
from centralita.tasks import spawn

_log = structlog.get_logger("supervisor")

SILENT_FOR_S = 3.0
"""A server without heartbeat for this long is killed."""
LOOK_EVERY_S = 0.2
FIRST_BEAT_S = 45.0
"""Imports alone take 4 s of processor: a starting server that is killed too soon never comes up."""
STOP_SERVER_S = 4.0
STOP_ASTERISK_S = 5.0
CRASHES_MAX = 5
"""So many deaths in a row within `CRASH_WINDOW_S` of their start, and we pause between tries."""
CRASH_WINDOW_S = 5.0
PAUSE_S = 2.0
STANDBY_AFTER_S = 2.0
WATCHDOG_EVERY_S = 1.0
BEAT = b"."
GO = b"go\n"
_PR_SET_PDEATHSIG = 1


def die_with_parent(number: signal.Signals) -> None:
    """For a child, between fork and exec: a supervisor that is killed leaves nothing behind."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)


@dataclass(slots=True)
class Child:
    """A server process; `beats` is our end of its heartbeat pipe."""

    process: asyncio.subprocess.Process
    beats: int
    started: float = 0.0

    @property
    def pid(self) -> int:
        return self.process.pid


class Supervisor:
    """
    Args:
        asterisk: Command line of our Asterisk instance.
        server: Command line of the server; it waits for a line on standard input before it starts.
        environ: Of both.
        log: Folder of the processes' own output.
        changed: Called with name -> pid whenever a process is replaced.
        notify: systemd's NOTIFY_SOCKET, or empty.
    """

    def __init__(
        self,
        asterisk: Sequence[str],
        server: Sequence[str],
        environ: Mapping[str, str],
        log: Path,
        changed: Callable[[dict[str, int]], None],
        notify: str = "",
    ) -> None:
        self._asterisk_argv, self._server_argv = list(asterisk), list(server)
        self._environ = dict(environ)
        self._log = log
        self._changed = changed
        self._notify = notify
        self._stopping = asyncio.Event()
        self._asterisk: asyncio.subprocess.Process | None = None
        self._server: Child | None = None
        self._standby: asyncio.Future[Child] | None = None
        self._children: list[asyncio.subprocess.Process] = []
        self.ready = asyncio.Event()
        """Set by whoever knows that calls can be taken: systemd is told then."""

    def use(self, asterisk: Sequence[str], changed: Callable[[dict[str, int]], None]) -> None:
        """What was not known yet when this was made early, to `prewarm`."""
        self._asterisk_argv, self._changed = list(asterisk), changed

    async def prewarm(self) -> None:
        """Start the first server now: its imports take longer than all that is decided before it may go."""
        started = await self._start_server()
        self._standby = asyncio.get_running_loop().create_future()
        self._standby.set_result(started)

    async def run(self) -> None:
        """
        Keep both alive until `stop` is called; returns when all processes are gone.

        Raises:
            RuntimeError: A bug ended one of the watches. All processes are gone then, too:
                better started anew by systemd than alive with nobody watching.
        """
        keepers = [
            spawn(self._keep_asterisk(), name="keep asterisk"),
            spawn(self._keep_server(), name="keep server"),
        ]
        others = [spawn(self._tell_systemd(), name="systemd"), spawn(self._stopping.wait(), name="stop")]
        await asyncio.wait((others[-1], *keepers), return_when=asyncio.FIRST_COMPLETED)
        broken = [keeper.get_name() for keeper in keepers if keeper.done()]
        for task in (*keepers, *others):
            task.cancel()
        await asyncio.wait((*keepers, *others))
        await self._end_all()
        if broken:
            raise RuntimeError(f"a bug has ended: {', '.join(broken)}; the log has the traceback")

    def stop(self) -> None:
        self._stopping.set()

    async def _keep_asterisk(self) -> None:
        while True:
            try:
                self._asterisk = await self._start_asterisk()
            except OSError as error:
                _log.error("asterisk.cannot_start", why=str(error))
                await asyncio.sleep(PAUSE_S)
                continue
            self._tell_pids()
            code = await self._asterisk.wait()
            _log.error("asterisk.died", code=code, effect="its calls are lost; starting it again")
            await asyncio.sleep(PAUSE_S / 4)

    async def _start_asterisk(self) -> asyncio.subprocess.Process:
        with (self._log / "asterisk.out").open("ab") as out:
            return await asyncio.create_subprocess_exec(
                *self._asterisk_argv,
                env=self._environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, signal.SIGTERM),
            )

    async def _keep_server(self) -> None:
        crashes = 0
        while True:
            try:
                child = await (self._standby or self._start_server())
            except OSError as error:
                _log.error("server.cannot_start", why=str(error))
                self._standby = None
                await asyncio.sleep(PAUSE_S)
                continue
            self._server, child.started = child, time.monotonic()
            await self._release(child)
            self._tell_pids()
            self._standby = asyncio.ensure_future(self._prepare_standby())
            await self._watch(child)
            lived = time.monotonic() - child.started
            crashes = crashes + 1 if lived < CRASH_WINDOW_S else 0
            if crashes >= CRASHES_MAX:
                _log.error("server.keeps_dying", times=crashes, look_at=str(self._log / "server.out"))
                await asyncio.sleep(PAUSE_S)

    async def _prepare_standby(self) -> Child:
        """Not at once: the server that has just taken over needs the processor more."""
        assert self._server is not None
        died = asyncio.ensure_future(self._server.process.wait())
        await asyncio.wait((died,), timeout=STANDBY_AFTER_S)
        died.cancel()
        return await self._start_server()

    async def _start_server(self) -> Child:
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        try:
            with (self._log / "server.out").open("ab") as out:
                process = await asyncio.create_subprocess_exec(
                    *self._server_argv,
                    env={**self._environ, "CENTRALITA_HEARTBEAT_FD": str(theirs)},
                    stdin=asyncio.subprocess.PIPE,
                    stdout=out,
                    stderr=out,
                    pass_fds=(theirs,),
                    start_new_session=True,
                    # Not SIGTERM: a frozen one would not hear it, and keep the journal's lock.
                    preexec_fn=partial(die_with_parent, signal.SIGKILL),
                )
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self._children = [p for p in self._children if p.returncode is None] + [process]
        return Child(process, ours)

    async def _release(self, child: Child) -> None:
        assert child.process.stdin is not None
        with contextlib.suppress(ConnectionError):
            child.process.stdin.write(GO)
            await child.process.stdin.drain()

    async def _watch(self, child: Child) -> None:
        """Return when the child is dead: by itself, or by us because it was silent."""
        loop = asyncio.get_running_loop()
        # Imports come before the first beat, and a busy machine takes its time over them.
        last = loop.time() + FIRST_BEAT_S - SILENT_FOR_S

        def beat() -> None:
            nonlocal last
            if os.read(child.beats, 4096):
                last = loop.time()
            else:
                loop.remove_reader(child.beats)

        loop.add_reader(child.beats, beat)
        death = asyncio.ensure_future(child.process.wait())
        try:
            while not death.done():
                left = last + SILENT_FOR_S - loop.time()
                if left <= 0:
                    _log.error("server.silent", pid=child.pid, seconds=SILENT_FOR_S)
                    child.process.kill()
                    left = SILENT_FOR_S
                await asyncio.wait((death,), timeout=min(left, LOOK_EVERY_S))
            _log.error("server.died", pid=child.pid, code=death.result())
        finally:
            death.cancel()
            loop.remove_reader(child.beats)
            os.close(child.beats)

    def _tell_pids(self) -> None:
        pids = {"supervisor": os.getpid()}
        if self._asterisk is not None:
            pids["asterisk"] = self._asterisk.pid
        if self._server is not None:
            pids["server"] = self._server.pid
        try:
            self._changed(pids)
        except OSError as error:  # a full disk: calls and the watch over them go on
            _log.error("pids.not_written", why=str(error))

    async def _end_all(self) -> None:
        """Server first, so that it can say goodbye to its connections; then the switch."""
        if self._standby is not None:
            self._standby.cancel()
            await asyncio.wait((self._standby,))
        await asyncio.gather(*(_end(process, STOP_SERVER_S) for process in self._children))
        if self._asterisk is not None:
            await _end(self._asterisk, STOP_ASTERISK_S)

    async def _tell_systemd(self) -> None:
        """READY and the watchdog's keep-alive; nothing without systemd."""
        if not self._notify:
            return
        address = "\0" + self._notify[1:] if self._notify.startswith("@") else self._notify
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            await self.ready.wait()
            message = b"READY=1"
            while True:
                # systemd restarting itself is away for a moment: that must not end the sign of life for ever.
                with contextlib.suppress(OSError):
                    sock.sendto(message, address)
                    message = b"WATCHDOG=1"
                await asyncio.sleep(WATCHDOG_EVERY_S)


async def _end(process: asyncio.subprocess.Process, within_s: float) -> None:
    if process.returncode is not None:
        return
    # A frozen process takes a signal only once it is continued.
    for number in (signal.SIGTERM, signal.SIGCONT):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def server_argv() -> list[str]:
    return [sys.executable, "-m", "centralita.app"]


def early_supervisor(home: Home, environ: Mapping[str, str]) -> Supervisor:
    """A supervisor that can already prewarm the server, before anything else is decided."""
    child_environ = {
        **{k: v for k, v in environ.items() if k != "NOTIFY_SOCKET"},
        ENVIRONMENT: str(home.path),
        "PYTHONUNBUFFERED": "1",
    }
    notify = environ.get("NOTIFY_SOCKET", "")
    return Supervisor([], server_argv(), child_environ, home.log, lambda _: None, notify=notify)
