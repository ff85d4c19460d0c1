"""
The envelope of every message: `{"seq", "id", "at", "type", "v", "data"}`.

`seq` grows, is the same when the journal is replayed, and fits a JavaScript
number; `id` is the same wherever an event is told, so that a double is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

VERSION = 1
PER_ENTRY = 4096
"""Messages that one journal entry may lead to; `seq` is `journal_seq * PER_ENTRY + index`."""

Data = Mapping[str, Any]


class Message(msgspec.Struct, frozen=True):
    """One event as it goes over the wire."""

    seq: int
    id: str
    at: str
    """RFC 3339, UTC, with milliseconds."""
    type: str
    v: int
    data: Data


_encoder = msgspec.json.Encoder()
decode = msgspec.json.Decoder(Message).decode


def encode(message: Message) -> bytes:
    return _encoder.encode(message)


def event(seq: int, at_ms: int, kind: str, data: Data) -> Message:
    """An event of the engine, numbered by the journal."""
    return Message(seq, f"e{seq}", moment(at_ms), kind, VERSION, data)


def moment(at_ms: int) -> str:
    """As RFC 3339 writes it: "2026-11-22T09:14:03.042Z"."""
    second, ms = divmod(at_ms, 1000)
    return f"{_second(second)}.{ms:03d}Z"


@lru_cache(maxsize=8)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def message_seq(journal_seq: int, index: int) -> int:
    """`index` counts all records of the entry, unpublished ones too, so that it never shifts."""
    return journal_seq * PER_ENTRY + index
