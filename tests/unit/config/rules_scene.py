"""A small centre to try rules on."""

from __future__ import annotations

from typing import Any

from config.schema import Centre

BASE: dict[str, Any] = {
    "schema": "acd/1",
    "name": "Prueba",
    "languages": ["es", "en"],
    "agents": {"ana": {"name": "Ana", "phone": "ana"}, "ana-maria": {"name": "Ana María", "phone": "am"}},
    "phones": {"ana": {}, "am": {}},
    "entry": {},
    "queues": {},
    "segments": ["base", "plata", "vip"],
    "facts": {
        "customer": {
            "within": "250ms",
            "fields": {
                "tier": ["bronze", "silver", "gold"],
                "city": "text",
                "open_cases": "int",
                "owner": "agent",
                "mobile": "e164",
                "contract": "duration",
                "debt": "bool",
            },
        }
    },
}


def centre(**changed: Any) -> Centre:
    return Centre.model_validate({**BASE, **changed})
