"""
How fast a call is put through, and how fast the server is back: `python -m bench.latency --calls 100`.

A telephone of our own dials, another one answers at once. All moments are the
kernel's stamps of packets on one clock: INVITE and audio as they reach a
telephone, the pop as it reaches a desktop's socket. bench/README.md says more.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.event_tap import EventTap
from bench.figures import Row, machine, table, write_report
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.telephone import Telephone

AGENT = "ana"
QUEUE_ENTRY, TONE_ENTRY = "900", "910"
TONE_VOICE = 0x9A
"""What `TONE_SAMPLE` becomes in mu-law (ITU-T G.711)."""
TONE_SAMPLE = 10_876
TONE_S = 40
WITHIN_S = 5.0
STEADY_S = 6.0
"""A server that lived shorter counts as one that crashes at its start."""
_CONFIG = f"""
schema: acd/1
name: Medida
languages: [es]
agents: {{{AGENT}: {{name: Ana, phone: {AGENT}, skills: {{}}}}}}
phones: {{{AGENT}: {{}}}}
entry: {{"{QUEUE_ENTRY}": {{flow: directo}}, "{TONE_ENTRY}": {{flow: menu}}}}
flows:
  directo: {{start: cola, nodes: {{cola: {{enqueue: general}}}}}}
  menu:
    start: menu
    on: {{too_many: cola, failure: cola, no_input: again, no_match: again, hang_up: end}}
    nodes:
      menu: {{menu: tono, keys: {{"0": cola}}}}
      cola: {{enqueue: general}}
queues:
  general:
    wrap: {{for: 0s}}
    announce_every: 300s
    on:
      closed: hang_up
      full: {{limit: 1000, to: hang_up}}
      nobody_signed_in: keep_waiting
      nobody_could_ever: keep_waiting
      waited: {{1h: keep_waiting}}
prompts: {{tono: {{es: {{file: tono.wav}}}}}}
"""


@dataclass(frozen=True, slots=True)
class CallTimes:
    """Moments of one call, UTC nanoseconds."""

    dialled_ns: int
    """The caller's INVITE left."""
    ready_ns: int
    """The request that made the agent ready left; 0 if the agent was free before the call."""
    decided_ns: int
    """The server's stamp of its decision, cut to whole milliseconds: up to 2 ms too early, never too late."""
    pop_ns: int
    """The pop reached a desktop."""
    invited_ns: int
    """The INVITE reached the agent's phone."""
    answered_ns: int
    """The agent's 200 left."""
    caller_heard_ns: int
    agent_heard_ns: int
    """The other party's first audio packet arrived."""

    @property
    def pop_lead_ms(self) -> float:
        return (self.invited_ns - self.pop_ns) / 1e6


@dataclass(frozen=True, slots=True)
class KillTimes:
    """After kill -9 of the server, milliseconds."""

    health_ms: float
    caller_ms: float
    """Until a caller in the menu hears the new server."""


def write_config(folder: Path) -> Path:
    """The centre that is measured; its one prompt is a steady tone that cannot be mistaken."""
    folder.mkdir(parents=True, exist_ok=True)
    with wave.open(str(folder / "tono.wav"), "wb") as wav:
        wav.setparams((1, 2, 8000, 0, "NONE", ""))
        wav.writeframes(TONE_SAMPLE.to_bytes(2, "little", signed=True) * 8000 * TONE_S)
    path = folder / "centro.yaml"
    path.write_text(_CONFIG)
    return path


async def measure_calls(centre: Centre, calls: int) -> list[CallTimes]:
    """
    Put calls through, one after the other: the agent waits for the caller, then the caller for the agent.

    Raises:
        AssertionError, TimeoutError: A call was not put through.
    """
    http = centre.facts()["http"]
    tap = EventTap(http["url"], http["token"])
    agent = Telephone(AGENT, _switch(centre), password=centre.password(AGENT))
    try:
        await tap.open()
        assert await agent.register() == 200, "the agent's phone cannot register"
        # Just started, a server first makes its database; who calls then waits for it.
        await eventually(lambda: centre.http_get("/api/contacts?limit=1"), WITHIN_S, "the history answers")
        return [await _one_call(centre, tap, agent, number) for number in range(calls)]
    finally:
        tap.close()
        agent.close()


