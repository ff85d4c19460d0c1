"""
Promising calls, and handing callers over from the menu: the words of flows, programs and web pages.

The number is written down first, then the distributor is told, which knows only a token. Whoever is
killed in between leaves a number without a promise, never a promise without a number.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
import structlog

from acd import events as ev
from acd.engine import Decision
from acd.model import Channel, ContactId, EndedBy, QueueId, Target, TargetKind
from acd.records import Ignored, Record
from centralita.callbacks.book import Book
from centralita.callbacks.ports import Ports
from centralita.callbacks.told import ended, waits
from centralita.commands.refusals import BUSY, Why, explained
from centralita.contact_ids import new_contact_id
from centralita.dialled import Found
from centralita.runtime import InboxFull
from centralita.store.callbacks import Callback
from centralita.store.parties import caller_identity
from centralita.web.callbacks_ports import Json, Made, NotMade, Site, Wish
from centralita.web.ports import HistoryUnavailableError
from config.dialling import Way
from ivr.actions import Failed, Promised, Refused

_log = structlog.get_logger("callbacks")
RING_MS = 45_000
"""How long the customer's telephone rings."""
DONE_MAX = 100
"""Promises that have ended, of which a list tells."""
KNOWN_MS = 5_000
"""How long a promise waits, right after a restart, until it is known what was promised before."""

SORTED_MS = 400
"""How long nobody is offered a contact that has just been asked for: rules and notes come first."""

NO_NUMBER = Why(
    "number_withheld",
    "No se sabe a qué número llamar: quien llama lo oculta. Pida otro número.",
    "It is not known which number to call: the caller withholds it. Ask for another number.",
)
NOT_WRITTEN = Why(
    "not_written",
    "La base de datos no responde y la promesa no se puede guardar: inténtelo dentro de un momento.",
    "The database does not answer and the promise cannot be kept: try again in a moment.",
)

_DOORS: Mapping[str, Why] = {
    "queue closed": Why(
        "queue_closed",
        "Ahora está cerrado: pida la llamada en el horario de atención.",
        "It is closed now: ask for the call during opening hours.",
    ),
    "queue full": Why(
        "queue_full",
        "Ahora hay demasiadas personas esperando: inténtelo dentro de un rato.",
        "Too many people are waiting now: try again in a while.",
    ),
    "queue unstaffed": Why(
        "queue_unstaffed",
        "En esa cola no hay nadie que pueda llamar: avise a quien lleva el servicio.",
        "Nobody in that queue could ever call: tell whoever runs the service.",
    ),
}


