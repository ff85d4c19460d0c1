"""
Whether an Asterisk can carry us: it is started, in private, and asked.

A version number would not do: distributions leave modules out, and one's own build may lack any.
"""

from __future__ import annotations

import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from centralita.install.ami import Ami, RefusedError
from centralita.install.debian import ending_with_us
from centralita.install.needs import Needs

if TYPE_CHECKING:
    from centralita.install.asterisk import AsteriskInstall

BOOT_S_MAX = 30.0
_MODULE_LINE = re.compile(r"^(\S+\.so)\s+.*\s(Running|Not Running)\s")
_VERSION = re.compile(r"(?:Asterisk )?(?:certified[/-])?(\d+)\.")


@dataclass(frozen=True, slots=True)
class Report:
    """
    What the Asterisk said.

    version: As it writes it; empty if it never started.
    missing: What we need and it lacks, each with its kind, in Asterisk's own words. Empty means fit.
    """

    version: str
    missing: tuple[str, ...]


def probe(install: AsteriskInstall, needs: Needs) -> Report:
    """
    Start this Asterisk in a folder of its own, without any telephone port, and ask it for all we need.

    Args:
        install: The one to try.
        needs: What it must have.
    """
    absent = tuple(name for name in needs.modules if not (install.modules_dir / name).is_file())
    if absent:
        return Report("", tuple(f"module {name}" for name in absent))
    with tempfile.TemporaryDirectory(prefix="centralita-probe-") as folder:
        port, secret = _free_port(), secrets.token_hex(16)
        config = _configure(install, Path(folder), needs.modules, port, secret)
        try:
            with _running(install, config, port), Ami.login(port, secret, boot_s_max=BOOT_S_MAX) as ami:
                return _questions(ami, needs)
        except (OSError, RefusedError) as error:
            said = (Path(folder) / "said").read_text(errors="replace").strip()[-400:]
            return Report("", (f"start: {error} {said}".strip(),))


def _questions(ami: Ami, needs: Needs) -> Report:
    version = ami.action("CoreSettings").get("AsteriskVersion", "")
    major = _VERSION.match(version)
    missing = [] if major and int(major[1]) >= needs.version_min else [f"version >= {needs.version_min}"]
    shown = (_MODULE_LINE.match(line) for line in ami.command("module show"))
    running = {match[1] for match in shown if match and match[2] == "Running"}
    missing += [f"module {name}" for name in needs.modules if name not in running]
    known = {line.partition(":")[0].strip().lower() for line in ami.command("core show applications")}
    missing += [f"application {name}" for name in needs.applications if name.lower() not in known]
    missing += [f"function {name}" for name in needs.functions if not _has_function(ami, name)]
    actions = ami.action("ListCommands")
    missing += [f"AMI action {name}" for name in needs.actions if name not in actions]
    originate = "\n".join(ami.command("manager show command Originate"))
    missing += [f"AMI Originate {name}" for name in needs.originate if name not in originate]
    return Report(version, tuple(missing))


def _has_function(ami: Ami, name: str) -> bool:
    return not any("No function by that name" in line for line in ami.command(f"core show function {name}"))


def _configure(
    install: AsteriskInstall, folder: Path, wanted: tuple[str, ...], ami_port: int, secret: str
) -> Path:
    for name in ("etc", "var", "db", "keys", "data", "agi-bin", "spool", "run", "log"):
        (folder / name).mkdir()
    for name in ("documentation", "rest-api"):
        if (install.share_dir / name).is_dir():
            (folder / "data" / name).symlink_to(install.share_dir / name)
    etc = folder / "etc"
    places = {"astetcdir": etc, "astmoddir": install.modules_dir, "astvarlibdir": folder / "var",
              "astdbdir": folder / "db", "astkeydir": folder / "keys", "astdatadir": folder / "data",
              "astagidir": folder / "agi-bin", "astspooldir": folder / "spool", "astrundir": folder / "run",
              "astlogdir": folder / "log"}  # fmt: skip
    directories = "".join(f"{name} => {place}\n" for name, place in places.items())
    files = {
        "asterisk.conf": f"[directories]\n{directories}[options]\nhideconnect = yes\n",
        "modules.conf": "[modules]\nautoload = no\n" + "".join(f"load = {name}\n" for name in wanted),
        "manager.conf": f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {ami_port}\n"
        f"[probe]\nsecret = {secret}\nread = system\nwrite = all\n",
        "logger.conf": "[general]\n[logfiles]\n",
    }
    empty: tuple[str, ...] = ("http.conf", "pjsip.conf", "rtp.conf", "extensions.conf", "musiconhold.conf")
    empty += ("features.conf",)
    empty += ("confbridge.conf", "pjsip_notify.conf")  # without its file the module refuses to be loaded
    for name in empty:
        (etc / name).write_text("" if name.startswith("pjsip") else "[general]\n")
    for name, text in files.items():
        (etc / name).write_text(text)
    return etc / "asterisk.conf"


@contextmanager
def _running(install: AsteriskInstall, config: Path, ami_port: int) -> Iterator[None]:
    # Should we be killed, the kernel ends the probe's Asterisk too: nothing else would.
    guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    with (config.parent.parent / "said").open("wb") as said:
        process = subprocess.Popen(
            [*guard, *install.argv("-C", str(config), "-f", "-n")],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=config.parent,
        )
        with ending_with_us(process):
            _wait_for_ami(process, ami_port)
            yield


def _wait_for_ami(process: subprocess.Popen[bytes], port: int) -> None:
    until_s = time.monotonic() + BOOT_S_MAX
    while time.monotonic() < until_s:
        if process.poll() is not None:
            raise RefusedError(f"ended with {process.returncode}")
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RefusedError(f"no AMI after {BOOT_S_MAX:.0f} s")


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
