"""One place owns every task, so that none dies unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

_log = structlog.get_logger("tasks")
_running: set[asyncio.Task[None]] = set()


async def _guarded(coro: Coroutine[Any, Any, Any], name: str) -> None:
    try:
        await coro
    except asyncio.CancelledError:
        raise
    except Exception:
        # A bug ends this one task, loudly; the callers on the line must never notice.
        _log.exception("task.failed", task=name)


def spawn(coro: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[None]:
    """
    Run a coroutine as a task that is kept alive until done and whose failure is logged.

    Args:
        coro: What to run. Its result is dropped: send it on as an event.
        name: Shown in the log and in debuggers.
    """
    task = asyncio.get_running_loop().create_task(_guarded(coro, name), name=name)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


async def cancel_all(*, within_s: float = 2.0) -> None:
    """Cancel whatever still runs and wait for it, at most `within_s` seconds."""
    tasks = [task for task in _running if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=within_s)
