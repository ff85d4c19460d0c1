from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from acd import events as ev
from acd.commands import Command, OfferContact
from acd.engine import VERSION, Decision, Engine
from acd.model import AgentId, OfferEnd, OfferId
from acd.records import Ignored, OfferAnnounced, Record, Started
from acd.state import State
from centralita import runtime as runtime_module
from centralita.runtime import InboxFull, Outputs, Runtime
from centralita.tasks import spawn
from tests.support.polling import eventually
from tests.unit.acd.desk import ANA, C1, START_MS, arrival, queue, routing
from tests.unit.acd.desk import agent as agent_rules

pytestmark = pytest.mark.unit

OPENING: list[ev.Event] = [
    ev.ConfigPublished(routing(queue("ventas", wrap_ms=40), agent_rules("ana"))),
    ev.PhoneReachable(ANA, reachable=True),
]


class FakeClock:
    """Runs in real time from a fixed start, and may jump."""

    skew_ms = 7

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return START_MS + self.ahead_ms + int((time.monotonic() - self._began) * 1000)


class Bench:
    """A runtime between a journal and executors that note the order in which they are called."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.journal: list[tuple[int, ev.Event]] = []
        self.records: list[Record] = []
        self.commands: list[Command] = []
        self.clock = FakeClock()
        self.syncs = 0
        self.on_command: Callable[[Command], None] = lambda _: None
        self.engine = Engine()
        self.runtime = Runtime(self.engine, self, self.clock, Outputs(self._remember, self._execute))

    def append(self, now_ms: int, event: ev.Event, state: State) -> int:
        assert state is self.engine.state
        self.log.append(f"journal {type(event).__name__}")
        self.journal.append((now_ms, event))
        return len(self.journal)

    def sync(self) -> None:
        self.syncs += 1

    def _remember(self, seq: int, now_ms: int, records: Sequence[Record]) -> None:
        assert (seq, now_ms) == (len(self.journal), self.journal[-1][0])
        self.log += [f"record {type(record).__name__}" for record in records]
        self.records += records

    def _execute(self, command: Command) -> None:
        self.log.append(f"command {type(command).__name__}")
        self.commands.append(command)
        self.on_command(command)

    def written(self) -> list[type]:
        return [type(event) for _, event in self.journal]


@asynccontextmanager
async def running(*opening: ev.Event) -> AsyncIterator[Bench]:
    bench = Bench()
    task = spawn(bench.runtime.run(), name="test.runtime")
    try:
        for event in opening:
            await bench.runtime.ask(event)
        yield bench
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def test_what_is_commanded_is_in_the_journal_before() -> None:
    """Journal, then records, then commands: a kill in between can lose a bell, never the knowledge of it."""
    async with running(*OPENING) as bench:
        bench.log.clear()
        for event in arrival(C1):
            await bench.runtime.ask(event)

    assert bench.log == [
        "journal ContactStarted",
        "record ContactOpened",
        "journal ContactEnqueued",
        "record ContactQueued",
        "record OfferAnnounced",
        "record AgentStateChanged",
        "command OfferContact",
    ]


async def test_a_journal_that_cannot_be_written_executes_nothing() -> None:
    """If the append raises, nobody is rung for something that nobody would remember."""
    async with running(*OPENING) as bench:
        await bench.runtime.ask(arrival(C1)[0])

        def refuse(now_ms: int, event: ev.Event, state: State) -> int:
            raise OSError("disk is on fire")

        bench.append = refuse  # type: ignore[method-assign]
        bench.runtime.post(arrival(C1)[1])
        await eventually(lambda: [t for t in asyncio.all_tasks() if t.get_name() == "test.runtime"] == [], 2)

    assert bench.commands == []
    assert "record OfferAnnounced" not in bench.log


async def test_the_first_thing_written_is_that_we_have_started() -> None:
    """With the engine's version and how far the wall clock stood behind."""
    async with running() as bench:
        await eventually(lambda: bench.records, 2)

    assert [event for _, event in bench.journal] == [ev.EngineStarted(VERSION, 7)]
    assert isinstance(bench.records[0], Started)


async def test_whoever_asks_is_answered_with_what_was_decided() -> None:
    """After it was taken and written, and with this input's decision."""
    async with running(*OPENING) as bench:
        decision = await bench.runtime.ask(arrival(C1)[0])
        assert bench.written()[-1] is ev.ContactStarted
        again = await bench.runtime.ask(arrival(C1)[0])

    assert isinstance(decision, Decision)
    assert [type(record) for record in again.records] == [Ignored]


async def test_whoever_stops_asking_stops_nobody_else() -> None:
    """A caller who hung up while the question was on its way: the input counts, the answer is dropped."""
    async with running(*OPENING) as bench:
        asking = spawn(bench.runtime.ask(arrival(C1)[0]), name="test.asker")
        await eventually(bench.runtime._inbox.qsize, 2, every_s=0)
        asking.cancel()
        await bench.runtime.ask(arrival(C1)[1])

        assert C1 in bench.runtime.state.contacts


