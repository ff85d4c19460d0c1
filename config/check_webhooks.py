"""Can the webhooks work? Whether their addresses may be gone to is decided anew with each connection."""

from __future__ import annotations

from fnmatch import fnmatchcase

from config.findings import Findings
from config.problems import did_you_mean
from config.schema import Centre
from config.webhooks import KNOWN_EVENTS, Webhook, leads_home, written_address


def check_webhooks(centre: Centre, found: Findings) -> None:
    """Add unknown queues, private addresses without leave, and events that do not exist."""
    for name, webhook in centre.webhooks.items():
        for index, queue in enumerate(webhook.queues):
            found.refer("queues", queue, found.names("queues"), ("webhooks", name, "queues", index))
        _check_place(name, webhook, found)
        for pattern in webhook.events:
            if not any(fnmatchcase(known, pattern) for known in KNOWN_EVENTS):
                es, en = f"ningún aviso se llama «{pattern}»", f'no event is called "{pattern}"'
                found.warn(
                    "webhook-event", ("webhooks", name, "events"), es, en, did_you_mean(pattern, KNOWN_EVENTS)
                )


def _check_place(name: str, webhook: Webhook, found: Findings) -> None:
    address = written_address(webhook.url)
    private = leads_home(webhook.url) or (address is not None and address.is_private)
    if private and not webhook.allow_private:
        found.error(
            "webhook-private",
            ("webhooks", name, "url"),
            "esta dirección es de la propia máquina o de una red privada",
            "this address is of this machine or of a private network",
            ("si es lo que quiere, añada «allow_private: yes»", 'if that is meant, add "allow_private: yes"'),
        )
