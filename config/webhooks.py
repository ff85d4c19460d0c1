"""What a configuration may say of webhooks: who is told of which events. Secrets are never here."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema

from config.part import Part
from config.words import Name, OneOrMore, YesOrNo, matching, one_or_more, wrong

KNOWN_EVENTS = (
    "agent.state",
    "callback.ended",
    "callback.promised",
    "callback.waiting",
    "conference.ended",
    "conference.started",
    "config.applied",
    "consult.connected",
    "consult.ended",
    "consult.started",
    "contact.closed",
    "contact.data",
    "contact.dialled",
    "contact.disposed",
    "contact.diverted",
    "contact.escalated",
    "contact.held_back",
    "contact.identified",
    "contact.noted",
    "contact.placed_back",
    "contact.queued",
    "contact.sent",
    "contact.sent_back",
    "contact.started",
    "contact.transferred",
    "offer.accepted",
    "offer.announced",
    "offer.busy",
    "offer.failed",
    "offer.no_answer",
    "offer.rejected",
    "offer.ringing",
    "offer.unreachable",
    "offer.withdrawn",
    "outside.connected",
    "outside.ended",
    "segment.connected",
    "segment.ended",
    "segment.held",
    "segment.muted",
    "segment.retrieved",
    "server.started",
    "state.corrected",
    "wrap.ended",
    "wrap.extended",
    "wrap.started",
)
"""Those of the event stream: docs/events.md."""

_EVENT = r"[a-z_*]{1,40}(\.[a-z_*]{1,40})?"
_URL = r"https?://[^\s@\\#]{1,500}"
_LOOPBACK_NAMES = frozenset({"localhost"})

EventPattern = Annotated[
    str,
    matching(f"^{_EVENT}$", "un aviso o un grupo: contact.closed, offer.*", "an event, or a group of them"),
]


def _url(value: str) -> str:
    """Raises PydanticCustomError."""
    try:
        parts = urlsplit(value)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        named = False
    if not named:
        raise wrong(
            "webhook-url", "no es una dirección https", "is no https address", "https://crm.example/avisos"
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise wrong(
            "webhook-http",
            "http solo se admite hacia esta misma máquina: lo leería cualquiera por el camino",
            "http is taken only to this very machine: anybody on the way could read it",
            fix=("use https", "use https"),
        )
    return value


def _is_loopback(host: str) -> bool:
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Url = Annotated[
    str,
    matching(f"^{_URL}$", "una dirección https, sin usuario ni #", "an https address without user and #"),
    AfterValidator(_url),
    WithJsonSchema({"type": "string", "pattern": f"^{_URL}$", "examples": ["https://crm.example/avisos"]}),
]


class Webhook(Part):
    """One receiver of events."""

    url: Url
    """Receives a POST for each event."""
    events: Annotated[
        list[EventPattern],
        OneOrMore,
        Field(min_length=1, max_length=50),
        one_or_more(_EVENT, minItems=1, maxItems=50),
    ]
    """Which ones: types or groups, e.g. `contact.closed`, `offer.*`, `"*"`."""
    queues: Annotated[list[Name], Field(max_length=500)] = Field(default_factory=list)
    """Only contacts of these queues; none named: of all."""
    allow_private: YesOrNo = False
    """May lead into a private network or to this machine; else only to public addresses."""


def leads_home(url: str) -> bool:
    """To this machine, by what it says."""
    return _is_loopback(urlsplit(url).hostname or "")


def written_address(url: str) -> Any:
    """The IP address that the URL names; None if it names a host."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return None
