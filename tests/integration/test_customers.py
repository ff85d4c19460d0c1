"""Customers found by their number while real calls come in: sorted, shown, and never waited for."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from cti.softphone.port import SoftCall
from tests.integration.conftest import AGENTS
from tests.support.centre import Centre, EventLog
from tests.support.polling import eventually
from tests.support.scene import Cast, config_text, write_config

pytestmark = pytest.mark.integration

RULES = """
segments: [base, oro]
facts: {customer: {within: 300ms, fields: {pedidos: int, gestor: agent}}}
classify:
  - id: oro
    when: customer.segment == oro and call.trust >= matched
    set: {segment: customer.segment, head_start: 3m}
  - id: otra-vez
    when: history.hung_up_waiting < 10m
    set: {head_start: 90s}
"""
MARTA = {
    "name": "Marta Ruiz",
    "numbers": ["911 23 45 67", "(0034) 600-111-222"],
    "segment": "oro",
    "language": "es",
    "fields": {"pedidos": 3, "gestor": "ana"},
}
KNOWN = "+34600111222"
_READERS = (123, 5)
"""First byte and number of the bytes in the `-shm` file that a reader locks (sqlite.org/walformat.html)."""


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("customers")
    config = write_config(folder / "config", config_text(AGENTS) + RULES)
    async with Centre.running(folder / "home", config) as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast, centre: Centre) -> AsyncIterator[None]:
    await put(centre, "C-7", MARTA)
    yield
    await cast.everybody_hangs_up()


async def put(centre: Centre, ref: str, body: object, query: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {centre.facts()['http']['token']}"}
    url = f"{centre.url}/api/customers/by-ref/{ref}{query}"
    async with aiohttp.ClientSession(headers=headers) as http, http.put(url, json=body) as answer:
        return answer.status, await answer.json(content_type=None)


@contextlib.asynccontextmanager
async def listening(centre: Centre) -> AsyncIterator[EventLog]:
    log = centre.events()
    await log.first("snapshot", within_s=5)
    yield log
    await log.close()


async def waits(log: EventLog, cast: Cast, centre: Centre, number: str) -> tuple[SoftCall, str]:
    """Somebody dials the queue; the call and the contact once it waits there."""
    before = len(log.of_type("contact.queued"))
    call = await (await cast.caller(number)).dial(f"sip:902@{centre.sip}")
    await eventually(lambda: len(log.of_type("contact.queued")) > before, 8, f"{number} waits")
    return call, str(log.of_type("contact.queued")[-1]["data"]["contact_id"])


async def live(centre: Centre, contact_id: str) -> dict[str, Any]:
    found = (await centre.http_get("/api/live"))["contacts"]
    return next(contact for contact in found if contact["id"] == contact_id)


async def test_a_known_caller_overtakes_and_the_pop_shows_the_customer(centre: Centre, cast: Cast) -> None:
    """Found by one of her numbers, sorted by the rule, offered before who waits longer, shown as she is."""
    await cast.only(of=list(AGENTS))
    async with listening(centre) as log:
        first, stranger = await waits(log, cast, centre, "+34600999888")
        second, marta = await waits(log, cast, centre, KNOWN)
        places = {name: (await live(centre, name))["position"] for name in (stranger, marta)}
        sorted_ = await log.first("contact.identified", lambda d: d["contact_id"] == marta, within_s=2)
        shown = await centre.http_get(f"/api/contacts/{marta}")

        await cast.all_ready("ana")
        leg = await (await cast.agent("ana")).next_call(within_s=5)
        pop = (await log.first("offer.announced", within_s=2))["data"]
        assert leg.headers["X-Contact"] == marta
        await leg.hangup()
        await second.hangup()
        await first.hangup()

    assert places == {marta: 1, stranger: 2}
    assert (sorted_["data"]["segment"], sorted_["data"]["head_start_ms"]) == ("oro", 180_000)
    assert (shown["live"], shown["segment"]) == (True, "oro")
    (trace,) = shown["classifications"]
    assert trace["rules"] == ["oro"]
    # The record was there in time. Earlier contacts may be late on a machine that is busy starting others.
    assert "customer" not in trace["trace"]["late"]
    assert pop["contact_id"] == marta
    assert pop["pop"]["record"] == {"type": "customer", "ref": "C-7", "name": "Marta Ruiz"}
    customer = pop["customer"]
    assert {name: customer[name] for name in ("ref", "name", "segment", "language", "fields", "trust")} == {
        "ref": "C-7",
        "name": "Marta Ruiz",
        "segment": "oro",
        "language": "es",
        "fields": {"pedidos": 3, "gestor": "ana"},
        "trust": "matched",
    }
    record = await cast.record(number=KNOWN)
    assert (record["segment"], [c["rules"] for c in record["classifications"]]) == ("oro", [["oro"]])


async def test_who_hung_up_waiting_gets_the_time_back(centre: Centre, cast: Cast) -> None:
    """The history of the number counts a call that ended a moment ago."""
    await cast.only(of=list(AGENTS))
    number = "+34600777666"
    async with listening(centre) as log:
        call, _ = await waits(log, cast, centre, number)
        await call.hangup()
        await log.first("contact.closed", within_s=5)
        again, contact_id = await waits(log, cast, centre, number)
        found = await live(centre, contact_id)
        await again.hangup()

    assert found["head_start_ms"] == 90_000


@contextlib.contextmanager
def frozen(centre: Centre) -> Iterator[None]:
    """Nobody can read the database: as a failing disk, or a back-up that holds on to it."""
    with (centre.home / "centralita.db-shm").open("r+b") as shared:
        fcntl.lockf(shared, fcntl.LOCK_EX, _READERS[1], _READERS[0])
        try:
            yield
        finally:
            fcntl.lockf(shared, fcntl.LOCK_UN, _READERS[1], _READERS[0])


async def test_a_frozen_database_delays_no_call(centre: Centre, cast: Cast) -> None:
    """What it would have said is unknown; the caller is in the queue within 400 ms, and told of as usual."""
    await cast.only(of=list(AGENTS))
    async with listening(centre) as log:
        with frozen(centre):
            call, contact_id = await waits(log, cast, centre, KNOWN)
            shown = await centre.http_get(f"/api/contacts/{contact_id}")
            await call.hangup()
            await log.first("contact.closed", within_s=5)
        started = next(m for m in log.of_type("contact.started") if m["data"]["contact_id"] == contact_id)
        queued = next(m for m in log.of_type("contact.queued") if m["data"]["contact_id"] == contact_id)

    took = datetime.fromisoformat(queued["at"]) - datetime.fromisoformat(started["at"])
    took_ms = round(took.total_seconds() * 1000)
    print(f"frozen database: in the queue after {took_ms} ms")  # noqa: T201 - a figure for the report
    assert took_ms < 400
    assert (shown["segment"], shown["head_start_ms"]) == ("", 0)
    assert shown["classifications"][0]["trace"]["late"] == ["customer", "history"]

    async def written() -> bool:
        record = await centre.http_get(f"/api/contacts/{contact_id}")
        return bool(record.get("outcome"))

    await eventually(written, 20, "the record is written once the database answers")


async def test_two_who_claim_one_number(centre: Centre) -> None:
    """The second is told whose it is; with the wish to move it, it moves."""
    claim = {"name": "Luis", "numbers": ["911234567"]}
    refused = await put(centre, "C-8", claim)
    moved = await put(centre, "C-8", claim, "?move=true")
    back = await put(centre, "C-7", MARTA, "?move=true")

    assert (refused[0], refused[1]["taken"]) == (409, [{"number": "+34911234567", "ref": "C-7"}])
    assert (moved[0], moved[1]["numbers"]) == (201, ["+34911234567"])
    assert back[1]["numbers"] == [KNOWN, "+34911234567"]
    wrong = await put(centre, "C-9", {"numbers": ["91"], "segment": "plata", "fields": {"pedidos": "x"}})
    assert (wrong[0], [w["key"] for w in wrong[1]["wrong"]]) == (
        422,
        ["numbers[0]", "segment", "fields.pedidos"],
    )


async def test_an_erased_customer_is_a_stranger(centre: Centre, cast: Cast) -> None:
    """Nothing of the record is left in the history, and the next call is nobody's."""
    await cast.only(of=list(AGENTS))
    found = await centre.http_get("/api/customers/by-ref/C-7")
    headers = {"Authorization": f"Bearer {centre.facts()['http']['token']}"}
    url = f"{centre.url}/api/customers/{found['id']}/identity"
    async with aiohttp.ClientSession(headers=headers) as http, http.delete(url) as answer:
        assert answer.status == 200
    async with listening(centre) as log:
        call, contact_id = await waits(log, cast, centre, KNOWN)
        seen = await live(centre, contact_id)
        await call.hangup()
    past = (await centre.http_get(f"/api/customers/{found['id']}/contacts"))["contacts"]

    assert seen["segment"] == ""
    assert {(row["number"], row["name"]) for row in past} <= {(None, "")}
