from __future__ import annotations

import json
from typing import get_args

import pytest

from acd.model import (
    Activity,
    AgentId,
    Channel,
    ContactId,
    Desktop,
    EndedBy,
    ExitKind,
    ExitTo,
    OfferEnd,
    OfferId,
    Outcome,
    Presence,
    QueueId,
)
from acd.records import (
    AgentStateChanged,
    ConfigApplied,
    ContactClosed,
    ContactDiverted,
    ContactEscalatedTo,
    ContactHeldBack,
    ContactOpened,
    ContactQueued,
    ContactSorted,
    Corrected,
    Explanation,
    Ignored,
    OfferAnnounced,
    OfferEnded,
    OfferRang,
    OfferTried,
    PlaceGivenBack,
    Record,
    Segment,
    SegmentConnected,
    SegmentEnded,
    Started,
    WrapEnded,
    WrapExtended,
    WrapStarted,
)
from cti.desktop.envelope import encode, message_seq
from cti.desktop.wire import NUMBER_CONFIDENCE, OFFER_TYPES, Story, bare, to_message, told_again

pytestmark = pytest.mark.unit

C, OFFER, A, Q = ContactId("c1"), OfferId("o1"), AgentId("ana"), QueueId("ventas")
CHANNEL = Channel("pbx", "u1")
CUSTOMER = {"id": "k1", "number": "+34911234567", "known": True, "calls_24h": 1, "last_contacts": []}

WHY = Explanation(
    "v1", Q, 900, ("ventas 7 >= 5",), "idle longest", "v1", {"talking": 0b10},
    step="amplio", policy="fair", rules=("vip",), terms=(("waited_s", 65.0),),
)  # fmt: skip

SAMPLES: dict[type, tuple[Record, str]] = {
    ContactOpened: (ContactOpened(C, CHANNEL, "100", 5), "contact.started"),
    ContactQueued: (ContactQueued(C, Q, 2, 5), "contact.queued"),
    ContactSorted: (ContactSorted(C, "en", "oro", 180_000, ("vip", "speaks"), 5, (A,)), "contact.identified"),
    ContactEscalatedTo: (ContactEscalatedTo(C, A, Q, QueueId("nivel2"), 5), "contact.escalated"),
    ContactHeldBack: (ContactHeldBack(C, Q, "kept free for vip", 5), "contact.held_back"),
    PlaceGivenBack: (PlaceGivenBack(C, ContactId("c0"), Q, 1, 5), "contact.placed_back"),
    WrapExtended: (WrapExtended(A, C, 60_005, 5), "wrap.extended"),
    ContactDiverted: (
        ContactDiverted(C, Q, ExitKind.CLOSED, ExitTo.QUEUE, "general", "admin", 900, 5),
        "contact.diverted",
    ),
    OfferAnnounced: (
        OfferAnnounced(OFFER, C, A, Q, WHY, 5),
        "offer.announced",
    ),
    OfferRang: (OfferRang(OFFER, C, A, 5), "offer.ringing"),
    OfferEnded: (OfferEnded(OFFER, C, A, OfferEnd.ACCEPTED, 1_500, 5), "offer.accepted"),
    SegmentConnected: (SegmentConnected(C, A, OFFER, Q, 3_000, 5), "segment.connected"),
    SegmentEnded: (SegmentEnded(C, A, OFFER, EndedBy.AGENT, 9_000, 5), "segment.ended"),
    WrapStarted: (WrapStarted(A, C, 30_005, 5), "wrap.started"),
    WrapEnded: (WrapEnded(A, C, 12_000, 5), "wrap.ended"),
    AgentStateChanged: (
        AgentStateChanged(
            A, Presence.NOT_READY, Activity.IDLE, "pausa", True, None, 5, True, Desktop.GONE,
            Presence.LOGGED_OUT, "fin",
        ),
        "agent.state",
    ),
    ContactClosed: (
        ContactClosed(
            C, CHANNEL, "100", Outcome.ANSWERED, EndedBy.CALLER, Q, 1, 2, 3, 5, 1, 1, 2, "v1",
            (Segment("talking", 3, 5, Q, A, OFFER, EndedBy.CALLER),),
            (OfferTried(OFFER, A, 2, 3, OfferEnd.ACCEPTED),),
            "en",
            "oro",
        ),
        "contact.closed",
    ),
    Corrected: (Corrected("ana", "talking without a channel: set idle", 5), "state.corrected"),
    ConfigApplied: (ConfigApplied("v2", 5), "config.applied"),
    Started: (Started("1", 0, 3, 5), "server.started"),
}  # fmt: skip


