from __future__ import annotations

import pytest

from acd import events as ev
from acd.commands import EndLeg, WithdrawOffer
from acd.model import (
    SKILL_OF_LANGUAGE,
    Activity,
    Channel,
    EndedBy,
    Medium,
    OfferEnd,
    OfferId,
    Outcome,
    Phase,
    Presence,
    QueueId,
    SkillId,
)
from acd.records import ContactClosed, ContactOpened, ContactQueued, ContactSorted, OfferEnded, SegmentEnded
from tests.unit.acd.desk import ANA, BETO, C1, C2, C3, Desk, agent, arrival, queue

pytestmark = pytest.mark.unit


def closed(desk: Desk, after_ms: int = 0, by: EndedBy = EndedBy.CALLER) -> ContactClosed:
    """The final record of c1 when its leg ends now."""
    desk.happens(ev.ContactGone(C1, by), after_ms=after_ms)
    return desk.one(ContactClosed)


def started(desk: Desk) -> None:
    desk.happens(ev.ContactStarted(C1, Channel("a", "u-c1"), "900"))


def spans(record: ContactClosed) -> list[tuple[str, int]]:
    return [(segment.kind, segment.end_ms - segment.start_ms) for segment in record.segments]


def test_a_caller_is_opened_once_whatever_is_repeated() -> None:
    """The same caller told of twice is one contact with one beginning."""
    desk = Desk()
    started(desk)
    opened = desk.one(ContactOpened)
    desk.happens(ev.ContactStarted(C1, Channel("a", "u-other"), "901"), after_ms=50)

    assert opened == ContactOpened(C1, Channel("a", "u-c1"), "900", desk.now_ms - 50)
    assert desk.why_ignored() == ["already known"]
    assert desk.contact().channel.uniqueid == "u-c1"


def test_the_place_in_the_menu_is_kept_for_a_restart() -> None:
    """Where the caller was last is where a restarted server goes on."""
    desk = Desk()
    started(desk)
    desk.happens(ev.IvrMoved(C1, "opciones"))

    assert desk.contact().node == "opciones"


def test_the_position_told_is_the_one_in_the_queue_that_was_joined() -> None:
    """Everybody counts their own queue only."""
    desk = Desk(queue("ventas"), queue("soporte"))
    desk.comes(C2, queue="soporte")
    desk.happens(*arrival(C1))

    assert desk.one(ContactQueued) == ContactQueued(C1, QueueId("ventas"), 1, desk.now_ms)


def test_a_queue_that_does_not_exist_loses_nobody() -> None:
    """The caller stays in the menu, which can send them elsewhere."""
    desk = Desk()
    started(desk)
    desk.happens(ev.ContactEnqueued(C1, QueueId("ninguna")))

    assert desk.why_ignored() == ["unknown queue ninguna"]
    assert desk.contact().phase is Phase.IVR


def test_wait_is_counted_from_the_queue_to_the_answer_and_ringing_is_part_of_it() -> None:
    """Menu, wait, ring, talk and goodbye each have their stretch, and together they are the whole call."""
    desk = Desk()
    desk.sets(ANA, Presence.NOT_READY)
    started(desk)
    desk.happens(ev.ContactEnqueued(C1, QueueId("ventas")), after_ms=4_000)
    desk.now_ms += 6_000
    desk.sets(ANA, Presence.READY)
    desk.happens(ev.OfferAccepted(desk.offer_of()), after_ms=2_000)
    desk.happens(ev.LegGone(desk.offer_of()), after_ms=30_000)
    record = closed(desk, after_ms=500)

    assert spans(record) == [("ivr", 4_000), ("waiting", 8_000), ("talking", 30_000), ("after", 500)]
    assert (record.wait_ms, record.ring_ms, record.talk_ms) == (8_000, 2_000, 30_000)
    assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, EndedBy.AGENT)
    assert record.answered_ms == record.started_ms + 12_000


@pytest.mark.parametrize(
    ("waited_ms", "outcome"), [(4_999, Outcome.SHORT_ABANDON), (5_000, Outcome.ABANDONED_QUEUE)]
)
def test_who_leaves_the_queue_at_once_is_not_counted_against_us(waited_ms: int, outcome: Outcome) -> None:
    """Below the queue's threshold an abandon is short; at the threshold it counts."""
    desk = Desk()
    desk.comes(C1)

    assert closed(desk, after_ms=waited_ms).outcome is outcome


