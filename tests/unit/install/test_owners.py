from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from centralita.install.owners import owner

pytestmark = pytest.mark.unit


def _tables(proc: Path, tcp: str = "", tcp6: str = "") -> Path:
    (proc / "net").mkdir(parents=True)
    head = "  sl  local_address rem_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n"
    (proc / "net" / "tcp").write_text(head + tcp)
    (proc / "net" / "tcp6").write_text(head + tcp6)
    return proc


def _row(port: int, state: str, inode: int) -> str:
    return f"   0: 0100007F:{port:04X} 00000000:0000 {state} 0:0 00:0 0 0 0 {inode} 1\n"


def _process(proc: Path, pid: int, name: str, inode: int) -> None:
    (proc / str(pid) / "fd").mkdir(parents=True)
    (proc / str(pid) / "comm").write_text(f"{name}\n")
    (proc / str(pid) / "fd" / "3").symlink_to(f"socket:[{inode}]")


def test_our_own_listener_is_found_in_the_real_tables() -> None:
    """Name and process number of a live listener."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = owner(server.getsockname()[1], "tcp")

    assert found == f"{Path('/proc/self/comm').read_text().strip()} (pid {os.getpid()})"


def test_a_port_nobody_listens_on_has_no_owner() -> None:
    """A connection that merely uses the number at its own end is not the holder."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as caller,
    ):
        assert owner(caller.getsockname()[1], "tcp") == ""


def test_a_listener_on_ipv6_is_found(tmp_path: Path) -> None:
    """`::` holds the IPv4 port too."""
    proc = _tables(tmp_path, tcp6=_row(8080, "0A", 77))
    _process(proc, 812, "nginx", 77)

    assert owner(8080, "tcp", proc) == "nginx (pid 812)"


def test_a_holder_we_may_not_look_into_is_left_unnamed(tmp_path: Path) -> None:
    """Another person's process shows no descriptors: no name rather than a wrong one."""
    proc = _tables(tmp_path, tcp=_row(8080, "0A", 77))
    _process(proc, 900, "otro", 78)
    (proc / "901").mkdir()

    assert owner(8080, "tcp", proc) == ""


def test_a_kernel_without_tables_is_no_trouble(tmp_path: Path) -> None:
    """No /proc/net, no name, no error."""
    assert owner(8080, "udp", tmp_path) == ""
