"""Programs that tests start: on free ports, and never outliving the test run."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import socket
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_chance = random.Random()
# Below the kernel's range for outgoing connections, so that nobody is given our port by chance.
_EVERY_PORT = range(20_000, 32_000)


def _own_ports() -> range:
    """Of `-n N` workers each has a part of its own, so that two never take the same port at the same time."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    mine = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = len(_EVERY_PORT) // workers
    return range(_EVERY_PORT.start + mine * share, _EVERY_PORT.start + (mine + 1) * share)


_PORTS = _own_ports()
_ROW = 100
"""So many ports and more are the RTP ports of a switch."""
_GIVEN_S = 5.0
"""A port that was given away is not given again for so long: whoever has it may not have opened it yet."""
_given: dict[int, float] = {}
"""Port -> when it was given, by `time.monotonic`."""


def die_with_parent() -> None:
    """For `preexec_fn`: the program is killed when the thread that started it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def die_with_parent_in_own_session() -> None:
    """As `die_with_parent`, and leader of a session, so that its children can be found."""
    _libc.setsid()
    die_with_parent()


def _is_free(port: int, address: str) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def free_ports(count: int = 1, *, address: str = "127.0.0.1") -> int:
    """
    The first of `count` consecutive ports that are free for UDP and TCP, even-numbered.

    Raises:
        RuntimeError: A thousand tries found none.
    """
    now_s = time.monotonic()
    # Many in a row are found only where nobody has taken one or two, and only if they are laid side by side.
    single = count < _ROW
    among = _PORTS[: len(_PORTS) // 4] if single else _PORTS[len(_PORTS) // 4 :]
    step = 2 if single else count + count % 2
    for _ in range(1000):
        first = _chance.randrange(among.start, among.stop - count + 1, step)
        wanted = range(first, first + count)
        if any(now_s - _given.get(port, -_GIVEN_S) < _GIVEN_S for port in wanted):
            continue
        if all(_is_free(port, address) for port in wanted):
            _given.update(dict.fromkeys(wanted, now_s))
            return first
    raise RuntimeError(f"no {count} free ports between {among.start} and {among.stop}")


def pids_marked(variable: str, value: str) -> set[int]:
    """Processes (of this user, zombies excepted) whose environment holds `variable=value`."""
    wanted = f"{variable}={value}".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            # A process may end while it is being looked at, or belong to somebody else.
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
    return found


def _inodes_of_port(port: int, kind: str) -> set[str]:
    found = set()
    for table in (kind, f"{kind}6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            listening = kind == "udp" or fields[3] == "0A"
            if listening and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found


def owners_of_port(port: int, kind: str) -> set[int]:
    """
    Processes that listen on a port (proc(5): /proc/net/tcp, /proc/pid/fd).

    Args:
        kind: "tcp" or "udp".
    """
    inodes = _inodes_of_port(port, kind)
    owners = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            for descriptor in (entry / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if str(descriptor.readlink()) in inodes:
                        owners.add(int(entry.name))
    return owners
