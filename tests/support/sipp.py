"""
Callers and agents by the hundred: SIPp, run on loopback with a log per call.

Every run is bounded: in calls, in time, and by the life of the test process.
Times in results are UTC milliseconds, as in the server's own records.
The binary is taken from the environment variable SIPP, else from the virtual environment, else from PATH.
"""

from __future__ import annotations

import asyncio
import csv
import os
import re
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.process import die_with_parent, free_ports

_SCENARIOS = Path(__file__).parent / "sipp"
_FOR_EVER_MS = 3_600_000
_FINISHED = {0: "all calls as expected", 1: "some calls not as expected", 97: "stopped by its time limit"}
_LINE = re.compile(r"^(?P<what>\w+) (?P<s>[\d.]+) (?P<us>[\d.]+) (?P<call>\S+) ?(?P<rest>.*)$")
_FACT = re.compile(r"(\w+)=(\S*)")


class SippUnavailable(RuntimeError):
    """There is no SIPp on this machine. The message says how to get it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller to be played by SIPp."""

    number: str
    """User part of From; "anonymous" is a number like any other here."""
    hang_up_after_ms: int = _FOR_EVER_MS
    """From the answer. The far side may hang up earlier."""
    digits: str = ""
    """RFC 4733 digits to press. SIPp makes the packets on a raw socket: root only."""
    digits_after_ms: int = 500
    asserted: str = ""
    """Sent as P-Asserted-Identity if not empty: a full URI, "sip:+34600111222@trunk.example"."""
    private: bool = False
    """Send "Privacy: id"."""
    rtp_port: int = 0
    """Where this caller wants to be sent audio; 0: SIPp's own port, shared by all its callers."""
    name: str = "SIPp"


@dataclass(frozen=True, slots=True)
class Answer:
    """The phone rings, is picked up, and hangs up after `talk_ms` (or the far side does)."""

    ring_ms: int = 500
    talk_ms: int = _FOR_EVER_MS


@dataclass(frozen=True, slots=True)
class Refuse:
    """The phone answers with a final failure: 486 busy, 603 decline, 480, 404, 488, 503 and so on."""

    status: int
    reason: str = "Refused"
    after_ms: int = 1


@dataclass(frozen=True, slots=True)
class RingForever:
    """The phone rings until it is cancelled."""


@dataclass(frozen=True, slots=True)
class Silent:
    """The phone replies to nothing at all."""

    silent_ms: int = 40_000


Behaviour = Answer | Refuse | RingForever | Silent


@dataclass(frozen=True, slots=True)
class SippCall:
    """What SIPp saw of one call."""

    call_id: str
    facts: Mapping[str, str] = field(default_factory=dict)
    """`number`; for agents also `user`, `contact` and `offer` (headers X-Contact, X-Offer)."""
    moments: Mapping[str, int] = field(default_factory=dict)
    """
    UTC ms of: dialled | invited, ringing, up, refused, cancelled, bye_in (the
    far side hung up), bye_out (this side did).
    """

    @property
    def number(self) -> str:
        return self.facts.get("number", "")

    def at(self, what: str) -> int | None:
        return self.moments.get(what)


@dataclass(frozen=True, slots=True)
class SippResult:
    exit_code: int
    calls: Sequence[SippCall]
    successful: int
    failed: int
    retransmissions: int
    errors: str
    """The last lines of SIPp's error file: unexpected messages and the like."""

    @property
    def meaning(self) -> str:
        return _FINISHED.get(self.exit_code, f"exit code {self.exit_code}")


def sipp_binary() -> str:
    """
    Where SIPp is.

    Raises:
        SippUnavailable: Neither SIPP nor the virtual environment nor PATH leads to it.
    """
    own = str(Path(sys.executable).with_name("sipp"))
    wanted = [os.environ["SIPP"]] if "SIPP" in os.environ else [own, "sipp"]
    found = next((path for name in wanted if (path := shutil.which(name))), None)
    if found is None:
        raise SippUnavailable(
            f"{wanted[-1]}: no se encuentra SIPp; instale el paquete `sip-tester` o ponga SIPP=/ruta/sipp"
            f" ({wanted[-1]}: SIPp not found; install the package `sip-tester` or set SIPP=/path/to/sipp)"
        )
    return found


