"""Message sequences as they were captured from Asterisk 22, without the headers that nobody reads."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import ContactId, EndedBy, OfferEnd, OfferId
from cti.asterisk.ami.codec import Message
from cti.asterisk.legs import EVENTS, Leg, LegBook

pytestmark = pytest.mark.unit

C1, O1 = ContactId("c1"), OfferId("c1-o1")
CALLER = ("Uniqueid", "17.5"), ("Channel", "PJSIP/llamantes-00000001")
LEG = ("Uniqueid", O1), ("Channel", "PJSIP/ana-00000002")


def event(name: str, *more: tuple[str, str]) -> Message:
    return Message({"Event": name, **dict(more)}, {})


NEW = event("Newchannel", *LEG, ("ChannelStateDesc", "Down"))
RINGING = event("Newstate", *LEG, ("ChannelStateDesc", "Ringing"))
UP = event("Newstate", *LEG, ("ChannelStateDesc", "Up"))
BRIDGED = event("BridgeEnter", *LEG)
ANSWERED = event("OriginateResponse", ("Response", "Success"), ("Reason", "4"), *LEG)
CALLER_LEAVES = event("SoftHangupRequest", *CALLER, ("Cause", "16"))
CALLER_GONE = event("Hangup", *CALLER, ("Cause", "16"), ("ChannelStateDesc", "Up"))


def refused(reason: int, uniqueid: str = O1) -> Message:
    """The Originate has failed; without a channel, Asterisk still names the id that we gave."""
    told = ("Response", "Failure"), ("Reason", str(reason)), ("Uniqueid", uniqueid)
    return event("OriginateResponse", *told)


def ended(cause: int, state: str = "Ringing") -> Message:
    return event("Hangup", *LEG, ("Cause", str(cause)), ("ChannelStateDesc", state))


class Book(LegBook):
    """A book with one caller and one leg that has been asked for; notes what it tells."""

    def __init__(self) -> None:
        self.told: list[ev.Event] = []
        self.known: list[str] = []
        super().__init__(self.told.append)
        self.leg_known = lambda leg: self.known.append(leg.channel)
        self.caller(C1, "17.5", "PJSIP/llamantes-00000001")
        self.legs[O1] = Leg(O1, C1, asked=True)

    def reads(self, *messages: Message) -> list[ev.Event]:
        """What these messages lead to."""
        self.told.clear()
        for message in messages:
            assert message.event in EVENTS, f"{message.event} is not asked for"
            self.take(message)
        return list(self.told)


def test_a_normal_answer_is_told_when_the_two_can_hear_each_other() -> None:
    """The bell when it rings, the answer at the bridge; neither "Up" nor the response is an answer yet."""
    book = Book()

    assert book.reads(NEW) == []
    assert book.known == ["PJSIP/ana-00000002"]
    assert book.reads(RINGING, RINGING) == [ev.OfferRinging(O1)]
    assert book.reads(UP, ANSWERED) == []
    assert book.reads(BRIDGED, BRIDGED) == [ev.OfferAccepted(O1)]


def test_the_agents_hang_up_ends_the_talk_and_the_leg_is_forgotten() -> None:
    """After the bridge the end of the leg is the end of the talk, told once."""
    book = Book()
    book.reads(NEW, RINGING, UP, BRIDGED, ANSWERED)

    assert book.reads(ended(16, "Up"), ended(16, "Up")) == [ev.LegGone(O1)]
    assert book.legs == {}


REFUSALS = {
    "486": (False, 0, 17, OfferEnd.BUSY),
    "603 while ringing": (True, 0, 21, OfferEnd.DECLINED),
    "480": (False, 0, 19, OfferEnd.NO_REPLY),
    "404": (False, 0, 1, OfferEnd.FAILED),
    "488": (False, 0, 58, OfferEnd.FAILED),
    "503": (False, 0, 34, OfferEnd.FAILED),
    "rings, no answer": (True, 3, 19, OfferEnd.NO_ANSWER),
    "dead contact": (False, 3, 19, OfferEnd.NO_REPLY),
}


@pytest.mark.parametrize("hangup_first", [True, False], ids=["hangup first", "response first"])
@pytest.mark.parametrize(("rang", "reason", "cause", "result"), REFUSALS.values(), ids=REFUSALS.keys())
def test_each_refusal_is_told_once_when_both_halves_are_in(
    rang: bool, reason: int, cause: int, result: OfferEnd, hangup_first: bool
) -> None:
    """Hang-up and response are read together, in whichever order they come."""
    book = Book()
    book.reads(NEW, *([RINGING] if rang else []))
    halves = [ended(cause), refused(reason)] if hangup_first else [refused(reason), ended(cause)]

    assert book.reads(halves[0]) == []
    assert book.reads(halves[1]) == [ev.OfferFailed(O1, result)]
    assert book.legs == {}


def test_a_phone_that_is_not_registered_fails_without_a_channel() -> None:
    """No Newchannel and no Hangup will come: the response alone is the end."""
    assert Book().reads(refused(0)) == [ev.OfferFailed(O1, OfferEnd.UNREACHABLE)]


def test_a_leg_that_the_callers_hang_up_ended_is_told_after_the_caller() -> None:
    """The dialplan's handler ends the leg first; told like that, the next agent would ring for nobody."""
    book = Book()
    book.reads(NEW, RINGING)

    told = book.reads(CALLER_LEAVES, ended(16), refused(0), CALLER_GONE)

    assert told == [ev.ContactGone(C1, EndedBy.CALLER), ev.OfferFailed(O1, OfferEnd.FAILED)]


