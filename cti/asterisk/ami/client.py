"""An AMI connection that is kept up for ever, and one place to ask the switch for something."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import Awaitable, Callable, Sequence

import structlog

from cti.asterisk.ami.codec import AmiError, Message
from cti.asterisk.ami.link import AmiLimits, Disconnected, Link, LoginRefused
from cti.spawn import Spawn

_log = structlog.get_logger("ami")
_DEFAULT_LIMITS = AmiLimits()
_MEND_LOGIN = (
    "Asterisk no acepta el usuario o la clave AMI: compare [usuario], secret y permit de manager.conf "
    "con la configuración / Asterisk does not accept the AMI user or secret: compare [user], secret and "
    "permit in manager.conf with the configuration"
)


class AmiClient:
    """
    One manager session, connected again for ever when it is lost.

    After each login `on_up` is awaited: there the switch is asked how things
    stand, while events already flow to `on_event`. Only then is the client
    ready. If `on_up` fails, the connection is given up and tried again.

    Args:
        host, port: Where the manager listens.
        username, secret: As in manager.conf.
        events: Names of the events to hand on; all others are skipped unread.
        on_event: Called for each event in order. Must not block. If it raises,
            the connection is dropped and made anew: after an event that was
            not understood only a fresh snapshot is the truth.
        on_up: Awaited after each login; `send` and `send_list` work in it.
        on_down: Called with the reason when a connection for which `on_up` was
            begun is lost or closed, once each.
        spawn: Owner of our tasks.
        limits: Deadlines and bounds.
        tls: For a manager with `tlsenable`; None is plain TCP, for loopback.
    """

    def __init__(  # noqa: PLR0913
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        events: frozenset[str],
        on_event: Callable[[Message], None],
        on_up: Callable[[], Awaitable[None]],
        on_down: Callable[[str], None],
        spawn: Spawn,
        limits: AmiLimits = _DEFAULT_LIMITS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._username, self._secret = username, secret
        self._events, self._on_event = events, on_event
        self._on_up, self._on_down = on_up, on_down
        self._spawn, self._limits, self._tls = spawn, limits, tls
        self._link: Link | None = None
        self._ready = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._said: set[str] = set()
        self._log = _log.bind(host=host, port=port)

    def start(self) -> asyncio.Task[None]:
        """Begin to connect, in the background. Once only. Returns the task that keeps the connection up."""
        assert self._keeper is None, "AmiClient.start() was called twice"
        self._keeper = self._spawn(self._keep_up(), name="ami.keep_up")
        return self._keeper

    async def close(self) -> None:
        """End the session and every task of ours."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait((self._keeper,))

    @property
    def ready(self) -> bool:
        """Connected, logged in, and `on_up` is done."""
        return self._ready.is_set()

    async def wait_ready(self) -> None:
        """Wait until `ready`; give it a deadline of your own."""
        await self._ready.wait()

    async def send(
        self, action: str, headers: Sequence[tuple[str, str]] = (), timeout_ms: int | None = None
    ) -> Message:
        """
        Carry out an action and return its response.

        Args:
            action: As in `manager show commands`.
            headers: Name and value in order; names may repeat (`Variable`).
            timeout_ms: > 0; None takes `AmiLimits.action_timeout_ms`.

        Raises:
            ActionFailed: Asterisk refused; the exception holds its message.
            ActionTimeout, Disconnected: It is not known whether it was done.
            HeaderRefused: Nothing was sent.
        """
        return (await self._ask(action, headers, timeout_ms, collects=False))[0]

    async def send_list(
        self, action: str, headers: Sequence[tuple[str, str]] = (), timeout_ms: int | None = None
    ) -> tuple[Message, ...]:
        """
        Carry out a list action and return its items, the closing event left out.

        Raises:
            ActionFailed: Refused, or broken off (`EventList: cancelled`): half
                a list is never returned.
            ActionTimeout, Disconnected, HeaderRefused: As for `send`.
        """
        return await self._ask(action, headers, timeout_ms, collects=True)

    async def _ask(
        self, action: str, headers: Sequence[tuple[str, str]], timeout_ms: int | None, *, collects: bool
    ) -> tuple[Message, ...]:
        if self._link is None:
            raise Disconnected(f"{action}: not connected to {self._host}:{self._port}")
        within_ms = self._limits.action_timeout_ms if timeout_ms is None else timeout_ms
        return await self._link.ask(action, headers, timeout_ms=within_ms, collects=collects)

    async def _keep_up(self) -> None:
        failures = 0
        while True:
            failures += 1
            try:
                if await self._connect_and_serve():
                    failures = 0
            except LoginRefused as error:
                self._say_once("ami.login_refused", error, mend=_MEND_LOGIN)
            except TimeoutError:
                self._say_once("ami.down", f"no connection within {self._limits.connect_timeout_ms} ms")
            except (AmiError, OSError) as error:
                self._say_once("ami.down", error)
            await asyncio.sleep(self._pause_ms(failures) / 1000)

    def _pause_ms(self, failures: int) -> int:
        """Between half and all of a doubled pause, so that several clients do not come back as one."""
        limits = self._limits
        full_ms = min(limits.backoff_max_ms, limits.backoff_min_ms << min(failures, 20))
        return full_ms // 2 + secrets.randbelow(full_ms // 2 + 1)

    def _say_once(self, event: str, reason: object, **more: str) -> None:
        """One line per outage and kind, however long it lasts."""
        # A refused login explains an outage better than "connection lost": it is said even after that.
        if event not in self._said and not (event == "ami.down" and self._said):
            self._log.error(event, reason=str(reason), **more)
        self._said.add(event)

    async def _connect_and_serve(self) -> bool:
        """One connection, from connect to loss; True when it had been ready."""
        async with asyncio.timeout(self._limits.connect_timeout_ms / 1000):
            reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        link = Link(reader, writer, events=self._events, on_event=self._on_event, limits=self._limits)
        reading = self._spawn(link.read(), name="ami.read")
        try:
            await link.login(self._username, self._secret)
            await link.booted()
            return await self._serve(link)
        finally:
            link.end("closed by us")
            reading.cancel()
            await asyncio.wait((reading,))

    async def _serve(self, link: Link) -> bool:
        was_ready = False
        self._link = link
        try:
            await self._bring_up(link)
            was_ready = True
            self._ready.set()
            self._log.info("ami.up", greeting=link.greeting, after_outage=bool(self._said))
            self._said.clear()
            self._say_once("ami.down", await link.watch())
        finally:
            link.end("closed by us")
            self._link = None
            self._ready.clear()
            await self._tell_down(link.lost.result())
        return was_ready

    async def _bring_up(self, link: Link) -> None:
        """Run `on_up` as a task of its own: its bug must end neither the client nor go unseen."""
        outcome: list[str] = []
        up = self._spawn(self._run_on_up(outcome), name="ami.on_up")
        try:
            await asyncio.wait((up, link.lost), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not up.done():
                up.cancel()
                await asyncio.wait((up,))
        if link.lost.done():
            raise Disconnected(link.lost.result())
        if outcome != [""]:
            raise Disconnected(f"the work after login failed: {outcome[0] if outcome else 'see the log'}")

    async def _run_on_up(self, outcome: list[str]) -> None:
        try:
            await self._on_up()
        except AmiError as error:
            outcome.append(str(error) or type(error).__name__)
        else:
            outcome.append("")

    async def _tell_down(self, reason: str) -> None:
        async def tell() -> None:
            self._on_down(reason)

        await asyncio.wait((self._spawn(tell(), name="ami.on_down"),))
