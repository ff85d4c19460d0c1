"""
The webhooks of a running centre: fed by the single writer, seen to beside the calls.

Feeding chooses and encodes, nothing more: it never waits, and what it returns
is written with the records of the same journal entry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
import structlog

from acd.records import Record
from centralita.store.outbox import Delivery, Letter, OutboxUnavailableError, Standing
from centralita.web.ports import HistoryUnavailableError, Json
from centralita.web.webhooks_ports import UnknownWebhookError
from centralita.webhooks.courier import LOOK_MS, Courier, Ports
from centralita.webhooks.filters import Endpoint, Filters, Sources, fits
from config.webhooks import Webhook
from cti.desktop.wire import PER_ENTRY, VERSION, Message, encode

ALARM_AFTER = 3
"""Failures in a row."""
TIDY_EVERY_S = 600.0
DEAD_MAX = 20_000
"""Dead letters kept of one endpoint."""
TEST_TYPE = "webhook.test"

_log = structlog.get_logger("webhooks")


class Closing(Protocol):
    def close(self) -> None: ...


class Webhooks:
    """
    Args:
        ports: What the couriers work with.
        sources: What messages tell.
        configured: `webhooks` of the live configuration; another object after every edit.
    """

    def __init__(
        self, ports: Ports, sources: Sources, configured: Callable[[], Mapping[str, Webhook]]
    ) -> None:
        self._ports, self._configured = ports, configured
        self._filters = Filters(sources)
        self._seen: Mapping[str, Webhook] | None = None
        self._couriers: dict[str, Courier] = {}
        self._standings: dict[str, Standing] = {}
        self._started = False

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
        await asyncio.gather(*(courier.close() for courier in self._couriers.values()))

    def alarms(self) -> list[str]:
        """What an administrator has to see to, Spanish and English."""
        return [text for courier in self._couriers.values() for text in _alarms(courier)]

    async def status(self) -> list[Json]:
        """Every endpoint, in the order of the configuration. Raises HistoryUnavailableError."""
        self._take_up()
        found = []
        for courier in self._couriers.values():
            await self._asked(courier.recount())
            found.append(_status(courier, self._ports.now_ms()))
        return found

    async def dead(self, name: str, *, before: int | None, limit: int) -> list[Json]:
        """Dead letters, newest first. Raises UnknownWebhookError, HistoryUnavailableError."""
        self._courier(name)
        letters = await self._asked(self._ports.outbox.letters(name, before=before, limit=limit))
        return [_letter(letter) for letter in letters]

    async def resend(self, name: str, letter: str | None) -> int:
        """
        Try a dead letter again, or all of them; returns how many.

        Raises:
            UnknownWebhookError, HistoryUnavailableError: See there.
        """
        courier = self._courier(name)
        count = await self._asked(self._ports.outbox.resend(name, letter, self._ports.now_ms()))
        await self._asked(courier.recount())
        courier.poke()
        return count

    async def test(self, name: str) -> Json:
        """Send a `webhook.test` now and say what became of it. Raises UnknownWebhookError."""
        courier = self._courier(name)
        message = Message(0, self._ports.now_ms(), TEST_TYPE, VERSION, {"endpoint": name})
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


def shown_url(url: str) -> str:
    """Without what may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?…" if parts.query else "")


def _state(courier: Courier) -> str:
    if courier.standing.disabled:
        return "disabled"
    if courier.failures:
        return "failing"
    return "delivering" if courier.counts.pending else "idle"


def _status(courier: Courier, now_ms: int) -> Json:
    end, counts, standing = courier.endpoint, courier.counts, courier.standing
    return {
        "name": end.name,
        "url": shown_url(end.url),
        "events": list(end.events),
        "queues": sorted(end.queues),
        "allow_private": end.private,
        "state": _state(courier),
        "pending": counts.pending,
        "dead": counts.dead,
        "lost": standing.lost,
        "lag_ms": 0 if counts.oldest_ms is None else max(0, now_ms - counts.oldest_ms),
        "last_success_ms": standing.ok_ms,
        "last_failure_ms": standing.failed_ms,
        "last_error": standing.error,
        "failures": courier.failures,
        "next_try_ms": courier.next_try_ms,
    }


def _letter(letter: Letter) -> Json:
    return {
        "id": letter.id,
        "seq": letter.seq,
        "type": letter.type,
        "contact_id": None if ":" in letter.line else letter.line,
        "since_ms": letter.since_ms,
        "dead_ms": letter.dead_ms,
        "attempts": letter.attempts,
        "error": letter.error,
        "event": msgspec.Raw(letter.body),
    }


def _alarms(courier: Courier) -> list[str]:
    name, counts, standing = courier.endpoint.name, courier.counts, courier.standing
    found = []
    if standing.disabled:
        found.append(
            f"webhook {name}: el destino ya no quiere avisos (410) y está parado: cambie su url o use "
            f"«centralita webhooks enable {name}» / "
            f"webhook {name}: the endpoint wants no more events (410) and is off: change its url or run "
            f"'centralita webhooks enable {name}'"
        )
    elif courier.failures >= ALARM_AFTER:
        found.append(
            f"webhook {name}: no se puede entregar ({standing.error}), {counts.pending} avisos esperan y se "
            "reintentan; las llamadas siguen / "
            f"webhook {name}: cannot be delivered ({standing.error}), {counts.pending} events wait and are "
            "tried again; calls go on"
        )
    if counts.dead:
        found.append(
            f"webhook {name}: {counts.dead} avisos sin entregar: véalos con «centralita webhooks dead {name}» "
            f"y reenvíelos con «centralita webhooks resend {name}» / "
            f"webhook {name}: {counts.dead} events were not delivered: see 'centralita webhooks dead {name}', "
            f"send them again with 'centralita webhooks resend {name}'"
        )
    if standing.lost:
        found.append(
            f"webhook {name}: {standing.lost} avisos perdidos, pues no cabían / "
            f"webhook {name}: {standing.lost} events lost for lack of room"
        )
    return found
