"""The numbers behind promises: in memory while they stand, in the database for whoever restarts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

import structlog

from acd.model import ContactId
from acd.records import CallbackEnded, Record
from acd.state import State
from centralita.callbacks.ports import Ports
from centralita.store.callbacks import Callback, end, lose, make, unmake
from centralita.web.ports import HistoryUnavailableError

_log = structlog.get_logger("callbacks")
RETRY_S = 1.0


class Book:
    """
    Args:
        ports: Where it is written to and read from.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._standing: dict[str, Callback] = {}
        """By token."""
        self._known = asyncio.Event()

    async def known(self, within_ms: int) -> bool:
        """Wait, at most this long, until the numbers of promises from before a restart are here."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_ms / 1000):
                await self._known.wait()
        return self._known.is_set()

    async def restore(self) -> None:
        """Read back what stands. Tries for as long as it takes: without its number no promise can be kept."""
        while True:
            try:
                rows = await self._ports.rows.standing()
                break
            except HistoryUnavailableError as error:
                _log.warning("callbacks.not_read", why=str(error))
                await asyncio.sleep(RETRY_S)
        tokens = promised(self._ports.state())
        for row in rows:
            if row.token in tokens:
                self._standing[row.token] = row
        missing = tokens - self._standing.keys()
        if missing:
            _log.error("callbacks.without_number", promises=len(missing))
        self._known.set()
        left = [row.token for row in rows if row.token not in tokens]
        if left:
            self._write(partial(lose, tokens=left, at_ms=self._ports.now_ms()))

    async def make(self, row: Callback) -> Callback:
        """
        Write a promise that is about to be made; of a repeated request the one from before.

        Raises:
            TimeoutError: The database does not take it.
        """
        made = await self._ports.writer.order(partial(make, row=row))
        if made.token == row.token:
            self._standing[row.token] = row
        return made

    def unmake(self, token: str) -> None:
        """The distributor has refused it."""
        self._standing.pop(token, None)
        self._write(partial(unmake, token=token))

    def number(self, token: str) -> str | None:
        """None for one that is not known, or erased."""
        row = self._standing.get(token)
        return None if row is None else row.number

    def of_contact(self, contact_id: ContactId) -> Callback | None:
        return next((row for row in self._standing.values() if row.contact_id == contact_id), None)

    def of_number(self, number: str) -> Iterator[Callback]:
        """Those that stand, oldest first."""
        return (row for row in self._standing.values() if row.number == number)

    def standing(self) -> Sequence[Callback]:
        return tuple(self._standing.values())

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine: a promise that has ended needs no number."""
        for record in records:
            if isinstance(record, CallbackEnded):
                row = self.of_contact(record.contact_id)
                if row is not None:
                    del self._standing[row.token]
                self._write(
                    partial(end, contact_id=record.contact_id, how=record.end.value, at_ms=record.at_ms)
                )

    def forget(self, contact_ids: Collection[ContactId]) -> list[ContactId]:
        """Their customer is erased: nobody is to be called. Returns those to whom a call was promised."""
        theirs = [row for row in self._standing.values() if row.contact_id in contact_ids]
        for row in theirs:
            del self._standing[row.token]
        return [ContactId(row.contact_id) for row in theirs]

    def _write(self, work: object) -> None:
        self._ports.spawn(self._written(work), name="callback written")

    async def _written(self, work: object) -> None:
        try:
            await self._ports.writer.order(work)  # type: ignore[arg-type]
        except TimeoutError:
            _log.info("callbacks.queued")  # it is done as soon as the database takes it


def promised(state: State) -> set[str]:
    """Tokens of the promises that the distributor has to keep."""
    return {contact.promise.token for contact in state.contacts.values() if contact.promise is not None}
