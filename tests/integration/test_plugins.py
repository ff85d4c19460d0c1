"""What others bring along: pyst2 scripts, pyst2's manager beside ours, callers who hide their number."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from centralita.tasks import spawn
from cti.softphone.port import CallState, SoftCall
from tests.integration.conftest import AGENTS
from tests.support.audio import find_clip, read_wav_8k
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.process import die_with_parent
from tests.support.scene import Cast
from tests.support.sipp import Caller, start_callers
from tests.support.telephone import Telephone

pytestmark = pytest.mark.integration

UP, ENDED = CallState.UP, CallState.ENDED
SCRIPT_ENTRY = "901"
QUEUE_ENTRY = "902"

PLUG_IN = """
import json, sys
from asterisk import manager

def tell(event, _manager):
    wanted = ("Event", "Uniqueid", "CallerIDNum")
    print(json.dumps({name: event.get_header(name) for name in wanted}), flush=True)

port, user, secret = json.loads(sys.stdin.readline())
link = manager.Manager()
link.register_event("Newchannel", tell)
link.register_event("Hangup", tell)
link.connect("127.0.0.1", port)
print(json.dumps({"login": link.login(user, secret).get_header("Response")}), flush=True)
for _ in sys.stdin:
    print(json.dumps({"ping": link.ping().get_header("Response")}), flush=True)
"""
"""A plug-in as pyst2's own documentation has it: settings come as JSON, events go out as JSON lines."""


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


async def test_an_unchanged_pyst2_script_answers_a_call(centre: Centre, cast: Cast) -> None:
    """Entry 901: greeted by the script, a key, the key said back, goodbye, the end, and a record of it."""
    number = "+34600333001"
    call = await (await cast.caller(number)).dial(f"sip:{SCRIPT_ENTRY}@{centre.sip}")
    await call.wait_for(UP, within_s=5)
    greeted = await _hears(centre, call, "hello-world")
    await _falls_silent(call)  # it takes keys only after its greeting
    await call.send_dtmf("7")
    said = await _hears(centre, call, "digits/7")
    bye = await _hears(centre, call, "vm-goodbye")
    assert greeted < said < bye
    await call.wait_for(ENDED, within_s=5)

    record = await cast.record(number=number)
    assert (record["outcome"], record["ended_by"], record["queue"]) == ("completed_ivr", "system", None)
    assert [segment["kind"] for segment in record["segments"]] == ["ivr"]


async def test_a_caller_who_leaves_the_script_is_not_counted_as_served(centre: Centre, cast: Cast) -> None:
    """The same script, but the caller hangs up while it speaks: abandoned, by the caller."""
    number = "+34600333002"
    call = await (await cast.caller(number)).dial(f"sip:{SCRIPT_ENTRY}@{centre.sip}")
    await call.wait_for(UP, within_s=5)
    await _hears(centre, call, "hello-world")
    await call.hangup()
    record = await cast.record(number=number)
    assert (record["outcome"], record["ended_by"]) == ("abandoned_ivr", "caller")


async def test_pyst2s_manager_sees_the_same_calls_beside_ours(centre: Centre, cast: Cast) -> None:
    """Two AMI sessions on one Asterisk: the same uniqueids in both, and each goes on working."""
    await cast.only("ana", of=list(AGENTS))
    ana = await cast.agent("ana")
    async with Witness.of(centre) as witness:
        for number in ("+34600333003", "+34600333004"):
            await cast.all_ready("ana")
            call = await (await cast.caller(number)).dial(f"sip:{QUEUE_ENTRY}@{centre.sip}")
            leg = await ana.next_call(within_s=5)
            await leg.answer()
            await leg.wait_for(UP, within_s=3)
            await eventually(lambda: _talks(cast, "ana"), 3, "ana talks")
            await call.hangup()
            record = await cast.record(number=number)
            assert record["outcome"] == "answered"
            channels = {record["uniqueid"], record["offers"][0]["id"]}
            await eventually(lambda: channels <= witness.uniqueids("Hangup"), 3, "both channels seen to end")  # noqa: B023
            assert channels <= witness.uniqueids("Newchannel")
            assert number in witness.numbers()
        assert await witness.ping() == "Success"


async def test_a_withheld_number_is_never_recorded(centre: Centre, tmp_path: Path) -> None:
    """P-Asserted-Identity names the caller, Privacy: id forbids to use it: unknown, no customer, no name."""
    hidden = Caller("+34600333005", asserted="sip:+34600333005@trunk.example", private=True, name="Rosa")
    record = await _record_of(centre, hidden, tmp_path)
    assert (record["number"], record["customer_id"], record["name"]) == (None, None, "")
    assert "333005" not in json.dumps(record)


