"""Which process holds a port, read from /proc as far as we are allowed to look."""

from __future__ import annotations

import contextlib
from pathlib import Path

_TABLES = {"tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6")}
_LISTEN = "0A"


def owner(port: int, kind: str, proc: Path = Path("/proc")) -> str:
    """
    The holder of a port, such as `nginx (pid 812)`; empty if none is seen.

    Another person's process shows only to root.

    Args:
        port: 1 to 65535.
        kind: `tcp` or `udp`.
        proc: Where the kernel's tables are.
    """
    inodes = {inode for table in _TABLES[kind] for inode in _inodes(proc / "net" / table, port)}
    if not inodes:
        return ""
    for folder in sorted(
        (path for path in proc.iterdir() if path.name.isdigit()), key=lambda path: int(path.name)
    ):
        if _holds(folder / "fd", inodes):
            with contextlib.suppress(OSError):
                return f"{(folder / 'comm').read_text().strip()} (pid {folder.name})"
    return ""


def _inodes(table: Path, port: int) -> set[str]:
    """
    Sockets bound to the port.

    Source: proc_pid_net(5): column 1 is address:port in hexadecimal, 3 the state, 9 the inode.
    """
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return set()
    udp = table.name.startswith("udp")
    return {
        row[9] for row in rows if int(row[1].rpartition(":")[2], 16) == port and (udp or row[3] == _LISTEN)
    }


def _holds(descriptors: Path, inodes: set[str]) -> bool:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    try:
        for descriptor in descriptors.iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()) in wanted:
                    return True
    except OSError:
        return False
    return False
