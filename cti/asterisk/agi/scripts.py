"""
Old AGI scripts, unchanged, on a live FastAGI session: one process per call.

The script speaks on standard input and output as if Asterisk had started it:
environment first, then one reply per command, SIGHUP when the channel is taken
away. Meant for scripts written against pyst2; any Python AGI script will do.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import structlog

from cti.asterisk.agi.protocol import CommandRefused, ProtocolError
from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.agi.wire import WireEnded

_log = structlog.get_logger("agi.scripts")
_HOST = Path(__file__).with_name("script_host.py")
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONHASHSEED")
"""Of our own environment; the rest may hold secrets."""
_LAST_STDERR_MS = 500
_HUNG_UP_REPLY = b"200 result=-1\n"
_UNKNOWN_COMMAND = b"510 Invalid or unknown command\n"


class Spawn(Protocol):
    """Starts a task that is kept alive, and whose failure is logged and goes no further."""

    def __call__(self, coro: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[None]: ...


class ScriptRefused(ValueError):
    """The script cannot be run. The message says why and how to mend it, in Spanish and English."""


class ScriptEnd(Enum):
    """Why a script's process ended."""

    FINISHED = "finished"
    """By itself, the caller being there."""
    CALLER_GONE = "caller_gone"
    """After the channel was taken away, by itself or by us."""
    OUT_OF_TIME = "out_of_time"
    """It ran longer than allowed and was killed."""


@dataclass(frozen=True, slots=True)
class ScriptResult:
    end: ScriptEnd
    exit_code: int
    """As the process gave it; negative is the number of the signal that ended it."""
    commands: int
    """AGI commands that were passed on."""


@dataclass(frozen=True, slots=True)
class ScriptLimits:
    """Deadlines and bounds of old scripts. All > 0."""

    max_processes: int = 50
    """A process is about 15 MB; further calls are refused at once."""
    max_run_ms: int = 3_600_000
    hangup_grace_ms: int = 5_000
    """What a script may still do after the caller is gone."""
    reply_timeout_ms: int = 600_000
    stderr_max_bytes: int = 8_192
    """Of what it writes to stderr, the last bytes are logged."""
    max_line_bytes: int = 65_536


_DEFAULT_LIMITS = ScriptLimits()


class ScriptRunner:
    """
    Runs scripts of one folder.

    Args:
        folder: Only files below it can be run.
        spawn: Owner of the tasks that carry lines.
        limits: Deadlines and bounds.
    """

    def __init__(self, folder: Path, *, spawn: Spawn, limits: ScriptLimits = _DEFAULT_LIMITS) -> None:
        self._folder = folder
        self._spawn, self._limits = spawn, limits
        self.running = 0
        """Processes now alive."""

    async def run(self, name: str, call: AgiCall, arguments: Sequence[str] = ()) -> ScriptResult:
        """
        Run a script to its end for one call.

        Args:
            name: Path below the folder, `legacy/menu.py`.
            call: The live session, whose environment the script is given. Nobody
                else may use it meanwhile.
            arguments: Of the script, after its own name.

        Raises:
            ScriptRefused: No such script, or too many at once. The call is untouched.
        """
        script = await asyncio.to_thread(_find, self._folder, name)
        if self.running >= self._limits.max_processes:
            raise ScriptRefused(
                f"ya corren {self.running} guiones AGI (max_processes) / "
                f"{self.running} AGI scripts are running already (max_processes)"
            )
        self.running += 1
        call.wire.hangup_ends_commands = False
        try:
            return await self._run(script, call, arguments)
        finally:
            call.wire.hangup_ends_commands = True
            self.running -= 1

    async def _run(self, script: Path, call: AgiCall, arguments: Sequence[str]) -> ScriptResult:
        process = await _start(script, arguments, self._limits.max_line_bytes)
        session = _Session(process, call, self._limits)
        stderr = self._spawn(session.keep_stderr(), name="agi.script.stderr")
        tasks = [
            self._spawn(session.carry_lines(), name="agi.script.lines"),
            self._spawn(session.watch_process(), name="agi.script.process"),
            self._spawn(session.watch_hangup(), name="agi.script.hangup"),
            stderr,
        ]
        try:
            end = await session.wait_for_end()
        finally:
            _kill(process)
            await process.wait()
            await asyncio.wait((stderr,), timeout=_LAST_STDERR_MS / 1000)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        result = ScriptResult(end, process.returncode or 0, session.commands)
        _log_result(script, result, session.stderr)
        return result


