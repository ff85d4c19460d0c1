"""The server as a process under the supervisor: its heartbeat, its end by a bug, its certificate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl
from collections.abc import Sequence
from typing import Any, NoReturn

import structlog

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
