from __future__ import annotations

import msgspec
import pytest

from acd import events as ev
from acd.model import Channel, ContactId, OfferEnd, OfferId, QueueId, Target, TargetKind
from acd.state import State
from centralita.live import Beside, Picture
from centralita.web.live_shape import LiveAgent, LiveContact
from tests.unit.acd.desk import ANA, BETO, C1, CARLA, Desk, agent, queue

pytestmark = pytest.mark.unit

OUTSIDE = Target(TargetKind.OUTSIDE, "t1")
TO_BETO = Target(TargetKind.AGENT, "beto")


@pytest.fixture
def desk() -> Desk:
    """c1 talks to ana; beto and carla are free."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"), agent("carla"))
    desk.talks(C1)
    assert desk.contact().agent_id == ANA
    return desk


def shown(desk: Desk, state: State | None = None) -> tuple[LiveContact, dict[str, LiveAgent]]:
    beside = Beside(seq=7, number=lambda _contact_id: None)
    live = Picture().read(state or desk.state, desk.now_ms, beside)
    (contact,) = live["contacts"]
    return contact, {agent["id"]: agent for agent in live["agents"]}


def doing(desk: Desk) -> list[str | None]:
    """What ana, beto and carla do in a talk."""
    _, agents = shown(desk)
    return [agents[name]["talk"] for name in (ANA, BETO, CARLA)]


def consults(desk: Desk, to: Target = TO_BETO) -> OfferId:
    desk.happens(ev.ConsultAsked(C1, ANA, to), after_ms=1_000)
    leg_id = desk.contact().consult_id
    assert leg_id is not None
    return leg_id


def test_a_plain_talk_has_nothing_to_it(desk: Desk) -> None:
    """Neither held nor muted nor anybody asked; and who only rings is in no talk."""
    contact, agents = shown(desk)

    assert (contact["direction"], contact["hold_since_ms"], contact["muted"]) == ("inbound", None, False)
    assert (contact["consult"], contact["conference"], contact["with_outside"]) == (None, False, False)
    assert agents[ANA]["talk"] == "talking"
    assert agents[BETO]["talk"] is None


def test_who_is_on_hold_is_so_since_a_moment(desk: Desk) -> None:
    """Shown until it is retrieved."""
    desk.happens(ev.HoldAsked(C1, ANA), after_ms=2_000)
    contact, agents = shown(desk)
    assert (contact["hold_since_ms"], contact["phase"], agents[ANA]["talk"]) == (
        desk.now_ms,
        "talking",
        "held",
    )

    desk.happens(ev.RetrieveAsked(C1, ANA), after_ms=5_000)
    contact, agents = shown(desk)
    assert (contact["hold_since_ms"], agents[ANA]["talk"]) == (None, "talking")


def test_who_is_muted_is_shown_so(desk: Desk) -> None:
    """It ends by command."""
    desk.happens(ev.MuteAsked(C1, ANA, True))
    assert shown(desk)[0]["muted"] is True
    desk.happens(ev.MuteAsked(C1, ANA, False))
    assert shown(desk)[0]["muted"] is False


def test_a_consultation_tells_who_is_asked_and_whether_they_have_picked_up(desk: Desk) -> None:
    """First it rings, then they talk; the contact is on hold all the while."""
    leg_id = consults(desk)
    contact, _ = shown(desk)
    assert contact["consult"] == {
        "agent": "beto",
        "outside": False,
        "state": "ringing",
        "since_ms": desk.now_ms,
    }
    assert contact["hold_since_ms"] == desk.now_ms
    assert doing(desk) == ["consulting", "asked", None]

    desk.happens(ev.OfferAccepted(leg_id), after_ms=3_000)
    contact, agents = shown(desk)
    assert contact["consult"] == {"agent": "beto", "outside": False, "state": "up", "since_ms": desk.now_ms}
    assert (contact["agent"], agents[BETO]["contact_id"]) == ("ana", "c1")
    assert doing(desk) == ["consulting", "asked", None]


def test_after_a_consultation_that_nobody_took_they_talk_again(desk: Desk) -> None:
    """Nothing is left of it."""
    desk.happens(ev.OfferFailed(consults(desk), OfferEnd.BUSY), after_ms=1_000)
    contact, _ = shown(desk)

    assert (contact["consult"], contact["hold_since_ms"]) == (None, None)
    assert doing(desk) == ["talking", None, None]


def test_somebody_outside_is_asked_without_a_name(desk: Desk) -> None:
    """The number is nobody's business here, and no empty agent is shown."""
    desk.happens(ev.OfferAccepted(consults(desk, OUTSIDE)), after_ms=1_000)
    contact, _ = shown(desk)

    assert contact["consult"] == {"agent": None, "outside": True, "state": "up", "since_ms": desk.now_ms}
    assert contact["with_outside"] is False