async def test_inputs_are_taken_in_the_order_in_which_they_came() -> None:
    """Posted or asked, from wherever: one inbox, one order; commands may post, and are not re-entered."""
    async with running(*OPENING) as bench:

        def fail_at_once(command: Command) -> None:
            if isinstance(command, OfferContact):
                bench.runtime.post(ev.OfferFailed(command.offer_id, OfferEnd.BUSY))
                bench.log.append("command returned")

        bench.on_command = fail_at_once
        for event in arrival(C1):
            bench.runtime.post(event)
        await bench.runtime.ask(ev.WrapUpDone(ANA))

        await eventually(lambda: ev.OfferFailed in bench.written(), 2)

    order = [ev.ContactStarted, ev.ContactEnqueued, ev.WrapUpDone, ev.OfferFailed]
    assert [kind for kind in bench.written() if kind in order] == order
    assert bench.log.index("command returned") < bench.log.index("journal OfferFailed")


async def test_a_deadline_fires_by_itself_and_is_written_like_any_input() -> None:
    """A wrap-up of 40 ms ends although nobody says anything, and a replay would see why."""
    async with running(*OPENING) as bench:
        for event in arrival(C1):
            await bench.runtime.ask(event)
        await bench.runtime.ask(ev.OfferAccepted(OfferId("c1-o1")))
        began_ms = bench.clock.now_ms()
        await bench.runtime.ask(ev.ContactGone(C1))
        await eventually(lambda: ev.TimePassed in bench.written(), 2, every_s=0.002)
        took_ms = bench.journal[-1][0] - began_ms

    assert 40 <= took_ms < 500
    assert bench.runtime.state.agents[ANA].contact_id is None


async def test_a_deadline_that_is_set_while_we_wait_is_kept() -> None:
    """Waiting without a limit, then an input sets one: it is not slept through."""
    async with running(*OPENING) as bench:
        for event in arrival(C1):
            await bench.runtime.ask(event)
        bench.clock.ahead_ms += 20_000
        bench.runtime.post(ev.PhoneReachable(ANA, reachable=True))
        await eventually(lambda: bench.runtime.state.contacts[C1].offer_id is None, 2, every_s=0.002)

    assert [type(record) for record in bench.records].count(OfferAnnounced) == 1


async def test_time_in_the_journal_never_goes_back() -> None:
    """Whatever the clock does, each input is at or after the last one."""
    async with running(*OPENING) as bench:
        bench.clock.ahead_ms -= 5_000
        await bench.runtime.ask(arrival(C1)[0])

    times = [now_ms for now_ms, _ in bench.journal]
    assert times == sorted(times)


async def test_more_than_the_inbox_holds_is_refused_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound instead of a slow death: the adapter hears of it and takes a snapshot later."""
    monkeypatch.setattr(runtime_module, "INBOX_MAX", 3)
    bench = Bench()
    for _ in range(3):
        bench.runtime.post(ev.TimePassed())

    with pytest.raises(InboxFull, match="3 inputs wait"):
        bench.runtime.post(ev.TimePassed())
    with pytest.raises(InboxFull):
        await bench.runtime.ask(ev.TimePassed())


async def test_a_bug_in_the_engine_ends_the_runtime_and_leaves_no_trace_in_the_journal() -> None:
    """A half-changed state must not go on deciding: the task ends, and a replay does not meet the input."""
    async with running(*OPENING) as bench:
        handle = bench.engine.handle

        def poisoned(event: ev.Event, now_ms: int) -> Decision:
            assert not isinstance(event, ev.PresenceSet), "poison"
            return handle(event, now_ms)

        bench.engine.handle = poisoned  # type: ignore[method-assign]
        bench.runtime.post(ev.PresenceSet(ANA, bench.runtime.state.agents[ANA].presence))
        bench.runtime.post(ev.PhoneReachable(AgentId("beto"), reachable=True))
        await eventually(lambda: [t for t in asyncio.all_tasks() if t.get_name() == "test.runtime"] == [], 2)

    assert ev.PresenceSet not in bench.written()
    assert bench.written().count(ev.PhoneReachable) == 1
    assert bench.commands == []


async def test_what_is_written_is_synced_and_an_idle_centre_does_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For the loss of power; off the loop, so that a slow disk delays nobody."""
    monkeypatch.setattr(runtime_module, "SYNC_EVERY_S", 0.005)
    async with running(*OPENING) as bench:
        task = spawn(bench.runtime.keep_synced(), name="test.sync")
        for _ in range(3):
            before = bench.syncs
            bench.runtime.post(ev.TimePassed())
            await eventually(lambda before=before: bench.syncs > before, 2)  # type: ignore[misc]
        # Nothing is written: the next sync waits for ever.
        quiet = bench.syncs
        with pytest.raises(AssertionError):
            await eventually(lambda: bench.syncs > quiet + 1, 0.1)
        task.cancel()
        await asyncio.wait((task,))
