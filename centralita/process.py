"""The server as a process under the supervisor: its life, its heartbeat, its end, its certificate."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import ssl
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol

import structlog

from centralita.tasks import spawn

_log = structlog.get_logger("app")

BEAT_EVERY_S = 0.5


def tls(http: dict[str, Any]) -> ssl.SSLContext | None:
    """For the web side, by `http` of `centre.json`; None on the loopback, where it is plain."""
    if not http.get("certificate"):
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(http["certificate"], http["key"])
    return context


async def beat(fd: int) -> None:
    """Say that this loop turns; the supervisor kills us when it does not."""
    while True:
        with contextlib.suppress(BlockingIOError):
            os.write(fd, b".")
        await asyncio.sleep(BEAT_EVERY_S)


def end_at_once(vital: Sequence[asyncio.Task[None]]) -> NoReturn:
    """
    A bug has ended what we cannot live without: another process goes on from the journal.

    Nothing is closed politely, as callers wait and what is broken may not let itself be
    closed. All that counts is written already: that is how a kill -9 is survived, too.
    """
    _log.critical("server.broken", ended=[task.get_name() for task in vital if task.done()])
    logging.shutdown()
    os._exit(os.EX_SOFTWARE)


class Running(Protocol):
    """What lives in this process."""

    async def start(self) -> tuple[asyncio.Task[None], ...]:
        """Returns the tasks without which it is worth nothing."""

    async def stop(self) -> None: ...


async def until_stopped(make: Callable[[], Running]) -> None:
    """Run until SIGTERM or SIGINT, beating for the supervisor."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    vital: list[asyncio.Task[None]] = []
    beat_fd = os.environ.get("CENTRALITA_HEARTBEAT_FD")
    if beat_fd is not None:
        os.set_blocking(int(beat_fd), False)
        vital.append(spawn(beat(int(beat_fd)), name="heartbeat"))
    server = make()
    vital += await server.start()
    gc.collect()
    gc.freeze()
    await asyncio.wait((spawn(stop.wait(), name="stop"), *vital), return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        end_at_once(vital)
    await server.stop()