async def test_an_asserted_number_without_privacy_is_the_callers(centre: Centre, tmp_path: Path) -> None:
    """The same header without Privacy counts, before From: else the test above would prove nothing."""
    told = Caller("anonymous", asserted="sip:+34600333006@trunk.example")
    record = await _record_of(centre, told, tmp_path)
    assert record["number"] == "+34600333006"
    assert record["customer_id"] is not None


async def test_an_anonymous_caller_is_unknown(centre: Centre) -> None:
    """From anonymous@anonymous.invalid (RFC 3323): number null, no customer, not even a shared one."""
    host, _, port = centre.sip.partition(":")
    caller = Telephone("anonymous", (host, int(port)), domain="anonymous.invalid")
    seen = centre.events()
    await seen.first("hello", within_s=5)
    answer = await caller.dial(QUEUE_ENTRY)
    assert answer.status == 200, answer.first
    await seen.first("contact.queued", within_s=5)
    await caller.hang_up()
    caller.close()
    record = await _closed(centre, (await seen.first("contact.closed", within_s=5))["data"]["contact_id"])
    await seen.close()
    assert (record["number"], record["customer_id"]) == (None, None)


async def _hears(centre: Centre, call: SoftCall, sound: str) -> int:
    """Wait until a sound of Asterisk's own was heard whole; returns when it began, in ms of the call."""
    clip = read_wav_8k(centre.home / f"asterisk/data/sounds/es/{sound}.wav")

    async def heard() -> list[int]:
        at = await asyncio.to_thread(find_clip, call.heard(), clip)
        return [] if at is None else [at]

    return (await eventually(heard, 10, f"{sound} heard", every_s=0.25))[0]


async def _falls_silent(call: SoftCall) -> None:
    """Wait until nothing more arrives."""
    before = -1

    def silent() -> bool:
        nonlocal before
        before, now = len(call.heard()), before
        return before == now

    await eventually(silent, 10, "silence", every_s=0.3)


async def _talks(cast: Cast, name: str) -> bool:
    return bool((await cast.live_agent(name))["activity"] == "talking")


async def _record_of(centre: Centre, caller: Caller, work: Path) -> dict[str, Any]:
    """Let SIPp call the queue and leave again; what the server has written about it."""
    seen = centre.events()
    await seen.first("hello", within_s=5)
    await seen.first("snapshot", within_s=5)
    leaving = replace(caller, hang_up_after_ms=700)
    result = await (await start_callers(centre.sip, QUEUE_ENTRY, [leaving], work)).wait(within_s=20)
    assert result.exit_code == 0, result.errors
    closed = await seen.first("contact.closed", within_s=5)
    await seen.close()
    return await _closed(centre, closed["data"]["contact_id"])


async def _closed(centre: Centre, contact_id: str) -> dict[str, Any]:
    async def stored() -> dict[str, Any]:
        found: dict[str, Any] = await centre.http_get(f"/api/contacts/{contact_id}")
        return found

    return await eventually(stored, 5, f"{contact_id} stored")


class Witness:
    """A process of its own in which pyst2's Manager listens. Made by `Witness.of`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._told: list[dict[str, Any]] = []
        self._reading = spawn(self._read(), name="test.witness")

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, centre: Centre) -> AsyncIterator[Witness]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "ignore", "-c", PLUG_IN),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
        witness = cls(process)
        try:
            ami = centre.facts()["ami"]
            witness._say(json.dumps([ami["port"], ami["user"], ami["secret"]]))
            assert await witness._answer("login") == "Success"
            yield witness
        finally:
            process.kill()
            await process.wait()

    async def ping(self) -> str:
        """Whether its session still answers."""
        self._say("ping")
        return await self._answer("ping")

    def uniqueids(self, event: str) -> set[str]:
        return {told["Uniqueid"] for told in self._told if told.get("Event") == event}

    def numbers(self) -> set[str]:
        return {told["CallerIDNum"] for told in self._told if told.get("Event") == "Newchannel"}

    async def _answer(self, name: str) -> str:
        def answered() -> list[str]:
            found = [str(told[name]) for told in self._told if name in told]
            assert found, f"pyst2 said {self._told[-20:]}"
            return found

        return (await eventually(answered, 5, f"pyst2's answer to {name}"))[0]

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            try:
                self._told.append(json.loads(line))
            except ValueError:
                self._told.append({"said": line.decode()})