def test_who_leaves_the_menu_abandoned_it_and_who_heard_goodbye_was_served() -> None:
    """A hang-up after our goodbye is ours, not the caller's impatience."""
    left, served = Desk(), Desk()
    for desk in (left, served):
        started(desk)
    served.happens(ev.ContactFinished(C1))

    assert (closed(left, 900).outcome, left.one(ContactClosed).ended_by) == (
        Outcome.ABANDONED_IVR,
        EndedBy.CALLER,
    )
    assert (closed(served, 900).outcome, served.one(ContactClosed).ended_by) == (
        Outcome.COMPLETED_IVR,
        EndedBy.SYSTEM,
    )


@pytest.mark.parametrize("says_goodbye", [False, True])
def test_who_has_left_a_message_has_not_given_up(says_goodbye: bool) -> None:
    """Whether they hang up after the message, or we do; told twice it is the same."""
    desk = Desk()
    started(desk)
    desk.happens(ev.MessageLeft(C1))
    desk.happens(ev.MessageLeft(C1))
    if says_goodbye:
        desk.happens(ev.ContactFinished(C1))

    assert closed(desk, 900).outcome is Outcome.VOICEMAIL


def test_a_message_does_not_hide_what_came_after_it() -> None:
    """Who then waited for somebody and gave up has given up; who talked to somebody was answered."""
    waited, talked = Desk(), Desk()
    talked.sets(ANA, Presence.READY)
    for desk in (waited, talked):
        started(desk)
        desk.happens(ev.MessageLeft(C1), ev.ContactEnqueued(C1, QueueId("ventas")))
    talked.happens(ev.OfferAccepted(talked.offer_of(C1)))

    assert closed(waited, after_ms=9_000).outcome is Outcome.ABANDONED_QUEUE
    assert closed(talked, after_ms=9_000).outcome is Outcome.ANSWERED


@pytest.mark.parametrize("talking", [False, True])
def test_a_call_that_the_switch_lost_is_counted_as_that(talking: bool) -> None:
    """Neither the caller nor the agent gave up: Asterisk died."""
    desk = Desk()
    if talking:
        desk.talks()
    else:
        desk.comes(C1)

    assert closed(desk, 9_000, EndedBy.SWITCH).outcome is Outcome.SWITCH_LOST


def test_nothing_is_left_of_a_closed_contact() -> None:
    """The book holds live contacts only; a repeated hang-up is about somebody unknown."""
    desk = Desk()
    desk.comes(C1)
    closed(desk)
    desk.happens(ev.ContactGone(C1))

    assert desk.state.contacts == {} and not any(desk.state.lines.values())
    assert desk.why_ignored() == ["unknown contact"]


def test_a_caller_who_leaves_while_it_rings_silences_the_bell() -> None:
    """The screen loses the pop at once; the agent is free when the switch has said how it ended."""
    desk = Desk()
    desk.comes(C1)
    record = closed(desk, 3_000)

    assert desk.one(OfferEnded).result is OfferEnd.CALLER_GONE
    assert desk.commands == [WithdrawOffer(record.offers[0].offer_id, OfferEnd.CALLER_GONE)]
    assert desk.agent().activity is Activity.OFFERED


def test_a_caller_who_hangs_up_a_talk_ended_it() -> None:
    """The agent wraps up and the record says whose doing it was."""
    desk = Desk()
    desk.talks()
    record = closed(desk, 20_000)

    assert (record.outcome, record.ended_by, record.talk_ms) == (Outcome.ANSWERED, EndedBy.CALLER, 20_000)
    assert desk.one(SegmentEnded).ended_by is EndedBy.CALLER
    assert desk.agent().activity is Activity.WRAP_UP


def test_a_caller_who_is_home_again_ends_the_talk_even_if_the_switch_said_nothing() -> None:
    """Two places at once there are not: the agent's leg is ended and the agent wraps up."""
    desk = Desk()
    desk.talks()
    offer_id = desk.offer_of()
    desk.happens(ev.ContactReturned(C1), after_ms=8_000)

    assert desk.commands == [EndLeg(offer_id)]
    assert (desk.contact().phase, desk.agent().activity) == (Phase.AFTER, Activity.WRAP_UP)
    desk.happens(ev.LegGone(offer_id))
    assert (desk.records, desk.state.offers) == ([], {})