def sent(record: Record) -> dict[str, object]:
    message = to_message(record, 77, lambda _contact_id: CUSTOMER)
    assert message is not None
    decoded = json.loads(encode(message))
    assert isinstance(decoded, dict)
    return decoded


@pytest.mark.parametrize("kind", [kind for kind in get_args(Record) if kind is not Ignored])
def test_every_record_has_its_public_name(kind: type) -> None:
    """Each record of the engine goes out under the name that the contract gives it, in the one envelope."""
    record, name = SAMPLES[kind]
    message = sent(record)

    assert list(message) == ["seq", "id", "at", "type", "v", "data"]
    assert [message[key] for key in ("seq", "id", "type", "v")] == [77, "e77", name, 1]
    assert message["at"] == "1970-01-01T00:00:00.005Z"


def test_what_changed_nothing_is_not_published() -> None:
    """Ignored input is for our log, not for the desktops."""
    assert to_message(Ignored("OfferAccepted", "o1", "stale", 5), 1, lambda _: {}) is None


@pytest.mark.parametrize("end", list(OfferEnd))
def test_every_end_of_an_offer_has_a_name_and_keeps_its_exact_result(end: OfferEnd) -> None:
    """A missed, a refused and a withdrawn offer are told apart, never all called "error"."""
    message = sent(OfferEnded(OFFER, C, A, end, 10, 5))

    assert message["type"] == OFFER_TYPES[end]
    assert message["data"] == {
        "contact_id": "c1",
        "offer_id": "o1",
        "agent": "ana",
        "result": end.value,
        "lasted_ms": 10,
    }


def test_the_pop_tells_who_calls_and_why_it_came_to_you() -> None:
    """All that the desktop needs to open the customer's record is in the one message before the bell."""
    assert sent(SAMPLES[OfferAnnounced][0])["data"] == {
        "contact_id": "c1",
        "offer_id": "o1",
        "agent": "ana",
        "queue": "ventas",
        "pop": {
            "target": "search",
            "record": None,
            "candidates": [],
            "prefill": {"number": "+34911234567"},
        },
        "why_you": {
            "queue": "ventas",
            "matched": ["ventas 7 >= 5"],
            "waited_ms": 900,
            "rank": "idle longest",
            "step": "amplio",
            "policy": "fair",
            "terms": {"waited_s": 65.0},
            "rules": ["vip"],
        },
        "customer": CUSTOMER,
        "earlier": {"segments": [], "notes": []},
    }


def test_the_pop_of_a_contact_that_was_handed_over_tells_what_was_before() -> None:
    """Who takes over sees whom the caller has talked to and what that agent wrote."""
    note = {"agent": "ana", "text": "quiere factura", "at_ms": 4}
    story = Story((Segment("talking", 3, 5, Q, A, OFFER, EndedBy.AGENT),), (note,))
    message = to_message(SAMPLES[OfferAnnounced][0], 1, lambda _: CUSTOMER, lambda _: story)
    assert message is not None

    assert json.loads(encode(message))["data"]["earlier"] == {
        "segments": [
            {
                "kind": "talking",
                "start_ms": 3,
                "end_ms": 5,
                "queue": "ventas",
                "agent": "ana",
                "offer_id": "o1",
                "ended_by": "agent",
            }
        ],
        "notes": [note],
    }


