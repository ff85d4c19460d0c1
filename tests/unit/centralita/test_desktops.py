from __future__ import annotations

import asyncio

import pytest

from acd import events as ev
from acd.engine import Decision
from acd.model import AgentId, Desktop, Presence
from centralita.desktops import Desktops
from centralita.runtime import InboxFull
from centralita.tasks import spawn
from tests.support.polling import eventually
from tests.unit.acd.desk import ANA, BETO, Desk, agent, queue
from tests.unit.centralita.commands.stage import FakeScreen

pytestmark = pytest.mark.unit

ONE, OTHER = FakeScreen(), FakeScreen()
LONG_MS = 60_000


class Stage:
    """Screens around a real engine."""

    def __init__(self, grace_ms: int = 20) -> None:
        self.desk = Desk(queue("ventas"), agent("ana"), agent("beto"))
        for name in (ANA, BETO):
            self.desk.happens(ev.PresenceSet(name, Presence.READY))
        self.asked: list[ev.Event] = []
        self.full = False
        self.desktops = self.restarted(grace_ms)

    def restarted(self, grace_ms: int = 20) -> Desktops:
        return Desktops(lambda: self.desk.state, self.ask, spawn, grace_ms=grace_ms)

    async def ask(self, event: ev.Event) -> Decision:
        if self.full:
            raise InboxFull
        self.asked.append(event)
        return self.desk.happens(event, after_ms=1)

    def shown(self, name: AgentId = ANA) -> Desktop:
        return self.desk.state.agents[name].desktop

    async def becomes(self, wanted: Desktop, name: AgentId = ANA) -> None:
        await eventually(lambda: self.shown(name) is wanted, 5, f"{name} {wanted}")


async def settle() -> None:
    """Let everything run that is due, and longer than a short grace."""
    await asyncio.wait({asyncio.ensure_future(asyncio.Event().wait())}, timeout=0.08)


async def test_a_lost_screen_takes_its_agent_out_after_the_grace() -> None:
    """Not before: the agent can be offered contacts while the page reloads."""
    stage = Stage()
    await stage.desktops.connected(ANA, ONE)
    stage.desktops.lost(ONE)
    at_once = stage.shown()
    await stage.becomes(Desktop.GONE)

    assert at_once is Desktop.CONNECTED
    assert stage.shown(BETO) is Desktop.NONE


async def test_a_screen_that_comes_back_in_time_was_never_gone() -> None:
    """The engine hears of no loss at all."""
    stage = Stage()
    await stage.desktops.connected(ANA, ONE)
    stage.desktops.lost(ONE)
    await stage.desktops.connected(ANA, OTHER)
    await settle()

    assert stage.shown() is Desktop.CONNECTED
    assert ev.DesktopChanged(ANA, Desktop.GONE) not in stage.asked


async def test_a_screen_that_comes_back_late_puts_its_agent_back() -> None:
    """The veto ends with the new connection."""
    stage = Stage()
    await stage.desktops.connected(ANA, ONE)
    stage.desktops.lost(ONE)
    await stage.becomes(Desktop.GONE)
    await stage.desktops.connected(ANA, OTHER)

    assert stage.shown() is Desktop.CONNECTED


async def test_only_the_last_of_several_screens_counts() -> None:
    """One tab of two closes: nothing has happened."""
    stage = Stage()
    await stage.desktops.connected(ANA, ONE)
    await stage.desktops.connected(ANA, OTHER)
    stage.desktops.lost(ONE)
    await settle()
    still = stage.shown()
    stage.desktops.lost(OTHER)
    await stage.becomes(Desktop.GONE)

    assert still is Desktop.CONNECTED


async def test_a_goodbye_is_no_loss() -> None:
    """Who closes the screen on purpose works by phone alone; with a second screen nothing changes."""
    stage = Stage()
    await stage.desktops.connected(ANA, ONE)
    await stage.desktops.connected(ANA, OTHER)
    await stage.desktops.said_goodbye(ANA, ONE)
    with_another = stage.shown()
    await stage.desktops.said_goodbye(ANA, OTHER)
    stage.desktops.lost(OTHER)
    await settle()

    assert (with_another, stage.shown()) == (Desktop.CONNECTED, Desktop.NONE)


async def test_a_goodbye_after_a_loss_ends_the_veto() -> None:
    """From whichever connection: the agent says that no screen is to be waited for."""
    stage = Stage()
    await stage.desktops.connected(ANA, ONE)
    stage.desktops.lost(ONE)
    await stage.becomes(Desktop.GONE)
    await stage.desktops.said_goodbye(ANA, OTHER)

    assert stage.shown() is Desktop.NONE


async def test_after_a_restart_screens_have_their_grace() -> None:
    """Who was connected to the server before and does not come back is gone; who does never was."""
    stage = Stage()
    await stage.desktops.connected(ANA, ONE)
    await stage.desktops.connected(BETO, OTHER)
    after = stage.restarted()
    after.start()
    await after.connected(BETO, ONE)
    await stage.becomes(Desktop.GONE)

    assert stage.shown(BETO) is Desktop.CONNECTED


async def test_a_connection_that_is_no_screen_may_end_as_it_likes() -> None:
    """A wallboard is nobody's screen."""
    stage = Stage()
    await stage.desktops.connected(ANA, ONE)
    stage.desktops.lost(OTHER)
    await settle()

    assert stage.shown() is Desktop.CONNECTED


async def test_only_the_screens_with_the_phone_are_told_to_pick_up() -> None:
    """All of them, as long as they are there; a screen that says otherwise later is one no more."""
    stage = Stage(LONG_MS)
    one, other, board = FakeScreen(), FakeScreen(), FakeScreen()
    await stage.desktops.connected(ANA, one, phone=True)
    await stage.desktops.connected(ANA, other, phone=True)
    await stage.desktops.connected(ANA, board)
    assert stage.desktops.tell_phone(ANA, b"1")
    await stage.desktops.connected(ANA, one)
    assert stage.desktops.tell_phone(ANA, b"2")
    await stage.desktops.said_goodbye(ANA, other)
    assert not stage.desktops.tell_phone(ANA, b"3")
    assert not stage.desktops.tell_phone(BETO, b"4")

    assert [one.told, other.told, board.told] == [[b"1"], [b"1", b"2"], []]


async def test_a_lost_screen_is_told_nothing() -> None:
    """And one that does not read counts for nothing."""
    stage, lost, deaf = Stage(LONG_MS), FakeScreen(), FakeScreen(reads=False)
    await stage.desktops.connected(ANA, lost, phone=True)
    stage.desktops.lost(lost)
    await stage.desktops.connected(ANA, deaf, phone=True)

    assert not stage.desktops.tell_phone(ANA, b"1")
    assert (lost.told, deaf.told) == ([], [b"1"])
