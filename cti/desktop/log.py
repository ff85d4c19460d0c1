"""
The events of the last day on disk, so that who was away hears what it missed, after a restart too.

One line per event, in files of `SEGMENT_BYTES`: a mark, and the message. Nothing here
tells who anybody is: an event marked `PERSONAL` is told again with what is known then.
The journal is the truth; what a kill or the power took from here is written again from it.
"""

from __future__ import annotations

import asyncio
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import structlog

_log = structlog.get_logger("events")

KEEP_MS = 86_400_000
"""An event can be told again for at least this long, unless `BYTES_MAX` comes first."""
BYTES_MAX = 1 << 30
SEGMENT_BYTES = 1 << 20
TAIL_BYTES = 1 << 18
"""Longer than any line."""
CHUNK = 256
"""Events read at once."""
RETRY_MS = 1_000
"""How often a disk that refuses is tried again."""
PLAIN, PERSONAL = b".", b"!"
_SEQ_AT = len(b'.{"seq":')


@dataclass(frozen=True, slots=True)
class Kept:
    """One event as it is kept."""

    seq: int
    personal: bool
    message: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """How far a reader is: a file, and the bytes of it that are read."""

    path: Path | None
    offset: int


@dataclass(slots=True)
class _Segment:
    path: Path
    floor: int
    """Holds the events later than this."""
    last: int
    size: int
    written_ms: int


class LostError(LookupError):
    """What was to be read next is no longer kept."""