def test_the_pop_of_a_known_customer_opens_the_record() -> None:
    """Who is recognised needs no search: the key in the owner's CRM comes along, with all that we hold."""
    known = CUSTOMER | {"ref": "C-7", "name": "Marta Ruiz", "segment": "oro", "fields": {"pedidos": 3}}
    message = to_message(SAMPLES[OfferAnnounced][0], 1, lambda _: known)
    assert message is not None

    assert message.data["pop"] == {
        "target": "record",
        "record": {"type": "customer", "ref": "C-7", "name": "Marta Ruiz"},
        "candidates": [
            {
                "type": "customer",
                "id": "k1",
                "ref": "C-7",
                "name": "Marta Ruiz",
                "confidence": NUMBER_CONFIDENCE,
                "why": "number",
            }
        ],
        "prefill": {"number": "+34911234567"},
    }
    assert message.data["customer"] == known


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (
            ContactSorted,
            {
                "contact_id": "c1",
                "customer": CUSTOMER,
                "candidates": [],
                "language": "en",
                "segment": "oro",
                "head_start_ms": 180_000,
                "rules": ["vip", "speaks"],
                "preferred": ["ana"],
            },
        ),
        (
            ContactEscalatedTo,
            {"contact_id": "c1", "agent": "ana", "queue": "ventas", "to": "nivel2"},
        ),
        (
            PlaceGivenBack,
            {"contact_id": "c1", "earlier": "c0", "queue": "ventas", "position": 1},
        ),
        (WrapExtended, {"agent": "ana", "contact_id": "c1", "until_ms": 60_005}),
        (
            ContactDiverted,
            {
                "contact_id": "c1",
                "queue": "ventas",
                "exit": "closed",
                "to": "queue",
                "name": "general",
                "alarm": "admin",
                "waited_ms": 900,
            },
        ),
        (
            AgentStateChanged,
            {
                "agent": "ana",
                "presence": "not_ready",
                "activity": "idle",
                "reason": "pausa",
                "reachable": True,
                "in_use": True,
                "desktop": "gone",
                "resting_until_ms": None,
                "pending": "logged_out",
                "pending_reason": "fin",
                "since_ms": 5,
            },
        ),
    ],
)
def test_what_the_rules_the_exits_and_the_agents_tell(kind: type, wanted: dict[str, object]) -> None:
    """These messages are told whole, in these words."""
    assert sent(SAMPLES[kind][0])["data"] == wanted


def test_an_unknown_caller_pops_nothing_to_search_for() -> None:
    """Without a number there is no record to open and nothing to fill in."""
    message = to_message(SAMPLES[OfferAnnounced][0], 1, lambda _: {"number": None, "known": False})
    assert message is not None

    assert message.data["pop"] == {"target": "none", "record": None, "candidates": [], "prefill": {}}


def test_the_final_record_is_whole() -> None:
    """A client that heard nothing else can write the contact back from this one message."""
    data = sent(SAMPLES[ContactClosed][0])["data"]

    assert isinstance(data, dict)
    assert data["segments"] == [
        {
            "kind": "talking",
            "start_ms": 3,
            "end_ms": 5,
            "queue": "ventas",
            "agent": "ana",
            "offer_id": "o1",
            "ended_by": "caller",
        }
    ]
    assert data["offers"] == [
        {"offer_id": "o1", "agent": "ana", "start_ms": 2, "end_ms": 3, "result": "accepted"}
    ]
    assert (data["outcome"], data["wait_ms"], data["talk_ms"]) == ("answered", 1, 2)
    assert (data["language"], data["segment"]) == ("en", "oro")


def test_sequence_numbers_grow_and_fit_a_javascript_number() -> None:
    """Every entry's numbers lie above those of the one before, for a trillion entries."""
    assert message_seq(1, 4_095) < message_seq(2, 0)
    assert message_seq(10**12, 4_095) < 2**53


@pytest.mark.parametrize("kind", [kind for kind in get_args(Record) if kind is not Ignored])
def test_what_is_kept_of_an_event_tells_nobodys_name_and_number(kind: type) -> None:
    """Erasing a customer has nothing to look for among the events: it was never there."""
    record, _ = SAMPLES[kind]
    kept = bare(record, 77)
    assert kept is not None

    for secret in (b"34911234567", b"Marta", b"factura"):
        assert secret not in encode(kept)


@pytest.mark.parametrize("kind", [ContactOpened, ContactSorted, ContactQueued, OfferAnnounced])
def test_an_event_told_again_is_the_same_while_the_same_is_known(kind: type) -> None:
    """Who missed it hears what the others heard, with the customer as far as known at that time."""
    record, _ = SAMPLES[kind]
    known = CUSTOMER | {"ref": "C-7", "name": "Marta Ruiz"}
    story = Story((), ({"agent": "ana", "text": "quiere factura", "at_ms": 4},))
    first, kept = to_message(record, 77, lambda _: known, lambda _: story), bare(record, 77)
    assert first is not None
    assert kept is not None

    assert told_again(encode(kept), lambda _: known, lambda _: story) == encode(first)
