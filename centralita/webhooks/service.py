"""
The webhooks of a running centre: fed by the single writer, seen to beside the calls.

Feeding chooses and encodes, nothing more: it never waits, and what it returns
is written with the records of the same journal entry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from acd.records import Record
from centralita.home import Home
from centralita.store.outbox import Delivery, Outbox, OutboxUnavailableError, Standing
from centralita.store.projection import Projection
from centralita.tasks import spawn
from centralita.web.ports import HistoryUnavailableError
from centralita.web.webhooks_ports import Json, UnknownWebhookError
from centralita.webhooks.courier import LOOK_MS, Courier, Ports
from centralita.webhooks.filters import Endpoint, Filters, Sources, fits
from centralita.webhooks.keys import Keys
from centralita.webhooks.resolver import SystemLookup
from centralita.webhooks.telling import alarms_of, letter_json, status_of
from config.webhooks import Webhook
from cti.desktop.envelope import PER_ENTRY, encode, event

TIDY_EVERY_S = 600.0
DEAD_MAX = 20_000
"""Dead letters kept of one endpoint."""
TEST_TYPE = "webhook.test"

_log = structlog.get_logger("webhooks")


class Webhooks:
    """
    Args:
        ports: What the couriers work with.
        sources: What messages tell.
        configured: `webhooks` of the live configuration; another object after every edit.
        done: Called when all is closed.
    """

    def __init__(
        self,
        ports: Ports,
        sources: Sources,
        configured: Callable[[], Mapping[str, Webhook]],
        *,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        self._ports, self._configured = ports, configured
        self._filters = Filters(sources)
        self._seen: Mapping[str, Webhook] | None = None
        self._couriers: dict[str, Courier] = {}
        self._standings: dict[str, Standing] = {}
        self._started = False
        self._done = done

    @classmethod
    def of(
        cls,
        home: Home,
        projection: Projection,
        sources: Sources,
        configured: Callable[[], Mapping[str, Webhook]],
    ) -> Webhooks:
        """Those of an installation."""
        lookup = SystemLookup()
        outbox = Outbox(projection.engine, projection)
        ports = Ports(outbox, Keys(home), projection.committed, lookup, spawn, sources.now_ms)
        return cls(ports, sources, configured, done=lookup.close)

    @property
    def active(self) -> bool:
        """Somebody hears of contacts."""
        self._take_up()
        return bool(self._couriers)

    def follow(self, journal_seq: int, records: Sequence[Record]) -> list[Delivery]:
        """What is to be written together with these records. Never waits."""
        self._take_up()
        open_ones = [one for one in self._couriers.values() if not one.standing.disabled]
        chosen = self._filters.choose(journal_seq, records, (one.endpoint for one in open_ones))
        if len(records) > PER_ENTRY:
            for courier in open_ones:
                courier.lost()
        kept = []
        for delivery in chosen:
            courier = self._couriers[delivery.endpoint]
            if courier.full or not fits(delivery):
                courier.lost()
            else:
                kept.append(delivery)
                courier.wrote()
        return kept

    async def start(self) -> None:
        """The database is open: go on with what the server before left over."""
        while True:
            try:
                self._standings |= await self._ports.outbox.standings()
            except OutboxUnavailableError:
                await asyncio.sleep(LOOK_MS / 1000)
            else:
                break
        self._started = True
        self._couriers.clear()
        self._seen = None
        self._take_up()
        self._ports.spawn(self._keep_tidy(), name="webhooks tidy")

    async def close(self) -> None:
        """Before the database is closed: attempts in progress are written down, if they end soon."""
        await asyncio.gather(*(courier.close() for courier in self._couriers.values()))
        self._done()

    def alarms(self) -> list[str]:
        """What an administrator has to see to, Spanish and English."""
        return [text for courier in self._couriers.values() for text in alarms_of(courier)]

    async def status(self) -> list[Json]:
        """Every endpoint, in the order of the configuration. Raises HistoryUnavailableError."""
        self._take_up()
        found = []
        for courier in self._couriers.values():
            await self._asked(courier.recount())
            found.append(status_of(courier, self._ports.now_ms()))
        return found

    async def dead(self, name: str, *, before: int | None, limit: int) -> list[Json]:
        """Dead letters, newest first. Raises UnknownWebhookError, HistoryUnavailableError."""
        self._courier(name)
        letters = await self._asked(self._ports.outbox.letters(name, before=before, limit=limit))
        return [letter_json(letter) for letter in letters]

    async def resend(self, name: str, letter: str | None) -> int:
        """
        Try a dead letter again, or all of them; returns how many.

        Raises:
            UnknownWebhookError, HistoryUnavailableError: See there.
        """
        courier = self._courier(name)
        count: int = await self._asked(self._ports.outbox.resend(name, letter, self._ports.now_ms()))
        await self._asked(courier.recount())
        courier.poke()
        return count

    async def test(self, name: str) -> Json:
        """Send a `webhook.test` now and say what became of it. Raises UnknownWebhookError."""
        courier = self._courier(name)
        message = event(0, self._ports.now_ms(), TEST_TYPE, {"endpoint": name})
        answer = await courier.test(encode(message))
        return {
            "delivered": not answer.why,
            "status": answer.status,
            "error": answer.why,
            "took_ms": answer.took_ms,
        }

    async def enable(self, name: str) -> None:
        """After a 410. Raises UnknownWebhookError, HistoryUnavailableError."""
        await self._asked(self._courier(name).enable())

    def _courier(self, name: str) -> Courier:
        self._take_up()
        if name not in self._couriers:
            raise UnknownWebhookError(name, list(self._couriers))
        return self._couriers[name]

    async def _asked(self, question: Any) -> Any:
        try:
            return await question
        except OutboxUnavailableError as error:
            raise HistoryUnavailableError(str(error)) from error

    def _take_up(self) -> None:
        """Keep step with the configuration."""
        configured = self._configured()
        if configured is self._seen:
            return
        self._seen = configured
        before, self._couriers = self._couriers, {}
        for name, webhook in configured.items():
            endpoint = _endpoint(name, webhook)
            courier = before.pop(name, None)
            if courier is not None and _same_place(courier.endpoint, endpoint):
                courier.endpoint = endpoint
            else:
                courier = self._replaced(courier, endpoint)
            self._couriers[name] = courier
        for gone in before.values():
            self._let_go(gone)

    def _replaced(self, before: Courier | None, endpoint: Endpoint) -> Courier:
        if before is not None:
            self._let_go(before)
        courier = Courier(endpoint, self._ports, self._standings.get(endpoint.name))
        if self._started:
            courier.start()
        return courier

    def _let_go(self, courier: Courier) -> None:
        self._standings[courier.endpoint.name] = courier.standing
        if self._started:
            self._ports.spawn(courier.close(), name=f"webhook {courier.endpoint.name} ends")

    async def _keep_tidy(self) -> None:
        pace = self._ports.pace
        while True:
            try:
                await self._ports.outbox.tidy(
                    self._ports.now_ms(),
                    # Who is tried at all is given up by the courier, which is to try once more before.
                    give_up_ms=pace.give_up_ms + 2 * pace.longest_ms,
                    keep_ms=pace.keep_dead_ms,
                    dead_max=DEAD_MAX,
                )
                for courier in self._couriers.values():
                    await courier.recount()
            except OutboxUnavailableError as error:
                _log.info("webhooks.untidy", why=str(error))
            await asyncio.sleep(TIDY_EVERY_S)


def _endpoint(name: str, webhook: Webhook) -> Endpoint:
    return Endpoint(
        name, webhook.url, tuple(webhook.events), frozenset(webhook.queues), webhook.allow_private
    )


def _same_place(one: Endpoint, other: Endpoint) -> bool:
    return (one.url, one.private) == (other.url, other.private)