class Callbacks:
    """
    Args:
        ports: What it needs.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.book = Book(ports)
        self._turn = asyncio.Lock()
        """Looking whether a number has a promise and making one is one step."""

    # For flows

    async def promise(self, contact_id: ContactId, queue: str, number: str) -> Promised | Refused:
        """See `ivr.ports.Services.promise`."""
        if not await self.book.known(KNOWN_MS):
            return Refused(NOT_WRITTEN.code)
        if not number:
            identity = self._ports.people.identity(contact_id)
            number = "" if identity is None else identity.number or ""
        found = self._ports.numbers.find(number) if number else NO_NUMBER
        if isinstance(found, Why):
            _log.info("callback.refused", contact=contact_id, why=found.code)
            return Refused(found.code)
        async with self._turn:
            return await self._promise(contact_id, QueueId(queue), found)

    async def _promise(self, contact_id: ContactId, queue: QueueId, found: Found) -> Promised | Refused:
        earlier = self._of(found.number, queue)
        if earlier is not None and earlier != contact_id:
            # The customer has two: the one on the line takes the other's place.
            await self._ports.ask(ev.CallerReturned(contact_id, earlier))
        row = self._row(contact_id, found, queue, Wish(found.number, queue, "call"))
        try:
            await self.book.make(row)
        except TimeoutError:
            return Refused(NOT_WRITTEN.code)
        decision = await self._ports.ask(
            ev.CallbackPromised(
                contact_id,
                queue,
                row.token,
                self._channel(contact_id),
                self._ports.is_open(queue),
                RING_MS,
            )
        )
        why = _ignored(decision, ev.CallbackPromised)
        if why is not None:
            self.book.unmake(row.token)
        return Promised() if why in (None, "already so") else Refused(explained(why).code)

    async def ring(self, contact_id: ContactId, agent: str, number: str, ring_ms: int) -> Failed | None:
        """See `ivr.ports.Services.ring`."""
        target, token = Target(TargetKind.AGENT, agent), ""
        if number:
            found = self._ports.numbers.find(number)
            if isinstance(found, Why):
                _log.warning("transfer.refused", contact=contact_id, why=found.code)
                return Failed(found.code)
            token = self._ports.numbers.keep(contact_id, found.way)
            target = Target(TargetKind.OUTSIDE, token)
        why = _ignored(await self._ports.ask(ev.ContactSent(contact_id, target, ring_ms)), ev.ContactSent)
        if why is not None and token:
            self._ports.numbers.forget(token)
        return None if why is None else Failed(explained(why).code)

    def not_reached(self, contact_id: ContactId) -> bool:
        """See `ivr.ports.Services.not_reached`."""
        contact = self._ports.state().contacts.get(contact_id)
        return contact is not None and contact.sent_result is not None

    def earlier(self, contact_id: ContactId) -> ContactId | None:
        """The contact by which who calls now was promised a call; the last, if there are several."""
        identity = self._ports.people.identity(contact_id)
        if identity is None or identity.number is None:
            return None
        theirs = [row.contact_id for row in self.book.of_number(identity.number)]
        absent = [one for one in theirs if one != contact_id and self._is_absent(ContactId(one))]
        return ContactId(absent[-1]) if absent else None

    # For programs and web pages

    async def ask(self, wish: Wish) -> Made | NotMade:
        """Promise to call somebody who is not on the line; who is promised a call already keeps that."""
        found = self._ports.numbers.find(wish.number)
        if isinstance(found, Why):
            return _told(found)
        if not await self.book.known(KNOWN_MS):
            return _told(NOT_WRITTEN)
        if wish.queue not in self._ports.state().routing.queues:
            why = explained(f"unknown queue {wish.queue}")
            return NotMade(why.code, why.why_es, why.why_en)
        try:
            return await self._ask_once(wish, found)
        except InboxFull:
            return _told(BUSY)

    async def _ask_once(self, wish: Wish, found: Found) -> Made | NotMade:
        async with self._turn:
            earlier = self._of(found.number, QueueId(wish.queue))
            if earlier is not None:
                return self._made(earlier, wish.queue, again=True)
            return await self._ask(wish, found)

    async def _ask(self, wish: Wish, found: Found) -> Made | NotMade:
        contact_id, queue = new_contact_id(self._ports.now_ms()), QueueId(wish.queue)
        row = self._row(contact_id, found, queue, wish)
        try:
            made = await self.book.make(row)
        except TimeoutError:
            return _told(NOT_WRITTEN)
        if made.token != row.token:
            return self._made(ContactId(made.contact_id), made.queue, again=True)
        self._ports.people.arrived(contact_id, caller_identity(found.number, True, wish.name))
        way = wish.site or wish.source
        channel, is_open = self._channel(contact_id), self._ports.is_open(queue)
        decision = await self._ports.ask(
            ev.CallbackAsked(contact_id, queue, row.token, channel, way, is_open, RING_MS, SORTED_MS)
        )
        why = _ignored(decision, ev.CallbackAsked)
        if why is not None:
            self.book.unmake(row.token)
            self._ports.people.never_came(contact_id)
            return _refused(why)
        self._ports.spawn(self._describe(contact_id, wish, way), name=f"callback {contact_id}")
        return self._made(contact_id, wish.queue, again=False)

    async def _describe(self, contact_id: ContactId, wish: Wish, way: str) -> None:
        """What the rules make of the customer, and what the customer said: for whoever is offered it."""
        said = {"name": wish.name, "note": wish.note, "customer": wish.customer, "from": way}
        told = {key: value for key, value in said.items() if value}
        with contextlib.suppress(HistoryUnavailableError):  # the call counts for more than what was said
            await self._ports.attach(contact_id, msgspec.json.encode(told))
        await self._ports.classify(contact_id, way, wish.queue)

    async def cancel(self, contact_id: str, by: EndedBy = EndedBy.SYSTEM) -> str | None:
        """Nobody is to be called. None: done; else why not, in the engine's words."""
        event = ev.CallbackCancelled(ContactId(contact_id), by)
        return _ignored(await self._ports.ask(event), ev.CallbackCancelled)

    async def listed(self) -> Mapping[str, Sequence[Json]]:
        """
        Promises that stand, in the order of their places, and the last that have ended.

        Raises:
            HistoryUnavailableError: The database does not answer.
        """
        done = [ended(row) for row in await self._ports.rows.done(DONE_MAX)]
        state = self._ports.state()
        rows = [(row, state.contacts.get(ContactId(row.contact_id))) for row in self.book.standing()]
        waiting = [
            waits(row, contact, state.position(contact.id), self._ports.to_tell(contact.id))
            for row, contact in rows
            if contact is not None and contact.promise is not None
        ]
        return {"waiting": sorted(waiting, key=_place), "done": done}

    def site(self, name: str) -> Site | None:
        """See `web.callbacks_ports.CallbacksPort`."""
        found = self._ports.sites().get(name)
        return None if found is None else Site(found.id, found.origins, found.queue, found.per_hour)

    def now_ms(self) -> int:
        return self._ports.now_ms()

    # For the switch and the rest of the server

    def way(self, token: str) -> Way | None:
        """By the lines as they are now; None for a number that is not known, or not allowed any more."""
        number = self.book.number(token)
        found = None if number is None else self._ports.numbers.find(number)
        return found.way if isinstance(found, Found) else None

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine."""
        self.book.follow(records)

    def forget(self, contact_ids: Collection[ContactId]) -> None:
        """Their customer is erased."""
        for contact_id in self.book.forget(contact_ids):
            self._ports.spawn(self.cancel(contact_id), name=f"callback {contact_id}")

    def _of(self, number: str, queue: QueueId) -> ContactId | None:
        """The contact that was promised a call to this number out of this queue, and is not called yet."""
        rows = (row for row in self.book.of_number(number) if row.queue == queue)
        return next((ContactId(row.contact_id) for row in rows if self._stands(row)), None)

    def _stands(self, row: Callback) -> bool:
        contact = self._ports.state().contacts.get(ContactId(row.contact_id))
        return contact is not None and contact.promise is not None

    def _is_absent(self, contact_id: ContactId) -> bool:
        contact = self._ports.state().contacts.get(contact_id)
        return contact is not None and contact.absent

    def _row(self, contact_id: ContactId, found: Found, queue: QueueId, wish: Wish) -> Callback:
        return Callback(
            token=f"b{secrets.token_hex(8)}",
            contact_id=contact_id,
            number=found.number,
            queue=queue,
            source=wish.source,
            made_ms=self._ports.now_ms(),
            site=wish.site,
            name=wish.name,
            note=wish.note,
            key=wish.key,
        )

    def _made(self, contact_id: ContactId, queue: str, *, again: bool) -> Made:
        position = self._ports.state().position(contact_id)
        return Made(contact_id, queue, position, self._ports.to_tell(contact_id), again)

    def _channel(self, contact_id: ContactId) -> Channel:
        """The customer's leg: a second order to ring it is refused by the switch while the first is there."""
        return Channel(self._ports.switch, f"{contact_id}-c")


def _told(why: Why) -> NotMade:
    return NotMade(why.code, why.es, why.en)


def _refused(reason: str) -> NotMade:
    """In words for who asks for a call, where the engine's are for agents."""
    why = _DOORS.get(reason)
    if why is not None:
        return _told(why)
    told = explained(reason)
    return NotMade(told.code, told.why_es, told.why_en)


def _place(row: Json) -> tuple[str, int, int]:
    return row["queue"], row["position"] or 0, row["made_ms"]


def _ignored(decision: Decision, kind: type) -> str | None:
    """Why the engine did not do it."""
    reasons = [r.reason for r in decision.records if isinstance(r, Ignored) and r.event == kind.__name__]
    return reasons[0] if reasons else None
