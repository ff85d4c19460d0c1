"""The action with which each kind of leg is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from acd.commands import CallCustomer, CallOutside, OfferContact
from acd.model import OfferKind
from cti.asterisk.trunks import PREFIX

AUTO_ANSWER = {
    "PJSIP_HEADER(add,Call-Info)": "<sip:centralita>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)": "<http://centralita>;info=alert-autoanswer;delay=0",
}
"""
Phones understand one of the two, as there is no standard: Call-Info is that of Grandstream,
Yealink, Linphone and others, Alert-Info that of Snom, Yealink and Cisco.
"""
_UNSAFE = re.compile(r'[\x00-\x1f"<>\\,;()]')
_AGENTS_PLACE = {
    OfferKind.CONSULT: "asked",
    OfferKind.DIAL: "consulting",
    OfferKind.CALLBACK: "consulting",
}
CALLED = "SHARED(CC_CALLED)"
"""
Mark of an agent's leg for which a customer has been rung. The order to ring sets it itself, on the switch
and in one step with making the customer's channel: whoever restarts sees by it what was carried out.
"""

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Outside:
    """The way to a telephone number."""

    trunk: str
    """Name of the line."""
    dial: str
    """As the carrier wants it: digits, perhaps behind a plus."""
    shown: str = ""
    """Our number, as whoever is called sees it."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Channels on the switch, by name; empty where there is none (yet)."""

    caller: str = ""
    by: str = ""
    """Of the leg that asks."""


def agents_leg(
    command: OfferContact, phone: str, parties: Parties, shown: tuple[str, str], *, auto_answer: bool
) -> Headers:
    """Ring an agent's phone; `shown` is the caller's name and number."""
    variables = {
        **_marks(command.contact_id, command.kind, parties),
        "CC_OFFER": command.offer_id,
        "PJSIP_HEADER(add,X-Contact)": command.contact_id,
        "PJSIP_HEADER(add,X-Offer)": command.offer_id,
        **(AUTO_ANSWER if auto_answer else {}),
    }
    name, number = shown
    place = ("cc-agent", _AGENTS_PLACE.get(command.kind, "join"))
    known = f'"{_UNSAFE.sub(" ", name)}" <{_UNSAFE.sub("", number) or "anonymous"}>'
    return _originate(f"PJSIP/{phone}", command.offer_id, place, command.ring_ms, known, variables)


def outside_leg(command: CallOutside, way: Outside, parties: Parties) -> Headers:
    """Ring somebody outside for a leg of ours, or for the caller."""
    kind = OfferKind.CONSULT if command.by is not None else OfferKind.OUTSIDE
    variables = {**_marks(command.contact_id, kind, parties), **_counted(way)}
    place = ("cc-agent", "asked" if command.by is not None else "join")
    return _originate(_line(way), command.leg_id, place, command.ring_ms, _shown(way), variables)


def customer(command: CallCustomer, way: Outside, parties: Parties) -> Headers:
    """Ring a customer for the leg `parties.by`."""
    variables = {
        "CC_CONTACT": command.contact_id,
        "CC_LEG": parties.by,
        "CC_OFFER": command.leg_id,
        "CC_ROLE": CUSTOMER,
        "CC_TRUNK": way.trunk,
        f"{CALLED[:-1]},{parties.by})": "1",
        **_counted(way),
    }
    place = ("cc-caller", "called")
    return _originate(_line(way), command.uniqueid, place, command.ring_ms, _shown(way), variables)


CUSTOMER = "customer"
"""`CC_ROLE` of the customer of an outgoing contact; that of our legs is their kind."""


def _marks(contact_id: str, kind: OfferKind, parties: Parties) -> dict[str, str]:
    return {
        "CC_CALLER": parties.caller,
        "CC_BY": parties.by,
        "CC_CONTACT": contact_id,
        "CC_ROLE": kind.value,
    }


def _counted(way: Outside) -> dict[str, str]:
    """Set before the line is taken, so that nobody else takes it meanwhile."""
    return {"GROUP(trunk)": way.trunk, "GROUP(out)": way.trunk}


def _line(way: Outside) -> str:
    return f"PJSIP/{way.dial}@{PREFIX}{way.trunk}"


def _shown(way: Outside) -> str:
    return f'"" <{_UNSAFE.sub("", way.shown)}>'


def _originate(
    channel: str,
    uniqueid: str,
    place: tuple[str, str],
    ring_ms: int,
    shown: str,
    variables: Mapping[str, str],
) -> Headers:
    return [
        ("Channel", channel),
        ("Context", place[0]),
        ("Exten", place[1]),
        ("Priority", "1"),
        ("Timeout", str(ring_ms)),
        ("CallerID", shown),
        ("ChannelId", uniqueid),
        ("Async", "true"),
        *(("Variable", f"{key}={value}") for key, value in variables.items()),
    ]
