"""A network of one's own: a private address beyond loopback that nobody else can see."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_SETUP = (
    "ip link set lo up",
    "ip link add inside type veth peer name outside",
    "ip address add {address}/24 dev inside",
    "ip link set inside up",
    "ip link set outside up",
)


class NoNetwork(RuntimeError):
    """This process may not make a network namespace. The message says what it takes."""


@contextlib.contextmanager
def own_network(address: str) -> Iterator[str]:
    """
    Put the calling thread, and every process it starts, into a new network namespace (network_namespaces(7)).

    It has a loopback of its own and a veth pair with `address`, and ends with the
    last process in it. Sockets made before stay where they were. Other threads stay outside.

    Raises:
        NoNetwork: No right to do so, or no `ip` program.
    """
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if _libc.unshare(_CLONE_NEWNET) != 0:
            why = os.strerror(ctypes.get_errno())
            raise NoNetwork(
                f"unshare(CLONE_NEWNET): {why}; it takes root, or `unshare -rn` and `ip link set lo up`"
            )
        try:
            _set_up(address)
            yield address
        finally:
            assert _libc.setns(before, _CLONE_NEWNET) == 0, "cannot return to the former network"
    finally:
        os.close(before)


def _set_up(address: str) -> None:
    for line in _SETUP:
        try:
            done = subprocess.run(
                line.format(address=address).split(), capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise NoNetwork("no program `ip`; install the package iproute2") from None
        if done.returncode != 0:
            raise NoNetwork(f"{line}: {done.stderr.strip()}")
