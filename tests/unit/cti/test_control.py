"""Moving legs, without a switch: what is asked of it, in which order, and what is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from acd import events as ev
from acd.commands import (
    AnswerLeg,
    CallCustomer,
    CallOutside,
    Confer,
    Connect,
    MuteLeg,
    OfferContact,
    Park,
    StopCalling,
)
from acd.model import AgentId, ContactId, EndedBy, OfferEnd, OfferId, OfferKind
from cti.asterisk import control as control_module
from cti.asterisk import orders as orders_module
from cti.asterisk import originate
from cti.asterisk.ami.client import AmiClient
from cti.asterisk.ami.codec import Message
from cti.asterisk.ami.link import Disconnected
from cti.asterisk.ami.waiters import ActionFailed
from cti.asterisk.control import Control
from cti.asterisk.legs import Leg, LegBook
from cti.asterisk.orders import Orders
from cti.asterisk.originate import Outside, Parties
from cti.asterisk.outward import Outward
from cti.asterisk.ports import Engine

pytestmark = pytest.mark.unit

C1, A, B = ContactId("c1"), OfferId("c1-o1"), OfferId("c1-o2")
CALLER, ANA, BETO = "PJSIP/llamantes-00000001", "PJSIP/ana-00000002", "PJSIP/beto-00000003"
WAY = Outside("operador", "34911234567", "910000001")


class Switch:
    """Notes what it is asked; what it does about it is the test's business."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.values: dict[str, str] = {}
        self.error: Exception | None = None
        self.before: dict[str, Callable[[dict[str, str]], None]] = {}
        self.on: dict[str, Callable[[dict[str, str]], None]] = {}
        """By action: called before it is refused, if it is, and when it is done."""

    async def send(self, action: str, headers: list[tuple[str, str]]) -> Message:
        await asyncio.sleep(0)
        said = {"Action": action, **dict(headers)}
        self.asked.append(said)
        if action in self.before:
            self.before[action](said)
        if self.error is not None:
            raise self.error
        if action in self.on:
            self.on[action](said)
        return Message({"Value": self.values.get(said.get("Variable", ""), "")}, {})

    def named(self, action: str) -> list[dict[str, str]]:
        return [said for said in self.asked if said["Action"] == action]

    def places(self) -> list[tuple[str, str]]:
        return [(said["Channel"], f"{said['Context']},{said['Exten']}") for said in self.named("Redirect")]


class Stage:
    """A caller who talks to Ana's leg; Beto's leg is there, too."""

    def __init__(self) -> None:
        self.switch = Switch()
        self.told: list[ev.Event] = []
        self.book = LegBook(self.told.append)
        synced = asyncio.Event()
        synced.set()
        orders = Orders(cast("AmiClient", self.switch), synced)
        self.control = Control(orders, self.book)
        self.ways = {"t1": WAY}
        self.known = True
        """What was promised before a restart."""
        self.outward = Outward(orders, self.book, self.control, cast("Engine", self))
        self.book.caller(C1, "17.5", CALLER)
        self.book.legs[A] = Leg(A, C1, asked=True, channel=ANA, answered=True, accepted=True)
        self.book.legs[B] = Leg(
            B, C1, OfferKind.CONSULT, asked=True, channel=BETO, answered=True, accepted=True
        )
        self.talk(A, "b1")

    def outside(self, token: str) -> Outside | None:
        return self.ways.get(token)

    async def numbers_known(self) -> bool:
        return self.known

    def talk(self, leg: OfferId, bridge: str) -> None:
        self.happens("BridgeEnter", leg, BridgeUniqueid=bridge)
        self.happens("BridgeEnter", "17.5", BridgeUniqueid=bridge)

    def happens(self, name: str, uniqueid: str, **more: str) -> None:
        self.book.take(Message({"Event": name, "Uniqueid": uniqueid, **more}, {}))
        self.control.noted()

    def home(self) -> None:
        for uniqueid in (A, "17.5"):
            self.happens("BridgeLeave", uniqueid, BridgeUniqueid="b1")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_module, "EFFECT_S", 0.05)


