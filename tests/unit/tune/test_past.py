"""The history of a tuning is read from the projection's own tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.model import AgentId, QueueId
from centralita.store.database import open_engine
from centralita.store.tables import contact, metadata, segment, wrap_up
from centralita.tune.errors import TuneError
from centralita.tune.history import DAY_MS, read_past
from centralita.waits.seen import read_demand
from tests.unit.waits.centres import toy

pytestmark = pytest.mark.unit

NOW_MS = 100 * DAY_MS
A_DAY = 300


def rows(
    days: int, direction: str
) -> tuple[list[dict[str, object]], list[dict[str, object]], list[dict[str, object]]]:
    """Calls for sales, each third one for support; b1 takes twice as long as b2; one in ten gives up."""
    contacts, talks, wraps = [], [], []
    for number in range(days * A_DAY):
        day, at = divmod(number, A_DAY)
        queued_ms = NOW_MS - (day + 1) * DAY_MS + at * 60_000
        queue = "soporte" if at % 3 == 0 else "ventas"
        agent = ("b1", "b2")[at % 2] if queue == "soporte" else "a1"
        talk_ms = 200_000 if agent == "b1" else 100_000
        answered = at % 10 > 0
        name = f"c{number}"
        contacts.append(
            {
                "id": name, "switch": "x", "uniqueid": name, "entry": "menu", "outcome": "answered",
                "ended_by": "caller", "queue": queue, "started_ms": queued_ms, "queued_ms": queued_ms,
                "answered_ms": queued_ms + 20_000 if answered else None, "ended_ms": queued_ms + 300_000,
                "wait_ms": 20_000, "ring_ms": 0, "talk_ms": talk_ms if answered else 0,
                "config_version": "toy", "journal_seq": number, "language": "es", "segment": "",
                "direction": direction, "hold_ms": 0, "transfers": 0,
            }
        )  # fmt: skip
        if answered:
            start_ms = queued_ms + 20_000
            talks.append(
                {
                    "contact_id": name, "position": 0, "kind": "talking", "start_ms": start_ms,
                    "end_ms": start_ms + talk_ms, "queue": queue, "agent": agent, "hold_ms": 0,
                }
            )  # fmt: skip
            wraps.append(
                {
                    "id": name,
                    "contact_id": name,
                    "agent": agent,
                    "end_ms": start_ms + 200_000,
                    "wrap_ms": 15_000,
                }
            )
    return contacts, talks, wraps


async def database(path: Path, days: int, direction: str = "inbound") -> AsyncEngine:
    engine = open_engine(f"sqlite+aiosqlite:///{path / 'centralita.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        for table, found in zip((contact, segment, wrap_up), rows(days, direction), strict=True):
            await connection.execute(insert(table), found)
    return engine


async def test_rates_times_and_factors_come_from_the_database(tmp_path: Path) -> None:
    """Ten days: each queue's calls an hour, its wrap-up, and that one agent is slower than another."""
    engine = await database(tmp_path, 10)
    try:
        past = await read_past(engine, toy(), NOW_MS, 28)
    finally:
        await engine.dispose()
    streams = {stream.queue: stream for stream in past.demand.streams}
    assert (past.contacts, past.days) == (3_000, 10)
    assert sum(streams[QueueId("soporte")].per_hour) == pytest.approx(A_DAY / 3)
    assert past.demand.wrap_ms[QueueId("ventas")] == 15_000
    factors = streams[QueueId("soporte")].factors
    assert factors is not None
    assert factors[AgentId("b1")] > 1.1
    assert factors[AgentId("b2")] < 0.9
    # 20 s waited by everybody, one in ten gave up: 200 s of waiting for each who did.
    assert streams[QueueId("ventas")].patience_ms == pytest.approx(200_000, rel=0.15)


async def test_only_the_days_that_were_asked_for_count(tmp_path: Path) -> None:
    """Of ten days three are asked for: too few, and the refusal says so."""
    engine = await database(tmp_path, 10)
    try:
        with pytest.raises(TuneError, match="3 días"):
            await read_past(engine, toy(), NOW_MS, 3)
    finally:
        await engine.dispose()


async def test_whom_agents_call_is_no_history_of_a_queue(tmp_path: Path) -> None:
    """Ten days of outgoing contacts teach neither tuning nor the waits anything about callers."""
    engine = await database(tmp_path, 10, "outbound")
    try:
        with pytest.raises(TuneError, match="0 contactos"):
            await read_past(engine, toy(), NOW_MS, 28)
        assert await read_demand(engine, toy(), NOW_MS) is None
    finally:
        await engine.dispose()


async def test_the_waits_learn_from_who_called(tmp_path: Path) -> None:
    """The same ten days, of callers: all that the outgoing ones were not."""
    engine = await database(tmp_path, 10)
    try:
        demand = await read_demand(engine, toy(), NOW_MS)
    finally:
        await engine.dispose()

    assert demand is not None
    assert demand.wrap_ms[QueueId("ventas")] == 15_000
