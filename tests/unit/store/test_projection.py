from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from acd.model import ContactId, ExitKind, ExitTo, QueueId
from acd.records import ContactClosed, ContactDiverted, Ignored, Record
from centralita.store import rows, tables
from centralita.store.customers import erase
from centralita.store.history import History
from centralita.store.projection import COMMIT_ROWS, Projection
from centralita.store.traces import Trace
from centralita.tasks import spawn
from centralita.web.ports import ContactQuery
from tests.support.polling import eventually
from tests.unit.store.samples import NOW, NUMBER, Journal, call

pytestmark = pytest.mark.unit


def feed(projection: Projection, journal: Journal) -> None:
    for seq, at_ms, records, parties in journal:
        projection.put(seq, at_ms, records, parties)


async def everything(projection: Projection) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables; the random customer ids are replaced by the number they stand for."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    async with projection.engine.connect() as connection:
        owners = await connection.execute(select(tables.customer_number))
        ids = {row.customer_id: row.number_e164 for row in owners}
        for table in tables.metadata.sorted_tables:
            result = await connection.execute(select(table).order_by(*table.primary_key))
            raw = [
                tuple(ids.get(value, value) if isinstance(value, str) else value for value in row)
                for row in result
            ]
            found[table.name] = sorted(raw, key=repr)
    return found


async def test_a_finished_call_is_written_with_its_segments_offers_and_caller(
    projection: Projection, history: History
) -> None:
    """What the engine remembers of a call can be read back whole, the explanation included."""
    feed(projection, call(0))

    assert await projection.flush()

    found = await history.contact("c0")
    assert found is not None
    assert (found["outcome"], found["talk_ms"], found["number"], found["name"]) == (
        "answered",
        25_500,
        NUMBER,
        "Marta Ruiz",
    )
    assert [part["kind"] for part in found["segments"]] == ["ivr", "waiting", "talking"]
    (offer,) = found["offers"]
    assert (offer["agent"], offer["result"], offer["end_ms"]) == ("ana", "accepted", NOW + 4_500)
    assert offer["explanation"]["not_chosen"] == [{"reason": "talking", "agents": ["beto"]}]
    assert projection.last_seq() == 3
    assert projection.healthy


async def test_projecting_the_same_journal_twice_changes_nothing(url: str) -> None:
    """At the next start the whole journal may be projected again: not one row differs."""
    journal = [entry for n in range(5) for entry in call(n)]
    first = Projection(url, spawn)
    await first.start()
    feed(first, journal)
    feed(first, journal)
    await first.flush()
    before = await everything(first)
    await first.close()

    second = Projection(url, spawn)
    await second.start()
    assert second.last_seq() == 15
    feed(second, journal)
    await second.flush()
    after = await everything(second)
    await second.close()

    assert len(before["contact"]) == 5
    assert after == before


async def test_rows_that_are_there_are_kept_even_without_the_seq(projection: Projection) -> None:
    """If the seq were lost, primary keys alone still keep a second projection from changing anything."""
    entries = [rows.Entry(seq, rows.kept(records), parties) for seq, _, records, parties in call(0)]
    async with projection.engine.begin() as connection:
        await connection.run_sync(rows.write, entries, 3)
    before = await everything(projection)
    async with projection.engine.begin() as connection:
        await connection.run_sync(rows.write, entries, 3)

    assert len(before["segment"]) == 3
    assert await everything(projection) == before


