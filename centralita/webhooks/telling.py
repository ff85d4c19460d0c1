"""How endpoints stand, for the API and for people."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from centralita.store.outbox import Letter
from centralita.web.webhooks_ports import Json
from centralita.webhooks.courier import Courier

ALARM_AFTER = 3
"""Failures in a row."""


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


def status_of(courier: Courier, now_ms: int) -> Json:
    """For the API; times are UTC milliseconds."""
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


def letter_json(letter: Letter) -> Json:
    """For the API; `event` is what was to be delivered."""
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


def alarms_of(courier: Courier) -> list[str]:
    """What an administrator has to see to, Spanish / English."""
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
            f"webhook {name}: {counts.dead} avisos sin entregar; véalos con «centralita webhooks dead {name}»"
            f" y reenvíelos con «centralita webhooks resend {name}» / "
            f"webhook {name}: {counts.dead} events not delivered; see 'centralita webhooks dead {name}', "
            f"send them again with 'centralita webhooks resend {name}'"
        )
    if standing.lost:
        found.append(
            f"webhook {name}: {standing.lost} avisos perdidos, pues no cabían / "
            f"webhook {name}: {standing.lost} events lost for lack of room"
        )
    return found
