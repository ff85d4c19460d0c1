"""The few words of the manager interface that the probe needs, one at a time over a blocking socket."""

from __future__ import annotations

import socket
from io import BufferedRWPair
from typing import Self

REPLY_S_MAX = 10.0


class RefusedError(Exception):
    """Asterisk did not start, did not let us in, or went away."""


class Ami:
    """A logged-in session. Use as a context; questions are asked one after the other."""

    def __init__(self, stream: BufferedRWPair) -> None:
        self._stream = stream

    @classmethod
    def login(cls, port: int, secret: str, *, boot_s_max: float) -> Self:
        """
        Log in on the loopback as `probe` and wait until Asterisk says that it is fully booted.

        Raises:
            RefusedError: It did not let us in.
            OSError: No connection, or no answer within `boot_s_max` seconds.
        """
        with socket.create_connection(("127.0.0.1", port), timeout=boot_s_max) as link:
            ami = cls(link.makefile("rwb"))
            ami._stream.readline()
            answer = ami.action("Login", Username="probe", Secret=secret)
            if answer.get("Response") != "Success":
                raise RefusedError(answer.get("Message", "AMI login"))
            while ami._message().get("Event") != "FullyBooted":
                pass
            link.settimeout(REPLY_S_MAX)
        return ami

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def action(self, name: str, **fields: str) -> dict[str, str]:
        """Ask, and give the answer's fields; of `Output` lines use `command`."""
        self._ask(name, fields)
        while "Response" not in (answer := self._message()):
            pass
        return answer

    def command(self, line: str) -> list[str]:
        """What the console prints for a line."""
        return self.action("Command", Command=line).get("Output", "").split("\n")

    def _ask(self, name: str, fields: dict[str, str]) -> None:
        lines = [f"Action: {name}", *(f"{key}: {value}" for key, value in fields.items())]
        self._stream.write("\r\n".join([*lines, "", ""]).encode())
        self._stream.flush()

    def _message(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while line := self._stream.readline().decode(errors="replace").rstrip("\r\n"):
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            found[key] = f"{found[key]}\n{value}" if key in found else value
        if not found:
            raise RefusedError("AMI closed")
        return found