async def test_a_kill_between_commits_loses_nothing_that_the_journal_has(url: str, tmp_path: Path) -> None:
    """kill -9 while rows are written; projected again from the journal, all is as if undisturbed."""
    code = f"""
import asyncio, itertools
from centralita.store.projection import Projection
from centralita.tasks import spawn
from tests.support.polling import eventually
from tests.unit.store.samples import call
async def main():
    projection = Projection({url!r}, spawn)
    await projection.start()
    for n in range(400):
        for seq, at_ms, records, parties in call(n):
            projection.put(seq, at_ms, records, parties)
        await asyncio.sleep(0.001)
        if projection.last_seq() > 60:
            print("writing", flush=True)
asyncio.run(main())
"""
    victim = subprocess.Popen(  # noqa: ASYNC220 - starts at once; its output is read in a thread
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert victim.stdout is not None
    await asyncio.to_thread(victim.stdout.readline)
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    victim.stdout.close()
    journal = [entry for n in range(400) for entry in call(n)]

    again = Projection(url, spawn)
    await again.start()
    survived = again.last_seq()
    feed(again, journal)
    await again.flush(within_ms=20_000)
    mended = await everything(again)
    await again.close()
    clean = Projection(f"sqlite+aiosqlite:///{tmp_path / 'clean.db'}", spawn)
    await clean.start()
    feed(clean, journal)
    await clean.flush(within_ms=20_000)
    undisturbed = await everything(clean)
    await clean.close()

    assert 60 < survived < 1_200
    assert mended == undisturbed


async def test_a_locked_database_is_waited_for(
    projection: Projection, history: History, tmp_path: Path
) -> None:
    """Another process holds the lock: put returns at once, an alarm says why, later all is written."""
    other = sqlite3.connect(tmp_path / "db" / "centralita.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    feed(projection, call(0))
    await eventually(lambda: not projection.healthy, 10)
    why = projection.why
    other.execute("ROLLBACK")
    other.close()

    assert "no acepta datos" in why
    assert "locked" in why
    assert await projection.flush()
    assert projection.healthy
    assert await history.contact("c0") is not None


async def test_a_full_disk_is_waited_for(projection: Projection, history: History) -> None:
    """No room for a page: the rows stay in memory and are written once there is room again."""
    async with projection.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        pages = (await (await raw.driver_connection.execute("PRAGMA page_count")).fetchone())[0]
        await raw.driver_connection.execute(f"PRAGMA max_page_count = {pages}")
    feed(projection, [entry for n in range(300) for entry in call(n)])
    await eventually(lambda: "full" in projection.why, 10)
    await projection.engine.dispose()  # new connections have no such limit

    assert await projection.flush(within_ms=20_000)
    assert projection.healthy
    assert (await history.contact("c299")) is not None


async def test_beyond_its_room_it_stops_and_leaves_no_gap(url: str, tmp_path: Path) -> None:
    """Out of memory room it drops the newest, says so, and remembers from where the next start must go on."""
    small = Projection(url, spawn, room=6, retry_first_ms=5)
    await small.start()
    feed(small, call(0))
    await small.flush()
    other = sqlite3.connect(tmp_path / "db" / "centralita.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    journal = [entry for n in range(1, 10) for entry in call(n)]
    feed(small, journal)
    assert "dejó de seguir al diario" in small.why
    other.execute("ROLLBACK")
    other.close()
    await small.flush()
    feed(small, journal)
    stopped = small.last_seq()
    await small.close()

    restarted = Projection(url, spawn)
    await restarted.start()
    feed(restarted, journal)
    await restarted.flush()
    contacts = (await everything(restarted))["contact"]
    await restarted.close()

    assert 3 < stopped < 30
    assert len(contacts) == 10


async def test_a_database_that_comes_late_is_opened_late(tmp_path: Path) -> None:
    """The database cannot be opened at start: the server starts without it and catches up."""
    blocker = tmp_path / "db"
    blocker.write_text("a file where the directory should be")
    late = Projection(f"sqlite+aiosqlite:///{blocker / 'centralita.db'}", spawn, retry_first_ms=5)

    assert await late.start(within_ms=50) is False
    assert not late.healthy
    feed(late, call(0))
    assert late.last_seq() == 0
    blocker.unlink()

    assert await late.flush()
    assert late.last_seq() == 3
    assert late.why == ""
    await late.close()


def without_entry(record: Record) -> Record:
    """A final record with a hole that the table does not allow: only a bug could make one."""
    return replace(record, entry=None) if isinstance(record, ContactClosed) else record  # type: ignore[arg-type]


async def test_one_impossible_row_does_not_hold_up_the_others(
    projection: Projection, history: History
) -> None:
    """A row that the database will never take is left out, counted and shown; its neighbours are written."""
    bad = [
        (seq, at_ms, tuple(without_entry(record) for record in records), parties)
        for seq, at_ms, records, parties in call(1)
    ]
    feed(projection, [*call(0), *bad, *call(2)])

    assert await projection.flush()
    assert "rechazó 1" in projection.why
    assert projection.last_seq() == 9
    assert await history.contact("c1") is None
    page = await history.contacts(ContactQuery())
    assert [row["id"] for row in page.contacts] == ["c2", "c0"]


async def test_entries_without_rows_move_the_seq_along(projection: Projection) -> None:
    """Most journal entries leave no row; they are not read again at the next start."""
    feed(projection, call(0))
    for seq in range(4, 100):
        projection.put(seq, NOW, (Ignored("TimePassed", "", "nothing due", NOW),))
    assert await projection.flush()
    assert projection.last_seq() == 99

    projection.put(100, NOW, ())
    assert await projection.flush()
    assert projection.last_seq() == 100


async def test_a_caller_is_one_customer_however_often_they_call(
    projection: Projection, history: History
) -> None:
    """The same number is the same customer; a withheld number is never one."""
    feed(projection, [*call(0), *call(1), *call(2, number=None)])
    await projection.flush()

    (customer,) = await history.customers(NUMBER)
    unknown = await history.contact("c2")

    assert customer["contacts"] == 2
    assert unknown is not None
    assert (unknown["customer_id"], unknown["number"], unknown["name"]) == (None, None, "")


async def test_erasure_removes_number_and_name_and_keeps_the_counters(
    projection: Projection, history: History, tmp_path: Path
) -> None:
    """After an erasure no file of the database holds the number or the name; the contacts still count."""
    feed(projection, [*call(0), *call(1)])
    await projection.flush()
    (customer,) = await history.customers(NUMBER)

    assert await projection.order(partial(erase, customer_id=str(customer["id"])), erases=True) is True
    assert await projection.order(partial(erase, customer_id="nobody")) is False

    assert await history.customers(NUMBER) == []
    left = await history.customer_contacts(str(customer["id"]), 10)
    assert left is not None
    assert [(row["outcome"], row["number"], row["name"]) for row in left] == [("answered", None, "")] * 2
    files = b"".join(path.read_bytes() for path in (tmp_path / "db").iterdir())
    assert NUMBER.encode() not in files
    assert b"Marta" not in files


async def test_an_erased_customer_who_calls_again_is_somebody_new(
    projection: Projection, history: History
) -> None:
    """Nothing ties the new call to the old ones."""
    feed(projection, call(0))
    await projection.flush()
    (old,) = await history.customers(NUMBER)
    await projection.order(partial(erase, customer_id=str(old["id"])))
    feed(projection, call(1))
    await projection.flush()

    (new,) = await history.customers(NUMBER)
    assert new["id"] != old["id"]
    assert new["contacts"] == 1


async def test_a_big_burst_is_committed_in_batches(projection: Projection) -> None:
    """A burst goes in batches of about 200 rows, not in one long transaction and not one by one."""
    commits = 0
    write = projection._transaction

    async def counted(entries: Any, up_to: int) -> None:
        nonlocal commits
        commits += 1
        assert sum(entry.weight for entry in entries) < COMMIT_ROWS + 10
        await write(entries, up_to)

    projection._transaction = counted  # type: ignore[method-assign]
    feed(projection, [entry for n in range(300) for entry in call(n)])
    await projection.flush(within_ms=20_000)

    assert 6 <= commits <= 12


def diverted(n: int) -> ContactDiverted:
    """The n-th contact hears that nobody is signed in and goes to another queue."""
    return ContactDiverted(
        ContactId(f"c{n}"),
        QueueId("ventas"),
        ExitKind.NOBODY_SIGNED_IN,
        ExitTo.QUEUE,
        "general",
        "admin",
        900,
        NOW + n,
    )


async def test_the_exits_a_contact_took_are_in_its_record(projection: Projection, history: History) -> None:
    """Written when they happen, told with the finished contact, once each however often projected."""
    opened, *rest = call(0)
    taken: Journal = [(2, NOW, (diverted(0),), ())]
    for _ in range(2):
        feed(projection, [opened, *taken, *rest])
    assert await projection.flush()

    found = await history.contact("c0")
    assert found is not None
    assert found["diversions"] == [
        {
            "queue": "ventas",
            "exit": "nobody_signed_in",
            "to": "queue",
            "name": "general",
            "alarm": "admin",
            "waited_ms": 900,
            "at_ms": NOW,
        }
    ]


async def test_how_a_contact_was_sorted_is_in_its_record_until_its_customer_is_erased(
    projection: Projection, history: History, tmp_path: Path
) -> None:
    """Segment and language stay, as they are counted; what the rules saw of the person goes."""
    trace = Trace(ContactId("c0"), NOW, ("vip",), {"segment": "oro", "rules": [{"rule": "vip"}]})
    (first, at_ms, records, parties), *rest = call(0)
    closed = [
        (seq, ms, tuple(sorted_as(record, "oro", "en") for record in told), who)
        for seq, ms, told, who in rest
    ]
    projection.put(first, at_ms, records, (*parties, trace))
    feed(projection, closed)
    assert await projection.flush()
    before = await history.contact("c0")
    assert before is not None
    await projection.order(partial(erase, customer_id=str(before["customer_id"])), erases=True)
    after = await history.contact("c0")
    assert after is not None

    assert before["classifications"] == [{"at_ms": NOW, "rules": ["vip"], "trace": trace.trace}]
    assert after["classifications"] == []
    assert (after["segment"], after["language"]) == ("oro", "en")
    assert b'"rule"' not in b"".join(path.read_bytes() for path in (tmp_path / "db").iterdir())


def sorted_as(record: Record, segment: str, language: str) -> Record:
    return (
        replace(record, segment=segment, language=language) if isinstance(record, ContactClosed) else record
    )


async def test_an_order_that_can_never_be_done_ends_with_its_sender(projection: Projection) -> None:
    """A row that the database refuses for ever is the asker's trouble: the writer goes on."""

    def impossible(connection: Connection) -> None:
        connection.execute(insert(tables.customer_number), [{"number_e164": NUMBER, "customer_id": "nobody"}])

    with pytest.raises(IntegrityError):
        await projection.order(impossible)
    feed(projection, call(0))

    assert await projection.flush()
    assert projection.healthy


async def test_an_order_comes_after_what_was_put_before_it(projection: Projection) -> None:
    """Who erases or edits sees the rows of the calls that ended before."""
    feed(projection, call(0))

    def contacts(connection: Connection) -> int:
        return len(connection.execute(select(tables.contact)).all())

    assert await projection.order(contacts) == 1