async def test_only_the_agents_leg_is_taken_out_of_the_talk() -> None:
    """The caller's own Bridge() then ends, and the caller comes home by itself."""
    stage = Stage()
    stage.switch.on["Redirect"] = lambda _: stage.home()
    await stage.control.park(Park(A, C1))

    assert stage.switch.places() == [(ANA, "cc-agent,alone")]


async def test_a_talk_is_begun_by_the_callers_own_thread() -> None:
    """First the caller's channel knows whom to bridge and whom to hang up, then it is sent there."""
    stage = Stage()
    stage.home()
    stage.switch.on["Redirect"] = lambda _: stage.talk(A, "b2")
    await stage.control.connect(Connect(C1, A))

    marks = [(said["Channel"], said["Variable"], said["Value"]) for said in stage.switch.named("Setvar")]
    assert marks == [(CALLER, "CC_LEG", ANA), (CALLER, "CC_ASIDE", ""), (CALLER, "SHARED(CC_TALK)", ANA)]
    assert stage.switch.places() == [(CALLER, "cc-caller,meet")]
    assert stage.switch.asked[-1]["Action"] == "Redirect"


async def test_who_talks_already_is_left_in_peace() -> None:
    """A redirect out of a talk into the same talk would end it; a conference is one talk for all of it."""
    stage = Stage()
    await stage.control.connect(Connect(C1, A))
    stage.happens("BridgeEnter", B, BridgeUniqueid="b1")
    await stage.control.confer(Confer(C1, (A, B)))

    assert stage.switch.places() == []


async def test_a_meeting_that_does_not_come_about_is_asked_for_again() -> None:
    """The agent's leg was on its way in the dialplan and could not be bridged; nobody stays with music."""
    stage = Stage()
    stage.home()
    tries: list[int] = []

    def second_time(_: dict[str, str]) -> None:
        tries.append(1)
        if len(tries) == 2:
            stage.talk(A, "b2")

    stage.switch.on["Redirect"] = second_time
    await stage.control.connect(Connect(C1, A))

    assert stage.switch.places() == [(CALLER, "cc-caller,meet")] * 2


async def test_who_is_asked_and_picks_up_too_soon_is_brought_to_who_asks() -> None:
    """The call of its own thread was lost: no bell and no tone of hold for good."""
    stage, picked_up = Stage(), list[Leg]()
    stage.home()
    asked = stage.book.legs[B]
    asked.answered = asked.accepted = False
    stage.book.picked_up = picked_up.append
    stage.happens("Newstate", B, ChannelStateDesc="Up")
    tries: list[int] = []

    def second_time(_: dict[str, str]) -> None:
        tries.append(1)
        if len(tries) == 2:
            stage.happens("BridgeEnter", B, BridgeUniqueid="b2")

    stage.switch.on["Redirect"] = second_time
    await stage.control.bring_together(picked_up[0])

    assert stage.switch.places() == [(ANA, "cc-agent,meet")] * 2


@pytest.mark.parametrize("what", ["together", "over", "withdrawn", "taken back", "gone"])
async def test_who_is_asked_is_brought_to_nobody_else(what: str) -> None:
    """Mostly they have met by themselves; and who asks may have gone back to the caller, or have left."""
    stage = Stage()
    stage.home()
    asked = stage.book.legs[B]
    asked.accepted = what == "together"
    asked.withdrawn = OfferEnd.WITHDRAWN if what == "withdrawn" else None
    if what == "over":
        stage.happens("Hangup", B, Cause="16")
    elif what == "taken back":
        stage.talk(A, "b2")
    elif what == "gone":
        stage.happens("Hangup", A, Cause="16")
    await stage.control.bring_together(asked)

    assert stage.switch.places() == []


@pytest.mark.parametrize("gone", [A, "17.5"])
async def test_nobody_is_brought_to_who_is_gone(gone: str) -> None:
    """Once is enough for a leg or a caller that ends meanwhile."""
    stage = Stage()
    stage.home()
    stage.switch.on["Redirect"] = lambda _: stage.happens("Hangup", gone, Cause="16")
    await stage.control.connect(Connect(C1, A))

    assert len(stage.switch.places()) == 1


