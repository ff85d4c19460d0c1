"""
The same decision once more: the journal's inputs, run through the engine of today.

The stored explanation stays the answer. A re-run says whether the engine of
today would decide the same, which is promised only while the engine version and
the shapes of its state are those of then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from acd.engine import VERSION, Engine
from acd.records import OfferAnnounced
from centralita.explain.words import Both
from centralita.store.explanations import explanation_json
from centralita.store.journal import FORMAT, KEEP_DAYS, JournalError, head_of, read_segment

Json = Mapping[str, Any]


_NOTHING = Both("", "")


@dataclass(frozen=True, slots=True)
class Difference:
    """`now` is what the engine of today says."""

    field: str
    stored: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Rerun:
    """What came of it. `why` is empty unless it could not be done."""

    engine_then: str | None
    """None: not known any more."""
    engine_now: str
    done: bool
    same: bool = False
    differences: tuple[Difference, ...] = ()
    why: Both = _NOTHING

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"why": self.why._asdict()}

    def text(self, language: str) -> str:
        """For a person, two spaces in."""
        then = self.engine_then or "?"
        lines = [
            Both(
                f"  Repetición: motor {then} entonces, {self.engine_now} ahora",
                f"  Re-run: engine {then} then, {self.engine_now} now",
            ).of(language)
        ]
        if not self.done:
            lines.append("  " + self.why.of(language))
        elif self.same:
            lines.append("  " + Both("Igual que lo guardado.", "The same as what was stored.").of(language))
        else:
            lines.append(
                "  " + Both("Distinto de lo guardado:", "Different from what was stored:").of(language)
            )
            now, stored = Both("ahora", "now").of(language), Both("guardado", "stored").of(language)
            lines += [
                f"    {found.field}: {stored} {_short(found.stored)}; {now} {_short(found.now)}"
                for found in self.differences
            ]
        return "\n".join(lines)


def rerun(journal: Path, offer: Json) -> Rerun:
    """
    Decide an offer once more.

    Args:
        journal: Its folder; only read, so a server may be writing to it.
        offer: As stored: `id`, `journal_seq` and `explanation`, with masks.
    """
    seq = int(offer["journal_seq"])
    path = _segment_of(journal, seq)
    if path is None:
        return _impossible(None, _TOO_OLD)
    try:
        _, then = head_of(path)
    except JournalError:
        return _impossible(None, _UNREADABLE)
    if then != FORMAT:
        return _impossible(_engine(then), _other_engine(then))
    try:
        found, _ = read_segment(path)
    except JournalError:
        return _impossible(_engine(then), _UNREADABLE)
    engine = Engine(found.state)
    for entry in found.entries:
        records = engine.handle(entry.event, entry.now_ms).records
        if entry.seq == seq:
            return _compared(offer, _engine(then), records)
    return _impossible(_engine(then), _GAP)


def _compared(offer: Json, then: str, records: tuple[object, ...]) -> Rerun:
    announced = [r for r in records if isinstance(r, OfferAnnounced) and r.offer_id == offer["id"]]
    stored: Json = offer["explanation"] or {}
    if not announced:
        nothing = Difference("agent", offer["agent"], None)
        return Rerun(then, VERSION, done=True, differences=(nothing,))
    now: Json = {"agent": announced[0].agent_id, **_plain(explanation_json(announced[0].explanation))}
    before: Json = {"agent": offer["agent"], **stored}
    differences = tuple(
        Difference(key, before.get(key), now.get(key))
        for key in dict.fromkeys((*before, *now))
        if before.get(key) != now.get(key)
    )
    return Rerun(then, VERSION, done=True, same=not differences, differences=differences)


def _segment_of(journal: Path, seq: int) -> Path | None:
    """The segment that holds this entry: a snapshot's own entry is the last of the segment before."""
    segments = sorted((*journal.glob("*.jsonl"), *journal.glob("*.damaged")), key=_first)
    before = [path for path in segments if _first(path) < seq]
    return before[-1] if before else None


def _first(path: Path) -> int:
    return int(path.name.partition(".")[0])


def _engine(written: str) -> str:
    return written.partition(".")[0]


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """As the database gives it back."""
    found: dict[str, Any] = json.loads(json.dumps(value))
    return found


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:197] + "..."


def _impossible(then: str | None, why: Both) -> Rerun:
    return Rerun(then, VERSION, done=False, why=why)


def _other_engine(then: str) -> Both:
    return Both(
        f"No se puede prometer: el diario es del formato {then} y este servidor lee {FORMAT}. "
        "Otro motor, u otra forma de su estado, puede decidir de otro modo; vale lo guardado.",
        f"It cannot be promised: the journal is of format {then}, this server reads {FORMAT}. "
        "Another engine, or another shape of its state, may decide otherwise; what was stored holds.",
    )


_TOO_OLD = Both(
    f"No se puede: el diario ya no llega hasta esa oferta (se guarda {KEEP_DAYS} días).",
    f"Not possible: the journal no longer goes back to that offer (it is kept for {KEEP_DAYS} days).",
)
_UNREADABLE = Both(
    "No se puede: ese tramo del diario está dañado.", "Not possible: that segment of the journal is damaged."
)
_GAP = Both(
    "No se puede: esa entrada falta en el diario (disco lleno, o tramo dañado).",
    "Not possible: that entry is missing in the journal (disk full, or a damaged segment).",
)
