from __future__ import annotations

import asyncio
import gc

import pytest
from structlog.testing import capture_logs

from centralita.tasks import cancel_all, spawn
from tests.support.polling import eventually

pytestmark = pytest.mark.unit


async def test_a_bug_ends_its_own_task_loudly_and_nobody_elses() -> None:
    """One line with the task's name; whoever waits for the task is not struck by it."""

    async def buggy() -> None:
        raise KeyError("oops")

    with capture_logs() as lines:
        task = spawn(buggy(), name="test.buggy")
        await asyncio.wait((task,))

    assert [(line["event"], line["task"], line["log_level"]) for line in lines] == [
        ("task.failed", "test.buggy", "error")
    ]
    assert task.result() is None


async def test_a_task_lives_until_it_is_done_although_nobody_keeps_it() -> None:
    """asyncio alone would let the garbage collector end it."""
    go, done = asyncio.Event(), asyncio.Event()

    async def waits() -> None:
        await go.wait()
        done.set()

    spawn(waits(), name="test.kept")
    await asyncio.sleep(0)
    gc.collect()
    go.set()

    await eventually(done.is_set, 2)


async def test_a_cancelled_task_is_cancelled_and_not_logged() -> None:
    """Stopping is no failure."""

    async def for_ever() -> None:
        await asyncio.Event().wait()

    with capture_logs() as lines:
        task = spawn(for_ever(), name="test.for_ever")
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))

    assert (task.cancelled(), lines) == (True, [])


def test_at_the_end_everything_is_cancelled_and_waited_for_within_a_limit() -> None:
    """What tidies up may finish; what refuses to end is left behind after its time."""
    ended = []

    async def tidy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("tidy")

    async def stubborn(release: asyncio.Event) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                ended.append("refused")

    async def scene() -> None:
        release = asyncio.Event()
        spawn(tidy(), name="test.tidy")
        spawn(stubborn(release), name="test.stubborn")
        await asyncio.sleep(0)
        await cancel_all(within_s=0.05)
        ended.append("over")
        release.set()

    asyncio.run(scene())
    assert sorted(ended) == ["over", "refused", "tidy"]
    assert ended[-1] == "over"