async def test_what_concerns_one_contact_happens_one_after_the_other() -> None:
    """Park, back, park: the second order waits until the first is seen to be done."""
    stage = Stage()
    seen: list[str] = []

    def moved(said: dict[str, str]) -> None:
        seen.append(said["Exten"])
        asyncio.get_running_loop().call_later(
            0.005, (lambda: stage.talk(A, "b1")) if said["Exten"] == "meet" else stage.home
        )

    stage.switch.on["Redirect"] = moved
    orders = [stage.control.park(Park(A, C1)), stage.control.connect(Connect(C1, A))]
    await asyncio.gather(*orders, stage.control.park(Park(A, C1)))

    assert seen == ["alone", "meet", "alone"]


async def test_an_order_without_effect_does_not_hold_up_the_next() -> None:
    """Nothing is heard of the redirect: after a while the following order is given all the same."""
    stage = Stage()
    await asyncio.gather(stage.control.park(Park(A, C1)), stage.control.park(Park(A, C1)))

    assert len(stage.switch.places()) == 2


REFUSED = ActionFailed(Message({"Message": "No such channel"}, {}))


@pytest.mark.parametrize("error", [REFUSED, Disconnected("lost")])
async def test_what_the_switch_refuses_ends_nothing(error: Exception) -> None:
    """A refusal or a lost connection is no exception of ours: the snapshot will tell how things stand."""
    stage = Stage()
    stage.switch.error = error
    await stage.control.park(Park(A, C1))
    await stage.control.connect(Connect(C1, B))
    await stage.control.confer(Confer(C1, (A, B)))
    await stage.control.mute(MuteLeg(A, True))

    assert stage.told == []


async def test_a_leg_that_is_under_way_is_sent_on_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """One redirect is not yet through when the next comes: it is asked for again, but not for ever."""
    monkeypatch.setattr(orders_module, "SOON_S", 0.0)
    stage = Stage()
    stage.switch.error = ActionFailed(Message({"Message": "Redirect failed, channel not up."}, {}))

    def arrived(_: dict[str, str]) -> None:
        stage.switch.error = None if len(stage.switch.places()) >= 3 else stage.switch.error

    stage.switch.before["Redirect"] = arrived
    await stage.control.park(Park(A, C1))
    assert len(stage.switch.places()) == 3
    stage.switch.error = ActionFailed(Message({"Message": "Redirect failed, channel not up."}, {}))
    stage.switch.before.clear()
    await stage.control.park(Park(A, C1))
    assert len(stage.switch.places()) == 3 + orders_module.TRIES


async def test_legs_and_contacts_that_are_gone_are_not_asked_for() -> None:
    """Commands that crossed a hang-up."""
    stage, nobody = Stage(), OfferId("c9-o1")
    del stage.book.legs[B]
    await stage.control.park(Park(nobody, ContactId("c9")))
    await stage.control.connect(Connect(ContactId("c9"), A))
    await stage.control.connect(Connect(C1, B))
    await stage.control.confer(Confer(ContactId("c9"), (nobody,)))
    await stage.control.mute(MuteLeg(nobody, True))
    await stage.control.answer(AnswerLeg(nobody))
    await stage.control.hear_the_bell(C1, A, B)

    assert stage.switch.asked == []


async def test_two_who_talk_go_to_the_conference_at_once() -> None:
    """Singly, the first to go would leave the other alone; the caller, who is on hold, follows."""
    stage = Stage()
    stage.home()
    for leg in (A, B):
        stage.happens("BridgeEnter", leg, BridgeUniqueid="b2")
    await stage.control.confer(Confer(C1, (A, B)))

    both, caller = stage.switch.named("Redirect")
    assert (both["Channel"], both["ExtraChannel"], both["Exten"], both["ExtraExten"]) == (
        ANA,
        BETO,
        "confer",
        "confer",
    )
    assert (caller["Channel"], caller["Context"], caller["Exten"]) == (CALLER, "cc-caller", "confer")
    marks = {said["Variable"]: said["Value"] for said in stage.switch.named("Setvar")}
    assert marks == {"CC_LEG": ANA, "CC_ASIDE": BETO}


