from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cti.desktop import log as log_module
from cti.desktop.log import EventLog, Kept, LostError, Reader

pytestmark = pytest.mark.unit

DAY_MS = 86_400_000


def event(seq: int, *, personal: bool = False, size: int = 0) -> Kept:
    return Kept(seq, personal, b'{"seq":%d,"id":"e%d","x":"%s"}' % (seq, seq, b"x" * size))


async def read_all(log: EventLog, after: int) -> list[int]:
    reader, found = Reader(log, after), []
    while not reader.has_all:
        found += [kept.seq for kept in await reader.read()]
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of a few events, read a few at a time."""
    monkeypatch.setattr(log_module, "SEGMENT_BYTES", 200)
    monkeypatch.setattr(log_module, "CHUNK", 3)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    log = EventLog(tmp_path, 0)
    yield log
    log.close()


async def test_what_is_kept_is_read_back_as_it_was(log: EventLog) -> None:
    """Byte for byte, with the mark of those that must be told again with care."""
    log.append([event(5), event(6, personal=True)], 0)

    assert await Reader(log, 0).read() == [event(5), event(6, personal=True)]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("after", [0, 1, 9, 10, 11, 250, 299, 300])
async def test_reading_goes_on_from_any_event_over_every_border(log: EventLog, after: int) -> None:
    """From whatever event somebody knows, all later ones follow, once each and in order."""
    for seq in range(1, 301):
        log.append([event(seq)], 0)

    assert await read_all(log, after) == list(range(after + 1, 301))


@pytest.mark.usefixtures("small")
async def test_a_restart_finds_everything_but_the_torn_last_line(tmp_path: Path) -> None:
    """A kill in the middle of a write takes that event alone, and the numbering goes on."""
    log = EventLog(tmp_path, 0)
    for seq in range(1, 31):
        log.append([event(seq)], 0)
    log.close()
    newest = tmp_path / max(os.listdir(tmp_path))  # noqa: PTH208 - no pathlib in a coroutine
    with newest.open("ab") as file:
        file.write(b'.{"seq":31,"id"')

    again = EventLog(tmp_path, int(newest.stat().st_mtime * 1000))
    assert (again.floor, again.last) == (0, 30)
    again.append([event(31)], 0)
    assert await read_all(again, 0) == list(range(1, 32))
    again.close()


@pytest.mark.usefixtures("small")
def test_after_a_gap_nothing_older_is_believed(tmp_path: Path) -> None:
    """If a file in the middle is missing, what is before it is not told, as it would be a gap."""
    log = EventLog(tmp_path, 0)
    for seq in range(1, 31):
        log.append([event(seq)], 0)
    log.close()
    names = sorted(tmp_path.glob("*.jsonl"))
    names[3].unlink()

    again = EventLog(tmp_path, 0)
    assert again.floor == int(names[4].stem)
    assert sorted(tmp_path.glob("*.jsonl")) == names[4:]
    with pytest.raises(LostError):
        again.read(1, None)
    again.close()


@pytest.mark.usefixtures("small")
def test_a_day_is_kept_and_not_more_bytes_than_allowed(tmp_path: Path) -> None:
    """What is older than a day goes, and before that the oldest when there is too much of it."""
    log = EventLog(tmp_path / "time", 0)
    for hour in range(72):
        log.append([event(hour + 1, size=200)], hour * 3_600_000)
    assert 72 - log.floor in range(24, 27)
    log.close()

    log = EventLog(tmp_path / "space", 0, bytes_max=2_000)
    for seq in range(1, 101):
        log.append([event(seq, size=200)], 0)
    assert sum(path.stat().st_size for path in (tmp_path / "space").iterdir()) < 2_500
    assert 85 < log.floor < 100
    log.close()


@pytest.mark.usefixtures("small")
async def test_a_reader_that_is_overtaken_by_the_deletion_is_told_so(tmp_path: Path) -> None:
    """Who reads slower than a day is deleted hears of the gap instead of not noticing it."""
    log = EventLog(tmp_path, 0, bytes_max=1_000)
    for seq in range(1, 20):
        log.append([event(seq)], 0)
    reader = Reader(log, log.floor)
    await reader.read()
    for seq in range(20, 200):
        log.append([event(seq)], 0)

    with pytest.raises(LostError):
        await reader.read()
    log.close()


async def test_a_full_disk_is_a_gap_and_an_alarm_and_mends_itself(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is raised; what could not be kept is never told as if nothing were missing."""
    log.append([event(1)], 0)
    full = OSError(errno.ENOSPC, "No space left on device")

    def refuse(_fd: int, _data: bytes) -> int:
        raise full

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refuse)
        log.append([event(2)], 10)
    log.append([event(3)], 20)
    assert "haga sitio" in log.why and "make room" in log.why
    assert (log.floor, log.last) == (3, 3)

    log.append([event(4)], 2_000)
    assert log.why == ""
    assert await read_all(log, 3) == [4]
    with pytest.raises(LostError):
        log.read(1, None)
