"""Does every queue hand its callers over to another one, and never back?"""

from __future__ import annotations

from config.findings import Findings
from config.schema import Centre


def check_tiers(centre: Centre, found: Findings) -> None:
    """Add what is wrong with `escalate`: the next tier exists, and there is a last one."""
    told: set[str] = set()
    for name, queue in centre.queues.items():
        path = ("queues", name, "escalate")
        found.refer("queues", queue.escalate, found.names("queues"), path)
        circle = _circle(centre, name)
        if circle and told.isdisjoint(circle):
            ways = " → ".join(circle)
            es, en = f"se escala en círculo: {ways}", f"escalation goes round: {ways}"
            fix = ("quite «escalate» de la última", 'remove "escalate" from the last tier')
            found.error("escalate-circle", path, es, en, fix)
        told.update(circle)


def _circle(centre: Centre, start: str) -> list[str]:
    """The tiers from this queue on, if they come back to it; it stands first and last."""
    way = [start]
    while (queue := centre.queues.get(way[-1])) is not None and queue.escalate is not None:
        way.append(queue.escalate)
        if way[-1] == start:
            return way
        if way[-1] in way[:-1]:
            break
    return []