def test_a_talk_that_the_caller_hung_up_is_not_the_agents_doing() -> None:
    """The caller is told of first: the record says who ended the talk."""
    book = Book()
    book.reads(NEW, RINGING, UP, BRIDGED, ANSWERED)

    told = book.reads(CALLER_LEAVES, ended(16, "Up"), CALLER_GONE)

    assert told == [ev.ContactGone(C1, EndedBy.CALLER), ev.LegGone(O1)]
    assert (book.callers, book.channels, book.legs) == ({}, {}, {})


def test_a_caller_who_is_not_leaving_is_not_blamed() -> None:
    """The agent's hang-up stays the agent's; the caller comes home."""
    book = Book()
    book.reads(NEW, RINGING, BRIDGED)

    assert book.reads(ended(16, "Up")) == [ev.LegGone(O1)]
    assert C1 in book.channels


def test_an_agent_who_picks_up_and_hangs_up_before_the_talk_has_declined() -> None:
    """Up without a bridge: the response was "success", so nothing more would ever come."""
    book = Book()
    book.reads(NEW, RINGING, UP, ANSWERED)

    assert book.reads(ended(16, "Up")) == [ev.OfferFailed(O1, OfferEnd.DECLINED)]


def test_a_pick_up_that_the_switch_overlooks_is_no_unanswered_bell() -> None:
    """Up and gone before Asterisk has taken notice: it then reports a bell that rang in vain."""
    book = Book()
    book.reads(NEW, RINGING, UP)

    assert book.reads(refused(3), ended(19, "Ringing")) == [ev.OfferFailed(O1, OfferEnd.DECLINED)]


def test_a_withdrawn_leg_ends_with_the_reason_of_the_withdrawal() -> None:
    """Our own hang-up is not the agent's refusal; the late response is nobody's."""
    book = Book()
    book.reads(NEW, RINGING)
    book.legs[O1].withdrawn = OfferEnd.CALLER_GONE

    assert book.reads(ended(16), refused(0)) == [ev.OfferFailed(O1, OfferEnd.CALLER_GONE)]


