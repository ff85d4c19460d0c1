"""Keeps the demonstration's process going beside a centre."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from functools import partial

import structlog

from centralita.home import ENVIRONMENT, Home
from centralita.supervisor import die_with_parent

_log = structlog.get_logger("demo.keeper")
AGAIN_S = 3.0
STOP_S = 3.0


async def keep_demo(home: Home, ready: asyncio.Event, say: Callable[[str], None]) -> None:
    """
    Start it when the centre is ready, and again if it dies (its SIP stack is native code), until cancelled.

    Args:
        home: Of the running centre.
        ready: Set once the centre takes calls.
        say: For the person at the terminal.
    """
    await ready.wait()
    say(
        "Demostración: entran llamadas; mire el panel. / Demonstration: calls are coming in; look at the page"
    )
    while True:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "centralita.demo",
            env={**os.environ, ENVIRONMENT: str(home.path)},
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us; we tell it
            preexec_fn=partial(die_with_parent, signal.SIGTERM),
        )
        try:
            code = await process.wait()
            _log.warning("demo.ended", code=code)
            await asyncio.sleep(AGAIN_S)
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), STOP_S)
        return
    process.kill()
