"""What is wanted of the counting process, and what it answers: plain data, as it goes through a pipe."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from acd.stats.kpi_story import Story
from centralita.web.kpis_ports import Question

CHUNK = 64 * 1024
"""Bytes of an answer in one frame: what a loop handles without anybody noticing."""
_LENGTH = struct.Struct(">I")
HEAD = _LENGTH.size


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that a report is computed from, except the database itself."""

    url: str
    """Of the database."""
    question: Question
    now_ms: int
    here: tuple[Story, ...] = ()
    """Contacts on the line when it was asked, as they stood."""
    contacts_max: int = 200_000


class Outcome(enum.StrEnum):
    DONE = "done"
    """The answer follows, in frames of at most CHUNK bytes; the last one is empty."""
    TOO_MUCH = "too_much"
    UNAVAILABLE = "unavailable"
    TOO_BIG = "too_big"
    """It did not fit into the memory that a report may take."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a job."""

    outcome: Outcome
    contacts: int = 0
    why: str = ""


encode = msgspec.msgpack.Encoder().encode
decode_job = msgspec.msgpack.Decoder(Job).decode
decode_verdict = msgspec.msgpack.Decoder(Verdict).decode


def framed(data: bytes) -> bytes:
    """With its length in front, as both sides write."""
    return _LENGTH.pack(len(data)) + data


def length_of(head: bytes) -> int:
    """How many bytes follow a head of HEAD bytes."""
    (found,) = _LENGTH.unpack(head)
    return int(found)


def read_frame(pipe: BinaryIO) -> bytes | None:
    """The next frame; None at the end, also at one in the middle of a frame. Blocks."""
    head = pipe.read(HEAD)
    if len(head) < HEAD:
        return None
    data = pipe.read(length_of(head))
    return data if len(data) == length_of(head) else None


def chunks(data: bytes) -> Iterator[bytes]:
    """An answer in parts that do not keep a loop."""
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


def joined(parts: Sequence[bytes]) -> bytes:
    return b"".join(parts)