async def _one_call(centre: Centre, tap: EventTap, agent: Telephone, number: int) -> CallTimes:
    # Another voice for each call: a late packet of the one before is not taken for the next.
    agent.voice, voice = 0x10 + number % 32, 0x40 + number % 32
    caller = Telephone(f"+346{number:08d}", _switch(centre), voice=voice)
    agent_waits = number % 2 == 0
    try:
        async with asyncio.timeout(4 * WITHIN_S):
            await _presence(centre, ready=agent_waits)
            start = len(tap.told)
            assert (await caller.dial(QUEUE_ENTRY)).status == 200, "the caller is not answered"
            ready_ns = 0 if agent_waits else await _made_ready(centre, tap, start)
            theirs = await agent.calls.get()
            pop = await tap.first("offer.announced", lambda data: data["agent"] == AGENT, start=start)
            ours = caller.talk
            assert ours is not None
            await eventually(lambda: agent.voice in ours.heard_ns, WITHIN_S, "the caller hears the agent")
            await eventually(lambda: voice in theirs.heard_ns, WITHIN_S, "the agent hears the caller")
            await tap.first("segment.connected", lambda _: True, start=start)
            await caller.hang_up()
            await tap.first("contact.closed", lambda _: True, start=start)
            await _free(centre)
    finally:
        caller.close()
    return CallTimes(
        dialled_ns=ours.invited_ns,
        ready_ns=ready_ns,
        decided_ns=pop.at_ms * 1_000_000,
        pop_ns=pop.at_ns,
        invited_ns=theirs.invited_ns,
        answered_ns=theirs.answered_ns,
        caller_heard_ns=ours.heard_ns[agent.voice],
        agent_heard_ns=theirs.heard_ns[voice],
    )


async def _presence(centre: Centre, *, ready: bool) -> None:
    body = {"presence": "ready"} if ready else {"presence": "not_ready", "reason": "medida"}
    await centre.http_post(f"/api/agents/{AGENT}/presence", body)


async def _made_ready(centre: Centre, tap: EventTap, start: int) -> int:
    """Make the agent ready once the caller waits with music; returns when the request left."""
    await tap.first("contact.queued", lambda _: True, start=start)
    at_ns = time.time_ns()
    await _presence(centre, ready=True)
    return at_ns


async def _free(centre: Centre) -> None:
    async def free() -> bool:
        agent = (await centre.http_get("/api/live"))["agents"][0]
        return bool(agent["activity"] == "idle" and agent["resting_until_ms"] is None)

    await eventually(free, WITHIN_S, "the agent is free again")


async def measure_kills(centre: Centre, kills: int) -> list[KillTimes]:
    """
    Kill the server with a caller in the menu, each time with a standby that has all its imports behind it.

    Raises:
        AssertionError: The server does not come back, or the caller does not hear it.
    """
    return [await _one_kill(centre, number) for number in range(kills)]


async def _one_kill(centre: Centre, number: int) -> KillTimes:
    await _standby_is_warm(centre)
    caller = Telephone(f"+347{number:08d}", _switch(centre))
    heard: list[tuple[bool, int]] = []
    caller.on_voice = lambda voice, at_ns: heard.append((voice == TONE_VOICE, at_ns))
    try:
        assert (await caller.dial(TONE_ENTRY)).status == 200, "the caller is not answered"
        await eventually(lambda: bool(heard) and heard[-1][0], WITHIN_S, "the caller hears the menu")
        killed_ns = time.time_ns()
        old = centre.kill_server()
        health_ns = await _healthy_again(centre)
        await eventually(lambda: _back_ns(heard, killed_ns), 20, "the caller hears the menu again")
        await caller.hang_up()
    finally:
        caller.close()
    assert centre.server_pid() != old
    return KillTimes((health_ns - killed_ns) / 1e6, (_back_ns(heard, killed_ns) - killed_ns) / 1e6)


