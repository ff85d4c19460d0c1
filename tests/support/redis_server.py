"""A real Redis of a test's own: on a free port, with its data in a folder, killed and started at will."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.support.polling import eventually
from tests.support.process import die_with_parent, free_ports

STREAM = "centralita:events"


def redis_binary() -> str:
    """
    The Redis (or Valkey) server.

    Raises:
        RuntimeError: There is none; the message says how to get it.
    """
    wanted = [os.environ.get("REDIS_SERVER", ""), str(Path(sys.executable).with_name("redis-server"))]
    for name in (*wanted, "redis-server", "valkey-server"):
        found = shutil.which(name) if name else None
        if found is not None:
            return found
    raise RuntimeError(
        "no se encuentra redis-server: use `make test`, o ponga REDIS_SERVER=/ruta/redis-server"
        " (redis-server not found: use `make test`, or set REDIS_SERVER=/path/to/redis-server)"
    )


class RedisServer:
    """
    Args:
        folder: For its data; kept over a kill as an append-only file.
        options: More of its configuration, such as {"maxmemory": "3mb"}.
    """

    def __init__(self, folder: Path, options: Mapping[str, str] | None = None) -> None:
        self.port = free_ports(1)
        self._folder, self._options = folder, dict(options or {})
        self._process: subprocess.Popen[bytes] | None = None
        self.client: Redis = Redis(port=self.port, protocol=2)

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls, folder: Path, options: Mapping[str, str] | None = None
    ) -> AsyncIterator[RedisServer]:
        server = cls(folder, options)
        await server.start()
        try:
            yield server
        finally:
            await server.client.aclose()
            server.kill()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self, *, empty: bool = False) -> None:
        """Start it, with the data it had or without."""
        if empty:
            shutil.rmtree(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        options = {"save": "", "appendonly": "yes", "appendfsync": "no", **self._options}
        argv = [redis_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        for name, value in options.items():
            argv += [f"--{name}", value]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220  # returns at once
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # touches nothing shared
            )
        await eventually(self._answers, 10, "Redis answers")

    async def _answers(self) -> bool:
        with contextlib.suppress(RedisError, OSError):
            return bool(await self.client.ping())
        return False

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """The death of a machine; with SIGSTOP and SIGCONT, its sleep and its return."""
        if self._process is not None:
            self._process.send_signal(number)
            if number is signal.SIGKILL:
                self._process.wait(5)

    async def entries(self, stream: str = STREAM) -> list[dict[str, Any]]:
        """What stands in the stream, oldest first: `id`, and the fields with `data` decoded."""
        found: Any = await self.client.xrange(stream)
        return [
            {
                "id": entry_id.decode(),
                "seq": int(fields[b"seq"]),
                "type": fields[b"type"].decode(),
                "data": json.loads(fields[b"data"]),
            }
            for entry_id, fields in found
        ]
