"""A server whose answers are as whole as the real one's, for a contract that is to be held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from centralita.contract.answers_apart import CustomerBody
from centralita.web.attached_ports import Attaching, AttachResult
from centralita.web.ports import (
    ContactPage,
    ContactQuery,
    CustomerPut,
    Json,
    UnknownContactError,
    UnknownThenError,
    WebPorts,
    Wrong,
)
from centralita.web.webhooks_ports import UnknownWebhookError
from tests.unit.web.fakes import FakeCustomers, FakeHistory, FakeServer
from tests.unit.web.services_fakes import FakeServices

CONTACT: Mapping[str, Any] = {
    "id": "c1", "customer_id": "k1", "switch": "pbx", "uniqueid": "u1", "entry": "900",
    "outcome": "answered", "ended_by": "caller", "queue": "ventas", "started_ms": 1, "queued_ms": 2,
    "answered_ms": 3, "ended_ms": 5, "wait_ms": 1, "ring_ms": 1, "talk_ms": 2, "config_version": "v1",
    "direction": "inbound", "hold_ms": 1, "transfers": 0, "journal_seq": 9,
    "language": "es", "segment": "oro", "number": "+34911234567", "shown": "911234567",
    "name": "Marta Ruiz", "trust": "matched",
}  # fmt: skip
WHY: Mapping[str, Any] = {
    "config_version": "v1", "queue": "ventas", "waited_ms": 900, "matched": ["ventas 7 >= 5"],
    "rank": "idle longest", "step": "", "policy": "fair", "terms": [["waited_s", 65.0]], "rules": ["vip"],
    "runner_up": None, "passed_over": [{"contact_id": "c2", "reason": "later"}], "roster": "v1",
    "not_chosen": [{"reason": "talking", "agents": ["beto"]}],
}  # fmt: skip
OFFER: Mapping[str, Any] = {
    "id": "c1-o1", "agent": "ana", "queue": "ventas", "start_ms": 2, "end_ms": 3, "result": "accepted",
    "explanation": WHY, "journal_seq": 8,
}  # fmt: skip
HELD: Mapping[str, Any] = {
    "kind": "retrieved", "queue": None, "agent": "ana", "to_kind": None, "to": None, "offer_id": None,
    "reason": None, "lasted_ms": 2, "at_ms": 3,
}  # fmt: skip
WHOLE: Mapping[str, Any] = {
    **CONTACT,
    "segments": [
        {
            "position": 0, "kind": "talking", "start_ms": 3, "end_ms": 5, "queue": "ventas", "agent": "ana",
            "offer_id": "c1-o1", "ended_by": "caller", "hold_ms": 1,
        }
    ],
    "agents": [
        {"agent": "ana", "talks": 1, "talk_ms": 6, "hold_ms": 2, "consult_ms": 0, "conference_ms": 0}
    ],
    "happenings": [HELD],
    "offers": [OFFER],
    "diversions": [],
    "classifications": [{"at_ms": 1, "rules": ["vip"], "trace": {}}],
    "notes": [{"agent": "ana", "text": "factura", "at_ms": 4}],
}  # fmt: skip
ITEM: Mapping[str, Any] = {"key": "cart", "value": [1], "source": "shop", "at_ms": 1, "expires_ms": 9}
FOLLOWED: Mapping[str, Any] = {
    "dispositions": [{"agent": "ana", "disposition": "venta", "tags": ["web"], "note": "", "at_ms": 4}],
    "ivr": {
        "entry": "900", "trunk": "", "intent": "Ventas", "inputs": {"f/menu": "1"},
        "said": "", "sure": 0.0, "verified": None, "mode": "keys", "values": {"pedido": "77"},
        "path": [{"flow": "f", "node": "menu", "key": "1", "label": "Ventas", "at_ms": 1}],
    },
    "attached": {
        "cart": {
            "value": [1], "source": "shop", "of": "contact", "at_ms": 1, "expires_ms": 9, "left_out": False,
        }
    },
}  # fmt: skip
CUSTOMER: Mapping[str, Any] = {
    "id": "k1", "ref": "C-7", "name": "Marta Ruiz", "segment": "oro", "language": "es", "fields": {},
    "first_seen_ms": 1, "updated_ms": 2, "active": True, "erased": False, "contacts": 3,
    "numbers": ["+34911234567"],
}  # fmt: skip
WEBHOOK: Mapping[str, Any] = {
    "name": "crm", "url": "https://crm.example", "events": ["contact.closed"], "queues": [],
    "allow_private": False, "state": "ok", "pending": 0, "dead": 0, "lost": 0, "lag_ms": 0,
    "last_success_ms": 1, "last_failure_ms": None, "last_error": "", "failures": 0, "next_try_ms": None,
}  # fmt: skip
LETTER: Mapping[str, Any] = {
    "id": "e4096", "seq": 4096, "type": "contact.closed", "contact_id": "c1", "since_ms": 1, "dead_ms": 2,
    "attempts": 9, "error": "500", "event": {},
}  # fmt: skip


class WholeHistory(FakeHistory):
    async def contacts(self, query: ContactQuery) -> ContactPage:
        if query.before is not None and query.before != "5.c1":
            raise ValueError("not a cursor")
        return ContactPage([CONTACT], "5.c1" if query.before is None else None)

    async def contact(self, contact_id: str) -> Json | None:
        return WHOLE if contact_id == "c1" else None

    async def customers(self, number: str) -> Sequence[Json]:
        return [CUSTOMER]

    async def customer_contacts(self, customer_id: str, limit: int) -> Sequence[Json] | None:
        return [CONTACT][:limit] if customer_id == "k1" else None


class WholeCustomers(FakeCustomers):
    async def by_ref(self, ref: str) -> Json | None:
        return {**CUSTOMER, "ref": ref}

    async def put(self, ref: str, given: Json, *, move: bool, dry_run: bool) -> CustomerPut:
        """As strict about types as the real one, and only about those."""
        try:
            msgspec.convert(given, CustomerBody)
        except msgspec.ValidationError as error:
            return CustomerPut(wrong=(Wrong("fields", "", "no vale", str(error)),))
        return self.result


class WholeWebhooks:
    async def status(self) -> Sequence[Json]:
        return [WEBHOOK]

    async def dead(self, name: str, *, before: int | None, limit: int) -> Sequence[Json]:
        self._check(name)
        return [LETTER] if before is None else []

    async def resend(self, name: str, letter: str | None) -> int:
        self._check(name)
        return 1 if letter in (None, LETTER["id"]) else 0

    async def test(self, name: str) -> Json:
        self._check(name)
        return {"delivered": True, "status": 204, "error": "", "took_ms": 12}

    async def enable(self, name: str) -> None:
        self._check(name)

    def _check(self, name: str) -> None:
        if name != "crm":
            raise UnknownWebhookError(name, ["crm"])


class WholeAttached:
    """To contact c1, customer C-7 and every number; each has a cart."""

    async def get(self, at: Attaching, key: str) -> Json | None:
        return ITEM if self._known(at) and key == "cart" else None

    async def put(self, at: Attaching, key: str, value: bytes, expires_s: int, source: str) -> AttachResult:
        if not self._known(at):
            return AttachResult("nobody")
        item = {**ITEM, "key": key, "value": msgspec.json.decode(value), "source": source}
        return AttachResult("replaced" if key == "cart" else "created", item)

    async def delete(self, at: Attaching, key: str) -> bool:
        return await self.get(at, key) is not None

    def _known(self, at: Attaching) -> bool:
        return at.scope == "number" or at.name in ("c1", "C-7")


class WholeFollowed:
    def live(self, contact_id: str) -> Json:
        return {
            **FOLLOWED,
            "notes": [{"id": "n1", "agent": "ana", "text": "factura", "at_ms": 4}],
            "handed": [],
        }

    async def finished(self, contact_id: str) -> Json:
        return FOLLOWED


@dataclass
class WholeServer(FakeServer):
    history: FakeHistory = field(default_factory=WholeHistory)
    customers: FakeCustomers = field(default_factory=WholeCustomers)

    def ports(self) -> WebPorts:
        ports = super().ports()
        object.__setattr__(ports, "webhooks", WholeWebhooks())
        object.__setattr__(ports, "attached", WholeAttached())
        object.__setattr__(ports, "followed", WholeFollowed())
        object.__setattr__(ports, "services", FakeServices().ports())
        object.__setattr__(ports, "waits", lambda: {"model": None, "error": None, "queues": []})
        return ports

    def status(self) -> Json:
        return {"version": "v1", "file": "centro.yaml", "since_ms": 1, "warnings": [], "refused": None}

    async def explain(self, contact_id: str, agent: str | None, language: str) -> Json:
        if contact_id != "c1":
            raise UnknownContactError(("c1",))
        if agent not in (None, "ana", "beto"):
            raise UnknownThenError(("v1",), ("ana", "beto"))
        then = {"skills": {"ventas": 7}, "site": ""}
        why_not = {"agent": "ana", "code": "chosen", "reason": None, "es": "", "en": "", "then": then}
        return {
            "contact_id": contact_id,
            "live": False,
            "outcome": "answered",
            "agent": agent,
            "offers": [
                {
                    "place": 1, "offer_id": "c1-o1", "agent": "ana", "start_ms": 2, "end_ms": 3,
                    "result": "accepted", "journal_seq": 8, "explanation": WHY, "agent_then": then,
                    "why_not": why_not if agent else None,
                }
            ],
            "diversions": [],
            "happenings": [HELD],
            "text": language,
        }  # fmt: skip
