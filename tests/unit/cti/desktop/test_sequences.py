"""What a listener hears when agents do something with a contact: the very sequences of docs/events.md."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from acd import events as ev
from acd.model import Channel, ContactId, EndedBy, OfferEnd, OfferId, Presence, QueueId, Target, TargetKind
from acd.records import Record
from cti.desktop.envelope import encode
from cti.desktop.wire import to_message
from tests.unit.acd.desk import ANA, BETO, C1, C2, CARLA, SALES, SUPPORT, Desk, agent, queue

pytestmark = pytest.mark.unit

DOC = Path(__file__).parents[4] / "docs/events.md"
TOKEN, NUMBER = "t1", "+34611222333"
OUTSIDE = Target(TargetKind.OUTSIDE, TOKEN)
TO_BETO = Target(TargetKind.AGENT, "beto")
SOPORTE = QueueId("soporte")
Event = dict[str, object]


class Listener:
    """An engine, and one who hears everything that it tells of contacts."""

    def __init__(self) -> None:
        self.desk = Desk(
            queue("ventas", (SALES, 5)),
            queue("soporte", (SUPPORT, 5)),
            agent("ana", {SALES: 9}),
            agent("beto", {SALES: 5}),
            agent("carla", {SUPPORT: 5}),
        )
        self.heard: list[Event] = []

    def happens(self, *events: ev.Event, after_ms: int = 1_000) -> None:
        self.hear(self.desk.happens(*events, after_ms=after_ms).records)

    def hear(self, records: Sequence[Record]) -> None:
        for record in records:
            message = to_message(record, 1, lambda _: {"number": NUMBER}, outside={TOKEN: NUMBER}.get)
            if message is not None and not message.type.startswith(("agent.", "state.")):
                self.heard.append(json.loads(encode(message)))

    def talks(self) -> None:
        """Ana talks to the contact; what was before is not listened to."""
        self.desk.talks()
        assert self.desk.contact().agent_id == ANA
        self.heard.clear()

    def asks(self, to: Target = TO_BETO) -> OfferId:
        self.happens(ev.ConsultAsked(C1, ANA, to))
        leg_id = self.desk.contact().consult_id
        assert leg_id is not None
        return leg_id

    def bell(self, leg_id: OfferId | None = None, contact: ContactId = C1) -> None:
        """A telephone of ours rings and is picked up."""
        found = leg_id or self.desk.offer_of(contact)
        self.happens(ev.OfferRinging(found))
        self.happens(ev.OfferAccepted(found))

    def goes(self) -> None:
        """The contact hangs up."""
        self.happens(ev.ContactGone(C1, EndedBy.CALLER))

    @property
    def line(self) -> str:
        return " → ".join(f"`{event['type']}`" for event in self.heard)


def hold(listener: Listener) -> None:
    listener.talks()
    listener.happens(ev.HoldAsked(C1, ANA))
    listener.happens(ev.RetrieveAsked(C1, ANA), after_ms=5_000)


def consult(listener: Listener) -> None:
    listener.talks()
    listener.bell(listener.asks())
    listener.happens(ev.TransferCompleted(C1, ANA), after_ms=4_000)


def refused_consult(listener: Listener) -> None:
    listener.talks()
    leg_id = listener.asks()
    listener.happens(ev.OfferRinging(leg_id))
    listener.happens(ev.OfferFailed(leg_id, OfferEnd.NO_ANSWER))


def conference(listener: Listener) -> None:
    listener.talks()
    listener.bell(listener.asks())
    listener.happens(ev.ConferenceAsked(C1, ANA))
    third = listener.desk.contact().consult_id
    assert third is not None
    listener.happens(ev.LegGone(third), after_ms=9_000)


def blind_to_queue(listener: Listener) -> None:
    listener.talks()
    listener.happens(ev.TransferAsked(C1, ANA, Target(TargetKind.QUEUE, "soporte")))
    listener.happens(ev.ContactEnqueued(C1, SOPORTE))


def blind_outside(listener: Listener) -> None:
    listener.talks()
    listener.happens(ev.TransferAsked(C1, ANA, OUTSIDE))
    listener.happens(ev.OfferAccepted(listener.desk.offer_of()))
    listener.goes()


def outgoing(listener: Listener) -> None:
    listener.happens(ev.ContactDialled(C1, ANA, Channel("a", "u1"), TOKEN, QueueId("ventas")))
    listener.bell()
    listener.happens(ev.ContactReached(C1))
    listener.goes()


def not_reached(listener: Listener) -> None:
    listener.happens(ev.ContactDialled(C1, ANA, Channel("a", "u1"), TOKEN, QueueId("ventas")))
    listener.bell()
    listener.happens(ev.ContactGone(C1, EndedBy.CALLER, OfferEnd.BUSY))


CHANNEL = Channel("a", "c1-c")


def called_back(listener: Listener) -> None:
    listener.happens(ev.ContactStarted(C1, Channel("a", "u1"), "900"))
    listener.happens(ev.CallbackPromised(C1, QueueId("ventas"), TOKEN, CHANNEL))
    listener.goes()
    listener.bell()
    listener.happens(ev.ContactReached(C1))
    listener.goes()


def asked_for_and_busy(listener: Listener) -> None:
    listener.happens(ev.CallbackAsked(C1, QueueId("ventas"), TOKEN, CHANNEL, "web"))
    listener.bell()
    listener.happens(ev.ContactGone(C1, EndedBy.CALLER, OfferEnd.BUSY))


def promised_and_calls_again(listener: Listener) -> None:
    for name in (ANA, BETO):
        listener.happens(ev.PresenceSet(name, Presence.NOT_READY, "pausa"))
    listener.happens(ev.ContactStarted(C1, Channel("a", "u1"), "900"))
    listener.happens(ev.CallbackPromised(C1, QueueId("ventas"), TOKEN, CHANNEL))
    listener.goes()
    listener.happens(ev.ContactStarted(C2, Channel("a", "u2"), "900"), ev.CallerReturned(C2, C1))
    listener.happens(ev.ContactEnqueued(C2, QueueId("ventas")))


def sent_to_nobody(listener: Listener) -> None:
    listener.happens(ev.ContactStarted(C1, Channel("a", "u1"), "900"), ev.ContactSent(C1, TO_BETO))
    offer = listener.desk.offer_of()
    listener.happens(ev.OfferRinging(offer))
    listener.happens(ev.OfferFailed(offer, OfferEnd.NO_ANSWER))


STORIES: tuple[Callable[[Listener], None], ...] = (
    hold,
    consult,
    refused_consult,
    conference,
    blind_to_queue,
    blind_outside,
    outgoing,
    not_reached,
    called_back,
    asked_for_and_busy,
    promised_and_calls_again,
    sent_to_nobody,
)


def told(story: Callable[[Listener], None]) -> Listener:
    listener = Listener()
    story(listener)
    return listener


@cache
def documented() -> tuple[frozenset[str], frozenset[str]]:
    """The sequences of both languages."""
    spanish, english = DOC.read_text(encoding="utf-8").split("\n## English")
    row = re.compile(r"^\| [^|]+ \| (`[^|]+`) \|$", re.MULTILINE)
    return frozenset(row.findall(spanish)), frozenset(row.findall(english))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_what_is_heard_is_what_the_document_says(story: Callable[[Listener], None]) -> None:
    """Event by event, in this order, in both languages."""
    spanish, english = documented()
    line = told(story).line

    assert line in spanish, line
    assert line in english, line


def test_the_document_tells_no_sequence_that_nobody_has_heard() -> None:
    """Whatever stands in its table is run here."""
    heard = frozenset(told(story).line for story in STORIES)

    assert documented() == (heard, heard)


def test_the_consulted_agents_pop_comes_before_the_bell_and_says_who_asks() -> None:
    """Kind and asker are in the announcement: the screen knows it is no ordinary contact."""
    listener = told(consult)
    announced = next(event for event in listener.heard if event["type"] == "offer.announced")
    data = announced["data"]
    assert isinstance(data, dict)

    assert (data["agent"], data["kind"], data["by"]) == (BETO, "consult", ANA)
    assert data["customer"] == {"number": NUMBER}


def test_the_final_record_of_a_transferred_contact_tells_each_agents_own_time() -> None:
    """Nobody's talk is charged to somebody else: 9 s with hold for Ana, 3 s for Beto."""
    listener = told(consult)
    listener.happens(ev.ContactGone(C1, EndedBy.CALLER), after_ms=3_000)
    closed = next(event for event in listener.heard if event["type"] == "contact.closed")
    data = closed["data"]
    assert isinstance(data, dict)
    parts = {
        (part["kind"], part["agent"]): (part["end_ms"] - part["start_ms"], part["hold_ms"])
        for part in data["segments"]
        if part["kind"] in ("talking", "consult")
    }

    asked_ms = 1_000 + 1_000 + 4_000
    assert parts == {
        ("talking", "ana"): (1_000 + asked_ms, asked_ms),
        ("consult", "beto"): (4_000, 0),
        ("talking", "beto"): (3_000, 0),
    }
    assert (data["transfers"], data["hold_ms"], data["talk_ms"]) == (1, asked_ms, 10_000)


def test_an_outgoing_contact_tells_from_the_start_who_calls_whom() -> None:
    """Direction, agent and number are there before the agent's own bell rings."""
    started, announced = told(outgoing).heard[:2]
    assert isinstance(started["data"], dict) and isinstance(announced["data"], dict)

    assert (started["data"]["direction"], started["data"]["agent"]) == ("outbound", ANA)
    assert started["data"]["customer"] == {"number": NUMBER}
    assert (announced["type"], announced["data"]["kind"]) == ("offer.announced", "dial")


def test_a_queue_that_is_asked_is_told_as_the_agent_who_was_found() -> None:
    """The listener learns who will ring, not only which queue."""
    listener = Listener()
    listener.talks()
    listener.asks(Target(TargetKind.QUEUE, "soporte"))
    started = next(event for event in listener.heard if event["type"] == "consult.started")
    assert isinstance(started["data"], dict)

    assert started["data"]["to"] == {"kind": "agent", "name": CARLA, "token": None, "number": None}