def _back_ns(heard: Sequence[tuple[bool, int]], killed_ns: int) -> int:
    """The first packet of the menu's tone after something else (music), all after the kill; 0 for not yet."""
    music = False
    for is_tone, at_ns in heard:
        if at_ns > killed_ns:
            if music and is_tone:
                return at_ns
            music = music or not is_tone
    return 0


async def _healthy_again(centre: Centre) -> int:
    """When a request to /health got its 200, asked every few milliseconds."""

    async def healthy() -> int:
        return time.time_ns() if await centre.health() == 200 else 0

    return await eventually(healthy, 20, "GET /health is 200", every_s=0.003)


async def _standby_is_warm(centre: Centre) -> None:
    """Wait until the server is past its crash window and a second one has stopped using the processor."""
    used_before: dict[int, int] = {}
    began_s = time.monotonic()

    def warm() -> bool:
        nonlocal used_before
        server = centre.server_pid()
        used = {pid: _ticks(pid) for pid in centre.pids() if pid != server and _is_server(pid)}
        resting = [pid for pid, ticks in used.items() if ticks > 0 and used_before.get(pid) == ticks]
        used_before = used
        return bool(resting) and time.monotonic() - began_s > STEADY_S

    await eventually(warm, 40, "a standby waits", every_s=0.5)


def _is_server(pid: int) -> bool:
    try:
        return b"centralita.app" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _ticks(pid: int) -> int:
    """Processor time so far (proc(5), stat fields 14 and 15); 0 when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _switch(centre: Centre) -> tuple[str, int]:
    host, _, port = centre.sip.partition(":")
    return host, int(port)


def rows(calls: Sequence[CallTimes], kills: Sequence[KillTimes]) -> list[Row]:
    """The table's lines; nothing measured, no line."""
    free = [call for call in calls if not call.ready_ns]
    waited = [call for call in calls if call.ready_ns]
    wanted = {
        "llamada entra → INVITE al agente / call arrives → agent's INVITE": [
            (c.invited_ns - c.dialled_ns) / 1e6 for c in free
        ],
        "agente disponible → INVITE / agent made ready → INVITE": [
            (c.invited_ns - c.ready_ns) / 1e6 for c in waited
        ],
        "decisión → INVITE (como mucho) / decision → INVITE (at most)": [
            (c.invited_ns - c.decided_ns) / 1e6 for c in calls
        ],
        "ficha antes del INVITE / pop ahead of the INVITE": [c.pop_lead_ms for c in calls],
        "200 OK → quien llama oye al agente / caller hears agent": [
            (c.caller_heard_ns - c.answered_ns) / 1e6 for c in calls
        ],
        "200 OK → el agente oye a quien llama / agent hears caller": [
            (c.agent_heard_ns - c.answered_ns) / 1e6 for c in calls
        ],
        "kill -9 → /health 200": [kill.health_ms for kill in kills],
        "kill -9 → quien llama oye el menú otra vez / caller hears the menu again": [
            kill.caller_ms for kill in kills
        ],
    }
    return [Row(name, values) for name, values in wanted.items() if values]


async def report(home: Path, calls: int, kills: int) -> tuple[str, list[CallTimes], list[KillTimes]]:
    """Start a centre, measure, and return the page with the table beside the figures."""
    async with Centre.running(home / "home", write_config(home / "config")) as centre:
        version = (await centre.cli("core show version")).split(" built by")[0].strip()
        put_through = await measure_calls(centre, calls)
        survived = await measure_kills(centre, kills)
    lines = [
        f"# Latencia / latency, {time.strftime('%Y-%m-%d', time.gmtime())}",
        "",
        f"`python -m bench.latency --calls {calls} --kills {kills}`; {version}; {machine()}.",
        "Qué se mide y cómo: bench/README.md / what is measured and how: bench/README.md",
        "",
        table(rows(put_through, survived)),
        "",
    ]
    return "\n".join(lines), put_through, survived


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="docs/measured/<date>-latency.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="latency-") as folder:
        text, calls, _ = asyncio.run(report(Path(folder), options.calls, options.kills))
    print(text)
    if options.write:
        print(write_report(Path("docs/measured"), "latency", text))
    return 1 if any(call.pop_lead_ms < 0 for call in calls) else 0


if __name__ == "__main__":
    sys.exit(main())