async def test_muting_is_done_again_after_each_talk_that_begins() -> None:
    """A leg that is taken into another talk may lose it; and a new server finds the mark."""
    stage = Stage()
    await stage.control.mute(MuteLeg(A, True))
    stage.home()
    stage.switch.on["Redirect"] = lambda _: stage.talk(A, "b2")
    await stage.control.connect(Connect(C1, A))
    await stage.control.mute(MuteLeg(A, False))

    muted = [(said["Channel"], said["Direction"], said["State"]) for said in stage.switch.named("MuteAudio")]
    assert muted == [(ANA, "in", "on"), (ANA, "in", "on"), (ANA, "in", "off")]
    marks = [said["Value"] for said in stage.switch.named("Setvar") if said["Variable"] == "CC_MUTED"]
    assert marks == ["1", ""]


def ringing(stage: Stage) -> Leg:
    offered = OfferContact(B, C1, AgentId("beto"), 15_000)
    leg = stage.book.legs[B] = Leg(B, C1, asked=True, channel=BETO, rang=True, offered=offered)
    return leg


async def test_a_phone_is_told_to_pick_up_in_the_way_it_understands() -> None:
    """By NOTIFY in the call; or by a second call, for which the first is hung up; else not at all."""
    stage = Stage()
    ringing(stage)
    await stage.control.answer(AnswerLeg(B))
    assert stage.switch.asked == []
    stage.control.answers = {"beto": "talk"}
    await stage.control.answer(AnswerLeg(B))
    stage.control.answers = {"beto": "header"}
    await stage.control.answer(AnswerLeg(B))
    # Answered already, ringing no more: nothing to be done.
    await stage.control.answer(AnswerLeg(A))

    assert stage.switch.asked == [
        {"Action": "PJSIPNotify", "Channel": BETO, "Variable": "Event=talk"},
        {"Action": "Hangup", "Channel": B, "Cause": "16"},
    ]


def test_the_first_call_of_a_phone_that_is_called_anew_ends_unnoticed() -> None:
    """Both halves of its end are waited for, as the second has the same id; withdrawn, it is an end."""
    for withdrawn, told in ((None, []), (OfferEnd.WITHDRAWN, [ev.OfferFailed(B, OfferEnd.WITHDRAWN)])):
        heard: list[ev.Event] = []
        book = LegBook(heard.append)
        again: list[OfferId] = []
        book.ring_again = lambda leg, again=again: again.append(leg.offer_id)  # type: ignore[misc]
        book.legs[B] = Leg(B, C1, asked=True, channel=BETO, rang=True, again=True, withdrawn=withdrawn)
        book.take(Message({"Event": "Hangup", "Uniqueid": B, "Cause": "16"}, {}))
        assert (heard, again) == ([], [])
        book.take(
            Message({"Event": "OriginateResponse", "Uniqueid": B, "Response": "Failure", "Reason": "0"}, {})
        )
        assert heard == told
        assert again == ([] if withdrawn else [B])


OUTSIDE = CallOutside(B, C1, "t1", 20_000, by=A)


def full(stage: Stage, *, calls: int, out: int) -> None:
    """A line for three calls, one of them outgoing, with so many on it."""
    counts = {"CC_CALLS_operador": "3", "CC_OUT_operador": "1"}
    counts |= {"GROUP_COUNT(operador@trunk)": str(calls), "GROUP_COUNT(operador@out)": str(out)}
    stage.switch.values = counts


async def test_somebody_outside_is_rung_on_the_line_and_counted_before() -> None:
    """Who asks hears the bell first; our number is shown; the groups of the dialplan count the call."""
    stage = Stage()
    full(stage, calls=2, out=0)
    stage.book.legs[B] = Leg(B, C1, OfferKind.CONSULT, outside=True)
    await stage.outward.outside(OUTSIDE)

    assert stage.switch.places() == [(ANA, "cc-agent,consulting")]
    (asked,) = stage.switch.named("Originate")
    assert (asked["Channel"], asked["CallerID"]) == ("PJSIP/34911234567@trunk.operador", '"" <910000001>')
    assert (asked["Context"], asked["Exten"], asked["ChannelId"]) == ("cc-agent", "asked", B)
    assert (asked["Timeout"], asked["Async"]) == ("20000", "true")
    assert stage.told == []


