"""What stands behind flows, for the web's tests: customer C-7, contact c1, survey atencion, message m1."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from centralita.people.hashing import TooBusyError
from centralita.web.ports import HistoryUnavailableError
from centralita.web.services_ports import Json, ServicesPorts, SurveyQuestion, UnknownNumberError

PREFERENCE: dict[str, Any] = {
    "mode": "speech", "mode_source": "learned", "spoken": 3, "keyed": 1, "language": "es",
    "language_source": "customer", "channel": None, "channel_source": None, "consent": None,
    "consent_source": None, "consent_ms": None, "updated_ms": 9,
}  # fmt: skip
ANSWER: dict[str, Any] = {
    "contact_id": "c1", "survey": "atencion", "question": "trato", "value": 5, "agent": "ana",
    "intent": "factura", "queue": "ventas", "segment": "oro", "at_ms": 9,
}  # fmt: skip
GROUP: dict[str, Any] = {"name": "ana", "answers": 1, "contacts": 1, "mean": 5.0}
SUMMARY: dict[str, Any] = {
    "survey": "atencion", "contacts": 1, "finished": 1, "answers": 1,
    "questions": [{"question": "trato", "answers": 1, "mean": 5.0, "counts": {"5": 1}}],
    "agents": [GROUP], "queues": [GROUP], "intents": [GROUP], "segments": [GROUP],
}  # fmt: skip
MESSAGE: dict[str, Any] = {
    "id": "m1", "contact_id": "c1", "box": "ventas", "language": "es", "left_ms": 9, "length_ms": 2_000,
    "heard_ms": None, "heard_by": "", "number": "+34911234567", "name": "Marta Ruiz", "ref": "C-7",
    "segment": "oro",
}  # fmt: skip
LOOKUP: dict[str, Any] = {
    "name": "saldo", "found": 1, "not_found": 0, "failed": 0, "paused": 0, "p50_ms": 12, "p95_ms": 12,
    "is_paused": False, "last_failure": "",
}  # fmt: skip


@dataclass
class FakeServices:
    """All of it; writes down what it is asked."""

    wav: Path | None = None
    down: bool = False
    busy: bool = False
    asked: list[Any] = field(default_factory=list)

    def ports(self) -> ServicesPorts:
        return ServicesPorts(
            pins=_Pins(self),
            preferences=_Preferences(self),
            surveys=_Surveys(self),
            voicemail=_Voicemail(self),
            lookups=_Lookups(),
        )

    def note(self, *asked: Any) -> None:
        if self.down:
            raise HistoryUnavailableError
        if self.busy:
            raise TooBusyError
        self.asked.append(asked)


@dataclass
class _Pins:
    of: FakeServices

    async def set(self, ref: str, pin: str | None) -> bool:
        self.of.note("pin", ref, pin)
        return ref == "C-7"


@dataclass
class _Preferences:
    of: FakeServices

    async def of_customer(self, ref: str) -> Json | None:
        self.of.note("of_customer", ref)
        return {"customer": PREFERENCE, "numbers": {"+34911234567": PREFERENCE}} if ref == "C-7" else None

    async def set_for_customer(self, ref: str, number: str, given: Json, source: str) -> Json | None:
        self.of.note("set_for_customer", ref, number, dict(given), source)
        if number not in ("", "+34911234567"):
            raise UnknownNumberError(number)
        return await self.of_customer(ref)

    async def of_contact(self, contact_id: str) -> Json | None:
        self.of.note("of_contact", contact_id)
        if contact_id != "c1":
            return None
        holds = {name: PREFERENCE[name] for name in ("mode", "language", "channel")}
        return {"number": "+34911234567", "here": PREFERENCE, "anywhere": PREFERENCE, **holds}

    async def set_for_contact(
        self, contact_id: str, given: Json, source: str, *, everywhere: bool
    ) -> Json | None:
        self.of.note("set_for_contact", contact_id, dict(given), source, everywhere)
        return await self.of_contact(contact_id)


@dataclass
class _Surveys:
    of: FakeServices

    async def answers(self, asked: SurveyQuestion) -> tuple[Sequence[Json], str | None]:
        self.of.note("answers", asked)
        if asked.before not in (None, "5.c1"):
            raise ValueError("not a cursor")
        return [ANSWER], "5.c1" if asked.before is None else None

    async def summary(self, asked: SurveyQuestion) -> Json | None:
        self.of.note("summary", asked)
        return SUMMARY if asked.survey == "atencion" else None

    async def of_customer(self, customer_id: str, limit: int) -> Sequence[Json]:
        self.of.note("of_customer", customer_id, limit)
        return [ANSWER]


@dataclass
class _Voicemail:
    of: FakeServices

    async def messages(
        self, boxes: Collection[str] | None, *, unheard: bool, before_ms: int | None, limit: int
    ) -> Sequence[Json]:
        self.of.note("messages", boxes, unheard, before_ms, limit)
        return [MESSAGE] if self._sees(boxes) else []

    async def audio(self, message_id: str, boxes: Collection[str] | None) -> Path | None:
        self.of.note("audio", message_id)
        return self.of.wav if message_id == "m1" and self._sees(boxes) else None

    async def heard(self, message_id: str, boxes: Collection[str] | None, by: str) -> bool:
        self.of.note("heard", message_id, by)
        return message_id == "m1" and self._sees(boxes)

    async def delete(self, message_id: str, boxes: Collection[str] | None) -> bool:
        self.of.note("delete", message_id)
        return message_id == "m1" and self._sees(boxes)

    def _sees(self, boxes: Collection[str] | None) -> bool:
        return boxes is None or "ventas" in boxes


class _Lookups:
    def report(self) -> Sequence[Json]:
        return [LOOKUP]
