"""
The real product as a test sees it: started as a program, spoken to from outside.

`async with Centre.running(home, config) as centre:` starts it on free ports,
makes sure that what answers there is ours and nobody else's, and afterwards
makes sure that nothing of it is left. If the test fails, the ends of all logs
are added to the failure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp

from centralita.tasks import spawn
from tests.support.polling import eventually
from tests.support.process import die_with_parent_in_own_session, free_ports, owners_of_port, pids_marked
from tests.support.sentences import keep, lend

_RTP_PORTS = 600
_MARK = "CENTRALITA_TEST_RUN"
_STOP_S = 15.0
_SIP_S = 10.0
_TAIL_LINES = 60


def chosen_ports() -> dict[str, str]:
    """Environment variables that put every listener of a centre on a free port of its own."""
    first = free_ports(8)
    rtp = free_ports(_RTP_PORTS)
    return {
        "BIND": "127.0.0.1",
        # The switch takes the port after SIP_PORT for TLS.
        "SIP_PORT": str(first),
        "HTTP_PORT": str(first + 2),
        "WS_PORT": str(first + 3),
        "AMI_PORT": str(first + 4),
        "AGI_PORT": str(first + 5),
        "RTP_PORTS": f"{rtp}-{rtp + _RTP_PORTS - 1}",
    }


class EventLog:
    """Everything the event stream has said since it was opened; reconnects until closed."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        self._headers = dict(headers)
        self._open = True
        self.messages: list[dict[str, Any]] = []
        self._reading = spawn(self._read(), name="test.events")

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Messages of one type ("offer.ringing"), or of a family ("offer."), oldest first."""
        if kind.endswith("."):
            return [m for m in self.messages if str(m.get("type")).startswith(kind)]
        return [m for m in self.messages if m.get("type") == kind]

    async def first(
        self, kind: str, where: Callable[[dict[str, Any]], bool] = lambda _: True, *, within_s: float
    ) -> dict[str, Any]:
        """
        The first message of this type whose `data` fits, past ones included.

        Raises:
            AssertionError: None in time; the message lists the types that did come.
        """

        def found() -> list[dict[str, Any]]:
            fitting = [m for m in self.of_type(kind) if where(m["data"])]
            assert fitting, f"came: {[m.get('type') for m in self.messages[-30:]]}"
            return fitting

        return (await eventually(found, within_s, f"event {kind}"))[0]

    async def close(self) -> None:
        self._open = False
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading

    async def _read(self) -> None:
        async with aiohttp.ClientSession(headers=self._headers) as session:
            while self._open:
                # The server may be dead for a while: that is what some tests are about.
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with session.ws_connect(self._url) as socket:
                        async for message in socket:
                            if message.type is aiohttp.WSMsgType.TEXT:
                                self.messages.append(json.loads(message.data))
                await asyncio.sleep(0.05)


class Centre:
    """A running centre. Made by `Centre.running`."""

    def __init__(self, home: Path, process: subprocess.Popen[bytes], mark: str) -> None:
        self.home = home
        self._process = process
        self._mark = mark
        self._session: aiohttp.ClientSession | None = None
        self._logs: list[EventLog] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls,
        home: Path,
        config: Path | None = None,
        *,
        command: str = "run",
        environ: Mapping[str, str] | None = None,
        within_s: float = 180.0,
    ) -> AsyncIterator[Centre]:
        """
        A centre that is up, stopped at the end.

        Args:
            home: Its folder; a former home may be used again.
            config: The configuration file; None for the example.
            command: Of the program: "run" or "demo".
            environ: Added to the environment, over the ports chosen here.
            within_s: For the start. The first one on a machine may have to fetch Asterisk.

        Raises:
            AssertionError: It does not start, foreign processes answer, or something is left.
        """
        centre = cls.launch(home, config, environ or {}, command)
        try:
            await centre._up(within_s)
            keep(home)
            yield centre
        except BaseException as failure:
            failure.add_note(centre.logs())
            await centre.stop(check=False)
            raise
        await centre.stop()

    @classmethod
    def launch(
        cls, home: Path, config: Path | None, environ: Mapping[str, str], command: str = "run"
    ) -> Centre:
        """Start the program and return at once. Prefer `running`."""
        home.mkdir(parents=True, exist_ok=True)
        lend(home)
        mark = uuid.uuid4().hex
        argv = [sys.executable, "-m", "centralita", command, "--home", str(home)]
        if config is not None:
            argv += ["--config", str(config)]
        with (home / "start.out").open("ab") as out:
            process = subprocess.Popen(
                argv,
                env={**os.environ, **chosen_ports(), **environ, _MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=die_with_parent_in_own_session,  # noqa: PLW1509  # touches nothing shared
            )
        return cls(home, process, mark)

    async def _up(self, within_s: float) -> None:
        def not_dead() -> None:
            code = self._process.poll()
            if code is not None:
                raise RuntimeError(f"the centre ended with exit code {code} instead of starting")

        async def healthy() -> bool:
            not_dead()
            assert (self.home / "run/centre.json").exists(), "run/centre.json is not there"
            return await self.health() == 200

        await eventually(healthy, within_s, "GET /health is 200", every_s=0.1)
        # With hundreds of phones Asterisk answers on AMI seconds before it listens for SIP.
        await eventually(self._owners_are_ours, _SIP_S, "our processes listen", every_s=0.1)

    def _owners_are_ours(self) -> bool:
        """A leaked Asterisk of some other run would answer just as well: it must be ours."""
        ours = self.pids()
        for name, kind in (("ami", "tcp"), ("sip", "udp"), ("http", "tcp")):
            port = int(self.facts()["ports"][name])
            owners = owners_of_port(port, kind)
            assert owners, f"nobody listens on {name} {kind} {port}"
            assert owners <= ours, f"{name} {kind} {port} belongs to {owners - ours}, ours are {ours}"
        return True

    def facts(self) -> dict[str, Any]:
        """`run/centre.json` as it is now."""
        found: dict[str, Any] = json.loads((self.home / "run/centre.json").read_text())
        return found

    @property
    def url(self) -> str:
        return str(self.facts()["http"]["url"])

    @property
    def sip(self) -> str:
        """ "host:port" to dial and to register at."""
        return f"127.0.0.1:{self.facts()['ports']['sip']}"

    def password(self, phone: str) -> str:
        return str(self.facts()["phones"][phone]["password"])

    def server_pid(self) -> int:
        """The server process that runs now; another one after a restart."""
        return int(self.facts()["pids"]["server"])

    def pids(self) -> set[int]:
        """Every process of this centre, found by a mark in its environment."""
        return pids_marked(_MARK, self._mark)

    def kill_server(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to the server process only; returns its pid."""
        pid = self.server_pid()
        os.kill(pid, number)
        return pid

    async def health(self) -> int:
        """HTTP status of /health; 0 if nobody answers within a second."""
        try:
            timeout = aiohttp.ClientTimeout(total=1)
            async with self._http().get(f"{self.url}/health", timeout=timeout) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def http_get(self, path: str) -> Any:
        """
        The JSON at this path.

        Raises:
            AssertionError: Not 2xx, or nobody answers; so `eventually` can wait for better.
        """
        return await self._request("GET", path, None)

    async def http_post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """As `http_get`, sending JSON."""
        return await self._request("POST", path, dict(body or {}))

    async def http_put(self, path: str, body: Mapping[str, object]) -> Any:
        """As `http_post`, with PUT."""
        return await self._request("PUT", path, dict(body))

    async def order(self, agent: str, command: str, **more: object) -> tuple[int, Any]:
        """Give a command of an agent's; returns the HTTP status and what was answered, refusals included."""
        return await self._answer("POST", f"/api/agents/{agent}/commands", {"command": command, **more})

    async def _request(self, method: str, path: str, body: object) -> Any:
        status, answered = await self._answer(method, path, body)
        assert status < 300, f"{method} {path}: {status} {str(answered)[:1000]}"
        return answered

    async def _answer(self, method: str, path: str, body: object) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.facts()['http']['token']}"}
        try:
            async with self._http().request(
                method, self.url + path, json=body, headers=headers, timeout=aiohttp.ClientTimeout(total=10)
            ) as answer:
                text = await answer.text()
                return answer.status, json.loads(text) if text else None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AssertionError(f"{method} {path}: {error!r}") from error

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    def events(self) -> EventLog:
        """Open the event stream; closed by `stop` at the latest."""
        facts = self.facts()["http"]
        headers = {"Authorization": f"Bearer {facts['token']}"}
        log = EventLog(f"{facts['url'].replace('http', 'ws', 1)}/api/events", headers)
        self._logs.append(log)
        return log

    async def cli(self, command: str) -> str:
        """Output of an Asterisk console command, e.g. "core show channels concise"."""
        process = await asyncio.create_subprocess_exec(
            *self.facts()["asterisk"]["cli"], "-rx", command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        out, _ = await asyncio.wait_for(process.communicate(), 10)
        return out.decode("utf-8", "replace")

    async def channels(self) -> list[list[str]]:
        """`core show channels concise`, one list of fields per channel, the channel's name first."""
        lines = (await self.cli("core show channels concise")).splitlines()
        return [line.split("!") for line in lines if "!" in line]

    async def stop(self, *, check: bool = True) -> None:
        """
        Stop as Ctrl-C does.

        Raises:
            AssertionError: With `check`: it does not stop in time, or a process
                of it is left. What is left is killed all the same.
        """
        for log in self._logs:
            await log.close()
        if self._session is not None:
            await self._session.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(AssertionError):
            await eventually(lambda: self._process.poll() is not None, _STOP_S, "the centre has stopped")
        in_time = self._process.poll() is not None
        left = self._sweep()
        if check:
            assert in_time, f"the centre did not stop within {_STOP_S:g} s"
            assert not left, f"processes left after the stop: {left}"

    def _sweep(self) -> dict[int, str]:
        left = {}
        for pid in self.pids():
            with contextlib.suppress(OSError):
                left[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()[:200]
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        return left

    def logs(self) -> str:
        """The ends of all logs, for a person who looks into a failure."""
        files = [self.home / "start.out", *sorted((self.home / "log").glob("*"))]
        files += sorted((self.home / "asterisk/log").glob("*"))
        parts = []
        for file in files:
            if file.is_file():
                lines = file.read_text("utf-8", "replace").splitlines()[-_TAIL_LINES:]
                parts.append(f"--- {file}\n" + "\n".join(lines))
        return "\n".join(parts)