def test_a_second_queue_after_a_talk_begins_a_second_wait() -> None:
    """Transferred by the menu: the clock is new, the first answer stays in the record."""
    desk = Desk(queue("ventas"), queue("soporte"), agent("ana"))
    desk.talks()
    answered_ms = desk.now_ms
    desk.happens(ev.ContactReturned(C1), after_ms=5_000)
    desk.happens(ev.ContactEnqueued(C1, QueueId("soporte")), after_ms=1_000)
    queued_ms = desk.now_ms
    record = closed(desk, after_ms=7_000)

    assert (record.queued_ms, record.answered_ms) == (queued_ms, answered_ms)
    assert (record.queue, record.wait_ms, record.outcome) == ("soporte", 7_000, Outcome.ANSWERED)
    assert record.ended_by is EndedBy.CALLER


def test_with_the_fallback_telephone_nobody_is_offered_and_the_clock_is_kept() -> None:
    """Back in the same queue the caller stands where they stood, ahead of those who came since."""
    desk = Desk()
    desk.comes(C1)
    desk.happens(ev.ContactElsewhere(C1), after_ms=2_000)
    assert [type(c) for c in desk.commands] == [WithdrawOffer]
    desk.comes(C2, after_ms=1_000)
    desk.happens(ev.ContactEnqueued(C1, QueueId("ventas")), after_ms=7_000)

    assert (desk.state.position(C1), desk.state.position(C2)) == (1, 2)
    assert spans(closed(desk, after_ms=500)) == [("waiting", 2_000), ("fallback", 8_000), ("waiting", 500)]


def test_back_in_the_menu_after_the_fallback_telephone_the_place_is_kept_again() -> None:
    """Taken from the menu by an outage: home again they are in the menu, and a restart finds where."""
    desk = Desk()
    started(desk)
    desk.happens(ev.ContactElsewhere(C1), after_ms=2_000)
    desk.happens(ev.IvrMoved(C1, "opciones"), after_ms=3_000)

    assert (desk.contact().phase, desk.contact().node) == (Phase.IVR, "opciones")
    assert spans(closed(desk, after_ms=500)) == [("ivr", 2_000), ("fallback", 3_000), ("ivr", 500)]


def test_another_queue_after_the_fallback_telephone_begins_a_new_wait() -> None:
    """A place is kept in its own queue, not carried into another one."""
    desk = Desk(queue("ventas"), queue("soporte"))
    desk.comes(C1)
    desk.comes(C2, queue="soporte", after_ms=1_000)
    desk.happens(ev.ContactElsewhere(C1), after_ms=1_000)
    desk.happens(ev.ContactEnqueued(C1, QueueId("soporte")), after_ms=1_000)

    assert desk.state.position(C1) == 2


VIP = ev.ContactClassified(C1, "en", "oro", 180_000, ("oro", "repite"))


def test_what_the_rules_made_of_a_caller_is_remembered_and_stands_in_the_final_record() -> None:
    """Language, segment, head start and the rules that matched; never who the caller is."""
    desk = Desk()
    started(desk)
    desk.happens(VIP, after_ms=200)
    assert desk.one(ContactSorted) == ContactSorted(C1, "en", "oro", 180_000, ("oro", "repite"), desk.now_ms)
    record = closed(desk)

    assert (record.language, record.segment) == ("en", "oro")


def test_whom_a_contact_should_get_goes_along_to_every_queue() -> None:
    """The last agent, or one named by a rule: in the record, through queues, until newer facts."""
    desk = Desk(queue("ventas"), queue("soporte"), agent("ana"))
    started(desk)
    desk.happens(ev.ContactClassified(C1, "es", "", 0, (), (ANA, BETO)))
    assert desk.one(ContactSorted).preferred == (ANA, BETO)
    desk.happens(ev.ContactEnqueued(C1, QueueId("ventas")), ev.OfferAccepted(OfferId("c1-o1")))
    desk.happens(ev.ContactReturned(C1), ev.ContactEnqueued(C1, QueueId("soporte")))
    assert desk.contact().preferred == (ANA, BETO)
    desk.happens(ev.ContactClassified(C1, "es", "", 0, ()))

    assert desk.contact().preferred == ()