def test_a_leg_withdrawn_before_it_had_a_channel_still_makes_itself_known() -> None:
    """Only then can it be hung up; if no channel comes at all, the withdrawal was the end."""
    named, never = Book(), Book()
    for book in (named, never):
        book.legs[O1].withdrawn = OfferEnd.WITHDRAWN

    assert named.reads(NEW) == []
    assert named.known == ["PJSIP/ana-00000002"]
    assert never.reads(refused(0)) == [ev.OfferFailed(O1, OfferEnd.WITHDRAWN)]


def test_a_leg_found_after_a_restart_ends_like_one_of_our_own() -> None:
    """Adopted while it rang: its end is told; adopted in a bridge: its end is the talk's."""
    ringing, talking = Book(), Book()
    for book in (ringing, talking):
        book.legs.clear()
        book.adopt(O1, C1, "PJSIP/ana-00000002", rang=book is ringing, accepted=book is talking)

    assert ringing.reads(RINGING, ended(19), refused(3)) == [ev.OfferFailed(O1, OfferEnd.NO_ANSWER)]
    assert talking.reads(ended(16, "Up")) == [ev.LegGone(O1)]


def test_a_leg_that_is_seen_again_in_a_list_forgets_nothing() -> None:
    """Bridged while the list was on its way: the older list does not undo it."""
    book = Book()
    book.reads(NEW, RINGING, BRIDGED)
    book.adopt(O1, C1, "PJSIP/ana-00000002", rang=False, accepted=False)

    assert book.reads(BRIDGED) == []
    assert book.reads(ended(16, "Up")) == [ev.LegGone(O1)]


def test_legs_and_callers_of_others_are_none_of_our_business() -> None:
    """Every event about an unknown channel is read and left."""
    book = Book()
    other = ("Uniqueid", "99.9"), ("Channel", "PJSIP/x-00000009")
    told = book.reads(
        event("Newchannel", *other),
        event("Newstate", *other, ("ChannelStateDesc", "Ringing")),
        event("BridgeEnter", *other),
        event("SoftHangupRequest", *other),
        event("HangupRequest", *other),
        event("DialBegin", *other, ("Context", "cc-fallback")),
        refused(0, "99.9"),
        event("Hangup", *other, ("Cause", "16")),
    )

    assert told == []
    book.take(event("VarSet", *LEG))
    assert book.told == []


def test_the_callers_end_is_the_hang_up_of_their_channel_and_is_told_once() -> None:
    """The request is only a wish; the Hangup is the end."""
    book = Book()

    assert book.reads(CALLER_LEAVES) == []
    assert book.reads(CALLER_GONE, CALLER_GONE) == [ev.ContactGone(C1, EndedBy.CALLER)]


def test_a_channel_is_one_caller_however_often_it_visits() -> None:
    """Back after an announcement, the caller is known by the same channel."""
    book = Book()
    book.reads(CALLER_LEAVES)
    book.caller(C1, "17.5", "PJSIP/llamantes-00000001")

    assert book.channels[C1].leaving
    assert len(book.callers) == 1


def test_what_hangs_up_while_a_snapshot_is_taken_is_noted() -> None:
    """A list that is older than a hang-up must not bring the channel back."""
    book = Book()
    book.reads(NEW)
    book.gone = set()
    book.reads(ended(16), CALLER_GONE, event("Hangup", ("Uniqueid", "99.9"), ("Cause", "16")))

    assert book.gone == {O1, "17.5", "99.9"}


def test_what_could_not_be_asked_for_is_told_once() -> None:
    """A refused Originate ends the offer; said twice, the second time is about nothing."""
    book = Book()
    book.fail(O1, OfferEnd.FAILED)
    book.fail(O1, OfferEnd.BUSY)

    assert book.told == [ev.OfferFailed(O1, OfferEnd.FAILED)]


def test_a_caller_whom_the_fallback_dials_is_elsewhere() -> None:
    """Only the dial of the fallback: other dialling of the same channel means nothing."""
    book = Book()

    assert book.reads(event("DialBegin", *CALLER, ("Context", "cc-fallback"))) == [ev.ContactElsewhere(C1)]
    assert book.reads(event("DialBegin", *CALLER, ("Context", "from-phones"))) == []
