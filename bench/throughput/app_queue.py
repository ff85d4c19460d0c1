"""
The yardstick: Asterisk's own app_queue in a private instance of the same binary.

It gets all that makes it fast: no announcements, no music, no call records, no
manager session while calls are counted. Phones, callers, codecs, `Answer(0,i)`
and the number of agents are those of our side.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from bench.throughput.sides import ENTRY, HANG_UP_ALL, LATE_AGENT, RTP_PORTS, Phones, agent_names
from centralita.install.asterisk import AsteriskInstall, configuration_dir, ensure_asterisk
from cti.asterisk.instance import asterisk_conf
from tests.support.polling import eventually
from tests.support.process import die_with_parent, free_ports

QUEUE = "medida"
_START_S, _SETTLE_S, _STOP_S = 30.0, 20.0, 10.0
_KEPT = ("acl", "ccss", "cdr", "cel", "features", "logger", "pjproject", "stasis", "udptl")
"""Files of ours that serve both sides as they are."""
_WITHOUT = ("res_musiconhold.so", "res_agi.so", "app_audiosocket.so", "res_audiosocket.so")
_MEDIA = (
    "disallow=all\nallow=ulaw,alaw,g722\ndirect_media=no\ndtmf_mode=auto\nrtp_timeout=60\n"
    "media_address=127.0.0.1\nbind_rtp_to_media_address=yes\n"
)
"""As our own phones and callers have it (`cti/asterisk/instance.py`)."""


class AppQueue:
    """One queue with static members."""

    name = "app_queue"

    def __init__(self, cli: list[str], process: asyncio.subprocess.Process, sip: int, ami: _Ami) -> None:
        self._cli, self._process, self._ami = cli, process, ami
        self.sip = f"127.0.0.1:{sip}"

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, home: Path, phones: Phones) -> AsyncIterator[AppQueue]:
        install = ensure_asterisk(environ=os.environ, say=print)
        sip, ami_port, secret = free_ports(2), free_ports(2), secrets.token_hex(16)
        _write(home, install, phones, sip, _ami_conf(ami_port, secret))
        argv = install.argv("-C", str(home / "etc/asterisk.conf"))
        with (home / "asterisk.out").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *argv, "-f", stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=die_with_parent
            )
        ami = _Ami(ami_port, secret)
        side = cls(argv, process, sip, ami)
        try:
            await eventually(side._booted, _START_S, "app_queue's Asterisk is up", every_s=0.2)
            yield side
        finally:
            await ami.close()
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def _booted(self) -> bool:
        assert self._process.returncode is None, "Asterisk ended instead of starting"
        members = (await self._console(f"queue show {QUEUE}")).count("PJSIP/")
        assert members == len(agent_names()) + 1, f"{members} members"
        return True

    async def _console(self, command: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *self._cli, "-rx", command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        out, _ = await asyncio.wait_for(process.communicate(), 10)
        return out.decode("utf-8", "replace")

    def pids(self) -> Mapping[str, int]:
        return {"asterisk": self._process.pid}

    async def nobody_ready(self) -> None:
        for name in agent_names():
            await self._pause(name, "true")

    async def late_agent(self, *, ready: bool) -> None:
        await self._pause(LATE_AGENT, "false" if ready else "true")

    async def _pause(self, name: str, paused: str) -> None:
        headers = {"Queue": QUEUE, "Interface": f"PJSIP/{name}", "Paused": paused}
        await self._ami.send("QueuePause", headers)

    async def waiting(self) -> int:
        first = (await self._console(f"queue show {QUEUE}")).splitlines()[0]
        return int(first.split(" has ")[1].split()[0])

    async def idle(self) -> None:
        async def nobody() -> bool:
            return "0 active channels" in await self._console("core show channels count")

        await eventually(nobody, _SETTLE_S, "no channel left", every_s=0.2)

    async def clear(self) -> None:
        await self._console(HANG_UP_ALL)

    def answered(self) -> int | None:
        return None


class _Ami:
    """A manager session without events, opened when it is first needed."""

    def __init__(self, port: int, secret: str) -> None:
        self._port, self._secret = port, secret
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, action: str, headers: Mapping[str, str]) -> None:
        """
        Carry out an action and wait for its response.

        Raises:
            AssertionError: It was refused.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            await self._streams[0].readline()
            login = {"Username": "bench", "Secret": self._secret, "Events": "off"}
            await self.send("Login", login)
        reader, writer = self._streams
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        writer.write("\r\n".join(lines).encode())
        answer = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode()
        assert "Response: Success" in answer, f"{action}: {answer}"

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _write(home: Path, install: AsteriskInstall, phones: Phones, sip: int, manager: str) -> None:
    for name in ("etc", "run", "log", "db", "spool", "var/keys", "data/sounds", "agi"):
        (home / name).mkdir(parents=True, exist_ok=True)
    for name in ("documentation", "rest-api"):
        (home / "data" / name).symlink_to(install.share_dir / name)
    (home / "data/sounds/en").symlink_to(install.share_dir / "sounds/en_US_f_Allison")
    for name in _KEPT:
        shutil.copyfile(configuration_dir() / f"{name}.conf", home / "etc" / f"{name}.conf")
    first, last = RTP_PORTS.split("-")
    texts = {
        "asterisk": asterisk_conf(home, install.modules_dir),
        "modules": _modules(),
        "manager": manager,
        "http": "[general]\nenabled=no\n",
        "rtp": f"[general]\nicesupport=yes\nrtpstart={first}\nrtpend={last}\nstrictrtp=no\n",
        "pjsip": _pjsip(phones, sip),
        "extensions": _extensions(),
        "queues": _queues(),
    }
    for name, text in texts.items():
        (home / "etc" / f"{name}.conf").write_text(text)