def test_what_a_contact_comes_by_is_kept() -> None:
    """A call unless told otherwise."""
    desk = Desk()
    started(desk)
    desk.happens(ev.ContactStarted(C2, Channel("a", "u-c2"), "chat", Medium.CHAT))

    assert desk.one(ContactOpened).medium is Medium.CHAT
    assert [desk.contact(c).medium for c in (C1, C2)] == [Medium.VOICE, Medium.CHAT]


def test_a_later_classification_replaces_the_earlier_one() -> None:
    """Rules are evaluated again when more is known: what no longer matches is gone."""
    desk = Desk()
    started(desk)
    desk.happens(VIP, ev.ContactClassified(C1, "es", "", 0, ()))
    contact = desk.contact()

    assert (contact.language, contact.segment, contact.head_start_ms, contact.sorted_by) == ("es", "", 0, ())


def test_the_callers_own_word_outlives_every_rule() -> None:
    """Chosen in the menu: later facts change the segment, not the language; the caller may choose anew."""
    desk = Desk()
    started(desk)
    desk.happens(VIP, ev.LanguageChosen(C1, "es"), VIP)
    found = desk.made(ContactSorted)
    assert [(one.language, one.segment, one.rules) for one in found] == [
        (language, "oro", ("oro", "repite")) for language in ("en", "es", "es")
    ]
    desk.happens(ev.LanguageChosen(C1, "es"))
    assert desk.why_ignored() == ["already so"]
    desk.happens(ev.LanguageChosen(C1, "ca"))

    assert desk.contact().language == "ca"


def test_a_head_start_overtakes_in_the_line_and_real_waits_stay_real() -> None:
    """The place moves at once; how long somebody has waited is not made longer by it."""
    desk = Desk()
    desk.talks(C3)
    first_ms = desk.now_ms + 1_000
    desk.comes(C2, after_ms=1_000)
    desk.comes(C1, after_ms=1_000)
    desk.happens(VIP)
    assert [desk.state.position(c) for c in (C1, C2)] == [1, 2]
    assert desk.state.waiting_since_ms(QueueId("ventas")) == first_ms
    desk.happens(ev.ContactClassified(C1, "", "", 0, ()))

    assert [desk.state.position(c) for c in (C1, C2)] == [2, 1]


def test_a_head_start_counts_across_queues() -> None:
    """One agent for two queues: who came later but ahead by the rules is first."""
    desk = Desk(queue("ventas"), queue("soporte"), agent("ana"))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C2, queue="soporte")
    desk.comes(C1, after_ms=60_000)
    desk.happens(VIP)
    desk.sets(ANA, Presence.READY)

    assert desk.contact(C1).phase is Phase.OFFERED


@pytest.mark.parametrize("event", [ev.LanguageChosen(C1, "en"), VIP], ids=lambda event: type(event).__name__)
def test_a_language_that_becomes_known_finds_its_agent(event: ev.Event) -> None:
    """Taken to speak Spanish and waiting; English it is, and somebody who speaks it is free."""
    desk = Desk(queue("ventas", (SKILL_OF_LANGUAGE, 5)), agent("ana", {SkillId("lang.en"): 9}))
    desk.comes(C1)
    assert desk.contact().phase is Phase.WAITING
    desk.happens(event)

    assert desk.contact().phase is Phase.OFFERED


@pytest.mark.parametrize("phase", [Phase.OFFERED, Phase.TALKING, Phase.AFTER, Phase.FALLBACK])
def test_facts_that_come_late_change_nothing_but_what_is_known(phase: Phase) -> None:
    """While it rings, in a talk, afterwards: the call goes on as it was."""
    desk = Desk()
    desk.comes(C1)
    if phase is Phase.FALLBACK:
        desk.happens(ev.ContactElsewhere(C1))
    elif phase is not Phase.OFFERED:
        desk.happens(ev.OfferAccepted(desk.offer_of()))
    if phase is Phase.AFTER:
        desk.happens(ev.LegGone(desk.offer_of()))
    desk.happens(VIP)

    assert (desk.contact().phase, desk.contact().segment, desk.commands) == (phase, "oro", [])
