"""
Old AGI scripts, unchanged, on a live FastAGI session: one process per call.

The script speaks on standard input and output as if Asterisk had started it:
environment first, then one reply per command, SIGHUP when the channel is taken
away. Meant for scripts written against pyst2; any Python AGI script will do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import structlog

from cti.asterisk.agi.protocol import CommandRefused, ProtocolError
from cti.asterisk.agi.script_process import ScriptProcess
from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.agi.wire import WireEnded
from cti.spawn import Spawn

BeforeHangup = Callable[[], Awaitable[object]]

_log = structlog.get_logger("agi.scripts")
_HUNG_UP_REPLY = b"200 result=-1\n"
_UNKNOWN_COMMAND = b"510 Invalid or unknown command\n"


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
    """A script with more than this unread, in one line or many, is killed."""


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

    async def run(
        self,
        name: str,
        call: AgiCall,
        arguments: Sequence[str] = (),
        *,
        before_hangup: BeforeHangup | None = None,
    ) -> ScriptResult:
        """
        Run a script to its end for one call.

        Args:
            name: Path below the folder, `legacy/menu.py`.
            call: The live session, whose environment the script is given. Nobody
                else may use it meanwhile.
            arguments: Of the script, after its own name.
            before_hangup: Awaited before a HANGUP of the script is passed on, as
                nobody can tell afterwards who hung up.

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
            return await self._run(script, call, arguments, before_hangup)
        finally:
            call.wire.hangup_ends_commands = True
            self.running -= 1

    async def _run(
        self, script: Path, call: AgiCall, arguments: Sequence[str], before_hangup: BeforeHangup | None
    ) -> ScriptResult:
        process = ScriptProcess(self._limits.max_line_bytes, self._limits.stderr_max_bytes)
        session = _Session(process, call, self._limits, before_hangup)
        tasks = []
        try:
            await process.start(script, arguments)
            tasks = [
                self._spawn(session.carry_lines(), name="agi.script.lines"),
                self._spawn(session.watch_hangup(), name="agi.script.hangup"),
            ]
            end = await session.wait_for_end()
        finally:
            await process.end()
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)
        result = ScriptResult(end, process.exit_code, session.commands)
        _log_result(script, result, process.stderr)
        return result


class _Session:
    """One script and one call."""

    def __init__(
        self,
        process: ScriptProcess,
        call: AgiCall,
        limits: ScriptLimits,
        before_hangup: BeforeHangup | None,
    ) -> None:
        self._process, self._call, self._limits = process, call, limits
        self._before_hangup = before_hangup
        self.commands = 0

    async def carry_lines(self) -> None:
        """The environment, then a reply to every command, until the script closes its output."""
        lines = "".join(f"{name}: {_one_line(value)}\n" for name, value in self._call.env.items())
        self._process.write(lines.encode() + b"\n")
        while (line := await self._process.line()) is not None:
            self._process.write(await self._reply_to(line))

    async def _reply_to(self, line: bytes) -> bytes:
        command = line.decode("utf-8", "replace").rstrip("\r\n")
        if self._before_hangup is not None and command.split(" ")[0].upper() == "HANGUP":
            await self._before_hangup()
        try:
            reply = await self._call.wire.ask(command, timeout_ms=self._limits.reply_timeout_ms)
        except (WireEnded, ProtocolError, TimeoutError):
            return _HUNG_UP_REPLY
        except CommandRefused:
            return _UNKNOWN_COMMAND
        self.commands += 1
        return reply.raw.encode() + b"\n"

    async def watch_hangup(self) -> None:
        await self._call.wire.hung_up.wait()
        self._process.news.set()

    async def wait_for_end(self) -> ScriptEnd:
        """Wait for the process; SIGHUP and a last grace when the channel is taken away."""
        try:
            async with asyncio.timeout(self._limits.max_run_ms / 1000):
                await self._process.news.wait()
        except TimeoutError:
            return ScriptEnd.OUT_OF_TIME
        if self._process.exited.is_set():
            return ScriptEnd.FINISHED
        self._process.hang_up()
        try:
            async with asyncio.timeout(self._limits.hangup_grace_ms / 1000):
                await self._process.exited.wait()
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
