"""Hold, consultations, transfers and outgoing calls, counted by hand: the examples of docs/kpi.md."""

from __future__ import annotations

import pytest

from acd.model import AgentId, ContactId, Outcome
from acd.records import Segment
from acd.stats.kpi import Kpis
from acd.stats.kpi_book import By, Shape
from acd.stats.kpi_counts import STAY_ENDS, Count, Tally
from acd.stats.kpi_figures import figures
from acd.stats.kpi_story import OUTBOUND, Handed, Story, intent_of, stays_of
from tests.unit.stats.day import (
    ANA,
    BETO,
    END,
    SOPORTE,
    T0,
    VENTAS,
    S,
    answered,
    book,
    contact,
    goal,
    talking,
    tally,
    waiting,
    wrapped,
)

pytestmark = pytest.mark.unit

CARLA = AgentId("carla")


def held(part: Segment, hold_s: int) -> Segment:
    return Segment(
        part.kind, part.start_ms, part.end_ms, part.queue, part.agent_id, None, part.ended_by, hold_s * S
    )


def consult(start_s: int, end_s: int, asked: AgentId | None) -> Segment:
    return Segment("consult", T0 + start_s * S, T0 + end_s * S, None, asked)


def handed(at_s: int, agent: AgentId = ANA, *, attended: bool = False) -> Handed:
    return Handed(agent, T0 + at_s * S, attended)


def with_deeds(story: Story, *deeds: Handed, dialled_by: AgentId | None = None) -> Story:
    return Story(
        story.contact_id,
        story.entry,
        story.started_ms,
        story.ended_ms,
        story.outcome,
        story.queue,
        story.segment,
        story.parts,
        story.diverted,
        story.wraps,
        outgoing=dialled_by is not None,
        dialled_by=dialled_by,
        handed=deeds,
    )


HELD = contact("held", waiting(0, 10), held(talking(10, 110), 40), wrapped(130, 20))
"""Waits 10 s, talks 100 s of which 40 s on hold, 20 s of wrap-up."""

TRANSFERRED = with_deeds(
    contact(
        "transferred",
        waiting(0, 10),
        consult(50, 70, BETO),
        held(talking(10, 70), 30),
        talking(70, 130, BETO),
        wrapped(80, 10),
        wrapped(150, 20, BETO),
    ),
    handed(70, attended=True),
)
"""Ana answers after 10 s, holds 30 s, asks Beto for 20 s of it and leaves the caller to him for a minute."""

SENT_ON = with_deeds(
    contact("sent", waiting(0, 10), talking(10, 40), waiting(40, 65, SOPORTE), talking(65, 95, BETO, SOPORTE),
            queue=SOPORTE),
    handed(40),
)  # fmt: skip
"""Ana answers after 10 s and sends the caller to support, where Beto answers 25 s later."""

REACHED = with_deeds(
    contact(
        "reached",
        Segment("dialling", T0, T0 + 12 * S),
        held(talking(12, 72, queue=SOPORTE), 15),
        wrapped(90, 18),
        queue=SOPORTE,
    ),
    dialled_by=ANA,
)
"""Ana calls, the customer picks up after 12 s; a minute, 15 s of it on hold; 18 s of wrap-up."""

NOT_REACHED = with_deeds(
    contact("missed", Segment("dialling", T0, T0 + 30 * S), outcome=Outcome.DIAL_NO_ANSWER, queue=SOPORTE),
    dialled_by=BETO,
)


def counted(found: Tally, *names: Count) -> dict[str, int]:
    return {name.value: found[name] for name in names}


def test_hold_is_part_of_the_talk_and_counts_once() -> None:
    """A talk of 100 s with 40 s of hold and 20 s of wrap-up was 120 s of work, not 160."""
    found = tally(HELD)

    assert counted(found, Count.TALK_MS, Count.HOLD_MS, Count.WRAP_MS, Count.HANDLE_MS) == {
        "talk_ms": 60 * S,
        "hold_ms": 40 * S,
        "wrap_ms": 20 * S,
        "handle_ms": 120 * S,
    }
    read = figures(found)
    assert (read["aht-v1"].value, read["aht-v2"].value, read["hold-v1"].value) == (120 * S, 120 * S, 40 * S)


def test_who_is_handed_over_in_the_talk_was_answered_once() -> None:
    """An attended transfer is no second call: the queue offered one and answered one, in 10 s."""
    assert len(stays_of(TRANSFERRED)) == 1
    found = tally(TRANSFERRED)

    assert counted(found, Count.OFFERED, Count.ANSWERED, Count.TALKS, Count.HANDLED, Count.TRANSFERRED) == {
        "offered": 1,
        "answered": 1,
        "talks": 2,
        "handled": 1,
        "transferred": 1,
    }
    assert figures(found)["asa-v1"].value == 10 * S


