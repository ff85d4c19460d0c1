from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from acd import events as ev
from acd.engine import Engine
from acd.model import AgentId, Channel, ContactId, Desktop, ExitKind, OfferEnd, Phase, Presence, QueueId
from acd.state import Contact, State
from tests.unit.acd.desk import (
    ANA,
    BETO,
    C1,
    C2,
    C3,
    KEEP_WAITING,
    SALES,
    START_MS,
    SUPPORT,
    Desk,
    agent,
    queue,
    routing,
    to_queue,
    with_exits,
    with_steps,
)

pytestmark = pytest.mark.unit


def contact(name: str, queued_ms: int, queue_name: str = "ventas") -> Contact:
    made = Contact(ContactId(name), Channel("a", name), "900", "v1", 0, 0)
    made.phase, made.rules, made.queued_ms = Phase.WAITING, queue(queue_name), queued_ms
    return made


def state_with(*contacts: Contact) -> State:
    state = State(routing(queue("ventas")))
    for one in contacts:
        state.contacts[one.id] = one
        state.join_line(one)
    return state


def line(state: State, name: str = "ventas") -> list[str]:
    return [contact_id for _, contact_id in state.lines[QueueId(name)]]


def test_a_place_is_given_by_the_clock_not_by_the_order_of_joining() -> None:
    """Who entered earlier stands further ahead, whenever the line hears of it."""
    state = state_with(contact("c3", 30), contact("c1", 10), contact("c2", 20))

    assert line(state) == ["c1", "c2", "c3"]
    assert [state.position(ContactId(f"c{n}")) for n in (1, 2, 3)] == [1, 2, 3]


def test_two_who_came_in_the_same_moment_stand_in_order_of_their_ids() -> None:
    """A tie is broken the same way on every machine."""
    assert line(state_with(contact("cb", 10), contact("ca", 10))) == ["ca", "cb"]


def test_joining_twice_takes_one_place_and_leaving_twice_takes_none_away() -> None:
    """Repeated inputs neither double a caller nor push out a neighbour."""
    first, second = contact("c1", 10), contact("c2", 20)
    state = state_with(first, second)

    state.join_line(first)
    assert line(state) == ["c1", "c2"]
    state.leave_line(first)
    state.leave_line(first)
    assert line(state) == ["c2"]


def test_who_was_never_in_a_queue_leaves_none() -> None:
    """A caller in the menu can go without there being a line to leave."""
    state = state_with(contact("c1", 10))
    state.leave_line(Contact(C2, Channel("a", "2"), "900", "v1", 0, 0))

    assert line(state) == ["c1"]


@pytest.mark.parametrize("phase", [Phase.IVR, Phase.TALKING, Phase.AFTER, Phase.FALLBACK])
def test_only_who_waits_has_a_position(phase: Phase) -> None:
    """In the menu, in a talk, afterwards or with the fallback telephone there is no place to tell."""
    waiting = contact("c1", 10)
    state = state_with(waiting)
    waiting.phase = phase

    assert state.position(C1) is None
    assert state.position(ContactId("nobody")) is None


def test_who_is_being_offered_keeps_the_place() -> None:
    """The bell is not yet an answer: the next in line does not move up."""
    desk = Desk()
    desk.comes(C1, C2)

    assert desk.contact(C1).phase is Phase.OFFERED
    assert [desk.state.position(c) for c in (C1, C2)] == [1, 2]


def test_who_is_of_one_kind_stands_in_one_group_and_an_empty_line_is_not_kept() -> None:
    """Queue, segment and needs make a kind; who leaves the line leaves the group."""
    desk = Desk(queue("ventas"), queue("soporte", (SUPPORT, 1)), agent("ana", {SALES: 5}))
    desk.sets(ANA, Presence.NOT_READY)
    desk.comes(C3, C1)
    desk.comes(C2, queue="soporte")
    desk.happens(ev.ContactClassified(C3, "", "oro", 0, ()))

    groups = desk.state.index.groups.values()
    assert {(g.kind.queue, g.kind.segment): [key[1] for key in g] for g in groups if len(g)} == {
        ("ventas", ""): [C1],
        ("ventas", "oro"): [C3],
        ("soporte", ""): [C2],
    }
    for one in (C1, C2, C3):
        desk.happens(ev.ContactGone(one))
    assert (sum(len(group) for group in groups), desk.state.lines) == (0, {})