@pytest.mark.parametrize(("calls", "out"), [(3, 0), (2, 1)])
async def test_a_full_line_is_not_rung(calls: int, out: int) -> None:
    """All calls, or the outgoing ones alone."""
    stage = Stage()
    full(stage, calls=calls, out=out)
    stage.book.legs[B] = Leg(B, C1, OfferKind.CONSULT, outside=True)
    await stage.outward.outside(OUTSIDE)

    assert stage.switch.named("Originate") == []
    assert stage.told == [ev.OfferFailed(B, OfferEnd.FAILED)]


async def test_a_token_without_a_number_and_a_leg_without_a_caller_fail() -> None:
    """And one that was given up before it was rung is not rung."""
    for spoil in (
        lambda stage: stage.ways.clear(),
        lambda stage: stage.book.forget(C1),
        lambda stage: setattr(stage.book.legs[B], "withdrawn", OfferEnd.FAILED),
    ):
        stage = Stage()
        stage.book.legs[B] = Leg(B, C1, OfferKind.CONSULT, outside=True)
        cast("Callable[[Stage], Any]", spoil)(stage)
        await stage.outward.outside(OUTSIDE)
        assert stage.switch.named("Originate") == []
        assert stage.told == [ev.OfferFailed(B, OfferEnd.FAILED)]


D1, CUSTOMER = ContactId("c2"), "c2-c"
CALL = CallCustomer(D1, A, CUSTOMER, "t1", 30_000)


async def test_a_customer_goes_to_the_agents_leg_and_is_a_caller_from_the_bridge_on() -> None:
    """Known by our id; reached at the bridge, not when picking up; the end is then a caller's."""
    stage = Stage()
    await stage.outward.customer(CALL)
    (asked,) = stage.switch.named("Originate")
    assert (asked["Context"], asked["Exten"], asked["ChannelId"]) == ("cc-caller", "called", CUSTOMER)
    stage.happens("Newchannel", CUSTOMER, Channel="PJSIP/trunk.operador-00000009")
    for state in ("Ringing", "Up"):
        stage.happens("Newstate", CUSTOMER, ChannelStateDesc=state)
    assert stage.told == []
    stage.happens("BridgeEnter", CUSTOMER, BridgeUniqueid="b7")
    assert stage.told == [ev.ContactReached(D1)]
    stage.happens("Hangup", CUSTOMER, Cause="16", ChannelStateDesc="Up")
    assert stage.told[1:] == [ev.ContactGone(D1, EndedBy.CALLER)]


NOT_REACHED = {
    "busy": (["Ringing"], "17", "0", OfferEnd.BUSY),
    "rang in vain": (["Ringing"], "19", "3", OfferEnd.NO_ANSWER),
    "never said that it rings": ([], "19", "3", OfferEnd.NO_ANSWER),
    "no such number": ([], "1", "0", OfferEnd.FAILED),
}


@pytest.mark.parametrize(
    ("states", "cause", "reason", "result"), NOT_REACHED.values(), ids=NOT_REACHED.keys()
)
async def test_why_a_customer_was_not_reached(
    states: list[str], cause: str, reason: str, result: OfferEnd
) -> None:
    """Told once, with the reason, when both halves are in."""
    stage = Stage()
    await stage.outward.customer(CALL)
    stage.happens("Newchannel", CUSTOMER, Channel="PJSIP/trunk.operador-00000009")
    for state in states:
        stage.happens("Newstate", CUSTOMER, ChannelStateDesc=state)
    stage.happens("Hangup", CUSTOMER, Cause=cause, ChannelStateDesc="Ringing")
    assert stage.told == []
    stage.happens("OriginateResponse", CUSTOMER, Response="Failure", Reason=reason)
    stage.happens("Hangup", CUSTOMER, Cause=cause)

    assert stage.told == [ev.ContactGone(D1, EndedBy.CALLER, result)]