def _ami_conf(port: int, secret: str) -> str:
    return (
        f"[general]\nenabled=yes\nwebenabled=no\nbindaddr=127.0.0.1\nport={port}\n"
        f"[bench]\nsecret={secret}\ndeny=0.0.0.0/0.0.0.0\npermit=127.0.0.1/255.255.255.255\n"
        "read=agent\nwrite=agent\n"
    )


def _modules() -> str:
    ours = (configuration_dir() / "modules.conf").read_text()
    kept = [line for line in ours.splitlines() if line.removeprefix("load=").strip() not in _WITHOUT]
    return "\n".join([*kept, "load=app_queue.so", ""])


def _pjsip(phones: Phones, sip: int) -> str:
    parts = [
        "[global]\ntype=global\nendpoint_identifier_order=username,ip\n",
        f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{sip}\n",
        f"[llamantes]\ntype=endpoint\ncontext=from-callers\ntrust_id_inbound=yes\n{_MEDIA}",
        "[llamantes]\ntype=identify\nendpoint=llamantes\nmatch=127.0.0.1\n",
    ]
    places = dict.fromkeys(agent_names(), phones.many) | {LATE_AGENT: phones.late}
    for name, place in places.items():
        parts.append(f"[{name}]\ntype=endpoint\ncontext=from-phones\naors={name}\n{_MEDIA}")
        parts.append(f"[{name}]\ntype=aor\ncontact=sip:{name}@{place}\n")
    return "\n".join(parts)


def _extensions() -> str:
    return (
        f"[from-callers]\nexten => {ENTRY},1,Answer(0,i)\n same => n,Queue({QUEUE})\n same => n,Hangup()\n"
        "[from-phones]\nexten => s,1,Hangup()\n"
    )


def _queues() -> str:
    lines = [
        "[general]",
        "persistentmembers=no",
        "autofill=yes",
        f"[{QUEUE}]",
        "strategy=leastrecent",
        "ringinuse=no",
        "autofill=yes",
        "timeout=20",
        "retry=1",
        "wrapuptime=0",
        "announce-frequency=0",
        "announce-holdtime=no",
        "announce-position=no",
        "joinempty=yes",
        "leavewhenempty=no",
        *(f"member => PJSIP/{name},0,{name}" for name in agent_names()),
        f"member => PJSIP/{LATE_AGENT},0,{LATE_AGENT},,no,0,yes",
    ]
    return "\n".join([*lines, ""])