def test_a_head_start_is_a_place_further_ahead_and_no_longer_wait() -> None:
    """The key in the line is the clock less the head start; the real wait is the clock's."""
    state = state_with(contact("c1", 10), replace(contact("c2", 20), head_start_ms=15))

    assert line(state) == ["c2", "c1"]
    assert state.waiting_since_ms(QueueId("ventas")) == 10
    assert state.waiting_since_ms(QueueId("ninguna")) is None


def busy_desk() -> Desk:
    """A desk with something in every field: talk, wrap-up, rest, offers, fallback, exits, a second queue."""
    ventas = with_exits(
        with_steps(queue("ventas"), ("uno", 0, ()), ("dos", 60_000, ())),
        {ExitKind.CLOSED: to_queue("soporte", "cerrado")},
        (200, KEEP_WAITING),
    )
    people = [agent(name) for name in ("ana", "beto", "carla", "dora")]
    desk = Desk(ventas, queue("soporte"), queue("vieja"), *people)
    desk.happens(ev.ConfigPublished(routing(ventas, queue("soporte"), *people, version="v2")))
    desk.happens(ev.ContactStarted(ContactId("c7"), Channel("a", "7"), "900"))
    desk.happens(ev.ContactEnqueued(ContactId("c7"), QueueId("ventas"), is_open=False))
    desk.happens(ev.DesktopChanged(BETO, Desktop.CONNECTED))
    desk.happens(ev.SwitchSnapshot("a", "boot-1", START_MS, (), (), tuple(sorted(desk.state.agents))))
    desk.talks(C1)
    desk.happens(ev.LegGone(desk.offer_of(C1)), after_ms=3_000)
    desk.comes(C2)
    desk.fails(OfferEnd.BUSY, C2, after_ms=100)
    desk.happens(ev.OfferRinging(desk.offer_of(C2)), after_ms=100)
    desk.talks(C3)
    desk.comes(ContactId("c4"), ContactId("c5"), ContactId("c6"), queue="soporte")
    desk.happens(ev.IvrMoved(ContactId("c6"), "menu"), ev.ContactElsewhere(ContactId("c5")), after_ms=50)
    desk.happens(ev.ContactClassified(ContactId("c6"), "es", "oro", 90_000, ("oro",)))
    desk.comes(ContactId("c8"))
    desk.visits(ContactId("c8"), after_ms=200)
    desk.happens(ev.PhoneInUse(AgentId("dora"), in_use=True))
    return desk


def test_the_state_can_be_written_down_and_read_back() -> None:
    """A snapshot at the head of a journal segment holds everything: types, order, clocks, deadlines."""
    state = busy_desk().state

    text = msgspec.json.encode(msgspec.to_builtins(state, str_keys=True))
    back = msgspec.convert(msgspec.json.decode(text), State, str_keys=True)

    assert back == state
    assert back.boots == {"a": "boot-1"}
    waited, turned_away = back.contacts[ContactId("c8")], back.contacts[ContactId("c7")]
    assert (waited.say_now, waited.kept) == (("paciencia",), ["waited:200"])
    assert (turned_away.exit_kind, turned_away.exit) == (ExitKind.CLOSED, to_queue("soporte", "cerrado"))
    assert {contact.phase for contact in back.contacts.values()} >= {
        Phase.TALKING,
        Phase.AFTER,
        Phase.FALLBACK,
    }


def test_a_read_back_engine_goes_on_as_if_nothing_had_been() -> None:
    """The same inputs give the same outputs on the state that was read back, deadlines included."""
    desk = busy_desk()
    text = msgspec.json.encode(msgspec.to_builtins(desk.state, str_keys=True))
    again = Engine(msgspec.convert(msgspec.json.decode(text), State, str_keys=True))
    inputs: list[tuple[int, ev.Event]] = [
        (1_000, ev.OfferAccepted(desk.offer_of(C2))),
        (9_000, ev.TimePassed()),
        (12_000, ev.ContactGone(C2)),
        (60_000, ev.PhoneReachable(BETO, reachable=False)),
        (90_000, ev.ContactGone(ContactId("c4"))),
    ]

    for later_ms, event in inputs:
        at_ms = desk.now_ms + later_ms
        assert again.handle(event, at_ms) == desk.engine.handle(event, at_ms)
    assert again.state == desk.state
    assert AgentId("beto") in again.state.agents