async def test_a_customer_who_is_not_to_be_called_any_more() -> None:
    """Hung up by our id while it rings; who has picked up is let be; who is unknown is told gone."""
    stage = Stage()
    await stage.outward.customer(CALL)
    await stage.outward.stop(StopCalling(D1))
    assert stage.switch.named("Hangup") == [{"Action": "Hangup", "Channel": CUSTOMER, "Cause": "16"}]
    stage.happens("BridgeEnter", CUSTOMER, BridgeUniqueid="b7")
    await stage.outward.stop(StopCalling(D1))
    await stage.outward.stop(StopCalling(ContactId("c9")))

    assert len(stage.switch.named("Hangup")) == 1
    assert stage.told == [
        ev.ContactReached(D1),
        ev.ContactGone(ContactId("c9"), EndedBy.CALLER, OfferEnd.WITHDRAWN),
    ]


async def test_a_customer_without_a_number_or_without_an_agent_is_not_called() -> None:
    """Told at once; an agent who is gone leaves nobody for the customer to talk to."""
    for leg in (A, OfferId("c2-o9")):
        stage = Stage()
        if leg is A:
            stage.ways.clear()
        await stage.outward.customer(CallCustomer(D1, leg, CUSTOMER, "t1", 30_000))
        assert stage.switch.named("Originate") == []
        assert stage.told == [ev.ContactGone(D1, EndedBy.CALLER, OfferEnd.FAILED, rung=leg is A)]
        assert D1 not in stage.book.channels


def test_the_order_to_ring_a_customer_marks_the_agents_leg_itself() -> None:
    """In one step with the customer's channel: whoever restarts sees what was carried out."""
    headers = originate.customer(CALL, WAY, Parties(by=ANA))
    assert ("Variable", f"SHARED(CC_CALLED,{ANA})=1") in headers


async def test_a_line_that_is_full_has_rung_nobody() -> None:
    """Told as that: whoever was promised the call is called another time."""
    stage = Stage()
    full(stage, calls=1, out=1)
    await stage.outward.customer(CALL)
    assert stage.switch.named("Originate") == []
    assert stage.told == [ev.ContactGone(D1, EndedBy.CALLER, OfferEnd.FAILED, rung=False)]


async def test_before_the_numbers_are_known_again_nobody_is_called() -> None:
    """After a restart whose database does not answer: not rung, and so not lost."""
    stage = Stage()
    stage.known = False
    await stage.outward.customer(CALL)
    assert stage.switch.named("Originate") == []
    assert stage.told == [ev.ContactGone(D1, EndedBy.CALLER, OfferEnd.FAILED, rung=False)]


def test_an_agents_own_phone_has_accepted_when_it_is_off_the_hook() -> None:
    """For a call to a customer nobody is there to be bridged with yet; its end is that of a talk."""
    told: list[ev.Event] = []
    book = LegBook(told.append)
    book.legs[A] = Leg(A, D1, OfferKind.DIAL, asked=True)
    for name, more in (
        ("Newchannel", {"Channel": ANA}),
        ("Newstate", {"ChannelStateDesc": "Ringing"}),
        ("Newstate", {"ChannelStateDesc": "Up"}),
        ("BridgeEnter", {"BridgeUniqueid": "b1"}),
        ("BridgeLeave", {"BridgeUniqueid": "b1"}),
        ("Hangup", {"Cause": "16"}),
    ):
        book.take(Message({"Event": name, "Uniqueid": A, **more}, {}))

    assert told == [ev.OfferRinging(A), ev.OfferAccepted(A), ev.LegGone(A)]


def test_leaving_the_old_bridge_is_told_after_the_new_one_was_entered() -> None:
    """Taken from one talk into another: the late news of the old one changes nothing."""
    stage = Stage()
    for name, bridge in (("BridgeEnter", "b2"), ("BridgeLeave", "b1")):
        stage.happens(name, A, BridgeUniqueid=bridge)

    assert stage.book.legs[A].bridge == "b2"
    assert not stage.book.talk_together(C1, stage.book.legs[A])
