"""What follows a contact, as screens are told: on the pop, at once when it is added, and again later."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from acd.records import ContactDataChanged, ContactDisposed, ContactNoted, OfferAnnounced, Record
from cti.desktop.catalogue import PERSONAL
from cti.desktop.envelope import encode
from cti.desktop.known import Story
from cti.desktop.wire import bare, to_message, told_again
from tests.unit.cti.desktop.test_wire import CUSTOMER, SAMPLES, A, C

pytestmark = pytest.mark.unit

CART = {
    "value": {"total": 42},
    "source": "tienda",
    "of": "contact",
    "at_ms": 1,
    "expires_ms": 9,
    "left_out": False,
}
NOTE = {"id": "c1.n1", "agent": "ana", "text": "quiere factura", "at_ms": 4}
SAID = {"agent": "ana", "disposition": "venta", "tags": ["web"], "note": "mañana", "at_ms": 5}
STEP = {"flow": "principal", "node": "menu", "key": "1", "label": "Ventas", "at_ms": 2}
IVR = {
    "entry": "900",
    "trunk": "operador",
    "path": [STEP],
    "inputs": {"principal/menu": "1"},
    "intent": "Ventas",
}
STORY = Story(
    notes=({**NOTE, "id": "c1.n0", "text": "otra"}, NOTE),
    handed=({"agent": "ana", "to": "tecnica", "kind": "blind", "at_ms": 6},),
    dispositions=(SAID,),
    language="es",
    ivr=IVR,
    attached={"cart": CART},
)


def told(record: Record, story: Story = STORY) -> dict[str, Any]:
    message = to_message(record, 77, lambda _: CUSTOMER, lambda _: story)
    assert message is not None
    found: dict[str, Any] = json.loads(encode(message))
    return found


def test_the_pop_shows_all_that_has_followed_the_contact() -> None:
    """Language, reason, way through the menu, cart, notes, hand-overs: nothing has to be asked twice."""
    data = told(SAMPLES[OfferAnnounced][0])["data"]

    assert (data["language"], data["intent"]) == ("es", "Ventas")
    assert data["ivr"] == IVR
    assert data["attached"] == {"cart": CART}
    assert data["earlier"]["handed"] == [{"agent": "ana", "to": "tecnica", "kind": "blind", "at_ms": 6}]
    assert data["earlier"]["dispositions"] == [SAID]
    assert [note["text"] for note in data["earlier"]["notes"]] == ["otra", "quiere factura"]


@pytest.mark.parametrize(
    ("value", "intent"), [("devolución", "devolución"), ({"code": 7}, "Ventas"), (None, "Ventas")]
)
def test_what_a_program_says_of_the_reason_goes_before_the_menu(value: object, intent: str) -> None:
    """If it is a text; anything else stays among the attached data."""
    story = replace(STORY, attached={"intent": {**CART, "value": value}})

    assert told(SAMPLES[OfferAnnounced][0], story)["data"]["intent"] == intent


@pytest.mark.parametrize(
    ("record", "kind", "part", "wanted"),
    [
        (ContactDataChanged(C, 5), "contact.data", "attached", {"cart": CART}),
        (ContactNoted(C, A, "c1.n1", 5), "contact.noted", "note", NOTE),
        (ContactDisposed(C, A, 5), "contact.disposed", "disposed", SAID),
    ],
)
def test_what_is_added_is_told_and_never_kept(record: Record, kind: str, part: str, wanted: object) -> None:
    """Whole to who listens; on disk without a word of it; whole again to who was away, if still known."""
    message = told(record)
    assert (message["type"], message["data"][part]) == (kind, wanted)
    assert message["data"]["customer"] == CUSTOMER
    assert kind in PERSONAL

    kept = bare(record, 77)
    assert kept is not None
    line = encode(kept)
    for secret in (b"42", b"factura", b"venta", b"34911234567"):
        assert secret not in line
    assert json.loads(told_again(line, lambda _: CUSTOMER, lambda _: STORY)) == message
    forgotten = json.loads(told_again(line, lambda _: {}, lambda _: Story()))
    assert forgotten["data"][part] in ({}, None)


def test_a_pop_that_is_told_again_has_what_is_known_then() -> None:
    """A screen that was away over a restart sees the cart too."""
    kept = bare(SAMPLES[OfferAnnounced][0], 77)
    assert kept is not None
    assert b"42" not in encode(kept)
    again = json.loads(told_again(encode(kept), lambda _: CUSTOMER, lambda _: STORY))

    assert again == told(SAMPLES[OfferAnnounced][0])