class _Session:
    """One script and one call."""

    def __init__(self, process: Process, call: AgiCall, limits: ScriptLimits) -> None:
        self._process, self._call, self._limits = process, call, limits
        self._news = asyncio.Event()
        """The process ended, or the channel was taken away."""
        self.commands = 0
        self.stderr = bytearray()

    async def carry_lines(self) -> None:
        """The environment, then a reply to every command, until the script closes its output."""
        assert self._process.stdout is not None
        lines = "".join(f"{name}: {_one_line(value)}\n" for name, value in self._call.env.items())
        try:
            await self._say(lines.encode() + b"\n")
            while line := await self._process.stdout.readline():
                await self._say(await self._reply_to(line))
        except (ConnectionError, ValueError):
            # It closed its input, or wrote a line beyond all measure: either way it is over.
            _kill(self._process)

    async def watch_process(self) -> None:
        await self._process.wait()
        self._news.set()

    async def watch_hangup(self) -> None:
        await self._call.wire.hung_up.wait()
        self._news.set()

    async def _say(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    async def _reply_to(self, line: bytes) -> bytes:
        try:
            command = line.decode("utf-8", "replace").rstrip("\r\n")
            reply = await self._call.wire.ask(command, timeout_ms=self._limits.reply_timeout_ms)
        except (WireEnded, ProtocolError, TimeoutError):
            return _HUNG_UP_REPLY
        except CommandRefused:
            return _UNKNOWN_COMMAND
        self.commands += 1
        return reply.raw.encode() + b"\n"

    async def keep_stderr(self) -> None:
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(4_096):
            self.stderr += data
            del self.stderr[: -self._limits.stderr_max_bytes]

    async def wait_for_end(self) -> ScriptEnd:
        """Wait for the process; SIGHUP and a last grace when the channel is taken away."""
        try:
            async with asyncio.timeout(self._limits.max_run_ms / 1000):
                await self._news.wait()
        except TimeoutError:
            return ScriptEnd.OUT_OF_TIME
        if self._process.returncode is not None:
            return ScriptEnd.FINISHED
        self._process.send_signal(signal.SIGHUP)
        try:
            async with asyncio.timeout(self._limits.hangup_grace_ms / 1000):
                await self._process.wait()
        except TimeoutError:
            _log.warning("agi.script_killed", after_ms=self._limits.hangup_grace_ms)
        return ScriptEnd.CALLER_GONE


def _find(folder: Path, name: str) -> Path:
    root = folder.resolve()
    script = (root / name).resolve()
    if not script.is_relative_to(root):
        raise ScriptRefused(
            f"el guion AGI {name!r} está fuera de {root}: póngalo dentro / "
            f"AGI script {name!r} is outside {root}: put it inside"
        )
    if not script.is_file():
        raise ScriptRefused(
            f"no hay guion AGI {name!r} en {root}: revise el nombre / "
            f"there is no AGI script {name!r} in {root}: check the name"
        )
    return script


async def _start(script: Path, arguments: Sequence[str], max_line_bytes: int) -> Process:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    # A caller's name may be in any encoding: it must come through, not end the script.
    kept |= {"PYTHONIOENCODING": "utf-8:surrogateescape", "PYTHONDONTWRITEBYTECODE": "1"}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        str(_HOST),
        str(os.getpid()),
        str(script),
        *arguments,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=script.parent,
        env=kept,
        limit=max_line_bytes,
        # A group of its own, so that what the script starts ends with it, and our signals are not for it.
        start_new_session=True,
    )


def _kill(process: Process) -> None:
    """End the script and all it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def _log_result(script: Path, result: ScriptResult, stderr: bytearray) -> None:
    said = stderr.decode("utf-8", "replace")
    failed = result.exit_code != 0 and result.end is not ScriptEnd.CALLER_GONE
    level = _log.warning if failed else _log.info
    level(
        "agi.script_ended",
        script=script.name,
        end=result.end.value,
        exit_code=result.exit_code,
        commands=result.commands,
        stderr=said,
    )
