"""
What the pages of flows, speech, callbacks and messages show, without calls: fakes of what is behind them.

The centre itself is that of `showcase`.
"""

from __future__ import annotations

import wave
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from centralita.clock import wall_clock_ms
from centralita.web.services_ports import Json
from centralita.web.utterances_ports import PhraseRefusedError, SaidQuery

MINUTE_MS = 60_000
LOST = "me han cobrado dos veces la lavadora"
TAKEN = "no entiendo mi factura"
IN_DOUBT = "my order never came"
REFUSED_ES = "centro.yaml:14:7: la frase ya es de «pedido»; quítela de ahí antes."
REFUSED_EN = "centro.yaml:14:7: the phrase belongs to 'pedido' already; remove it there first."


def _group(text: str, language: str, outcomes: Json, understood: Sequence[tuple[str, int, float]]) -> Json:
    count = sum(outcomes.values())
    return {
        "text": text,
        "language": language,
        "count": count,
        "outcomes": outcomes,
        "understood": [{"meaning": each, "count": times, "sure": sure} for each, times, sure in understood],
        "nodes": [{"node": "principal/motivo", "count": count}],
        "confidence": 0.9,
        "last_ms": wall_clock_ms() - 7 * MINUTE_MS,
        "contacts": ["c1"],
    }


@dataclass
class FakeSaid:
    """Three phrases, of which one never meant anything. `pedido` takes no phrase."""

    empty: bool = False
    added: list[tuple[str, str, str]] = field(default_factory=list)

    async def groups(self, query: SaidQuery) -> Sequence[Json]:
        if self.empty:
            return []
        return [
            _group(TAKEN, "es", {"taken": 9, "confirmed": 3}, [("factura", 12, 0.94)]),
            _group(LOST, "es", {"missed": 5}, []),
            _group(IN_DOUBT, "en", {"confirmed": 2, "denied": 1}, [("pedido", 2, 0.61), ("factura", 1, 0.5)]),
        ]

    def intents(self) -> Sequence[Json]:
        return [
            {"id": "factura", "label": "Facturación", "examples": {"es": 2}},
            {"id": "pedido", "label": "Pedidos", "examples": {"es": 2, "en": 1}},
        ]

    async def add(self, intent: str, language: str, phrase: str) -> Json:
        if intent == "pedido":
            raise PhraseRefusedError(422, "phrase_taken", REFUSED_ES, REFUSED_EN)
        self.added.append((intent, language, phrase))
        return {"added": True, "examples": 3, "version": "v2"}


class FakeVoicemail:
    """
    Two messages, one of them heard.

    Args:
        folder: Where the sound is to lie; None for no messages at all.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._sound = None if folder is None else _beep(folder / "message.wav")
        now_ms = wall_clock_ms()
        self.rows: dict[str, dict[str, object]] = {}
        if folder is not None:
            self.rows = {
                "m2": _message("m2", "ventas", "+34611222333", "Marta Ruiz", now_ms - 3 * MINUTE_MS),
                "m1": _message("m1", "soporte", None, "", now_ms - 90 * MINUTE_MS)
                | {"heard_ms": now_ms - MINUTE_MS, "heard_by": "sofia"},
            }

    async def messages(
        self, boxes: Collection[str] | None, *, unheard: bool, before_ms: int | None, limit: int
    ) -> Sequence[Json]:
        rows = [row for row in self.rows.values() if boxes is None or row["box"] in boxes]
        return [row for row in rows if not unheard or row["heard_ms"] is None][:limit]

    async def audio(self, message_id: str, boxes: Collection[str] | None) -> Path | None:
        return self._sound if message_id in self.rows else None

    async def heard(self, message_id: str, boxes: Collection[str] | None, by: str) -> bool:
        if message_id not in self.rows:
            return False
        self.rows[message_id] |= {"heard_ms": wall_clock_ms(), "heard_by": by}
        return True

    async def delete(self, message_id: str, boxes: Collection[str] | None) -> bool:
        return self.rows.pop(message_id, None) is not None


def _beep(path: Path) -> Path:
    """A second of sound."""
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, 8_000, 0, "NONE", ""))
        wav.writeframes(b"".join((8_000 * (place // 10 % 2)).to_bytes(2, "little") for place in range(8_000)))
    return path


def _message(message_id: str, box: str, number: str | None, name: str, left_ms: int) -> dict[str, object]:
    return {
        "id": message_id,
        "contact_id": f"c-{message_id}",
        "box": box,
        "language": "es",
        "left_ms": left_ms,
        "length_ms": 23_000,
        "heard_ms": None,
        "heard_by": "",
        "number": number,
        "name": name,
        "ref": "C-7" if name else None,
        "segment": None,
    }
