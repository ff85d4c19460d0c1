"""Promises as programs and pages are told of them."""

from __future__ import annotations

from acd.model import Phase
from acd.state import Contact
from centralita.store.callbacks import Callback
from centralita.web.callbacks_ports import Json

_DOING = {
    Phase.WAITING: "waiting",
    Phase.PROMISED: "resting",
    Phase.OFFERED: "offered",
    Phase.DIALLING: "dialling",
}


def waits(row: Callback, contact: Contact, position: int | None, wait_ms: tuple[int, int] | None) -> Json:
    """One that stands. `on_the_line`: has not hung up yet. `resting`: queue closed, or is calling us."""
    return {
        **_asked(row),
        "phase": _DOING.get(contact.phase, "on_the_line"),
        "position": position,
        "wait_ms": None if wait_ms is None else list(wait_ms),
    }


def ended(row: Callback) -> Json:
    return {**_asked(row), "ended_ms": row.ended_ms, "end": row.end}


def _asked(row: Callback) -> dict[str, object]:
    return {
        "contact": row.contact_id,
        "queue": row.queue,
        "number": row.number,
        "name": row.name,
        "note": row.note,
        "source": row.source,
        "site": row.site,
        "made_ms": row.made_ms,
    }