class EventLog:
    """
    Args:
        folder: Made if missing, readable by the owner only. One writer: the holder of the journal.
        now_ms: The clock of the files, UTC milliseconds.
        keep_ms: See `KEEP_MS`.
        bytes_max: See `BYTES_MAX`.
    """

    def __init__(
        self, folder: Path, now_ms: int, *, keep_ms: int = KEEP_MS, bytes_max: int = BYTES_MAX
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._keep_ms, self._bytes_max = folder, keep_ms, bytes_max
        self._segments = _found(folder)
        self._fd = -1
        self._again_ms = 0
        self.thread = ThreadPoolExecutor(1, "events")
        """For reading: one at a time, so that a crowd that comes back takes no disk from the journal."""
        self.closed = False
        self.failed = ""
        """Why the disk refuses, or empty. Calls and events go on; who was away gets a snapshot."""
        self.last = self._segments[-1].last if self._segments else 0
        """Seq of the newest event that is kept, or later: there was none since."""
        self._listeners: list[Callable[[], None]] = []
        self._drop_old(now_ms)

    @property
    def floor(self) -> int:
        """Every event later than this is kept."""
        return self._segments[0].floor if self._segments else self.last

    @property
    def why(self) -> str:
        """What is wrong, in Spanish and English; "" when nothing is."""
        if not self.failed:
            return ""
        return (
            f"los sucesos no se pueden guardar ({self.failed}): haga sitio en el disco; las llamadas siguen "
            "/ events cannot be kept: make room on the disk; calls go on"
        )

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener`, which may neither wait nor raise, whenever there is something new to read."""
        self._listeners.append(listener)

    def append(self, events: Sequence[Kept], now_ms: int) -> None:
        """Keep events, in order. Never raises: what cannot be kept is a gap, and said in the log."""
        if not events:
            return
        self._append(events, now_ms)
        for listener in self._listeners:
            listener()

    def _append(self, events: Sequence[Kept], now_ms: int) -> None:
        if now_ms < self._again_ms:
            self.begin_after(events[-1].seq)
            return
        try:
            segment = self._open(now_ms)
            data = b"".join(_line(event) for event in events)
            _write_all(self._fd, data)
        except OSError as error:
            _log.error("events.not_kept", why=str(error))
            self.failed, self._again_ms = str(error), now_ms + RETRY_MS
            self.begin_after(events[-1].seq)
            return
        self.failed = ""
        segment.size += len(data)
        segment.last = self.last = events[-1].seq
        segment.written_ms = now_ms

    def begin_after(self, seq: int) -> None:
        """Forget everything: what is kept from now on is whole only after `seq`."""
        self._close()
        for segment in self._segments:
            segment.path.unlink(missing_ok=True)
        self._segments, self.last = [], max(seq, self.last)

    def read(self, after: int, place: Place | None) -> tuple[list[Kept], Place]:
        """
        Up to `CHUNK` events later than `after`; may run in another thread than the writer's.

        Args:
            after: Seq of the last event that was read.
            place: Where that was, from the call before; None for the first.

        Raises:
            LostError: Something in between is no longer kept.
        """
        segments = tuple(self._segments)
        at = bisect_right([segment.floor for segment in segments], after) - 1
        if at < 0:
            if segments or after < self.last:
                raise LostError(after)
            return [], Place(None, 0)
        found: list[Kept] = []
        for segment in segments[at:]:
            if place is None or place.path != segment.path:
                place = Place(segment.path, 0)
            place = _read_into(found, place, after)
            if len(found) >= CHUNK:
                break
        assert place is not None
        return found, place

    def close(self) -> None:
        self._close()
        self.closed = True
        self.thread.shutdown(wait=False)

    def _open(self, now_ms: int) -> _Segment:
        """The segment to write to."""
        newest = self._segments[-1] if self._segments else None
        if newest is not None and newest.size < SEGMENT_BYTES:
            if self._fd < 0:
                self._fd = os.open(newest.path, os.O_WRONLY | os.O_APPEND)
            return newest
        self._close()
        path = self._folder / f"{self.last:017d}.jsonl"
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC, 0o600)
        segment = _Segment(path, self.last, self.last, 0, now_ms)
        self._segments.append(segment)
        self._drop_old(now_ms)
        return segment

    def _drop_old(self, now_ms: int) -> None:
        total = sum(segment.size for segment in self._segments)
        while self._segments:
            oldest = self._segments[0]
            if total <= self._bytes_max and oldest.written_ms >= now_ms - self._keep_ms:
                return
            total -= oldest.size
            oldest.path.unlink(missing_ok=True)
            del self._segments[0]

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Reader:
    """Reads on from one event, a chunk at a time."""

    def __init__(self, log: EventLog, after: int) -> None:
        self._log = log
        self._place: Place | None = None
        self.seq = after
        """Of the last event that was read."""

    async def read(self) -> list[Kept]:
        """The next events; none when all are read. Raises LostError, see `EventLog.read`."""
        if self._log.closed:
            raise LostError(self.seq)
        loop = asyncio.get_running_loop()
        found, self._place = await loop.run_in_executor(
            self._log.thread, self._log.read, self.seq, self._place
        )
        if found:
            self.seq = found[-1].seq
        return found

    @property
    def has_all(self) -> bool:
        return self.seq >= self._log.last


def _line(event: Kept) -> bytes:
    return (PERSONAL if event.personal else PLAIN) + event.message + b"\n"


def _kept(line: bytes) -> Kept:
    return Kept(int(line[_SEQ_AT : line.index(b",", _SEQ_AT)]), line[:1] == PERSONAL, line[1:])


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _read_into(found: list[Kept], place: Place, after: int) -> Place:
    """Add the events later than `after` from one file, until `CHUNK` are found or no whole line is left."""
    assert place.path is not None
    try:
        with place.path.open("rb") as file:
            file.seek(place.offset)
            data = file.read()
    except FileNotFoundError as error:
        raise LostError(after) from error
    offset = 0
    for line in _whole_lines(data):
        offset += len(line) + 1
        event = _kept(line)
        if event.seq > after:
            found.append(event)
            if len(found) >= CHUNK:
                break
    return Place(place.path, place.offset + offset)


def _whole_lines(data: bytes) -> Iterator[bytes]:
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        yield data[start:end]
        start = end + 1


def _found(folder: Path) -> list[_Segment]:
    """The newest segments that follow each other without a gap, oldest first; what is older is deleted."""
    segments: list[_Segment] = []
    whole = True
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        segment = _mended(path) if whole else None
        if segment is not None and (not segments or segment.last == segments[0].floor):
            segments.insert(0, segment)
            continue
        whole = not segments
        path.unlink(missing_ok=True)
    return segments


def _mended(path: Path) -> _Segment | None:
    """A segment without a torn last line; None if it cannot be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - TAIL_BYTES)
            file.seek(start)
            tail = file.read()
        end = tail.rfind(b"\n") + 1
        if end < len(tail):
            os.truncate(path, start + end)
        floor = int(path.stem)
        line = tail[tail.rfind(b"\n", 0, max(0, end - 1)) + 1 : end]
        written_ms = int(path.stat().st_mtime * 1000)
        return _Segment(path, floor, _kept(line).seq if line else floor, start + end, written_ms)
    except (OSError, ValueError):
        return None
