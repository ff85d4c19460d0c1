"""A private Asterisk that runs exactly what the renderer writes, without a server of ours."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from centralita.install.asterisk import AsteriskInstall, configuration_dir, ensure_asterisk
from cti.asterisk.instance import Instance, write
from cti.asterisk.pjsip import Phone
from tests.support.polling import eventually
from tests.support.process import die_with_parent, free_ports

_RTP_PORTS = 100
_BOOT_S = 30.0


def installed() -> AsteriskInstall:
    """The Asterisk that the product itself would use."""
    return ensure_asterisk(environ=dict(os.environ), say=lambda _: None)


def private_instance(home: Path, phones: Sequence[Phone] = (), **more: Any) -> Instance:
    """An instance on free ports of loopback; `more` replaces any of its fields."""
    install = installed()
    first, rtp = free_ports(6), free_ports(_RTP_PORTS)
    fields: dict[str, Any] = {
        "home": home,
        "modules_dir": install.modules_dir,
        "share_dir": install.share_dir,
        "conf_dir": configuration_dir(),
        "bind": "127.0.0.1",
        "sip_port": first,
        "sip_tls_port": first + 1,
        "ws_port": first + 2,
        "ami_port": first + 3,
        "agi_port": first + 4,
        "rtp_ports": (rtp, rtp + _RTP_PORTS - 1),
        "ami_secret": "ami-secret",
        "agi_nonce": "nonce",
        "caller_password": "caller-password",
        "web_caller_password": "web-caller-password",
        "switch": "local",
        "language": "es",
        "entries": ["900"],
        "phones": phones,
        "trunks": (),
        "secrets_file": str(home / "secrets.json"),
        "music_dir": str(install.share_dir / "moh"),
        "fallback_after_s": 60,
        "fallback_say": "",
        "fallback_dial": "",
    }
    return Instance(**(fields | more))


class PrivateAsterisk:
    """A running Asterisk. Made by `private_asterisk`."""

    def __init__(self, argv: list[str]) -> None:
        self._argv = argv

    async def cli(self, command: str) -> str:
        """Output of a console command."""
        process = await asyncio.create_subprocess_exec(
            *self._argv, "-rx", command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        out, _ = await asyncio.wait_for(process.communicate(), 10)
        return out.decode("utf-8", "replace")

    async def settings(self, kind: str, name: str) -> dict[str, str]:
        """`pjsip show KIND NAME`: the values that Asterisk goes by; empty when it knows no such thing."""
        shown = await self.cli(f"pjsip show {kind} {name}")
        return dict(re.findall(r"^ (\w+) +: (.*?) *$", shown, re.MULTILINE))


@contextlib.asynccontextmanager
async def private_asterisk(
    etc: Path, log: Path, install: AsteriskInstall | None = None
) -> AsyncIterator[PrivateAsterisk]:
    """
    Run Asterisk on the files in `etc` until the end of the block.

    Raises:
        AssertionError: It does not come up; the end of its output is in the message.
    """
    argv = (install or installed()).argv("-C", str(etc / "asterisk.conf"))
    with (log / "asterisk.out").open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *argv, "-f", stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=die_with_parent
        )
    asterisk = PrivateAsterisk(argv)

    async def booted() -> bool:
        assert process.returncode is None, (log / "asterisk.out").read_text("utf-8", "replace")[-2000:]
        return "fully booted" in await asterisk.cli("core waitfullybooted")

    try:
        await eventually(booted, _BOOT_S, "Asterisk is up", every_s=0.1)
        yield asterisk
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def rendered_asterisk(instance: Instance) -> AsyncIterator[PrivateAsterisk]:
    """Write the instance's files and run Asterisk on them."""
    write(instance)
    async with private_asterisk(instance.etc, instance.home / "log") as asterisk:
        yield asterisk