def test_each_agent_has_the_own_talk_hold_and_wrap_up() -> None:
    """Nothing of Beto's minute is charged to Ana, nothing of her hold to him."""
    rows = book(TRANSFERRED, by=By.AGENT).rows

    parts = (Count.TALK_MS, Count.HOLD_MS, Count.WRAP_MS)
    assert [rows[ANA][name] for name in parts] == [30 * S, 30 * S, 10 * S]
    assert [rows[BETO][name] for name in parts] == [60 * S, 0, 20 * S]


def test_consultations_count_for_who_asks_and_for_who_is_asked() -> None:
    """Ana has asked once, for 20 s; Beto was asked once; the whole has one of each."""
    rows = book(TRANSFERRED, by=By.AGENT).rows

    assert counted(rows[ANA], Count.CONSULTS, Count.CONSULT_MS, Count.CONSULTED) == {
        "consults": 1,
        "consult_ms": 20 * S,
        "consulted": 0,
    }
    assert counted(rows[BETO], Count.CONSULTS, Count.CONSULTED) == {"consults": 0, "consulted": 1}
    assert book(TRANSFERRED).rows["ventas"][Count.CONSULTS] == 1


def test_somebody_outside_is_asked_by_somebody_and_is_nobodys() -> None:
    """The consultation counts for who asks; no row appears for who is outside."""
    story = contact("c", waiting(0, 5), consult(20, 40, None), held(talking(5, 60), 20))
    rows = book(story, by=By.AGENT).rows

    assert rows[ANA][Count.CONSULTS] == 1
    assert sum(row[Count.CONSULTED] for row in rows.values()) == 0


def test_a_hand_over_is_the_act_of_the_agent_who_makes_it() -> None:
    """One of Ana's two talks and none of Beto's: her rate is a half, his nothing, the queue's a third."""
    rows = book(TRANSFERRED, answered("other", 5), by=By.AGENT).rows

    assert figures(rows[ANA])["transfer-v2"].value == 0.5
    assert figures(rows[BETO])["transfer-v2"].value == 0
    whole = tally(TRANSFERRED, answered("other", 5))
    assert figures(whole)["transfer-v2"].value == pytest.approx(1 / 3)
    assert figures(whole)["consult-v1"].value == pytest.approx(1 / 3)
    assert counted(whole, Count.HANDED_OVER, Count.HANDED_ATTENDED) == {
        "handed_over": 1,
        "handed_attended": 1,
    }


def test_who_is_sent_to_another_queue_is_offered_and_waits_there_anew() -> None:
    """Sales answered in 10 s and in time; support answered in 25 s, counted from coming there: late."""
    rows = book(SENT_ON).rows

    assert [rows[queue][Count.OFFERED] for queue in (VENTAS, SOPORTE)] == [1, 1]
    assert [rows[queue][Count.ANSWERED_IN_TIME] for queue in (VENTAS, SOPORTE)] == [1, 0]
    assert figures(rows[SOPORTE])["asa-v1"].value == 25 * S
    assert rows[VENTAS][Count.HANDED_OVER] == 1
    assert rows[VENTAS][Count.HANDED_ATTENDED] == 0
    assert rows[SOPORTE][Count.CONTACTS] == 1


def test_an_agent_of_a_conference_who_stays_has_not_answered_a_call() -> None:
    """A, who leaves the conference, and B, who stays: one stay, found even if A's end was noticed late."""
    story = with_deeds(
        contact("c", waiting(0, 5), talking(5, 50), Segment("after", T0 + 50 * S, T0 + 53 * S),
                talking(53, 90, BETO)),
        handed(53, attended=True),
    )  # fmt: skip

    assert len(stays_of(story)) == 1
    assert tally(story)[Count.HANDED_OVER] == 1


def test_an_outgoing_contact_is_none_of_the_inbound_figures() -> None:
    """The morning of a queue stays what it was, however much its agents call out."""
    inbound = (HELD, TRANSFERRED, SENT_ON)
    before, after = book(*inbound), book(*inbound, REACHED, NOT_REACHED)

    own = {Count.DIALLED, Count.REACHED, Count.OUT_TALKS, Count.OUT_TALK_MS, Count.OUT_HOLD_MS}
    own |= {Count.OUT_WRAP_MS}
    for name in Count:
        if name not in own:
            assert after.total()[name] == before.total()[name], name
    assert after.total().waits == before.total().waits


