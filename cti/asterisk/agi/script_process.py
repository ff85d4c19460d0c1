"""The process of one old AGI script: started without our secrets, ended with all it started."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

_HOST = Path(__file__).with_name("script_host.py")
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
"""Of our own environment; the rest may hold secrets."""
_STDIN, _STDOUT, _STDERR = 0, 1, 2
_LAST_WORDS_MS = 500
"""How long a traceback may still be on its way after the process has ended."""


class ScriptProcess(asyncio.SubprocessProtocol):
    """
    A process that speaks in lines.

    Not `asyncio.subprocess`: its `wait()` ends only when all pipes are closed,
    and a script may leave a child behind that keeps them open for ever.

    Args:
        max_unread_bytes: Of its output; beyond, it is killed.
        stderr_max_bytes: Of its stderr, the last bytes are kept.
    """

    def __init__(self, max_unread_bytes: int, stderr_max_bytes: int) -> None:
        self._max_unread_bytes, self._stderr_max_bytes = max_unread_bytes, stderr_max_bytes
        self._transport: asyncio.SubprocessTransport | None = None
        self._output = bytearray()
        self._output_open = True
        self._more = asyncio.Event()
        self._stderr_closed = asyncio.Event()
        self.stderr = bytearray()
        self.exited = asyncio.Event()
        self.news = asyncio.Event()
        """The process has ended, or somebody else has set it."""

    async def start(self, script: Path, arguments: Sequence[str]) -> None:
        """Start Python with this script; it dies when our process does."""
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        # A caller's name may be in any encoding: it must come through, not end the script.
        kept |= {"PYTHONIOENCODING": "utf-8:surrogateescape", "PYTHONDONTWRITEBYTECODE": "1"}
        await asyncio.get_running_loop().subprocess_exec(
            lambda: self,
            *(sys.executable, "-P", str(_HOST), str(os.getpid()), str(script), *arguments),
            cwd=script.parent,
            env=kept,
            # A group of its own: what the script starts ends with it, and our signals are not for it.
            start_new_session=True,
        )

    @property
    def exit_code(self) -> int:
        """As the process gave it, negative for a signal; -SIGKILL while that is on its way."""
        code = self._transport.get_returncode() if self._transport else None
        return -signal.SIGKILL if code is None else code

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == _STDERR:
            self.stderr += data
            del self.stderr[: -self._stderr_max_bytes]
            return
        self._output += data
        self._more.set()
        if len(self._output) > self._max_unread_bytes:
            self._output.clear()
            self.kill()

    def pipe_connection_lost(self, fd: int, _exc: Exception | None) -> None:
        if fd == _STDOUT:
            self._output_open = False
            self._more.set()
        elif fd == _STDERR:
            self._stderr_closed.set()

    def process_exited(self) -> None:
        self.exited.set()
        self.news.set()

    async def line(self) -> bytes | None:
        """The next line it writes, None when there will be none."""
        while True:
            end = self._output.find(b"\n")
            if end >= 0:
                line = bytes(self._output[:end])
                del self._output[: end + 1]
                return line
            if not self._output_open:
                return None
            self._more.clear()
            await self._more.wait()

    def write(self, data: bytes) -> None:
        """Give it input; without effect when it no longer listens."""
        pipe = self._transport.get_pipe_transport(_STDIN) if self._transport else None
        if pipe is not None and not pipe.is_closing():
            cast("asyncio.WriteTransport", pipe).write(data)

    def hang_up(self) -> None:
        """SIGHUP, as Asterisk gives to a script whose channel is gone."""
        if self._transport is not None and not self.exited.is_set():
            self._transport.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """End it, and all it started that stayed in its group."""
        if self._transport is None:
            return
        try:
            os.killpg(self._transport.get_pid(), signal.SIGKILL)
        except ProcessLookupError:
            return

    async def end(self) -> None:
        """Kill what is left, hear its last words, let go of the pipes."""
        if self._transport is None:
            return
        self.kill()
        try:
            async with asyncio.timeout(_LAST_WORDS_MS / 1000):
                await self.exited.wait()
                await self._stderr_closed.wait()
        except TimeoutError:
            pass  # a child of it, in a session of its own, keeps the pipe
        finally:
            self._transport.close()
