"""Edits of the live file: taken up when sound, refused with reasons when not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from centralita.publisher import CannotPublishError, Ports, Publisher
from centralita.tasks import spawn
from config.loader import Loaded, load
from tests.support.polling import eventually
from tests.support.scene import config_text, write_config

pytestmark = pytest.mark.unit


class Live:
    """Takes what the publisher makes live; fails when told to."""

    def __init__(self) -> None:
        self.taken: list[Loaded] = []
        self.disk_full = False

    async def apply(self, loaded: Loaded) -> None:
        if self.disk_full:
            raise CannotPublishError("No space left on device")
        self.taken.append(loaded)


def _write(folder: Path, ring_s: int) -> Path:
    return write_config(folder, config_text({"ana": "{ventas: 8}"}, ring_s=ring_s))


@contextlib.asynccontextmanager
async def _watching(folder: Path, live: Live) -> AsyncIterator[Publisher]:
    file = _write(folder, 4)
    publisher = Publisher(file, load(file), Ports(live.apply, lambda: 7))
    task = spawn(publisher.watch(), name="test.publisher")
    yield publisher
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_an_edit_is_taken_up(tmp_path: Path) -> None:
    """Saving the file is all that an administrator does."""
    live = Live()
    async with _watching(tmp_path, live) as publisher:
        await asyncio.to_thread(_write, tmp_path, 9)
        await eventually(lambda: bool(live.taken), 10, "the edit is live")
        assert [one.config.queues["ventas"].ring.for_ms for one in live.taken] == [9_000]
        assert publisher.current.version == live.taken[0].version
        assert publisher.alarm() == ""


async def test_a_broken_edit_is_refused_with_its_place_and_the_next_sound_one_taken(tmp_path: Path) -> None:
    """The last good one stays, everybody is told where the mistake is, and mending it is enough."""
    live = Live()
    async with _watching(tmp_path, live) as publisher:
        file = tmp_path / "centro.yaml"
        good = file.read_text(encoding="utf-8")
        before = publisher.current.version
        file.write_text(good.replace("too_many:", "too_meny:", 1), encoding="utf-8")
        await eventually(lambda: publisher.refusal is not None, 10, "the edit is refused")
        line = next(n for n, text in enumerate(good.splitlines(), 1) if "too_many:" in text)
        assert f"centro.yaml:{line}:" in publisher.alarm()
        assert "too_many" in publisher.alarm()
        assert publisher.current.version == before
        assert not live.taken
        status = publisher.status()
        assert {p["code"] for p in status["refused"]["problems"]} >= {"unknown-key"}
        _write(tmp_path, 6)
        await eventually(lambda: publisher.refusal is None, 10, "the mended file is live")
        assert [one.config.queues["ventas"].ring.for_ms for one in live.taken] == [6_000]


async def test_layout_and_comments_are_no_new_version(tmp_path: Path) -> None:
    """A comment disturbs nobody."""
    live = Live()
    file = _write(tmp_path, 4)
    publisher = Publisher(file, load(file), Ports(live.apply, lambda: 7))
    file.write_text("# nota\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    await publisher.look()
    assert not live.taken
    assert publisher.refusal is None


async def test_a_full_disk_refuses_and_says_so(tmp_path: Path) -> None:
    """What cannot be kept for the calls that will need it is not made live."""
    live = Live()
    file = _write(tmp_path, 4)
    publisher = Publisher(file, load(file), Ports(live.apply, lambda: 7))
    before = publisher.current.version
    live.disk_full = True
    _write(tmp_path, 9)
    await publisher.look()
    assert publisher.current.version == before
    assert "No space left" in publisher.alarm()
    live.disk_full = False
    await publisher.look()
    assert publisher.current.version != before
    assert publisher.alarm() == ""


async def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    """Deleting the file stops nothing."""
    live = Live()
    file = _write(tmp_path, 4)
    publisher = Publisher(file, load(file), Ports(live.apply, lambda: 7))
    file.unlink()
    await publisher.look()
    assert "centro.yaml:1:1" in publisher.alarm()
    assert not live.taken