class SippRun:
    """A running SIPp. `wait` for its end or `stop` it; `calls` may be asked at any time."""

    def __init__(self, process: asyncio.subprocess.Process, work: Path, name: str, port: int) -> None:
        self._process = process
        self._work = work
        self._name = name
        self.port = port
        """The SIP port it listens on."""

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    def calls(self) -> list[SippCall]:
        """Every call seen so far, oldest first."""
        return read_calls(_text(self._work / f"{self._name}.log"))

    async def wait(self, *, within_s: float) -> SippResult:
        """
        Wait for the last call.

        Raises:
            AssertionError: It still runs after `within_s`; it is stopped.
        """
        try:
            await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            result = await self.stop()
            raise AssertionError(
                f"sipp {self._name}: still running after {within_s:g} s; {len(result.calls)} calls seen,"
                f" {result.successful} successful, {result.failed} failed\n{result.errors}"
            ) from None
        return self._result()

    async def stop(self) -> SippResult:
        """Stop at once; calls that are up are dropped without a word to the far side."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), 1.0)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        return self._result()

    def _result(self) -> SippResult:
        counts = read_counts(_text(self._work / f"{self._name}.csv"))
        errors = _text(self._work / f"{self._name}.err") + _text(self._work / f"{self._name}.out")
        return SippResult(
            exit_code=self._process.returncode if self._process.returncode is not None else -1,
            calls=self.calls(),
            successful=counts.get("SuccessfulCall(C)", 0),
            failed=counts.get("FailedCall(C)", 0),
            retransmissions=counts.get("Retransmissions(C)", 0),
            errors="\n".join(errors.splitlines()[-40:]),
        )


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""


def read_calls(log: str) -> list[SippCall]:
    """
    The calls in a scenario's log.

    A line is `what seconds microseconds call-id key=value...`; a last line that
    is still being written is left for the next time.
    """
    facts: dict[str, dict[str, str]] = {}
    moments: dict[str, dict[str, int]] = {}
    for line in log.splitlines(keepends=True):
        parsed = _LINE.match(line.rstrip("\n")) if line.endswith("\n") else None
        if parsed is None:
            continue
        call_id = parsed["call"]
        at_ms = int(float(parsed["s"])) * 1000 + int(float(parsed["us"])) // 1000
        moments.setdefault(call_id, {}).setdefault(parsed["what"], at_ms)
        told = {key: value.removeprefix("sip:") for key, value in _FACT.findall(parsed["rest"])}
        facts.setdefault(call_id, {}).update(told)
    return [SippCall(call_id, facts[call_id], moments[call_id]) for call_id in moments]


def read_counts(statistics: str) -> dict[str, int]:
    """The last row of a `-trace_stat` file; columns that are not whole numbers are left out."""
    rows = list(csv.reader(statistics.splitlines(), delimiter=";"))
    if len(rows) < 2:
        return {}
    pairs = zip(rows[0], rows[-1], strict=False)
    return {name: int(value) for name, value in pairs if value.isdigit()}


async def _run(
    work: Path, name: str, scenario: str, arguments: Sequence[str], *, port: int, time_limit_s: int
) -> SippRun:
    script = _written(work / f"{name}.xml", scenario)
    command = [
        *(sipp_binary(), "-sf", str(script), "-i", "127.0.0.1", "-p", str(port)),
        *("-mp", str(free_ports(4)), "-nostdin", "-timeout", f"{time_limit_s}s"),
        *("-trace_logs", "-log_file", str(work / f"{name}.log")),
        *("-trace_err", "-error_file", str(work / f"{name}.err")),
        *("-trace_stat", "-stf", str(work / f"{name}.csv"), "-fd", "1"),
        *arguments,
    ]
    with (work / f"{name}.out").open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=work, stdout=asyncio.subprocess.DEVNULL, stderr=out, preexec_fn=die_with_parent
        )
    return SippRun(process, work, name, port)


def _render(file: str, **values: object) -> str:
    text = (_SCENARIOS / file).read_text("ascii")
    for name, value in values.items():
        text = text.replace(f"@{name.upper()}@", str(value))
    return text


def _injected(rows: Sequence[Sequence[object]], work: Path, name: str) -> Path:
    lines = [";".join(str(value) for value in row) + ";" for row in rows]
    return _written(work / f"{name}.inf", "SEQUENTIAL\n" + "\n".join(lines) + "\n")


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _caller_row(caller: Caller) -> list[object]:
    # A header cannot be left out by injection: its place is taken by one that says nothing.
    asserted = f"P-Asserted-Identity: <{caller.asserted}>" if caller.asserted else "X-Asserted: none"
    privacy = "Privacy: id" if caller.private else "X-Privacy: none"
    fixed = [caller.number, caller.name, caller.hang_up_after_ms, caller.rtp_port]
    return [*fixed, asserted, privacy, caller.digits or "-", caller.digits_after_ms]


async def start_callers(
    switch: str,
    dialled: str,
    callers: Sequence[Caller],
    work: Path,
    *,
    name: str = "callers",
    rate_per_s: float = 10.0,
    time_limit_s: int = 120,
) -> SippRun:
    """
    Let callers dial, in their order, each once.

    Args:
        switch: "host:port" of the switch.
        dialled: The number they dial.
        callers: At least one. Either all or none has an `rtp_port` of its own.
        work: Directory for SIPp's files; `name` tells several runs in it apart.
        rate_per_s: New calls per second, above 0.
        time_limit_s: After this SIPp ends whatever the calls do.
    """
    rtp_port = "[field3]" if callers[0].rtp_port else "[media_port]"
    script = _render("caller.xml", rtp_port=rtp_port)
    rows = _injected([_caller_row(caller) for caller in callers], work, name)
    # SIPp counts in whole calls per period.
    period_ms = max(1, round(1000 / rate_per_s))
    arguments = ["-inf", str(rows), "-s", dialled, "-m", str(len(callers)), "-l", str(len(callers))]
    arguments += ["-r", "1", "-rp", str(period_ms), switch]
    return await _run(work, name, script, arguments, port=free_ports(2), time_limit_s=time_limit_s)


async def start_agents(
    behaviour: Behaviour,
    work: Path,
    *,
    name: str = "agents",
    calls_max: int = 10_000,
    time_limit_s: int = 120,
    port: int | None = None,
    echo: bool = False,
) -> SippRun:
    """
    Phones that all behave alike, behind one port, any number of calls at once.

    Args:
        calls_max: SIPp ends by itself after this many calls.
        port: Where to listen; None for a free one.
        echo: Send received audio back. Never on both ends of a call: packets would go round for ever.
    """
    arguments = ["-m", str(calls_max), "-aa", *(["-rtp_echo"] if echo else [])]
    chosen = free_ports(2) if port is None else port
    return await _run(work, name, _agent_script(behaviour), arguments, port=chosen, time_limit_s=time_limit_s)


def _agent_script(behaviour: Behaviour) -> str:
    match behaviour:
        case Answer(ring_ms, talk_ms):
            return _render("agent_answer.xml", ring_ms=max(1, ring_ms), talk_ms=max(1, talk_ms))
        case Refuse(status, reason, after_ms):
            return _render("agent_refuse.xml", status=f"{status} {reason}", ring_ms=max(1, after_ms))
        case RingForever():
            return _render("agent_ring.xml")
        case Silent(silent_ms):
            return _render("agent_silent.xml", silent_ms=silent_ms)


async def register(
    switch: str,
    accounts: Mapping[str, str],
    phone_port: int,
    work: Path,
    *,
    expires_s: int = 3600,
    name: str = "register",
    within_s: float = 10.0,
) -> SippResult:
    """
    Register phones that answer at `phone_port` (see `start_agents`).

    Args:
        accounts: User -> password.
        expires_s: 0 gives the registrations back.

    Raises:
        AssertionError: A registration was refused, or there was no answer in time.
    """
    rows = [
        [user, f"[authentication username={user} password={password}]", phone_port, expires_s]
        for user, password in accounts.items()
    ]
    arguments = ["-inf", str(_injected(rows, work, name)), "-m", str(len(rows)), "-r", "50", switch]
    script = _render("register.xml")
    run = await _run(work, name, script, arguments, port=free_ports(2), time_limit_s=int(within_s) + 1)
    result = await run.wait(within_s=within_s)
    if result.exit_code != 0:
        raise AssertionError(f"sipp {name}: {result.meaning}, {result.failed} failed\n{result.errors}")
    return result