@pytest.mark.parametrize(("to", "outside"), [(TO_BETO, False), (OUTSIDE, True)])
def test_a_conference_is_shown_at_all_who_take_part(desk: Desk, to: Target, outside: bool) -> None:
    """No consultation any more, no hold; outside only if the third is."""
    desk.happens(ev.OfferAccepted(consults(desk, to)), ev.ConferenceAsked(C1, ANA), after_ms=1_000)
    contact, _ = shown(desk)

    assert (contact["conference"], contact["consult"], contact["hold_since_ms"]) == (True, None, None)
    assert contact["with_outside"] is outside
    assert doing(desk) == ["conference", None if outside else "conference", None]


def test_a_completed_transfer_leaves_the_other_agent_talking(desk: Desk) -> None:
    """Whoever was asked has the contact; who left wraps up and is in no talk."""
    desk.happens(ev.OfferAccepted(consults(desk)), ev.TransferCompleted(C1, ANA), after_ms=1_000)
    contact, agents = shown(desk)

    assert (contact["agent"], contact["consult"]) == ("beto", None)
    assert (agents[ANA]["activity"], doing(desk)) == ("wrap_up", [None, "talking", None])


def test_who_was_sent_outside_is_with_nobody_of_ours(desk: Desk) -> None:
    """On the way there as well as there."""
    desk.happens(ev.TransferAsked(C1, ANA, OUTSIDE))
    for _ in range(2):
        contact, _agents = shown(desk)
        assert (contact["phase"], contact["with_outside"], contact["agent"]) == ("outside", True, None)
        desk.happens(ev.OfferAccepted(desk.offer_of()))


def test_an_outgoing_contact_is_dialled_and_then_talked_to() -> None:
    """From the agent's own bell on it is the agent's; then a talk like any other."""
    desk = Desk(queue("ventas"), agent("ana"), agent("beto"), agent("carla"))
    desk.happens(ev.ContactDialled(C1, ANA, Channel("a", "u1"), "t1", QueueId("ventas")))
    for _ in range(2):
        contact, _agents = shown(desk)
        assert (contact["direction"], contact["phase"], contact["agent"]) == ("outbound", "dialling", "ana")
        assert doing(desk) == ["dialling", None, None]
        desk.happens(ev.OfferAccepted(desk.offer_of()))

    desk.happens(ev.ContactReached(C1))
    assert (shown(desk)[0]["direction"], doing(desk)) == ("outbound", ["talking", None, None])


def test_a_restarted_server_shows_the_same(desk: Desk) -> None:
    """It is all in the engine's state, which is written down and read back."""
    consults(desk)
    desk.happens(ev.MuteAsked(C1, ANA, True))
    read_back = msgspec.json.decode(msgspec.json.encode(desk.state), type=State)
    read_back.derive(read_back)

    assert shown(desk, read_back) == shown(desk)
    assert shown(desk)[0]["muted"] is True


def test_other_contacts_are_not_touched(desk: Desk) -> None:
    """Two at a time: what is said of one talk is not said of the other."""
    other = ContactId("c2")
    desk.talks(other)
    desk.happens(ev.HoldAsked(C1, ANA))
    live = Picture().read(desk.state, desk.now_ms, Beside(seq=7, number=lambda _contact_id: None))

    held = {contact["id"]: contact["hold_since_ms"] for contact in live["contacts"]}
    assert held == {C1: desk.now_ms, other: None}
    assert doing_of(live["agents"]) == {"ana": "held", "beto": "talking", "carla": None}


def doing_of(agents: list[LiveAgent]) -> dict[str, str | None]:
    return {agent["id"]: agent["talk"] for agent in agents}
