"""
The telephone port on baresip-python.

One native stack runs per process, on a thread of its own; any number of user
agents share it (see `BaresipStack`). One pump moves the audio of all calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cti.softphone.port import (
    BYTES_PER_MS,
    CallEndedFirst,
    CallState,
    Chunk,
    Mark,
    NotInTime,
    NotRegistered,
    SoftphoneUnavailable,
)
from cti.softphone.voice import Voice, tone_pcm
from cti.spawn import Spawn

if TYPE_CHECKING:
    from baresip import Call, Runtime, StackEvent, UserAgent

_FRAME_MS = 20
_AHEAD_BYTES = 3 * _FRAME_MS * BYTES_PER_MS
_READ_BYTES = 1 << 16
_CLOSE_S = 2.0
_ORDER = list(CallState)


def _baresip() -> ModuleType:
    try:
        return importlib.import_module("baresip")
    except ImportError as missing:
        raise SoftphoneUnavailable(
            "Falta el teléfono SIP (baresip-python): ejecute `scripts/setup demo` en su carpeta / "
            "the SIP telephone (baresip-python) is missing: run `scripts/setup demo` in its folder"
        ) from missing


class BaresipCall:
    """One call. Built by `BaresipUserAgent`, never by hand. See `cti.softphone.port.SoftCall`."""

    def __init__(self, call: Call, state: CallState, *, keep_audio: bool = True) -> None:
        self._call = call
        self._keep_audio = keep_audio
        self._state = state
        self._marks = {Mark.INVITED: time.monotonic()}
        self._changed = asyncio.Event()
        self._end_reason = ""
        self._digits = ""
        self._voice = Voice()
        self._heard: list[Chunk] = []
        if state is CallState.RINGING:
            self._marks[Mark.RINGING] = self._marks[Mark.INVITED]
        call.on(self._on_event)
        call.on_dtmf(self._on_digit)

    @property
    def state(self) -> CallState:
        return self._state

    @property
    def call_id(self) -> str:
        return self._call.call_id or ""

    @property
    def peer(self) -> str:
        return self._call.peer or ""

    @property
    def headers(self) -> Mapping[str, str]:
        headers: Mapping[str, str] = self._call.headers
        return headers

    @property
    def end_reason(self) -> str:
        return self._end_reason

    @property
    def digits(self) -> str:
        return self._digits

    def at_s(self, mark: Mark) -> float | None:
        return self._marks.get(mark)

    async def wait_for(self, state: CallState, *, within_s: float) -> None:
        deadline_s = time.monotonic() + within_s
        while not self._reached(state):
            if self._state is CallState.ENDED:
                raise CallEndedFirst(f"{self}: ended ({self._end_reason or 'BYE'}) before {state.value}")
            left_s = deadline_s - time.monotonic()
            try:
                await asyncio.wait_for(self._changed.wait(), max(left_s, 0))
            except TimeoutError:
                raise NotInTime(f"{self}: not {state.value} within {within_s:g} s") from None

    def _reached(self, state: CallState) -> bool:
        if state is CallState.ENDED or self._state is not CallState.ENDED:
            return _ORDER.index(self._state) >= _ORDER.index(state)
        return Mark(state.value) in self._marks if state is not CallState.DIALLING else True

    async def answer(self) -> None:
        try:
            await self._call.answer()
        except _baresip().BaresipError as error:
            raise CallEndedFirst(f"{self}: {error}") from error

    async def decline(self) -> None:
        with contextlib.suppress(_baresip().StaleHandleError):
            await self._call.reject()

    async def hangup(self) -> None:
        if self._state is CallState.ENDED:
            return
        # The other side may hang up in this very moment: both want the same end.
        with contextlib.suppress(_baresip().StaleHandleError):
            await self._call.hangup()

    async def send_dtmf(self, digits: str) -> None:
        await self._call.send_dtmf(digits)

    def say(self, pcm: bytes, *, repeat: bool = False) -> None:
        self._voice.play(pcm, repeat=repeat)

    def tone(self, hz: int) -> None:
        self._voice.play(tone_pcm(hz), repeat=True)

    def quiet(self) -> None:
        self._voice.play(b"", repeat=False)

    def saying(self) -> bool:
        return self._voice.left()

    def heard(self) -> bytes:
        return b"".join(chunk.pcm for chunk in self._heard)

    def chunks(self) -> Sequence[Chunk]:
        return tuple(self._heard)

    def __repr__(self) -> str:
        return f"<call {self.peer} {self._state.value}>"

    def pump(self) -> None:
        """Move audio both ways, at most one buffer of it. Called by the stack every 20 ms."""
        errors = _baresip()
        # No media yet, media just renegotiated, or the call has gone: the next round will see.
        with contextlib.suppress(errors.AudioNotActive, errors.AudioRestarted):
            audio = self._call.audio
            if (pcm := audio.read(_READ_BYTES)) and self._keep_audio:
                self._heard.append(Chunk(time.monotonic(), pcm))
            room = _AHEAD_BYTES - audio.info().tx_buffered
            if room > 0 and self._voice.left():
                audio.write(self._voice.take(room))

    def _on_digit(self, pressed: Any) -> None:
        self._digits += pressed.digit

    def _on_event(self, event: StackEvent) -> None:
        match event.event.name:
            case "CALL_RINGING" | "CALL_PROGRESS":
                self._advance(CallState.RINGING)
            case "CALL_ESTABLISHED":
                self._advance(CallState.UP)
            case "CALL_RTPESTAB":
                self._marks.setdefault(Mark.FIRST_RTP, time.monotonic())
            case "CALL_CLOSED":
                self._end_reason = event.text or ""
                self._advance(CallState.ENDED)
            case _:
                pass

    def _advance(self, state: CallState) -> None:
        if _ORDER.index(state) <= _ORDER.index(self._state):
            return
        self._state = state
        self._marks.setdefault(Mark(state.value), time.monotonic())
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class BaresipUserAgent:
    """One identity on the shared stack. See `cti.softphone.port.SipUserAgent`."""

    def __init__(self, stack: BaresipStack, native: UserAgent, user: str) -> None:
        self._stack = stack
        self._native = native
        self._user = user
        self._registered = False
        self._incoming: asyncio.Queue[BaresipCall] = asyncio.Queue()
        self._calls: list[BaresipCall] = []
        native.on_incoming(self._on_incoming)

    @property
    def user(self) -> str:
        return self._user

    async def register(self, *, within_s: float = 5.0) -> None:
        if self._registered:
            # The native stack would give the old one back beside asking for the new one: a switch
            # that hears of that in the other order forgets the phone (RFC 3261 10.3).
            with contextlib.suppress(_baresip().BaresipError):
                await self.unregister(within_s=within_s)
        try:
            await self._native.register(timeout=within_s)
        except _baresip().RegistrationError as error:
            raise NotRegistered(f"{self._user}: {error}") from error
        self._registered = True

    async def unregister(self, *, within_s: float = 5.0) -> None:
        self._registered = False
        await self._native.unregister(timeout=within_s)

    async def dial(self, uri: str, headers: Mapping[str, str] | None = None) -> BaresipCall:
        # A switch on this machine answers before `dial` has returned the call: what
        # happens meanwhile is kept and told to the call as soon as it exists.
        missed: list[StackEvent] = []
        with self._stack.listening(missed.append):
            native = await self._native.dial(uri, dict(headers or {}))
            call = self._keep(BaresipCall(native, CallState.DIALLING, keep_audio=self._stack.keep_audio))
        for event in missed:
            if event.call == native.handle:
                native._on_stack_event(event)
        return call

    async def next_call(self, *, within_s: float) -> BaresipCall:
        try:
            return await asyncio.wait_for(self._incoming.get(), within_s)
        except TimeoutError:
            raise NotInTime(f"{self._user}: no call within {within_s:g} s") from None

    async def close(self) -> None:
        for call in self._calls:
            # A stack that is going down may refuse: closing goes on all the same.
            with contextlib.suppress(_baresip().BaresipError):
                await call.hangup()
        if self._registered:
            with contextlib.suppress(_baresip().BaresipError):
                await self.unregister(within_s=_CLOSE_S)

    def _on_incoming(self, native: Call) -> None:
        self._incoming.put_nowait(
            self._keep(BaresipCall(native, CallState.RINGING, keep_audio=self._stack.keep_audio))
        )

    def _keep(self, call: BaresipCall) -> BaresipCall:
        self._calls = [known for known in self._calls if known.state is not CallState.ENDED]
        self._calls.append(call)
        self._stack.carry(call)
        return call


class BaresipStack:
    """
    The native stack of this process and everybody who uses it.

    Use as `async with BaresipStack(spawn) as stack`. Only one may be open at a
    time; another may be opened after it is closed.
    """

    def __init__(
        self,
        spawn: Spawn,
        *,
        address: str = "127.0.0.1",
        rtp_ports: tuple[int, int] | None = None,
        show_headers: Sequence[str] = ("X-Contact", "X-Offer"),
        keep_audio: bool = True,
    ) -> None:
        """
        Prepare a stack; nothing is opened yet.

        Args:
            spawn: Owner of tasks; the audio pump is started through it.
            address: Local address to bind and route from. Loopback must be named.
            rtp_ports: Lowest and highest UDP port for audio, None for the stack's own choice.
            show_headers: Names of INVITE headers that `SoftCall.headers` shall hold, at most 16.
            keep_audio: Whether calls remember all they hear; no, where they go on for days.
        """
        self._spawn = spawn
        self._address = address
        self._rtp_ports = rtp_ports
        self._show_headers = tuple(show_headers)
        self.keep_audio = keep_audio
        self._runtime: Runtime | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._agents: list[BaresipUserAgent] = []
        self._calls: list[BaresipCall] = []

    async def __aenter__(self) -> BaresipStack:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """
        Bring the native stack up.

        Raises:
            SoftphoneUnavailable: baresip-python is not installed.
        """
        baresip = _baresip()
        # A jitter buffer would hide gaps and report everything 100 ms late.
        extra = f"sip_listen {self._address}:0\naudio_jitter_buffer_type off\n"
        if self._rtp_ports:
            extra += "rtp_ports {}-{}\n".format(*self._rtp_ports)
        self._runtime = baresip.Runtime(native_log_level="error")
        config = baresip.Config(
            net_interface=self._address,
            max_concurrent_calls=None,
            expose_headers=self._show_headers,
            native_log_level="error",
            extra_config_text=extra,
        )
        await self._runtime.start(config)
        self._pumping = self._spawn(self._pump(), name="softphone.pump")

    async def user_agent(
        self, user: str, domain: str, password: str = "", *, register_every_s: int = 0
    ) -> BaresipUserAgent:
        """
        Add an identity.

        Args:
            user: User part of the From header: an agent's account, or the caller's number.
            domain: "host:port" of the registrar, or of the switch that is going to be called.
            password: For digest authentication, "" for none.
            register_every_s: 0 for a plain caller, who never registers.
        """
        baresip = _baresip()
        account = baresip.Account(user, domain, password, reg_interval=register_every_s)
        assert self._runtime is not None, "BaresipStack.start comes first"
        native = await baresip.UserAgent.create(self._runtime, account)
        agent = BaresipUserAgent(self, native, user)
        self._agents.append(agent)
        return agent

    @contextlib.contextmanager
    def listening(self, listener: Callable[[StackEvent], None]) -> Iterator[None]:
        """Hand every event of the stack to `listener` meanwhile."""
        assert self._runtime is not None, "BaresipStack.start comes first"
        self._runtime.subscribe(listener)
        try:
            yield
        finally:
            self._runtime.unsubscribe(listener)

    def carry(self, call: BaresipCall) -> None:
        """Pump the audio of this call until it has ended."""
        self._calls.append(call)

    async def close(self) -> None:
        """Hang up, give registrations back, stop the native thread. Never waits for a dead switch."""
        if self._runtime is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(a.close() for a in self._agents)), _CLOSE_S)
        if self._pumping is not None:
            self._pumping.cancel()
        runtime, self._runtime = self._runtime, None
        await runtime.close()

    async def _pump(self) -> None:
        next_s = time.monotonic()
        while True:
            for call in self._calls:
                call.pump()
            self._calls = [call for call in self._calls if call.state is not CallState.ENDED]
            # A late loop catches up at once instead of starving every call for good.
            next_s = max(next_s + _FRAME_MS / 1000, time.monotonic() - 0.1)
            await asyncio.sleep(max(next_s - time.monotonic(), 0))
