"""
The journal: every input of the engine, on disk before any command is executed.

One line per input: a CRC-32, a space, and JSON `{"s": seq, "t": now_ms, "e":
name, "d": event}`. Lines are appended with write(2), which survives the death
of the process; fsync every 100 ms is for the loss of power. A segment holds
at most a day or `SEGMENT_MAX` inputs and begins with the engine's whole state; a start reads the
newest two, so that the database can catch up across their border. A torn
last line is cut off. What cannot be read is set aside, never a reason not to start.
"""

from __future__ import annotations

import enum
import fcntl
import hashlib
import os
import zlib
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import structlog

from acd import engine as engine_module
from acd import events as ev
from acd.engine import Engine
from acd.state import State

_log = structlog.get_logger("journal")


def _fingerprint() -> str:
    """Of the shapes of all that is written: fields by name and type, and the words of enumerations."""
    shapes: dict[str, str] = {}
    for kind in (*get_args(ev.Event), State):
        _describe(kind, shapes)
    text = ";".join(f"{name}({shape})" for name, shape in sorted(shapes.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _describe(kind: Any, shapes: dict[str, str]) -> None:
    """Add the shape of a type, and of all types that its values can hold."""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        shapes[kind.__name__] = ",".join(str(member.value) for member in kind)
    elif isinstance(kind, type) and is_dataclass(kind):
        if kind.__name__ not in shapes:
            shapes[kind.__name__] = ",".join(f"{f.name}:{f.type}" for f in fields(kind))
            for held in get_type_hints(kind).values():
                _describe(held, shapes)
    else:
        for part in get_args(kind):
            _describe(part, shapes)


DAY_MS = 86_400_000
KEEP_DAYS = 30
SEGMENT_MAX = 5_000
"""Inputs in a segment. A start replays at most two: about 0.3 s."""
RETRY_MS = 1_000
"""How often a disk that refuses is tried again."""

_EVENTS: dict[str, type] = {kind.__name__: kind for kind in get_args(ev.Event)}
FORMAT = f"{engine_module.VERSION}.{_fingerprint()}"
"""Of what a segment holds: another engine, or other shapes of events or state, cannot read it."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class JournalError(RuntimeError):
    """The journal on disk cannot be used; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int
    now_ms: int
    event: ev.Event


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a start finds: the state to go on from, and the entries that led there since `snapshot_seq`."""

    state: State | None
    snapshot_seq: int
    entries: tuple[Entry, ...]

    @property
    def last_seq(self) -> int:
        return self.entries[-1].seq if self.entries else self.snapshot_seq

    @property
    def last_ms(self) -> int:
        if self.entries:
            return self.entries[-1].now_ms
        return self.state.now_ms if self.state is not None else 0


class Journal:
    """
    Append-only, one writer (held by a lock on the folder).

    Args:
        folder: Made if missing, readable by the owner only.

    Raises:
        JournalError: Another server holds the folder, or a segment is damaged.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._lock = _lock(folder / "lock")
        self._fd = -1
        self._full: list[int] = []
        """Segments that nothing more is written to, still to be synced."""
        self._day = -1
        self._count = 0
        self._dirty = False
        self._again_ms = 0
        self.seq = 0
        self.failed: str = ""
        """Why the disk refuses, or empty. Calls go on without the journal; an alarm says so."""

    @property
    def why(self) -> str:
        """What is wrong, in Spanish and English; "" when nothing is."""
        if not self.failed:
            return ""
        return (
            f"el diario no se puede escribir ({self.failed}): haga sitio en el disco sin reiniciar; "
            "las llamadas siguen / "
            "the journal cannot be written: make room on the disk without a restart; calls go on"
        )

    def recover(self, wall_ms: int) -> Recovered:
        """
        Read the newest segment: the snapshot at its head and all entries after it.

        Nothing here keeps a server from starting, as callers are on the line: what
        cannot be read is set aside with the ending `.damaged` and said in the log,
        and the switch's snapshot tells the rest. `seq` then goes on from the clock,
        so that it is ahead of whatever was numbered before.

        Args:
            wall_ms: The clock, UTC milliseconds.
        """
        segments = self._segments()
        found = Recovered(None, 0, ())
        if segments:
            try:
                found, whole = read_segment(segments[0], mend=True)
            except JournalError as error:
                whole = False
                _log.error("journal.unusable", why=str(error), effect="starting afresh from the switch")
            if whole:
                # Ahead of numbers lost with the power or on a full disk: the database may have seen them.
                self.seq = max(wall_ms, found.last_seq)
                self._open(segments[0])
                self._count = len(found.entries)
                return _behind(segments[1:2], found)
            segments[0].rename(segments[0].with_suffix(".damaged"))
        self.seq = max(wall_ms, found.last_seq)
        return found

    def _segments(self) -> list[Path]:
        """Newest first, from the newest with a whole head; one killed while it was begun is dropped."""
        segments = sorted(self._folder.glob("*.jsonl"), reverse=True)
        while segments:
            with segments[0].open("rb") as file:
                if file.readline().endswith(b"\n"):
                    break
            segments.pop(0).unlink()
        return segments

    def append(self, now_ms: int, event: ev.Event, state: State) -> int:
        """
        Write one input; returns its seq.

        Args:
            now_ms: The moment the engine was given.
            event: The input.
            state: The engine's state *after* this input, for the head of a new segment.
        """
        self.seq += 1
        if now_ms < self._again_ms:
            return self.seq
        if self._fd >= 0:
            self._write(_line({"s": self.seq, "t": now_ms, "e": type(event).__name__, "d": event}))
            self._count += 1
        if now_ms // DAY_MS != self._day or self._count >= SEGMENT_MAX or self._fd < 0:
            self._begin_segment(now_ms, state)
        return self.seq

    def sync(self) -> None:
        """
        Fsync what was written since the last time, and let go of the segments that are full.

        May run in another thread, one at a time: no other method waits for the disk.
        """
        full, self._full = self._full, []
        try:
            for fd in full:
                os.fsync(fd)
            if self._dirty and self._fd >= 0:
                self._dirty = False
                os.fsync(self._fd)
        except OSError as error:
            self.failed, self._day = str(error), -1
        finally:
            for fd in full:
                os.close(fd)

    def close(self) -> None:
        self.sync()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        os.close(self._lock)

    def _begin_segment(self, now_ms: int, state: State) -> None:
        if self._fd >= 0:
            self._full.append(self._fd)
        new_day = now_ms // DAY_MS != self._day
        self._day, self._count = now_ms // DAY_MS, 0
        head = _line({"s": self.seq, "v": FORMAT, "state": msgspec.to_builtins(state, str_keys=True)})
        path = self._folder / f"{self.seq:016d}.jsonl"
        try:
            self._open(path)
        except OSError as error:
            self._fd, self.failed, self._again_ms = -1, str(error), now_ms + RETRY_MS
            return
        self._write(head)
        if self.failed:
            # Else every input on a full disk would leave a file behind.
            path.unlink(missing_ok=True)
            self._again_ms = now_ms + RETRY_MS
            return
        for old in self._folder.glob("*.jsonl") if new_day else ():
            if old.stat().st_mtime * 1000 < now_ms - KEEP_DAYS * DAY_MS:
                old.unlink()

    def _open(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        if self._day < 0:
            self._day = int(path.stat().st_mtime * 1000) // DAY_MS

    def _write(self, line: bytes) -> None:
        try:
            while line:
                line = line[os.write(self._fd, line) :]
            self._dirty, self.failed = True, ""
        except OSError as error:
            # A new segment with the whole state begins at once, or a second later: no gap is ever read back.
            self.failed, self._day = str(error), -1


def _behind(previous: list[Path], found: Recovered) -> Recovered:
    """With the entries of the segment before, of which the database may not have everything yet."""
    for path in previous:
        try:
            before, whole = read_segment(path, mend=True)
        except JournalError:
            return found
        if whole and before.last_seq == found.snapshot_seq:
            return Recovered(before.state, before.snapshot_seq, before.entries + found.entries)
    return found


def replay(recovered: Recovered) -> tuple[Engine, list[tuple[int, int, tuple[Any, ...]]]]:
    """
    Rebuild the engine; returns it with (seq, now_ms, records) of each entry.

    The records are the same as when they first came out, so that whatever looks
    at them (the database) can catch up idempotently.
    """
    engine = Engine(recovered.state)
    records = []
    for entry in recovered.entries:
        decision = engine.handle(entry.event, entry.now_ms)
        records.append((entry.seq, entry.now_ms, decision.records))
    return engine, records


def _lock(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise JournalError(
            f"{path}: otra instancia usa este diario / another server holds this journal"
        ) from error
    return fd


def _line(body: dict[str, Any]) -> bytes:
    text = _encode(body)
    return b"%08x %s\n" % (zlib.crc32(text), text)


def head_of(path: Path) -> tuple[int, str]:
    """
    With what a segment begins: the seq of its snapshot, and the format it is written in (see `FORMAT`).

    Raises:
        JournalError: It has no readable head.
    """
    with path.open("rb") as file:
        head = _checked(file.readline().rstrip(b"\n"))
    if head is None or "v" not in head:
        raise JournalError(f"{path}: nothing whole in it")
    return head["s"], head["v"]


def read_segment(path: Path, *, mend: bool = False) -> tuple[Recovered, bool]:
    """
    What is in a segment up to the first line that cannot be read, and whether that was all of it.

    Args:
        path: Of the segment.
        mend: Cut a torn last line off. Only for the one writer: another's last line may be half written.

    Raises:
        JournalError: Not even its head can be used.
    """
    lines, whole = _good_lines(path, mend=mend)
    if not lines:
        raise JournalError(f"{path}: nothing whole in it")
    head = lines[0]
    if head.get("v") != FORMAT:
        raise JournalError(f"{path}: written as format {head.get('v')}, this is {FORMAT}")
    state = msgspec.convert(head["state"], State, str_keys=True)
    entries = tuple(
        Entry(line["s"], line["t"], msgspec.convert(line["d"], _EVENTS[line["e"]])) for line in lines[1:]
    )
    return Recovered(state, head["s"], entries), whole


def _good_lines(path: Path, *, mend: bool) -> tuple[list[dict[str, Any]], bool]:
    """Lines up to the first bad one. A torn last line counts as nothing: that was a kill."""
    data = path.read_bytes()
    found: list[dict[str, Any]] = []
    good = 0
    for raw in data.split(b"\n")[:-1]:
        line = _checked(raw)
        if line is None:
            return found, False
        good += len(raw) + 1
        found.append(line)
    if mend and good < len(data):
        with path.open("r+b") as torn:
            torn.truncate(good)
    return found, True


def _checked(raw: bytes) -> dict[str, Any] | None:
    """A line whose checksum holds."""
    crc, _, text = raw.partition(b" ")
    if len(crc) != 8 or b"%08x" % zlib.crc32(text) != crc:
        return None
    line: dict[str, Any] = _decode(text)
    return line
