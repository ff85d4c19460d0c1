"""
What services write: at once as far as callers can tell, together with what comes in the same moment.

A call never waits for the database here. What belongs to a contact can be dropped again as long
as it is not written, so that nothing of an erased customer comes after the erasure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from cti.spawn import Spawn

ROOM = 50_000
"""Writes in memory while the database does not take them; more are dropped, and it is said."""
_log = structlog.get_logger("services")
_T = TypeVar("_T")

Work = Callable[[Connection], object]


class Writer(Protocol):
    """Whoever alone writes the database."""

    async def order(self, work: Callable[[Connection], _T], *, erases: bool = False) -> _T:
        """Raises TimeoutError."""


class Written:
    """
    Args:
        writer: The projection.
        spawn: Runs what writes.
    """

    def __init__(self, writer: Writer, spawn: Spawn) -> None:
        self._writer, self._spawn = writer, spawn
        self._waiting: list[tuple[str, Work]] = []
        self._writing = False

    def later(self, contact_id: str, work: Work) -> None:
        """Do this in the writer's next transaction, after what was put before. Never waits, never raises."""
        if len(self._waiting) >= ROOM:
            _log.error("services.full", room=ROOM)
            return
        self._waiting.append((contact_id, work))
        if not self._writing:
            self._writing = True
            self._spawn(self._write(), name="services writing")

    def forget(self, contact_ids: Iterable[str]) -> None:
        """Their customer is erased: what is not written yet never will be."""
        theirs = frozenset(contact_ids)
        self._waiting = [each for each in self._waiting if each[0] not in theirs]

    @property
    def pending(self) -> bool:
        """Whether something is not written yet."""
        return self._writing

    async def _write(self) -> None:
        try:
            while self._waiting:
                works, self._waiting = [work for _, work in self._waiting], []
                await self._order(works)
        finally:
            self._writing = False

    async def _order(self, works: list[Work]) -> None:
        def all_of_them(connection: Connection) -> None:
            for work in works:
                work(connection)

        try:
            await self._writer.order(all_of_them)
        except TimeoutError:
            # It is done as soon as the database takes anything; the projection has its own alarm.
            _log.warning("services.late", count=len(works))
        except (IntegrityError, DataError) as error:
            _log.error("services.refused", count=len(works), why=type(error.orig).__name__)