def test_outgoing_contacts_are_counted_on_their_own() -> None:
    """Two dialled, one reached: 45 s of talk, 15 s of hold, 18 s of wrap-up."""
    found = tally(REACHED, NOT_REACHED)

    assert {name: amount for name, amount in found.counts.items() if amount} == {
        Count.DIALLED: 2,
        Count.REACHED: 1,
        Count.OUT_TALKS: 1,
        Count.OUT_TALK_MS: 45 * S,
        Count.OUT_HOLD_MS: 15 * S,
        Count.OUT_WRAP_MS: 18 * S,
    }
    read = figures(found)
    assert (read["reach-v1"].value, read["aht-out-v1"].value) == (0.5, 78 * S)


def test_an_outgoing_contact_belongs_to_who_called() -> None:
    """Ana has reached one, Beto has reached nobody; the queue whose rules held has both."""
    rows = book(REACHED, NOT_REACHED, by=By.AGENT).rows

    assert [(rows[agent][Count.DIALLED], rows[agent][Count.REACHED]) for agent in (ANA, BETO)] == [
        (1, 1),
        (1, 0),
    ]
    assert book(REACHED, NOT_REACHED).rows["soporte"][Count.DIALLED] == 2
    assert intent_of(REACHED) == OUTBOUND


def test_a_customer_whose_telephone_never_rang_was_not_dialled() -> None:
    """The agent did not pick up the own phone: an attempt of nobody."""
    story = Story(ContactId("c"), "", T0, T0 + 9 * S, Outcome.DIAL_FAILED, outgoing=True)

    assert tally(story).counts == {}


def test_an_outgoing_contact_without_a_queue_has_its_talk_all_the_same() -> None:
    """Called without a queue: the talk belongs to the agent, and to no queue."""
    part = Segment("talking", T0 + 5 * S, T0 + 65 * S, None, ANA)
    story = with_deeds(contact("c", part, queue=None), dialled_by=ANA)

    assert book(story, by=By.AGENT).rows[ANA][Count.OUT_TALK_MS] == 60 * S
    assert list(book(story).rows) == [""]


def test_a_called_customer_who_is_sent_to_a_queue_waits_there_like_anybody() -> None:
    """From the transfer on it is a stay: offered, and given up after 30 s; the call before is outgoing."""
    story = with_deeds(
        contact(
            "c",
            Segment("dialling", T0, T0 + 5 * S),
            talking(5, 40),
            waiting(40, 70, SOPORTE),
            outcome=Outcome.ANSWERED,
            queue=SOPORTE,
        ),
        handed(40),
        dialled_by=ANA,
    )
    rows = book(story).rows

    assert counted(rows[SOPORTE], Count.OFFERED, Count.ABANDONED, Count.TALKS, Count.CONTACTS) == {
        "offered": 1,
        "abandoned": 1,
        "talks": 0,
        "contacts": 0,
    }
    assert rows[VENTAS][Count.OUT_TALKS] == 1
    assert rows[VENTAS][Count.OFFERED] == 0


def test_the_talk_after_such_a_wait_is_one_of_the_queue() -> None:
    """Beto answers in support after 20 s: in time, and his talk is an ordinary one."""
    story = with_deeds(
        contact("c", talking(5, 40), waiting(40, 60, SOPORTE), talking(60, 90, BETO, SOPORTE), queue=SOPORTE),
        handed(40),
        dialled_by=ANA,
    )
    row = book(story).rows[SOPORTE]

    assert counted(row, Count.ANSWERED_IN_TIME, Count.TALKS, Count.FIRST_ANSWERED) == {
        "answered_in_time": 1,
        "talks": 1,
        "first_answered": 0,
    }


def test_who_is_called_has_not_come_again() -> None:
    """A customer whom we call back is settled: only a call of their own would tell otherwise."""
    day_ms = 86_400_000
    later = T0 + 20 * day_ms
    kpis = Kpis(Shape(By.QUEUE, (T0, later)), goal, customer=lambda _: "k1")
    kpis.tell([answered("came", 5), REACHED])

    found = kpis.read(later).total()
    assert (found[Count.RETURN_DUE], found[Count.RESOLVED], found[Count.RETURNED]) == (1, 1, 0)


@pytest.mark.parametrize("by", list(By))
def test_the_parts_add_up_with_transfers_and_outgoing_calls(by: By) -> None:
    """However the morning is divided, every count has the same sum, and every stay ends in one way."""
    stories = (HELD, TRANSFERRED, SENT_ON, REACHED, NOT_REACHED)
    bounds = (T0, T0 + 30 * S, T0 + 60 * S, END)
    whole, parts = tally(*stories), book(*stories, by=by, bounds=bounds).total()

    assert parts.whole() == whole.whole()
    assert sum(whole[end] for end in STAY_ENDS) == whole[Count.OFFERED]
