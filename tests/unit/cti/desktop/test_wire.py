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
    Direction,
    EndedBy,
    ExitKind,
    ExitTo,
    OfferEnd,
    OfferId,
    OfferKind,
    Outcome,
    Presence,
    PromiseEnd,
    QueueId,
    Target,
    TargetKind,
)
from acd.records import (
    AgentMuted,
    AgentStateChanged,
    CallbackAgreed,
    CallbackEnded,
    CallbackWaits,
    ConferenceEnded,
    ConferenceStarted,
    ConfigApplied,
    ConsultConnected,
    ConsultEnded,
    ConsultStarted,
    ContactClosed,
    ContactDataChanged,
    ContactDisposed,
    ContactDiverted,
    ContactEscalatedTo,
    ContactHeld,
    ContactHeldBack,
    ContactNoted,
    ContactOpened,
    ContactQueued,
    ContactRetrieved,
    ContactSentTo,
    ContactSorted,
    ContactTransferred,
    Corrected,
    CustomerCalled,
    Explanation,
    Ignored,
    OfferAnnounced,
    OfferEnded,
    OfferRang,
    OfferTried,
    OutsideConnected,
    OutsideEnded,
    PlaceGivenBack,
    Record,
    Segment,
    SegmentConnected,
    SegmentEnded,
    SendingFailed,
    Started,
    WrapEnded,
    WrapExtended,
    WrapStarted,
)
from cti.desktop.catalogue import PERSONAL
from cti.desktop.envelope import encode, message_seq
from cti.desktop.known import Story
from cti.desktop.pop import NUMBER_CONFIDENCE
from cti.desktop.wire import bare, to_message, told_again
from cti.desktop.wire_offer import OFFER_TYPES

pytestmark = pytest.mark.unit

OUTSIDE, OUTSIDE_NUMBER = Target(TargetKind.OUTSIDE, "t1"), "+34611222333"
B, LEG = AgentId("bela"), OfferId("o2")
C, OFFER, A, Q = ContactId("c1"), OfferId("o1"), AgentId("ana"), QueueId("ventas")
CHANNEL = Channel("pbx", "u1")
CUSTOMER = {"id": "k1", "number": "+34911234567", "known": True, "calls_24h": 1, "last_contacts": []}

WHY = Explanation(
    "v1", Q, 900, ("ventas 7 >= 5",), "idle longest", "v1", {"talking": 0b10},
    step="amplio", policy="fair", rules=("vip",), terms=(("waited_s", 65.0),),
)  # fmt: skip

