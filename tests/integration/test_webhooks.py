"""A real call reaches a real HTTP server as its events, in order, whatever happens to either server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from cti.softphone.baresip import BaresipStack
from cti.softphone.port import CallState
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.receiver import Receiver
from tests.support.scene import Cast, config_text, write_config

pytestmark = pytest.mark.integration

UP, ENDED = CallState.UP, CallState.ENDED
CALL = [
    "contact.started",
    "contact.queued",
    "offer.announced",
    "offer.ringing",
    "offer.accepted",
    "segment.connected",
    "segment.ended",
    "contact.closed",
]
"""Of a contact that the first agent takes; others of its events may come between."""


@pytest_asyncio.fixture(scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver.running() as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("avisos")
    hook = f"webhooks: {{crm: {{url: '{receiver.url}', events: ['contact.*', 'offer.*', 'segment.*'], "
    text = config_text({"ana": "{ventas: 8}"}) + hook + "allow_private: yes}}\n"
    async with Centre.running(folder / "home", write_config(folder / "config", text)) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def cast(centre: Centre, stack: BaresipStack) -> AsyncIterator[Cast]:
    yield Cast(centre, stack)


async def _call(centre: Centre, cast: Cast, number: str) -> None:
    """Taken by ana and ended by the caller."""
    await cast.agent("ana")
    call = await (await cast.caller(number)).dial(f"sip:902@{centre.sip}")
    leg = await cast.takes("ana", within_s=15)
    await call.hangup()
    await leg.wait_for(ENDED, within_s=5)


def _told(receiver: Receiver, number: str) -> list[str]:
    """The types of the events of this caller's contact as they were taken, doubles left out."""
    mine = {
        got.contact
        for got in receiver.taken
        if got.type == "contact.started" and got.event["data"]["customer"]["number"] == number
    }
    seen = {got.headers["Webhook-Id"]: got for got in reversed(receiver.taken)}
    first = [got for got in receiver.taken if seen[got.headers["Webhook-Id"]] is got]
    return [got.type for got in first if got.contact in mine and got.type in CALL]


async def _cli(centre: Centre, *words: str) -> str:
    command = [sys.executable, "-m", "centralita", "webhooks", *words, "--home", str(centre.home)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, out.decode()
    return out.decode()


async def test_a_real_call_is_told_in_order(centre: Centre, cast: Cast, receiver: Receiver) -> None:
    """From its arrival to the final record, signed with the secret that `webhooks secret` shows."""
    await _call(centre, cast, "+34600444001")
    await eventually(lambda: _told(receiver, "+34600444001") == CALL, 10)
    secret = (await _cli(centre, "secret", "crm")).strip()
    record = await cast.record(number="+34600444001")

    assert all(got.signed_by(secret) for got in receiver.taken)
    closed = next(got.event["data"] for got in receiver.taken if got.type == "contact.closed")
    assert (closed["contact_id"], closed["talk_ms"]) == (record["id"], record["talk_ms"])


async def test_a_call_is_not_touched_by_an_endpoint_that_is_away(
    centre: Centre, cast: Cast, receiver: Receiver
) -> None:
    """The call goes on; an alarm tells; our own server is killed; then all of it arrives, once, in order."""
    await receiver.down()
    await _call(centre, cast, "+34600444002")
    await eventually(lambda: _alarmed(centre), 20)
    centre.kill_server()
    await eventually(lambda: _healthy(centre), 15)
    await receiver.up()
    await eventually(lambda: _told(receiver, "+34600444002") == CALL, 60)

    ids = [got.headers["Webhook-Id"] for got in receiver.taken]
    assert len(ids) == len(set(ids))


async def test_an_administrator_sees_and_tries(centre: Centre, receiver: Receiver) -> None:
    """`list`, `test` and `dead` of the command line, on the running centre."""
    receiver.answer = lambda _: web.Response(status=200)
    assert (await _cli(centre, "test", "crm")).startswith("HTTP 200")
    assert receiver.taken[-1].type == "webhook.test"
    listed = (await _cli(centre, "list")).splitlines()[1].split()
    assert listed[:4] == ["crm", "idle", "0", "0"]
    assert (await _cli(centre, "dead", "crm")).strip() == "0"
    assert (await _cli(centre, "resend", "crm")).strip() == "0"


async def _alarmed(centre: Centre) -> bool:
    return any(
        "webhook crm: no se puede entregar" in why for why in (await centre.http_get("/api/live"))["alarms"]
    )


async def _healthy(centre: Centre) -> bool:
    return await centre.health() == 200
