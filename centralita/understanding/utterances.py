"""
Keeps what callers said, for who looks after the phrases: long numbers hidden, and only for a while.

Nobody waits for it: it is written together, every few seconds, and what does not fit is left out.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from acd.model import ContactId
from asr.intents_text import TEXT_MAX, plain
from centralita.store.said import Said, sweep_said, write_said
from centralita.understanding.masking import masked
from ivr.ports import Utterance

_log = structlog.get_logger("said")

WRITE_EVERY_S = 2.0
SWEEP_EVERY_S = 3_600.0
ROOM = 2_000
"""Utterances in memory; more are left out while the database takes none."""
FORGOTTEN_MAX = 2_000
"""Erased contacts that may still be on the line."""
DAY_MS = 86_400_000

_T = TypeVar("_T")


class Writer(Protocol):
    """Whoever alone writes the database."""

    async def order(self, work: Callable[[Connection], _T], *, erases: bool = False) -> _T:
        """Raises TimeoutError: it is still done, as soon as the database takes it, or was refused."""


@dataclass(frozen=True, slots=True)
class Ports:
    writer: Writer
    keep_days: Callable[[], int]
    """How long it is kept; 0: not at all."""
    now_ms: Callable[[], int]
    """UTC."""


class Utterances:
    """
    Args:
        ports: What it needs of the server.
        write_every_s: See `WRITE_EVERY_S`.
    """

    def __init__(self, ports: Ports, *, write_every_s: float = WRITE_EVERY_S) -> None:
        self._ports, self._write_every_s = ports, write_every_s
        self._new: list[Said] = []
        self._forgotten: OrderedDict[ContactId, None] = OrderedDict()
        self._some = asyncio.Event()
        self.left_out = 0
        """How many there was no room for."""

    def said(self, contact_id: ContactId, utterance: Utterance) -> None:
        """A caller has said something. Never waits, never raises."""
        if not self._ports.keep_days() or not utterance.text.strip() or contact_id in self._forgotten:
            return
        if len(self._new) >= ROOM:
            self.left_out += 1
            return
        self._new.append(self._row(contact_id, utterance))
        self._some.set()

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased: what is written is erased there; nothing more is kept of them."""
        for contact_id in contact_ids:
            self._forgotten[contact_id] = None
            if len(self._forgotten) > FORGOTTEN_MAX:
                self._forgotten.popitem(last=False)
        self._new = [row for row in self._new if row.contact_id not in self._forgotten]

    async def run(self) -> None:
        """Write, until cancelled."""
        while True:
            await self._some.wait()
            await asyncio.sleep(self._write_every_s)
            await self.flush()

    async def keep_tidy(self) -> None:
        """Delete what is older than it may be, again and again, until cancelled."""
        while True:
            before_ms = self._ports.now_ms() - self._ports.keep_days() * DAY_MS
            try:
                await self._ports.writer.order(partial(sweep_said, before_ms=before_ms), erases=True)
            except TimeoutError:
                _log.info("said.untidy")
            await asyncio.sleep(SWEEP_EVERY_S)

    async def flush(self) -> None:
        """Write what there is now."""
        self._some.clear()
        rows, self._new = self._new, []
        if not rows:
            return
        try:
            await self._ports.writer.order(partial(write_said, rows=rows))
        except TimeoutError:
            # It is in the writer's queue, or there is no room there: neither is for us to hold on to.
            _log.info("said.late", count=len(rows))

    def _row(self, contact_id: ContactId, utterance: Utterance) -> Said:
        words = "".join(letter if letter.isprintable() else " " for letter in utterance.text[:TEXT_MAX])
        text = masked(words, utterance.language)
        return Said(
            id=f"{contact_id}.{secrets.token_hex(4)}",
            contact_id=contact_id,
            at_ms=self._ports.now_ms(),
            language=utterance.language,
            node=utterance.node,
            text=text,
            plain=plain(text),
            confidence=utterance.confidence,
            understood=utterance.understood,
            sure=utterance.sure,
            outcome=utterance.outcome,
        )