SAMPLES: dict[type, tuple[Record, str]] = {
    ContactOpened: (
        ContactOpened(C, CHANNEL, "100", 5, direction=Direction.OUTBOUND, agent_id=A),
        "contact.started",
    ),
    ContactQueued: (ContactQueued(C, Q, 2, 5), "contact.queued"),
    ContactDataChanged: (ContactDataChanged(C, 5), "contact.data"),
    ContactNoted: (ContactNoted(C, A, "c1.n1", 5), "contact.noted"),
    ContactDisposed: (ContactDisposed(C, A, 5), "contact.disposed"),
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
        OfferAnnounced(OFFER, C, A, Q, WHY, 5, OfferKind.CONSULT, B),
        "offer.announced",
    ),
    OfferRang: (OfferRang(OFFER, C, A, 5), "offer.ringing"),
    OfferEnded: (OfferEnded(OFFER, C, A, OfferEnd.ACCEPTED, 1_500, 5), "offer.accepted"),
    SegmentConnected: (SegmentConnected(C, A, OFFER, Q, 3_000, 5), "segment.connected"),
    SegmentEnded: (SegmentEnded(C, A, OFFER, EndedBy.AGENT, 9_000, 5, 4_000), "segment.ended"),
    ContactHeld: (ContactHeld(C, A, 5), "segment.held"),
    ContactRetrieved: (ContactRetrieved(C, A, 4_000, 5), "segment.retrieved"),
    AgentMuted: (AgentMuted(C, A, True, 5), "segment.muted"),
    ConsultStarted: (ConsultStarted(C, A, LEG, OUTSIDE, 5), "consult.started"),
    ConsultConnected: (ConsultConnected(C, A, LEG, B, 5), "consult.connected"),
    ConsultEnded: (ConsultEnded(C, A, LEG, OfferEnd.ACCEPTED, 7_000, 5), "consult.ended"),
    ConferenceStarted: (ConferenceStarted(C, A, None, 5), "conference.started"),
    ConferenceEnded: (ConferenceEnded(C, B, 5), "conference.ended"),
    ContactTransferred: (ContactTransferred(C, A, OUTSIDE, False, 5), "contact.transferred"),
    OutsideConnected: (OutsideConnected(C, LEG, 5), "outside.connected"),
    OutsideEnded: (OutsideEnded(C, LEG, OfferEnd.BUSY, 0, 5), "outside.ended"),
    CustomerCalled: (CustomerCalled(C, A, 5), "contact.dialled"),
    CallbackAgreed: (CallbackAgreed(C, Q, 2, 5), "callback.promised"),
    CallbackWaits: (CallbackWaits(C, Q, 2, 3, 5), "callback.waiting"),
    CallbackEnded: (CallbackEnded(C, Q, PromiseEnd.BUSY, 3, 5), "callback.ended"),
    ContactSentTo: (ContactSentTo(C, OUTSIDE, 5), "contact.sent"),
    SendingFailed: (SendingFailed(C, OfferEnd.NO_ANSWER, 5), "contact.sent_back"),
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
            (Segment("talking", 3, 5, Q, A, OFFER, EndedBy.CALLER, 1),),
            (OfferTried(OFFER, A, 2, 3, OfferEnd.ACCEPTED),),
            "en",
            "oro",
            Direction.OUTBOUND,
            1,
            3,
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
        "kind": "consult",
        "promised_ms": None,
        "by": "bela",
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
        "earlier": {"segments": [], "notes": [], "handed": [], "dispositions": []},
        "language": "",
        "intent": "",
        "ivr": {
            "entry": "",
            "trunk": "",
            "path": [],
            "inputs": {},
            "intent": "",
            "said": "",
            "sure": 0.0,
            "verified": None,
            "mode": "",
            "values": {},
        },
        "attached": {},
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
                "hold_ms": 0,
            }
        ],
        "notes": [note],
        "handed": [],
        "dispositions": [],
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
            SegmentEnded,
            {
                "contact_id": "c1",
                "offer_id": "o1",
                "agent": "ana",
                "ended_by": "agent",
                "talk_ms": 9_000,
                "hold_ms": 4_000,
            },
        ),
        (ContactHeld, {"contact_id": "c1", "agent": "ana"}),
        (ContactRetrieved, {"contact_id": "c1", "agent": "ana", "held_ms": 4_000}),
        (AgentMuted, {"contact_id": "c1", "agent": "ana", "muted": True}),
        (
            ConsultConnected,
            {"contact_id": "c1", "agent": "ana", "leg_id": "o2", "with_agent": "bela"},
        ),
        (
            ConsultEnded,
            {"contact_id": "c1", "agent": "ana", "leg_id": "o2", "result": "accepted", "talk_ms": 7_000},
        ),
        (ConferenceStarted, {"contact_id": "c1", "agent": "ana", "with_agent": None}),
        (ConferenceEnded, {"contact_id": "c1", "agent": "bela"}),
        (OutsideConnected, {"contact_id": "c1", "leg_id": "o2"}),
        (OutsideEnded, {"contact_id": "c1", "leg_id": "o2", "result": "busy", "talk_ms": 0}),
        (CustomerCalled, {"contact_id": "c1", "agent": "ana", "customer": CUSTOMER}),
        (CallbackAgreed, {"contact_id": "c1", "queue": "ventas", "position": 2, "customer": CUSTOMER}),
        (
            CallbackWaits,
            {
                "contact_id": "c1",
                "queue": "ventas",
                "position": 2,
                "promised_ms": 3,
                "customer": CUSTOMER,
            },
        ),
        (CallbackEnded, {"contact_id": "c1", "queue": "ventas", "end": "busy", "promised_ms": 3}),
        (SendingFailed, {"contact_id": "c1", "result": "no_answer"}),
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
            "hold_ms": 1,
        }
    ]
    assert data["offers"] == [
        {"offer_id": "o1", "agent": "ana", "start_ms": 2, "end_ms": 3, "result": "accepted"}
    ]
    assert (data["outcome"], data["wait_ms"], data["talk_ms"]) == ("answered", 1, 2)
    assert (data["language"], data["segment"]) == ("en", "oro")
    assert (data["direction"], data["hold_ms"], data["transfers"]) == ("outbound", 1, 3)


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

    for secret in (b"34911234567", b"34611222333", b"Marta", b"factura"):
        assert secret not in encode(kept)


@pytest.mark.parametrize("kind", [kind for kind, (_, name) in SAMPLES.items() if name in PERSONAL])
def test_an_event_told_again_is_the_same_while_the_same_is_known(kind: type) -> None:
    """Who missed it hears what the others heard, with the customer as far as known at that time."""
    record, _ = SAMPLES[kind]
    known = CUSTOMER | {"ref": "C-7", "name": "Marta Ruiz"}
    story = Story((), ({"agent": "ana", "text": "quiere factura", "at_ms": 4},))
    first = to_message(record, 77, lambda _: known, lambda _: story, {"t1": OUTSIDE_NUMBER}.get)
    kept = bare(record, 77)
    assert first is not None
    assert kept is not None
    assert encode(kept) != encode(first)

    again = told_again(encode(kept), lambda _: known, lambda _: story, {"t1": OUTSIDE_NUMBER}.get)
    assert again == encode(first)


@pytest.mark.parametrize("record", [ConsultStarted(C, A, LEG, OUTSIDE, 5), SAMPLES[ContactTransferred][0]])
def test_a_number_outside_is_told_only_as_long_as_somebody_knows_it(record: Record) -> None:
    """Who listens now hears the number; once it is forgotten, the event says "outside" and no more."""
    told = to_message(record, 77, lambda _: {}, outside={"t1": OUTSIDE_NUMBER}.get)
    kept = bare(record, 77)
    assert told is not None
    assert kept is not None

    wanted = {"kind": "outside", "name": None, "token": "t1", "number": OUTSIDE_NUMBER}
    assert told.data["to"] == wanted
    forgotten = json.loads(told_again(encode(kept), lambda _: {}))
    assert forgotten["data"]["to"] == wanted | {"number": None}


@pytest.mark.parametrize(("kind", "name"), [(TargetKind.AGENT, "bela"), (TargetKind.QUEUE, "ventas")])
def test_a_target_of_ours_is_told_by_its_name(kind: TargetKind, name: str) -> None:
    """An agent or a queue has a name and neither token nor number, however often it is told."""
    record = ContactTransferred(C, A, Target(kind, name), True, 5)
    kept = bare(record, 77)
    assert kept is not None

    assert kept.data["to"] == {"kind": kind, "name": name, "token": None, "number": None}
    assert told_again(encode(kept), lambda _: {}, outside={name: OUTSIDE_NUMBER}.get) == encode(kept)
