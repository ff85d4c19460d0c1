"""
The journal: every input of the engine, on disk before any command is executed.

One line per input: a CRC-32, a space, and JSON `{"s": seq, "t": now_ms, "e":
name, "d": event}`. Lines are appended with write(2), which survives the death
of the process; fsync every 100 ms is for the loss of power. A segment is one
day; it begins with the engine's whole state, so older segments can go. A torn
last line is cut off; a damaged line in the middle is an error that names file
and line, because what follows cannot be trusted.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec

from acd import engine as engine_module
from acd import events as ev
from acd.engine import Engine
from acd.state import State

DAY_MS = 86_400_000
KEEP_DAYS = 30

_EVENTS: dict[str, type] = {kind.__name__: kind for kind in get_args(ev.Event)}
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
        self._day = -1
        self._dirty = False
        self.seq = 0
        self.failed: str = ""
        """Why the disk refuses, or empty. Calls go on without the journal; an alarm says so."""

    def recover(self) -> Recovered:
        """Read the newest segment: the snapshot at its head and all entries after it."""
        segments = sorted(self._folder.glob("*.jsonl"))
        while segments:
            found = _read_segment(segments[-1])
            if found is not None:
                self.seq = found.last_seq
                self._open(segments[-1])
                return found
            segments.pop().unlink()  # nothing whole in it: the server died while it began the segment
        return Recovered(None, 0, ())

    def append(self, now_ms: int, event: ev.Event, state: State) -> int:
        """
        Write one input; returns its seq.

        Args:
            now_ms: The moment the engine was given.
            event: The input.
            state: The engine's state *after* this input, for the head of a new day's segment.
        """
        self.seq += 1
        if now_ms // DAY_MS != self._day or self._fd < 0:
            self._begin_segment(now_ms, state)
            return self.seq
        self._write(_line({"s": self.seq, "t": now_ms, "e": type(event).__name__, "d": event}))
        return self.seq

    def sync(self) -> None:
        """fsync, if anything was written since the last time."""
        if self._dirty and self._fd >= 0:
            self._dirty = False
            try:
                os.fsync(self._fd)
            except OSError as error:
                self.failed, self._day = str(error), -1

    def close(self) -> None:
        self.sync()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        os.close(self._lock)

    def _begin_segment(self, now_ms: int, state: State) -> None:
        self.sync()
        if self._fd >= 0:
            os.close(self._fd)
        self._day = now_ms // DAY_MS
        head = _line(
            {"s": self.seq, "v": engine_module.VERSION, "state": msgspec.to_builtins(state, str_keys=True)}
        )
        try:
            self._open(self._folder / f"{self.seq:016d}.jsonl")
        except OSError as error:
            self._fd, self.failed = -1, str(error)
            return
        self._write(head)
        for old in sorted(self._folder.glob("*.jsonl"))[:-KEEP_DAYS]:
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
            # The next input begins a new segment with the whole state: no gap is ever read back.
            self.failed, self._day = str(error), -1


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


def _read_segment(path: Path) -> Recovered | None:
    """A whole segment; None if not even its head is whole."""
    lines = list(_whole_lines(path))
    if not lines:
        return None
    head = lines[0]
    if head.get("v") != engine_module.VERSION:
        raise JournalError(
            f"{path}: written by engine version {head.get('v')}, this is {engine_module.VERSION}; "
            "move the folder away to start afresh (finished calls are in the database)"
        )
    state = msgspec.convert(head["state"], State, str_keys=True)
    entries = tuple(
        Entry(line["s"], line["t"], msgspec.convert(line["d"], _EVENTS[line["e"]])) for line in lines[1:]
    )
    return Recovered(state, head["s"], entries)


def _whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    data = path.read_bytes()
    good = 0
    for number, raw in enumerate(data.split(b"\n")[:-1], start=1):
        crc, _, text = raw.partition(b" ")
        if len(crc) != 8 or b"%08x" % zlib.crc32(text) != crc:
            if good + len(raw) + 1 < len(data):
                raise JournalError(f"{path}:{number}: damaged; restore the file or move the folder away")
            break
        good += len(raw) + 1
        yield _decode(text)
    if good < len(data):
        with path.open("r+b") as torn:
            torn.truncate(good)
